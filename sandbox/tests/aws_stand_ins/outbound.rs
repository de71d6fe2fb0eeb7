//! `GetWebIdentityToken`, and what its issuer publishes.

use aws_credential_types::Credentials;
use aws_sdk_sts::Client;
use aws_sdk_sts::config::{BehaviorVersion, Region};
use aws_sdk_sts::error::ProvideErrorMetadata;
use aws_sdk_sts::types::Tag;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, Validation};
use sandbox::Core;
use sandbox::aws::Aws;
use sandbox::iam::{OidcProvider, UserKey};
use sandbox::outbound::Algorithm;
use serde_json::{Value, json};

use crate::signed::{Answer, Signed, post};
use crate::{aws, reason};

const AUDIENCE: &str = "https://catalog.example.com";
const OWN: &str = "https://sts.amazonaws.com/";

async fn document(core: &Core, aws: &Aws, name: &str) -> Value {
    let root = reqwest::Certificate::from_pem(core.pki.root_pem().as_bytes()).unwrap();
    let builder = reqwest::Client::builder().tls_certs_only([root]);
    let http = builder.no_proxy().build().unwrap();
    let url = format!("{}/.well-known/{name}", aws.outbound.issuer());
    http.get(url).send().await.unwrap().json().await.unwrap()
}

/// Header and claims of a token that a published key verifies.
async fn verified(core: &Core, aws: &Aws, token: &str) -> Option<(Value, Value)> {
    let keys: JwkSet = serde_json::from_value(document(core, aws, "jwks.json").await).unwrap();
    let header = jsonwebtoken::decode_header(token).unwrap();
    let key = keys.find(header.kid.as_deref().unwrap())?;
    let mut rules = Validation::new(header.alg);
    rules.set_audience(&[AUDIENCE]);
    rules.set_issuer(&[aws.outbound.issuer()]);
    let key = DecodingKey::from_jwk(key).unwrap();
    let claims = jsonwebtoken::decode::<Value>(token, &key, &rules)
        .ok()?
        .claims;
    let header = token.split('.').next().unwrap();
    let header = BASE64_URL_SAFE_NO_PAD.decode(header).unwrap();
    Some((serde_json::from_slice(&header).unwrap(), claims))
}

/// A session of the account's role, and a client that signs with it.
async fn session(aws: &Aws) -> Client {
    let assumed = client(aws, credentials(&aws.user))
        .assume_role()
        .role_arn(&aws.role_arn)
        .role_session_name("workload")
        .external_id(&aws.external_id)
        .duration_seconds(900)
        .tags(tag("team", "analytics"))
        .source_identity("scheduler")
        .send()
        .await
        .unwrap();
    let session = assumed.credentials().unwrap();
    let credentials = Credentials::new(
        session.access_key_id(),
        session.secret_access_key(),
        Some(session.session_token().to_owned()),
        None,
        "test",
    );
    client(aws, credentials)
}

fn credentials(key: &UserKey) -> Credentials {
    Credentials::new(
        &key.access_key_id,
        &key.secret_access_key,
        None,
        None,
        "test",
    )
}

fn client(aws: &Aws, credentials: Credentials) -> Client {
    let config = aws_sdk_sts::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .endpoint_url(&aws.sts.http)
        .credentials_provider(credentials);
    Client::from_conf(config.build())
}

fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build().unwrap()
}

/// A request of the user, signed, with these fields changed; an empty one is left out.
async fn ask(core: &Core, aws: &Aws, more: &[(&str, &str)]) -> Answer {
    let mut form = vec![
        ("Action", "GetWebIdentityToken"),
        ("Version", "2011-06-15"),
        ("Audience.member.1", AUDIENCE),
        ("SigningAlgorithm", "RS256"),
    ];
    form.retain(|(name, _)| !more.iter().any(|(other, _)| name == other));
    form.extend(more.iter().filter(|(_, value)| !value.is_empty()));
    let request = Signed::sts(&aws.sts.http, &form, &aws.user, core.clock.now());
    request.sign().send().await
}

fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(
        (answer.status, answer.element("Code")),
        (status, code),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn a_session_gets_a_token_of_its_role() {
    let (core, aws) = aws().await;
    let workload = session(&aws).await;
    for (algorithm, kid) in [("RS256", "RSA_0"), ("ES384", "EC384_0")] {
        let answer = workload
            .get_web_identity_token()
            .audience(AUDIENCE)
            .signing_algorithm(algorithm)
            .duration_seconds(60)
            .tags(tag("job", "nightly"))
            .send()
            .await
            .unwrap();
        let token = answer.web_identity_token().unwrap();
        assert!(core.ledger.secrets().iter().any(|secret| secret == token));
        let (header, claims) = verified(&core, &aws, token).await.unwrap();
        assert_eq!(
            header,
            json!({ "alg": algorithm, "kid": kid, "typ": "JWT" })
        );
        assert_eq!(claims["sub"], "arn:aws:iam::111122223333:role/s3-catalog");
        assert_eq!(claims["aud"], AUDIENCE, "one audience is no list");
        let (issued, ends) = (claims["iat"].as_i64().unwrap(), &claims["exp"]);
        assert_eq!(ends, issued + 60);
        assert_eq!(ends, answer.expiration().unwrap().secs());
        let own = &claims[OWN];
        assert_eq!(own["aws_account"], "111122223333");
        assert_eq!(own["source_region"], "eu-central-1");
        assert_eq!(own["org_id"], sandbox::outbound::ORGANIZATION);
        assert_eq!(own["principal_id"], claims["sub"]);
        assert_eq!(own["principal_tags"], json!({ "team": "analytics" }));
        assert_eq!(own["request_tags"], json!({ "job": "nightly" }));
        assert_eq!(own["source_identity"], "scheduler");
        assert!(own["original_session_exp"].as_str().unwrap().ends_with('Z'));
    }
}

#[tokio::test]
async fn a_user_gets_a_token_for_five_minutes_and_several_audiences() {
    let (core, aws) = aws().await;
    let answer = ask(&core, &aws, &[("Audience.member.2", "other")]).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let token = answer.element("WebIdentityToken");
    let (_, claims) = verified(&core, &aws, token).await.unwrap();
    assert_eq!(claims["sub"], aws.user.user_arn);
    assert_eq!(claims["aud"], json!([AUDIENCE, "other"]));
    assert_eq!(claims["exp"], claims["iat"].as_i64().unwrap() + 300);
    for absent in ["original_session_exp", "principal_tags", "request_tags"] {
        assert_eq!(claims[OWN].get(absent), None, "{absent}");
    }
}

#[tokio::test]
async fn misshapen_parameters_are_refused() {
    let (core, aws) = aws().await;
    let long = "x".repeat(1001);
    for wrong in [
        ("Audience.member.1", ""),
        ("Audience.member.1", long.as_str()),
        ("Audience.member.2", long.as_str()),
        ("SigningAlgorithm", ""),
        ("SigningAlgorithm", "ES256"),
        ("SigningAlgorithm", "rs256"),
        ("DurationSeconds", "59"),
        ("DurationSeconds", "3601"),
        ("Tags.member.1.Key", "no value"),
    ] {
        let answer = ask(&core, &aws, &[wrong]).await;
        refused(&answer, 400, "ValidationError");
    }
    let eleven: Vec<(String, String)> = (1..=11)
        .map(|number| (format!("Audience.member.{number}"), format!("a{number}")))
        .collect();
    let eleven: Vec<(&str, &str)> = eleven
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    refused(&ask(&core, &aws, &eleven).await, 400, "ValidationError");
    let answer = ask(&core, &aws, &[("DurationSeconds", "1h")]).await;
    refused(&answer, 400, "MalformedInput");
}

#[tokio::test]
async fn nobody_gets_a_token_without_a_signature() {
    let (core, aws) = aws().await;
    let form = [
        ("Action", "GetWebIdentityToken"),
        ("Version", "2011-06-15"),
        ("Audience.member.1", AUDIENCE),
        ("SigningAlgorithm", "RS256"),
    ];
    let unsigned = post(&aws.sts.http, &form).await;
    refused(&unsigned, 403, "MissingAuthenticationToken");
    let mut other = Signed::sts(&aws.sts.http, &form, &aws.user, core.clock.now()).sign();
    other.body.push_str("&DurationSeconds=3600");
    refused(&other.send().await, 403, "SignatureDoesNotMatch");
}

#[tokio::test]
async fn an_account_that_has_not_enabled_it_gives_none() {
    let (core, aws) = aws().await;
    let before = aws.outbound.workload_token(AUDIENCE);
    aws.outbound.set_enabled(false);
    let asked = session(&aws).await.get_web_identity_token();
    let asked = asked.audience(AUDIENCE).signing_algorithm("ES384");
    let error = asked.send().await.unwrap_err().into_service_error();
    assert!(
        error.is_outbound_web_identity_federation_disabled_exception(),
        "{error:?}"
    );
    assert!(
        verified(&core, &aws, &before).await.is_some(),
        "what is out stays good"
    );
}

#[tokio::test]
async fn a_token_does_not_outlive_its_session() {
    let (_core, aws) = aws().await;
    let workload = session(&aws).await;
    let ask = async |seconds| {
        let asked = workload.get_web_identity_token().duration_seconds(seconds);
        let asked = asked.audience(AUDIENCE).signing_algorithm("ES384");
        asked.send().await
    };
    assert!(ask(890).await.is_ok());
    let error = ask(901).await.unwrap_err().into_service_error();
    assert!(
        error.is_session_duration_escalation_exception(),
        "{:?}",
        error.code()
    );
}

#[tokio::test]
async fn an_expired_session_gets_none() {
    let (_core, aws) = aws().await;
    let workload = session(&aws).await;
    aws.account.sessions.expire_all();
    let asked = workload.get_web_identity_token().audience(AUDIENCE);
    let error = asked.signing_algorithm("ES384").send().await.unwrap_err();
    assert_eq!(error.into_service_error().code(), Some("ExpiredToken"));
}

#[tokio::test]
async fn the_issuer_publishes_what_aws_publishes_and_no_more() {
    let (core, aws) = aws().await;
    let discovery = document(&core, &aws, "openid-configuration").await;
    let members: Vec<&str> = discovery
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        members,
        [
            "claims_supported",
            "id_token_signing_alg_values_supported",
            "issuer",
            "jwks_uri",
            "subject_types_supported"
        ]
    );
    let issuer = aws.outbound.issuer();
    assert_eq!(discovery["issuer"], issuer);
    assert_eq!(
        discovery["jwks_uri"],
        format!("{issuer}/.well-known/jwks.json")
    );
    let keys = document(&core, &aws, "jwks.json").await;
    let [rsa, ec] = keys["keys"].as_array().unwrap().as_slice() else {
        panic!("{keys}");
    };
    assert_eq!((&rsa["kid"], rsa.get("alg")), (&json!("RSA_0"), None));
    assert_eq!(
        (&ec["kid"], &ec["alg"], &ec["crv"]),
        (&json!("EC384_0"), &json!("ES384"), &json!("P-384"))
    );
}

