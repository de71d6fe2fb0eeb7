//! Why a token is refused, in words for the log. No claim value appears here except the key id and
//! the issuer, which are escaped and cut, because whoever sends a token chooses what stands in it.

use std::fmt;

use super::keys::KeysUnavailable;

/// Characters of a key id or issuer that reach the log.
const SHOWN: usize = 64;

/// The rule that a token broke; Display is a short code without any value of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub(crate) enum Reason {
    /// More than one Authorization header.
    #[error("several_authorization_headers")]
    SeveralHeaders,
    /// Longer than a token can be.
    #[error("token_too_long")]
    TooLong,
    /// Characters that no compact JWS has.
    #[error("token_characters")]
    Characters,
    /// Not exactly three non-empty parts.
    #[error("token_parts")]
    Parts,
    /// Not canonical, unpadded base64url; the part is named.
    #[error("{0}_encoding")]
    Encoding(&'static str),
    /// Not strict JSON: syntax, UTF-8, a name twice, a number out of range; the part is named.
    #[error("{0}_json")]
    Json(&'static str),
    /// A parameter or claim of another type than it must have.
    #[error("wrong_type_{0}")]
    WrongType(&'static str),
    /// A parameter or claim that must be there.
    #[error("missing_{0}")]
    Missing(&'static str),
    /// A value that cannot be: empty, too long, control characters.
    #[error("unusable_{0}")]
    Unusable(&'static str),
    /// An algorithm that is not on the list.
    #[error("algorithm")]
    Algorithm,
    /// A header parameter that changes how the token must be read.
    #[error("header_{0}")]
    HeaderParameter(&'static str),
    /// Some other kind of JWT (logout token, proof, event …).
    #[error("type")]
    Type,
    /// A token within a token.
    #[error("nested_token")]
    Nested,
    /// A kind of token for which this application has no binding.
    #[error("no_binding_for_{0}")]
    NoBinding(&'static str),
    /// Not an issuer that the binding vouches for.
    #[error("issuer")]
    Issuer,
    /// The issuer's own discovery document names another issuer.
    #[error("issuer_mismatch")]
    IssuerMismatch,
    /// An issuer other than the binding's, from which keys were never had.
    #[error("issuer_unreached")]
    IssuerUnreached,
    /// Too many issuers other than the binding's were tried within a minute.
    #[error("too_many_issuers")]
    TooManyIssuers,
    /// Another tenant than the binding's.
    #[error("tenant")]
    Tenant,
    /// Not meant for this application.
    #[error("audience")]
    Audience,
    /// Past its end.
    #[error("expired")]
    Expired,
    /// Before its beginning.
    #[error("not_yet_valid")]
    NotYetValid,
    /// Issued in the future.
    #[error("issued_in_future")]
    IssuedInFuture,
    /// Issued for longer than its issuer does.
    #[error("long_lived")]
    LongLived,
    /// Neither role nor user of an AWS account.
    #[error("principal")]
    Principal,
    /// Another AWS account than that of the principal.
    #[error("account")]
    Account,
    /// Bound to no certificate although it has to be.
    #[error("not_bound_to_a_certificate")]
    NotBound,
    /// Bound to a certificate, and none (or more than one) was shown.
    #[error("no_client_certificate")]
    NoCertificate,
    /// The certificate that was shown can't be read.
    #[error("unusable_client_certificate")]
    UnusableCertificate,
    /// Bound to another certificate than the one that was shown.
    #[error("other_client_certificate")]
    OtherCertificate,
    /// Neither user nor application.
    #[error("identity_type")]
    IdentityType,
    /// The issuer has no such key (any more).
    #[error("unknown_key")]
    UnknownKey,
    /// The issuer does not accept this client and tenant.
    #[error("client_not_accepted")]
    NotAccepted,
    /// Not signed by the key that it names.
    #[error("signature")]
    Signature,
}

/// A refused token: the rule, and where it helps the key id or issuer that was seen.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// The rule that was broken.
    pub(super) reason: Reason,
    seen: Option<String>,
    source: Option<KeysUnavailable>,
}

impl Refusal {
    /// Names what was seen, for reasons where the value tells an operator what to mend.
    pub(super) fn seeing(reason: Reason, value: &str) -> Self {
        Self {
            reason,
            seen: Some(shown(value)),
            source: None,
        }
    }

    /// Keeps the failure that stands behind the reason.
    pub(super) fn because(self, source: KeysUnavailable) -> Self {
        Self {
            source: Some(source),
            ..self
        }
    }
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self {
            reason,
            seen: None,
            source: None,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)?;
        self.seen
            .as_ref()
            .map_or(Ok(()), |seen| write!(f, " (\"{seen}\")"))
    }
}

impl std::error::Error for Refusal {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source
            .as_ref()
            .map(|source| source as &(dyn std::error::Error + 'static))
    }
}

/// Printable ASCII stays, the rest is escaped; cut so that nobody can fill the log.
fn shown(value: &str) -> String {
    value.escape_default().take(SHOWN).collect()
}
