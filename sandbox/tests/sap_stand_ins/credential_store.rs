use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::rsa::{OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use reqwest::{Client, RequestBuilder};
use sandbox::Core;
use sandbox::credential_store::{CredentialStore, Flaw};
use serde_json::Value;

use super::client;

struct Setup {
    core: Core,
    store: CredentialStore,
    http: Client,
}

impl Setup {
    async fn new() -> Self {
        let core = Core::new().unwrap();
        let store = CredentialStore::start(&core).await.unwrap();
        store.put_password("app", "accessKeyId", "AKIASANDBOX000000001");
        let http = client(&core, None);
        Self { core, store, http }
    }

    fn basic(&self) -> RequestBuilder {
        let request = self
            .http
            .get(format!("{}/password?name=accessKeyId", self.store.url()));
        request.basic_auth(self.store.username(), Some(self.store.password()))
    }

    fn by_certificate(&self, http: &Client) -> RequestBuilder {
        http.get(format!(
            "{}/password?name=accessKeyId",
            self.store.certificate_url()
        ))
        .header("sapcp-credstore-namespace", "app")
    }

    fn bound(&self) -> Client {
        client(&self.core, Some(&self.store.client_certificate()))
    }

    /// What a consumer with the binding's key makes of a payload.
    fn decrypted(&self, jwe: &str) -> Option<Value> {
        let parts: Vec<&str> = jwe.split('.').collect();
        let [header, wrapped, nonce, text, tag] = parts[..] else {
            return None;
        };
        let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).unwrap();
        let protected: Value = serde_json::from_slice(&decode(header)).unwrap();
        let age = self.core.clock.unix() - protected["iat"].as_i64()?;
        if protected["alg"] != "RSA-OAEP-256" || protected["enc"] != "A256GCM" || age.abs() > 120 {
            return None;
        }
        let key = BASE64_STANDARD
            .decode(self.store.client_private_key())
            .unwrap();
        let key = PrivateDecryptingKey::from_pkcs8(&key).unwrap();
        let key = OaepPrivateDecryptingKey::new(key).unwrap();
        let mut content_key = vec![0; key.min_output_size()];
        let content_key = key
            .decrypt(
                &OAEP_SHA256_MGF1SHA256,
                &decode(wrapped),
                &mut content_key,
                None,
            )
            .ok()?;
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, content_key).unwrap());
        let nonce = Nonce::try_assume_unique_for_key(&decode(nonce)).unwrap();
        let mut sealed = [decode(text), decode(tag)].concat();
        let payload = key
            .open_in_place(nonce, Aad::from(header.as_bytes()), &mut sealed)
            .ok()?;
        serde_json::from_slice(payload).ok()
    }
}

const NAMESPACE: (&str, &str) = ("sapcp-credstore-namespace", "app");