#[tokio::test]
async fn tests_get_tokens_without_asking_and_may_change_them() {
    let (core, aws) = aws().await;
    let token = aws.outbound.workload_token(AUDIENCE);
    let (header, claims) = verified(&core, &aws, &token).await.unwrap();
    assert_eq!(header["alg"], "ES384");
    assert_eq!(claims["sub"], aws.account.role_arn("nightly-job"));
    for algorithm in Algorithm::ALL {
        let mut changed = aws.outbound.workload_claims(AUDIENCE);
        changed[OWN]["aws_account"] = json!("999999999999");
        let token = aws.outbound.sign(algorithm, &changed);
        let (_, claims) = verified(&core, &aws, &token).await.unwrap();
        assert_eq!(claims[OWN]["aws_account"], "999999999999");
        let honest = aws.outbound.workload_claims(AUDIENCE);
        let honest = aws.outbound.sign(algorithm, &honest);
        let (message, _) = token.rsplit_once('.').unwrap();
        let (_, signature) = honest.rsplit_once('.').unwrap();
        let spoilt = format!("{message}.{signature}");
        assert!(verified(&core, &aws, &spoilt).await.is_none());
    }
}

#[tokio::test]
async fn old_tokens_verify_during_a_rotation_and_not_after_it() {
    let (core, aws) = aws().await;
    let tokens = || {
        let claims = aws.outbound.workload_claims(AUDIENCE);
        Algorithm::ALL.map(|algorithm| aws.outbound.sign(algorithm, &claims))
    };
    let before = tokens();
    aws.outbound.rotate_keys().unwrap();
    let after = tokens();
    for token in before.iter().chain(&after) {
        assert!(verified(&core, &aws, token).await.is_some());
    }
    aws.outbound.retire_old_keys();
    for (old, new) in before.iter().zip(&after) {
        assert!(verified(&core, &aws, old).await.is_none());
        assert!(verified(&core, &aws, new).await.is_some());
    }
}

#[tokio::test]
async fn its_tokens_do_not_lead_back_into_aws() {
    let (core, aws) = aws().await;
    aws.account.iam.put_provider(OidcProvider {
        issuer: aws.outbound.issuer().to_owned(),
        client_ids: vec![AUDIENCE.to_owned()],
        reachable_at: None,
    });
    let token = aws.outbound.workload_token(AUDIENCE);
    let form = [
        ("Action", "AssumeRoleWithWebIdentity"),
        ("Version", "2011-06-15"),
        ("RoleArn", aws.role_arn.as_str()),
        ("RoleSessionName", "circle"),
        ("WebIdentityToken", token.as_str()),
    ];
    let answer = post(&aws.sts.http, &form).await;
    refused(&answer, 400, "InvalidIdentityToken");
    assert!(reason(&core, "sts").contains("can't be used to assume a role"));
}
