//! What Roles Anywhere needs to know of a certificate, read once from its DER.

use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::{random, sigv4};

/// A certificate that parses; nothing is verified yet.
#[derive(Debug, Clone)]
pub(super) struct Certificate {
    der: Vec<u8>,
    serial: Vec<u8>,
    serial_decimal: String,
    public_key: PublicKey,
    key_bytes: Vec<u8>,
    subject: Vec<u8>,
    common_name: Option<String>,
}

/// The kinds of keys that may sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PublicKey {
    Rsa,
    P256,
    P384,
    P521,
    Other,
}

impl PublicKey {
    /// From the algorithm (and curve) object identifiers of RFC 3279 and RFC 5480.
    pub(super) fn of(info: &SubjectPublicKeyInfo<'_>) -> Self {
        let curve = info
            .algorithm
            .parameters
            .as_ref()
            .and_then(|curve| curve.as_oid().ok());
        match (
            info.algorithm.algorithm.to_id_string().as_str(),
            curve.map(|curve| curve.to_id_string()).as_deref(),
        ) {
            ("1.2.840.113549.1.1.1", _) => Self::Rsa,
            ("1.2.840.10045.2.1", Some("1.2.840.10045.3.1.7")) => Self::P256,
            ("1.2.840.10045.2.1", Some("1.3.132.0.34")) => Self::P384,
            ("1.2.840.10045.2.1", Some("1.3.132.0.35")) => Self::P521,
            _ => Self::Other,
        }
    }
}

impl Certificate {
    pub(super) fn parse(der: &[u8]) -> Result<Self, String> {
        let (rest, parsed) = X509Certificate::from_der(der)
            .map_err(|error| format!("certificate does not parse: {error}"))?;
        if !rest.is_empty() {
            return Err("bytes after the certificate".to_owned());
        }
        let mut names = parsed
            .subject()
            .iter_common_name()
            .filter_map(|name| name.as_str().ok());
        let common_name = names.next().map(str::to_owned);
        Ok(Self {
            der: der.to_vec(),
            serial: without_leading_zeros(parsed.raw_serial()).to_vec(),
            serial_decimal: parsed.tbs_certificate.serial.to_string(),
            public_key: PublicKey::of(parsed.public_key()),
            key_bytes: parsed.public_key().subject_public_key.data.to_vec(),
            subject: parsed.subject().as_raw().to_vec(),
            common_name,
        })
    }

    pub(super) fn der(&self) -> &[u8] {
        &self.der
    }

    pub(super) fn public_key(&self) -> PublicKey {
        self.public_key
    }

    /// `RSAPublicKey` or the uncompressed point.
    pub(super) fn key_bytes(&self) -> &[u8] {
        &self.key_bytes
    }

    pub(super) fn serial_decimal(&self) -> &str {
        &self.serial_decimal
    }

    /// Lower-case, even length: the default session name.
    pub(super) fn serial_hex(&self) -> String {
        sigv4::hex(&self.serial)
    }

    pub(super) fn has_serial(&self, serial: &[u8]) -> bool {
        self.serial == without_leading_zeros(serial)
    }

    pub(super) fn common_name(&self) -> Option<&str> {
        self.common_name.as_deref()
    }

    /// The source identity that AWS derives from a certificate.
    ///
    /// <https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html>
    pub(super) fn source_identity(&self) -> String {
        match self.common_name() {
            Some(name) if name.len() <= 61 => format!("CN={name}"),
            Some(name) if name.len() <= 64 => name.to_owned(),
            _ => format!("ID={}", self.serial_hex()),
        }
    }

    /// One subject resource per distinguished name.
    pub(super) fn subject_id(&self) -> String {
        random::grouped(&sigv4::sha256_hex(&self.subject))
    }
}

/// DER puts a zero before an integer whose top bit is set.
fn without_leading_zeros(serial: &[u8]) -> &[u8] {
    let zeros = serial.iter().take_while(|byte| **byte == 0).count();
    serial.get(zeros..).unwrap_or_default()
}
