//! Which container the bytes are, and what is inside.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use p12_keystore::{KeyStoreEntry, Pkcs12ImportPolicy};
use secrecy::{ExposeSecret, SecretString};

use super::{Certificate, Contents, KeyStoreError, key, pem};

/// First bytes of a Java key store.
const JKS_MAGIC: [u8; 4] = [0xfe, 0xed, 0xfe, 0xed];
/// First byte of every DER structure that matters here (SEQUENCE).
const DER_SEQUENCE: u8 = 0x30;

pub(super) fn read(
    content: &[u8],
    password: Option<&SecretString>,
) -> Result<Contents, KeyStoreError> {
    if content.starts_with(&JKS_MAGIC) {
        return jks(content, password);
    }
    if content.first() == Some(&DER_SEQUENCE) {
        return der(content, password);
    }
    let text = str::from_utf8(content).map_err(|_| KeyStoreError::UnknownFormat)?;
    if pem::looks_like_pem(text) {
        return pem::read(text, password);
    }
    // base64 once too often, as some upload scripts do
    let compact: Vec<u8> = content
        .iter()
        .copied()
        .filter(|b| !b.is_ascii_whitespace())
        .collect();
    match STANDARD.decode(compact) {
        Ok(decoded) if !decoded.is_empty() && decoded.len() < content.len() => {
            read(&decoded, password)
        }
        Ok(_) | Err(_) => Err(KeyStoreError::UnknownFormat),
    }
}

/// A bare certificate or key is told apart from PKCS#12 by trying.
fn der(content: &[u8], password: Option<&SecretString>) -> Result<Contents, KeyStoreError> {
    if let Ok(certificate) = Certificate::read(content) {
        return Ok(Contents {
            certificates: vec![certificate],
            keys: Vec::new(),
        });
    }
    let bare = key::Encoded::new(content.to_vec());
    if super::PrivateKey::load(&bare).is_ok() {
        return Ok(Contents {
            certificates: Vec::new(),
            keys: vec![bare],
        });
    }
    pkcs12(content, password)
}

fn pkcs12(content: &[u8], password: Option<&SecretString>) -> Result<Contents, KeyStoreError> {
    let given = password.map_or("", |p| p.expose_secret());
    let store = p12_keystore::KeyStore::from_pkcs12(content, given, Pkcs12ImportPolicy::Raw)
        .map_err(|error| {
            let wrong = matches!(
                error,
                p12_keystore::error::Error::MacError(_) | p12_keystore::error::Error::UnpadError
            );
            match (wrong, password) {
                (true, None) => KeyStoreError::PasswordNeeded,
                (true, Some(_)) => KeyStoreError::WrongPassword,
                (false, _) => KeyStoreError::Malformed {
                    format: "PKCS#12",
                    detail: error.to_string(),
                },
            }
        })?;
    let mut contents = Contents::default();
    for (_, entry) in store.entries() {
        match entry {
            KeyStoreEntry::PrivateKeyChain(chain) => {
                contents
                    .keys
                    .push(key::Encoded::new(chain.key().as_der().to_vec()));
                for certificate in chain.certs() {
                    contents
                        .certificates
                        .push(Certificate::read(certificate.as_der())?);
                }
            }
            KeyStoreEntry::Certificate(certificate) => {
                contents
                    .certificates
                    .push(Certificate::read(certificate.as_der())?);
            }
            KeyStoreEntry::Secret(_) => {}
        }
    }
    Ok(contents)
}

fn jks(content: &[u8], password: Option<&SecretString>) -> Result<Contents, KeyStoreError> {
    let password = password
        .ok_or(KeyStoreError::PasswordNeeded)?
        .expose_secret()
        .as_bytes();
    let malformed = |error: jks::KeyStoreError| match error {
        // the digest at the end covers the password, so both faults look alike
        jks::KeyStoreError::InvalidDigest => KeyStoreError::WrongPassword,
        other => KeyStoreError::Malformed {
            format: "JKS",
            detail: other.to_string(),
        },
    };
    let mut store = jks::KeyStore::new();
    store.load(content, password).map_err(malformed)?;
    let mut contents = Contents::default();
    for alias in store.aliases() {
        if store.is_private_key_entry(&alias) {
            let entry = store
                .get_private_key_entry(&alias, password)
                .map_err(malformed)?;
            contents.keys.push(key::Encoded::new(entry.private_key));
            for certificate in entry.certificate_chain {
                contents
                    .certificates
                    .push(Certificate::read(&certificate.content)?);
            }
        } else if let Ok(entry) = store.get_trusted_certificate_entry(&alias) {
            contents
                .certificates
                .push(Certificate::read(&entry.certificate.content)?);
        }
    }
    Ok(contents)
}
