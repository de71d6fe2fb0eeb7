use std::collections::HashSet;

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use reqwest::{Client, Response};
use sandbox::Core;
use sandbox::fault::Fault;
use sandbox::identity::{Flaw, Identity};
use sandbox::people;
use serde_json::Value;

use super::{client, decoded};

struct Setup {
    core: Core,
    identity: Identity,
    http: Client,
}

impl Setup {
    async fn new() -> Self {
        let core = Core::new().unwrap();
        let identity = Identity::start(&core).await.unwrap();
        let http = client(&core, None);
        Self {
            core,
            identity,
            http,
        }
    }

    async fn token(&self, fields: &[(&str, &str)]) -> Response {
        self.token_by(&self.http, fields).await
    }

    async fn token_by(&self, http: &Client, fields: &[(&str, &str)]) -> Response {
        let url = format!("{}/oauth2/token", self.identity.issuer());
        http.post(url).form(fields).send().await.unwrap()
    }

    async fn keys(&self) -> Value {
        let url = format!("{}/oauth2/certs", self.identity.issuer());
        self.http
            .get(url)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    async fn verifies(&self, token: &str) -> bool {
        let keys: JwkSet = serde_json::from_value(self.keys().await).unwrap();
        let Ok(header) = jsonwebtoken::decode_header(token) else {
            return false;
        };
        let Some(key) = header.kid.and_then(|kid| keys.find(&kid).cloned()) else {
            return false;
        };
        let mut rules = Validation::new(Algorithm::RS256);
        rules.set_audience(&[self.identity.client_id()]);
        rules.set_issuer(&[self.identity.issuer()]);
        rules.required_spec_claims = HashSet::from(["exp", "aud", "iss"].map(str::to_owned));
        rules.validate_nbf = true;
        let key = DecodingKey::from_jwk(&key).unwrap();
        jsonwebtoken::decode::<Value>(token, &key, &rules).is_ok()
    }
}

async fn error_of(response: Response) -> String {
    let body: Value = response.json().await.unwrap();
    body["error"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn discovery_names_its_issuer_and_endpoints_that_answer() {
    let setup = Setup::new().await;
    let issuer = setup.identity.issuer();
    let url = format!("{issuer}/.well-known/openid-configuration");
    let document: Value = setup
        .http
        .get(url)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(document["issuer"], issuer);
    assert_eq!(document["token_endpoint"], format!("{issuer}/oauth2/token"));
    assert_eq!(document["jwks_uri"], format!("{issuer}/oauth2/certs"));
    assert_eq!(
        document["id_token_signing_alg_values_supported"][0],
        "RS256"
    );
}

#[tokio::test]
async fn a_secret_in_the_body_or_the_header_gets_a_jwt_for_the_application() {
    let setup = Setup::new().await;
    let (id, secret) = (setup.identity.client_id(), setup.identity.client_secret());
    let grant = ("grant_type", "client_credentials");
    let posted = [
        grant,
        ("client_id", id),
        ("client_secret", &secret),
        ("token_format", "jwt"),
    ];
    let url = format!("{}/oauth2/token", setup.identity.issuer());
    let basic = setup
        .http
        .post(url)
        .basic_auth(id, Some(&secret))
        .form(&[grant]);
    for response in [setup.token(&posted).await, basic.send().await.unwrap()] {
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["cache-control"], "no-store");
        let answer: Value = response.json().await.unwrap();
        assert_eq!(
            answer.as_object().unwrap().len(),
            3,
            "no id_token, no refresh_token"
        );
        let token = answer["access_token"].as_str().unwrap();
        let (header, claims) = decoded(token);
        assert_eq!(header["alg"], "RS256");
        for claim in ["sub", "aud", "azp"] {
            assert_eq!(claims[claim], id);
        }
        assert_eq!(claims["sap_id_type"], "app");
        assert_eq!(claims["cnf"], Value::Null);
        assert!(setup.verifies(token).await);
        assert!(
            setup
                .core
                .ledger
                .secrets()
                .iter()
                .any(|secret| secret == token)
        );
    }
}

#[tokio::test]
async fn wrong_or_replaced_secrets_are_refused() {
    let setup = Setup::new().await;
    let id = setup.identity.client_id();
    let old = setup.identity.client_secret();
    let new = setup.identity.replace_client_secret();
    let grant = ("grant_type", "client_credentials");
    for secret in ["wrong", &old] {
        let response = setup
            .token(&[grant, ("client_id", id), ("client_secret", secret)])
            .await;
        assert_eq!(response.status(), 400);
        assert_eq!(error_of(response).await, "invalid_client");
        let url = format!("{}/oauth2/token", setup.identity.issuer());
        let basic = setup
            .http
            .post(url)
            .basic_auth(id, Some(secret))
            .form(&[grant]);
        assert_eq!(basic.send().await.unwrap().status(), 401);
    }
    let response = setup
        .token(&[grant, ("client_id", id), ("client_secret", &new)])
        .await;
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn token_requests_that_break_the_protocol_are_refused() {
    let setup = Setup::new().await;
    let id = setup.identity.client_id();
    let secret = setup.identity.client_secret();
    let (client, secret) = (("client_id", id), ("client_secret", secret.as_str()));
    let grant = ("grant_type", "client_credentials");
    let cases: [(&[(&str, &str)], &str); 7] = [
        (&[client, secret], "invalid_request"),
        (&[grant, secret], "invalid_request"),
        (&[grant, grant, client, secret], "invalid_request"),
        (
            &[grant, client, secret, ("token_format", "xml")],
            "invalid_request",
        ),
        (
            &[("grant_type", "password"), client, secret],
            "unsupported_grant_type",
        ),
        (&[grant, client], "invalid_client"),
        (
            &[
                grant,
                client,
                secret,
                ("resource", "urn:sap:identity:unknown"),
            ],
            "invalid_target",
        ),
    ];
    for (fields, expected) in cases {
        let response = setup.token(fields).await;
        assert_eq!(response.status(), 400, "{fields:?}");
        assert_eq!(error_of(response).await, expected, "{fields:?}");
    }
    let url = format!("{}/oauth2/token?client_id={id}", setup.identity.issuer());
    let in_url = setup
        .http
        .post(url)
        .form(&[grant, client, secret])
        .send()
        .await
        .unwrap();
    assert_eq!(error_of(in_url).await, "invalid_request");
}

#[tokio::test]
async fn the_bound_certificate_gets_a_token_that_is_bound_to_it() {
    let setup = Setup::new().await;
    let bound = setup.identity.client_certificate().unwrap();
    let http = client(&setup.core, Some(&bound));
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", setup.identity.client_id()),
        ("token_format", "jwt"),
    ];
    let response = setup.token_by(&http, &fields).await;
    assert_eq!(response.status(), 200);
    let answer: Value = response.json().await.unwrap();
    let (_, claims) = decoded(answer["access_token"].as_str().unwrap());
    assert_eq!(claims["cnf"]["x5t#S256"], bound.thumbprint());
}

#[tokio::test]
async fn other_certificates_are_refused() {
    let setup = Setup::new().await;
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", setup.identity.client_id()),
    ];
    let old = setup.identity.client_certificate().unwrap();
    setup.identity.replace_client_certificate().unwrap();
    let response = setup
        .token_by(&client(&setup.core, Some(&old)), &fields)
        .await;
    assert_eq!(response.status(), 400);
    assert_eq!(error_of(response).await, "invalid_client");

    let elsewhere = Setup::new().await.identity.client_certificate().unwrap();
    let url = format!("{}/oauth2/token", setup.identity.issuer());
    let stranger = client(&setup.core, Some(&elsewhere));
    assert!(
        stranger.post(url).form(&fields).send().await.is_err(),
        "unknown CA: no handshake"
    );
}

#[tokio::test]
async fn a_consumer_gets_a_token_for_the_provider_with_its_apis() {
    let setup = Setup::new().await;
    let consumer = setup.identity.add_consumer("catalog", &["read-catalog"]);
    let resource = "urn:sap:identity:application:provider:name:catalog";
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", &consumer.client_id),
        ("client_secret", &consumer.secret),
        ("resource", resource),
    ];
    let answer: Value = setup.token(&fields).await.json().await.unwrap();
    let (_, claims) = decoded(answer["access_token"].as_str().unwrap());
    assert_eq!(claims["aud"], setup.identity.client_id());
    assert_eq!(claims["azp"], consumer.client_id);
    assert_eq!(claims["ias_apis"], serde_json::json!(["read-catalog"]));
}

