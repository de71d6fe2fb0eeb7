use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use reqwest::{Client, Response};
use sandbox::Core;
use sandbox::people;
use sandbox::xsuaa::{self, Flaw, Xsuaa};
use serde_json::{Value, json};

use super::{client, decoded};

struct Setup {
    core: Core,
    xsuaa: Xsuaa,
    http: Client,
}

const GRANT: (&str, &str) = ("grant_type", "client_credentials");

impl Setup {
    async fn new() -> Self {
        let core = Core::new().unwrap();
        let xsuaa = Xsuaa::start(&core).await.unwrap();
        let http = client(&core, None);
        Self { core, xsuaa, http }
    }

    async fn get(&self, url: &str) -> Response {
        self.http.get(url).send().await.unwrap()
    }

    async fn keys(&self) -> JwkSet {
        let (url, zone) = (self.xsuaa.url(), self.xsuaa.zone_id());
        let answer = self.get(&format!("{url}/token_keys?zid={zone}")).await;
        answer.json().await.unwrap()
    }

    async fn verifies(&self, token: &str) -> bool {
        let keys = self.keys().await;
        let Ok(header) = jsonwebtoken::decode_header(token) else {
            return false;
        };
        let Some(key) = header.kid.and_then(|kid| keys.find(&kid).cloned()) else {
            return false;
        };
        self.verifies_with(token, &DecodingKey::from_jwk(&key).unwrap())
    }

    fn verifies_with(&self, token: &str, key: &DecodingKey) -> bool {
        let mut rules = Validation::new(Algorithm::RS256);
        rules.set_audience(&[self.xsuaa.client_id(), self.xsuaa.app_name()]);
        rules.set_issuer(&[self.xsuaa.issuer()]);
        rules.set_required_spec_claims(&["exp", "aud", "iss"]);
        rules.validate_nbf = true;
        jsonwebtoken::decode::<Value>(token, key, &rules).is_ok()
    }

    async fn token(&self, fields: &[(&str, &str)]) -> Response {
        let url = format!("{}/oauth/token", self.xsuaa.url());
        self.http.post(url).form(fields).send().await.unwrap()
    }

    fn refused(&self) -> String {
        let notes = self.core.ledger.of(xsuaa::NAME);
        let mut refused = notes.iter().filter(|note| note.contains("refused"));
        refused.next_back().cloned().unwrap_or_default()
    }
}

fn scopes(claims: &Value) -> Vec<&str> {
    let scopes = claims["scope"].as_array().unwrap();
    scopes.iter().filter_map(Value::as_str).collect()
}

async fn body(response: Response) -> Value {
    response.json().await.unwrap()
}

#[tokio::test]
async fn keys_are_given_to_the_subaccount_and_to_no_other() {
    let setup = Setup::new().await;
    let (url, zone) = (setup.xsuaa.url(), setup.xsuaa.zone_id());
    let answer = setup.get(&format!("{url}/token_keys?zid={zone}")).await;
    let set = body(answer).await;
    let key = &set["keys"][0];
    assert_eq!(
        (&key["kty"], &key["alg"], &key["use"]),
        (&json!("RSA"), &json!("RS256"), &json!("sig"))
    );
    let pem = key["value"].as_str().unwrap();
    let key = DecodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
    let token = setup.xsuaa.user_token(people::named("bob").unwrap());
    assert!(setup.verifies_with(&token, &key), "value is the same key");
    assert_eq!(setup.get(&format!("{url}/token_keys")).await.status(), 200);
    for query in [
        "zid=5f0e8a3c-0000-4000-8000-0000000000fe".to_owned(),
        "zid=".to_owned(),
        format!("zid={zone}&zid={zone}"),
    ] {
        let answer = setup.get(&format!("{url}/token_keys?{query}")).await;
        assert_eq!(answer.status(), 400, "{query}");
    }
    assert!(setup.refused().starts_with("keys refused"));
}

#[tokio::test]
async fn a_user_token_has_the_claims_of_a_real_one() {
    let setup = Setup::new().await;
    let bob = people::named("bob").unwrap();
    let token = setup.xsuaa.user_token(bob);
    assert!(setup.verifies(&token).await);
    let (header, claims) = decoded(&token);
    let url = setup.xsuaa.url();
    assert_eq!(header["jku"], format!("{url}/token_keys"));
    assert_eq!(header["typ"], "JWT");
    assert_eq!(claims["iss"], format!("{url}/oauth/token"));
    assert_eq!(
        claims["aud"],
        json!(["openid", "btp-s3-catalog!t4711", "sb-btp-s3-catalog!t4711"])
    );
    for claim in ["cid", "azp", "client_id"] {
        assert_eq!(claims[claim], "sb-btp-s3-catalog!t4711");
    }
    assert_eq!(claims["zid"], setup.xsuaa.zone_id());
    assert_eq!(claims["ext_attr"]["enhancer"], "XSUAA");
    assert_eq!(claims["sub"], bob.scim_id);
    assert_eq!(claims["user_id"], bob.scim_id);
    assert_eq!(claims["user_name"], bob.email);
    assert_eq!(claims["grant_type"], "authorization_code");
    assert_eq!(claims["rev_sig"].as_str().unwrap().len(), 8);
    assert_eq!(claims["jti"].as_str().unwrap().len(), 32);
    let life = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    assert_eq!(life, 3600, "token-validity of xs-security.json");
}

