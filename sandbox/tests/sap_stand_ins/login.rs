use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url};
use sandbox::Core;
use sandbox::identity::Identity;
use serde_json::Value;

use super::{decoded, trusting};

const CALLBACK: &str = "http://127.0.0.1:5000/login/callback";
const VERIFIER: &str = "0123456789-0123456789-0123456789-0123456789";

/// A browser and a client of the tenant.
struct Setup {
    core: Core,
    identity: Identity,
    http: Client,
}

impl Setup {
    async fn new() -> Self {
        let core = Core::new().unwrap();
        let identity = Identity::start(&core).await.unwrap();
        let http = trusting(&core).redirect(Policy::none()).build().unwrap();
        Self {
            core,
            identity,
            http,
        }
    }

    /// The address of an authorization request as the approuter makes it, with changes.
    fn address(&self, changes: &[(&str, Option<&str>)]) -> Url {
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, VERIFIER.as_bytes()));
        let mut fields = vec![
            ("response_type", "code"),
            ("client_id", self.identity.client_id()),
            ("redirect_uri", CALLBACK),
            ("scope", "openid"),
            ("app_tid", self.identity.app_tid()),
            ("state", "s t&a"),
            ("nonce", "n"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        for (name, value) in changes {
            fields.retain(|(field, _)| field != name);
            fields.extend(value.map(|value| (*name, value)));
        }
        let url = format!("{}/oauth2/authorize", self.identity.issuer());
        Url::parse_with_params(&url, fields).unwrap()
    }

    async fn choose(&self, address: &Url, user: &str) -> Response {
        let request = self.http.post(address.clone()).form(&[("user", user)]);
        request.send().await.unwrap()
    }

    /// Signs somebody in; the code.
    async fn code(&self, user: &str) -> String {
        let sent_back = self.choose(&self.address(&[]), user).await;
        query(&sent_back, "code").unwrap()
    }

    async fn token(&self, fields: &[(&str, &str)]) -> Response {
        let secret = self.identity.client_secret();
        let url = format!("{}/oauth2/token", self.identity.issuer());
        let request = self
            .http
            .post(url)
            .basic_auth(self.identity.client_id(), Some(secret));
        request.form(fields).send().await.unwrap()
    }

    async fn redeem(&self, code: &str) -> Response {
        self.token(&redemption(code)).await
    }
}

fn redemption(code: &str) -> [(&str, &str); 4] {
    [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ]
}

/// A parameter of the address that the browser is sent to.
fn query(response: &Response, name: &str) -> Option<String> {
    let url = Url::parse(response.headers()["location"].to_str().unwrap()).unwrap();
    let mut pairs = url.query_pairs();
    pairs
        .find(|(field, _)| field == name)
        .map(|(_, value)| value.into_owned())
}

