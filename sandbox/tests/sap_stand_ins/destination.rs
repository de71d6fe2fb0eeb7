use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reqwest::{Client, Response};
use sandbox::Core;
use sandbox::destination::{Destination, Level};
use serde_json::Value;

use super::client;

struct Setup {
    core: Core,
    destination: Destination,
    http: Client,
}

impl Setup {
    async fn new() -> Self {
        let core = Core::new().unwrap();
        let destination = Destination::start(&core).await.unwrap();
        let http = client(&core, None);
        Self {
            core,
            destination,
            http,
        }
    }

    async fn token(&self) -> String {
        let response = self
            .ask_with_secret(&self.destination.client_secret())
            .await;
        assert_eq!(response.status(), 200);
        let answer: Value = response.json().await.unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }

    async fn ask_with_secret(&self, secret: &str) -> Response {
        let url = format!("{}/oauth/token", self.destination.token_url());
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", self.destination.client_id()),
            ("client_secret", secret),
        ];
        self.http.post(url).form(&fields).send().await.unwrap()
    }

    async fn ask_with_certificate(&self, http: &Client) -> Response {
        let url = format!("{}/oauth/token", self.destination.certificate_token_url());
        let id = self.destination.client_id();
        let fields = [("grant_type", "client_credentials"), ("client_id", id)];
        http.post(url).form(&fields).send().await.unwrap()
    }

    fn url(&self, path: &str) -> String {
        format!(
            "{}/destination-configuration/v1/{path}",
            self.destination.uri()
        )
    }

    async fn get(&self, path: &str) -> Response {
        let token = self.token().await;
        self.http
            .get(self.url(path))
            .bearer_auth(token)
            .send()
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn a_secret_gets_a_token_and_a_wrong_one_does_not() {
    let setup = Setup::new().await;
    let old = setup.destination.client_secret();
    assert_eq!(setup.ask_with_secret(&old).await.status(), 200);
    let response = setup.ask_with_secret("wrong").await;
    assert_eq!(response.status(), 401);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"], "unauthorized");
    setup.destination.replace_client_secret();
    assert_eq!(setup.ask_with_secret(&old).await.status(), 401);
}

#[tokio::test]
async fn only_the_bound_certificate_gets_a_token() {
    let setup = Setup::new().await;
    let bound = setup.destination.client_certificate();
    let http = client(&setup.core, Some(&bound));
    assert_eq!(setup.ask_with_certificate(&http).await.status(), 200);
    assert_eq!(setup.ask_with_certificate(&setup.http).await.status(), 401);
    setup.destination.replace_client_certificate().unwrap();
    assert_eq!(setup.ask_with_certificate(&http).await.status(), 401);
}

#[tokio::test]
async fn nothing_is_read_without_a_token_that_is_alive() {
    let setup = Setup::new().await;
    setup
        .destination
        .put_certificate(Level::Subaccount, "a.pem", b"x");
    let url = setup.url("subaccountCertificates/a.pem");
    let token = setup.token().await;
    let status = async |request: reqwest::RequestBuilder| request.send().await.unwrap().status();
    assert_eq!(status(setup.http.get(&url)).await, 401);
    assert_eq!(status(setup.http.get(&url).bearer_auth("a.b.c")).await, 401);
    let foreign = Setup::new().await.token().await;
    assert_eq!(status(setup.http.get(&url).bearer_auth(foreign)).await, 401);
    assert_eq!(status(setup.http.get(&url).bearer_auth(&token)).await, 200);
    setup.core.clock.set_offset(43_200);
    let expired = setup
        .http
        .get(&url)
        .bearer_auth(&token)
        .send()
        .await
        .unwrap();
    assert_eq!(expired.status(), 401);
    let body: Value = expired.json().await.unwrap();
    assert!(body["ErrorMessage"].as_str().unwrap().contains("JWT"));
}

#[tokio::test]
async fn a_certificate_is_read_from_its_own_level_only() {
    let setup = Setup::new().await;
    setup
        .destination
        .put_certificate(Level::Instance, "a.pem", b"instance");
    let response = setup.get("instanceCertificates/a.pem").await;
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["Name"], "a.pem");
    assert_eq!(body["Content"], BASE64_STANDARD.encode("instance"));
    let missing = setup.get("subaccountCertificates/a.pem").await;
    assert_eq!(missing.status(), 404);
    let body: Value = missing.json().await.unwrap();
    assert_eq!(
        body["ErrorMessage"],
        "Configuration with the specified name was not found"
    );
}

#[tokio::test]
async fn an_entity_tag_answers_304_until_the_content_changes() {
    let setup = Setup::new().await;
    setup
        .destination
        .put_certificate(Level::Subaccount, "a.pem", b"one");
    let path = "subaccountCertificates/a.pem";
    let first = setup.get(path).await;
    let tag = first.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!(tag.len(), 64);
    let conditional = async |tag: &str| {
        let token = setup.token().await;
        let request = setup.http.get(setup.url(path)).bearer_auth(token);
        request.header("if-none-match", tag).send().await.unwrap()
    };
    let unchanged = conditional(&tag).await;
    assert_eq!(unchanged.status(), 304);
    assert_eq!(unchanged.text().await.unwrap(), "");
    assert_eq!(
        conditional(&"0".repeat(64)).await.status(),
        200,
        "another tag"
    );
    setup
        .destination
        .put_certificate(Level::Subaccount, "a.pem", b"two");
    assert_eq!(conditional(&tag).await.status(), 200, "another content");
}

#[tokio::test]
async fn find_looks_at_the_instance_first_and_delivers_the_named_stores() {
    let setup = Setup::new().await;
    let properties = [
        ("Authentication", "ClientCertificateAuthentication"),
        ("KeyStoreLocation", "key.p12"),
        ("TrustStoreLocation", "trust.pem"),
        ("aws.region", "eu-central-1"),
    ];
    setup
        .destination
        .put_destination(Level::Subaccount, "aws", &properties);
    setup
        .destination
        .put_certificate(Level::Subaccount, "key.p12", b"key");
    setup
        .destination
        .put_certificate(Level::Subaccount, "trust.pem", b"trust");
    let body: Value = setup.get("destinations/aws").await.json().await.unwrap();
    assert_eq!(body["owner"]["InstanceId"], Value::Null);
    assert_eq!(body["destinationConfiguration"]["Name"], "aws");
    assert_eq!(
        body["destinationConfiguration"]["aws.region"],
        "eu-central-1"
    );
    let names: Vec<_> = body["certificates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["Name"].clone())
        .collect();
    assert_eq!(names, ["trust.pem", "key.p12"]);

    let own = [("Authentication", "NoAuthentication")];
    setup
        .destination
        .put_destination(Level::Instance, "aws", &own);
    let body: Value = setup.get("destinations/aws").await.json().await.unwrap();
    assert_eq!(body["owner"]["InstanceId"], setup.destination.instance_id());
    assert_eq!(body.get("certificates"), None);
    assert!(setup.destination.remove_destination(Level::Instance, "aws"));
    assert!(
        setup
            .destination
            .remove_destination(Level::Subaccount, "aws")
    );
    assert_eq!(setup.get("destinations/aws").await.status(), 404);
}
