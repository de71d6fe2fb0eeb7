//! When a token begins and ends, and how its times may be written.

use serde_json::{Value, json};

use super::support::{Draft, NOW, Scene};

/// One change of a good token, and the verdict on it.
type Case = (&'static str, fn(&mut Draft), &'static str);

const CASES: &[Case] = &[
    (
        "exp a fraction",
        |d| d.raw_claim("exp", &format!("{}.5", NOW + 60)),
        "accepted",
    ),
    (
        "exp with an exponent",
        |d| d.raw_claim("exp", "1.8e9"),
        "accepted",
    ),
    (
        "exp beyond 2^64",
        |d| d.raw_claim("exp", "18446744073709551616"),
        "accepted",
    ),
    (
        "exp just within the leeway",
        |d| d.claim("exp", NOW - 59),
        "accepted",
    ),
    (
        "exp at the end of the leeway",
        |d| d.claim("exp", NOW - 60),
        "expired",
    ),
    ("exp an hour ago", |d| d.claim("exp", NOW - 3600), "expired"),
    ("exp nought", |d| d.claim("exp", 0), "expired"),
    ("exp negative", |d| d.claim("exp", -1), "expired"),
    (
        "no exp",
        |d| {
            d.claims.remove("exp");
        },
        "missing_exp",
    ),
    (
        "exp a string",
        |d| d.claim("exp", (NOW + 3600).to_string()),
        "wrong_type_exp",
    ),
    (
        "exp null",
        |d| d.claim("exp", Value::Null),
        "wrong_type_exp",
    ),
    ("exp true", |d| d.claim("exp", true), "wrong_type_exp"),
    (
        "exp an array",
        |d| d.claim("exp", json!([NOW + 3600])),
        "wrong_type_exp",
    ),
    (
        "exp an object",
        |d| d.claim("exp", json!({})),
        "wrong_type_exp",
    ),
    ("exp 1e400", |d| d.raw_claim("exp", "1e400"), "payload_json"),
    (
        "exp -1e400",
        |d| d.raw_claim("exp", "-1e400"),
        "payload_json",
    ),
    ("exp NaN", |d| d.raw_claim("exp", "NaN"), "payload_json"),
    (
        "exp Infinity",
        |d| d.raw_claim("exp", "Infinity"),
        "payload_json",
    ),
    (
        "exp hexadecimal",
        |d| d.raw_claim("exp", "0x6b000000"),
        "payload_json",
    ),
    (
        "exp with a leading nought",
        |d| d.raw_claim("exp", "01795303600"),
        "payload_json",
    ),
    (
        "exp in milliseconds of the past",
        |d| d.claim("exp", NOW / 1000),
        "expired",
    ),
    ("nbf now", |d| d.claim("nbf", NOW), "accepted"),
    (
        "nbf at the end of the leeway",
        |d| d.claim("nbf", NOW + 60),
        "accepted",
    ),
    (
        "nbf beyond the leeway",
        |d| d.claim("nbf", NOW + 61),
        "not_yet_valid",
    ),
    (
        "nbf a future string",
        |d| d.claim("nbf", (NOW + 3600).to_string()),
        "wrong_type_nbf",
    ),
    (
        "nbf a past string",
        |d| d.claim("nbf", "1"),
        "wrong_type_nbf",
    ),
    (
        "nbf null",
        |d| d.claim("nbf", Value::Null),
        "wrong_type_nbf",
    ),
    ("nbf false", |d| d.claim("nbf", false), "wrong_type_nbf"),
    (
        "nbf beyond 2^64",
        |d| d.raw_claim("nbf", "18446744073709551616"),
        "not_yet_valid",
    ),
    (
        "nbf 1e308",
        |d| d.raw_claim("nbf", "1e308"),
        "not_yet_valid",
    ),
    (
        "no iat",
        |d| {
            d.claims.remove("iat");
        },
        "accepted",
    ),
    (
        "iat at the end of the leeway",
        |d| d.claim("iat", NOW + 60),
        "accepted",
    ),
    (
        "iat in the future",
        |d| d.claim("iat", NOW + 61),
        "issued_in_future",
    ),
    (
        "iat a string",
        |d| d.claim("iat", NOW.to_string()),
        "wrong_type_iat",
    ),
    (
        "iat null",
        |d| d.claim("iat", Value::Null),
        "wrong_type_iat",
    ),
];

#[tokio::test]
async fn times_are_numbers_and_hold_within_a_minute() {
    let scene = Scene::new();
    for (name, change, expected) in CASES {
        assert_eq!(scene.verdict(*change).await, *expected, "{name}");
    }
}

#[tokio::test]
async fn a_token_out_of_its_time_costs_no_fetch() {
    let scene = Scene::new();
    for (name, change, expected) in CASES.iter().filter(|case| case.2 != "accepted") {
        assert_eq!(scene.verdict(*change).await, *expected, "{name}");
    }
    assert!(scene.asked().is_empty(), "{:?}", scene.asked());
}

#[tokio::test]
async fn a_token_ends_while_time_goes_on() {
    let scene = Scene::new();
    assert_eq!(scene.verdict(|_| {}).await, "accepted");
    scene.advance(3659);
    assert_eq!(scene.verdict(|_| {}).await, "accepted");
    scene.advance(1);
    assert_eq!(scene.verdict(|_| {}).await, "expired");
}
