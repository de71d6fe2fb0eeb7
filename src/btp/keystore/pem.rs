//! PEM text as people assemble it: blocks in any order, comments, carriage returns.
//!
//! Source: RFC 7468, read as leniently as it advises parsers to.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pkcs8::EncryptedPrivateKeyInfoRef;
use pkcs8::pkcs5::EncryptionScheme;
use pkcs8::pkcs5::pbes2::Kdf;
use secrecy::{ExposeSecret, SecretString};

use super::{Certificate, Contents, KeyStoreError, key};

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";
/// Twice what is recommended today; a damaged number must not keep us busy for hours.
const MOST_ITERATIONS: u32 = 1_300_000;
/// Twice what openssl takes; the whole service has 64 MB.
const MOST_SCRYPT_MEMORY: u64 = 32 << 20;
const MOST_SCRYPT_LANES: u16 = 16;

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
                contents.certificates.push(Certificate::read(&block.der)?);
            }
            "PRIVATE KEY" | "RSA PRIVATE KEY" | "EC PRIVATE KEY" if block.legacy_encryption => {
                return Err(KeyStoreError::LegacyEncryption);
            }
            "PRIVATE KEY" | "RSA PRIVATE KEY" | "EC PRIVATE KEY" => {
                contents.keys.push(key::Encoded::new(block.der));
            }
            "ENCRYPTED PRIVATE KEY" => contents.keys.push(decrypt(&block.der, password)?),
            _ => {}
        }
    }
    Ok(contents)
}

/// Blocks wherever they stand: behind a byte order mark, between comments, on a single line.
fn blocks(text: &str) -> Result<Vec<Block<'_>>, KeyStoreError> {
    let malformed = |detail: String| KeyStoreError::Malformed {
        format: "PEM",
        detail,
    };
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((_, begun)) = rest.split_once(BEGIN) {
        let (label, begun) = begun
            .split_once(DASHES)
            .ok_or_else(|| malformed("a block has no complete first line".to_owned()))?;
        let (body, ended) = begun
            .split_once(END)
            .filter(|(body, _)| !body.contains(DASHES))
            .ok_or_else(|| malformed(format!("the block {label} has no end")))?;
        rest = ended;
        let legacy_encryption = body.contains("Proc-Type") || body.contains("DEK-Info");
        // an encrypted block of the old kind is never decoded
        let der = if legacy_encryption {
            Vec::new()
        } else {
            decode(body).ok_or_else(|| malformed(format!("the block {label} is not base64")))?
        };
        blocks.push(Block {
            label,
            der,
            legacy_encryption,
        });
    }
    Ok(blocks)
}

/// The bytes of a body; lines with a colon are headers, as RFC 1421 knows them.
fn decode(body: &str) -> Option<Vec<u8>> {
    let lines = body.lines().filter(|line| !line.contains(':'));
    let compact: String = lines.flat_map(str::split_whitespace).collect();
    STANDARD.decode(compact).ok()
}

fn decrypt(der: &[u8], password: Option<&SecretString>) -> Result<key::Encoded, KeyStoreError> {
    if !key::is_encrypted_info(der) {
        return Err(KeyStoreError::Malformed {
            format: "PEM",
            detail: "the encrypted private key is no PKCS#8".to_owned(),
        });
    }
    let info = EncryptedPrivateKeyInfoRef::try_from(der)
        .ok()
        .filter(|info| is_affordable(&info.encryption_algorithm))
        .ok_or(KeyStoreError::UnsupportedEncryption)?;
    let password = password.ok_or(KeyStoreError::PasswordNeeded)?;
    let document = info
        .decrypt(password.expose_secret())
        .map_err(|_| KeyStoreError::WrongPassword)?;
    Ok(key::Encoded::new(document.as_bytes().to_vec()))
}

/// Whether deriving the key costs neither more memory than there is nor more than a moment.
fn is_affordable(scheme: &EncryptionScheme) -> bool {
    match scheme.pbes2().map(|parameters| &parameters.kdf) {
        Some(Kdf::Pbkdf2(pbkdf2)) => pbkdf2.iteration_count <= MOST_ITERATIONS,
        Some(Kdf::Scrypt(scrypt)) => {
            let block = 128 * u64::from(scrypt.block_size);
            let memory = block.saturating_mul(scrypt.cost_parameter);
            memory <= MOST_SCRYPT_MEMORY && scrypt.parallelization <= MOST_SCRYPT_LANES
        }
        Some(_) | None => false,
    }
}
