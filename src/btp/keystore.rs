//! Key stores as people upload them: bytes → key, its certificate, and the ordered chain.
//!
//! What the bytes are is told by their content; names lie (a `.jks` made by a recent Java is
//! PKCS#12). Nothing here checks who signed whom: AWS does, and refuses with a reason.

mod certificate;
mod containers;
mod jks;
mod key;
mod pem;

#[cfg(test)]
mod tests;

use std::time::SystemTime;

use secrecy::SecretString;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

pub(crate) use certificate::{Certificate, Side, tags, unfit};
pub(crate) use key::PrivateKey;

/// IAM Roles Anywhere takes at most five certificates in the chain header.
const MOST_INTERMEDIATES: usize = 5;

/// A private key with the certificate that belongs to it.
#[derive(Debug)]
pub(crate) struct KeyStore {
    pub(crate) key: PrivateKey,
    pub(crate) leaf: Certificate,
    /// The leaf's issuer first; neither leaf nor root.
    pub(crate) intermediates: Vec<Certificate>,
}

/// Why a key store can't be used, each for its own remedy.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyStoreError {
    #[error("its format is not recognised: upload PEM, PKCS#12 or JKS")]
    UnknownFormat,
    #[error("its {format} can't be read ({detail}): upload it again")]
    Malformed {
        format: &'static str,
        detail: String,
    },
    #[error(
        "it is protected by a password: set certificate_password or the destination's KeyStorePassword"
    )]
    PasswordNeeded,
    #[error(
        "its password is wrong: correct certificate_password or the destination's KeyStorePassword"
    )]
    WrongPassword,
    #[error(
        "its private key is encrypted the old way (Proc-Type: 4,ENCRYPTED): convert it with \"openssl pkcs8 -topk8\""
    )]
    LegacyEncryption,
    #[error(
        "it is encrypted in a way that is not supported: encrypt it with AES, as openssl 3 and recent versions of keytool do"
    )]
    UnsupportedEncryption,
    #[error("it contains no private key: upload key and certificates in one file")]
    NoPrivateKey,
    #[error("it contains no certificate: upload key and certificates in one file")]
    NoCertificate,
    #[error(
        "its private key can't be used: RSA of 2048 bits or more and EC on P-256, P-384 or P-521 can"
    )]
    UnsupportedKey,
    #[error(
        "its private key fits none of its certificates ({subjects}): upload the key that belongs to the certificate"
    )]
    KeyFitsNoCertificate { subjects: String },
    #[error("its certificate \"{subject}\" expired on {}: renew it", rfc3339(*on))]
    Expired { subject: String, on: OffsetDateTime },
    #[error(
        "its certificate \"{subject}\" is not valid before {}: check the clock, or wait",
        rfc3339(*from)
    )]
    NotYetValid {
        subject: String,
        from: OffsetDateTime,
    },
    #[error(
        "its chain has more than {MOST_INTERMEDIATES} intermediate certificates, which is more than AWS takes"
    )]
    ChainTooLong,
}

/// What a container held, in no particular order.
#[derive(Default)]
struct Contents {
    certificates: Vec<Certificate>,
    keys: Vec<key::Encoded>,
}

/// Opens a key store of any supported format.
pub(crate) fn open(
    content: &[u8],
    password: Option<&SecretString>,
    now: SystemTime,
) -> Result<KeyStore, KeyStoreError> {
    let contents = containers::read(content, password)?;
    let now = OffsetDateTime::from(now);
    let (key, leaf) = pair(&contents, now)?;
    if now < leaf.not_before {
        return Err(KeyStoreError::NotYetValid {
            subject: leaf.subject,
            from: leaf.not_before,
        });
    }
    if now > leaf.not_after {
        return Err(KeyStoreError::Expired {
            subject: leaf.subject,
            on: leaf.not_after,
        });
    }
    let intermediates = chain(&leaf, &contents.certificates, now)?;
    Ok(KeyStore {
        key,
        leaf,
        intermediates,
    })
}

/// A key and the certificate with the same public key; of several the best, see [`best`].
fn pair(
    contents: &Contents,
    now: OffsetDateTime,
) -> Result<(PrivateKey, Certificate), KeyStoreError> {
    let Contents { certificates, keys } = contents;
    if keys.is_empty() {
        return Err(KeyStoreError::NoPrivateKey);
    }
    if certificates.is_empty() {
        return Err(KeyStoreError::NoCertificate);
    }
    let mut usable: Vec<PrivateKey> = keys
        .iter()
        .filter_map(|k| PrivateKey::load(k).ok())
        .collect();
    if usable.is_empty() {
        return Err(KeyStoreError::UnsupportedKey);
    }
    let fits = |key: &PrivateKey, c: &Certificate| c.public_key == key.public_key();
    let fitting = certificates
        .iter()
        .filter(|c| usable.iter().any(|key| fits(key, c)));
    if let Some(leaf) = best(fitting, now)
        && let Some(index) = usable.iter().position(|key| fits(key, leaf))
    {
        return Ok((usable.swap_remove(index), leaf.clone()));
    }
    let subjects: Vec<&str> = certificates.iter().map(|c| c.subject.as_str()).collect();
    Err(KeyStoreError::KeyFitsNoCertificate {
        subjects: subjects.join("; "),
    })
}

/// From issuer to issuer, until a root or nothing more is found.
fn chain(
    leaf: &Certificate,
    certificates: &[Certificate],
    now: OffsetDateTime,
) -> Result<Vec<Certificate>, KeyStoreError> {
    let mut chain: Vec<Certificate> = Vec::new();
    let mut current = leaf;
    while !current.is_self_issued() {
        let issuers = certificates
            .iter()
            .filter(|c| c.may_have_issued(current) && !c.is_self_issued());
        // seen certificates are left out, so two that name each other end the walk
        let unseen = issuers.filter(|c| **c != *leaf && !chain.contains(c));
        let Some(issuer) = best(unseen, now) else {
            break;
        };
        if chain.len() == MOST_INTERMEDIATES {
            return Err(KeyStoreError::ChainTooLong);
        }
        chain.push(issuer.clone());
        current = issuer;
    }
    Ok(chain)
}

/// The one that is valid now and lasts longest, whatever their order: a renewed one wins.
fn best<'a>(
    certificates: impl Iterator<Item = &'a Certificate>,
    now: OffsetDateTime,
) -> Option<&'a Certificate> {
    let is_valid = |c: &Certificate| (c.not_before..=c.not_after).contains(&now);
    certificates
        .map(|c| (is_valid(c), c.not_after, &c.der, c))
        .max_by(|a, b| (a.0, a.1, a.2).cmp(&(b.0, b.1, b.2)))
        .map(|(.., c)| c)
}

fn rfc3339(moment: OffsetDateTime) -> String {
    moment.format(&Rfc3339).unwrap_or_default()
}
