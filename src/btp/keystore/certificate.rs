//! The facts of a certificate that signing and messages need.

use time::OffsetDateTime;
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::KeyStoreError;

/// An X.509 certificate and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Certificate {
    pub(crate) der: Vec<u8>,
    pub(crate) subject: String,
    /// Decimal, as the signing process of Roles Anywhere writes it; up to 20 octets.
    pub(crate) serial: String,
    pub(crate) not_before: OffsetDateTime,
    pub(crate) not_after: OffsetDateTime,
    /// The bits of the subject's public key.
    pub(super) public_key: Vec<u8>,
    subject_der: Vec<u8>,
    issuer_der: Vec<u8>,
    subject_key_id: Option<Vec<u8>>,
    authority_key_id: Option<Vec<u8>>,
}

impl Certificate {
    /// Reads DER; anything behind the certificate is an error.
    pub(super) fn read(der: &[u8]) -> Result<Self, KeyStoreError> {
        let malformed = |detail: &str| KeyStoreError::Malformed {
            format: "certificate",
            detail: detail.to_owned(),
        };
        let (rest, parsed) =
            X509Certificate::from_der(der).map_err(|_| malformed("no X.509 structure"))?;
        if !rest.is_empty() {
            return Err(malformed("bytes after its end"));
        }
        let moment = |seconds: i64| {
            OffsetDateTime::from_unix_timestamp(seconds)
                .map_err(|_| malformed("a date out of range"))
        };
        let mut certificate = Self {
            subject: parsed.subject().to_string(),
            serial: parsed.tbs_certificate.serial.to_string(),
            not_before: moment(parsed.validity().not_before.timestamp())?,
            not_after: moment(parsed.validity().not_after.timestamp())?,
            public_key: parsed.public_key().subject_public_key.data.to_vec(),
            subject_der: parsed.subject().as_raw().to_vec(),
            issuer_der: parsed.issuer().as_raw().to_vec(),
            subject_key_id: None,
            authority_key_id: None,
            der: der.to_vec(),
        };
        for extension in parsed.extensions() {
            let parsed = extension.parsed_extension();
            if let ParsedExtension::SubjectKeyIdentifier(id) = parsed {
                certificate.subject_key_id = Some(id.0.to_vec());
            } else if let ParsedExtension::AuthorityKeyIdentifier(id) = parsed {
                certificate.authority_key_id = id.key_identifier.as_ref().map(|id| id.0.to_vec());
            }
        }
        Ok(certificate)
    }

    /// Whether subject and issuer are the same: a root, or a certificate of its own.
    pub(super) fn is_self_issued(&self) -> bool {
        self.subject_der == self.issuer_der
    }

    /// Whether names, and key identifiers where both have them, make this the other's issuer.
    pub(super) fn may_have_issued(&self, other: &Self) -> bool {
        let keys_agree = match (&self.subject_key_id, &other.authority_key_id) {
            (Some(own), Some(wanted)) => own == wanted,
            _ => true,
        };
        self.subject_der == other.issuer_der && keys_agree
    }
}
