//! Temporary credentials that the sandbox's STS and Roles Anywhere gave out: what S3 accepts.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use time::OffsetDateTime;

use crate::Core;
use crate::iam::Role;
use crate::random;

/// How a session was earned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    RolesAnywhere,
    WebIdentity,
    AssumeRole,
}

impl Source {
    fn name(self) -> &'static str {
        match self {
            Self::RolesAnywhere => "roles-anywhere",
            Self::WebIdentity => "web-identity",
            Self::AssumeRole => "assume-role",
        }
    }
}

/// What a caller has earned and what a [`Session`] is made of.
#[derive(Debug)]
pub(crate) struct Grant<'a> {
    pub(crate) source: Source,
    pub(crate) role: &'a Role,
    pub(crate) session_name: &'a str,
    pub(crate) duration: Duration,
    pub(crate) details: Details,
}

/// What a session carries beside its keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Details {
    pub source_identity: Option<String>,
    pub tags: Vec<(String, String)>,
    pub transitive_tag_keys: Vec<String>,
    /// Inline session policy, JSON.
    pub policy: Option<String>,
    pub policy_arns: Vec<String>,
}

/// Temporary credentials.
#[derive(Clone)]
pub struct Session {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: String,
    /// Whole seconds, as AWS tells them.
    pub expires: OffsetDateTime,
    pub source: Source,
    pub role_arn: String,
    /// `arn:aws:sts::…:assumed-role/ROLE/NAME`.
    pub assumed_role_arn: String,
    /// `AROA…:NAME`.
    pub assumed_role_id: String,
    pub details: Details,
    revoked: bool,
}

impl Session {
    /// Whether it is over at `now`, by its time or because a test ended it.
    pub fn is_over(&self, now: OffsetDateTime) -> bool {
        self.revoked || now >= self.expires
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("access_key_id", &self.access_key_id)
            .field("expires", &self.expires)
            .field("assumed_role_arn", &self.assumed_role_arn)
            .finish_non_exhaustive()
    }
}

/// All sessions of an account; clones share them.
#[derive(Debug, Clone)]
pub struct Sessions {
    core: Core,
    account: String,
    book: Arc<Mutex<Book>>,
}

#[derive(Debug, Default)]
struct Book {
    sessions: Vec<Session>,
    life_cap: Option<Duration>,
}

impl Sessions {
    pub(crate) fn new(core: &Core, account: &str) -> Self {
        Self {
            core: core.clone(),
            account: account.to_owned(),
            book: Arc::default(),
        }
    }

    /// Makes sessions from now on end after at most this long, whatever was asked for.
    ///
    /// AWS gives none below 15 minutes; tests of renewal can't wait for that.
    pub fn life_cap(&self, longest: Option<Duration>) {
        self.book().life_cap = longest;
    }

    /// Ends every session that is out; their holders still believe in the old expiry.
    pub fn expire_all(&self) {
        for session in &mut self.book().sessions {
            session.revoked = true;
        }
    }

    /// Every session so far, oldest first.
    pub fn all(&self) -> Vec<Session> {
        self.book().sessions.clone()
    }

    /// The session behind an access key.
    pub fn of_key(&self, access_key_id: &str) -> Option<Session> {
        self.book()
            .sessions
            .iter()
            .find(|session| session.access_key_id == access_key_id)
            .cloned()
    }

    pub(crate) fn issue(&self, grant: Grant<'_>) -> Session {
        let mut book = self.book();
        let duration = book
            .life_cap
            .map_or(grant.duration, |cap| cap.min(grant.duration));
        let now = self.core.clock.utc();
        let role_name = grant.role.name();
        let name = grant.session_name;
        let session = Session {
            access_key_id: format!("ASIA{}", random::identifier()),
            secret_access_key: random::secret_key(),
            session_token: random::session_token(),
            expires: now.replace_nanosecond(0).unwrap_or(now) + duration,
            source: grant.source,
            role_arn: grant.role.arn.clone(),
            assumed_role_arn: format!(
                "arn:aws:sts::{}:assumed-role/{role_name}/{name}",
                self.account
            ),
            assumed_role_id: format!("{}:{name}", role_id(&grant.role.arn)),
            details: grant.details,
            revoked: false,
        };
        self.core.ledger.secret(&session.secret_access_key);
        self.core.ledger.secret(&session.session_token);
        self.core
            .ledger
            .record("sessions", describe(&session, duration));
        book.sessions.push(session.clone());
        session
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `[\w+=,.@-]{2,64}`, the shape of session names and source identities.
pub(crate) fn is_session_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    (2..=64).contains(&name.len()) && name.chars().all(allowed)
}

/// A role keeps its identifier for life, so it is derived from the ARN.
fn role_id(arn: &str) -> String {
    let hash = crate::sigv4::sha256_hex(arn.as_bytes()).to_uppercase();
    format!("AROA{}", hash.get(..17).unwrap_or_default())
}

/// `session ASIA… by web-identity for 900 s as arn:… source-identity=x tags=a=b transitive=a`.
fn describe(session: &Session, duration: Duration) -> String {
    let details = &session.details;
    let tags: Vec<String> = details
        .tags
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    format!(
        "session {} by {} for {} s as {} source-identity={} tags={} transitive={} policy={} policy-arns={}",
        session.access_key_id,
        session.source.name(),
        duration.as_secs(),
        session.assumed_role_arn,
        details.source_identity.as_deref().unwrap_or("-"),
        or_dash(&tags),
        or_dash(&details.transitive_tag_keys),
        details.policy.as_deref().unwrap_or("-"),
        or_dash(&details.policy_arns),
    )
}

fn or_dash(parts: &[String]) -> String {
    if parts.is_empty() {
        "-".to_owned()
    } else {
        parts.join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sessions() -> (Core, Sessions) {
        let core = Core::new().unwrap();
        let sessions = Sessions::new(&core, "111122223333");
        (core, sessions)
    }

    fn issue(sessions: &Sessions) -> Session {
        let role = Role::new("arn:aws:iam::111122223333:role/path/catalog", Vec::new());
        sessions.issue(Grant {
            source: Source::AssumeRole,
            role: &role,
            session_name: "me",
            duration: Duration::from_mins(15),
            details: Details::default(),
        })
    }

    #[test]
    fn a_cap_shortens_sessions_and_the_clock_ends_them() {
        let (core, sessions) = sessions();
        sessions.life_cap(Some(Duration::from_secs(3)));
        let session = issue(&sessions);
        assert!(!session.is_over(core.clock.utc()));
        core.clock.set_offset(4);
        assert!(session.is_over(core.clock.utc()));
    }

    #[test]
    fn expire_all_ends_what_is_out_and_nothing_later() {
        let (core, sessions) = sessions();
        let old = issue(&sessions);
        sessions.expire_all();
        let new = issue(&sessions);
        let now = core.clock.utc();
        assert!(sessions.of_key(&old.access_key_id).unwrap().is_over(now));
        assert!(!sessions.of_key(&new.access_key_id).unwrap().is_over(now));
    }

    #[test]
    fn keys_and_tokens_are_noted_as_secrets() {
        let (core, sessions) = sessions();
        let session = issue(&sessions);
        assert_eq!(
            core.ledger.secrets(),
            [session.secret_access_key, session.session_token]
        );
        assert_eq!(
            session.assumed_role_arn,
            "arn:aws:sts::111122223333:assumed-role/catalog/me"
        );
    }
}
