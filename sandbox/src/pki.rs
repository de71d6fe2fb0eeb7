//! Certificate authorities and certificates for the stand-ins and for tests: every key type,
//! subject, serial number, validity and chain that a caller may show. Nothing here verifies.

use std::io;
use std::sync::Arc;

use time::{Duration, OffsetDateTime};

use crate::clock::Clock;
use crate::serve::Tls;

mod authority;
mod key;

pub use authority::{Authority, Issued};
pub use key::Key;

/// The sandbox's own certificate authority; clones share it.
#[derive(Debug, Clone)]
pub struct Pki {
    root: Arc<Authority>,
    clock: Clock,
}

impl Pki {
    /// Makes a new root (EC P-256); two sandboxes never trust each other.
    pub fn new(clock: &Clock) -> io::Result<Self> {
        let root = Arc::new(Authority::root("Sandbox Root CA", Key::P256, clock)?);
        Ok(Self {
            root,
            clock: clock.clone(),
        })
    }

    /// The root authority, to issue from or to build intermediates on.
    pub fn root(&self) -> &Authority {
        &self.root
    }

    /// The root certificate as PEM: what clients must trust.
    pub fn root_pem(&self) -> String {
        self.root.certificate_pem().to_owned()
    }

    /// Issues a certificate directly below the root.
    pub fn issue(&self, leaf: &Leaf) -> io::Result<Issued> {
        self.root.issue(leaf)
    }

    /// TLS for 127.0.0.1 and localhost that asks for no client certificate.
    pub fn server(&self) -> io::Result<Tls> {
        let leaf = Leaf::new(&self.clock, "localhost").for_server(&["127.0.0.1", "localhost"]);
        let issued = self.issue(&leaf)?;
        Ok(Tls {
            certificate: issued.certificate_and_chain_pem(),
            key: issued.key_pem,
            client_ca: None,
            require_client: false,
        })
    }

    /// The same, but the handshake fails without a client certificate below the sandbox's root.
    pub fn server_requiring_client(&self) -> io::Result<Tls> {
        Ok(Tls {
            client_ca: Some(self.root_pem()),
            require_client: true,
            ..self.server()?
        })
    }

    /// The same, but a client certificate is asked for and may be left out.
    pub fn server_asking_client(&self) -> io::Result<Tls> {
        Ok(Tls {
            client_ca: Some(self.root_pem()),
            ..self.server()?
        })
    }
}

/// What an end-entity certificate shall say. Start from [`Leaf::new`] and change what matters.
#[derive(Debug, Clone)]
pub struct Leaf {
    /// Its key.
    pub key: Key,
    /// Two leaves of one RSA size share a key (they take long to make) unless this differs.
    pub key_number: u8,
    /// Relative distinguished names in order: `C`, `O`, `OU`, `L`, `ST`, `CN`.
    pub subject: Vec<(&'static str, String)>,
    /// Big-endian; `None`: random.
    pub serial: Option<Vec<u8>>,
    /// First moment at which it is valid.
    pub not_before: OffsetDateTime,
    /// Last moment at which it is valid.
    pub not_after: OffsetDateTime,
    /// DNS names and IP addresses.
    pub names: Vec<String>,
    /// Whether keyUsage is there and includes digitalSignature.
    pub digital_signature: bool,
    /// Whether basicConstraints calls it a CA.
    pub ca: bool,
}

impl Leaf {
    /// A client certificate with an EC P-256 key, valid from an hour ago for 30 days.
    pub fn new(clock: &Clock, common_name: &str) -> Self {
        let now = clock.utc();
        Self {
            key: Key::P256,
            key_number: 0,
            subject: vec![
                ("C", "DE".to_owned()),
                ("O", "Sandbox".to_owned()),
                ("CN", common_name.to_owned()),
            ],
            serial: None,
            not_before: now - Duration::hours(1),
            not_after: now + Duration::days(30),
            names: Vec::new(),
            digital_signature: true,
            ca: false,
        }
    }

    /// The same with another key type.
    #[must_use]
    pub fn key(mut self, key: Key) -> Self {
        self.key = key;
        self
    }

    /// The same with this serial number.
    #[must_use]
    pub fn serial(mut self, serial: &[u8]) -> Self {
        self.serial = Some(serial.to_vec());
        self
    }

    /// The same with this validity.
    #[must_use]
    pub fn valid(mut self, not_before: OffsetDateTime, not_after: OffsetDateTime) -> Self {
        self.not_before = not_before;
        self.not_after = not_after;
        self
    }

    fn for_server(mut self, names: &[&str]) -> Self {
        self.names = names.iter().map(|&name| name.to_owned()).collect();
        self
    }
}
