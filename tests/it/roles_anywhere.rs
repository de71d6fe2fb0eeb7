//! Point 3: certificates become sessions at IAM Roles Anywhere.

use std::time::Duration;

use sandbox::Sandbox;
use sandbox::bindings::{Bindings, CredentialSource};
use sandbox::destination::Level;
use sandbox::pki::{Authority, Issued, Key, Leaf};
use serde_json::Value;

use crate::destination::{by_name, own_destination};
use crate::support::{Service, sandbox, sessions, start};

mod faults;

/// Uploads key, certificate and chain, and starts a service that uses them.
async fn with_certificate<'a>(sandbox: &'a Sandbox, issued: &Issued) -> Service<'a> {
    sandbox.core.ledger.secret(&issued.key_pem);
    let file = format!("{}{}", issued.key_pem, issued.certificate_and_chain_pem());
    sandbox
        .destination
        .put_certificate(Level::Subaccount, "mine", file.as_bytes());
    start(sandbox, &by_name(sandbox, "mine")).await
}

/// The usual bindings with one more setting.
fn with_setting<'a>(sandbox: &'a Sandbox, key: &str, value: impl Into<Value>) -> Bindings<'a> {
    Bindings::new(sandbox, CredentialSource::RolesAnywhere).set(key, value)
}

/// The service fails with a line that tells all of this.
async fn assert_refused(service: &Service<'_>, parts: &[&str]) {
    service
        .until_told(&[&["no AWS session"], parts].concat())
        .await;
    service.refuses().await;
}

/// Every kind of key that AWS takes, signed for as AWS verifies it.
#[tokio::test]
async fn every_kind_of_key_earns_a_session() {
    let sandbox = sandbox().await;
    let keys = [
        Key::Rsa2048,
        Key::Rsa3072,
        Key::Rsa4096,
        Key::P256,
        Key::P384,
        Key::P521,
    ];
    for key in keys {
        let leaf = Leaf::new(&sandbox.core.clock, &format!("{key:?}")).key(key);
        let service =
            with_certificate(&sandbox, &sandbox.aws.authority.issue(&leaf).unwrap()).await;
        service.until_ready().await;
        assert!(service.never_failed(), "{key:?}");
        let last = sessions(&sandbox).pop().unwrap();
        assert!(
            last.contains(&format!("source-identity=CN={key:?} ")),
            "{last}"
        );
    }
}

/// AWS takes chains of up to five certificates, in the order of issuing and without the root.
#[tokio::test]
async fn chains_of_every_length_are_shown_in_order() {
    let sandbox = sandbox().await;
    let anchor = &sandbox.aws.authority;
    let leaf = Leaf::new(&sandbox.core.clock, "chained");
    for (count, key) in [
        (0, Key::P256),
        (1, Key::P256),
        (2, Key::P384),
        (3, Key::Rsa2048),
        (4, Key::P256),
    ] {
        let above = anchor.intermediates(count, key).unwrap();
        let issued = above.as_ref().unwrap_or(anchor).issue(&leaf).unwrap();
        assert_eq!(issued.chain_der.len(), count);
        let service = with_certificate(&sandbox, &issued).await;
        service.until_ready().await;
        assert!(service.never_failed(), "{count}");
    }
}

/// Serial numbers travel in decimal, however long they are.
#[tokio::test]
async fn serial_numbers_of_up_to_twenty_octets_are_told_in_decimal() {
    let sandbox = sandbox().await;
    let longest = [&[0x7f][..], &[0xff; 19]].concat();
    for serial in [&[1][..], &[0x80, 0], &[0xff; 8], &longest] {
        let leaf = Leaf::new(&sandbox.core.clock, "numbered").serial(serial);
        let issued = sandbox.aws.authority.issue(&leaf).unwrap();
        with_certificate(&sandbox, &issued)
            .await
            .until_ready()
            .await;
    }
    assert_eq!(sessions(&sandbox).len(), 4);
}

/// Aliases survive the replacement of an anchor or profile.
#[tokio::test]
async fn anchor_and_profile_may_be_named_by_their_aliases() {
    let sandbox = sandbox().await;
    let bindings = with_setting(
        &sandbox,
        "trust_anchor_arn",
        sandbox.aws.alias("trust-anchor/btp"),
    )
    .set("profile_arn", sandbox.aws.alias("profile/s3-catalog"));
    start(&sandbox, &bindings).await.until_ready().await;
    assert_eq!(sessions(&sandbox).len(), 1);
}

