//! Trust anchor, profile and role of `CreateSession`: what a right signature is worth.

use std::time::Duration;

use sandbox::iam::{Role, Trust};
use sandbox::pki::Key;
use serde_json::json;

use crate::reason;
use crate::roles_anywhere::{request, with};

#[tokio::test]
async fn unknown_anchors_and_profiles_and_those_of_other_regions_are_not_found() {
    let elsewhere =
        "arn:aws:rolesanywhere:us-east-1:111122223333:profile/bbbbbbbb-0000-4000-8000-000000000001";
    let unknown = "arn:aws:rolesanywhere:eu-central-1:111122223333:trust-anchor/bbbbbbbb-0000-4000-8000-000000000001";
    for (name, arn) in [("profileArn", elsewhere), ("trustAnchorArn", unknown)] {
        let (_, _, answer) = with(|request| request.member(name, json!(arn))).await;
        assert_eq!(
            (answer.status, answer.error.as_str()),
            (404, "ResourceNotFoundException")
        );
    }
}

#[tokio::test]
async fn a_disabled_anchor_vouches_for_nobody() {
    let (_, aws, request) = request(Key::P256).await;
    let mut anchor = aws.registry.trust_anchor(&aws.trust_anchor_arn).unwrap();
    anchor.enabled = false;
    aws.registry.put_trust_anchor(anchor);
    let answer = request.send(&aws).await;
    assert_eq!(
        (answer.status, answer.message()),
        (403, "Specified Trust Anchor is disabled.")
    );
}

#[tokio::test]
async fn a_role_outside_the_profile_or_without_trust_is_denied() {
    let (core, aws, request) = request(Key::P256).await;
    let other = aws.account.role_arn("other");
    aws.account.iam.put_role(Role::new(&other, Vec::new()));
    let request = request.member("roleArn", json!(other));
    let answer = request.send(&aws).await;
    assert_eq!(
        (answer.status, answer.message()),
        (403, format!("Unable to assume role for {other}").as_str())
    );
    assert!(reason(&core, "roles-anywhere").starts_with("role is not in the profile"));

    let mut profile = aws.registry.profile(&aws.profile_arn).unwrap();
    profile.roles.push(other.clone());
    aws.registry.put_profile(profile);
    assert_eq!(request.send(&aws).await.status, 403);
    assert!(reason(&core, "roles-anywhere").starts_with("trust policy does not match"));

    let trust = Trust::RolesAnywhere {
        source_arn: None,
        common_name: Some("somebody else".to_owned()),
    };
    aws.account.iam.put_role(Role::new(&other, vec![trust]));
    assert_eq!(request.send(&aws).await.status, 403);
}

#[tokio::test]
async fn the_profile_caps_the_duration_and_the_role_refuses_more() {
    let (core, aws, request) = request(Key::P256).await;
    let request = request.member("durationSeconds", json!(43_200));
    let mut profile = aws.registry.profile(&aws.profile_arn).unwrap();
    profile.duration = Duration::from_mins(30);
    aws.registry.put_profile(profile.clone());
    assert_eq!(request.send(&aws).await.status, 201);
    assert_eq!(core.ledger.count("sessions", "session"), 1);
    assert!(core.ledger.of("sessions")[0].contains("for 1800 s"));

    profile.duration = Duration::from_hours(2);
    aws.registry.put_profile(profile);
    let trust = vec![Trust::RolesAnywhere {
        source_arn: None,
        common_name: None,
    }];
    aws.account.iam.put_role(Role::new(&aws.role_arn, trust));
    let answer = request.send(&aws).await;
    assert_eq!(answer.status, 403);
    assert!(
        answer
            .message()
            .ends_with("exceeds the MaxSessionDuration set for this role.")
    );
}

#[tokio::test]
async fn a_session_name_is_taken_only_if_the_profile_accepts_one() {
    let (core, aws, request) = request(Key::P256).await;
    let request = request.member("roleSessionName", json!("btp-s3-catalog"));
    assert_eq!(request.send(&aws).await.status, 201);
    assert!(core.ledger.of("sessions")[0].contains("assumed-role/s3-catalog/btp-s3-catalog"));
    let mut profile = aws.registry.profile(&aws.profile_arn).unwrap();
    profile.accepts_role_session_name = false;
    aws.registry.put_profile(profile);
    let answer = request.send(&aws).await;
    assert_eq!(
        (answer.status, answer.error.as_str()),
        (403, "AccessDeniedException")
    );
}
