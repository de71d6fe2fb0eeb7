//! Payload encryption: compact JWE with RSA-OAEP-256 and A256GCM (RFC 7516), the time of issue
//! in the protected header, as the Credential Store's documentation asks for in both directions.

use std::io;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rsa::{OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::Core;
use crate::pki::{Key, Leaf};
use crate::random;

/// What is wrong with an encrypted payload that is otherwise as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// Issued three minutes ago; two are allowed.
    StaleTime,
    /// Issued in three minutes.
    FutureTime,
    /// No `iat` in the protected header.
    NoTime,
    /// `alg` names RSA-OAEP, which uses SHA-1.
    WrongAlgorithm,
    /// `enc` names A128GCM.
    WrongEncryption,
    /// One bit of the authentication tag differs.
    TamperedTag,
    /// One bit of the ciphertext differs.
    TamperedText,
    /// Encrypted to somebody else's key.
    OtherRecipient,
    /// Four parts instead of five.
    PartMissing,
}

/// An RSA key that payloads are encrypted to.
#[derive(Clone)]
pub(super) struct Recipient {
    /// PKCS#8 DER.
    private_key: Vec<u8>,
    /// `SubjectPublicKeyInfo` DER.
    public_key: Vec<u8>,
}

impl std::fmt::Debug for Recipient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recipient").finish_non_exhaustive()
    }
}

impl Recipient {
    pub(super) fn new(core: &Core, key_number: u8) -> io::Result<Self> {
        let mut leaf = Leaf::new(&core.clock, "payload").key(Key::Rsa2048);
        leaf.key_number = key_number;
        let issued = core.pki.issue(&leaf)?;
        let (_, certificate) =
            X509Certificate::from_der(&issued.certificate_der).map_err(io::Error::other)?;
        let recipient = Self {
            public_key: certificate.public_key().raw.to_vec(),
            private_key: issued.key_der,
        };
        core.ledger.secret(&recipient.private_key_text());
        Ok(recipient)
    }

    pub(super) fn private_key_text(&self) -> String {
        BASE64_STANDARD.encode(&self.private_key)
    }

    pub(super) fn public_key_text(&self) -> String {
        BASE64_STANDARD.encode(&self.public_key)
    }
}

/// Encrypts a payload to a recipient; `now` is in seconds since 1970.
pub(super) fn encrypt(
    payload: &[u8],
    recipient: &Recipient,
    now: i64,
    flaw: Option<Flaw>,
) -> Result<String, Unspecified> {
    let header = BASE64_URL_SAFE_NO_PAD.encode(header(now, flaw).to_string());
    let content_key = random::vec(32);
    let mut nonce = [0; 12];
    nonce.copy_from_slice(&random::vec(12));

    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &content_key)?);
    let mut text = payload.to_vec();
    let aad = Aad::from(header.as_bytes());
    let mut tag = key
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), aad, &mut text)?
        .as_ref()
        .to_vec();
    flip_a_bit(&mut tag, flaw == Some(Flaw::TamperedTag));
    flip_a_bit(&mut text, flaw == Some(Flaw::TamperedText));

    let parts = [wrap(&content_key, recipient)?, nonce.to_vec(), text, tag];
    let last = parts.len() - usize::from(flaw == Some(Flaw::PartMissing));
    let encoded = parts.iter().take(last);
    Ok(encoded.fold(header, |jwe, part| {
        format!("{jwe}.{}", BASE64_URL_SAFE_NO_PAD.encode(part))
    }))
}

fn header(now: i64, flaw: Option<Flaw>) -> Value {
    let named = |wrong: Flaw, honest: &'static str, instead: &'static str| {
        if flaw == Some(wrong) { instead } else { honest }
    };
    let alg = named(Flaw::WrongAlgorithm, "RSA-OAEP-256", "RSA-OAEP");
    let enc = named(Flaw::WrongEncryption, "A256GCM", "A128GCM");
    match flaw {
        Some(Flaw::NoTime) => json!({ "alg": alg, "enc": enc }),
        Some(Flaw::StaleTime) => json!({ "alg": alg, "enc": enc, "iat": now - 180 }),
        Some(Flaw::FutureTime) => json!({ "alg": alg, "enc": enc, "iat": now + 180 }),
        _ => json!({ "alg": alg, "enc": enc, "iat": now }),
    }
}

fn wrap(content_key: &[u8], recipient: &Recipient) -> Result<Vec<u8>, Unspecified> {
    let public = PublicEncryptingKey::from_der(&recipient.public_key).map_err(|_| Unspecified)?;
    let public = OaepPublicEncryptingKey::new(public)?;
    let mut wrapped = vec![0; public.ciphertext_size()];
    public.encrypt(&OAEP_SHA256_MGF1SHA256, content_key, &mut wrapped, None)?;
    Ok(wrapped)
}

fn flip_a_bit(bytes: &mut [u8], wanted: bool) {
    if let (true, Some(first)) = (wanted, bytes.first_mut()) {
        *first ^= 1;
    }
}
