//! XSUAA (SAP Authorization and Trust Management): one subaccount with the catalogue's instance of
//! plan `application`, its keys, its users and their role collections. Which scopes there are and
//! what a role collection holds is read from the repository's `xs-security.json`, as the real
//! service does when the instance is made. Not simulated: login pages, refresh tokens, the grants
//! of users (a test gets a user's token from [`Xsuaa::user_token`]), token exchange, the REST API.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use serde_json::{Value, json};

use crate::Core;
use crate::bound_certificate::BoundCertificate;
pub use crate::flaw::Flaw;
use crate::flaw::{Forge, Wrong};
use crate::identity::ClientSecret;
use crate::identity::signing::SigningKey;
use crate::people::Person;
use crate::random;
use crate::serve::{Listening, serve};

mod answers;
mod claims;
mod descriptor;

use descriptor::Descriptor;

/// Name in the ledger and in faults; `xsuaa` is the one that the Destination service asks.
pub const NAME: &str = "application-xsuaa";
/// Name in the ledger of the site that [`Xsuaa::misled_user_token`] points at.
pub const ELSEWHERE: &str = "elsewhere";

/// Subdomain of the subaccount, `identityzone` of a binding.
pub const SUBDOMAIN: &str = "sandbox";

/// What the real service puts behind the name of an application, to make it the only one.
const APPLICATION_INDEX: &str = "!t4711";

/// Numbers of RSA keys, which all sandboxes of a process share.
const CLIENT_KEY: u8 = 15;
const FOREIGN_SIGNING_KEY: u8 = 62;
const FIRST_SIGNING_KEY: u8 = 70;

/// The subaccount; clones are handles to the same one, and the last one ends it.
#[derive(Debug, Clone)]
pub struct Xsuaa {
    zone: Arc<Zone>,
    listening: Arc<[Listening; 3]>,
}

#[derive(Debug)]
struct Zone {
    core: Core,
    url: OnceLock<String>,
    descriptor: Descriptor,
    /// `btp-s3-catalog!t4711`
    app_name: String,
    /// `sb-btp-s3-catalog!t4711`
    client_id: String,
    id: String,
    instance_id: String,
    /// A key that was never published, except elsewhere.
    foreign: SigningKey,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    clients: HashMap<String, Client>,
    /// The first one signs, all are published.
    keys: Vec<SigningKey>,
    rotations: u8,
    token_life: i64,
}

/// A client of the subaccount, how it may show that it is itself, and what it may do by itself.
#[derive(Debug)]
struct Client {
    secret: String,
    certificate: Option<BoundCertificate>,
    /// Whole names of the scopes that were granted to it as authorities.
    authorities: Vec<String>,
}

impl Xsuaa {
    /// Starts the subaccount; the catalogue's binding has a secret and a certificate.
    pub async fn start(core: &Core) -> io::Result<Self> {
        let descriptor = Descriptor::of_the_repository()?;
        let app_name = format!("{}{APPLICATION_INDEX}", descriptor.name());
        let client_id = format!("sb-{app_name}");
        let client = Client {
            secret: new_secret(core),
            certificate: Some(BoundCertificate::issue(core, &client_id, CLIENT_KEY)?),
            authorities: descriptor.authorities(&app_name),
        };
        let zone = Arc::new(Zone {
            core: core.clone(),
            url: OnceLock::new(),
            id: random::uuid(),
            instance_id: random::uuid(),
            foreign: SigningKey::new(core, "default-jwt-key-foreign", FOREIGN_SIGNING_KEY)?,
            state: Mutex::new(State {
                clients: HashMap::from([(client_id.clone(), client)]),
                keys: vec![SigningKey::new(core, &key_id(1), FIRST_SIGNING_KEY)?],
                rotations: 0,
                token_life: descriptor.token_life(),
            }),
            descriptor,
            app_name,
            client_id,
        });
        let by_certificate = Some(core.pki.server_asking_client()?);
        let listening = [
            serve(core, NAME, answers::by_secret(&zone), None).await?,
            serve(core, NAME, answers::by_certificate(&zone), by_certificate).await?,
            serve(core, ELSEWHERE, answers::elsewhere(&zone), None).await?,
        ];
        // Nobody knows the address before this line, so no request can come too early.
        let [plain, _, _] = &listening;
        zone.url.get_or_init(|| plain.url.clone());
        Ok(Self {
            zone,
            listening: Arc::new(listening),
        })
    }

