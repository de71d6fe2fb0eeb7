//! RS256 signing keys and the tokens made with them, right or wrong on request: header and
//! claims are whatever the caller says.

use std::io;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey,
};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;

use crate::Core;
use crate::pki::{Key, Leaf};

/// A key that signs tokens, and its public half as others get to see it.
#[derive(Debug)]
pub(crate) struct SigningKey {
    pub(crate) kid: String,
    pair: RsaKeyPair,
    modulus: Vec<u8>,
    exponent: Vec<u8>,
    /// `SubjectPublicKeyInfo`, DER.
    pub(crate) public_key: Vec<u8>,
}

impl SigningKey {
    /// The RSA key with this number; numbers are shared by all sandboxes of a process, because
    /// RSA keys take long to make.
    pub(crate) fn new(core: &Core, kid: &str, number: u8) -> io::Result<Self> {
        let mut leaf = Leaf::new(&core.clock, kid).key(Key::Rsa2048);
        leaf.key_number = number;
        let issued = core.pki.issue(&leaf)?;
        let pair = RsaKeyPair::from_pkcs8(&issued.key_der).map_err(io::Error::other)?;
        let (_, certificate) =
            X509Certificate::from_der(&issued.certificate_der).map_err(io::Error::other)?;
        let public = certificate.public_key();
        let PublicKey::RSA(rsa) = public.parsed().map_err(io::Error::other)? else {
            return Err(io::Error::other("the signing key is not an RSA key"));
        };
        Ok(Self {
            kid: kid.to_owned(),
            modulus: without_leading_zeros(rsa.modulus),
            exponent: without_leading_zeros(rsa.exponent),
            public_key: public.raw.to_vec(),
            pair,
        })
    }

    /// The public key as an entry of a JSON Web Key Set.
    pub(crate) fn jwk(&self) -> Value {
        json!({
            "kty": "RSA", "kid": self.kid, "use": "sig", "alg": "RS256",
            "n": BASE64_URL_SAFE_NO_PAD.encode(&self.modulus),
            "e": BASE64_URL_SAFE_NO_PAD.encode(&self.exponent),
        })
    }

    /// The public key as PEM.
    pub(crate) fn public_key_pem(&self) -> String {
        let encoded = BASE64_STANDARD.encode(&self.public_key);
        format!("-----BEGIN PUBLIC KEY-----\n{encoded}\n-----END PUBLIC KEY-----")
    }

    /// The header that honest tokens of this key carry.
    pub(crate) fn header(&self) -> Value {
        json!({ "alg": "RS256", "typ": "JWT", "kid": self.kid })
    }

    /// Signs any header and claims with RSASSA-PKCS1-v1_5 and SHA-256.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        let message = unsigned(header, claims);
        let mut signature = vec![0; self.pair.public_modulus_len()];
        if let Err(error) = self.pair.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            message.as_bytes(),
            &mut signature,
        ) {
            tracing::error!(%error, kid = self.kid, "token carries no valid signature");
        }
        format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }

    /// The claims of a token that carries this key's signature.
    pub(crate) fn verified_claims(&self, token: &str) -> Option<Value> {
        let (message, signature) = token.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        let header: Value = decoded_json(header)?;
        if header.get("alg")? != "RS256" {
            return None;
        }
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?;
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.public_key)
            .verify(message.as_bytes(), &signature)
            .ok()?;
        decoded_json(claims)
    }
}

/// Header and claims, encoded and joined: what a signature covers.
pub(crate) fn unsigned(header: &Value, claims: &Value) -> String {
    let encode = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", encode(header), encode(claims))
}

fn decoded_json(part: &str) -> Option<Value> {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

fn without_leading_zeros(number: &[u8]) -> Vec<u8> {
    number
        .iter()
        .copied()
        .skip_while(|&byte| byte == 0)
        .collect()
}
