//! `AssumeRoleWithWebIdentity` with tokens of the sandbox's tenant, right and wrong.

use std::time::Duration;

use aws_sdk_sts::config::{BehaviorVersion, Region};
use sandbox::Sandbox;
use sandbox::aws::Options;
use sandbox::fault::Fault;
use sandbox::iam::{OidcProvider, Role, Trust};
use serde_json::{Value, json};

use crate::reason;
use crate::signed::{Answer, post};

async fn sandbox() -> Sandbox {
    Sandbox::start(&Options::default()).await.unwrap()
}

fn claims(sandbox: &Sandbox) -> Value {
    let now = sandbox.core.clock.unix();
    let client = sandbox.identity.client_id();
    json!({"iss": sandbox.identity.issuer(), "aud": client, "sub": client, "iat": now, "exp": now + 600})
}

async fn assume(sandbox: &Sandbox, token: &str, more: &[(&str, &str)]) -> Answer {
    let mut form = vec![
        ("Action", "AssumeRoleWithWebIdentity"),
        ("Version", "2011-06-15"),
        ("RoleArn", sandbox.aws.role_arn.as_str()),
        ("RoleSessionName", "btp-s3-catalog"),
        ("WebIdentityToken", token),
    ];
    form.retain(|(name, _)| !more.iter().any(|(other, _)| name == other));
    form.extend_from_slice(more);
    post(&sandbox.aws.sts.http, &form).await
}

