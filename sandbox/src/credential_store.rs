//! SAP Credential Store: reading password credentials with the three kinds of binding (basic,
//! mTLS, OAuth over mTLS), encrypted to the binding's key or plain. Not simulated: writing over
//! HTTP, keys and key rings, encryption of keys.

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::Core;
use crate::bound_certificate::BoundCertificate;
use crate::random;
use crate::serve::{Listening, serve};

mod answers;
mod jwe;

pub use jwe::Flaw;
use jwe::Recipient;

/// Name in the ledger and in faults.
pub const NAME: &str = "credential-store";

/// Numbers of RSA keys, which all sandboxes of a process share.
const CLIENT_KEY: u8 = 12;
const PAYLOAD_KEY: u8 = 13;
const SERVER_KEY: u8 = 14;
const FOREIGN_KEY: u8 = 61;

/// The store; clones are handles to the same one, and the last one ends it.
#[derive(Debug, Clone)]
pub struct CredentialStore {
    store: Arc<Store>,
    listening: Arc<[Listening; 3]>,
}

#[derive(Debug)]
struct Store {
    core: Core,
    username: String,
    recipient: Recipient,
    server: Recipient,
    stranger: Recipient,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    password: String,
    certificate: BoundCertificate,
    encrypted: bool,
    flaw: Option<Flaw>,
    forbidden: HashSet<String>,
    /// By namespace and name.
    passwords: HashMap<(String, String), Stored>,
    /// Tokens of `oauth:mtls` bindings: their namespace and end, in seconds since 1970.
    tokens: HashMap<String, (String, i64)>,
}

#[derive(Debug, Clone)]
struct Stored {
    value: String,
    id: String,
    etag: String,
    modified_at: String,
}

impl CredentialStore {
    /// Starts an empty store whose bindings have a password and a certificate.
    pub async fn start(core: &Core) -> io::Result<Self> {
        let random = BASE64_STANDARD.encode(random::vec(32));
        let username = format!("{}.0.{random}", random::uuid());
        let store = Arc::new(Store {
            core: core.clone(),
            recipient: Recipient::new(core, PAYLOAD_KEY)?,
            server: Recipient::new(core, SERVER_KEY)?,
            stranger: Recipient::new(core, FOREIGN_KEY)?,
            state: Mutex::new(State {
                password: new_password(core),
                certificate: BoundCertificate::issue(core, &username, CLIENT_KEY)?,
                encrypted: true,
                flaw: None,
                forbidden: HashSet::new(),
                passwords: HashMap::new(),
                tokens: HashMap::new(),
            }),
            username,
        });
        let asking = || core.pki.server_asking_client().map(Some);
        let listening = [
            serve(core, NAME, answers::plain_host(&store), None).await?,
            serve(core, NAME, answers::certificate_host(&store), asking()?).await?,
            serve(core, NAME, answers::token_host(&store), asking()?).await?,
        ];
        Ok(Self {
            store,
            listening: Arc::new(listening),
        })
    }

    /// Key `url` of basic and `oauth:mtls` bindings.
    pub fn url(&self) -> String {
        let [plain, _, _] = &*self.listening;
        format!("{}/api/v1/credentials", plain.url)
    }

    /// Key `url` of mTLS bindings.
    pub fn certificate_url(&self) -> String {
        let [_, by_certificate, _] = &*self.listening;
        format!("{}/api/v1/credentials", by_certificate.url)
    }

    /// Key `oauth_token_url` of `oauth:mtls` bindings.
    pub fn token_url(&self) -> String {
        let [_, _, tokens] = &*self.listening;
        format!("{}/api/v1/token", tokens.url)
    }

    /// Key `username` of all bindings.
    pub fn username(&self) -> &str {
        &self.store.username
    }

    /// The present password of basic bindings.
    pub fn password(&self) -> String {
        self.store.state().password.clone()
    }

    /// The present certificate of mTLS bindings.
    pub fn client_certificate(&self) -> BoundCertificate {
        self.store.state().certificate.clone()
    }

    /// Key `encryption.client_private_key`: base64 of PKCS#8 DER.
    pub fn client_private_key(&self) -> String {
        self.store.recipient.private_key_text()
    }

    /// Key `encryption.server_public_key`: base64 of `SubjectPublicKeyInfo` DER.
    pub fn server_public_key(&self) -> String {
        self.store.server.public_key_text()
    }

    /// Replaces the password of basic bindings; the old one is refused from now on.
    pub fn replace_password(&self) -> String {
        let password = new_password(&self.store.core);
        self.store.state().password.clone_from(&password);
        password
    }

    /// Replaces the certificate of mTLS bindings; the old one is refused from now on.
    pub fn replace_client_certificate(&self) -> io::Result<BoundCertificate> {
        let issued = BoundCertificate::issue(&self.store.core, self.username(), CLIENT_KEY)?;
        self.store.state().certificate = issued.clone();
        Ok(issued)
    }

    /// Stores a password credential, over an older one if there is one.
    pub fn put_password(&self, namespace: &str, name: &str, value: &str) {
        self.store.core.ledger.secret(value);
        let now = self.store.core.clock.utc();
        let stored = Stored {
            value: value.to_owned(),
            id: random::uuid(),
            etag: random::uuid(),
            modified_at: now
                .format(&time::format_description::well_known::Rfc3339)
                .unwrap_or_default(),
        };
        let key = (namespace.to_owned(), name.to_owned());
        self.store.state().passwords.insert(key, stored);
    }

    /// Deletes a password credential; tells whether it was there.
    pub fn remove_password(&self, namespace: &str, name: &str) -> bool {
        let key = (namespace.to_owned(), name.to_owned());
        self.store.state().passwords.remove(&key).is_some()
    }

    /// Switches encryption of payloads on or off; basic bindings always get them encrypted.
    pub fn set_encrypted(&self, encrypted: bool) {
        self.store.state().encrypted = encrypted;
    }

    /// Whether payloads are encrypted; without that a binding carries no keys.
    pub fn is_encrypted(&self) -> bool {
        self.store.state().encrypted
    }

    /// Lets every encrypted payload have this wrong with it, until `None`.
    pub fn set_flaw(&self, flaw: Option<Flaw>) {
        self.store.state().flaw = flaw;
    }

    /// Takes the permission to read this namespace away from all bindings.
    pub fn forbid_namespace(&self, namespace: &str) {
        self.store.state().forbidden.insert(namespace.to_owned());
    }
}

impl Store {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn new_password(core: &Core) -> String {
    let first = BASE64_STANDARD.encode(random::vec(32));
    let password = format!("{first}.{}=", random::text(33));
    core.ledger.secret(&password);
    password
}
