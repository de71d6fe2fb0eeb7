//! What a token must claim, and in which form.

use serde_json::{Value, json};

use super::support::{CLIENT, Draft, NOW, Scene, TENANT};

/// One change of a good token, and the verdict on it.
type Case = (&'static str, fn(&mut Draft), &'static str);

const AUDIENCE: &[Case] = &[
    (
        "aud an array of one",
        |d| d.claim("aud", json!([CLIENT])),
        "accepted",
    ),
    (
        "aud an array of several",
        |d| d.claim("aud", json!(["other", CLIENT])),
        "accepted",
    ),
    (
        "no aud",
        |d| {
            d.claims.remove("aud");
        },
        "missing_aud",
    ),
    (
        "aud null",
        |d| d.claim("aud", Value::Null),
        "wrong_type_aud",
    ),
    ("aud a number", |d| d.claim("aud", 1), "wrong_type_aud"),
    ("aud true", |d| d.claim("aud", true), "wrong_type_aud"),
    (
        "aud an object",
        |d| d.claim("aud", json!({CLIENT: true})),
        "wrong_type_aud",
    ),
    ("aud empty", |d| d.claim("aud", ""), "audience"),
    (
        "aud an empty array",
        |d| d.claim("aud", json!([])),
        "audience",
    ),
    (
        "aud an array with null",
        |d| d.claim("aud", json!([CLIENT, null])),
        "wrong_type_aud",
    ),
    (
        "aud an array with a number",
        |d| d.claim("aud", json!([CLIENT, 1])),
        "wrong_type_aud",
    ),
    (
        "aud an array in an array",
        |d| d.claim("aud", json!([[CLIENT]])),
        "wrong_type_aud",
    ),
    (
        "aud of another application",
        |d| d.claim("aud", "2bb345db-faed-4fb2-966e-7c86262ba93c"),
        "audience",
    ),
    (
        "aud with something behind",
        |d| d.claim("aud", format!("{CLIENT}x")),
        "audience",
    ),
    (
        "aud with something before",
        |d| d.claim("aud", format!("x{CLIENT}")),
        "audience",
    ),
    ("aud cut", |d| d.claim("aud", &CLIENT[..35]), "audience"),
    (
        "aud in upper case",
        |d| d.claim("aud", CLIENT.to_uppercase()),
        "audience",
    ),
    (
        "aud two ids in one string",
        |d| d.claim("aud", format!("{CLIENT} other")),
        "audience",
    ),
    ("aud a star", |d| d.claim("aud", "*"), "audience"),
];

const IDENTITY: &[Case] = &[
    (
        "another tenant",
        |d| d.claim("app_tid", "99999999-2222-3333-4444-555555555555"),
        "tenant",
    ),
    (
        "no tenant",
        |d| {
            d.claims.remove("app_tid");
        },
        "tenant",
    ),
    (
        "tenant in another claim",
        |d| {
            d.claims.remove("app_tid");
            d.claim("zone_uuid", TENANT);
        },
        "tenant",
    ),
    (
        "tenant an array",
        |d| d.claim("app_tid", json!([TENANT])),
        "wrong_type_app_tid",
    ),
    (
        "tenant null",
        |d| d.claim("app_tid", Value::Null),
        "wrong_type_app_tid",
    ),
    ("tenant empty", |d| d.claim("app_tid", ""), "tenant"),
    (
        "no sub",
        |d| {
            d.claims.remove("sub");
        },
        "missing_sub",
    ),
    ("sub empty", |d| d.claim("sub", ""), "unusable_sub"),
    ("sub a number", |d| d.claim("sub", 7), "wrong_type_sub"),
    (
        "sub with a line break",
        |d| d.claim("sub", "a\nb"),
        "unusable_sub",
    ),
    (
        "sub very long",
        |d| d.claim("sub", "x".repeat(129)),
        "unusable_sub",
    ),
    (
        "no azp",
        |d| {
            d.claims.remove("azp");
        },
        "accepted",
    ),
    (
        "azp an array",
        |d| d.claim("azp", json!([CLIENT])),
        "wrong_type_azp",
    ),
    (
        "azp that breaks a header",
        |d| d.claim("azp", "x\r\ny: z"),
        "unusable_azp",
    ),
    ("azp beyond ASCII", |d| d.claim("azp", "ü"), "unusable_azp"),
    (
        "azp with a blank",
        |d| d.claim("azp", "a b"),
        "unusable_azp",
    ),
    (
        "an unknown sap_id_type",
        |d| d.claim("sap_id_type", "admin"),
        "identity_type",
    ),
    (
        "sap_id_type in upper case",
        |d| d.claim("sap_id_type", "USER"),
        "identity_type",
    ),
    (
        "sap_id_type null",
        |d| d.claim("sap_id_type", Value::Null),
        "wrong_type_sap_id_type",
    ),
    (
        "groups a string",
        |d| d.claim("groups", "S3CatalogReader"),
        "accepted",
    ),
    (
        "groups a number",
        |d| d.claim("groups", 1),
        "wrong_type_groups",
    ),
    (
        "groups an object",
        |d| d.claim("groups", json!({"S3CatalogAdmin": true})),
        "wrong_type_groups",
    ),
    (
        "groups with a number inside",
        |d| d.claim("groups", json!(["x", 1])),
        "wrong_type_groups",
    ),
    (
        "ias_apis a boolean",
        |d| d.claim("ias_apis", true),
        "wrong_type_ias_apis",
    ),
    (
        "user_uuid with a control character",
        |d| d.claim("user_uuid", "a\u{7}b"),
        "unusable_user_uuid",
    ),
    (
        "user_uuid a number",
        |d| d.claim("user_uuid", 1),
        "wrong_type_user_uuid",
    ),
];