/// A profile as AWS creates it refuses session names, so only a chosen one is sent.
#[tokio::test]
async fn duration_and_session_name_are_asked_for_as_set() {
    let sandbox = sandbox().await;
    let profile = || {
        sandbox
            .aws
            .registry
            .profile(&sandbox.aws.profile_arn)
            .unwrap()
    };
    let accept = |accepts| {
        let mut profile = profile();
        profile.accepts_role_session_name = accepts;
        profile.duration = Duration::from_hours(2);
        sandbox.aws.registry.put_profile(profile);
    };
    accept(false);
    start(
        &sandbox,
        &with_setting(&sandbox, "session_duration_seconds", 3600),
    )
    .await
    .until_ready()
    .await;
    let session = sessions(&sandbox).pop().unwrap();
    assert!(session.contains(" for 3600 s "), "{session}");
    assert!(!session.contains("btp-s3-catalog"), "{session}");

    let named = with_setting(&sandbox, "session_name", "reports@prod");
    let service = start(&sandbox, &named).await;
    let profile_arn = sandbox.aws.profile_arn.as_str();
    assert_refused(
        &service,
        &[
            "AccessDeniedException",
            profile_arn,
            "leave session_name out",
        ],
    )
    .await;
    accept(true);
    service.until_ready().await;
    let session = sessions(&sandbox).pop().unwrap();
    assert!(
        session.contains("assumed-role/s3-catalog/reports@prod "),
        "{session}"
    );
    assert!(session.contains(" for 900 s "), "{session}");
}

/// A certificate of another authority earns nothing; the log names anchor and subject.
#[tokio::test]
async fn a_certificate_of_a_foreign_authority_is_told_as_untrusted() {
    let sandbox = sandbox().await;
    let clock = &sandbox.core.clock;
    let foreign = Authority::root("Sandbox Workload CA", Key::P256, clock).unwrap();
    let issued = foreign.issue(&Leaf::new(clock, "stranger")).unwrap();
    let service = with_certificate(&sandbox, &issued).await;
    let anchor = sandbox.aws.trust_anchor_arn.as_str();
    assert_refused(
        &service,
        &["Untrusted", "CN=stranger", anchor, "intermediate"],
    )
    .await;
}

/// Without the intermediates AWS can't climb to the anchor; the log says where to put them.
#[tokio::test]
async fn a_chain_with_a_gap_is_told_as_untrusted() {
    let sandbox = sandbox().await;
    let above = sandbox
        .aws
        .authority
        .intermediates(2, Key::P256)
        .unwrap()
        .unwrap();
    let mut issued = above.issue(&Leaf::new(&sandbox.core.clock, "gap")).unwrap();
    issued.chain_pem.clear();
    let service = with_certificate(&sandbox, &issued).await;
    let said = [
        "Untrusted",
        "CN=gap",
        "the key store holds the intermediate certificates",
    ];
    assert_refused(&service, &said).await;
}

/// What is wrong at AWS is told with the ARN that has to be mended there.
#[tokio::test]
async fn refusals_of_anchor_profile_and_role_name_what_has_to_be_mended() {
    let sandbox = sandbox().await;
    let aws = &sandbox.aws;
    let (anchor_arn, profile_arn) = (aws.trust_anchor_arn.as_str(), aws.profile_arn.as_str());
    let anchor = aws.registry.trust_anchor(anchor_arn).unwrap();
    let profile = aws.registry.profile(profile_arn).unwrap();
    let usual = Bindings::new(&sandbox, CredentialSource::RolesAnywhere);

    let mut disabled = anchor.clone();
    disabled.enabled = false;
    aws.registry.put_trust_anchor(disabled);
    let service = start(&sandbox, &usual).await;
    assert_refused(
        &service,
        &["Trust Anchor is disabled", "enable", anchor_arn],
    )
    .await;
    aws.registry.put_trust_anchor(anchor);
    service.until_ready().await;

    let mut disabled = profile.clone();
    disabled.enabled = false;
    aws.registry.put_profile(disabled);
    let service = start(&sandbox, &usual).await;
    assert_refused(&service, &["Profile is disabled", "enable", profile_arn]).await;

    let mut other = profile.clone();
    other.roles = vec![aws.account.role_arn("another")];
    aws.registry.put_profile(other);
    let service = start(&sandbox, &usual).await;
    let role = aws.role_arn.as_str();
    assert_refused(
        &service,
        &["assume role", role, profile_arn, "sts:SetSourceIdentity"],
    )
    .await;
    aws.registry.put_profile(profile);

    let nowhere = format!("{profile_arn}0");
    let service = start(
        &sandbox,
        &with_setting(&sandbox, "profile_arn", nowhere.as_str()),
    )
    .await;
    assert_refused(
        &service,
        &[
            "ResourceNotFoundException",
            "does not exist in eu-central-1",
            &nowhere,
        ],
    )
    .await;
}

