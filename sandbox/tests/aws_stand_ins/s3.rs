//! Who gets into S3: each single thing that is wrong with a request is refused as AWS does.

use sandbox::Core;
use sandbox::aws::Aws;
use sandbox::pki::{Key, Leaf};
use sandbox::sessions::Session;

use crate::aws;
use crate::create_session::CreateSession;
use crate::signed::{Answer, Signed};

/// An account with a session earned at Roles Anywhere.
pub(crate) async fn with_session() -> (Core, Aws, Session) {
    let (core, aws) = aws().await;
    let session = session(&core, &aws).await;
    (core, aws, session)
}

pub(crate) async fn session(core: &Core, aws: &Aws) -> Session {
    let issued = aws
        .authority
        .issue(&Leaf::new(&core.clock, "workload"))
        .unwrap();
    let answer = CreateSession::new(core, aws, Key::P256, &issued)
        .send(aws)
        .await;
    let key = answer.credentials()["accessKeyId"].as_str().unwrap();
    aws.account.sessions.of_key(key).unwrap()
}

/// `GET /`, not yet signed.
fn list(core: &Core, aws: &Aws, session: &Session) -> Signed {
    Signed::s3(
        "GET",
        &format!("{}/", aws.s3.http),
        session,
        core.clock.now(),
    )
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
async fn a_session_gets_in() {
    let (core, aws, session) = with_session().await;
    let answer = list(&core, &aws, &session).sign().send().await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(answer.headers.contains_key("x-amz-request-id"));
    assert_eq!(core.ledger.count("s3", "ListBuckets"), 1);
}

#[tokio::test]
async fn without_a_signature_nobody_gets_in() {
    let (core, aws, session) = with_session().await;
    refused(
        &list(&core, &aws, &session).send().await,
        403,
        "AccessDenied",
    );
    let old = list(&core, &aws, &session).header("authorization", Some("AWS AKIA:c2ln"));
    refused(&old.send().await, 400, "InvalidRequest");
    let malformed =
        list(&core, &aws, &session).header("authorization", Some("AWS4-HMAC-SHA256 Credential=x"));
    refused(&malformed.send().await, 400, "AuthorizationHeaderMalformed");
}

#[tokio::test]
async fn a_wrong_signature_is_refused() {
    let (core, aws, session) = with_session().await;
    let spoilt = list(&core, &aws, &session)
        .sign()
        .change("authorization", |value| {
            let (start, signature) = value.split_at(value.len() - 64);
            format!("{start}{}", signature.chars().rev().collect::<String>())
        });
    refused(&spoilt.send().await, 403, "SignatureDoesNotMatch");
    let mut wrong = list(&core, &aws, &session);
    wrong.secret.push('x');
    refused(&wrong.sign().send().await, 403, "SignatureDoesNotMatch");
    let mut other = list(&core, &aws, &session).sign();
    other.url.push_str("?max-buckets=1");
    refused(&other.send().await, 403, "SignatureDoesNotMatch");
}

#[tokio::test]
async fn the_session_token_is_required_and_must_belong_to_the_key() {
    let (core, aws, own) = with_session().await;
    let mut missing = list(&core, &aws, &own);
    missing.token = None;
    refused(&missing.sign().send().await, 403, "InvalidAccessKeyId");
    let mut tampered = list(&core, &aws, &own);
    tampered.token = tampered.token.map(|token| format!("{token}A"));
    refused(&tampered.sign().send().await, 400, "InvalidToken");
    let mut others = list(&core, &aws, &own);
    others.token = Some(session(&core, &aws).await.session_token);
    refused(&others.sign().send().await, 400, "InvalidToken");
}

#[tokio::test]
async fn an_unsigned_session_token_is_refused() {
    let (core, aws, session) = with_session().await;
    let mut request = list(&core, &aws, &session);
    request.token = None;
    let request = request
        .sign()
        .header("x-amz-security-token", Some(&session.session_token));
    let answer = request.send().await;
    refused(&answer, 403, "AccessDenied");
    assert_eq!(answer.element("HeadersNotSigned"), "x-amz-security-token");
}

#[tokio::test]
async fn an_unknown_key_is_refused_and_so_is_a_users() {
    let (core, aws, session) = with_session().await;
    let mut unknown = list(&core, &aws, &session);
    unknown.access_key_id = "ASIAIOSFODNN7EXAMPLE".to_owned();
    refused(&unknown.sign().send().await, 403, "InvalidAccessKeyId");
    let mut user = list(&core, &aws, &session);
    user.access_key_id.clone_from(&aws.user.access_key_id);
    user.secret.clone_from(&aws.user.secret_access_key);
    user.token = None;
    refused(&user.sign().send().await, 403, "AccessDenied");
}

#[tokio::test]
async fn an_expired_session_is_refused_by_time_and_by_decree() {
    let (core, aws, own) = with_session().await;
    core.clock.set_offset(901);
    refused(
        &list(&core, &aws, &own).sign().send().await,
        400,
        "ExpiredToken",
    );
    core.clock.set_offset(0);
    assert_eq!(list(&core, &aws, &own).sign().send().await.status, 200);
    aws.account.sessions.expire_all();
    refused(
        &list(&core, &aws, &own).sign().send().await,
        400,
        "ExpiredToken",
    );
    let fresh = session(&core, &aws).await;
    assert_eq!(list(&core, &aws, &fresh).sign().send().await.status, 200);
}

#[tokio::test]
async fn a_date_more_than_fifteen_minutes_off_is_refused() {
    let (core, aws, session) = with_session().await;
    for offset in [-930, 800, 890] {
        let request = list(&core, &aws, &session).sign();
        core.clock.set_offset(offset);
        let answer = request.send().await;
        core.clock.set_offset(0);
        if offset < 0 {
            refused(&answer, 403, "RequestTimeTooSkewed");
            assert_eq!(answer.element("MaxAllowedSkewMilliseconds"), "900000");
        } else {
            assert_eq!(answer.status, 200, "{}", answer.text);
        }
    }
}

#[tokio::test]
async fn the_scope_must_have_the_region_and_the_service() {
    let (core, aws, session) = with_session().await;
    let mut elsewhere = list(&core, &aws, &session);
    elsewhere.region = "us-east-1";
    let answer = elsewhere.sign().send().await;
    refused(&answer, 400, "AuthorizationHeaderMalformed");
    assert_eq!(answer.element("Region"), "eu-central-1");
    let mut sts = list(&core, &aws, &session);
    sts.service = "sts";
    refused(
        &sts.sign().send().await,
        400,
        "AuthorizationHeaderMalformed",
    );
}

#[tokio::test]
async fn a_body_must_have_the_hash_that_was_signed() {
    let (core, aws, session) = with_session().await;
    aws.storage
        .buckets()
        .with_bucket("docs", "eu-central-1", core.clock.utc())
        .unwrap();
    let mut put = Signed::s3(
        "PUT",
        &format!("{}/docs/a.txt", aws.s3.http),
        &session,
        core.clock.now(),
    );
    put.body = "what was signed".to_owned();
    let mut put = put.sign();
    put.body = "what was sent!!".to_owned();
    refused(&put.send().await, 400, "XAmzContentSHA256Mismatch");
    let absent = Signed::s3(
        "GET",
        &format!("{}/docs/a.txt", aws.s3.http),
        &session,
        core.clock.now(),
    );
    refused(&absent.sign().send().await, 404, "NoSuchKey");
    let mut get = list(&core, &aws, &session);
    get.body = "a body".to_owned();
    let mut get = get.sign();
    get.body.clear();
    refused(&get.send().await, 400, "XAmzContentSHA256Mismatch");
}

#[tokio::test]
async fn a_denied_permission_and_a_session_policy_are_obeyed() {
    let (core, aws, session) = with_session().await;
    aws.storage.buckets().deny("s3:ListAllMyBuckets");
    let answer = list(&core, &aws, &session).sign().send().await;
    refused(&answer, 403, "AccessDenied");
    assert!(
        answer
            .element("Message")
            .contains("is not authorized to perform: s3:ListAllMyBuckets")
    );
    aws.storage.buckets().allow("s3:ListAllMyBuckets");
    assert_eq!(list(&core, &aws, &session).sign().send().await.status, 200);

    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;
    let form = [
        ("Action", "AssumeRole"),
        ("Version", "2011-06-15"),
        ("RoleArn", aws.role_arn.as_str()),
        ("RoleSessionName", "narrow"),
        ("ExternalId", aws.external_id.as_str()),
        ("Policy", policy),
    ];
    let answer = Signed::sts(&aws.sts.http, &form, &aws.user, core.clock.now())
        .sign()
        .send()
        .await;
    let narrow = aws
        .account
        .sessions
        .of_key(answer.element("AccessKeyId"))
        .unwrap();
    refused(
        &list(&core, &aws, &narrow).sign().send().await,
        403,
        "AccessDenied",
    );
}