/// Sends a token with one claim changed (null: removed).
async fn with_claim(name: &str, value: Value) -> (Sandbox, Answer) {
    let sandbox = sandbox().await;
    let mut claims = claims(&sandbox);
    if value.is_null() {
        claims.as_object_mut().unwrap().remove(name);
    } else {
        claims[name] = value;
    }
    let answer = assume(&sandbox, &sandbox.identity.sign(&claims), &[]).await;
    (sandbox, answer)
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
async fn the_sdk_gets_a_session_for_a_token() {
    let sandbox = sandbox().await;
    let config = aws_sdk_sts::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .endpoint_url(&sandbox.aws.sts.http)
        .build();
    let answer = aws_sdk_sts::Client::from_conf(config)
        .assume_role_with_web_identity()
        .role_arn(&sandbox.aws.role_arn)
        .role_session_name("btp-s3-catalog")
        .web_identity_token(sandbox.identity.sign(&claims(&sandbox)))
        .duration_seconds(900)
        .send()
        .await
        .unwrap();
    let session = sandbox.aws.account.sessions.all().remove(0);
    let credentials = answer.credentials().unwrap();
    assert_eq!(credentials.access_key_id(), session.access_key_id);
    assert_eq!(
        credentials.expiration().secs(),
        session.expires.unix_timestamp()
    );
    assert_eq!(answer.provider(), Some(sandbox.identity.issuer()));
    assert_eq!(answer.audience(), Some(sandbox.identity.client_id()));
    let user = answer.assumed_role_user().unwrap();
    assert_eq!(
        user.arn(),
        "arn:aws:sts::111122223333:assumed-role/s3-catalog/btp-s3-catalog"
    );
}

#[tokio::test]
async fn a_token_that_nobody_known_signed_is_invalid() {
    let sandbox = sandbox().await;
    let token = sandbox.identity.sign(&claims(&sandbox));
    let (head, signature) = token.rsplit_once('.').unwrap();
    let first = if signature.starts_with('A') { "B" } else { "A" };
    refused(
        &assume(&sandbox, &format!("{head}.{first}{}", &signature[1..]), &[]).await,
        400,
        "InvalidIdentityToken",
    );
    refused(
        &assume(&sandbox, "no.token.here", &[]).await,
        400,
        "InvalidIdentityToken",
    );
    let unsigned = "eyJhbGciOiJub25lIn0.e30.";
    refused(
        &assume(&sandbox, unsigned, &[]).await,
        400,
        "InvalidIdentityToken",
    );
}

#[tokio::test]
async fn a_token_under_an_unknown_key_name_is_invalid() {
    let sandbox = sandbox().await;
    let mut header = sandbox.identity.header();
    header["kid"] = json!("nobody");
    let token = sandbox
        .identity
        .sign_with_header(&header, &claims(&sandbox));
    refused(
        &assume(&sandbox, &token, &[]).await,
        400,
        "InvalidIdentityToken",
    );
}

#[tokio::test]
async fn a_token_of_an_unknown_issuer_or_for_another_audience_is_invalid() {
    let (_, answer) = with_claim("iss", json!("https://elsewhere.example")).await;
    refused(&answer, 400, "InvalidIdentityToken");
    let (_, answer) = with_claim("aud", json!("another-client")).await;
    refused(&answer, 400, "InvalidIdentityToken");
    assert_eq!(answer.element("Message"), "Incorrect token audience");
}

#[tokio::test]
async fn a_token_without_a_claim_that_aws_needs_is_invalid() {
    for name in ["iss", "aud", "sub", "iat", "exp"] {
        let (_, answer) = with_claim(name, Value::Null).await;
        refused(&answer, 400, "InvalidIdentityToken");
        assert!(answer.element("Message").contains(name), "{}", answer.text);
    }
}

#[tokio::test]
async fn a_token_before_or_after_its_time_is_expired() {
    let sandbox = sandbox().await;
    let token = sandbox.identity.sign(&claims(&sandbox));
    sandbox.core.clock.set_offset(601);
    refused(
        &assume(&sandbox, &token, &[]).await,
        400,
        "ExpiredTokenException",
    );
    sandbox.core.clock.set_offset(-600);
    refused(
        &assume(&sandbox, &token, &[]).await,
        400,
        "ExpiredTokenException",
    );
}

#[tokio::test]
async fn an_audience_list_and_azp_are_understood() {
    let first = sandbox().await;
    let client = first.identity.client_id();
    let mut several = claims(&first);
    several["aud"] = json!(["x", client]);
    assert_eq!(
        assume(&first, &first.identity.sign(&several), &[])
            .await
            .status,
        200
    );
    let (other, answer) = with_claim("azp", json!("somebody-else")).await;
    refused(&answer, 403, "AccessDenied");
    assert!(reason(&other.core, "sts").ends_with("(condition on aud)"));
}

#[tokio::test]
async fn the_trust_policy_judges_the_subject() {
    let sandbox = sandbox().await;
    let client = sandbox.identity.client_id().to_owned();
    let trust = Trust::WebIdentity {
        issuer: sandbox.identity.issuer().to_owned(),
        audiences: vec![client],
        subjects: vec!["only-me".to_owned()],
        may_tag: false,
        may_set_source_identity: false,
    };
    sandbox
        .aws
        .account
        .iam
        .put_role(Role::new(&sandbox.aws.role_arn, vec![trust]));
    let mut claims = claims(&sandbox);
    refused(
        &assume(&sandbox, &sandbox.identity.sign(&claims), &[]).await,
        403,
        "AccessDenied",
    );
    claims["sub"] = json!("only-me");
    assert_eq!(
        assume(&sandbox, &sandbox.identity.sign(&claims), &[])
            .await
            .status,
        200
    );
    claims["https://aws.amazon.com/tags"] = json!({"principal_tags": {"Project": ["A"]}});
    refused(
        &assume(&sandbox, &sandbox.identity.sign(&claims), &[]).await,
        403,
        "AccessDenied",
    );
}

#[tokio::test]
async fn tags_and_source_identity_come_from_claims() {
    let sandbox = sandbox().await;
    let mut claims = claims(&sandbox);
    claims["https://aws.amazon.com/tags/principal_tags/Project"] = json!(["catalog"]);
    claims["https://aws.amazon.com/tags/transitive_tag_keys"] = json!(["Project"]);
    claims["https://aws.amazon.com/source_identity"] = json!("alice");
    assert_eq!(
        assume(&sandbox, &sandbox.identity.sign(&claims), &[])
            .await
            .status,
        200
    );
    let note = sandbox.core.ledger.of("sessions").remove(0);
    assert!(
        note.contains("source-identity=alice tags=Project=catalog transitive=Project"),
        "{note}"
    );
    claims["https://aws.amazon.com/tags/principal_tags/Project"] = json!("not an array");
    refused(
        &assume(&sandbox, &sandbox.identity.sign(&claims), &[]).await,
        400,
        "InvalidIdentityToken",
    );
}

#[tokio::test]
async fn an_unknown_role_is_denied() {
    let sandbox = sandbox().await;
    let arn = sandbox.aws.account.role_arn("nobody-made-this");
    let token = sandbox.identity.sign(&claims(&sandbox));
    refused(
        &assume(&sandbox, &token, &[("RoleArn", &arn)]).await,
        403,
        "AccessDenied",
    );
}

#[tokio::test]
async fn misshapen_parameters_are_validation_errors() {
    let sandbox = sandbox().await;
    let token = sandbox.identity.sign(&claims(&sandbox));
    for wrong in [
        ("DurationSeconds", "899"),
        ("DurationSeconds", "43201"),
        ("RoleSessionName", "a"),
        ("RoleSessionName", "not a name"),
        ("RoleArn", "arn:short"),
        ("WebIdentityToken", "abc"),
    ] {
        refused(
            &assume(&sandbox, &token, &[wrong]).await,
            400,
            "ValidationError",
        );
    }
    let role = sandbox.aws.account.iam.clone();
    let trust = Trust::WebIdentity {
        issuer: sandbox.identity.issuer().to_owned(),
        audiences: vec![sandbox.identity.client_id().to_owned()],
        subjects: Vec::new(),
        may_tag: false,
        may_set_source_identity: false,
    };
    role.put_role(
        Role::new(&sandbox.aws.role_arn, vec![trust]).max_session(Duration::from_mins(15)),
    );
    refused(
        &assume(&sandbox, &token, &[("DurationSeconds", "901")]).await,
        400,
        "ValidationError",
    );
}

#[tokio::test]
async fn session_policies_are_checked_for_shape_and_size() {
    let sandbox = sandbox().await;
    let token = sandbox.identity.sign(&claims(&sandbox));
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}]}"#;
    assert_eq!(
        assume(&sandbox, &token, &[("Policy", policy)]).await.status,
        200
    );
    refused(
        &assume(&sandbox, &token, &[("Policy", "{}")]).await,
        400,
        "MalformedPolicyDocument",
    );
    let large = policy.replace('*', &"x".repeat(1900));
    let arn = format!("arn:aws:iam::aws:policy/{}", "y".repeat(100));
    let both = [
        ("Policy", large.as_str()),
        ("PolicyArns.member.1.arn", arn.as_str()),
    ];
    refused(
        &assume(&sandbox, &token, &both).await,
        400,
        "PackedPolicyTooLarge",
    );
}