/// A revoked certificate is told with what mends it, and a new one is picked up.
#[tokio::test]
async fn a_revoked_certificate_is_told_and_its_replacement_is_picked_up() {
    let sandbox = sandbox().await;
    let aws = &sandbox.aws;
    let revoked = sandbox
        .put_workload_certificate(&sandbox.workload_leaf())
        .unwrap();
    let mut anchor = aws.registry.trust_anchor(&aws.trust_anchor_arn).unwrap();
    anchor.revoked.push(revoked.serial);
    aws.registry.put_trust_anchor(anchor);
    let service = start(
        &sandbox,
        &Bindings::new(&sandbox, CredentialSource::RolesAnywhere),
    )
    .await;
    assert_refused(
        &service,
        &["Certificate revoked", "upload a new certificate"],
    )
    .await;
    sandbox
        .put_workload_certificate(&sandbox.workload_leaf())
        .unwrap();
    service.until_ready().await;
}

/// A role's own limit may be lower than what the settings ask for.
#[tokio::test]
async fn a_duration_beyond_the_roles_limit_is_told() {
    let sandbox = sandbox().await;
    let aws = &sandbox.aws;
    let trust = vec![sandbox::iam::Trust::RolesAnywhere {
        source_arn: None,
        common_name: None,
    }];
    let role = sandbox::iam::Role::new(&aws.role_arn, trust);
    aws.account
        .iam
        .put_role(role.max_session(Duration::from_mins(20)));
    let mut profile = aws.registry.profile(&aws.profile_arn).unwrap();
    profile.duration = Duration::from_hours(12);
    aws.registry.put_profile(profile);
    let service = start(
        &sandbox,
        &with_setting(&sandbox, "session_duration_seconds", 7200),
    )
    .await;
    assert_refused(
        &service,
        &[
            "MaxSessionDuration",
            "session_duration_seconds",
            &aws.role_arn,
        ],
    )
    .await;
}

/// Anchor, profile and Private Link are in one region, or nothing works.
#[tokio::test]
async fn regions_that_disagree_are_told_with_their_origins() {
    let sandbox = sandbox().await;
    let elsewhere = |arn: &str| arn.replace("eu-central-1", "us-east-1");
    let (anchor, profile) = (&sandbox.aws.trust_anchor_arn, &sandbox.aws.profile_arn);
    let changed = [("aws.profile_arn", elsewhere(profile))];
    own_destination(&sandbox, &[("aws.profile_arn", &changed[0].1)]);
    let usual = Bindings::new(&sandbox, CredentialSource::RolesAnywhere);
    let service = start(&sandbox, &usual).await;
    let told = [
        "two regions are named: eu-central-1 and us-east-1",
        "aws.profile_arn",
        "privatelink",
    ];
    assert_refused(&service, &told).await;
    drop(service);

    let both = usual
        .set("trust_anchor_arn", elsewhere(anchor))
        .set("region", "eu-central-1");
    let folder = tempfile::tempdir().unwrap();
    let variable = sandbox::bindings::Delivery::Variable;
    let environment = both.environment(variable, folder.path(), 0).unwrap();
    let ended = crate::support::command(&environment).output().unwrap();
    assert_eq!(ended.status.code(), Some(64));
    let stderr = String::from_utf8(ended.stderr).unwrap();
    assert!(
        stderr.contains("eu-central-1 and us-east-1") && stderr.contains("trust_anchor_arn"),
        "{stderr}"
    );
}

/// A wrong clock looks like a wrong signature; the answer's Date tells them apart.
#[tokio::test]
async fn a_clock_that_is_off_is_told_in_seconds() {
    let sandbox = sandbox().await;
    for offset in [600, -600] {
        sandbox.core.clock.set_offset(offset);
        let service = start(
            &sandbox,
            &Bindings::new(&sandbox, CredentialSource::RolesAnywhere),
        )
        .await;
        let line = service
            .until_told(&[
                "Invalid signature",
                "this machine's clock is",
                "set the clock",
            ])
            .await;
        let (_, rest) = line.split_once("clock is ").unwrap();
        let seconds: i64 = rest.split(' ').next().unwrap().parse().unwrap();
        assert!((seconds + offset).abs() <= 2, "{line}");
        sandbox.core.clock.set_offset(0);
        service.until_ready().await;
    }
}

/// With a right clock a wrong signature is told as something else.
#[tokio::test]
async fn an_invalid_signature_is_not_blamed_on_a_clock_that_is_right() {
    let sandbox = sandbox().await;
    let body = r#"{"message":"Invalid signature"}"#;
    let refusal = sandbox::fault::Fault::status(403, "application/json", body);
    let refusal = refusal.with_header("x-amzn-errortype", "AccessDeniedException");
    sandbox.core.faults.always("roles-anywhere", refusal);
    let service = start(
        &sandbox,
        &Bindings::new(&sandbox, CredentialSource::RolesAnywhere),
    )
    .await;
    let line = service
        .until_told(&["Invalid signature", "private key may not belong"])
        .await;
    assert!(!line.contains("clock"), "{line}");
}
