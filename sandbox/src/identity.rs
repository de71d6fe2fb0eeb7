//! SAP Cloud Identity Services: one tenant with the catalogue's application, its keys and its
//! demo users. Client secrets and client certificates are checked as the real service checks
//! them, on one TLS address. People sign in by choosing who they are. Not simulated: passwords,
//! token exchange, single logout by the back channel.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use crate::Core;
use crate::bound_certificate::BoundCertificate;
pub use crate::flaw::Flaw;
use crate::flaw::{Forge, Wrong};
use crate::people::Person;
use crate::random;
use crate::serve::{Listening, serve};

mod addresses;
mod answers;
mod grants;
mod login;
pub(crate) mod signing;

use addresses::Addresses;
use grants::{Grants, SignIn};
use signing::SigningKey;

/// Name in the ledger and in faults.
pub const NAME: &str = "identity";

/// Life of tokens until [`Identity::set_token_life`] says otherwise, in seconds.
const TOKEN_LIFE: i64 = 3600;
/// Numbers of RSA keys, which all sandboxes of a process share.
const CLIENT_KEY: u8 = 10;
const FIRST_SIGNING_KEY: u8 = 20;
const FOREIGN_SIGNING_KEY: u8 = 60;

/// Where an approuter on this machine takes browsers back after signing in and out.
const AFTER_LOGIN: [&str; 2] = ["/login/callback", "/login/callback?authType=ias"];
const AFTER_LOGOUT: [&str; 1] = ["/logout.html"];

/// The tenant; clones are handles to the same one, and the last one ends it.
#[derive(Debug, Clone)]
pub struct Identity {
    tenant: Arc<Tenant>,
    _listening: Arc<Listening>,
}

#[derive(Debug)]
struct Tenant {
    core: Core,
    issuer: std::sync::OnceLock<String>,
    client_id: String,
    app_tid: String,
    /// Cookies know no ports: a name of its own keeps two sandboxes apart.
    cookie: String,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    clients: HashMap<String, Client>,
    /// The first one signs, all are published.
    keys: Vec<SigningKey>,
    rotations: u8,
    token_life: i64,
    grants: Grants,
    after_login: Addresses,
    after_logout: Addresses,
}

/// An application of the tenant and how it may show that it is itself.
#[derive(Debug, Default)]
struct Client {
    secret: Option<String>,
    certificate: Option<BoundCertificate>,
    /// Dependencies by name: what the application may call, and which of its provided APIs.
    dependencies: HashMap<String, Vec<String>>,
}

/// A client id and its secret.
#[derive(Clone)]
pub struct ClientSecret {
    pub client_id: String,
    pub secret: String,
}

impl std::fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientSecret")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

impl Identity {
    /// Starts the tenant with the catalogue's application, which has a secret and a certificate.
    pub async fn start(core: &Core) -> io::Result<Self> {
        let client_id = random::uuid();
        let client = Client {
            secret: Some(new_secret(core)),
            certificate: Some(BoundCertificate::issue(core, &client_id, CLIENT_KEY)?),
            dependencies: HashMap::new(),
        };
        let tenant = Arc::new(Tenant {
            core: core.clone(),
            issuer: std::sync::OnceLock::new(),
            app_tid: random::uuid(),
            cookie: format!("sandbox-identity-{}", random::text(6)),
            state: Mutex::new(State {
                clients: HashMap::from([(client_id.clone(), client)]),
                keys: vec![SigningKey::new(core, "sandbox-1", FIRST_SIGNING_KEY)?],
                rotations: 0,
                token_life: TOKEN_LIFE,
                grants: Grants::default(),
                after_login: Addresses::new(on_this_machine(&AFTER_LOGIN)),
                after_logout: Addresses::new(on_this_machine(&AFTER_LOGOUT)),
            }),
            client_id,
        });
        let tls = core.pki.server_asking_client()?;
        let listening = serve(core, NAME, answers::routes(&tenant), Some(tls)).await?;
        // Nobody knows the address before this line, so no request can come too early.
        tenant.issuer.get_or_init(|| listening.url.clone());
        Ok(Self {
            tenant,
            _listening: Arc::new(listening),
        })
    }

