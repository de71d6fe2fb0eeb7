//! From the signing certificate to the trust anchor: issuers, signatures, validity and usage.
//! The chain must come in the order of issuing, without the root, each certificate once.
//!
//! <https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html>

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P256_SHA512_ASN1, ECDSA_P384_SHA256_ASN1,
    ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA512_ASN1, ECDSA_P521_SHA256_ASN1, ECDSA_P521_SHA384_ASN1,
    ECDSA_P521_SHA512_ASN1, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey, VerificationAlgorithm,
};
use time::OffsetDateTime;
use x509_parser::prelude::{FromDer, X509Certificate, X509Version};

use super::certificate::{Certificate, PublicKey};

/// "MUST NOT exceed the maximum depth of 5 certificates".
const LONGEST_CHAIN: usize = 5;

/// Whether one of the anchor's certificates vouches for the leaf at `now`; the error says why not.
pub(super) fn verify(
    leaf: &Certificate,
    chain: &[Certificate],
    anchors: &[Vec<u8>],
    now: OffsetDateTime,
) -> Result<(), String> {
    if chain.len() > LONGEST_CHAIN {
        return Err(format!("chain of {} certificates", chain.len()));
    }
    let path: Vec<&[u8]> = std::iter::once(leaf)
        .chain(chain)
        .map(Certificate::der)
        .collect();
    let repeated = path
        .iter()
        .enumerate()
        .any(|(at, der)| path.iter().skip(at + 1).any(|other| other == der));
    if repeated {
        return Err("chain repeats a certificate".to_owned());
    }
    let path: Vec<X509Certificate<'_>> = path.into_iter().map(parse).collect::<Result<_, _>>()?;
    let anchors: Vec<X509Certificate<'_>> = anchors
        .iter()
        .map(|der| parse(der))
        .collect::<Result<_, _>>()?;
    let Some((leaf, intermediates)) = path.split_first() else {
        return Err("no certificate".to_owned());
    };
    check_leaf(leaf)?;
    check_validity(leaf, now)?;
    if intermediates
        .iter()
        .any(|certificate| certificate.subject() == certificate.issuer())
    {
        return Err("chain holds a self-signed certificate".to_owned());
    }
    climb(leaf, intermediates, &anchors, now)
}

fn parse(der: &[u8]) -> Result<X509Certificate<'_>, String> {
    X509Certificate::from_der(der)
        .map(|(_, parsed)| parsed)
        .map_err(|error| error.to_string())
}

