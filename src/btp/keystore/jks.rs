//! Java key stores of the old kind.
//!
//! The crate that decodes them believes every length it reads, and indexes into encrypted keys
//! without looking. Both are checked here before it sees a byte. Source: the JDK's
//! `JavaKeyStore.engineLoad`.

use jks::{KeyStoreError as JksError, KeyStoreOptions};
use secrecy::{ExposeSecret, SecretSlice, SecretString};

use super::{Certificate, Contents, KeyStoreError, key};

const PRIVATE_KEY: u32 = 1;
const TRUSTED_CERTIFICATE: u32 = 2;
/// Since this version a certificate is preceded by its type.
const TYPED_CERTIFICATES: u32 = 2;
/// The SHA-1 digest behind the last entry.
const DIGEST: usize = 20;

pub(super) fn read(
    content: &[u8],
    password: Option<&SecretString>,
) -> Result<Contents, KeyStoreError> {
    let password = latin(password.ok_or(KeyStoreError::PasswordNeeded)?);
    let malformed = |detail: String| KeyStoreError::Malformed {
        format: "JKS",
        detail,
    };
    let refused = |error: JksError| {
        // the digest at the end covers the password, so both faults look alike
        if matches!(error, JksError::InvalidDigest) {
            KeyStoreError::WrongPassword
        } else {
            malformed(error.to_string())
        }
    };
    walk(content).ok_or_else(|| malformed("its lengths don't fit".to_owned()))?;
    let mut store = jks::KeyStore::with_options(KeyStoreOptions {
        // Java writes aliases in lower case, others don't
        case_exact_aliases: true,
        ..KeyStoreOptions::default()
    });
    let password = password.expose_secret();
    store.load(content, password).map_err(refused)?;
    let mut contents = Contents::default();
    for alias in store.aliases() {
        let certificates = if store.is_private_key_entry(&alias) {
            let entry = store
                .get_private_key_entry(&alias, password)
                .map_err(refused)?;
            contents.keys.push(key::Encoded::new(entry.private_key));
            entry.certificate_chain
        } else {
            let entry = store
                .get_trusted_certificate_entry(&alias)
                .map_err(refused)?;
            vec![entry.certificate]
        };
        for certificate in certificates {
            contents
                .certificates
                .push(Certificate::read(&certificate.content)?);
        }
    }
    Ok(contents)
}

/// Java digests passwords as UTF-16. The crate writes a zero before each byte, which is the
/// same for characters up to U+00FF; with others the password counts as wrong.
fn latin(password: &SecretString) -> SecretSlice<u8> {
    let text = password.expose_secret();
    let latin: Result<Vec<u8>, _> = text.chars().map(u8::try_from).collect();
    latin.unwrap_or_else(|_| text.as_bytes().to_vec()).into()
}

/// Whether every length stays inside the file, and every key has the shape of one.
pub(super) fn walk(content: &[u8]) -> Option<()> {
    let mut walk = Walk(content);
    let _magic = walk.number()?;
    let version = walk.number()?;
    for _ in 0..walk.number()? {
        let tag = walk.number()?;
        let _alias = walk.text()?;
        let _created = walk.take(8)?;
        let certificates = match tag {
            PRIVATE_KEY => {
                key::is_encrypted_info(walk.bytes()?).then_some(())?;
                walk.number()?
            }
            TRUSTED_CERTIFICATE => 1,
            _ => return None,
        };
        for _ in 0..certificates {
            if version == TYPED_CERTIFICATES {
                walk.text()?;
            }
            walk.bytes()?;
        }
    }
    walk.take(DIGEST).map(|_| ())
}

struct Walk<'a>(&'a [u8]);

impl<'a> Walk<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_be_bytes)
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.number()?.try_into().ok()?;
        self.take(length)
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let length = self.take(2)?.try_into().ok().map(u16::from_be_bytes)?;
        self.take(length.into())
    }
}
