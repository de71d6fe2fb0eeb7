//! Decrypts what the Credential Store sends: compact JWE with one algorithm each.
//!
//! Sources: RFC 7516; SAP Credential Store, "Payload Encryption": RSA-OAEP-256 with A256GCM
//! and an `iat` that is at most two minutes old.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::rsa::{OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use serde::Deserialize;

/// How old a payload may be, in seconds; older ones may be replayed ones.
const OLDEST: i64 = 120;
/// How far the sender's clock may be ahead, in seconds.
const AHEAD: i64 = 60;

/// Why a payload can't be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JweError {
    #[error("the payload is no compact JWE")]
    Malformed,
    #[error("the payload is not encrypted with RSA-OAEP-256 and A256GCM")]
    Algorithm,
    #[error("the payload is {0} s old; check this machine's clock")]
    Stale(i64),
    #[error("encryption.client_private_key of the binding is no base64 of PKCS#8")]
    Key,
    /// One error for every step, so that nothing is learned from trying.
    #[error("the payload does not fit the key of the binding, or was changed on its way")]
    Decryption,
}

/// The protected header; other members are refused where they change the meaning.
#[derive(Deserialize)]
struct Header {
    alg: String,
    enc: String,
    iat: Option<f64>,
    crit: Option<serde_json::Value>,
    zip: Option<serde_json::Value>,
}

/// Decrypts with a key in base64 of PKCS#8 DER.
pub(crate) fn decrypt(
    compact: &str,
    key: &SecretString,
    now: SystemTime,
) -> Result<SecretSlice<u8>, JweError> {
    let parts: Vec<&str> = compact.split('.').collect();
    let [protected, key_part, iv, ciphertext, tag] = parts.as_slice() else {
        return Err(JweError::Malformed);
    };
    let decode = |part: &str| {
        URL_SAFE_NO_PAD
            .decode(part)
            .map_err(|_| JweError::Malformed)
    };
    let header: Header =
        serde_json::from_slice(&decode(protected)?).map_err(|_| JweError::Malformed)?;
    let plain = header.crit.is_none() && header.zip.is_none();
    if header.alg != "RSA-OAEP-256" || header.enc != "A256GCM" || !plain {
        return Err(JweError::Algorithm);
    }
    check_age(header.iat, now)?;
    let content_key = unwrap(key, &decode(key_part)?)?;
    let content_key = UnboundKey::new(&AES_256_GCM, content_key.expose_secret())
        .map_err(|_| JweError::Decryption)?;
    let nonce = Nonce::try_assume_unique_for_key(&decode(iv)?).map_err(|_| JweError::Decryption)?;
    let tag = decode(tag)?;
    if tag.len() != AES_256_GCM.tag_len() {
        return Err(JweError::Decryption);
    }
    let mut sealed = decode(ciphertext)?;
    sealed.extend_from_slice(&tag);
    let opened = LessSafeKey::new(content_key)
        .open_in_place(nonce, Aad::from(protected.as_bytes()), &mut sealed)
        .map_err(|_| JweError::Decryption)?;
    let length = opened.len();
    sealed.truncate(length);
    Ok(sealed.into())
}

fn check_age(iat: Option<f64>, now: SystemTime) -> Result<(), JweError> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a saturating cast is what an absurd iat deserves"
    )]
    let issued = iat.ok_or(JweError::Malformed)? as i64;
    let now = now
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX));
    let age = now.saturating_sub(issued);
    if (-AHEAD..=OLDEST).contains(&age) {
        Ok(())
    } else {
        Err(JweError::Stale(age))
    }
}

fn unwrap(key: &SecretString, wrapped: &[u8]) -> Result<SecretSlice<u8>, JweError> {
    let pkcs8: SecretSlice<u8> = STANDARD
        .decode(key.expose_secret().trim())
        .map_err(|_| JweError::Key)?
        .into();
    let key = PrivateDecryptingKey::from_pkcs8(pkcs8.expose_secret()).map_err(|_| JweError::Key)?;
    let key = OaepPrivateDecryptingKey::new(key).map_err(|_| JweError::Key)?;
    let mut buffer = vec![0; key.min_output_size()];
    let opened = key
        .decrypt(&OAEP_SHA256_MGF1SHA256, wrapped, &mut buffer, None)
        .map_err(|_| JweError::Decryption)?;
    let length = opened.len();
    buffer.truncate(length);
    Ok(buffer.into())
}

#[cfg(test)]
mod tests;