fn cookie(response: &Response) -> String {
    let cookie = response.headers()["set-cookie"].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

async fn error_of(response: Response) -> String {
    assert_eq!(response.status(), 400);
    let body: Value = response.json().await.unwrap();
    body["error"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_chosen_user_comes_back_with_a_code_that_gives_tokens() {
    let setup = Setup::new().await;
    let page = setup.http.get(setup.address(&[])).send().await.unwrap();
    assert_eq!(page.status(), 200);
    let text = page.text().await.unwrap();
    assert!(text.contains("Bob Brandt") && !text.contains("<script"));

    let sent_back = setup.choose(&setup.address(&[]), "bob").await;
    assert_eq!(sent_back.status(), 303);
    assert_eq!(query(&sent_back, "state").unwrap(), "s t&a");
    assert_eq!(query(&sent_back, "iss").unwrap(), setup.identity.issuer());
    let code = query(&sent_back, "code").unwrap();
    let tokens: Value = setup.redeem(&code).await.json().await.unwrap();
    let (_, claims) = decoded(tokens["id_token"].as_str().unwrap());
    assert_eq!(claims["email"], "bob.brandt@example.com");
    assert_eq!(claims["aud"], setup.identity.client_id());
    assert_eq!(claims["nonce"], "n");
    let (_, access) = decoded(tokens["access_token"].as_str().unwrap());
    assert_eq!(access["groups"], serde_json::json!(["S3CatalogReader"]));
    assert_eq!(access["sid"], claims["sid"]);
    assert_eq!(tokens["expires_in"], 3600);
}

#[tokio::test]
async fn browsers_are_sent_nowhere_for_unknown_clients_and_addresses() {
    let setup = Setup::new().await;
    for change in [
        ("client_id", Some("other")),
        ("client_id", None),
        ("redirect_uri", None),
        ("redirect_uri", Some("http://127.0.0.1:5000/elsewhere")),
        ("redirect_uri", Some("https://evil.example/login/callback")),
        (
            "redirect_uri",
            Some("http://127.0.0.1:5000/login/callback?x=/login/callback"),
        ),
    ] {
        for response in [
            setup
                .http
                .get(setup.address(&[change]))
                .send()
                .await
                .unwrap(),
            setup.choose(&setup.address(&[change]), "alice").await,
        ] {
            assert_eq!(response.status(), 400, "{change:?}");
            assert!(!response.headers().contains_key("location"), "{change:?}");
        }
    }
    let mut twice = setup.address(&[]);
    twice
        .query_pairs_mut()
        .append_pair("redirect_uri", "https://evil.example/");
    assert_eq!(setup.http.get(twice).send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn other_mistakes_are_told_to_the_client() {
    let setup = Setup::new().await;
    for (change, error) in [
        (
            ("response_type", Some("token")),
            "unsupported_response_type",
        ),
        (("scope", Some("email")), "invalid_scope"),
        (("app_tid", Some("other")), "invalid_request"),
        (("code_challenge", None), "invalid_request"),
        (("code_challenge_method", Some("S512")), "invalid_request"),
    ] {
        let response = setup
            .http
            .get(setup.address(&[change]))
            .send()
            .await
            .unwrap();
        assert_eq!(query(&response, "error").unwrap(), error, "{change:?}");
        assert_eq!(query(&response, "state").unwrap(), "s t&a");
        assert!(query(&response, "code").is_none());
    }
    let nobody = setup.choose(&setup.address(&[]), "eve").await;
    assert_eq!(nobody.status(), 400);
    let foreign = setup
        .http
        .post(setup.address(&[]))
        .form(&[("user", "alice")]);
    let foreign = foreign
        .header("origin", "https://evil.example")
        .send()
        .await
        .unwrap();
    assert_eq!(foreign.status(), 400);
}

#[tokio::test]
async fn a_code_is_good_once_for_its_client_address_and_verifier() {
    let setup = Setup::new().await;
    let wrong: [(usize, &str); 3] = [
        (1, "guessed"),
        (2, "http://127.0.0.1:5001/login/callback"),
        (3, "9876543210-0123456789-0123456789-0123456789"),
    ];
    for (field, value) in wrong {
        let code = setup.code("alice").await;
        let mut fields = redemption(&code);
        fields[field].1 = value;
        assert_eq!(
            error_of(setup.token(&fields).await).await,
            "invalid_grant",
            "{value}"
        );
    }
    let code = setup.code("alice").await;
    let without_verifier = &redemption(&code)[..3];
    assert_eq!(
        error_of(setup.token(without_verifier).await).await,
        "invalid_grant"
    );

    let code = setup.code("alice").await;
    let other = setup.identity.add_consumer("catalog", &[]);
    let url = format!("{}/oauth2/token", setup.identity.issuer());
    let stolen = setup
        .http
        .post(url)
        .basic_auth(&other.client_id, Some(&other.secret));
    let stolen = stolen.form(&redemption(&code)).send().await.unwrap();
    assert_eq!(error_of(stolen).await, "invalid_grant");

    let code = setup.code("alice").await;
    setup.core.clock.set_offset(61);
    assert_eq!(error_of(setup.redeem(&code).await).await, "invalid_grant");
}

#[tokio::test]
async fn a_code_that_comes_twice_takes_back_what_it_gave() {
    let setup = Setup::new().await;
    let code = setup.code("alice").await;
    let tokens: Value = setup.redeem(&code).await.json().await.unwrap();
    assert_eq!(error_of(setup.redeem(&code).await).await, "invalid_grant");
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    assert_eq!(error_of(setup.token(&fields).await).await, "invalid_grant");
}

#[tokio::test]
async fn a_refresh_token_is_exchanged_for_another_one() {
    let setup = Setup::new().await;
    let code = setup.code("carol").await;
    let first: Value = setup.redeem(&code).await.json().await.unwrap();
    let refresh = async |token: &Value| {
        let token = token["refresh_token"].as_str().unwrap().to_owned();
        let fields = [
            ("grant_type", "refresh_token"),
            ("refresh_token", token.as_str()),
        ];
        setup.token(&fields).await
    };
    let second: Value = refresh(&first).await.json().await.unwrap();
    let (_, claims) = decoded(second["access_token"].as_str().unwrap());
    assert_eq!(claims["email"], "carol.castro@example.com");
    assert_eq!(error_of(refresh(&first).await).await, "invalid_grant");
    setup.core.clock.set_offset(43_201);
    assert_eq!(error_of(refresh(&second).await).await, "invalid_grant");
}

#[tokio::test]
async fn a_browser_stays_signed_in_until_it_signs_out() {
    let setup = Setup::new().await;
    let cookie = cookie(&setup.choose(&setup.address(&[]), "bob").await);
    let again = async || {
        let request = setup.http.get(setup.address(&[])).header("cookie", &cookie);
        request.send().await.unwrap()
    };
    assert!(query(&again().await, "code").is_some());

    let leave = async |target: &str, client: &str| {
        let url = format!("{}/oauth2/logout", setup.identity.issuer());
        let fields = [("post_logout_redirect_uri", target), ("client_id", client)];
        let url = Url::parse_with_params(&url, fields).unwrap();
        setup
            .http
            .get(url)
            .header("cookie", &cookie)
            .send()
            .await
            .unwrap()
    };
    let (home, client) = (
        "http://localhost:5000/logout.html",
        setup.identity.client_id(),
    );
    assert_eq!(
        leave("https://evil.example/logout.html", client)
            .await
            .status(),
        400
    );
    assert_eq!(leave(home, "other").await.status(), 400);
    let left = leave(home, client).await;
    assert_eq!(left.headers()["location"], home);
    assert_eq!(again().await.status(), 200, "the choice again");
}

#[tokio::test]
async fn both_places_of_a_secret_must_agree() {
    let setup = Setup::new().await;
    let secret = setup.identity.client_secret();
    for (posted, status) in [(secret.as_str(), 200), ("other", 400)] {
        let code = setup.code("alice").await;
        let fields: Vec<_> = redemption(&code)
            .into_iter()
            .chain([("client_secret", posted)])
            .collect();
        assert_eq!(setup.token(&fields).await.status(), status);
    }
}