    /// The tenant's address, which is also the issuer of its tokens: `https://127.0.0.1:port`.
    pub fn issuer(&self) -> &str {
        self.tenant.issuer()
    }

    /// Client id of the catalogue's application: the audience of its users' tokens.
    pub fn client_id(&self) -> &str {
        &self.tenant.client_id
    }

    /// The application's tenant id, claim `app_tid`.
    pub fn app_tid(&self) -> &str {
        &self.tenant.app_tid
    }

    /// The catalogue's present client secret.
    pub fn client_secret(&self) -> String {
        let state = self.tenant.state();
        let client = state.clients.get(self.client_id());
        client
            .and_then(|client| client.secret.clone())
            .unwrap_or_default()
    }

    /// The catalogue's present client certificate.
    pub fn client_certificate(&self) -> Option<BoundCertificate> {
        let state = self.tenant.state();
        state.clients.get(self.client_id())?.certificate.clone()
    }

    /// Gives the catalogue a new secret; the old one is refused from now on.
    pub fn replace_client_secret(&self) -> String {
        let secret = new_secret(&self.tenant.core);
        let mut state = self.tenant.state();
        if let Some(client) = state.clients.get_mut(self.client_id()) {
            client.secret = Some(secret.clone());
        }
        secret
    }

    /// Gives the catalogue a new certificate; the old one is refused from now on.
    pub fn replace_client_certificate(&self) -> io::Result<BoundCertificate> {
        let issued = BoundCertificate::issue(&self.tenant.core, self.client_id(), CLIENT_KEY)?;
        let mut state = self.tenant.state();
        if let Some(client) = state.clients.get_mut(self.client_id()) {
            client.certificate = Some(issued.clone());
        }
        Ok(issued)
    }

    /// Signs with a new key from now on; the old ones stay published.
    pub fn rotate_signing_key(&self) -> io::Result<()> {
        let mut state = self.tenant.state();
        state.rotations = state.rotations.wrapping_add(1);
        let number = FIRST_SIGNING_KEY.wrapping_add(state.rotations);
        let kid = format!("sandbox-{}", u16::from(state.rotations) + 1);
        let key = SigningKey::new(&self.tenant.core, &kid, number)?;
        state.keys.insert(0, key);
        Ok(())
    }

    /// Ends a rotation: only the key that signs stays published.
    pub fn retire_old_signing_keys(&self) {
        self.tenant.state().keys.truncate(1);
    }

    /// Seconds that tokens live which are issued from now on.
    pub fn set_token_life(&self, seconds: i64) {
        self.tenant.state().token_life = seconds;
    }

    /// Registers another application that may call the catalogue's `apis` as `dependency`.
    pub fn add_consumer(&self, dependency: &str, apis: &[&str]) -> ClientSecret {
        let client_id = random::uuid();
        let secret = new_secret(&self.tenant.core);
        let apis = apis.iter().map(|&api| api.to_owned()).collect();
        let client = Client {
            secret: Some(secret.clone()),
            certificate: None,
            dependencies: HashMap::from([(dependency.to_owned(), apis)]),
        };
        let mut state = self.tenant.state();
        state.clients.insert(client_id.clone(), client);
        ClientSecret { client_id, secret }
    }

    /// Lets browsers be sent to one more address after signing in; `*` stands for letters,
    /// digits, dots and hyphens.
    pub fn add_redirect_uri(&self, pattern: &str) {
        self.tenant.state().after_login.add(pattern);
    }

    /// The claims of an id token, as `person` gets it after signing in to the catalogue.
    pub fn user_claims(&self, person: &'static Person) -> Value {
        let since = self.tenant.core.clock.unix();
        let sign_in = SignIn {
            person,
            id: random::uuid(),
            since,
        };
        self.tenant.user_claims(self.client_id(), &sign_in)
    }

    /// An id token for this person, as the authorization code flow would give it.
    pub fn user_token(&self, person: &'static Person) -> String {
        self.sign(&self.user_claims(person))
    }

