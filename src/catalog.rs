//! What there is: buckets, and the errors that looking for them can end in.
//!
//! The catalogue knows nothing of HTTP towards the caller and nothing of OData; `s3` is the
//! only file that knows S3's operations.

mod content;
mod description;
mod documents;
mod objects;
pub(crate) mod probe;
mod s3;
mod upload;
mod xml;
mod zip;

use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;

use crate::aws::{Access, S3, SessionError, SessionStanding};
use crate::caller::Caller;
use crate::globs::Globs;
pub(crate) use content::{Content, Facts, Fetched, Wanted};
pub(crate) use description::{Described, Description};
pub(crate) use documents::{Changes, FolderProgress, VersionOf};
pub(crate) use objects::{Object, Within, name_of};
pub(crate) use s3::{Condition, Failure, Link, Place, Unfinished};
use upload::Budget;
pub(crate) use upload::{BodyError, Progress, Resumable, Standing, Upload};
pub(crate) use zip::Selection;

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
    #[error("there is no such bucket")]
    NoBucket,
    #[error("there is no such object")]
    NoObject,
    #[error("the object is archived")]
    Archived,
    #[error("{0}")]
    BadKey(&'static str),
    #[error("there is an object of this key")]
    Exists,
    #[error("{0}")]
    BadDescription(&'static str),
    #[error("the object is not the one that the condition names")]
    Changed,
    #[error("a folder can't be copied into itself")]
    InItself,
    #[error("somebody else writes the object at the same time")]
    Conflict,
    #[error("the request's body can't be stored")]
    Body(#[source] BodyError),
    #[error("too many bodies are on their way for the memory there is")]
    NoRoom,
    #[error("the service is stopping")]
    Closing,
    #[error("S3 is busy or away")]
    Unavailable(#[source] Arc<Failure>),
    #[error("S3 answered something unexpected")]
    Unexpected(#[source] Arc<Failure>),
}

/// The buckets that callers may see.
#[derive(Debug)]
pub(crate) struct Catalog {
    access: Arc<Access>,
    visible: Globs,
    /// How old a list may be that several callers share; zero shares nothing.
    freshness: Duration,
    shared: Mutex<Option<Shared>>,
    budget: Budget,
    /// Becomes true when what has not ended has to give up.
    closing: watch::Receiver<bool>,
}

#[derive(Debug)]
struct Shared {
    answered: Instant,
    answer: Result<Arc<Vec<Bucket>>, CatalogError>,
}

impl Catalog {
    /// `visible`: name patterns; none means that every bucket is visible.
    pub(crate) fn new(
        access: Access,
        visible: &[String],
        freshness: Duration,
        closing: watch::Receiver<bool>,
    ) -> Self {
        Self {
            access: Arc::new(access),
            visible: Globs::new(visible),
            freshness,
            shared: Mutex::new(None),
            budget: Budget::new(),
            closing,
        }
    }

    /// Whether an AWS session is alive.
    pub(crate) fn is_ready(&self) -> bool {
        self.access.is_ready()
    }

    /// How it stands with the AWS session.
    pub(crate) fn standing(&self) -> SessionStanding {
        self.access.standing()
    }

    /// All visible buckets in the order of their names; `anew` asks S3 even if a list is known.
    pub(crate) async fn buckets(
        &self,
        caller: &Caller,
        anew: bool,
    ) -> Result<Arc<Vec<Bucket>>, CatalogError> {
        if self.freshness.is_zero() {
            return self.list(caller, "").await.map(Arc::new);
        }
        let asked = Instant::now();
        // Held across the request to S3: who comes meanwhile shares the answer. That goes
        // for errors too, else a hanging S3 would be waited for by one caller after another.
        let mut shared = self.shared.lock().await;
        if let Some(known) = shared.as_ref() {
            let young = known.answer.is_ok() && known.answered.elapsed() < self.freshness;
            if (young && !anew) || known.answered >= asked {
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
        if !self.shows(name) {
            return Ok(None);
        }
        let found = self.list(caller, name).await?;
        Ok(found.into_iter().find(|b| b.name == name))
    }

    /// Whether a bucket of this name is visible, if there is one.
    fn shows(&self, name: &str) -> bool {
        self.visible.allow(name) && is_bucket_name(name)
    }

    async fn list(&self, caller: &Caller, prefix: &str) -> Result<Vec<Bucket>, CatalogError> {
        let ask = async |s3: S3| s3::list_buckets(&s3, prefix).await;
        let listed = self.ask(caller, ask).await?.into_iter();
        let mut visible: Vec<Bucket> = listed.filter(|b| self.visible.allow(&b.name)).collect();
        visible.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(visible)
    }

    /// Asks S3; once more with a new session, if S3 calls the present one over.
    async fn ask<T>(
        &self,
        caller: &Caller,
        ask: impl AsyncFn(S3) -> Result<T, Failure>,
    ) -> Result<T, CatalogError> {
        let no_session = CatalogError::NoSession;
        let s3 = self.access.s3(caller).await.map_err(no_session)?;
        match ask(s3.clone()).await {
            Err(failure) if failure.session_is_over() => {
                let s3 = self.access.renewed(&s3).await.map_err(no_session)?;
                ask(s3).await.map_err(CatalogError::from)
            }
            answer => answer.map_err(CatalogError::from),
        }
    }
}

impl From<Failure> for CatalogError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::SessionOver { code } => Self::SessionRefused(code),
            Failure::Denied { message } => Self::Denied(message),
            Failure::NoBucket => Self::NoBucket,
            Failure::NoObject => Self::NoObject,
            Failure::Archived => Self::Archived,
            Failure::Changed => Self::Changed,
            // another request completed the upload or took it back
            Failure::Conflict | Failure::NoUpload => Self::Conflict,
            Failure::NoSession(error) => Self::NoSession(error),
            Failure::Busy { .. } | Failure::Away(_) => Self::Unavailable(Arc::new(failure)),
            Failure::WrongRegion { .. }
            | Failure::Skewed
            | Failure::Unreadable(_)
            | Failure::Refused { .. } => Self::Unexpected(Arc::new(failure)),
        }
    }
}

/// What S3 takes for a key, in bytes.
const LONGEST_KEY: usize = 1024;
/// Below it lies what the service keeps for itself in a bucket; nobody sees it.
const HIDDEN: &str = ".btp-s3-catalog/";

/// Refuses a key that S3 can't have.
pub(crate) fn check_key(key: &str) -> Result<(), CatalogError> {
    if key.len() > LONGEST_KEY {
        return Err(CatalogError::BadKey("A key has 1,024 bytes at most"));
    }
    Ok(())
}

fn is_hidden(key: &str) -> bool {
    key.starts_with(HIDDEN)
}

/// Whether user metadata of this key is the service's own.
pub(crate) fn is_ours(key: &str) -> bool {
    key == upload::MARK
}

/// Reads a list of buckets as S3 sends it; `None` if it can't be read.
pub(crate) fn read_list(xml: &str) -> Option<Vec<Bucket>> {
    xml::buckets(xml).ok().map(|page| page.buckets)
}

/// Whether S3 could have a bucket of this name; keeps odd keys out of requests.
fn is_bucket_name(name: &str) -> bool {
    // 3 to 63 for new buckets; old ones in us-east-1 may have up to 255 and capitals. S3 answers
    // HEAD without saying that a name is none.
    (3..=255).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b))
        && !name.contains("..")
        && !name.starts_with("xn--")
        && name.parse::<std::net::Ipv4Addr>().is_err()
}
