//! Why no AWS session could be opened, in words that name who must act.

use std::error::Error;
use std::time::Duration;

use crate::btp::BtpError;
use crate::btp::keystore::KeyStoreError;
use crate::settings::Unusable;
use crate::telemetry::explain;

/// No AWS session.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SessionError {
    /// Settings, binding or destination are not (or no longer) usable.
    #[error("the settings can't be used: {0}")]
    Settings(Unusable),
    /// A bound SAP service did not give what is needed.
    #[error("what a session is earned with can't be had")]
    Btp(#[from] BtpError),
    /// The key store of the Destination service can't be used.
    #[error("the key store \"{name}\" can't be used")]
    KeyStore {
        name: String,
        #[source]
        source: KeyStoreError,
    },
    /// AWS answered no.
    #[error("{service} refused with {code}: {message}{}", hint.as_ref().map(|h| format!(" ({h})")).unwrap_or_default())]
    Refused {
        service: &'static str,
        code: String,
        message: String,
        /// What it most likely means, and what mends it.
        hint: Option<String>,
        retry_after: Option<Duration>,
    },
    /// AWS could not be reached, or broke off in the middle of its answer.
    #[error("{service} could not be reached at {endpoint}")]
    Unreachable {
        service: &'static str,
        endpoint: String,
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// Something answered that is not AWS, or not as documented.
    #[error("{service} answered something that can't be read: {detail}")]
    Unreadable {
        service: &'static str,
        detail: String,
    },
    /// The request could not be signed.
    #[error("the request to {service} could not be signed")]
    Signing {
        service: &'static str,
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// Nobody knows yet: the first attempt is still under way.
    #[error("the AWS session is still being opened")]
    Pending,
}

impl SessionError {
    /// The wait that the service asked for.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            Self::Btp(error) => error.retry_after(),
            Self::Settings(_)
            | Self::KeyStore { .. }
            | Self::Unreachable { .. }
            | Self::Unreadable { .. }
            | Self::Signing { .. }
            | Self::Pending => None,
        }
    }

    /// Sentence and causes on one line, for the log.
    pub(crate) fn explain(&self) -> String {
        explain(self)
    }
}
