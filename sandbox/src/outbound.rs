//! Outbound identity federation of the AWS account: its issuer of tokens for workloads, which stands
//! for `https://UUID.tokens.sts.global.api.aws`. It publishes keys; the tokens come from the action
//! `GetWebIdentityToken` of [`crate::sts`]. Not simulated: the IAM actions that switch it on and
//! off (a test calls [`Outbound::set_enabled`]), and claims of EC2, Lambda, Glue, Identity Center.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound.html>

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use serde_json::Value;
use time::Duration;

use crate::Core;
use crate::iam::Account;
use crate::identity::signing::SigningKey;
use crate::serve::{Listening, serve};

mod answers;
mod claims;
mod ec_key;

pub(crate) use claims::Token;
use ec_key::EcKey;

/// Name in ledger and faults.
pub const NAME: &str = "outbound";

/// The organisation that the account belongs to, claim `org_id`.
pub const ORGANIZATION: &str = "o-sandbox0001";

/// Life of the tokens that tests get without asking STS, in seconds: what STS gives if nobody says.
const WORKLOAD_TOKEN_LIFE: i64 = 300;

/// Number of the first RSA key, which all sandboxes of a process share.
const FIRST_SIGNING_KEY: u8 = 90;

/// What a token may be signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    Rs256,
    Es384,
}

impl Algorithm {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Rs256, Self::Es384];

    /// As in requests and in token headers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es384 => "ES384",
        }
    }
}

/// The issuer; clones are handles to the same one, and the last one ends it.
#[derive(Debug, Clone)]
pub struct Outbound {
    issuer: Arc<Issuer>,
    _listening: Arc<Listening>,
}

#[derive(Debug)]
struct Issuer {
    core: Core,
    url: OnceLock<String>,
    account: String,
    region: String,
    /// The role of [`crate::aws::Aws::workload_session`].
    workload_arn: String,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    enabled: bool,
    /// The first ones sign, all are published.
    keys: Vec<Keys>,
    rotations: u8,
}

/// One key for each algorithm.
#[derive(Debug)]
struct Keys {
    rsa: SigningKey,
    ec: EcKey,
}

impl Keys {
    /// Named as AWS names its first keys; how it names later ones is not known.
    fn new(core: &Core, rotation: u8) -> io::Result<Self> {
        let number = FIRST_SIGNING_KEY.wrapping_add(rotation);
        Ok(Self {
            rsa: SigningKey::new(core, &format!("RSA_{rotation}"), number)?,
            ec: EcKey::new(&format!("EC384_{rotation}"))?,
        })
    }

    fn header(&self, algorithm: Algorithm) -> Value {
        match algorithm {
            Algorithm::Rs256 => self.rsa.header(),
            Algorithm::Es384 => self.ec.header(),
        }
    }

    fn sign(&self, algorithm: Algorithm, header: &Value, claims: &Value) -> String {
        match algorithm {
            Algorithm::Rs256 => self.rsa.sign(header, claims),
            Algorithm::Es384 => self.ec.sign(header, claims),
        }
    }
}

impl Outbound {
    /// Starts the issuer of an account, switched on.
    pub(crate) async fn start(account: &Account, workload_arn: &str) -> io::Result<Self> {
        let issuer = Arc::new(Issuer {
            core: account.core.clone(),
            url: OnceLock::new(),
            account: account.id.clone(),
            region: account.region.clone(),
            workload_arn: workload_arn.to_owned(),
            state: Mutex::new(State {
                enabled: true,
                keys: vec![Keys::new(&account.core, 0)?],
                rotations: 0,
            }),
        });
        let tls = Some(account.core.pki.server()?);
        let listening = serve(&account.core, NAME, answers::routes(&issuer), tls).await?;
        // Nobody knows the address before this line, so no request can come too early.
        issuer.url.get_or_init(|| listening.url.clone());
        Ok(Self {
            issuer,
            _listening: Arc::new(listening),
        })
    }

    /// The issuer of the account's tokens: `https://127.0.0.1:port`.
    pub fn issuer(&self) -> &str {
        self.issuer.url()
    }

    /// Switches the feature on or off. Tokens that are out stay good, and keys stay published.
    pub fn set_enabled(&self, enabled: bool) {
        self.issuer.state().enabled = enabled;
    }

    /// Signs with new keys from now on; the old ones stay published.
    pub fn rotate_keys(&self) -> io::Result<()> {
        let mut state = self.issuer.state();
        state.rotations = state.rotations.wrapping_add(1);
        let keys = Keys::new(&self.issuer.core, state.rotations)?;
        state.keys.insert(0, keys);
        Ok(())
    }

    /// Ends a rotation: only the keys that sign stay published.
    pub fn retire_old_keys(&self) {
        self.issuer.state().keys.truncate(1);
    }

    /// The claims of a token for this principal (a role or a user), which lives for `seconds`.
    pub fn claims(&self, arn: &str, account: &str, audiences: &[&str], seconds: i64) -> Value {
        self.claims_of(&Token {
            account,
            principal_arn: arn,
            audiences,
            life: Duration::seconds(seconds),
            session: None,
            request_tags: &[],
        })
    }

    /// The claims of a token for this audience, as a workload of the account gets it.
    pub fn workload_claims(&self, audience: &str) -> Value {
        let Issuer {
            workload_arn,
            account,
            ..
        } = &*self.issuer;
        self.claims(workload_arn, account, &[audience], WORKLOAD_TOKEN_LIFE)
    }

    /// A token for this audience, as a workload of the account gets it; ES384.
    pub fn workload_token(&self, audience: &str) -> String {
        self.sign(Algorithm::Es384, &self.workload_claims(audience))
    }

    /// Signs any claims with a present key and an honest header.
    pub fn sign(&self, algorithm: Algorithm, claims: &Value) -> String {
        self.sign_with_header(algorithm, &self.header(algorithm), claims)
    }

    /// Signs any claims under any header with the present key of this algorithm.
    pub fn sign_with_header(&self, algorithm: Algorithm, header: &Value, claims: &Value) -> String {
        let state = self.issuer.state();
        let keys = state.keys.first();
        let token = keys.map(|keys| keys.sign(algorithm, header, claims));
        let token = token.unwrap_or_default();
        self.issuer.core.ledger.secret(&token);
        token
    }

    /// The header of an honest token.
    pub fn header(&self, algorithm: Algorithm) -> Value {
        let state = self.issuer.state();
        let keys = state.keys.first();
        keys.map(|keys| keys.header(algorithm)).unwrap_or_default()
    }

    /// The claims of a token that STS was asked for.
    pub(crate) fn claims_of(&self, token: &Token<'_>) -> Value {
        self.issuer.claims(token)
    }

    pub(crate) fn is_enabled(&self) -> bool {
        self.issuer.state().enabled
    }
}

impl Issuer {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn url(&self) -> &str {
        self.url.get().map(String::as_str).unwrap_or_default()
    }
}
