//! Encrypted PKCS#8 keys, as openssl's schemes write them.

use pkcs8::EncryptedPrivateKeyInfoRef;
use pkcs8::der::Encode;
use pkcs8::der::asn1::OctetStringRef;
use pkcs8::pkcs5::pbes2::Parameters;

use super::super::{KeyStoreError, open};
use super::support::{
    Kind, armour, assert_signs, block, fixture_text, now, password, refused, simple,
};

const LABEL: &str = "ENCRYPTED PRIVATE KEY";

fn pem(fixture: &str) -> String {
    armour(LABEL, &fixture_text(fixture)) + &fixture_text("P-256.pem")
}

#[test]
fn every_scheme_of_openssl_opens_with_its_password_only() {
    for scheme in ["aes256", "aes192-sha512", "aes128-sha1", "3des", "scrypt"] {
        let pem = pem(&format!("pkcs8-{scheme}.b64"));
        let store = open(pem.as_bytes(), Some(&password()), now()).unwrap();
        assert_signs(&store, Kind::P256);

        let wrong = open(pem.as_bytes(), Some(&"Correct-horse".into()), now()).unwrap_err();
        // a wrong key may end in padding that looks right, once in 256 times; not with these files
        assert!(
            matches!(wrong, KeyStoreError::WrongPassword),
            "{scheme}: {wrong}"
        );
        let none = refused(&pem);
        assert!(
            matches!(none, KeyStoreError::PasswordNeeded),
            "{scheme}: {none}"
        );
    }
}

#[test]
fn an_old_scheme_is_named_as_such_and_not_as_a_wrong_password() {
    for scheme in ["pbes1-des", "pbes1-3des"] {
        let pem = pem(&format!("pkcs8-{scheme}.b64"));
        let error = open(pem.as_bytes(), Some(&password()), now()).unwrap_err();
        assert!(
            matches!(error, KeyStoreError::UnsupportedEncryption),
            "{scheme}: {error}"
        );
    }
}

#[test]
fn a_password_that_nothing_asks_for_does_no_harm() {
    let simple = simple();
    let pem = simple.blocks().concat();
    simple.assert_is(&open(pem.as_bytes(), Some(&password()), now()).unwrap());
}

#[test]
fn an_encrypted_key_that_is_none_is_malformed() {
    let error = refused(block(LABEL, b"no key"));
    assert!(error.to_string().contains("no PKCS#8"), "{error}");
}

/// A key that says it needs these parameters; nothing is really encrypted.
fn demanding(parameters: Parameters) -> String {
    let info = EncryptedPrivateKeyInfoRef {
        encryption_algorithm: parameters.into(),
        encrypted_data: OctetStringRef::new(&[0; 32]).unwrap(),
    };
    block(LABEL, &info.to_der().unwrap())
}

#[test]
fn a_key_derivation_that_would_take_hours_or_gigabytes_is_not_begun() {
    let salt = [1; 16];
    let scrypt = |log_n, r, p| pkcs8::pkcs5::scrypt::Params::new(log_n, r, p).unwrap();
    let pbkdf2 = Parameters::generate_pbkdf2_sha256_aes256cbc(90_000_000, &salt, [0; 16]);
    for parameters in [
        pbkdf2.unwrap(),
        Parameters::generate_scrypt_aes256cbc(scrypt(20, 8, 1), &salt, [0; 16]).unwrap(),
        Parameters::generate_scrypt_aes256cbc(scrypt(10, 8, 1000), &salt, [0; 16]).unwrap(),
    ] {
        let kdf = format!("{:?}", parameters.kdf);
        let error = open(demanding(parameters).as_bytes(), Some(&password()), now()).unwrap_err();
        assert!(
            matches!(error, KeyStoreError::UnsupportedEncryption),
            "{kdf}: {error}"
        );
    }
}
