//! A certificate authority in memory, PEM armour, and the fixtures' folder.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA256_ASN1, ECDSA_P521_SHA256_ASN1,
    RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
    date_time_ymd,
};
use secrecy::SecretString;

use super::super::{KeyStore, KeyStoreError, open};

/// 2027-01-15T08:00:00Z, when all fixtures are valid.
pub(super) fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_hours(500_000)
}

pub(super) fn opened(content: impl AsRef<[u8]>) -> KeyStore {
    open(content.as_ref(), None, now()).unwrap()
}

pub(super) fn refused(content: impl AsRef<[u8]>) -> KeyStoreError {
    open(content.as_ref(), None, now()).unwrap_err()
}

/// The fixtures' password.
pub(super) fn password() -> SecretString {
    "correct-horse".into()
}

pub(super) fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keystores");
    fs::read(folder.join(name)).unwrap()
}

pub(super) fn fixture_text(name: &str) -> String {
    String::from_utf8(fixture(name)).unwrap()
}

/// A block around base64 that stands in a fixture.
pub(super) fn armour(label: &str, body: &str) -> String {
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        body.trim()
    )
}

/// A block around bytes, 64 characters a line.
pub(super) fn block(label: &str, der: &[u8]) -> String {
    let encoded = STANDARD.encode(der);
    let lines: Vec<&str> = (0..encoded.len())
        .step_by(64)
        .map(|at| &encoded[at..encoded.len().min(at + 64)])
        .collect();
    armour(label, &lines.join("\n"))
}

pub(super) fn certificate_block(der: &[u8]) -> String {
    block("CERTIFICATE", der)
}

pub(super) fn key_block(key: &KeyPair) -> String {
    block("PRIVATE KEY", key.serialized_der())
}

/// Somebody who signs certificates.
pub(super) struct Authority {
    params: CertificateParams,
    key: KeyPair,
    pub(super) der: Vec<u8>,
}

impl Authority {
    pub(super) fn root(name: &str) -> Self {
        let (params, key) = (authority(name), KeyPair::generate().unwrap());
        let der = params.self_signed(&key).unwrap().der().to_vec();
        Self { params, key, der }
    }

    pub(super) fn below(&self, name: &str) -> Self {
        let (params, key) = (authority(name), KeyPair::generate().unwrap());
        let der = self.issue(&params, &key);
        Self { params, key, der }
    }

    pub(super) fn issue(&self, params: &CertificateParams, key: &KeyPair) -> Vec<u8> {
        let issuer = Issuer::from_params(&self.params, &self.key);
        params.signed_by(key, &issuer).unwrap().der().to_vec()
    }

    /// The same authority's certificate, signed by another one.
    pub(super) fn cross_signed_by(&self, other: &Self) -> Vec<u8> {
        other.issue(&self.params, &self.key)
    }
}

fn authority(name: &str) -> CertificateParams {
    let mut params = leaf(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

/// A certificate for nobody to sign with, valid from 2026 to 2056.
pub(super) fn leaf(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.use_authority_key_identifier_extension = true;
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2056, 1, 1);
    params
}

/// A key, its certificate and what issued it, for tests that need just any.
pub(super) struct Simple {
    pub(super) key: KeyPair,
    pub(super) leaf: Vec<u8>,
    pub(super) intermediate: Authority,
    pub(super) root: Authority,
}

pub(super) fn simple() -> Simple {
    let root = Authority::root("Root");
    let intermediate = root.below("Intermediate");
    let key = KeyPair::generate().unwrap();
    let leaf = intermediate.issue(&leaf("Leaf"), &key);
    Simple {
        key,
        leaf,
        intermediate,
        root,
    }
}

impl Simple {
    pub(super) fn blocks(&self) -> [String; 4] {
        [
            key_block(&self.key),
            certificate_block(&self.leaf),
            certificate_block(&self.intermediate.der),
            certificate_block(&self.root.der),
        ]
    }

    /// Checks that this is what was opened.
    pub(super) fn assert_is(&self, store: &KeyStore) {
        assert_eq!(store.leaf.der, self.leaf);
        assert_eq!(ders(store), [self.intermediate.der.as_slice()]);
        assert_signs(store, Kind::P256);
    }
}

pub(super) fn ders(store: &KeyStore) -> Vec<&[u8]> {
    store
        .intermediates
        .iter()
        .map(|c| c.der.as_slice())
        .collect()
}

/// The kinds of keys that Roles Anywhere takes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Rsa,
    P256,
    P384,
    P521,
}

/// Signs with the opened key and verifies with the leaf's public key.
pub(super) fn assert_signs(store: &KeyStore, kind: Kind) {
    let (algorithm, name): (&'static dyn VerificationAlgorithm, _) = match kind {
        Kind::Rsa => (&RSA_PKCS1_2048_8192_SHA256, "AWS4-X509-RSA-SHA256"),
        Kind::P256 => (&ECDSA_P256_SHA256_ASN1, "AWS4-X509-ECDSA-SHA256"),
        Kind::P384 => (&ECDSA_P384_SHA256_ASN1, "AWS4-X509-ECDSA-SHA256"),
        Kind::P521 => (&ECDSA_P521_SHA256_ASN1, "AWS4-X509-ECDSA-SHA256"),
    };
    assert_eq!(store.key.algorithm(), name, "{kind:?}");
    let signature = store.key.sign(b"what is signed").unwrap();
    let public = UnparsedPublicKey::new(algorithm, &store.leaf.public_key);
    public.verify(b"what is signed", &signature).unwrap();
    assert!(
        public.verify(b"something else", &signature).is_err(),
        "{kind:?}"
    );
}