    /// Address for clients with a secret and of the keys, key `url` of a binding.
    pub fn url(&self) -> &str {
        self.zone.url()
    }

    /// Address of the token endpoint for clients with a certificate, key `certurl` of a binding.
    pub fn certificate_url(&self) -> &str {
        let [_, by_certificate, _] = &*self.listening;
        &by_certificate.url
    }

    /// Host (and port) of the landscape, key `uaadomain`: keys are at `/token_keys` there.
    pub fn domain(&self) -> &str {
        self.url().trim_start_matches("http://")
    }

    /// Issuer of the tokens.
    pub fn issuer(&self) -> String {
        self.zone.issuer()
    }

    /// `sb-btp-s3-catalog!t4711`
    pub fn client_id(&self) -> &str {
        &self.zone.client_id
    }

    /// `btp-s3-catalog!t4711`, key `xsappname`, in front of every scope.
    pub fn app_name(&self) -> &str {
        &self.zone.app_name
    }

    /// UUID of the subaccount: claim `zid`, keys `identityzoneid`, `zoneid`, `tenantid`,
    /// `subaccountid`.
    pub fn zone_id(&self) -> &str {
        &self.zone.id
    }

    /// UUID of the service instance.
    pub fn instance_id(&self) -> &str {
        &self.zone.instance_id
    }

    /// The present key for a binding, `verificationkey`: PEM in one line.
    pub fn verification_key(&self) -> String {
        let state = self.zone.state();
        let pem = state.keys.first().map(SigningKey::public_key_pem);
        pem.unwrap_or_default().replace('\n', "")
    }

    /// The catalogue's present client secret.
    pub fn client_secret(&self) -> String {
        let state = self.zone.state();
        let client = state.clients.get(self.client_id());
        client
            .map(|client| client.secret.clone())
            .unwrap_or_default()
    }

    /// The catalogue's client certificate.
    pub fn client_certificate(&self) -> Option<BoundCertificate> {
        let state = self.zone.state();
        state.clients.get(self.client_id())?.certificate.clone()
    }

    /// Gives the catalogue a new secret; the old one is refused from now on.
    pub fn replace_client_secret(&self) -> String {
        let secret = new_secret(&self.zone.core);
        let mut state = self.zone.state();
        if let Some(client) = state.clients.get_mut(self.client_id()) {
            client.secret.clone_from(&secret);
        }
        secret
    }

    /// Registers another application of the subaccount, `sb-NAME!t4712`, that was granted these
    /// scopes of the catalogue (`Read`, …) as authorities.
    pub fn add_client(&self, name: &str, scopes: &[&str]) -> ClientSecret {
        let client_id = format!("sb-{name}!t4712");
        let secret = new_secret(&self.zone.core);
        let client = Client {
            secret: secret.clone(),
            certificate: None,
            authorities: self.zone.scopes(scopes),
        };
        let mut state = self.zone.state();
        state.clients.insert(client_id.clone(), client);
        ClientSecret { client_id, secret }
    }

    /// Grants the catalogue's own client these scopes (`Read`, …) as authorities, as `authorities`
    /// in `xs-security.json` would; replaces what it had.
    pub fn grant_authorities(&self, scopes: &[&str]) {
        let mut state = self.zone.state();
        if let Some(client) = state.clients.get_mut(self.client_id()) {
            client.authorities = self.zone.scopes(scopes);
        }
    }

    /// Signs with a new key from now on; the old ones stay published.
    pub fn rotate_signing_key(&self) -> io::Result<()> {
        let mut state = self.zone.state();
        state.rotations = state.rotations.wrapping_add(1);
        let number = FIRST_SIGNING_KEY.wrapping_add(state.rotations);
        let kid = key_id(u16::from(state.rotations) + 1);
        let key = SigningKey::new(&self.zone.core, &kid, number)?;
        state.keys.insert(0, key);
        Ok(())
    }

    /// Ends a rotation: only the key that signs stays published.
    pub fn retire_old_signing_keys(&self) {
        self.zone.state().keys.truncate(1);
    }

    /// Seconds that tokens live which are issued from now on; at first `token-validity` of
    /// `xs-security.json`.
    pub fn set_token_life(&self, seconds: i64) {
        self.zone.state().token_life = seconds;
    }

    /// The claims of a token, as `person` gets it after signing in to the catalogue.
    pub fn user_claims(&self, person: &Person) -> Value {
        self.zone.user_claims(person)
    }

