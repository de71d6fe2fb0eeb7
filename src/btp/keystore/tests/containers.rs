//! PKCS#12 files of openssl.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::super::{KeyStore, KeyStoreError, open};
use super::support::{Kind, assert_signs, ders, fixture, fixture_text, now, password, refused};

/// Key P-256 with both intermediates; the root is in all of these files and left out.
fn assert_is_openssls(store: &KeyStore, context: &str) {
    assert_signs(store, Kind::P256);
    let der = |name| {
        let text = fixture_text(name);
        let (_, pem) = x509_parser::pem::parse_x509_pem(text.as_bytes()).unwrap();
        pem.contents
    };
    assert_eq!(store.leaf.der, der("P-256.pem"), "{context}");
    assert_eq!(
        ders(store),
        [der("inter2.pem"), der("inter1.pem")],
        "{context}"
    );
}

#[test]
fn pkcs12_opens_with_the_schemes_of_today_and_of_long_ago() {
    for name in [
        "modern",
        "legacy",
        "3des",
        "aes128-sha512",
        "plain-bags",
        "without-mac",
    ] {
        let content = fixture(&format!("{name}.p12"));
        let store = open(&content, Some(&password()), now()).unwrap();
        assert_is_openssls(&store, name);
        let again = STANDARD.encode(&content);
        let store = open(again.as_bytes(), Some(&password()), now()).unwrap();
        assert_is_openssls(&store, name);
    }
}

#[test]
fn a_wrong_and_a_missing_password_are_told_apart() {
    for name in [
        "modern",
        "legacy",
        "3des",
        "aes128-sha512",
        "plain-bags",
        "without-mac",
    ] {
        let content = fixture(&format!("{name}.p12"));
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
fn an_empty_password_need_not_be_written_down() {
    let content = fixture("empty-password.p12");
    for password in [None, Some("".into())] {
        assert_is_openssls(&open(&content, password.as_ref(), now()).unwrap(), "empty");
    }
}

#[test]
fn a_password_may_have_umlauts() {
    let content = fixture("umlaut-password.p12");
    let store = open(&content, Some(&"pässwörd".into()), now()).unwrap();
    assert_is_openssls(&store, "umlauts");
}

#[test]
fn without_encryption_and_mac_no_password_is_needed() {
    let content = fixture("plain-without-mac.p12");
    assert_is_openssls(&open(&content, None, now()).unwrap(), "plain");
}

/// openssl links key and certificate by the attribute localKeyID; others leave it out.
#[test]
fn a_key_that_no_attribute_links_to_its_certificate_is_found() {
    let mut content = fixture("plain-without-mac.p12");
    let local_key_id = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x15];
    let places: Vec<usize> = content
        .windows(local_key_id.len())
        .enumerate()
        .filter_map(|(at, bytes)| (bytes == local_key_id).then_some(at))
        .collect();
    assert_eq!(places.len(), 2, "one at the key, one at the certificate");
    for at in places {
        content[at + 8] = 0x63; // some other attribute
    }
    assert_is_openssls(&open(&content, None, now()).unwrap(), "unlinked");
}

#[test]
fn an_rsa_key_comes_out_of_pkcs12_as_well() {
    let store = open(&fixture("rsa.p12"), Some(&password()), now()).unwrap();
    assert_signs(&store, Kind::Rsa);
    assert_eq!(store.intermediates.len(), 2);
}

#[test]
fn a_trust_store_has_no_key() {
    let error = open(&fixture("only-certificates.p12"), Some(&password()), now()).unwrap_err();
    assert!(matches!(error, KeyStoreError::NoPrivateKey), "{error}");
}

#[test]
fn a_file_that_was_cut_off_is_malformed() {
    let content = fixture("modern.p12");
    for length in [2, 20, content.len() / 2, content.len() - 1] {
        let error = open(&content[..length], Some(&password()), now()).unwrap_err();
        let expected = matches!(
            error,
            KeyStoreError::Malformed {
                format: "PKCS#12",
                ..
            }
        );
        assert!(expected, "{length}: {error}");
    }
}
