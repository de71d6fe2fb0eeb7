//! The facts of a certificate that signing and messages need.

use std::collections::BTreeMap;

use time::OffsetDateTime;
use x509_parser::extensions::ParsedExtension;
use x509_parser::objects::{oid_registry, oid2abbrev};
use x509_parser::pem::parse_x509_pem;
use x509_parser::prelude::{FromDer, X509Certificate, X509Version};

use super::KeyStoreError;

/// md5WithRSAEncryption, sha1WithRSAEncryption, ecdsa-with-SHA1.
const WEAK_SIGNATURES: [&str; 3] = [
    "1.2.840.113549.1.1.4",
    "1.2.840.113549.1.1.5",
    "1.2.840.10045.4.1",
];

/// Which of a certificate's two names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Subject,
    Issuer,
}

/// An X.509 certificate and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Certificate {
    pub(crate) der: Vec<u8>,
    pub(crate) subject: String,
    pub(crate) issuer: String,
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
            issuer: parsed.issuer().to_string(),
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

    /// The first certificate of a PEM text.
    pub(crate) fn first_of(pem: &str) -> Option<Self> {
        let (_, block) = parse_x509_pem(pem.as_bytes()).ok()?;
        Self::read(&block.contents).ok()
    }

    /// Whole days until it ends; negative if it has.
    pub(crate) fn days_left(&self, now: OffsetDateTime) -> i64 {
        (self.not_after - now).whole_days()
    }

    /// Attributes of a name as IAM Roles Anywhere turns them into principal tags: by short name,
    /// several of one kind joined with slashes.
    ///
    /// <https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html>, "principal tags"
    pub(crate) fn attributes(&self, of: Side) -> BTreeMap<String, String> {
        let mut attributes: BTreeMap<String, String> = BTreeMap::new();
        let Ok((_, parsed)) = X509Certificate::from_der(&self.der) else {
            return attributes;
        };
        let name = match of {
            Side::Subject => parsed.subject(),
            Side::Issuer => parsed.issuer(),
        };
        for attribute in name.iter_attributes() {
            let kind = oid2abbrev(attribute.attr_type(), oid_registry());
            let (Ok(kind), Ok(value)) = (kind, attribute.as_str()) else {
                continue;
            };
            attributes
                .entry(kind.to_owned())
                .and_modify(|known| *known = format!("{known}/{value}"))
                .or_insert_with(|| value.to_owned());
        }
        attributes
    }

    /// Why IAM Roles Anywhere would not take it from an end entity, whoever issued it.
    ///
    /// <https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html>, "Signature
    /// verification"
    pub(crate) fn unfit(&self) -> Option<&'static str> {
        let (_, parsed) = X509Certificate::from_der(&self.der).ok()?;
        let usage = parsed.key_usage().ok().flatten();
        let signature = parsed.signature_algorithm.algorithm.to_id_string();
        if parsed.version() != X509Version::V3 {
            Some("it is no X.509 certificate of version 3")
        } else if parsed.is_ca() {
            Some("it is a certificate authority's (basicConstraints CA:true)")
        } else if !usage.is_some_and(|usage| usage.value.digital_signature()) {
            Some("its key usage lacks digitalSignature")
        } else if parsed.subject().iter().next().is_none() {
            Some("its subject is empty")
        } else if WEAK_SIGNATURES.contains(&signature.as_str()) {
            Some("it is signed with MD5 or SHA-1")
        } else {
            None
        }
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
