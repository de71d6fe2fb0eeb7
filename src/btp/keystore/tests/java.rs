//! Key stores of the JDK's keytool.

use jks::{Certificate, KeyStoreOptions, PrivateKeyEntry};

use super::super::{KeyStoreError, open};
use super::support::{Kind, assert_signs, fixture, now, password, refused, simple};

#[test]
fn keytools_stores_open_in_all_its_formats() {
    for name in ["keytool.p12", "keytool-legacy.p12", "keytool.jks"] {
        let content = fixture(name);
        let store = open(&content, Some(&password()), now()).unwrap();
        assert_signs(&store, Kind::P256);
        let subjects: Vec<&str> = store
            .intermediates
            .iter()
            .map(|c| c.subject.as_str())
            .collect();
        let expected = [
            "C=DE, O=Example Test, CN=inter2",
            "C=DE, O=Example Test, CN=inter1",
        ];
        assert_eq!(subjects, expected, "{name}");

        let wrong = open(&content, Some(&"correct horse".into()), now()).unwrap_err();
        assert!(
            matches!(wrong, KeyStoreError::WrongPassword),
            "{name}: {wrong}"
        );
        let none = refused(&content);
        assert!(
            matches!(none, KeyStoreError::PasswordNeeded),
            "{name}: {none}"
        );
    }
}

#[test]
fn a_self_signed_key_of_keytool_opens() {
    let store = open(&fixture("self-signed.p12"), Some(&password()), now()).unwrap();
    assert_signs(&store, Kind::P384);
    assert!(store.intermediates.is_empty());
}

#[test]
fn of_two_keys_the_same_one_is_taken_every_time() {
    let content = fixture("two-keys.jks");
    let leaf = || {
        open(&content, Some(&password()), now())
            .unwrap()
            .leaf
            .subject
    };
    let first = leaf();
    // a map with random order hides behind the crate's door
    for _ in 0..20 {
        assert_eq!(leaf(), first);
    }
}

#[test]
fn a_jks_password_may_have_umlauts() {
    let content = fixture("umlaut-password.jks");
    assert!(open(&content, Some(&"pässwörd".into()), now()).is_ok());
    for wrong in ["passwoerd", "пароль"] {
        let error = open(&content, Some(&wrong.into()), now()).unwrap_err();
        assert!(matches!(error, KeyStoreError::WrongPassword), "{error}");
    }
}

#[test]
fn the_format_of_the_jce_is_not_supported_and_not_guessed_at() {
    let error = open(&fixture("keytool.jceks"), Some(&password()), now()).unwrap_err();
    assert!(matches!(error, KeyStoreError::UnknownFormat), "{error}");
}

#[test]
fn an_alias_in_capitals_hides_no_key() {
    let simple = simple();
    let options = KeyStoreOptions {
        case_exact_aliases: true,
        ..KeyStoreOptions::default()
    };
    let certificate = |der: &[u8]| Certificate {
        cert_type: "X.509".to_owned(),
        content: der.to_vec(),
    };
    let entry = PrivateKeyEntry {
        creation_time: now(),
        private_key: simple.key.serialized_der().to_vec(),
        certificate_chain: [&simple.leaf, &simple.intermediate.der]
            .map(|d| certificate(d))
            .into(),
    };
    let mut store = jks::KeyStore::with_options(options);
    store
        .set_private_key_entry("Capital", entry, b"correct-horse")
        .unwrap();
    let mut content = Vec::new();
    store.store(&mut content, b"correct-horse").unwrap();
    simple.assert_is(&open(&content, Some(&password()), now()).unwrap());
}
