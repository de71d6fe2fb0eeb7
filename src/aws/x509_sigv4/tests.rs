//! Each stage against the vectors of `tests/vectors/x509_sigv4`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::signature::{ECDSA_P384_SHA256_ASN1, UnparsedPublicKey};
use x509_parser::pem::parse_x509_pem;

use super::{
    Unsigned, amz_date, canonical_request, chain_header, credential_scope, hex, sign,
    string_to_sign,
};
use crate::btp::keystore::{self, KeyStore};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// 2026-11-21T12:00:00Z, the date of all vectors.
const SIGNED_AT: Duration = Duration::from_hours(498_684);
/// The vectors' certificates start some hours after that date.
const OPENED_AT: Duration = Duration::from_hours(498_684 + 24);

struct Vector {
    host: &'static str,
    region: &'static str,
    date: &'static str,
    body: &'static str,
    certificate: &'static str,
    chain: &'static str,
    key: &'static str,
    canonical_request: &'static str,
    string_to_sign: &'static str,
    authorization: &'static str,
}

macro_rules! vector {
    ($case:literal, $chain:expr) => {
        Vector {
            host: stage!($case, "host"),
            region: stage!($case, "region"),
            date: stage!($case, "date"),
            body: stage!($case, "body"),
            certificate: stage!($case, "certificate.pem"),
            chain: $chain,
            key: stage!($case, "key.b64"),
            canonical_request: stage!($case, "canonical-request.txt"),
            string_to_sign: stage!($case, "string-to-sign.txt"),
            authorization: stage!($case, "authorization.txt"),
        }
    };
}

macro_rules! stage {
    ($case:literal, $file:literal) => {
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/vectors/x509_sigv4/",
            $case,
            "/",
            $file
        ))
    };
}

const RSA: Vector = vector!("rsa-body", "");
const RSA_WITH_CHAIN: Vector = vector!("rsa-chain2", stage!("rsa-chain2", "chain.pem"));
const EC_P384: Vector = vector!("ec-p384-body", "");

impl Vector {
    fn request(&self) -> Unsigned<'_> {
        Unsigned {
            host: self.host,
            path: "/sessions",
            region: self.region,
            body: self.body.as_bytes(),
        }
    }

    fn keystore(&self) -> KeyStore {
        let key = format!(
            "-----BEGIN {label}-----\n{}-----END {label}-----\n",
            self.key,
            label = "PRIVATE KEY"
        );
        let pem = format!("{}{}{key}", self.chain, self.certificate);
        keystore::open(pem.as_bytes(), None, UNIX_EPOCH + OPENED_AT).unwrap()
    }

    fn sign(&self) -> Vec<(&'static str, String)> {
        sign(&self.request(), &self.keystore(), signed_at()).unwrap()
    }

    /// Algorithm and scope as the vector's own Authorization header says them.
    fn algorithm_and_scope(&self) -> (&str, &str) {
        let (algorithm, rest) = self.authorization.split_once(" Credential=").unwrap();
        let (credential, _) = rest.split_once(',').unwrap();
        (algorithm, credential.split_once('/').unwrap().1)
    }
}

fn signed_at() -> SystemTime {
    UNIX_EPOCH + SIGNED_AT
}

fn header<'a>(headers: &'a [(&str, String)], name: &str) -> Option<&'a str> {
    let found = headers.iter().find(|(n, _)| *n == name)?;
    Some(found.1.as_str())
}

#[test]
fn the_canonical_request_is_that_of_the_vector_byte_by_byte() {
    for vector in [RSA, RSA_WITH_CHAIN, EC_P384] {
        let keystore = vector.keystore();
        let certificate = STANDARD.encode(&keystore.leaf.der);
        let chain = chain_header(&keystore.intermediates);
        let (canonical, signed) = canonical_request(
            &vector.request(),
            vector.date,
            &certificate,
            chain.as_deref(),
        );
        assert_eq!(canonical, vector.canonical_request);
        assert!(
            vector
                .authorization
                .contains(&format!(", SignedHeaders={signed}, "))
        );
    }
}

