//! Which container the bytes are, and what is inside.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use p12_keystore::Pkcs12Archive;
use p12_keystore::error::Error;
use secrecy::{ExposeSecret, SecretString};

use super::{Certificate, Contents, KeyStoreError, jks, key, pem};

/// First bytes of a Java key store.
const JKS_MAGIC: [u8; 4] = [0xfe, 0xed, 0xfe, 0xed];
/// First byte of every DER structure that matters here (SEQUENCE).
const DER_SEQUENCE: u8 = 0x30;

pub(super) fn read(
    content: &[u8],
    password: Option<&SecretString>,
) -> Result<Contents, KeyStoreError> {
    if content.starts_with(&JKS_MAGIC) {
        return jks::read(content, password);
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
    let refused = |error: Error| match (error, password) {
        (Error::MacError(_) | Error::UnpadError | Error::Pkcs5Error(_), None) => {
            KeyStoreError::PasswordNeeded
        }
        (Error::MacError(_) | Error::UnpadError | Error::Pkcs5Error(_), Some(_)) => {
            KeyStoreError::WrongPassword
        }
        (Error::UnsupportedEncryptionScheme | Error::UnsupportedMacAlgorithm, _) => {
            KeyStoreError::UnsupportedEncryption
        }
        (other, _) => KeyStoreError::Malformed {
            format: "PKCS#12",
            detail: other.to_string(),
        },
    };
    // bags as they are: the crate's own key store leaves out keys that no attribute links
    let archive = Pkcs12Archive::from_pkcs12(content, given).map_err(refused)?;
    let mut contents = Contents::default();
    for bag in &archive.keys {
        let key = key::Encoded::new(bag.key.as_der().to_vec());
        contents.keys.push(key);
    }
    for bag in &archive.certs {
        let certificate = Certificate::read(bag.cert.as_der())?;
        contents.certificates.push(certificate);
    }
    Ok(contents)
}
