//! `AssumeRole` and `GetCallerIdentity`: signatures, external id, tags, chaining.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sdk_sts::config::{BehaviorVersion, Region};
use aws_sdk_sts::types::Tag;
use sandbox::Core;
use sandbox::aws::Aws;
use sandbox::iam::UserKey;

use crate::signed::{Answer, Signed};
use crate::{aws, reason};

fn signed(core: &Core, aws: &Aws, more: &[(&str, &str)]) -> Signed {
    let mut form = vec![
        ("Action", "AssumeRole"),
        ("Version", "2011-06-15"),
        ("RoleArn", aws.role_arn.as_str()),
        ("RoleSessionName", "btp-s3-catalog"),
        ("ExternalId", aws.external_id.as_str()),
    ];
    form.retain(|(name, _)| !more.iter().any(|(other, _)| name == other));
    form.extend(more.iter().filter(|(_, value)| !value.is_empty()));
    Signed::sts(&aws.sts.http, &form, &aws.user, core.clock.now())
}

fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(
        (answer.status, answer.element("Code")),
        (status, code),
        "{}",
        answer.text
    );
}

fn sdk(aws: &Aws, key: &UserKey) -> aws_sdk_sts::Client {
    let config = aws_sdk_sts::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .endpoint_url(&aws.sts.http)
        .credentials_provider(Credentials::new(
            &key.access_key_id,
            &key.secret_access_key,
            None,
            None,
            "test",
        ))
        .build();
    aws_sdk_sts::Client::from_conf(config)
}

#[tokio::test]
async fn the_sdk_assumes_a_role_with_tags_and_source_identity() {
    let (core, aws) = aws().await;
    let tag = Tag::builder()
        .key("Project")
        .value("cata log/1")
        .build()
        .unwrap();
    let answer = sdk(&aws, &aws.user)
        .assume_role()
        .role_arn(&aws.role_arn)
        .role_session_name("btp-s3-catalog")
        .external_id(&aws.external_id)
        .duration_seconds(900)
        .tags(tag)
        .transitive_tag_keys("Project")
        .source_identity("bridge")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.source_identity(), Some("bridge"));
    let session = aws.account.sessions.all().remove(0);
    assert_eq!(
        answer.credentials().unwrap().session_token(),
        session.session_token
    );
    let note = core.ledger.of("sessions").remove(0);
    assert!(note.contains("by assume-role for 900 s"), "{note}");
    assert!(
        note.contains("source-identity=bridge tags=Project=cata log/1 transitive=Project"),
        "{note}"
    );
}

#[tokio::test]
async fn caller_identity_names_the_user() {
    let (_, aws) = aws().await;
    let answer = sdk(&aws, &aws.user)
        .get_caller_identity()
        .send()
        .await
        .unwrap();
    assert_eq!(answer.arn(), Some(aws.user.user_arn.as_str()));
    assert_eq!(answer.account(), Some("111122223333"));
}

#[tokio::test]
async fn a_request_without_or_with_a_wrong_signature_is_refused() {
    let (core, aws) = aws().await;
    let unsigned = signed(&core, &aws, &[]);
    refused(&unsigned.send().await, 403, "MissingAuthenticationToken");
    let spoilt = signed(&core, &aws, &[])
        .sign()
        .change("authorization", |value| format!("{value}0"));
    refused(&spoilt.send().await, 403, "SignatureDoesNotMatch");
    let mut other = signed(&core, &aws, &[]).sign();
    other.body.push_str("&DurationSeconds=3600");
    refused(&other.send().await, 403, "SignatureDoesNotMatch");
    let mut wrong = signed(&core, &aws, &[]);
    wrong.secret.push('x');
    refused(&wrong.sign().send().await, 403, "SignatureDoesNotMatch");
}

#[tokio::test]
async fn a_key_that_is_unknown_or_deleted_is_refused() {
    let (core, aws) = aws().await;
    let mut unknown = signed(&core, &aws, &[]);
    unknown.access_key_id = "AKIAIOSFODNN7EXAMPLE".to_owned();
    refused(&unknown.sign().send().await, 403, "InvalidClientTokenId");
    aws.account.iam.delete_key(&aws.user.access_key_id);
    refused(
        &signed(&core, &aws, &[]).sign().send().await,
        403,
        "InvalidClientTokenId",
    );
}

