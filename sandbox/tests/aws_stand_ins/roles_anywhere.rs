//! Signature, parameters, profile and role of `CreateSession`.

use sandbox::Core;
use sandbox::aws::Aws;
use sandbox::pki::{Key, Leaf};
use serde_json::{Value, json};

use crate::create_session::{Answer, CreateSession};
use crate::{aws, reason};

/// What it takes to make one request that is wrong in one thing.
pub(crate) async fn request(key: Key) -> (Core, Aws, CreateSession) {
    let (core, aws) = aws().await;
    let issued = aws
        .authority
        .issue(&Leaf::new(&core.clock, "workload").key(key))
        .unwrap();
    let request = CreateSession::new(&core, &aws, key, &issued);
    (core, aws, request)
}

pub(crate) async fn with(
    change: impl FnOnce(CreateSession) -> CreateSession,
) -> (Core, Aws, Answer) {
    let (core, aws, request) = request(Key::P256).await;
    let answer = change(request).send(&aws).await;
    (core, aws, answer)
}

/// Sends the changed request and expects `Invalid signature`; gives the ledger's reason.
async fn invalid_signature(change: impl FnOnce(CreateSession) -> CreateSession) -> String {
    let (core, aws, answer) = with(change).await;
    assert_eq!(
        (answer.status, answer.error.as_str()),
        (403, "AccessDeniedException")
    );
    assert_eq!(answer.message(), "Invalid signature");
    assert!(aws.account.sessions.all().is_empty());
    reason(&core, "roles-anywhere")
}

#[tokio::test]
async fn every_key_type_gets_a_session() {
    for key in [
        Key::Rsa2048,
        Key::Rsa3072,
        Key::Rsa4096,
        Key::P256,
        Key::P384,
        Key::P521,
    ] {
        let (core, aws, request) = request(key).await;
        let answer = request.send(&aws).await;
        assert_eq!(
            answer.status,
            201,
            "{key:?}: {}",
            reason(&core, "roles-anywhere")
        );
    }
}

#[tokio::test]
async fn the_answer_has_the_shape_of_the_real_one() {
    let (core, aws) = aws().await;
    let leaf = Leaf::new(&core.clock, "workload").serial(&[0x6c, 0x8a, 0x64, 0x88, 0x00, 0xb3]);
    let issued = aws.authority.issue(&leaf).unwrap();
    let answer = CreateSession::new(&core, &aws, Key::P256, &issued)
        .send(&aws)
        .await;
    let set = &answer.body["credentialSet"][0];
    let session = aws.account.sessions.all().remove(0);
    assert_eq!(
        set["assumedRoleUser"]["arn"],
        "arn:aws:sts::111122223333:assumed-role/s3-catalog/6c8a648800b3"
    );
    assert_eq!(set["roleArn"], aws.role_arn);
    assert_eq!(set["sourceIdentity"], "CN=workload");
    assert_eq!(answer.credentials()["accessKeyId"], session.access_key_id);
    assert_eq!(
        answer.credentials()["secretAccessKey"],
        session.secret_access_key
    );
    assert_eq!(answer.credentials()["sessionToken"], session.session_token);
    let expiration = answer.credentials()["expiration"].as_str().unwrap();
    assert!(
        expiration.len() == 20 && expiration.ends_with('Z'),
        "{expiration}"
    );
    assert!(core.ledger.secrets().contains(&session.session_token));
}

#[tokio::test]
async fn arns_may_come_in_the_query() {
    let (_, aws, mut request) = request(Key::P256).await;
    let encode = |arn: &str| arn.replace(':', "%3A").replace('/', "%2F");
    request.query = format!(
        "profileArn={}&roleArn={}&trustAnchorArn={}",
        encode(&aws.profile_arn),
        encode(&aws.role_arn),
        encode(&aws.trust_anchor_arn)
    );
    request.body =
        json!({"durationSeconds": 900, "sessionName": null, "instanceProperties": {"a": "b"}})
            .to_string();
    assert_eq!(request.send(&aws).await.status, 201);
}

#[tokio::test]
async fn more_headers_may_be_signed_than_must_be() {
    let (_, aws, mut request) = request(Key::Rsa2048).await;
    request.extra = Some(("amz-sdk-request", "attempt=1;  max=3".to_owned()));
    assert_eq!(request.send(&aws).await.status, 201);
}

#[tokio::test]
async fn alias_arns_are_as_good_as_canonical_ones() {
    let (_, aws, request) = request(Key::P256).await;
    let request = request
        .member("trustAnchorArn", json!(aws.alias("trust-anchor/btp")))
        .member("profileArn", json!(aws.alias("profile/s3-catalog")));
    assert_eq!(request.send(&aws).await.status, 201);
}

#[tokio::test]
async fn a_serial_number_of_twenty_octets_is_a_decimal_number() {
    let (core, aws) = aws().await;
    let serial: Vec<u8> = (0..20).map(|at| 0xf0 - at).collect();
    let issued = aws
        .authority
        .issue(&Leaf::new(&core.clock, "workload").serial(&serial))
        .unwrap();
    let answer = CreateSession::new(&core, &aws, Key::P256, &issued)
        .send(&aws)
        .await;
    assert_eq!(answer.status, 201, "{}", reason(&core, "roles-anywhere"));
}

#[tokio::test]
async fn a_spoilt_signature_is_refused() {
    let why = invalid_signature(|mut request| {
        request.spoil = |mut signature| {
            let other = if signature.ends_with('0') { '1' } else { '0' };
            signature.pop();
            signature.push(other);
            signature
        };
        request
    })
    .await;
    assert_eq!(why, "signature does not match");
}

