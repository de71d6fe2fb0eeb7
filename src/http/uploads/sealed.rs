//! The state of an upload, sealed into its URL, so that any instance can take it up.
//!
//! The key comes from the secret of a binding, which all instances of an application share. When
//! the application is bound anew, uploads that were under way have to begin again.

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

/// Says what the seal is for; another purpose or form gets another one.
const PURPOSE: &[u8] = b"btp-s3-catalog upload 1";
const NONCE: usize = 12;
const KEY: usize = 32;

/// What an upload's URL says, with short names: URLs are limited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    /// `Upload-Metadata`, as the client sent it.
    #[serde(rename = "m")]
    pub(super) metadata: String,
    #[serde(rename = "l")]
    pub(super) length: u64,
    #[serde(rename = "n")]
    pub(super) name: String,
    /// S3's id of the upload in parts.
    #[serde(rename = "u", skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    /// Who may go on.
    #[serde(rename = "o")]
    pub(super) owner: String,
    /// When it ends, in seconds since 1970.
    #[serde(rename = "e")]
    pub(super) expires: u64,
    #[serde(rename = "i", skip_serializing_if = "Option::is_none")]
    pub(super) if_match: Option<String>,
    #[serde(rename = "z", default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) if_none: bool,
}

/// Seals and opens URLs.
pub(crate) struct Seal(RandomizedNonceKey);

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal")
    }
}

#[derive(Clone, Copy)]
struct Length;

impl KeyType for Length {
    fn len(&self) -> usize {
        KEY
    }
}

impl Seal {
    /// `None` only if the crypto library refuses, which it has no reason to.
    pub(crate) fn derived_from(secret: &SecretString) -> Option<Self> {
        let salt = Salt::new(HKDF_SHA256, PURPOSE);
        let derived = salt.extract(secret.expose_secret().as_bytes());
        let mut key = [0; KEY];
        let info = [&b"url"[..]];
        derived.expand(&info, Length).ok()?.fill(&mut key).ok()?;
        RandomizedNonceKey::new(&AES_256_GCM, &key).ok().map(Self)
    }

    pub(super) fn close(&self, state: &State) -> Option<String> {
        let mut sealed = serde_json::to_vec(state).ok()?;
        let aad = Aad::from(PURPOSE);
        let nonce = self.0.seal_in_place_append_tag(aad, &mut sealed).ok()?;
        let all = [&nonce.as_ref()[..], &sealed].concat();
        Some(URL_SAFE_NO_PAD.encode(all))
    }

    /// `None` for anything that was not sealed with this key.
    pub(super) fn open(&self, text: &str) -> Option<State> {
        let mut all = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (nonce, sealed) = all.split_at_mut_checked(NONCE)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let opened = self.0.open_in_place(nonce, Aad::from(PURPOSE), sealed);
        serde_json::from_slice(opened.ok()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::{Seal, State};

    #[test]
    fn what_is_sealed_opens_with_the_same_secret_only_and_unchanged_only() {
        let state = State {
            metadata: "bucket Yg==,key aw==".to_owned(),
            length: 5,
            name: "n".to_owned(),
            id: Some("u".to_owned()),
            owner: "ias o".to_owned(),
            expires: 7,
            if_match: None,
            if_none: true,
        };
        let seal = Seal::derived_from(&"secret".into()).unwrap();
        let (one, two) = (seal.close(&state).unwrap(), seal.close(&state).unwrap());
        assert_ne!(one, two);
        let again = Seal::derived_from(&"secret".into()).unwrap();
        assert_eq!(again.open(&one), Some(state));
        let other = Seal::derived_from(&"other".into()).unwrap();
        assert_eq!(other.open(&one), None);
        for at in 0..one.len() {
            let mut broken = one.clone().into_bytes();
            broken[at] = if broken[at] == b'A' { b'B' } else { b'A' };
            let broken = String::from_utf8(broken).unwrap();
            // the last character may have bits that say nothing, and those must be zero
            assert_eq!(seal.open(&broken), None, "{at}");
        }
        for nothing in ["", "AAAA", "ü", &one[..20]] {
            assert_eq!(seal.open(nothing), None);
        }
    }
}