async fn status(request: RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_basic_binding_reads_an_encrypted_password() {
    let setup = Setup::new().await;
    setup.store.set_encrypted(false);
    let response = setup
        .basic()
        .header(NAMESPACE.0, NAMESPACE.1)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(
        response.headers()["content-type"],
        "application/jose;charset=UTF-8"
    );
    assert!(
        response.headers()["cache-control"]
            .to_str()
            .unwrap()
            .contains("no-store")
    );
    let payload = setup.decrypted(&response.text().await.unwrap()).unwrap();
    assert_eq!(payload["name"], "accessKeyId");
    assert_eq!(payload["value"], "AKIASANDBOX000000001");
}

#[tokio::test]
async fn a_certificate_reads_encrypted_and_plain_passwords() {
    let setup = Setup::new().await;
    let http = setup.bound();
    let jwe = setup
        .by_certificate(&http)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert_eq!(
        setup.decrypted(&jwe).unwrap()["value"],
        "AKIASANDBOX000000001"
    );
    setup.store.set_encrypted(false);
    let plain = setup.by_certificate(&http).send().await.unwrap();
    let payload: Value = plain.json().await.unwrap();
    assert_eq!(payload["value"], "AKIASANDBOX000000001");
}

#[tokio::test]
async fn wrong_credentials_are_refused() {
    let setup = Setup::new().await;
    let url = format!("{}/password?name=accessKeyId", setup.store.url());
    let (name, value) = NAMESPACE;
    let request = || setup.http.get(&url).header(name, value);
    assert_eq!(status(request()).await, 401);
    assert_eq!(
        status(request().basic_auth(setup.store.username(), Some("x"))).await,
        401
    );
    assert_eq!(
        status(request().basic_auth("x", Some(setup.store.password()))).await,
        401
    );
    assert_eq!(status(request().bearer_auth("x")).await, 401);
    let old_password = setup.store.password();
    setup.store.replace_password();
    assert_eq!(
        status(request().basic_auth(setup.store.username(), Some(old_password))).await,
        401
    );

    let old_certificate = setup.bound();
    assert_eq!(status(setup.by_certificate(&setup.http)).await, 401);
    setup.store.replace_client_certificate().unwrap();
    assert_eq!(status(setup.by_certificate(&old_certificate)).await, 401);
    assert_eq!(status(setup.by_certificate(&setup.bound())).await, 200);
}

#[tokio::test]
async fn namespace_and_name_must_be_right() {
    let setup = Setup::new().await;
    assert_eq!(status(setup.basic()).await, 400, "no namespace");
    assert_eq!(
        status(setup.basic().header(NAMESPACE.0, "other")).await,
        404
    );
    let with_query = |query: &str| {
        let request = setup
            .http
            .get(format!("{}/password{query}", setup.store.url()));
        let request = request.basic_auth(setup.store.username(), Some(setup.store.password()));
        request.header(NAMESPACE.0, NAMESPACE.1)
    };
    assert_eq!(status(with_query("?name=unknown")).await, 404);
    assert_eq!(status(with_query("")).await, 400);
    assert_eq!(status(with_query("?name=")).await, 400);
    assert_eq!(status(with_query("?name=a&name=b")).await, 400);
    setup.store.forbid_namespace("app");
    assert_eq!(
        status(setup.basic().header(NAMESPACE.0, NAMESPACE.1)).await,
        403
    );
}

#[tokio::test]
async fn a_token_opens_its_own_namespace_while_it_lives() {
    let setup = Setup::new().await;
    setup
        .store
        .put_password("other", "accessKeyId", "AKIASANDBOX000000002");
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", setup.store.username()),
        ("credstore_namespace", "app"),
    ];
    let ask = |http: &Client| http.post(setup.store.token_url()).form(&fields);
    assert_eq!(status(ask(&setup.http)).await, 401, "no certificate");
    let answer: Value = ask(&setup.bound())
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let token = answer["access_token"].as_str().unwrap();
    let url = format!("{}/password?name=accessKeyId", setup.store.url());
    let read = |namespace: &str| {
        setup
            .http
            .get(&url)
            .bearer_auth(token)
            .header(NAMESPACE.0, namespace)
    };
    assert_eq!(status(read("app")).await, 200);
    assert_eq!(status(read("other")).await, 403);
    setup.core.clock.set_offset(1801);
    assert_eq!(status(read("app")).await, 401);
}

#[tokio::test]
async fn a_new_value_is_delivered_at_once() {
    let setup = Setup::new().await;
    setup
        .store
        .put_password("app", "accessKeyId", "AKIASANDBOX000000009");
    let response = setup
        .basic()
        .header(NAMESPACE.0, NAMESPACE.1)
        .send()
        .await
        .unwrap();
    let payload = setup.decrypted(&response.text().await.unwrap()).unwrap();
    assert_eq!(payload["value"], "AKIASANDBOX000000009");
    assert!(setup.store.remove_password("app", "accessKeyId"));
    assert_eq!(
        status(setup.basic().header(NAMESPACE.0, NAMESPACE.1)).await,
        404
    );
}

#[tokio::test]
async fn every_flaw_makes_the_payload_unreadable() {
    let setup = Setup::new().await;
    let flaws = [
        Flaw::StaleTime,
        Flaw::FutureTime,
        Flaw::NoTime,
        Flaw::WrongAlgorithm,
        Flaw::WrongEncryption,
        Flaw::TamperedTag,
        Flaw::TamperedText,
        Flaw::OtherRecipient,
        Flaw::PartMissing,
    ];
    for flaw in flaws {
        setup.store.set_flaw(Some(flaw));
        let response = setup
            .basic()
            .header(NAMESPACE.0, NAMESPACE.1)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(
            setup.decrypted(&response.text().await.unwrap()),
            None,
            "{flaw:?}"
        );
    }
    setup.store.set_flaw(None);
    let response = setup
        .basic()
        .header(NAMESPACE.0, NAMESPACE.1)
        .send()
        .await
        .unwrap();
    assert!(setup.decrypted(&response.text().await.unwrap()).is_some());
}
