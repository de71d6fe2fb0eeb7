//! Tokens with exactly one thing wrong, for tests of whoever has to refuse them.

use std::io;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::Identity;
use super::signing::unsigned;

/// What is wrong with a token that is otherwise as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// Meant for another application.
    OtherAudience,
    /// No `aud` at all.
    NoAudience,
    /// Issued by another tenant, though signed with this tenant's key.
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
    /// Claims changed after signing: one more group.
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

    pub(super) fn token(self, identity: &Identity, good: &Value) -> io::Result<String> {
        let header = identity.header();
        let now = identity.tenant.core.clock.unix();
        let changed = |name: &str, value: Value| identity.sign(&with(good, name, value));
        Ok(match self {
            Self::OtherAudience => changed("aud", json!("5f0e8a3c-0000-4000-8000-0000000000ff")),
            Self::NoAudience => identity.sign(&without(good, "aud")),
            Self::OtherIssuer => changed("iss", json!("https://other.accounts.ondemand.com")),
            Self::OtherTenant => changed("app_tid", json!("5f0e8a3c-0000-4000-8000-0000000000fe")),
            Self::Expired => {
                let old = with(good, "iat", json!(now - 7200));
                identity.sign(&with(&old, "exp", json!(now - 3600)))
            }
            Self::NoExpiry => identity.sign(&without(good, "exp")),
            Self::ExpiryAsText => changed("exp", json!((now + 3600).to_string())),
            Self::NotYetValid => changed("nbf", json!(now + 3600)),
            Self::IssuedInFuture => changed("iat", json!(now + 3600)),
            Self::ForeignKey => identity.foreign_key("foreign")?.sign(&header, good),
            Self::UnknownKeyId => {
                let foreign = identity.foreign_key("foreign")?;
                foreign.sign(&foreign.header(), good)
            }
            Self::NoKeyId => identity.sign_with_header(&without(&header, "kid"), good),
            Self::AlgorithmNone => {
                format!("{}.", unsigned(&with(&header, "alg", json!("none")), good))
            }
            Self::HmacWithPublicKey => hmac_token(identity, &header, good),
            Self::ChangedClaims => {
                let signature = last_part(&identity.sign(good));
                let groups = with(good, "groups", json!(["S3CatalogAdmin", "Forged"]));
                format!("{}.{signature}", unsigned(&header, &groups))
            }
            Self::NoSignature => unsigned(&header, good),
        })
    }
}

fn hmac_token(identity: &Identity, header: &Value, claims: &Value) -> String {
    let state = identity.tenant.state();
    let public_key = state.keys.first().map(super::SigningKey::public_key_pem);
    let secret = hmac::Key::new(hmac::HMAC_SHA256, public_key.unwrap_or_default().as_bytes());
    let message = unsigned(&with(header, "alg", json!("HS256")), claims);
    let signature = hmac::sign(&secret, message.as_bytes());
    format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

fn last_part(token: &str) -> String {
    token.rsplit('.').next().unwrap_or_default().to_owned()
}

fn with(object: &Value, name: &str, value: Value) -> Value {
    let mut changed = object.clone();
    if let Value::Object(fields) = &mut changed {
        fields.insert(name.to_owned(), value);
    }
    changed
}

fn without(object: &Value, name: &str) -> Value {
    let mut changed = object.clone();
    if let Value::Object(fields) = &mut changed {
        fields.remove(name);
    }
    changed
}