    /// Signs any claims with the tenant's present key and an honest header.
    pub fn sign(&self, claims: &Value) -> String {
        let header = self.header();
        self.sign_with_header(&header, claims)
    }

    /// Signs any claims under any header with the tenant's present key.
    pub fn sign_with_header(&self, header: &Value, claims: &Value) -> String {
        self.tenant.sign(Some(header), claims)
    }

    /// The header of an honest token.
    pub fn header(&self) -> Value {
        let state = self.tenant.state();
        state
            .keys
            .first()
            .map(SigningKey::header)
            .unwrap_or_default()
    }

    /// The same token as [`Identity::user_token`], with one thing wrong.
    pub fn flawed_user_token(&self, person: &'static Person, flaw: Flaw) -> io::Result<String> {
        let good = self.user_claims(person);
        let core = &self.tenant.core;
        let foreign = SigningKey::new(core, "foreign", FOREIGN_SIGNING_KEY)?;
        let state = self.tenant.state();
        let Some(key) = state.keys.first() else {
            return Err(io::Error::other("the tenant has no signing key"));
        };
        let forge = Forge {
            now: core.clock.unix(),
            key,
            header: &key.header(),
            foreign: &foreign,
            wrong: Wrong {
                other_audience: json!({ "aud": "5f0e8a3c-0000-4000-8000-0000000000ff" }),
                no_audience: json!({ "aud": null }),
                other_issuer: json!({ "iss": "https://other.accounts.ondemand.com" }),
                other_tenant: json!({ "app_tid": "5f0e8a3c-0000-4000-8000-0000000000fe" }),
                more_rights: json!({ "groups": ["S3CatalogAdmin", "Forged"] }),
            },
        };
        let token = flaw.token(&forge, &good);
        core.ledger.secret(&token);
        Ok(token)
    }
}

impl Tenant {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn issuer(&self) -> &str {
        self.issuer.get().map(String::as_str).unwrap_or_default()
    }

    /// What every token of the tenant says.
    fn claims(&self, audience: &str, authorized_party: &str) -> Value {
        let now = self.core.clock.unix();
        json!({
            "iss": self.issuer(),
            "aud": audience,
            "azp": authorized_party,
            "app_tid": self.app_tid,
            "iat": now,
            "exp": now + self.state().token_life,
            "jti": random::uuid(),
        })
    }

    /// What the tokens of somebody who signed in to this client say.
    fn user_claims(&self, client_id: &str, sign_in: &SignIn) -> Value {
        let mut claims = self.claims(client_id, client_id);
        let person = sign_in.person;
        let user = json!({
            "sub": person.scim_id,
            "sap_id_type": "user",
            "scim_id": person.scim_id,
            "auth_time": sign_in.since,
            "email": person.email,
            "email_verified": true,
            "given_name": person.given_name,
            "family_name": person.family_name,
            "groups": person.groups,
            "sid": sign_in.id,
        });
        if let (Value::Object(claims), Value::Object(user)) = (&mut claims, user) {
            claims.extend(user);
        }
        claims
    }

    fn sign(&self, header: Option<&Value>, claims: &Value) -> String {
        let state = self.state();
        let token = state.keys.first().map(|key| match header {
            Some(header) => key.sign(header, claims),
            None => key.sign(&key.header(), claims),
        });
        let token = token.unwrap_or_default();
        self.core.ledger.secret(&token);
        token
    }
}

fn on_this_machine(paths: &[&str]) -> Vec<String> {
    let hosts = ["127.0.0.1", "localhost"];
    let at = |host: &&str| {
        paths
            .iter()
            .map(move |path| format!("http://{host}:*{path}"))
            .collect()
    };
    hosts
        .iter()
        .flat_map(|host| -> Vec<String> { at(host) })
        .collect()
}

fn new_secret(core: &Core) -> String {
    // Real secrets hold characters that a form and a Basic header must encode.
    let secret = format!("{}-:_+/=", random::text(18));
    core.ledger.secret(&secret);
    secret
}
