//! PEM text as people assemble it: blocks in any order, comments, carriage returns.
//!
//! Source: RFC 7468, read as leniently as it advises parsers to.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pkcs8::EncryptedPrivateKeyInfoRef;
use secrecy::{ExposeSecret, SecretString};

use super::{Certificate, Contents, KeyStoreError, key};

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";

/// A block: its label, and the bytes between its lines.
struct Block<'a> {
    label: &'a str,
    der: Vec<u8>,
    legacy_encryption: bool,
}

pub(super) fn looks_like_pem(text: &str) -> bool {
    text.contains(BEGIN)
}

/// Keys and certificates of all blocks; blocks of other kinds are passed over.
pub(super) fn read(text: &str, password: Option<&SecretString>) -> Result<Contents, KeyStoreError> {
    let mut contents = Contents::default();
    for block in blocks(text)? {
        match block.label {
            "CERTIFICATE" | "X509 CERTIFICATE" => {
                contents.certificates.push(Certificate::read(&block.der)?)
            }
            "PRIVATE KEY" | "RSA PRIVATE KEY" | "EC PRIVATE KEY" if block.legacy_encryption => {
                return Err(KeyStoreError::LegacyEncryption);
            }
            "PRIVATE KEY" | "RSA PRIVATE KEY" | "EC PRIVATE KEY" => {
                contents.keys.push(key::Encoded::new(block.der))
            }
            "ENCRYPTED PRIVATE KEY" => contents.keys.push(decrypt(&block.der, password)?),
            _ => {}
        }
    }
    Ok(contents)
}

fn blocks(text: &str) -> Result<Vec<Block<'_>>, KeyStoreError> {
    let malformed = |detail: String| KeyStoreError::Malformed {
        format: "PEM",
        detail,
    };
    let mut blocks = Vec::new();
    let mut lines = text.lines().map(str::trim);
    while let Some(line) = lines.next() {
        // some tools put the first block behind a byte order mark or other text
        let Some((_, rest)) = line.split_once(BEGIN) else {
            continue;
        };
        let label = rest.trim_end_matches('-');
        let (mut body, mut legacy_encryption, mut ended) = (String::new(), false, false);
        for line in lines.by_ref() {
            if line.starts_with(END) {
                ended = true;
                break;
            }
            if line.contains(':') {
                legacy_encryption |= line.contains("ENCRYPTED") || line.starts_with("DEK-Info");
            } else {
                body.push_str(line);
            }
        }
        if !ended {
            return Err(malformed(format!("the block {label} has no end")));
        }
        // an encrypted block of the old kind continues after its headers; it is never decoded
        let der = if legacy_encryption {
            Ok(Vec::new())
        } else {
            STANDARD.decode(&body)
        };
        let der = der.map_err(|_| malformed(format!("the block {label} is not base64")))?;
        blocks.push(Block {
            label,
            der,
            legacy_encryption,
        });
    }
    Ok(blocks)
}

fn decrypt(der: &[u8], password: Option<&SecretString>) -> Result<key::Encoded, KeyStoreError> {
    let info = EncryptedPrivateKeyInfoRef::try_from(der).map_err(|_| KeyStoreError::Malformed {
        format: "PEM",
        detail:
            "the encrypted private key is no PKCS#8, or encrypted in a way that is not supported"
                .to_owned(),
    })?;
    let password = password.ok_or(KeyStoreError::PasswordNeeded)?;
    let document = info
        .decrypt(password.expose_secret())
        .map_err(|_| KeyStoreError::WrongPassword)?;
    Ok(key::Encoded::new(document.as_bytes().to_vec()))
}
