//! The Destination service of one subaccount, with the XSUAA that gives out its tokens: finding
//! destinations, reading certificates on instance and subaccount level, entity tags. Not
//! simulated: writing over HTTP, fragments, token retrieval for OAuth destinations, `/v2`.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::Core;
use crate::bound_certificate::BoundCertificate;
use crate::identity::signing::SigningKey;
use crate::random;
use crate::serve::{Listening, serve};

mod find;
mod tokens;

/// Name of the service in the ledger and in faults.
pub const NAME: &str = "destination";
/// Name of its XSUAA in the ledger and in faults.
pub const TOKENS: &str = "xsuaa";

/// Life of tokens until [`Destination::set_token_life`] says otherwise, in seconds.
const TOKEN_LIFE: i64 = 43_199;
/// Numbers of RSA keys, which all sandboxes of a process share.
const CLIENT_KEY: u8 = 11;
const SIGNING_KEY: u8 = 30;

/// Where a destination or a certificate is kept; "Find" looks at the instance first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    Instance,
    Subaccount,
}

/// The service; clones are handles to the same one, and the last one ends it.
#[derive(Debug, Clone)]
pub struct Destination {
    service: Arc<Service>,
    listening: Arc<[Listening; 3]>,
}

#[derive(Debug)]
struct Service {
    core: Core,
    client_id: String,
    subaccount_id: String,
    instance_id: String,
    signing_key: SigningKey,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    secret: String,
    certificate: BoundCertificate,
    token_life: i64,
    certificates: BTreeMap<(Level, String), Vec<u8>>,
    destinations: BTreeMap<(Level, String), BTreeMap<String, String>>,
}

impl Destination {
    /// Starts an empty service whose binding has a secret and a certificate.
    pub async fn start(core: &Core) -> io::Result<Self> {
        let instance_id = random::uuid();
        let client_id = format!("sb-clone{instance_id}!b1234|destination-xsappname!b404");
        let service = Arc::new(Service {
            core: core.clone(),
            signing_key: SigningKey::new(core, "xsuaa-1", SIGNING_KEY)?,
            state: Mutex::new(State {
                secret: new_secret(core),
                certificate: BoundCertificate::issue(core, &client_id, CLIENT_KEY)?,
                token_life: TOKEN_LIFE,
                certificates: BTreeMap::new(),
                destinations: BTreeMap::new(),
            }),
            client_id,
            subaccount_id: random::uuid(),
            instance_id,
        });
        let by_certificate = Some(core.pki.server_asking_client()?);
        let listening = [
            serve(core, NAME, find::routes(&service), None).await?,
            serve(core, TOKENS, tokens::by_secret(&service), None).await?,
            serve(
                core,
                TOKENS,
                tokens::by_certificate(&service),
                by_certificate,
            )
            .await?,
        ];
        Ok(Self {
            service,
            listening: Arc::new(listening),
        })
    }

    /// Address of the service, key `uri` of a binding.
    pub fn uri(&self) -> &str {
        let [service, _, _] = &*self.listening;
        &service.url
    }

    /// Address of XSUAA for clients with a secret, key `url` of a binding.
    pub fn token_url(&self) -> &str {
        let [_, by_secret, _] = &*self.listening;
        &by_secret.url
    }

    /// Address of XSUAA for clients with a certificate, key `certurl` of a binding.
    pub fn certificate_token_url(&self) -> &str {
        let [_, _, by_certificate] = &*self.listening;
        &by_certificate.url
    }

    /// Key `clientid` of a binding.
    pub fn client_id(&self) -> &str {
        &self.service.client_id
    }

    /// Key `instanceid` of a binding.
    pub fn instance_id(&self) -> &str {
        &self.service.instance_id
    }

    /// Id of the subaccount, which is also its tenant id.
    pub fn subaccount_id(&self) -> &str {
        &self.service.subaccount_id
    }

    /// Public key of the tokens, key `verificationkey` of a binding.
    pub fn verification_key(&self) -> String {
        self.service.signing_key.public_key_pem()
    }

    /// The present client secret.
    pub fn client_secret(&self) -> String {
        self.service.state().secret.clone()
    }

    /// The present client certificate.
    pub fn client_certificate(&self) -> BoundCertificate {
        self.service.state().certificate.clone()
    }

    /// Replaces the client secret; the old one is refused from now on.
    pub fn replace_client_secret(&self) -> String {
        let secret = new_secret(&self.service.core);
        self.service.state().secret.clone_from(&secret);
        secret
    }

    /// Replaces the client certificate; the old one is refused from now on.
    pub fn replace_client_certificate(&self) -> io::Result<BoundCertificate> {
        let issued = BoundCertificate::issue(&self.service.core, self.client_id(), CLIENT_KEY)?;
        self.service.state().certificate = issued.clone();
        Ok(issued)
    }

    /// Seconds that tokens live which are issued from now on.
    pub fn set_token_life(&self, seconds: i64) {
        self.service.state().token_life = seconds;
    }

    /// Uploads a certificate or key store under this name, over an older one if there is one.
    pub fn put_certificate(&self, level: Level, name: &str, file: &[u8]) {
        let file = file.to_vec();
        let mut state = self.service.state();
        state.certificates.insert((level, name.to_owned()), file);
    }

    /// Deletes a certificate; tells whether it was there.
    pub fn remove_certificate(&self, level: Level, name: &str) -> bool {
        let mut state = self.service.state();
        let removed = state.certificates.remove(&(level, name.to_owned()));
        removed.is_some()
    }

    /// Writes a destination; `Name` is added, all else is up to the caller.
    pub fn put_destination(&self, level: Level, name: &str, properties: &[(&str, &str)]) {
        let mut written: BTreeMap<String, String> = properties
            .iter()
            .map(|&(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        if let Some(password) = written.get("KeyStorePassword") {
            self.service.core.ledger.secret(password);
        }
        written.insert("Name".to_owned(), name.to_owned());
        let mut state = self.service.state();
        state.destinations.insert((level, name.to_owned()), written);
    }

    /// Changes one property of a destination; tells whether the destination is there.
    pub fn set_property(&self, level: Level, name: &str, property: &str, value: &str) -> bool {
        let mut state = self.service.state();
        let Some(destination) = state.destinations.get_mut(&(level, name.to_owned())) else {
            return false;
        };
        destination.insert(property.to_owned(), value.to_owned());
        true
    }

    /// Deletes a destination; tells whether it was there.
    pub fn remove_destination(&self, level: Level, name: &str) -> bool {
        let mut state = self.service.state();
        let removed = state.destinations.remove(&(level, name.to_owned()));
        removed.is_some()
    }
}

impl Service {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn new_secret(core: &Core) -> String {
    // Real secrets look like this, and must be encoded in a form.
    let secret = format!("{}${}=", random::uuid(), random::text(32));
    core.ledger.secret(&secret);
    secret
}