const JSON: &[Case] = &[
    (
        "a claim of no meaning",
        |d| d.claim("x", json!({"aud": ["evil"], "exp": 0})),
        "accepted",
    ),
    (
        "exp twice",
        |d| d.add_to_claims(&format!("\"exp\":{}", NOW + 9999)),
        "payload_json",
    ),
    (
        "iss twice",
        |d| d.add_to_claims(r#""iss":"https://evil.invalid""#),
        "payload_json",
    ),
    (
        "aud twice",
        |d| d.add_to_claims(&format!("\"aud\":\"{CLIENT}\"")),
        "payload_json",
    ),
    (
        "aud twice, once escaped",
        |d| d.add_to_claims(&format!("\"\\u0061ud\":\"{CLIENT}\"")),
        "payload_json",
    ),
    (
        "groups twice",
        |d| d.add_to_claims(r#""groups":["S3CatalogAdmin"]"#),
        "payload_json",
    ),
    (
        "app_tid twice",
        |d| d.add_to_claims(&format!("\"app_tid\":\"{TENANT}\"")),
        "payload_json",
    ),
    (
        "a name twice in a nested claim",
        |d| d.add_to_claims(r#""x":[{"y":1,"y":1}]"#),
        "payload_json",
    ),
    (
        "bytes that are no UTF-8 in a claim of no meaning",
        |d| {
            let mut claims = serde_json::to_vec(&d.claims).unwrap();
            claims.pop();
            claims.extend_from_slice(b",\"x\":\"\xc3\x28\"}");
            d.raw_claims = Some(claims);
        },
        "payload_json",
    ),
    (
        "an overlong UTF-8 form",
        |d| d.raw_claims = Some(b"{\"iss\":\"\xc0\xaf\"}".to_vec()),
        "payload_json",
    ),
    (
        "a raw line break in a string",
        |d| d.add_to_claims("\"x\":\"a\nb\""),
        "payload_json",
    ),
    (
        "something behind the claims",
        |d| {
            let mut claims = serde_json::to_vec(&d.claims).unwrap();
            claims.extend_from_slice(b"{}");
            d.raw_claims = Some(claims);
        },
        "payload_json",
    ),
    (
        "claims in an array",
        |d| {
            d.raw_claims =
                Some(format!("[{}]", serde_json::to_string(&d.claims).unwrap()).into_bytes());
        },
        "payload_json",
    ),
    (
        "nothing at all",
        |d| d.raw_claims = Some(b" ".to_vec()),
        "payload_json",
    ),
];

#[tokio::test]
async fn claims_must_be_there_and_of_their_type() {
    let scene = Scene::new();
    for (name, change, expected) in [AUDIENCE, IDENTITY, JSON].concat() {
        assert_eq!(scene.verdict(change).await, expected, "{name}");
    }
}

#[tokio::test]
async fn claims_that_do_not_fit_cost_no_fetch() {
    let scene = Scene::new();
    for (name, change, expected) in [AUDIENCE, IDENTITY, JSON].concat() {
        if expected != "accepted" {
            assert_eq!(scene.verdict(change).await, expected, "{name}");
        }
    }
    assert!(scene.asked().is_empty(), "{:?}", scene.asked());
}

#[tokio::test]
async fn ids_may_have_128_characters() {
    let scene = Scene::new();
    let of = |length: usize| move |d: &mut Draft| d.claim("sub", "a".repeat(length));
    assert_eq!(scene.verdict(of(128)).await, "accepted");
    assert_eq!(scene.verdict(of(129)).await, "unusable_sub");
}
