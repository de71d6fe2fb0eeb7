//! The sandbox's AWS account: roles with their trust policies, users with long-lived keys (good
//! for `AssumeRole` only) and OIDC providers. Policies are values here, not JSON documents.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::Core;
use crate::random;
use crate::sessions::Sessions;

/// What the AWS stand-ins share beside the [`Core`]; clones are handles to the same account.
#[derive(Debug, Clone)]
pub struct Account {
    pub core: Core,
    /// Twelve digits.
    pub id: String,
    /// The one region that all stand-ins are in.
    pub region: String,
    pub iam: Iam,
    pub sessions: Sessions,
}

impl Account {
    /// An empty account.
    pub fn new(core: &Core, id: &str, region: &str) -> Self {
        let sessions = Sessions::new(core, id);
        Self {
            core: core.clone(),
            id: id.to_owned(),
            region: region.to_owned(),
            iam: Iam::default(),
            sessions,
        }
    }

    /// ARN of a role of this account.
    pub fn role_arn(&self, name: &str) -> String {
        format!("arn:aws:iam::{}:role/{name}", self.id)
    }

    /// Makes a user and its first access key.
    pub fn add_user(&self, name: &str) -> UserKey {
        let arn = format!("arn:aws:iam::{}:user/{name}", self.id);
        self.add_user_key(&arn)
    }

    /// Makes one more access key for a user; the old ones stay good until deleted.
    pub fn add_user_key(&self, user_arn: &str) -> UserKey {
        let key = UserKey {
            user_arn: user_arn.to_owned(),
            access_key_id: format!("AKIA{}", random::identifier()),
            secret_access_key: random::secret_key(),
        };
        self.core.ledger.secret(&key.secret_access_key);
        self.iam.book().keys.push(key.clone());
        key
    }
}

/// A role and whom it trusts.
#[derive(Debug, Clone)]
pub struct Role {
    /// For example `arn:aws:iam::111122223333:role/catalog`.
    pub arn: String,
    /// `MaxSessionDuration`; one hour unless changed.
    pub max_session: Duration,
    /// Any one of these is enough.
    pub trust: Vec<Trust>,
}

impl Role {
    /// A role with sessions of at most an hour.
    pub fn new(arn: &str, trust: Vec<Trust>) -> Self {
        Self {
            arn: arn.to_owned(),
            max_session: Duration::from_hours(1),
            trust,
        }
    }

    /// The same role with another `MaxSessionDuration`.
    #[must_use]
    pub fn max_session(mut self, longest: Duration) -> Self {
        self.max_session = longest;
        self
    }

    /// What follows `role/` and any path.
    pub(crate) fn name(&self) -> &str {
        self.arn.rsplit('/').next().unwrap_or(&self.arn)
    }
}

/// A statement of a trust policy.
#[derive(Debug, Clone)]
pub enum Trust {
    /// Principal `rolesanywhere.amazonaws.com`.
    RolesAnywhere {
        /// Condition `aws:SourceArn`: the canonical ARN of the trust anchor.
        source_arn: Option<String>,
        /// Condition `aws:PrincipalTag/x509Subject/CN`.
        common_name: Option<String>,
    },
    /// Principal: an OIDC provider.
    WebIdentity {
        issuer: String,
        /// Condition on `<provider>:aud` (which is the token's `azp` where it has one).
        audiences: Vec<String>,
        /// Condition on `<provider>:sub`; empty: any.
        subjects: Vec<String>,
        /// Whether `sts:TagSession` is allowed too.
        may_tag: bool,
        /// Whether `sts:SetSourceIdentity` is allowed too.
        may_set_source_identity: bool,
    },
    /// Principal: a user of the account.
    User {
        arn: String,
        /// Condition `sts:ExternalId`.
        external_id: Option<String>,
        may_tag: bool,
        may_set_source_identity: bool,
    },
}

/// A user's long-lived key.
#[derive(Clone)]
pub struct UserKey {
    pub user_arn: String,
    pub access_key_id: String,
    pub secret_access_key: String,
}

impl std::fmt::Debug for UserKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserKey")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

/// An OIDC provider that STS takes tokens from.
#[derive(Debug, Clone)]
pub struct OidcProvider {
    /// Exactly the tokens' `iss`.
    pub issuer: String,
    /// Allowed audiences.
    pub client_ids: Vec<String>,
    /// Base of `/.well-known/openid-configuration`, where it is not the issuer itself because that
    /// name does not resolve on this machine.
    pub reachable_at: Option<String>,
}

/// Roles, users and providers of an account; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Iam {
    book: Arc<Mutex<Book>>,
}

#[derive(Debug, Default)]
struct Book {
    roles: Vec<Role>,
    keys: Vec<UserKey>,
    providers: Vec<OidcProvider>,
}

impl Iam {
    /// Adds a role, or replaces the one with the same ARN.
    pub fn put_role(&self, role: Role) {
        let mut book = self.book();
        book.roles.retain(|known| known.arn != role.arn);
        book.roles.push(role);
    }

    /// Adds an OIDC provider, or replaces the one with the same issuer.
    pub fn put_provider(&self, provider: OidcProvider) {
        let mut book = self.book();
        book.providers
            .retain(|known| known.issuer != provider.issuer);
        book.providers.push(provider);
    }

    /// Deletes a user's key.
    pub fn delete_key(&self, access_key_id: &str) {
        self.book()
            .keys
            .retain(|key| key.access_key_id != access_key_id);
    }

    pub(crate) fn role(&self, arn: &str) -> Option<Role> {
        self.book()
            .roles
            .iter()
            .find(|role| role.arn == arn)
            .cloned()
    }

    pub(crate) fn key(&self, access_key_id: &str) -> Option<UserKey> {
        self.book()
            .keys
            .iter()
            .find(|key| key.access_key_id == access_key_id)
            .cloned()
    }

    pub(crate) fn provider(&self, issuer: &str) -> Option<OidcProvider> {
        self.book()
            .providers
            .iter()
            .find(|provider| provider.issuer == issuer)
            .cloned()
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
