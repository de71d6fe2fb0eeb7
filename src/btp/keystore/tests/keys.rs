//! Every kind of key, in every structure that tools write it in.

use pkcs8::PrivateKeyInfoRef;
use rcgen::{
    KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ECDSA_P521_SHA512, PKCS_ED25519,
    PKCS_RSA_SHA256, RsaKeySize, SignatureAlgorithm,
};

use super::super::KeyStoreError;
use super::support::{
    Authority, Kind, armour, assert_signs, block, certificate_block, fixture_text, leaf, opened,
    refused,
};

/// The PKCS#8 key, and the older structure inside it.
fn forms(key: &KeyPair, older: &'static str) -> [(&'static str, Vec<u8>); 2] {
    let pkcs8 = key.serialized_der().to_vec();
    let inner = PrivateKeyInfoRef::try_from(pkcs8.as_slice()).unwrap();
    let inner = inner.private_key.as_bytes().to_vec();
    [("PRIVATE KEY", pkcs8), (older, inner)]
}

fn both_forms_sign(key: &KeyPair, older: &'static str, kind: Kind) {
    let certificate = Authority::root("Root").issue(&leaf("Leaf"), key);
    for (label, der) in forms(key, older) {
        let pem = format!("{}{}", block(label, &der), certificate_block(&certificate));
        assert_signs(&opened(pem), kind);
    }
}

#[test]
fn rsa_keys_sign_from_pkcs8_and_pkcs1() {
    for size in [RsaKeySize::_2048, RsaKeySize::_3072, RsaKeySize::_4096] {
        let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, size).unwrap();
        both_forms_sign(&key, "RSA PRIVATE KEY", Kind::Rsa);
    }
}

#[test]
fn ec_keys_sign_from_pkcs8_and_from_sec1_without_a_curve() {
    let kinds: [(&'static SignatureAlgorithm, Kind); 3] = [
        (&PKCS_ECDSA_P256_SHA256, Kind::P256),
        (&PKCS_ECDSA_P384_SHA384, Kind::P384),
        (&PKCS_ECDSA_P521_SHA512, Kind::P521),
    ];
    for (algorithm, kind) in kinds {
        let key = KeyPair::generate_for(algorithm).unwrap();
        both_forms_sign(&key, "EC PRIVATE KEY", kind);
    }
}

#[test]
fn openssls_older_commands_write_keys_that_sign_too() {
    let written = [
        ("RSA PRIVATE KEY", "pkcs1-rsa.b64", "rsa.pem", Kind::Rsa),
        ("EC PRIVATE KEY", "sec1-P-256.b64", "P-256.pem", Kind::P256),
        ("EC PRIVATE KEY", "sec1-P-384.b64", "P-384.pem", Kind::P384),
        ("EC PRIVATE KEY", "sec1-P-521.b64", "P-521.pem", Kind::P521),
    ];
    for (label, key, certificate, kind) in written {
        let key = armour(label, &fixture_text(key));
        // as "openssl ecparam -genkey" puts it before the key
        let parameters = armour("EC PARAMETERS", "BggqhkjOPQMBBw==");
        let pem = format!("{parameters}{key}{}", fixture_text(certificate));
        assert_signs(&opened(pem), kind);
    }
}

#[test]
fn a_key_that_is_too_weak_or_of_another_kind_is_refused() {
    let weak = armour("PRIVATE KEY", &fixture_text("pkcs8-weak.b64"));
    let error = refused(format!("{weak}{}", fixture_text("weak.pem")));
    assert!(matches!(error, KeyStoreError::UnsupportedKey), "{error}");

    let key = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    let certificate = Authority::root("Root").issue(&leaf("Leaf"), &key);
    let key = block("PRIVATE KEY", key.serialized_der());
    let error = refused(format!("{key}{}", certificate_block(&certificate)));
    assert!(matches!(error, KeyStoreError::UnsupportedKey), "{error}");
}

#[test]
fn debug_output_holds_no_key() {
    let key = KeyPair::generate().unwrap();
    let certificate = Authority::root("Root").issue(&leaf("Leaf"), &key);
    let pem = format!(
        "{}{}",
        block("PRIVATE KEY", key.serialized_der()),
        certificate_block(&certificate)
    );
    let store = opened(pem);
    assert_eq!(
        format!("{:?}", store.key),
        "PrivateKey(AWS4-X509-ECDSA-SHA256)"
    );
}

#[test]
fn a_key_store_prints_no_key() {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let certificate = Authority::root("Root").issue(&leaf("Leaf"), &key);
    let der = key.serialized_der().to_vec();
    let pem = format!(
        "{}{}",
        block("PRIVATE KEY", &der),
        certificate_block(&certificate)
    );
    let printed = format!("{:?}", opened(pem));
    assert!(printed.contains("PrivateKey("), "{printed}");
    // neither as a list of bytes nor as text
    let scalar = format!("{:?}", &der[der.len() / 3..der.len() / 3 + 8]);
    assert!(
        !printed.contains(scalar.trim_matches(['[', ']'])),
        "{printed}"
    );
    assert!(!printed.contains("BEGIN"), "{printed}");
}
