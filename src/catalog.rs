//! What there is: buckets, and the errors that looking for them can end in.
//!
//! The catalogue knows nothing of HTTP towards the caller and nothing of OData; `s3` is the
//! only file that knows S3's operations.

mod globs;
mod s3;
mod xml;

use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::aws::{Access, S3, SessionError};
use crate::caller::Caller;
use globs::Globs;
use s3::Failure;

/// A bucket as S3 lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bucket {
    pub(crate) name: String,
    pub(crate) created: Option<OffsetDateTime>,
    /// The bucket's region; S3-compatible servers may not tell.
    pub(crate) region: Option<String>,
}

/// Why the catalogue has no answer; never an empty list instead.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum CatalogError {
    #[error("there is no AWS session")]
    NoSession(#[source] Arc<SessionError>),
    #[error("S3 takes the AWS session for invalid, even a new one ({0})")]
    SessionRefused(String),
    #[error("S3 denies the role what is asked ({0})")]
    Denied(String),
    #[error("S3 is busy or away")]
    Unavailable(#[source] Arc<Failure>),
    #[error("S3 answered something unexpected")]
    Unexpected(#[source] Arc<Failure>),
}

/// The buckets that callers may see.
#[derive(Debug)]
pub(crate) struct Catalog {
    access: Access,
    visible: Globs,
    /// How old a list may be that several callers share; zero shares nothing.
    freshness: Duration,
    shared: Mutex<Option<Shared>>,
}

#[derive(Debug)]
struct Shared {
    answered: Instant,
    answer: Result<Arc<Vec<Bucket>>, CatalogError>,
}

impl Catalog {
    /// `visible`: name patterns; none means that every bucket is visible.
    pub(crate) fn new(access: Access, visible: &[String], freshness: Duration) -> Self {
        Self {
            access,
            visible: Globs::new(visible),
            freshness,
            shared: Mutex::new(None),
        }
    }

    /// Whether an AWS session is alive.
    pub(crate) fn is_ready(&self) -> bool {
        self.access.is_ready()
    }

    /// All visible buckets in the order of their names.
    pub(crate) async fn buckets(&self, caller: &Caller) -> Result<Arc<Vec<Bucket>>, CatalogError> {
        if self.freshness.is_zero() {
            return self.list(caller, "").await.map(Arc::new);
        }
        let asked = Instant::now();
        // Held across the request to S3: who comes meanwhile shares the answer. That goes
        // for errors too, else a hanging S3 would be waited for by one caller after another.
        let mut shared = self.shared.lock().await;
        if let Some(known) = shared.as_ref() {
            let fresh = known.answer.is_ok() && known.answered.elapsed() < self.freshness;
            if fresh || known.answered >= asked {
                return known.answer.clone();
            }
        }
        let answer = self.list(caller, "").await.map(Arc::new);
        *shared = Some(Shared {
            answered: Instant::now(),
            answer: answer.clone(),
        });
        answer
    }

    /// The visible bucket of this name, if there is one.
    pub(crate) async fn bucket(
        &self,
        caller: &Caller,
        name: &str,
    ) -> Result<Option<Bucket>, CatalogError> {
        if !self.visible.allow(name) || !is_bucket_name(name) {
            return Ok(None);
        }
        let found = self.list(caller, name).await?;
        Ok(found.into_iter().find(|b| b.name == name))
    }

    async fn list(&self, caller: &Caller, prefix: &str) -> Result<Vec<Bucket>, CatalogError> {
        let s3 = self
            .access
            .s3(caller)
            .await
            .map_err(CatalogError::NoSession)?;
        let listed = match s3::list_buckets(&s3, prefix).await {
            Err(failure) if failure.session_is_over() => self.list_again(&s3, prefix).await?,
            listed => listed.map_err(CatalogError::from)?,
        };
        let mut visible: Vec<Bucket> = listed
            .into_iter()
            .filter(|b| self.visible.allow(&b.name))
            .collect();
        visible.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(visible)
    }

    /// Once more with a new session, after S3 called the present one over.
    async fn list_again(&self, expired: &S3, prefix: &str) -> Result<Vec<Bucket>, CatalogError> {
        let s3 = self
            .access
            .renewed(expired)
            .await
            .map_err(CatalogError::NoSession)?;
        s3::list_buckets(&s3, prefix)
            .await
            .map_err(CatalogError::from)
    }
}

impl From<Failure> for CatalogError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::SessionOver { code } => Self::SessionRefused(code),
            Failure::Denied { message } => Self::Denied(message),
            Failure::Busy { .. } | Failure::Away(_) => Self::Unavailable(Arc::new(failure)),
            Failure::WrongRegion { .. }
            | Failure::Skewed
            | Failure::Unreadable(_)
            | Failure::Refused { .. } => Self::Unexpected(Arc::new(failure)),
        }
    }
}

/// Reads a list of buckets as S3 sends it; `None` if it can't be read.
pub(crate) fn read_list(xml: &str) -> Option<Vec<Bucket>> {
    xml::buckets(xml).ok().map(|page| page.buckets)
}

/// Whether S3 could have a bucket of this name; keeps odd keys out of requests.
fn is_bucket_name(name: &str) -> bool {
    // 3 to 63 for new buckets; old ones in us-east-1 may have up to 255 and capitals
    (3..=255).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b))
}
