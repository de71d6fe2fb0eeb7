//! What can go wrong between us and a bound SAP service, in words an operator can act on.

use std::error::Error;
use std::time::Duration;

/// A bound service that did not give what was asked of it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BtpError {
    /// The service could not be reached, or broke off.
    #[error("{service} at {url} could not be reached")]
    Unreachable {
        service: &'static str,
        url: String,
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The service answered, and the answer is no.
    #[error("{service} answered {status} to {what}: {message}")]
    Refused {
        service: &'static str,
        what: String,
        status: u16,
        /// The service's own words, shortened; never a token or a key.
        message: String,
        /// Seconds to wait, from `Retry-After`.
        retry_after: Option<u64>,
    },
    /// The service answered something that cannot be understood.
    #[error("{service} answered {what} with something that can't be read: {detail}")]
    Unreadable {
        service: &'static str,
        what: String,
        detail: String,
    },
    /// The service lacks what the settings name.
    #[error("{what} does not exist in {service}; {remedy}")]
    Missing {
        service: &'static str,
        what: String,
        remedy: String,
    },
    /// A client certificate of a binding that TLS can't use.
    #[error("the client certificate in the binding of {service} can't be used")]
    ClientCertificate {
        service: &'static str,
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

impl BtpError {
    /// Whether the same request may succeed in a moment.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused { status, .. } => *status == 429 || *status >= 500,
            Self::Unreadable { .. } | Self::Missing { .. } | Self::ClientCertificate { .. } => {
                false
            }
        }
    }

    /// How long the service asks to be left alone.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => retry_after.map(Duration::from_secs),
            Self::Unreachable { .. }
            | Self::Unreadable { .. }
            | Self::Missing { .. }
            | Self::ClientCertificate { .. } => None,
        }
    }

    /// Whether the service says that there is no such thing.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { status: 404, .. })
    }

    /// Whether the service refused the token or the client itself.
    pub(crate) fn is_unauthorized(&self) -> bool {
        matches!(self, Self::Refused { status: 401, .. })
    }
}
