//! Key pairs. RSA keys are made once per process and number, because they take long.

use std::collections::HashMap;
use std::io;
use std::sync::{Mutex, OnceLock, PoisonError};

use rcgen::{
    KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ECDSA_P521_SHA512,
    PKCS_RSA_SHA256, RsaKeySize,
};

/// The key types that Roles Anywhere accepts and the SAP side issues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key {
    Rsa2048,
    Rsa3072,
    Rsa4096,
    P256,
    P384,
    P521,
}

/// PKCS#8 by type and number.
type Made = HashMap<(Key, u8), Vec<u8>>;

static RSA_KEYS: OnceLock<Mutex<Made>> = OnceLock::new();

impl Key {
    /// A key pair of this type; EC keys are always new, RSA keys only for a new `number`.
    pub(super) fn pair(self, number: u8) -> io::Result<KeyPair> {
        let made = match self {
            Self::Rsa2048 => self.rsa(RsaKeySize::_2048, number),
            Self::Rsa3072 => self.rsa(RsaKeySize::_3072, number),
            Self::Rsa4096 => self.rsa(RsaKeySize::_4096, number),
            Self::P256 => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256),
            Self::P384 => KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384),
            Self::P521 => KeyPair::generate_for(&PKCS_ECDSA_P521_SHA512),
        };
        made.map_err(io::Error::other)
    }

    fn rsa(self, size: RsaKeySize, number: u8) -> Result<KeyPair, rcgen::Error> {
        let mut known = RSA_KEYS
            .get_or_init(Mutex::default)
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(der) = known.get(&(self, number)) {
            return KeyPair::from_pkcs8_der_and_sign_algo(&der.as_slice().into(), &PKCS_RSA_SHA256);
        }
        let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, size)?;
        known.insert((self, number), pair.serialize_der());
        Ok(pair)
    }
}
