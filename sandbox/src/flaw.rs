//! Tokens with exactly one thing wrong, for tests of whoever has to refuse them.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::identity::signing::{SigningKey, unsigned};

/// What an issuer lends for its tokens to be made wrong.
pub(crate) struct Forge<'a> {
    pub(crate) now: i64,
    /// The key that signs honest tokens.
    pub(crate) key: &'a SigningKey,
    /// The header of honest tokens.
    pub(crate) header: &'a Value,
    /// A key that was never published.
    pub(crate) foreign: &'a SigningKey,
    pub(crate) wrong: Wrong,
}

/// Claims to put in the place of the honest ones; `null` takes a claim away.
pub(crate) struct Wrong {
    pub(crate) other_audience: Value,
    pub(crate) no_audience: Value,
    pub(crate) other_issuer: Value,
    pub(crate) other_tenant: Value,
    /// What nobody gave the user.
    pub(crate) more_rights: Value,
}

/// What is wrong with a token that is otherwise as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// Meant for another application.
    OtherAudience,
    /// Nothing in it says for which application it is.
    NoAudience,
    /// Issued by another tenant, though signed with this one's key.
    OtherIssuer,
    /// For another tenant of the application.
    OtherTenant,
    /// Ended an hour ago.
    Expired,
    /// No `exp` at all.
    NoExpiry,
    /// `exp` as text.
    ExpiryAsText,
    /// `nbf` in an hour.
    NotYetValid,
    /// `iat` in an hour.
    IssuedInFuture,
    /// Signed by a key that was never published, under a published `kid`.
    ForeignKey,
    /// Signed by a key that was never published, under its own `kid`.
    UnknownKeyId,
    /// No `kid` in the header.
    NoKeyId,
    /// `alg: none`, no signature.
    AlgorithmNone,
    /// `alg: HS256`, with the public key as the secret.
    HmacWithPublicKey,
    /// Claims changed after signing: more rights.
    ChangedClaims,
    /// Signature cut off.
    NoSignature,
}

impl Flaw {
    /// Every flaw, for tests that go through them.
    pub const ALL: &[Self] = &[
        Self::OtherAudience,
        Self::NoAudience,
        Self::OtherIssuer,
        Self::OtherTenant,
        Self::Expired,
        Self::NoExpiry,
        Self::ExpiryAsText,
        Self::NotYetValid,
        Self::IssuedInFuture,
        Self::ForeignKey,
        Self::UnknownKeyId,
        Self::NoKeyId,
        Self::AlgorithmNone,
        Self::HmacWithPublicKey,
        Self::ChangedClaims,
        Self::NoSignature,
    ];

    pub(crate) fn token(self, forge: &Forge<'_>, good: &Value) -> String {
        let Forge {
            now,
            key,
            header,
            foreign,
            wrong,
        } = forge;
        let changed = |changes: &Value| key.sign(header, &with(good, changes));
        match self {
            Self::OtherAudience => changed(&wrong.other_audience),
            Self::NoAudience => changed(&wrong.no_audience),
            Self::OtherIssuer => changed(&wrong.other_issuer),
            Self::OtherTenant => changed(&wrong.other_tenant),
            Self::Expired => changed(&json!({ "iat": now - 7200, "exp": now - 3600 })),
            Self::NoExpiry => changed(&json!({ "exp": null })),
            Self::ExpiryAsText => changed(&json!({ "exp": (now + 3600).to_string() })),
            Self::NotYetValid => changed(&json!({ "nbf": now + 3600 })),
            Self::IssuedInFuture => changed(&json!({ "iat": now + 3600 })),
            Self::ForeignKey => foreign.sign(header, good),
            Self::UnknownKeyId => foreign.sign(&with(header, &json!({ "kid": foreign.kid })), good),
            Self::NoKeyId => key.sign(&with(header, &json!({ "kid": null })), good),
            Self::AlgorithmNone => {
                let header = with(header, &json!({ "alg": "none" }));
                format!("{}.", unsigned(&header, good))
            }
            Self::HmacWithPublicKey => hmac_token(key, header, good),
            Self::ChangedClaims => {
                let signature = last_part(&key.sign(header, good));
                let forged = with(good, &wrong.more_rights);
                format!("{}.{signature}", unsigned(header, &forged))
            }
            Self::NoSignature => unsigned(header, good),
        }
    }
}

fn hmac_token(key: &SigningKey, header: &Value, claims: &Value) -> String {
    let secret = hmac::Key::new(hmac::HMAC_SHA256, key.public_key_pem().as_bytes());
    let header = with(header, &json!({ "alg": "HS256" }));
    let message = unsigned(&header, claims);
    let signature = hmac::sign(&secret, message.as_bytes());
    format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

fn last_part(token: &str) -> String {
    token.rsplit('.').next().unwrap_or_default().to_owned()
}

/// The object with these changes; what is `null` in them goes.
fn with(object: &Value, changes: &Value) -> Value {
    let mut result = object.clone();
    if let (Value::Object(fields), Value::Object(changes)) = (&mut result, changes) {
        fields.extend(changes.clone());
        fields.retain(|_, value| !value.is_null());
    }
    result
}
