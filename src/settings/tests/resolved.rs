//! How layers and a destination's properties come together.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::settings::{Connection, Env, Settings, Strategy, Unusable};

const IDENTITY: &str = r#"{"identity":[{"name":"ias","credentials":{"clientid":"c","clientsecret":"s","url":"https://t.example"}}],
    "destination":[{"name":"dest","credentials":{"clientid":"c","clientsecret":"s","url":"https://t.example","uri":"https://d.example"}}]}"#;

fn settings(variables: &[(&str, &str)]) -> Settings {
    let fixed = [
        ("VCAP_SERVICES", IDENTITY),
        ("CATALOG_DESTINATION", "aws"),
        ("CATALOG_S3_ENDPOINT", "https://s3.example"),
    ];
    let all = fixed.iter().chain(variables);
    Settings::load(Env::new(
        all.map(|(n, v)| ((*n).to_owned(), (*v).to_owned())),
    ))
    .unwrap()
}

fn resolve(settings: &Settings, properties: &[(&str, &str)]) -> Result<Connection, Unusable> {
    let properties: BTreeMap<String, String> = properties
        .iter()
        .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
        .collect();
    Connection::resolve(&settings.layers, None, Some(("aws", &properties)))
}

const CAMEL: [(&str, &str); 5] = [
    ("credentialSource", "roles-anywhere"),
    ("region", "eu-central-1"),
    ("roleArn", "arn:aws:iam::123456789012:role/r"),
    (
        "trustAnchorArn",
        "arn:aws:rolesanywhere:eu-central-1:123456789012:trust-anchor/t",
    ),
    (
        "profileArn",
        "arn:aws:rolesanywhere:eu-central-1:123456789012:profile/p",
    ),
];

#[test]
fn a_destination_may_hold_the_whole_connection_in_its_own_spelling() {
    let connection = resolve(&settings(&[]), &CAMEL).unwrap();
    assert_eq!(connection.role_arn, "arn:aws:iam::123456789012:role/r");
    assert_eq!(connection.session_duration, Duration::from_mins(15));
    assert!(matches!(connection.strategy, Strategy::RolesAnywhere(_)));
}

#[test]
fn the_environment_wins_over_the_destination() {
    let settings = settings(&[("CATALOG_ROLE_ARN", "arn:aws:iam::123456789012:role/mine")]);
    let connection = resolve(&settings, &CAMEL).unwrap();
    assert_eq!(connection.role_arn, "arn:aws:iam::123456789012:role/mine");
}

#[test]
fn what_a_destination_lacks_is_told_with_its_name() {
    let told = resolve(&settings(&[]), &CAMEL[..2])
        .unwrap_err()
        .to_string();
    for key in ["role_arn", "trust_anchor_arn", "profile_arn"] {
        assert!(
            told.contains(&format!("no aws.{key} in destination \"aws\"")),
            "{told}"
        );
    }
}

#[test]
fn a_bad_property_is_told_with_its_place() {
    let mut properties = CAMEL;
    properties[2].1 = "arn:aws:iam::1:role/r";
    let told = resolve(&settings(&[]), &properties)
        .unwrap_err()
        .to_string();
    assert!(
        told.contains("destination \"aws\", property \"aws.roleArn\""),
        "{told}"
    );
}

#[test]
fn settings_that_are_not_about_aws_are_not_taken_from_a_destination() {
    let settings = settings(&[]);
    assert_eq!(settings.list_freshness, Duration::from_secs(1));
    let mut properties = CAMEL.to_vec();
    properties.push(("list_freshness_ms", "0"));
    assert!(resolve(&settings, &properties).is_ok());
}