#[tokio::test]
async fn users_have_the_scopes_of_their_role_collections() {
    let setup = Setup::new().await;
    for (id, expected) in [
        ("alice", vec!["openid", "Read", "Write", "Admin"]),
        ("bob", vec!["openid", "Read"]),
        ("carol", vec!["openid", "Read", "Write"]),
        ("dave", vec!["openid"]),
    ] {
        let claims = setup.xsuaa.user_claims(people::named(id).unwrap());
        let named: Vec<&str> = scopes(&claims)
            .into_iter()
            .map(|scope| scope.strip_prefix("btp-s3-catalog!t4711.").unwrap_or(scope))
            .collect();
        assert_eq!(named, expected, "{id}");
    }
}

#[tokio::test]
async fn a_secret_gets_a_token_with_the_granted_authorities() {
    let setup = Setup::new().await;
    let jobs = setup.xsuaa.add_client("jobs", &["Read"]);
    let own = (
        setup.xsuaa.client_id().to_owned(),
        setup.xsuaa.client_secret(),
    );
    let read = "btp-s3-catalog!t4711.Read";
    for ((id, secret), expected) in [
        (own, vec!["uaa.resource"]),
        ((jobs.client_id, jobs.secret), vec!["uaa.resource", read]),
    ] {
        let posted = [GRANT, ("client_id", &id), ("client_secret", &secret)];
        let posted = setup.token(&posted).await;
        let url = format!("{}/oauth/token", setup.xsuaa.url());
        let request = setup.http.post(url).basic_auth(&id, Some(&secret));
        let basic = request.form(&[GRANT]).send().await.unwrap();
        for answer in [posted, basic] {
            assert_eq!(answer.status(), 200);
            assert_eq!(answer.headers()["cache-control"], "no-store");
            let answer = body(answer).await;
            assert_eq!(answer["token_type"], "bearer");
            assert_eq!(answer["scope"], expected.join(" "));
            let (_, claims) = decoded(answer["access_token"].as_str().unwrap());
            assert_eq!(scopes(&claims), expected);
            assert_eq!(claims["grant_type"], "client_credentials");
            assert_eq!((&claims["sub"], &claims["cid"]), (&json!(id), &json!(id)));
            assert_eq!(claims.get("user_id"), None);
        }
    }
}

#[tokio::test]
async fn a_technical_token_is_what_the_endpoint_would_give() {
    let setup = Setup::new().await;
    setup.xsuaa.grant_authorities(&["Read", "Write"]);
    let token = setup.xsuaa.technical_token();
    assert!(setup.verifies(&token).await);
    let (_, claims) = decoded(&token);
    assert_eq!(scopes(&claims).len(), 3);
    assert_eq!(
        claims["aud"],
        json!(["uaa", "btp-s3-catalog!t4711", "sb-btp-s3-catalog!t4711"])
    );
}

#[tokio::test]
async fn scopes_can_be_asked_for_and_not_beyond_what_was_granted() {
    let setup = Setup::new().await;
    let jobs = setup.xsuaa.add_client("jobs", &["Read", "Write"]);
    let ask = async |scope: &str| {
        let client = ("client_id", jobs.client_id.as_str());
        let secret = ("client_secret", jobs.secret.as_str());
        let fields = [GRANT, client, secret, ("scope", scope)];
        body(setup.token(&fields).await).await
    };
    let read = "btp-s3-catalog!t4711.Read";
    assert_eq!(ask(read).await["scope"], read);
    let refused = ask("btp-s3-catalog!t4711.Admin").await;
    assert_eq!(refused["error"], "invalid_scope");
}

