//! Both halves together: what SAP's stand-ins hand out opens AWS's.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reqwest::Client;
use sandbox::aws::Options;
use sandbox::people;
use sandbox::{STORED_KEY, Sandbox, WORKLOAD_CERTIFICATE};
use serde_json::Value;

use super::{armour, client};

async fn sandbox() -> Sandbox {
    Sandbox::start(&Options::default()).await.unwrap()
}

/// Status and body of `AssumeRoleWithWebIdentity` with this token.
async fn assume(sandbox: &Sandbox, http: &Client, token: &str) -> (u16, String) {
    let fields = [
        ("Action", "AssumeRoleWithWebIdentity"),
        ("Version", "2011-06-15"),
        ("RoleArn", &sandbox.aws.role_arn),
        ("RoleSessionName", "wiring"),
        ("WebIdentityToken", token),
    ];
    let response = http
        .post(&sandbox.aws.sts.https)
        .form(&fields)
        .send()
        .await
        .unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

async fn technical_token(sandbox: &Sandbox, http: &Client) -> String {
    let url = format!("{}/oauth2/token", sandbox.identity.issuer());
    let id = sandbox.identity.client_id();
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", id),
        ("token_format", "jwt"),
    ];
    let answer = http.post(url).form(&fields).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_applications_token_opens_the_role_and_a_users_does_not() {
    let sandbox = sandbox().await;
    let bound = sandbox.identity.client_certificate().unwrap();
    let http = client(&sandbox.core, Some(&bound));
    let token = technical_token(&sandbox, &http).await;
    let (status, body) = assume(&sandbox, &http, &token).await;
    assert_eq!(status, 200, "{body}");
    assert!(body.contains("<SessionToken>"));

    let alice = people::named("alice").unwrap();
    let (status, body) = assume(&sandbox, &http, &sandbox.identity.user_token(alice)).await;
    assert_eq!(status, 403, "{body}");
    assert!(body.contains("AccessDenied"));
}

#[tokio::test]
async fn a_token_of_a_rotated_key_still_opens_the_role() {
    let sandbox = sandbox().await;
    let bound = sandbox.identity.client_certificate().unwrap();
    let http = client(&sandbox.core, Some(&bound));
    let before = technical_token(&sandbox, &http).await;
    sandbox.identity.rotate_signing_key().unwrap();
    let after = technical_token(&sandbox, &http).await;
    for token in [before, after] {
        let (status, body) = assume(&sandbox, &http, &token).await;
        assert_eq!(status, 200, "{body}");
    }
}

#[tokio::test]
async fn the_destination_holds_key_and_chain_of_the_workload() {
    let sandbox = sandbox().await;
    let http = client(&sandbox.core, None);
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", sandbox.destination.client_id()),
        ("client_secret", &sandbox.destination.client_secret()),
    ];
    let url = format!("{}/oauth/token", sandbox.destination.token_url());
    let answer = http.post(url).form(&fields).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    let uri = sandbox.destination.uri();
    let path = "destination-configuration/v1/subaccountCertificates";
    let request = http.get(format!("{uri}/{path}/{WORKLOAD_CERTIFICATE}"));
    let request = request.bearer_auth(answer["access_token"].as_str().unwrap());
    let body: Value = request.send().await.unwrap().json().await.unwrap();
    let file = BASE64_STANDARD
        .decode(body["Content"].as_str().unwrap())
        .unwrap();
    let pem = String::from_utf8(file).unwrap();
    assert!(pem.starts_with(&armour("PRIVATE KEY")));
    assert_eq!(
        pem.matches("BEGIN CERTIFICATE").count(),
        2,
        "leaf and intermediate, no root"
    );
}

#[tokio::test]
async fn the_store_holds_the_users_key() {
    let sandbox = sandbox().await;
    sandbox.credential_store.set_encrypted(false);
    let bound = sandbox.credential_store.client_certificate();
    let http = client(&sandbox.core, Some(&bound));
    let (namespace, id, secret) = STORED_KEY;
    let read = async |name: &str| -> Value {
        let url = format!(
            "{}/password?name={name}",
            sandbox.credential_store.certificate_url()
        );
        let request = http.get(url).header("sapcp-credstore-namespace", namespace);
        request.send().await.unwrap().json().await.unwrap()
    };
    assert_eq!(read(id).await["value"], sandbox.aws.user.access_key_id);
    assert_eq!(
        read(secret).await["value"],
        sandbox.aws.user.secret_access_key
    );
    let rotated = sandbox.rotate_user_key(&sandbox.aws.user.access_key_id);
    assert_eq!(read(id).await["value"], rotated.access_key_id);
}