    /// A token for this person, as the authorization code flow would give it.
    pub fn user_token(&self, person: &Person) -> String {
        self.sign(&self.user_claims(person))
    }

    /// The claims of a token of the client itself, with the scopes that it was granted.
    pub fn technical_claims(&self, client_id: &str) -> Value {
        let authorities = self.zone.state().authorities(client_id);
        self.zone.technical_claims(client_id, &authorities)
    }

    /// A token of the catalogue's own client, as its token request would get it.
    pub fn technical_token(&self) -> String {
        self.sign(&self.technical_claims(self.client_id()))
    }

    /// Signs any claims with the present key and an honest header.
    pub fn sign(&self, claims: &Value) -> String {
        self.sign_with_header(&self.header(), claims)
    }

    /// Signs any claims under any header with the present key.
    pub fn sign_with_header(&self, header: &Value, claims: &Value) -> String {
        self.zone.sign(header, claims)
    }

    /// The header of an honest token.
    pub fn header(&self) -> Value {
        self.zone.header()
    }

    /// The same token as [`Xsuaa::user_token`], with one thing wrong.
    pub fn flawed_user_token(&self, person: &Person, flaw: Flaw) -> io::Result<String> {
        let (good, header) = (self.user_claims(person), self.header());
        let state = self.zone.state();
        let Some(key) = state.keys.first() else {
            return Err(io::Error::other("the subaccount has no signing key"));
        };
        let forge = Forge {
            now: self.zone.core.clock.unix(),
            key,
            header: &header,
            foreign: &self.zone.foreign,
            wrong: self.wrong(),
        };
        let token = flaw.token(&forge, &good);
        self.zone.core.ledger.secret(&token);
        Ok(token)
    }

    /// A token whose `jku` leads to keys that do verify it, on another site: whoever follows it
    /// lets everybody in. The ledger shows under [`ELSEWHERE`] who went there.
    pub fn misled_user_token(&self, person: &Person) -> String {
        let [_, _, elsewhere] = &*self.listening;
        let foreign = &self.zone.foreign;
        let header = claims::header(&foreign.kid, &elsewhere.url);
        let token = foreign.sign(&header, &self.user_claims(person));
        self.zone.core.ledger.secret(&token);
        token
    }

    fn wrong(&self) -> Wrong {
        let (other, client) = ("other-app!t4713", "sb-other-app!t4713");
        Wrong {
            other_audience: json!({
                "aud": [other, client, "openid"],
                "client_id": client, "cid": client, "azp": client,
            }),
            // Without audience, SAP's libraries look at the scopes and the client.
            no_audience: json!({
                "aud": null, "client_id": null, "cid": null, "azp": null, "scope": ["openid"],
            }),
            other_issuer: json!({
                "iss": "https://sandbox.authentication.eu10.example.com/oauth/token",
            }),
            other_tenant: json!({ "zid": "5f0e8a3c-0000-4000-8000-0000000000fe" }),
            more_rights: json!({ "scope": self.zone.scopes(&["Read", "Write", "Admin", "Forged"]) }),
        }
    }
}

impl Zone {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn url(&self) -> &str {
        self.url.get().map(String::as_str).unwrap_or_default()
    }

    fn issuer(&self) -> String {
        format!("{}/oauth/token", self.url())
    }

    /// Whole names of scopes.
    fn scopes(&self, names: &[&str]) -> Vec<String> {
        let whole = |name: &&str| format!("{}.{name}", self.app_name);
        names.iter().map(whole).collect()
    }

    fn header(&self) -> Value {
        let state = self.state();
        let key = state.keys.first();
        key.map(|key| claims::header(&key.kid, self.url()))
            .unwrap_or_default()
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let state = self.state();
        let key = state.keys.first();
        let token = key.map(|key| key.sign(header, claims)).unwrap_or_default();
        self.core.ledger.secret(&token);
        token
    }
}

impl State {
    fn authorities(&self, client_id: &str) -> Vec<String> {
        let client = self.clients.get(client_id);
        client
            .map(|client| client.authorities.clone())
            .unwrap_or_default()
    }
}

fn key_id(number: u16) -> String {
    format!("default-jwt-key-{number}")
}

fn new_secret(core: &Core) -> String {
    // Real secrets end in "=", and hold "$" and characters that a form must encode.
    let secret = format!("{}$+/=", random::text(24));
    core.ledger.secret(&secret);
    secret
}
