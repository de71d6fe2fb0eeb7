//! Who is calling. The route of a Cloud Foundry application is public, so this room is the gate:
//! it turns the `Authorization` header into a [`Caller`] or into a [`Rejection`], and nothing else
//! in the house can make a `Caller`. It knows tokens, issuers and keys; it knows neither HTTP
//! status codes nor what a scope is good for.

mod ias;
mod keys;
mod refusal;
mod remembered;
mod strict_json;
#[cfg(test)]
mod tests;
mod token;
mod verify;

use std::fmt;

pub(crate) use ias::{IdentityRules, UnusableIdentity};
pub(crate) use verify::Verifier;

use keys::KeysUnavailable;
use refusal::Refusal;

/// What a caller may do; each level includes the ones below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Scope {
    /// See buckets and objects.
    Read,
    /// Also store and delete objects.
    Write,
    /// Also see how the service itself is doing.
    Admin,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "Read",
            Self::Write => "Write",
            Self::Admin => "Admin",
        })
    }
}

/// Whether a person or a program is calling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// A person who logged in.
    User,
    /// An application that shows its own token.
    Technical,
}

/// Somebody whose token was verified.
///
/// There is no public constructor: whoever holds a `Caller` got it from a [`Verifier`].
pub(crate) struct Caller {
    id: String,
    kind: Kind,
    scope: Option<Scope>,
}

impl Caller {
    /// Stable id of the user or of the calling application; never an e-mail address.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Whether a person or a program is calling.
    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether the caller holds this scope or one that includes it.
    pub(crate) fn may(&self, scope: Scope) -> bool {
        self.scope.is_some_and(|held| held >= scope)
    }
}

/// Shows what may stand in a log: the id and what the caller may do.
impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held: Vec<Scope> = [Scope::Read, Scope::Write, Scope::Admin]
            .into_iter()
            .filter(|scope| self.may(*scope))
            .collect();
        f.debug_struct("Caller")
            .field("id", &self.id)
            .field("scopes", &held)
            .finish_non_exhaustive()
    }
}

/// Why a request goes no further. The text is for the log; clients are told less.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Rejection {
    /// No bearer token was sent.
    #[error("no bearer token was sent")]
    NoToken,
    /// A token was sent, and it is not good.
    #[error("the bearer token was refused")]
    Invalid(#[from] Refusal),
    /// The token is good, but the caller may not do this.
    #[error("the caller lacks the scope {0}")]
    MissingScope(Scope),
    /// The issuer's keys can't be had at the moment, so nobody can tell.
    #[error("the issuer's keys are not available")]
    KeysUnavailable(#[from] KeysUnavailable),
}
