//! Damaged and malicious files: an error, never a panic, never much memory.

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use proptest::prelude::*;

use super::super::jks::walk;
use super::super::{KeyStoreError, open};
use super::support::{armour, fixture, fixture_text, now, password, simple};

/// Places of lengths in keytool.jks, by what they measure.
struct Place {
    at: usize,
    what: &'static str,
}

fn places(content: &[u8]) -> Vec<Place> {
    // the first entry is the private key "leaf": tag, alias, time, then the encrypted key
    let number = |at: usize| u32::from_be_bytes(content[at..at + 4].try_into().unwrap()) as usize;
    let alias = 16;
    let alias_length = usize::from(u16::from_be_bytes([content[alias], content[alias + 1]]));
    let key = alias + 2 + alias_length + 8;
    let count = key + 4 + number(key);
    // the type of a certificate is "X.509", two bytes of length before it
    let certificate = count + 4 + 2 + 5;
    assert_eq!(&content[certificate - 5..certificate], b"X.509");
    [
        (key, "key"),
        (count, "number of certificates"),
        (certificate, "certificate"),
    ]
    .map(|(at, what)| Place { at, what })
    .into()
}

/// The file with another digest, so that it is taken for genuine.
fn signed_again(mut content: Vec<u8>) -> Vec<u8> {
    let password: Vec<u8> = b"correct-horse".iter().flat_map(|b| [0, *b]).collect();
    let end = content.len() - 20;
    let digested = [&password[..], b"Mighty Aphrodite", &content[..end]].concat();
    content.truncate(end);
    content.extend(digest(&SHA1_FOR_LEGACY_USE_ONLY, &digested).as_ref());
    content
}

#[test]
fn the_lengths_of_a_java_key_store_are_checked_before_memory_is_asked_for() {
    let genuine = fixture("two-keys.jks");
    assert!(walk(&genuine).is_some());
    assert_eq!(signed_again(genuine.clone()), genuine);
    for Place { at, what } in places(&genuine) {
        for number in [u32::MAX, 0x7fff_ffff, 0x0010_0000] {
            let mut content = genuine.clone();
            content[at..at + 4].copy_from_slice(&number.to_be_bytes());
            assert!(walk(&content).is_none(), "{what} {number}");
            let error = open(&signed_again(content), Some(&password()), now()).unwrap_err();
            assert!(
                error.to_string().contains("its lengths don't fit"),
                "{what}: {error}"
            );
        }
    }
}

#[test]
fn a_java_key_store_that_is_cut_off_anywhere_is_malformed() {
    let genuine = fixture("keytool.jks");
    for length in 0..genuine.len() {
        assert!(walk(&genuine[..length]).is_none(), "{length}");
    }
}

#[test]
fn an_encrypted_key_of_a_java_key_store_has_a_checked_shape() {
    let genuine = fixture("two-keys.jks");
    let key = places(&genuine)[0].at + 4;
    let mut refused = 0;
    // tags and lengths of the outer structures; the crate would index by them
    for at in key..key + 30 {
        for value in [0x00, 0x04, 0x30, 0x7f, 0x81, 0x84, 0xff] {
            let mut content = genuine.clone();
            content[at] = value;
            let result = open(&signed_again(content), Some(&password()), now());
            refused += usize::from(result.is_err());
        }
    }
    assert!(refused > 100, "{refused}");
}

#[test]
fn a_version_or_an_entry_that_nobody_knows_is_malformed() {
    let genuine = fixture("two-keys.jks");
    for at in [7, 15] {
        let mut content = genuine.clone();
        content[at] = 9;
        let error = open(&signed_again(content), Some(&password()), now()).unwrap_err();
        assert!(
            matches!(error, KeyStoreError::Malformed { format: "JKS", .. }),
            "{error}"
        );
    }
}

/// One file of each format, small and quick to open.
static GENUINE: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let encrypted = armour("ENCRYPTED PRIVATE KEY", &fixture_text("pkcs8-3des.b64"));
    let encrypted = encrypted + &fixture_text("P-256.pem");
    let simple = simple();
    vec![
        simple.blocks().concat().into_bytes(),
        encrypted.into_bytes(),
        fixture("legacy.p12"),
        fixture("modern.p12"),
        fixture("plain-without-mac.p12"),
        fixture("keytool.jks"),
        fixture("two-keys.jks"),
        simple.leaf.clone(),
        simple.key.serialized_der().to_vec(),
    ]
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn opening_mutated_files_never_panics(
        which in 0..GENUINE.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
        with_password in any::<bool>(),
        genuine_digest in any::<bool>(),
    ) {
        let mut content = GENUINE[which].clone();
        for (at, value) in changes {
            let at = at.index(content.len());
            content[at] = value;
        }
        if let Some(cut) = cut {
            content.truncate(cut.index(content.len()));
        }
        if genuine_digest && content.len() > 40 && content.starts_with(&[0xfe, 0xed]) {
            content = signed_again(content);
        }
        let password = with_password.then(password);
        let _ = open(&content, password.as_ref(), now());
    }

    #[test]
    fn opening_arbitrary_bytes_never_panics(
        start in prop::sample::select(vec![&b""[..], b"\x30", b"\x30\x82", b"\xfe\xed\xfe\xed", b"-----BEGIN "]),
        rest in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let content = [start, &rest].concat();
        let result = open(&content, Some(&password()), now());
        prop_assert!(result.is_err());
    }

    #[test]
    fn walking_a_java_key_store_never_goes_outside(rest in prop::collection::vec(0..4_u8, 0..80)) {
        let content = [&[0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2][..], &rest].concat();
        if walk(&content).is_some() {
            // nothing but an empty store fits into so few bytes
            prop_assert!(rest.starts_with(&[0; 4]) && rest.len() >= 24);
        }
    }
}
