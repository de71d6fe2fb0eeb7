//! XSUAA, as an application is bound to it: the keys of its landscape, and tokens of the demo
//! users and of the application itself, with the scopes that xs-security.json gives them. Not
//! simulated: login pages, authorization codes, token exchange, other subaccounts.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use serde_json::{Value, json};

use crate::Core;
use crate::identity::signing::SigningKey;
use crate::people::Person;
use crate::random;
use crate::serve::{Listening, serve};

mod answers;
mod roles;

/// Name in the ledger and in faults.
pub const NAME: &str = "application-xsuaa";

/// Name of the application, with the suffix that XSUAA gives it.
const APP_NAME: &str = "btp-s3-catalog!t4711";
/// Life of tokens, in seconds.
const TOKEN_LIFE: i64 = 3600;
/// Numbers of RSA keys, which all sandboxes of a process share.
const FIRST_SIGNING_KEY: u8 = 80;

/// The application's XSUAA; clones are handles to the same one, and the last one ends it.
#[derive(Debug, Clone)]
pub struct Xsuaa {
    zone: Arc<Zone>,
    _listening: Arc<Listening>,
}

#[derive(Debug)]
struct Zone {
    core: Core,
    url: OnceLock<String>,
    id: String,
    instance_id: String,
    secret: String,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The first one signs, all are published.
    keys: Vec<SigningKey>,
    rotations: u8,
}

impl Xsuaa {
    /// Starts it with one subaccount and one application.
    pub async fn start(core: &Core) -> io::Result<Self> {
        let secret = format!("{}$sandbox=", random::text(30));
        core.ledger.secret(&secret);
        let zone = Arc::new(Zone {
            core: core.clone(),
            url: OnceLock::new(),
            id: random::uuid(),
            instance_id: random::uuid(),
            secret,
            state: Mutex::new(State {
                keys: vec![SigningKey::new(
                    core,
                    "default-jwt-key-1",
                    FIRST_SIGNING_KEY,
                )?],
                rotations: 0,
            }),
        });
        let listening = serve(core, NAME, answers::routes(&zone), None).await?;
        // Nobody knows the address before this line, so no request can come too early.
        zone.url.get_or_init(|| listening.url.clone());
        Ok(Self {
            zone,
            _listening: Arc::new(listening),
        })
    }

    /// Base URL of the subaccount's XSUAA.
    pub fn url(&self) -> &str {
        self.zone.url()
    }

    /// Name of the application: `xsappname`.
    pub fn app_name(&self) -> &'static str {
        APP_NAME
    }

    /// Client id of the application.
    pub fn client_id(&self) -> String {
        client_id()
    }

    /// Client secret of the application.
    pub fn client_secret(&self) -> &str {
        &self.zone.secret
    }

    /// Id of the subaccount's identity zone.
    pub fn zone_id(&self) -> &str {
        &self.zone.id
    }

    /// The `credentials` of a binding; the key stands in one line, as it often does.
    pub fn credentials(&self) -> Value {
        let url = self.url();
        let domain = url.trim_start_matches("http://");
        let key = self
            .zone
            .state()
            .keys
            .first()
            .map(SigningKey::public_key_pem);
        json!({
            "clientid": client_id(),
            "clientsecret": self.zone.secret,
            "credential-type": "binding-secret",
            "url": url,
            "uaadomain": domain,
            "xsappname": APP_NAME,
            "identityzone": "sandbox",
            "identityzoneid": self.zone.id,
            "zoneid": self.zone.id,
            "tenantid": self.zone.id,
            "subaccountid": self.zone.id,
            "tenantmode": "dedicated",
            "serviceInstanceId": self.zone.instance_id,
            "verificationkey": key.unwrap_or_default().replace('\n', ""),
            "apiurl": url,
            "sburl": url,
        })
    }

    /// The claims of an access token, as `person` gets it after signing in to the application.
    pub fn user_claims(&self, person: &Person) -> Value {
        let mut claims = self.zone.claims(&roles::scopes_of(person, APP_NAME));
        let user = json!({
            "sub": person.scim_id, "user_id": person.scim_id, "user_uuid": person.scim_id,
            "user_name": person.email, "email": person.email,
            "given_name": person.given_name, "family_name": person.family_name,
            "origin": "sap.custom", "grant_type": "authorization_code",
            "xs.user.attributes": {}, "xs.system.attributes": {
                "xs.rolecollections": roles::collections_of(person) },
        });
        if let (Value::Object(claims), Value::Object(user)) = (&mut claims, user) {
            claims.extend(user);
        }
        claims
    }

    /// An access token for this person.
    pub fn user_token(&self, person: &Person) -> String {
        self.sign(&self.user_claims(person))
    }

    /// Signs any claims with the present key and an honest header.
    pub fn sign(&self, claims: &Value) -> String {
        self.zone.sign(claims)
    }

    /// Signs with a new key from now on; the old ones stay published.
    pub fn rotate_signing_key(&self) -> io::Result<()> {
        let mut state = self.zone.state();
        state.rotations = state.rotations.wrapping_add(1);
        let number = FIRST_SIGNING_KEY.wrapping_add(state.rotations);
        let kid = format!("default-jwt-key-{}", u16::from(state.rotations) + 1);
        let key = SigningKey::new(&self.zone.core, &kid, number)?;
        state.keys.insert(0, key);
        Ok(())
    }
}

fn client_id() -> String {
    format!("sb-{APP_NAME}")
}

impl Zone {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn url(&self) -> &str {
        self.url.get().map(String::as_str).unwrap_or_default()
    }

    /// What every token of the application says.
    fn claims(&self, scopes: &[String]) -> Value {
        let now = self.core.clock.unix();
        let client = client_id();
        let scopes: Vec<&str> = std::iter::once("openid")
            .chain(scopes.iter().map(String::as_str))
            .collect();
        json!({
            "iss": format!("{}/oauth/token", self.url()),
            "aud": [APP_NAME, "openid", client], "scope": scopes,
            "client_id": client, "cid": client, "azp": client,
            "zid": self.id, "rev_sig": random::text(6), "jti": random::uuid().replace('-', ""),
            "ext_attr": { "enhancer": "XSUAA", "subaccountid": self.id, "zdn": "sandbox",
                "serviceinstanceid": self.instance_id },
            "az_attr": {}, "iat": now, "exp": now + TOKEN_LIFE,
        })
    }

    fn sign(&self, claims: &Value) -> String {
        let state = self.state();
        let token = state.keys.first().map(|key| {
            let mut header = key.header();
            if let Value::Object(header) = &mut header {
                let address = format!("{}/token_keys", self.url());
                header.insert("jku".to_owned(), json!(address));
            }
            key.sign(&header, claims)
        });
        let token = token.unwrap_or_default();
        self.core.ledger.secret(&token);
        token
    }
}
