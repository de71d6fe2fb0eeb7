//! ES384: an EC key on P-384 and the tokens that it signs (RFC 7518 §3.4).

use std::io;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::identity::signing::unsigned;

/// Octets of a coordinate on P-384.
const COORDINATE: usize = 48;

/// A key of its own for each sandbox; EC keys are made in no time.
#[derive(Debug)]
pub(super) struct EcKey {
    kid: String,
    pair: EcdsaKeyPair,
}

impl EcKey {
    pub(super) fn new(kid: &str) -> io::Result<Self> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING);
        Ok(Self {
            kid: kid.to_owned(),
            pair: pair.map_err(io::Error::other)?,
        })
    }

    /// The public key as an entry of a JSON Web Key Set.
    pub(super) fn jwk(&self) -> Value {
        // An uncompressed point: 4, then both coordinates.
        let point = self.pair.public_key().as_ref();
        let (x, y) = point.split_at(point.len().saturating_sub(COORDINATE));
        let x = x.get(1..).unwrap_or_default();
        json!({
            "kty": "EC", "crv": "P-384", "kid": self.kid, "use": "sig", "alg": "ES384",
            "x": BASE64_URL_SAFE_NO_PAD.encode(x),
            "y": BASE64_URL_SAFE_NO_PAD.encode(y),
        })
    }

    pub(super) fn header(&self) -> Value {
        json!({ "alg": "ES384", "typ": "JWT", "kid": self.kid })
    }

    pub(super) fn sign(&self, header: &Value, claims: &Value) -> String {
        let message = unsigned(header, claims);
        match self.pair.sign(&SystemRandom::new(), message.as_bytes()) {
            Ok(signature) => format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)),
            Err(error) => {
                tracing::error!(%error, kid = self.kid, "token carries no signature");
                format!("{message}.")
            }
        }
    }
}