#[tokio::test]
async fn opaque_tokens_are_given_when_asked_for() {
    let setup = Setup::new().await;
    let secret = setup.identity.client_secret();
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", setup.identity.client_id()),
        ("client_secret", &secret),
        ("token_format", "opaque"),
    ];
    let answer: Value = setup.token(&fields).await.json().await.unwrap();
    assert!(!answer["access_token"].as_str().unwrap().contains('.'));
}

#[tokio::test]
async fn keys_are_refused_to_pairs_that_the_tenant_does_not_know() {
    let setup = Setup::new().await;
    let (id, tid) = (setup.identity.client_id(), setup.identity.app_tid());
    let url = format!("{}/oauth2/certs", setup.identity.issuer());
    let status = async |headers: &[(&str, &str)]| {
        let request = headers
            .iter()
            .fold(setup.http.get(&url), |request, (name, value)| {
                request.header(*name, *value)
            });
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(status(&[]).await, 200);
    assert_eq!(
        status(&[("x-client_id", id), ("x-app_tid", tid), ("x-azp", id)]).await,
        200
    );
    assert_eq!(status(&[("x-client_id", id)]).await, 400);
    assert_eq!(
        status(&[("x-client_id", id), ("x-app_tid", "other")]).await,
        400
    );
    assert_eq!(
        status(&[("x-client_id", "other"), ("x-app_tid", tid)]).await,
        400
    );
    assert_eq!(status(&[("x-azp", "other")]).await, 400);
}

#[tokio::test]
async fn old_tokens_verify_during_a_rotation_and_not_after_it() {
    let setup = Setup::new().await;
    let alice = people::named("alice").unwrap();
    let before = setup.identity.user_token(alice);
    setup.identity.rotate_signing_key().unwrap();
    let after = setup.identity.user_token(alice);
    assert_eq!(setup.keys().await["keys"].as_array().unwrap().len(), 2);
    assert!(setup.verifies(&before).await && setup.verifies(&after).await);
    setup.identity.retire_old_signing_keys();
    assert!(!setup.verifies(&before).await);
    assert!(setup.verifies(&after).await);
}

#[tokio::test]
async fn a_user_token_says_who_the_user_is() {
    let setup = Setup::new().await;
    let token = setup.identity.user_token(people::named("bob").unwrap());
    let (_, claims) = decoded(&token);
    assert_eq!(claims["sap_id_type"], "user");
    assert_eq!(claims["groups"], serde_json::json!(["S3CatalogReader"]));
    assert_eq!(claims["aud"], setup.identity.client_id());
    assert_eq!(claims["app_tid"], setup.identity.app_tid());
    assert_ne!(claims["sub"], claims["azp"]);
    assert!(setup.verifies(&token).await);
}

#[tokio::test]
async fn flawed_tokens_are_flawed() {
    let setup = Setup::new().await;
    let alice = people::named("alice").unwrap();
    // What a verifier with these few rules cannot see; the service under test must.
    let beyond = [Flaw::OtherTenant, Flaw::IssuedInFuture];
    for &flaw in Flaw::ALL {
        let token = setup.identity.flawed_user_token(alice, flaw).unwrap();
        assert_eq!(
            setup.verifies(&token).await,
            beyond.contains(&flaw),
            "{flaw:?}"
        );
        assert_ne!(token, setup.identity.user_token(alice));
    }
}

#[tokio::test]
async fn token_life_is_what_was_set() {
    let setup = Setup::new().await;
    setup.identity.set_token_life(61);
    let (_, claims) = decoded(&setup.identity.user_token(people::named("alice").unwrap()));
    assert_eq!(
        claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
        61
    );
}

#[tokio::test]
async fn an_outage_is_an_outage() {
    let setup = Setup::new().await;
    let place = "identity/oauth2/certs";
    setup
        .core
        .faults
        .once(place, Fault::status(503, "text/html", "<html>"));
    let url = format!("{}/oauth2/certs", setup.identity.issuer());
    assert_eq!(setup.http.get(&url).send().await.unwrap().status(), 503);
    assert_eq!(setup.http.get(&url).send().await.unwrap().status(), 200);
}
