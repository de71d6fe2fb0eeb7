//! Who is calling. The route of a Cloud Foundry application is public, so this room is the gate:
//! it turns the `Authorization` header into a [`Caller`] or into a [`Rejection`], and nothing else
//! in the house can make a `Caller`. It knows tokens, issuers and keys; it knows neither HTTP
//! status codes nor what a scope is good for.

mod aws;
mod claims;
mod fuzzed;
mod ias;
mod keys;
mod possession;
mod refusal;
mod remembered;
mod strict_json;
#[cfg(test)]
mod tests;
mod token;
mod verify;
mod xsuaa;

use std::fmt;

pub(crate) use crate::settings::Scope;
pub(crate) use fuzzed::{accepts_unsigned, read_client_certificate};
pub(crate) use ias::UnusableIdentity;
pub(crate) use verify::{Trust, Verifier};

use keys::KeysUnavailable;
use possession::Bound;
use refusal::Refusal;

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "Read",
            Self::Write => "Write",
            Self::Admin => "Admin",
        })
    }
}

/// Who vouches for a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Issuer {
    /// SAP Cloud Identity Services.
    Ias,
    /// SAP's XSUAA.
    Xsuaa,
    /// An AWS account (IAM outbound identity federation).
    Aws,
}

impl Issuer {
    /// What the log calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ias => "ias",
            Self::Xsuaa => "xsuaa",
            Self::Aws => "aws",
        }
    }

    /// What an application needs to accept its tokens: label of a binding, or a setting.
    fn binding(self) -> &'static str {
        match self {
            Self::Ias => "identity",
            Self::Xsuaa => "xsuaa",
            Self::Aws => "aws_callers",
        }
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

impl Kind {
    /// What the log calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Technical => "technical",
        }
    }
}

/// Somebody whose token was verified.
///
/// There is no public constructor: whoever holds a `Caller` got it from a [`Verifier`].
pub(crate) struct Caller {
    id: String,
    email: Option<String>,
    issuer: Issuer,
    kind: Kind,
    scope: Option<Scope>,
    bound: Bound,
}

impl Caller {
    /// Stable id of the user or of the calling application, or the ARN of an AWS workload; never
    /// an e-mail address.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The user's e-mail address, only if the settings want it in audit lines.
    pub(crate) fn email(&self) -> Option<&str> {
        self.email.as_deref()
    }

    /// Who vouches for the caller.
    pub(crate) fn issuer(&self) -> Issuer {
        self.issuer
    }

    /// Whether a person or a program is calling.
    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether the caller holds this scope or one that includes it.
    pub(crate) fn may(&self, scope: Scope) -> bool {
        self.scope.is_some_and(|held| held >= scope)
    }

    /// Every scope that the caller holds.
    pub(crate) fn scopes(&self) -> impl Iterator<Item = Scope> {
        let all = [Scope::Read, Scope::Write, Scope::Admin];
        all.into_iter().filter(|scope| self.may(*scope))
    }
}

/// Shows what may stand in a log: the id and what the caller may do.
impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held: Vec<Scope> = self.scopes().collect();
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
