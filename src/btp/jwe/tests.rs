//! Vectors of an independent library (tests/vectors/jwe), and what must not pass.

use std::time::{Duration, SystemTime};

use super::*;
use proptest::prelude::*;

const ISSUED: u64 = 1_795_300_000;

fn file(name: &str) -> String {
    let path = format!("{}/tests/vectors/jwe/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn key() -> SecretString {
    file("key.b64").into()
}

fn told(compact: &str, key: &SecretString, now: SystemTime) -> String {
    decrypt(compact, key, now).map_or_else(
        |error| error.to_string(),
        |plain| String::from_utf8(plain.expose_secret().to_vec()).unwrap(),
    )
}

#[test]
fn a_payload_of_the_documented_kind_is_read() {
    let expected = r#"{"name":"accessKeyId","value":"stored value"}"#;
    for now in [ISSUED - 60, ISSUED, ISSUED + 120] {
        assert_eq!(told(&file("good.txt"), &key(), at(now)), expected, "{now}");
    }
}

#[test]
fn an_old_or_early_payload_is_refused() {
    for (now, age) in [(ISSUED + 121, 121), (ISSUED - 61, -61)] {
        let expected = format!("the payload is {age} s old; check this machine's clock");
        assert_eq!(told(&file("good.txt"), &key(), at(now)), expected);
    }
}

#[test]
fn other_algorithms_and_headers_are_refused() {
    let algorithm = "the payload is not encrypted with RSA-OAEP-256 and A256GCM";
    let cases = [
        ("rsa-oaep.txt", algorithm),
        ("a128gcm.txt", algorithm),
        ("zip.txt", algorithm),
        ("no-iat.txt", "the payload is no compact JWE"),
    ];
    for (name, expected) in cases {
        assert_eq!(told(&file(name), &key(), at(ISSUED)), expected, "{name}");
    }
    let good = file("good.txt");
    let rest = good.split_once('.').unwrap().1;
    let header = r#"{"alg":"RSA-OAEP-256","enc":"A256GCM","iat":1795300000,"crit":["x"],"x":1}"#;
    let critical = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header));
    assert_eq!(told(&critical, &key(), at(ISSUED)), algorithm);
}

#[test]
fn a_change_anywhere_is_found_and_all_are_told_alike() {
    let good = file("good.txt");
    let expected = "the payload does not fit the key of the binding, or was changed on its way";
    let parts: Vec<&str> = good.split('.').collect();
    for changed in 1..parts.len() {
        let mut bytes = URL_SAFE_NO_PAD.decode(parts[changed]).unwrap();
        bytes[0] ^= 1;
        let bent = URL_SAFE_NO_PAD.encode(bytes);
        let mut all = parts.clone();
        all[changed] = &bent;
        assert_eq!(
            told(&all.join("."), &key(), at(ISSUED)),
            expected,
            "part {changed}"
        );
    }
    let same_meaning = r#"{"enc":"A256GCM","alg":"RSA-OAEP-256","iat":1795300000}"#;
    let other_header = URL_SAFE_NO_PAD.encode(same_meaning);
    let swapped = [&[other_header.as_str()], &parts[1..]].concat().join(".");
    assert_eq!(told(&swapped, &key(), at(ISSUED)), expected);
    assert_eq!(
        told(&good, &file("other-key.b64").into(), at(ISSUED)),
        expected
    );
}

#[test]
fn what_is_no_jwe_or_no_key_is_told() {
    for text in ["", "a.b.c", "a.b.c.d.e", "{}", "a.b.c.d.e.f", "=.=.=.=.="] {
        assert_eq!(
            told(text, &key(), at(ISSUED)),
            "the payload is no compact JWE",
            "{text}"
        );
    }
    for bad in ["", "no base64!", "AAAA"] {
        let expected = "encryption.client_private_key of the binding is no base64 of PKCS#8";
        assert_eq!(told(&file("good.txt"), &bad.into(), at(ISSUED)), expected);
    }
}

proptest! {
    #[test]
    fn any_text_is_refused_without_a_panic(text in "[A-Za-z0-9_.=-]{0,200}") {
        prop_assert!(decrypt(&text, &key(), at(ISSUED)).is_err());
    }
}