#[tokio::test]
async fn the_scope_must_have_the_region_and_the_service() {
    let (core, aws) = aws().await;
    for (region, service) in [("us-east-1", "sts"), ("eu-central-1", "s3")] {
        let mut wrong = signed(&core, &aws, &[]);
        (wrong.region, wrong.service) = (region, service);
        let answer = wrong.sign().send().await;
        refused(&answer, 403, "SignatureDoesNotMatch");
        assert!(
            answer
                .element("Message")
                .starts_with("Credential should be scoped to"),
            "{}",
            answer.text
        );
    }
}

#[tokio::test]
async fn a_date_more_than_fifteen_minutes_off_is_refused() {
    let (core, aws) = aws().await;
    for offset in [930, -930] {
        let request = signed(&core, &aws, &[]).sign();
        core.clock.set_offset(offset);
        refused(&request.send().await, 403, "SignatureDoesNotMatch");
        core.clock.set_offset(0);
    }
}

#[tokio::test]
async fn an_unsigned_header_of_amazons_is_refused() {
    let (core, aws) = aws().await;
    let request = signed(&core, &aws, &[])
        .sign()
        .header("x-amz-extra", Some("1"));
    refused(&request.send().await, 403, "SignatureDoesNotMatch");
    assert!(reason(&core, "sts").contains("x-amz-extra is not signed"));
}

#[tokio::test]
async fn the_external_id_must_be_the_roles() {
    let (core, aws) = aws().await;
    for wrong in ["", "btp-of-somebody-else"] {
        let answer = signed(&core, &aws, &[("ExternalId", wrong)])
            .sign()
            .send()
            .await;
        refused(&answer, 403, "AccessDenied");
        assert!(reason(&core, "sts").contains("external id missing or wrong"));
    }
}

#[tokio::test]
async fn a_user_that_the_role_does_not_trust_is_denied() {
    let (core, aws) = aws().await;
    let stranger = aws.account.add_user("stranger");
    let mut request = signed(&core, &aws, &[]);
    request.access_key_id = stranger.access_key_id;
    request.secret = stranger.secret_access_key;
    let answer = request.sign().send().await;
    refused(&answer, 403, "AccessDenied");
    assert!(
        answer
            .element("Message")
            .contains("user/stranger is not authorized to perform: sts:AssumeRole")
    );
}

#[tokio::test]
async fn misshapen_parameters_are_refused() {
    let (core, aws) = aws().await;
    for (wrong, code) in [
        (("DurationSeconds", "899"), "ValidationError"),
        (("RoleSessionName", "x y"), "ValidationError"),
        (("SourceIdentity", "x"), "ValidationError"),
        (("Policy", "[]"), "MalformedPolicyDocument"),
        (
            ("TransitiveTagKeys.member.1", "Project"),
            "InvalidParameterValue",
        ),
        (("Action", "AssumeRol"), "InvalidAction"),
        (("Version", "2010-01-01"), "InvalidAction"),
    ] {
        refused(
            &signed(&core, &aws, &[wrong]).sign().send().await,
            400,
            code,
        );
    }
    let twice = [
        ("Tags.member.1.Key", "Project"),
        ("Tags.member.1.Value", "a"),
        ("Tags.member.2.Key", "project"),
        ("Tags.member.2.Value", "b"),
    ];
    refused(
        &signed(&core, &aws, &twice).sign().send().await,
        400,
        "InvalidParameterValue",
    );
}

#[tokio::test]
async fn a_session_may_ask_who_it_is_while_it_lives_and_with_its_token() {
    let (core, aws) = aws().await;
    let answer = signed(&core, &aws, &[]).sign().send().await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let session = aws.account.sessions.all().remove(0);
    let ask = |token: Option<String>, time: SystemTime| {
        let form = [("Action", "GetCallerIdentity"), ("Version", "2011-06-15")];
        let mut request = Signed::sts(&aws.sts.http, &form, &aws.user, time);
        request.access_key_id.clone_from(&session.access_key_id);
        request.secret.clone_from(&session.secret_access_key);
        request.token = token;
        request.sign().send()
    };
    let token = Some(session.session_token.clone());
    let answer = ask(token.clone(), core.clock.now()).await;
    assert_eq!(answer.element("Arn"), session.assumed_role_arn);
    refused(
        &ask(None, core.clock.now()).await,
        403,
        "InvalidClientTokenId",
    );
    core.clock.set_offset(3601);
    refused(
        &ask(token, core.clock.now() + Duration::from_secs(1)).await,
        403,
        "ExpiredToken",
    );
}