#[test]
fn the_string_to_sign_is_that_of_the_vector_byte_by_byte() {
    for vector in [RSA, RSA_WITH_CHAIN, EC_P384] {
        let (algorithm, scope) = vector.algorithm_and_scope();
        assert_eq!(amz_date(signed_at()).unwrap(), vector.date);
        assert_eq!(credential_scope(vector.date, vector.region), scope);
        let text = string_to_sign(algorithm, vector.date, scope, vector.canonical_request);
        assert_eq!(text, vector.string_to_sign);
    }
}

#[test]
fn an_rsa_key_gives_the_vectors_signature_and_authorization() {
    for vector in [RSA, RSA_WITH_CHAIN] {
        let signature = vector
            .keystore()
            .key
            .sign(vector.string_to_sign.as_bytes())
            .unwrap();
        let (_, expected) = vector.authorization.split_once("Signature=").unwrap();
        assert_eq!(hex(&signature), expected);
        let headers = vector.sign();
        assert_eq!(
            header(&headers, "authorization"),
            Some(vector.authorization)
        );
    }
}

#[test]
fn a_p384_key_gives_a_signature_that_verifies_with_sha256() {
    let (_, pem) = parse_x509_pem(EC_P384.certificate.as_bytes()).unwrap();
    let certificate = pem.parse_x509().unwrap();
    let public = certificate.public_key().subject_public_key.data.to_vec();
    let verify = |authorization: &str| {
        let (_, signature) = authorization.split_once("Signature=").unwrap();
        let signature: Vec<u8> = (0..signature.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&signature[at..at + 2], 16).unwrap())
            .collect();
        UnparsedPublicKey::new(&ECDSA_P384_SHA256_ASN1, &public)
            .verify(EC_P384.string_to_sign.as_bytes(), &signature)
            .unwrap();
    };
    let headers = EC_P384.sign();
    let ours = header(&headers, "authorization").unwrap();
    verify(EC_P384.authorization);
    verify(ours);
    let up_to_signature = |text: &str| text.split_once("Signature=").unwrap().0.to_owned();
    assert_eq!(
        up_to_signature(ours),
        up_to_signature(EC_P384.authorization)
    );
}

#[test]
fn every_signed_header_but_host_is_handed_out_as_it_was_signed() {
    for vector in [RSA, RSA_WITH_CHAIN, EC_P384] {
        let headers = vector.sign();
        let (_, signed) = vector.canonical_request.split_once("\n\n").unwrap();
        let (lines, _) = signed.split_once("\n\n").unwrap();
        for line in lines.lines().filter(|line| !line.starts_with("host:")) {
            let (name, value) = line.split_once(':').unwrap();
            assert_eq!(header(&headers, name), Some(value));
        }
        let names = lines.lines().count();
        assert_eq!(headers.len(), names, "authorization instead of host");
    }
}

#[test]
fn without_intermediates_there_is_no_chain_header_at_all() {
    assert_eq!(header(&RSA.sign(), "x-amz-x509-chain"), None);
    assert!(!RSA.sign()[3].1.contains("x-amz-x509-chain"));
    let headers = RSA_WITH_CHAIN.sign();
    let chain = header(&headers, "x-amz-x509-chain").unwrap();
    assert_eq!(chain.split(',').count(), 2);
}

#[test]
fn a_port_is_part_of_the_signed_host_and_another_body_is_another_signature() {
    let keystore = RSA.keystore();
    let mut request = RSA.request();
    request.host = "127.0.0.1:8443";
    let (canonical, _) = canonical_request(&request, RSA.date, "", None);
    assert!(canonical.contains("\nhost:127.0.0.1:8443\n"));
    request = RSA.request();
    request.body = b"{}";
    let headers = sign(&request, &keystore, signed_at()).unwrap();
    assert_ne!(header(&headers, "authorization"), Some(RSA.authorization));
}
