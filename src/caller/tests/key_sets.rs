//! Which keys of a key set are taken.

use serde_json::{Value, json};

use super::support::{FOREIGN, Scene, TRUSTED, base64url, jwk, modulus};

/// The provider's key with one member changed.
fn with(name: &str, value: Value) -> Value {
    let mut key = jwk("k1", &TRUSTED);
    key[name] = value;
    key
}

/// The provider's key without what a key set may leave out.
fn bare() -> Value {
    let mut key = jwk("k1", &TRUSTED);
    let needed = ["kty", "kid", "n", "e"];
    key.as_object_mut()
        .unwrap()
        .retain(|name, _| needed.contains(&name.as_str()));
    key
}

/// The verdict on a good token when these keys are published.
async fn verdict_with(keys: &[Value]) -> String {
    let scene = Scene::new();
    scene.publish(keys);
    scene.verdict(|_| {}).await
}

#[tokio::test]
async fn an_unsound_key_is_as_good_as_none() {
    let mut shorter = modulus(&TRUSTED);
    shorter[0] &= 0x7f;
    let cases = [
        ("a modulus of 2,047 bits", "n", json!(base64url(shorter))),
        (
            "a small modulus",
            "n",
            json!(base64url(&modulus(&TRUSTED)[1..])),
        ),
        ("a huge modulus", "n", json!(base64url([0xff; 1025]))),
        ("an empty modulus", "n", json!("")),
        ("a modulus of noughts", "n", json!(base64url([0; 256]))),
        ("a modulus that is no base64url", "n", json!("+/")),
        ("a modulus that is no string", "n", json!(7)),
        ("exponent one", "e", json!("AQ")),
        ("an even exponent", "e", json!("AQAC")),
        ("a long exponent", "e", json!("AQAAAAE")),
        ("an empty exponent", "e", json!("")),
        ("a key for encryption", "use", json!("enc")),
        ("a key of unknown use", "use", json!("")),
        ("a key for RS512", "alg", json!("RS512")),
        ("a key for HS256", "alg", json!("HS256")),
        ("another kind of key", "kty", json!("EC")),
        ("a number as its name", "kid", json!(1)),
        ("another name", "kid", json!("K1")),
    ];
    for (name, member, value) in cases {
        assert_eq!(
            verdict_with(&[with(member, value)]).await,
            "unknown_key",
            "{name}"
        );
    }
    assert_eq!(verdict_with(&[]).await, "unknown_key");
}

#[tokio::test]
async fn a_key_needs_no_more_than_its_numbers_and_a_name() {
    assert_eq!(verdict_with(&[bare()]).await, "accepted");
    let signed = base64url([&[0], modulus(&TRUSTED).as_slice()].concat());
    assert_eq!(verdict_with(&[with("n", json!(signed))]).await, "accepted");
    assert_eq!(
        verdict_with(&[with("e", json!("AAEAAQ"))]).await,
        "accepted"
    );
}

#[tokio::test]
async fn keys_of_other_kinds_do_no_harm() {
    let others = [
        json!({"kty": "EC", "crv": "P-256", "kid": "k1", "x": "AA", "y": "AA"}),
        json!({"kty": "oct", "kid": "k1", "k": "AA"}),
        json!("no key at all"),
        json!(null),
        bare(),
    ];
    assert_eq!(verdict_with(&others).await, "accepted");
}

#[tokio::test]
async fn two_keys_of_one_name_are_none() {
    let foreign = [jwk("k1", &TRUSTED), jwk("k1", &FOREIGN)];
    assert_eq!(verdict_with(&foreign).await, "unknown_key");
    let encrypting = [jwk("k1", &TRUSTED), with("use", json!("enc"))];
    assert_eq!(verdict_with(&encrypting).await, "unknown_key");
    let same = [jwk("k1", &TRUSTED), jwk("k1", &TRUSTED)];
    assert_eq!(verdict_with(&same).await, "unknown_key");
}

#[tokio::test]
async fn a_set_holds_fifty_keys_at_most() {
    let mut keys: Vec<Value> = (0..49)
        .map(|number| with("kid", json!(format!("other-{number}"))))
        .collect();
    keys.push(bare());
    assert_eq!(verdict_with(&keys).await, "accepted");
    keys.push(with("kid", json!("one-more")));
    assert_eq!(verdict_with(&keys).await, "keys unavailable");
}