#[tokio::test]
async fn an_identity_provider_in_trouble_is_told_apart_from_a_bad_token() {
    let sandbox = sandbox().await;
    let token = sandbox.identity.sign(&claims(&sandbox));
    let place = "identity/.well-known/openid-configuration";
    sandbox
        .core
        .faults
        .once(place, Fault::status(503, "text/html", "<html>busy</html>"));
    refused(
        &assume(&sandbox, &token, &[]).await,
        400,
        "IDPCommunicationError",
    );
    sandbox.core.faults.once(place, Fault::Reset);
    let answer = assume(&sandbox, &token, &[]).await;
    refused(&answer, 400, "InvalidIdentityToken");
    assert!(
        answer
            .element("Message")
            .starts_with("Couldn't retrieve verification key")
    );
    assert_eq!(assume(&sandbox, &token, &[]).await.status, 200);
}

#[tokio::test]
async fn a_provider_whose_document_names_another_issuer_is_not_believed() {
    let sandbox = sandbox().await;
    let mut claims = claims(&sandbox);
    claims["iss"] = json!("https://other.example");
    sandbox.aws.account.iam.put_provider(OidcProvider {
        issuer: "https://other.example".to_owned(),
        client_ids: vec![sandbox.identity.client_id().to_owned()],
        reachable_at: Some(sandbox.identity.issuer().to_owned()),
    });
    refused(
        &assume(&sandbox, &sandbox.identity.sign(&claims), &[]).await,
        400,
        "InvalidIdentityToken",
    );
    assert!(reason(&sandbox.core, "sts").contains("names another issuer"));
}

#[tokio::test]
async fn a_stray_security_token_confuses_sts_as_it_does_aws() {
    let sandbox = sandbox().await;
    let token = sandbox.identity.sign(&claims(&sandbox));
    let form = [
        ("Action", "AssumeRoleWithWebIdentity"),
        ("Version", "2011-06-15"),
        ("RoleArn", sandbox.aws.role_arn.as_str()),
        ("RoleSessionName", "btp"),
        ("WebIdentityToken", token.as_str()),
    ];
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client
        .post(&sandbox.aws.sts.http)
        .header("x-amz-security-token", "x")
        .form(&form);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 400);
    assert!(
        response
            .text()
            .await
            .unwrap()
            .contains("InvalidIdentityToken")
    );
}