#[tokio::test]
async fn wrong_clients_secrets_and_grants_are_refused() {
    let setup = Setup::new().await;
    let id = setup.xsuaa.client_id();
    let old = setup.xsuaa.client_secret();
    let new = setup.xsuaa.replace_client_secret();
    for (id, secret) in [(id, "wrong"), (id, old.as_str()), ("sb-x!t1", &new)] {
        let answer = setup
            .token(&[GRANT, ("client_id", id), ("client_secret", secret)])
            .await;
        assert_eq!(answer.status(), 401);
        assert_eq!(body(answer).await["error"], "unauthorized");
    }
    assert_eq!(setup.token(&[GRANT, ("client_id", id)]).await.status(), 401);
    let password = [
        ("grant_type", "password"),
        ("client_id", id),
        ("client_secret", &new),
    ];
    let refused = body(setup.token(&password).await).await;
    assert_eq!(refused["error"], "unsupported_grant_type");
    let good = [GRANT, ("client_id", id), ("client_secret", &new)];
    assert_eq!(setup.token(&good).await.status(), 200);
}

#[tokio::test]
async fn the_bound_certificate_gets_a_token_that_is_bound_to_it() {
    let setup = Setup::new().await;
    let bound = setup.xsuaa.client_certificate().unwrap();
    let http = client(&setup.core, Some(&bound));
    let url = format!("{}/oauth/token", setup.xsuaa.certificate_url());
    let (id, secret) = (setup.xsuaa.client_id(), setup.xsuaa.client_secret());
    let by_certificate = [GRANT, ("client_id", id)];
    let answer = http.post(&url).form(&by_certificate).send().await.unwrap();
    let answer = body(answer).await;
    let token = answer["access_token"].as_str().unwrap();
    assert!(setup.verifies(token).await);
    let (_, claims) = decoded(token);
    assert_eq!(claims["cnf"]["x5t#S256"], bound.thumbprint());

    let both = [GRANT, ("client_id", id), ("client_secret", &secret)];
    let mixed = http.post(&url).form(&both).send().await.unwrap();
    assert_eq!(mixed.status(), 401);
    let nothing = setup.http.post(&url).form(&by_certificate);
    assert_eq!(nothing.send().await.unwrap().status(), 401);
    let jobs = setup.xsuaa.add_client("jobs", &[]);
    let other = [GRANT, ("client_id", &jobs.client_id)];
    let other = http.post(&url).form(&other).send().await.unwrap();
    assert_eq!(other.status(), 401);
}

#[tokio::test]
async fn old_tokens_verify_during_a_rotation_and_not_after_it() {
    let setup = Setup::new().await;
    let alice = people::named("alice").unwrap();
    let before = setup.xsuaa.user_token(alice);
    setup.xsuaa.rotate_signing_key().unwrap();
    let after = setup.xsuaa.user_token(alice);
    assert!(setup.verifies(&before).await && setup.verifies(&after).await);
    setup.xsuaa.retire_old_signing_keys();
    assert!(!setup.verifies(&before).await);
    assert!(setup.verifies(&after).await);
}

#[tokio::test]
async fn the_key_of_the_binding_verifies_once_its_frame_is_restored() {
    let setup = Setup::new().await;
    let line = setup.xsuaa.verification_key();
    let pem = line
        .replace("KEY-----M", "KEY-----\nM")
        .replace("-----END", "\n-----END");
    let key = DecodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
    let token = setup.xsuaa.user_token(people::named("bob").unwrap());
    assert!(setup.verifies_with(&token, &key));
}

#[tokio::test]
async fn flawed_tokens_are_flawed() {
    let setup = Setup::new().await;
    let alice = people::named("alice").unwrap();
    // What a verifier with these few rules cannot see; the service under test must.
    let beyond = [Flaw::OtherTenant, Flaw::IssuedInFuture];
    for &flaw in Flaw::ALL {
        let token = setup.xsuaa.flawed_user_token(alice, flaw).unwrap();
        let verifies = setup.verifies(&token).await;
        assert_eq!(verifies, beyond.contains(&flaw), "{flaw:?}");
    }
    let nowhere = setup.xsuaa.flawed_user_token(alice, Flaw::NoAudience);
    let (_, claims) = decoded(&nowhere.unwrap());
    assert!(!claims.to_string().contains("!t4711"), "{claims}");
}

#[tokio::test]
async fn a_misleading_token_verifies_only_for_those_who_follow_it() {
    let setup = Setup::new().await;
    let token = setup
        .xsuaa
        .misled_user_token(people::named("alice").unwrap());
    assert!(!setup.verifies(&token).await);
    assert_eq!(setup.core.ledger.count(xsuaa::ELSEWHERE, "GET"), 0);
    let (header, _) = decoded(&token);
    let answer = setup.get(header["jku"].as_str().unwrap()).await;
    let keys: JwkSet = answer.json().await.unwrap();
    let key = keys.find(header["kid"].as_str().unwrap()).unwrap();
    let key = DecodingKey::from_jwk(key).unwrap();
    assert!(setup.verifies_with(&token, &key));
    assert_eq!(setup.core.ledger.count(xsuaa::ELSEWHERE, "GET"), 1);
}
