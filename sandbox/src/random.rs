//! Random identifiers and secrets in the alphabets that AWS and SAP use.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// This many random bytes.
#[expect(
    clippy::expect_used,
    reason = "a machine without randomness can't run any stand-in"
)]
pub(crate) fn vec(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    aws_lc_rs::rand::fill(&mut bytes).expect("the system gives randomness");
    bytes
}

/// This many random bytes as base64url.
pub(crate) fn text(length: usize) -> String {
    URL_SAFE_NO_PAD.encode(vec(length))
}

/// Sixteen letters and digits, the part of an AWS identifier after its prefix.
pub(crate) fn identifier() -> String {
    let letter = |byte: &u8| BASE32.get(usize::from(byte % 32)).copied().map(char::from);
    vec(16).iter().filter_map(letter).collect()
}

/// Forty characters, as a secret access key has.
pub(crate) fn secret_key() -> String {
    STANDARD.encode(vec(30))
}

/// An opaque session token; real ones have no fixed length either.
pub(crate) fn session_token() -> String {
    format!("IQoJb3JpZ2luX2Vj{}", STANDARD.encode(vec(240)))
}

/// A version 4 UUID, as request identifiers are.
pub(crate) fn uuid() -> String {
    let mut bytes = vec(16);
    if let Some(version) = bytes.get_mut(6) {
        *version = (*version & 0x0f) | 0x40;
    }
    if let Some(variant) = bytes.get_mut(8) {
        *variant = (*variant & 0x3f) | 0x80;
    }
    grouped(&crate::sigv4::hex(&bytes))
}

/// 32 hexadecimal digits in the groups of a UUID.
pub(crate) fn grouped(hex: &str) -> String {
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32];
    parts
        .map(|range| hex.get(range).unwrap_or_default())
        .join("-")
}
