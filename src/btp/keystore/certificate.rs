//! The facts of a certificate that signing and messages need.

use time::OffsetDateTime;
use x509_parser::asn1_rs::{Oid, oid};
use x509_parser::extensions::ParsedExtension;
use x509_parser::oid_registry::{
    OID_PKCS1_MD5WITHRSAENC, OID_PKCS1_SHA1WITHRSA, OID_X509_COMMON_NAME, OID_X509_COUNTRY_NAME,
    OID_X509_LOCALITY_NAME, OID_X509_ORGANIZATION_NAME, OID_X509_ORGANIZATIONAL_UNIT,
    OID_X509_STATE_OR_PROVINCE_NAME,
};
use x509_parser::pem::parse_x509_pem;
use x509_parser::prelude::{FromDer, X509Certificate, X509Name, X509Version};

use super::KeyStoreError;

/// The attributes that become tags, by their short names.
const TAGGED: [(&str, Oid<'static>); 6] = [
    ("CN", OID_X509_COMMON_NAME),
    ("OU", OID_X509_ORGANIZATIONAL_UNIT),
    ("O", OID_X509_ORGANIZATION_NAME),
    ("L", OID_X509_LOCALITY_NAME),
    ("ST", OID_X509_STATE_OR_PROVINCE_NAME),
    ("C", OID_X509_COUNTRY_NAME),
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

    /// Attributes of one of its names, as [`tags`] has them.
    pub(crate) fn attributes(&self, of: Side) -> Vec<(&'static str, String)> {
        let Ok((_, parsed)) = X509Certificate::from_der(&self.der) else {
            return Vec::new();
        };
        match of {
            Side::Subject => tags(parsed.subject()),
            Side::Issuer => tags(parsed.issuer()),
        }
    }

    /// Why IAM Roles Anywhere would not take it from an end entity, whoever issued it.
    ///
    /// <https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html>, "Signature
    /// verification"
    pub(crate) fn unfit(&self) -> Option<&'static str> {
        let (_, parsed) = X509Certificate::from_der(&self.der).ok()?;
        if parsed.is_ca() {
            return Some("it is a certificate authority's (basicConstraints CA:true)");
        }
        unfit(&parsed)
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

/// Attributes of a name as IAM Roles Anywhere makes principal tags of them: by short name, several
/// of one kind joined with slashes in the certificate's order. What is no text becomes U+FFFD, which
/// no tag has.
///
/// <https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html>, "principal tags"
pub(crate) fn tags(name: &X509Name<'_>) -> Vec<(&'static str, String)> {
    let tag = |(short, oid): &(&'static str, Oid<'static>)| {
        let values = name.iter_by_oid(oid);
        let values: Vec<&str> = values.map(|it| it.as_str().unwrap_or("\u{fffd}")).collect();
        (!values.is_empty()).then(|| (*short, values.join("/")))
    };
    TAGGED.iter().filter_map(tag).collect()
}

/// What IAM Roles Anywhere asks of every certificate, and of an end entity's key usage.
pub(crate) fn unfit(certificate: &X509Certificate<'_>) -> Option<&'static str> {
    let usage = certificate.key_usage().ok().flatten();
    let ecdsa_with_sha1 = oid!(1.2.840.10045.4.1);
    let weak = [
        OID_PKCS1_MD5WITHRSAENC,
        OID_PKCS1_SHA1WITHRSA,
        ecdsa_with_sha1,
    ];
    if certificate.version() != X509Version::V3 {
        Some("it is no X.509 certificate of version 3")
    } else if weak.contains(&certificate.signature_algorithm.algorithm) {
        Some("it is signed with MD5 or SHA-1, not with SHA-256 or stronger")
    } else if certificate.subject().iter().next().is_none() {
        Some("its subject is empty")
    } else if certificate.is_ca() {
        let signs = usage.is_none_or(|usage| usage.value.key_cert_sign());
        (!signs).then_some("it is a CA's, and its key usage lacks keyCertSign")
    } else {
        let signs = usage.is_some_and(|usage| usage.value.digital_signature());
        (!signs).then_some("its key usage lacks digitalSignature")
    }
}