/// Goes up until an anchor has issued the certificate at hand.
fn climb(
    leaf: &X509Certificate<'_>,
    intermediates: &[X509Certificate<'_>],
    anchors: &[X509Certificate<'_>],
    now: OffsetDateTime,
) -> Result<(), String> {
    let mut current = leaf;
    let mut above = intermediates.iter();
    let mut below = 0;
    loop {
        let mut why = "no trust anchor has issued it".to_owned();
        for anchor in anchors
            .iter()
            .filter(|anchor| anchor.subject() == current.issuer())
        {
            match check_issuer(anchor, current, below, now) {
                Ok(()) => return Ok(()),
                Err(reason) => why = format!("trust anchor: {reason}"),
            }
        }
        let Some(next) = above.next() else {
            return Err(why);
        };
        if next.subject() != current.issuer() {
            return Err(format!(
                "chain is not in order: {} did not issue {}",
                next.subject(),
                current.subject()
            ));
        }
        check_issuer(next, current, below, now)?;
        current = next;
        below += 1;
    }
}

/// "MUST be X.509v3, CA absent or false, keyUsage digitalSignature, SHA-256 or stronger".
fn check_leaf(leaf: &X509Certificate<'_>) -> Result<(), String> {
    if leaf.version() != X509Version::V3 {
        return Err("certificate is not X.509 version 3".to_owned());
    }
    if leaf.is_ca() {
        return Err("certificate is a CA".to_owned());
    }
    let signs = leaf
        .key_usage()
        .ok()
        .flatten()
        .is_some_and(|usage| usage.value.digital_signature());
    if !signs {
        return Err("certificate's keyUsage lacks digitalSignature".to_owned());
    }
    if leaf.subject().iter_rdn().next().is_none() {
        return Err("certificate's subject is empty".to_owned());
    }
    Ok(())
}

/// Whether `issuer`, with `below` CAs between it and the leaf, may have signed and did.
fn check_issuer(
    issuer: &X509Certificate<'_>,
    subject: &X509Certificate<'_>,
    below: u32,
    now: OffsetDateTime,
) -> Result<(), String> {
    check_validity(issuer, now)?;
    let constraints = issuer
        .basic_constraints()
        .ok()
        .flatten()
        .map(|constraints| constraints.value);
    if !constraints.is_some_and(|constraints| constraints.ca) {
        return Err(format!("{} is not a CA", issuer.subject()));
    }
    if constraints
        .and_then(|constraints| constraints.path_len_constraint)
        .is_some_and(|most| below > most)
    {
        return Err(format!("{} allows no such long path", issuer.subject()));
    }
    let signs = issuer
        .key_usage()
        .ok()
        .flatten()
        .is_some_and(|usage| usage.value.key_cert_sign());
    if !signs {
        return Err(format!(
            "keyUsage of {} lacks keyCertSign",
            issuer.subject()
        ));
    }
    let algorithm = signature_algorithm(issuer, subject)?;
    UnparsedPublicKey::new(algorithm, &issuer.public_key().subject_public_key.data)
        .verify(
            subject.tbs_certificate.as_ref(),
            &subject.signature_value.data,
        )
        .map_err(|_| format!("{} did not sign {}", issuer.subject(), subject.subject()))
}

fn check_validity(certificate: &X509Certificate<'_>, now: OffsetDateTime) -> Result<(), String> {
    let validity = certificate.validity();
    if now < validity.not_before.to_datetime() {
        return Err(format!("{} is not valid yet", certificate.subject()));
    }
    if now > validity.not_after.to_datetime() {
        return Err(format!("{} has expired", certificate.subject()));
    }
    Ok(())
}

/// MD5 and SHA-1 are not in the table, and so refused.
fn signature_algorithm(
    issuer: &X509Certificate<'_>,
    subject: &X509Certificate<'_>,
) -> Result<&'static dyn VerificationAlgorithm, String> {
    let named = subject.signature_algorithm.algorithm.to_id_string();
    let algorithm: &dyn VerificationAlgorithm =
        match (PublicKey::of(issuer.public_key()), named.as_str()) {
            (PublicKey::Rsa, "1.2.840.113549.1.1.11") => &RSA_PKCS1_2048_8192_SHA256,
            (PublicKey::Rsa, "1.2.840.113549.1.1.12") => &RSA_PKCS1_2048_8192_SHA384,
            (PublicKey::Rsa, "1.2.840.113549.1.1.13") => &RSA_PKCS1_2048_8192_SHA512,
            (PublicKey::P256, "1.2.840.10045.4.3.2") => &ECDSA_P256_SHA256_ASN1,
            (PublicKey::P256, "1.2.840.10045.4.3.3") => &ECDSA_P256_SHA384_ASN1,
            (PublicKey::P256, "1.2.840.10045.4.3.4") => &ECDSA_P256_SHA512_ASN1,
            (PublicKey::P384, "1.2.840.10045.4.3.2") => &ECDSA_P384_SHA256_ASN1,
            (PublicKey::P384, "1.2.840.10045.4.3.3") => &ECDSA_P384_SHA384_ASN1,
            (PublicKey::P384, "1.2.840.10045.4.3.4") => &ECDSA_P384_SHA512_ASN1,
            (PublicKey::P521, "1.2.840.10045.4.3.2") => &ECDSA_P521_SHA256_ASN1,
            (PublicKey::P521, "1.2.840.10045.4.3.3") => &ECDSA_P521_SHA384_ASN1,
            (PublicKey::P521, "1.2.840.10045.4.3.4") => &ECDSA_P521_SHA512_ASN1,
            (key, other) => {
                return Err(format!(
                    "signature algorithm {other} with a {key:?} key is not accepted"
                ));
            }
        };
    Ok(algorithm)
}