#[tokio::test]
async fn an_upper_case_signature_is_refused() {
    let why = invalid_signature(|mut request| {
        request.spoil = |signature| signature.to_uppercase();
        request
    })
    .await;
    assert_eq!(why, "signature is not lower-case hexadecimal");
}

#[tokio::test]
async fn the_signature_of_another_key_is_refused() {
    let (core, aws, mut request) = request(Key::P256).await;
    let other = aws
        .authority
        .issue(&Leaf::new(&core.clock, "other"))
        .unwrap();
    request.key_der = other.key_der;
    assert_eq!(request.send(&aws).await.message(), "Invalid signature");
}

#[tokio::test]
async fn a_body_that_was_not_signed_is_refused() {
    let why = invalid_signature(|mut request| {
        request.other_body = Some(request.body.replace("900", "901"));
        request
    })
    .await;
    assert_eq!(why, "signature does not match");
}

#[tokio::test]
async fn every_header_that_matters_must_be_signed() {
    for name in ["content-type", "host", "x-amz-date", "x-amz-x509"] {
        let why = invalid_signature(|mut request| {
            request.unsigned = Some(name);
            request
        })
        .await;
        assert_eq!(why, format!("header {name} is not signed"));
    }
}

#[tokio::test]
async fn an_unsigned_chain_is_refused() {
    let (core, aws) = aws().await;
    let intermediate = aws
        .authority
        .intermediate("Intermediate", Key::P256)
        .unwrap();
    let issued = intermediate
        .issue(&Leaf::new(&core.clock, "workload"))
        .unwrap();
    let mut request = CreateSession::new(&core, &aws, Key::P256, &issued);
    request.unsigned = Some("x-amz-x509-chain");
    assert_eq!(request.send(&aws).await.message(), "Invalid signature");
    assert_eq!(
        reason(&core, "roles-anywhere"),
        "header x-amz-x509-chain is not signed"
    );
}

#[tokio::test]
async fn the_serial_number_must_be_the_certificates() {
    let why = invalid_signature(|mut request| {
        request.serial.push('1');
        request
    })
    .await;
    assert!(
        why.ends_with("is not the certificate's serial number"),
        "{why}"
    );
}

#[tokio::test]
async fn the_algorithm_must_fit_the_key() {
    let why = invalid_signature(|mut request| {
        request.algorithm = "AWS4-X509-RSA-SHA256";
        request
    })
    .await;
    assert_eq!(why, "algorithm AWS4-X509-RSA-SHA256 for a P256 key");
    let why = invalid_signature(|mut request| {
        request.algorithm = "AWS4-X509-ECDSA-SHA384";
        request
    })
    .await;
    assert_eq!(why, "algorithm AWS4-X509-ECDSA-SHA384 for a P256 key");
}

#[tokio::test]
async fn a_date_more_than_five_minutes_off_is_refused_and_the_answer_tells_the_time() {
    let (core, aws, request) = request(Key::P256).await;
    core.clock.set_offset(290);
    assert_eq!(request.send(&aws).await.status, 201);
    for offset in [330, -330] {
        core.clock.set_offset(offset);
        let answer = request.send(&aws).await;
        assert_eq!(answer.message(), "Invalid signature");
        let told = answer.date;
        let format = time::format_description::well_known::Rfc2822;
        let told = time::OffsetDateTime::parse(&told.replace("GMT", "+0000"), &format).unwrap();
        assert!(
            (told - core.clock.utc()).abs() < time::Duration::seconds(5),
            "{told}"
        );
    }
}

#[tokio::test]
async fn the_scope_must_have_the_day_the_region_and_the_service() {
    let why = invalid_signature(|mut request| {
        request.scope_day = Some("20200101".to_owned());
        request
    })
    .await;
    assert_eq!(why, "scope and X-Amz-Date have different days");
    for (region, service) in [("us-east-1", "rolesanywhere"), ("eu-central-1", "sts")] {
        let (_, _, answer) = with(|mut request| {
            region.clone_into(&mut request.region);
            request.service = service;
            request
        })
        .await;
        assert_eq!(
            (answer.status, answer.error.as_str()),
            (403, "AccessDeniedException")
        );
    }
}

#[tokio::test]
async fn other_paths_and_methods_are_not_found() {
    let (_, aws, answer) = with(|mut request| {
        request.path = "/sessions/";
        request
    })
    .await;
    assert_eq!(answer.status, 404);
    let url = format!("{}/sessions", aws.roles_anywhere.http);
    assert_eq!(reqwest::get(url).await.unwrap().status(), 404);
}

#[tokio::test]
async fn a_missing_or_misshapen_parameter_is_a_validation_error() {
    let wrong = [
        ("profileArn", Value::Null),
        ("roleArn", Value::Null),
        ("trustAnchorArn", json!("trust-anchor/1")),
        ("durationSeconds", json!(899)),
        ("durationSeconds", json!(43_201)),
        ("durationSeconds", json!("900")),
        ("roleSessionName", json!("not a name")),
        ("instanceProperties", json!({"a": 1})),
    ];
    for (name, value) in wrong {
        let (_, _, answer) = with(|request| request.member(name, value.clone())).await;
        assert_eq!(
            (answer.status, answer.error.as_str()),
            (400, "ValidationException"),
            "{name} {value}"
        );
        assert!(answer.message().contains(name), "{}", answer.message());
    }
}
