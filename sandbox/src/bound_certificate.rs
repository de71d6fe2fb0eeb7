//! X.509 credentials as SAP's services put them into bindings: a client certificate with its
//! intermediate, and an RSA key in PKCS#1 form. Also tells whether a caller showed that one.

use std::fmt;
use std::io;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};

use crate::Core;
use crate::pki::{Key, Leaf};

/// A client certificate and its key, both PEM, as `certificate` and `key` of a binding.
#[derive(Clone)]
pub struct BoundCertificate {
    /// The certificate, followed by its intermediate.
    pub certificate: String,
    /// PEM of PKCS#1, as SAP's services write it.
    pub key: String,
    thumbprint: String,
}

impl fmt::Debug for BoundCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundCertificate")
            .field("thumbprint", &self.thumbprint)
            .finish_non_exhaustive()
    }
}

impl BoundCertificate {
    /// Issues a certificate below the sandbox's root, by way of an intermediate, for 30 days.
    pub(crate) fn issue(core: &Core, common_name: &str, key_number: u8) -> io::Result<Self> {
        let authority = core
            .pki
            .root()
            .intermediate("Sandbox Client CA", Key::P256)?;
        let mut leaf = Leaf::new(&core.clock, common_name).key(Key::Rsa2048);
        leaf.key_number = key_number;
        let issued = authority.issue(&leaf)?;
        let key = pkcs1_pem(&issued.key_der)
            .ok_or_else(|| io::Error::other("the key is not RSA in PKCS#8"))?;
        core.ledger.secret(&key);
        core.ledger.secret(&issued.key_pem);
        Ok(Self {
            certificate: issued.certificate_and_chain_pem(),
            key,
            thumbprint: thumbprint(&issued.certificate_der),
        })
    }

    /// Base64url of the SHA-256 of the certificate: what `x5t#S256` holds (RFC 8705 §3.1).
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }
}

/// The `x5t#S256` of a certificate in DER.
pub(crate) fn thumbprint(certificate: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, certificate))
}

/// Takes the PKCS#1 key out of its PKCS#8 envelope (RFC 5208): version, algorithm, octet string.
fn pkcs1_pem(pkcs8: &[u8]) -> Option<String> {
    let (envelope, _) = element(pkcs8, 0x30)?;
    let (_version, rest) = element(envelope, 0x02)?;
    let (_algorithm, rest) = element(rest, 0x30)?;
    let (pkcs1, _) = element(rest, 0x04)?;
    let encoded = BASE64_STANDARD.encode(pkcs1);
    let lines: Vec<&str> = encoded
        .as_bytes()
        .chunks(64)
        .filter_map(|line| std::str::from_utf8(line).ok())
        .collect();
    // a test key: each sandbox makes its own
    let (label, lines) = ("RSA PRIVATE KEY", lines.join("\n"));
    Some(format!(
        "-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n"
    ))
}

/// The content of the DER element with this tag at the beginning of `der`, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    if found != tag {
        return None;
    }
    if first < 0x80 {
        return rest.split_at_checked(usize::from(first));
    }
    let (length, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
    let length = length
        .iter()
        .fold(0_usize, |sum, &byte| (sum << 8) | usize::from(byte));
    rest.split_at_checked(length)
}
