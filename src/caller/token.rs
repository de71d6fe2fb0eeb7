//! From the Authorization header to a token that is well formed: one header, scheme Bearer, three
//! canonical parts, a header that asks for nothing unusual. Nothing here is trusted yet; who may
//! have issued the token is decided by the rules of its kind, and whether he did by the signature.
//!
//! The rules are those of <https://www.rfc-editor.org/rfc/rfc8725>, taken strictly: the header of a
//! token is never allowed to say where its key is (`jku`, `x5u`, `jwk`, `x5c` are not even read).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;

use super::Rejection;
use super::keys::Key;
use super::refusal::{Reason, Refusal};
use super::strict_json::Object;

/// Longest token in bytes: guards the parser against tokens made to be large.
const LONGEST: usize = 12 * 1024;

/// Longest key id in bytes; real ones are a tenth of it.
const LONGEST_KID: usize = 256;

/// What issuers sign with: IAS and XSUAA the first, AWS either. The header may name the algorithm
/// of the key, never choose another.
const ALGORITHMS: [(&str, Algorithm); 2] =
    [("RS256", Algorithm::RS256), ("ES384", Algorithm::ES384)];

/// Header parameters that change how a token must be read, and that nobody here understands.
const NOT_UNDERSTOOD: [&str; 4] = ["crit", "b64", "zip", "enc"];

/// The token out of all Authorization header values of a request.
pub(super) fn bearer<'a>(authorization: &[&'a [u8]]) -> Result<&'a str, Rejection> {
    let value = match authorization {
        [] => return Err(Rejection::NoToken),
        [value] => *value,
        [_, _, ..] => return Err(Refusal::from(Reason::SeveralHeaders).into()),
    };
    let scheme = value.split(|byte| *byte == b' ').next().unwrap_or_default();
    if !scheme.eq_ignore_ascii_case(b"bearer") {
        return Err(Rejection::NoToken);
    }
    let token = value.get(scheme.len() + 1..).unwrap_or_default();
    Ok(plain(token).map_err(Refusal::from)?)
}

/// The token as text, once its length and characters are those of a compact JWS.
fn plain(token: &[u8]) -> Result<&str, Reason> {
    if token.len() > LONGEST {
        return Err(Reason::TooLong);
    }
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if token.is_empty() || !token.iter().all(fits) {
        return Err(Reason::Characters);
    }
    str::from_utf8(token).map_err(|_| Reason::Characters)
}

/// A well-formed token; its claims are what somebody says, not what is.
#[derive(Debug)]
pub(super) struct Token<'a> {
    /// Name of the key that is said to have signed it.
    pub(super) kid: String,
    /// Algorithm that it is said to be signed with.
    pub(super) algorithm: Algorithm,
    /// What it claims.
    pub(super) claims: Object,
    signed: &'a str,
    signature: &'a str,
}

impl<'a> Token<'a> {
    /// Takes a compact JWS apart.
    pub(super) fn parse(text: &'a str) -> Result<Self, Reason> {
        let mut parts = text.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Reason::Parts);
        };
        if header.is_empty() || payload.is_empty() || signature.is_empty() {
            return Err(Reason::Parts);
        }
        let read = Object::read(&decoded(header, "header")?, "header")?;
        let (algorithm, kid) = (algorithm(&read)?, signing_key(&read)?);
        decoded(signature, "signature")?;
        Ok(Self {
            kid,
            algorithm,
            claims: Object::read(&decoded(payload, "payload")?, "payload")?,
            signed: text
                .get(..header.len() + 1 + payload.len())
                .unwrap_or_default(),
            signature,
        })
    }

    /// Checks the signature; the algorithm is the key's, whatever the header says.
    pub(super) fn signed_by(&self, key: &Key) -> Result<(), Reason> {
        if self.algorithm != key.algorithm {
            return Err(Reason::Algorithm);
        }
        let message = self.signed.as_bytes();
        match jsonwebtoken::crypto::verify(self.signature, message, &key.verifying, key.algorithm) {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(Reason::Signature),
        }
    }
}

/// Canonical base64url: no padding, no stray bits in the last character, so that one token has
/// one spelling.
fn decoded(part: &str, name: &'static str) -> Result<Vec<u8>, Reason> {
    URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| Reason::Encoding(name))
}

/// Checks what the header asks for, and returns the algorithm.
fn algorithm(header: &Object) -> Result<Algorithm, Reason> {
    if let Some(name) = NOT_UNDERSTOOD.into_iter().find(|name| header.has(name)) {
        return Err(Reason::HeaderParameter(name));
    }
    let named = header.required_text("alg")?;
    let known = ALGORITHMS.iter().find(|(name, _)| *name == named);
    known
        .map(|(_, algorithm)| *algorithm)
        .ok_or(Reason::Algorithm)
}

/// Checks the kind of the token and returns the key id.
fn signing_key(header: &Object) -> Result<String, Reason> {
    let kinds = ["JWT", "at+jwt"];
    let fits = |typ: &str| kinds.iter().any(|kind| typ.eq_ignore_ascii_case(kind));
    if header.text("typ")?.is_some_and(|typ| !fits(typ)) {
        return Err(Reason::Type);
    }
    let nested = |cty: &str| cty.to_ascii_lowercase().contains("jwt");
    if header.text("cty")?.is_some_and(nested) {
        return Err(Reason::Nested);
    }
    let kid = header.required_text("kid")?;
    if kid.is_empty() || kid.len() > LONGEST_KID {
        return Err(Reason::Unusable("kid"));
    }
    Ok(kid.to_owned())
}
