//! AWS and SAP BTP on a loopback address: stand-ins that verify what they are sent.
//!
//! Each stand-in is an axum router behind [`serve::serve`]; all of them share one [`Core`]. They
//! refuse what the real services refuse, with their codes and texts, so that a client which works
//! here has shown more than that it can send bytes. Nothing here imports the service under test.
//!
//! [`Sandbox::start`] starts all of them, wired to each other: the tenant of [`identity`] is an
//! OIDC provider of the AWS account, a certificate below the trust anchor lies in [`destination`],
//! and the key of an IAM user lies in [`credential_store`].

use std::io;

pub mod aws;
pub mod bindings;
pub mod bound_certificate;
pub mod clock;
pub mod credential_store;
pub mod destination;
pub mod fault;
mod flaw;
pub mod front_door;
pub mod iam;
pub mod identity;
pub mod ledger;
mod oauth;
pub mod outbound;
pub mod people;
pub mod pki;
mod random;
pub mod roles_anywhere;
pub mod s3;
pub mod serve;
pub mod sessions;
mod sigv4;
pub mod sts;
pub mod xsuaa;

use aws::{Aws, Options};
use clock::Clock;
use credential_store::CredentialStore;
use destination::{Destination, Level};
use fault::Faults;
use iam::UserKey;
use identity::Identity;
use ledger::Ledger;
use pki::{Issued, Key, Leaf, Pki};
use xsuaa::Xsuaa;

/// What all stand-ins of one sandbox share; clones are handles to the same things.
#[derive(Debug, Clone)]
pub struct Core {
    /// What happened, and every secret that was handed out.
    pub ledger: Ledger,
    /// What shall go wrong.
    pub faults: Faults,
    /// What time it is.
    pub clock: Clock,
    /// Who is trusted.
    pub pki: Pki,
}

impl Core {
    /// A new core with its own root certificate.
    pub fn new() -> io::Result<Self> {
        let clock = Clock::default();
        let pki = Pki::new(&clock)?;
        Ok(Self {
            ledger: Ledger::default(),
            faults: Faults::default(),
            clock,
            pki,
        })
    }
}

/// Name of the certificate in the Destination service that Roles Anywhere trusts.
pub const WORKLOAD_CERTIFICATE: &str = "aws-s3-catalog.pem";

/// Namespace and names of the IAM user's key in the Credential Store.
pub const STORED_KEY: (&str, &str, &str) = ("app", "accessKeyId", "secretAccessKey");

/// Everything at once; dropping it ends all stand-ins.
#[derive(Debug)]
pub struct Sandbox {
    pub core: Core,
    pub aws: Aws,
    pub identity: Identity,
    pub xsuaa: Xsuaa,
    pub destination: Destination,
    pub credential_store: CredentialStore,
}

impl Sandbox {
    /// Starts both halves and wires them.
    pub async fn start(options: &Options) -> io::Result<Self> {
        let core = Core::new()?;
        let sandbox = Self {
            aws: Aws::start(&core, options).await?,
            identity: Identity::start(&core).await?,
            xsuaa: Xsuaa::start(&core).await?,
            destination: Destination::start(&core).await?,
            credential_store: CredentialStore::start(&core).await?,
            core,
        };
        sandbox
            .aws
            .trust_identity_provider(sandbox.identity.issuer(), sandbox.identity.client_id());
        sandbox.put_workload_certificate(&sandbox.workload_leaf())?;
        sandbox.store_user_key(&sandbox.aws.user);
        Ok(sandbox)
    }

    /// The certificate that [`Sandbox::put_workload_certificate`] issues unless it is changed.
    pub fn workload_leaf(&self) -> Leaf {
        Leaf::new(&self.core.clock, "s3-catalog").key(Key::Rsa2048)
    }

    /// Issues a certificate below the trust anchor (over one intermediate) and puts it, with key
    /// and chain, into the Destination service under [`WORKLOAD_CERTIFICATE`].
    pub fn put_workload_certificate(&self, leaf: &Leaf) -> io::Result<Issued> {
        let intermediate = self
            .aws
            .authority
            .intermediate("Sandbox Workload Intermediate CA", Key::P256)?;
        let issued = intermediate.issue(leaf)?;
        self.core.ledger.secret(&issued.key_pem);
        let pem = format!("{}{}", issued.key_pem, issued.certificate_and_chain_pem());
        self.destination
            .put_certificate(Level::Subaccount, WORKLOAD_CERTIFICATE, pem.as_bytes());
        Ok(issued)
    }

    /// Replaces the IAM user's key, at AWS and in the Credential Store; the old one is deleted.
    pub fn rotate_user_key(&self, old_access_key_id: &str) -> UserKey {
        let key = self.aws.account.add_user_key(&self.aws.user.user_arn);
        self.store_user_key(&key);
        self.aws.account.iam.delete_key(old_access_key_id);
        key
    }

    fn store_user_key(&self, key: &UserKey) {
        let (namespace, id, secret) = STORED_KEY;
        self.credential_store
            .put_password(namespace, id, &key.access_key_id);
        self.credential_store
            .put_password(namespace, secret, &key.secret_access_key);
    }
}
