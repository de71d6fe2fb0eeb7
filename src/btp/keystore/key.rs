//! Private keys that can sign for IAM Roles Anywhere.
//!
//! Source: IAM Roles Anywhere, "Signing process": RSA keys sign with PKCS#1 v1.5, EC keys
//! with ECDSA in ASN.1 DER, both over SHA-256 whatever the size of the key.

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P521_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair,
    RSA_PKCS1_SHA256, RsaKeyPair,
};
use aws_lc_rs::{digest, error::Unspecified};
use p384::ecdsa::signature::hazmat::PrehashSigner;
use p384::elliptic_curve::sec1::ToSec1Point;
use p384::pkcs8::DecodePrivateKey;
use pkcs8::der::asn1::OctetStringRef;
use pkcs8::der::{Decode, Reader, SliceReader};
use pkcs8::spki::AlgorithmIdentifierRef;
use secrecy::{ExposeSecret, SecretSlice};

use super::KeyStoreError;

/// A key as a container holds it: PKCS#8, PKCS#1 or SEC1, all DER.
pub(super) struct Encoded(pub(super) SecretSlice<u8>);

impl Encoded {
    pub(super) fn new(der: Vec<u8>) -> Self {
        Self(der.into())
    }
}

/// Whether these bytes have the shape of an encrypted PKCS#8 key, however it is encrypted.
pub(super) fn is_encrypted_info(der: &[u8]) -> bool {
    let shape = |reader: &mut SliceReader<'_>| {
        reader.sequence(|inner| {
            AlgorithmIdentifierRef::decode(inner)?;
            <&OctetStringRef>::decode(inner).map(|_| ())
        })
    };
    let read = SliceReader::new(der).and_then(|mut reader| {
        shape(&mut reader)?;
        reader.finish()
    });
    read.is_ok()
}

/// A private key, ready to sign.
pub(crate) enum PrivateKey {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
    /// aws-lc-rs signs P-384 with SHA-384 only, Roles Anywhere wants SHA-256.
    P384 {
        key: p384::ecdsa::SigningKey,
        public: Vec<u8>,
    },
}

impl PrivateKey {
    pub(super) fn load(encoded: &Encoded) -> Result<Self, KeyStoreError> {
        let der = encoded.0.expose_secret();
        if let Ok(pair) = RsaKeyPair::from_pkcs8(der).or_else(|_| RsaKeyPair::from_der(der)) {
            return Ok(Self::Rsa(pair));
        }
        for algorithm in [
            &ECDSA_P256_SHA256_ASN1_SIGNING,
            &ECDSA_P521_SHA256_ASN1_SIGNING,
        ] {
            if let Ok(pair) = EcdsaKeyPair::from_private_key_der(algorithm, der) {
                return Ok(Self::Ec(pair));
            }
        }
        let secret =
            p384::SecretKey::from_pkcs8_der(der).or_else(|_| p384::SecretKey::from_sec1_der(der));
        let secret = secret.map_err(|_| KeyStoreError::UnsupportedKey)?;
        let public = secret.public_key().to_sec1_point(false).as_bytes().to_vec();
        Ok(Self::P384 {
            key: secret.into(),
            public,
        })
    }

    /// The public key as the bits of a certificate hold it.
    pub(super) fn public_key(&self) -> &[u8] {
        match self {
            Self::Rsa(pair) => pair.public_key().as_ref(),
            Self::Ec(pair) => pair.public_key().as_ref(),
            Self::P384 { public, .. } => public,
        }
    }

    /// Name of the signature algorithm; it follows the key, not the certificate's signature.
    pub(crate) fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "AWS4-X509-RSA-SHA256",
            Self::Ec(_) | Self::P384 { .. } => "AWS4-X509-ECDSA-SHA256",
        }
    }

    /// Signs a message.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)?;
                Ok(signature)
            }
            Self::Ec(pair) => Ok(pair.sign(&random, message)?.as_ref().to_vec()),
            Self::P384 { key, .. } => {
                let digest = digest::digest(&digest::SHA256, message);
                let signature: p384::ecdsa::Signature =
                    key.sign_prehash(digest.as_ref()).map_err(|_| Unspecified)?;
                Ok(signature.to_der().as_bytes().to_vec())
            }
        }
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", self.algorithm())
    }
}
