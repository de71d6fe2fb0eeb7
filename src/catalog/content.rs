//! The content of an object, as it streams from S3.
//!
//! Nothing is gathered: each piece that comes from S3 goes on before the next one is read. Where
//! S3's connection breaks, the rest is asked for behind the last byte that came, if the object is
//! still the same; a client never gets an object that looks whole and is not.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use tokio::time::{sleep, timeout};
use tracing::{Instrument, Span, info, warn};

use super::s3::{self, Failure, Opened};
use super::{Catalog, CatalogError, is_hidden};
use crate::aws::Access;
use crate::caller::Caller;
use crate::telemetry::explain;

/// A stream from S3 that brings nothing for this long is taken for broken.
const STALL: Duration = Duration::from_secs(20);
/// How often in a row the rest is asked for without a byte coming.
const ATTEMPTS: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// What a client asks for, in the words of HTTP; S3 judges it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    /// Whether only the head is wanted.
    pub(crate) head: bool,
    /// `Range`, one range at most.
    pub(crate) range: Option<String>,
    pub(crate) if_match: Option<String>,
    pub(crate) if_none_match: Option<String>,
    pub(crate) if_modified_since: Option<String>,
    pub(crate) if_unmodified_since: Option<String>,
}

/// What S3 says of the object.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    /// S3's, with its quotes.
    pub(crate) etag: Option<String>,
    pub(crate) last_modified: Option<String>,
    pub(crate) content_type: Option<String>,
    pub(crate) content_encoding: Option<String>,
    pub(crate) content_language: Option<String>,
}

impl Facts {
    /// `Last-Modified` as a moment.
    pub(crate) fn modified(&self) -> Option<OffsetDateTime> {
        let text = self.last_modified.as_deref()?;
        OffsetDateTime::parse(text, &Rfc2822).ok()
    }
}

/// What became of the request.
#[derive(Debug)]
pub(crate) enum Fetched {
    Content(Content),
    /// `If-None-Match` or `If-Modified-Since`: the client has it.
    NotModified(Facts),
    /// `If-Match` or `If-Unmodified-Since`: the object is another.
    Changed,
    /// Nothing of the range is there; S3's `Content-Range`, which tells the length.
    OutOfRange(Option<String>),
}

/// The object, or a part of it.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) facts: Facts,
    /// Length of what comes.
    pub(crate) length: u64,
    /// `Content-Range`, if it is a part.
    pub(crate) part: Option<String>,
    source: Box<Source>,
}

/// Where the rest comes from.
#[derive(Debug)]
struct Source {
    access: Arc<Access>,
    caller: Arc<Caller>,
    target: String,
    etag: Option<String>,
    answer: Opened,
    /// Position in the object of the next byte, and behind the last one.
    position: u64,
    end: u64,
    failures: u32,
}

/// The content can't be completed; the connection to the client must break visibly.
#[derive(Debug, thiserror::Error)]
#[error("the object broke off at byte {position} of {end}")]
pub(crate) struct BrokenOff {
    position: u64,
    end: u64,
}

impl Catalog {
    /// Opens an object, or a version of it; `None` if there is none of this key.
    pub(crate) async fn content(
        &self,
        caller: &Arc<Caller>,
        bucket: &str,
        key: &str,
        version: Option<&str>,
        wanted: &Wanted,
    ) -> Result<Option<Fetched>, CatalogError> {
        if !self.shows(bucket) || key.is_empty() || is_hidden(key) {
            return Ok(None);
        }
        let target = match version {
            None => s3::object_target(bucket, key),
            Some(version) => s3::version_target(bucket, key, version),
        };
        let ask = async |s3: crate::aws::S3| s3::open(&s3, &target, wanted).await;
        let answer = match self.ask(caller, ask).await {
            Ok(answer) => answer,
            Err(CatalogError::NoObject) => return Ok(None),
            Err(error) => return Err(error),
        };
        let facts = answer.facts();
        Ok(Some(match answer.status() {
            304 => Fetched::NotModified(facts),
            412 => Fetched::Changed,
            416 => Fetched::OutOfRange(match answer.header("content-range") {
                Some(part) => Some(part),
                None => self.length(caller, &target).await?,
            }),
            _ => {
                let (length, part) = (answer.length(), answer.header("content-range"));
                let position = part.as_deref().and_then(first_byte).unwrap_or_default();
                Fetched::Content(Content {
                    length,
                    part,
                    source: Box::new(Source {
                        access: Arc::clone(&self.access),
                        caller: Arc::clone(caller),
                        target,
                        etag: facts.etag.clone(),
                        answer,
                        position,
                        // nothing comes with an answer to HEAD, so nothing is missing
                        end: if wanted.head {
                            position
                        } else {
                            position.saturating_add(length)
                        },
                        failures: 0,
                    }),
                    facts,
                })
            }
        }))
    }
}

impl Catalog {
    /// The length as `Content-Range` tells it, for servers that don't say it with a 416.
    async fn length(&self, caller: &Caller, target: &str) -> Result<Option<String>, CatalogError> {
        let head = Wanted {
            head: true,
            ..Wanted::default()
        };
        let ask = async |s3: crate::aws::S3| s3::open(&s3, target, &head).await;
        let answer = self.ask(caller, ask).await?;
        Ok((answer.status() == 200).then(|| format!("bytes */{}", answer.length())))
    }
}

impl Content {
    /// The bytes, piece by piece, as fast as they are taken.
    pub(crate) fn into_stream(self) -> impl Stream<Item = Result<Bytes, BrokenOff>> + use<> {
        // the body is read when the request's span is over
        let span = Span::current();
        stream::unfold(Some(self.source), move |source| {
            let read = async {
                let mut source = source?;
                match source.next().await {
                    Ok(piece) => piece.map(|piece| (Ok(piece), Some(source))),
                    Err(broken) => {
                        warn!("{broken}; the client's connection is closed");
                        Some((Err(broken), None))
                    }
                }
            };
            read.instrument(span.clone())
        })
    }
}

impl Source {
    async fn next(&mut self) -> Result<Option<Bytes>, BrokenOff> {
        loop {
            if self.position == self.end {
                return Ok(None);
            }
            match timeout(STALL, self.answer.piece()).await {
                Ok(Ok(Some(piece))) => {
                    let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
                    // more than was announced would belong to another answer
                    if length > self.end - self.position {
                        return Err(self.broken());
                    }
                    self.position += length;
                    self.failures = 0;
                    return Ok(Some(piece));
                }
                Ok(Ok(None)) => info!("S3 ended an object early; the rest is asked for"),
                Ok(Err(error)) => {
                    info!("S3 broke off; the rest is asked for: {}", explain(&error));
                }
                Err(_) => info!(
                    "S3 sent nothing for {} s; the rest is asked for",
                    STALL.as_secs()
                ),
            }
            self.resume().await?;
        }
    }

    /// Goes on behind the last byte, with the same object or not at all.
    async fn resume(&mut self) -> Result<(), BrokenOff> {
        let Some(etag) = self.etag.clone() else {
            return Err(self.broken());
        };
        while self.failures < ATTEMPTS {
            let pause = FIRST_PAUSE * 2_u32.saturating_pow(self.failures);
            self.failures += 1;
            sleep(pause.mul_f64(0.5 + fastrand::f64())).await;
            let wanted = Wanted {
                range: Some(format!("bytes={}-{}", self.position, self.end - 1)),
                if_match: Some(etag.clone()),
                ..Wanted::default()
            };
            match self.open(&wanted).await {
                Ok(answer) if answer.status() == 206 && self.continues(&answer) => {
                    self.answer = answer;
                    return Ok(());
                }
                Ok(answer) => {
                    warn!(
                        response_status = answer.status(),
                        "an object changed while it was read"
                    );
                    return Err(self.broken());
                }
                Err(failure) => warn!("the rest of an object can't be had: {}", explain(&failure)),
            }
        }
        Err(self.broken())
    }

    async fn open(&self, wanted: &Wanted) -> Result<Opened, CatalogError> {
        let no_session = CatalogError::NoSession;
        let s3 = self.access.s3(&self.caller).await.map_err(no_session)?;
        match s3::open(&s3, &self.target, wanted).await {
            Err(failure) if failure.session_is_over() => {
                let s3 = self.access.renewed(&s3).await.map_err(no_session)?;
                s3::open(&s3, &self.target, wanted).await
            }
            answer => answer,
        }
        .map_err(|failure: Failure| failure.into())
    }

    fn continues(&self, answer: &Opened) -> bool {
        let part = answer.header("content-range");
        part.as_deref().and_then(first_byte) == Some(self.position)
            && answer.length() == self.end - self.position
            && answer.facts().etag == self.etag
    }

    fn broken(&self) -> BrokenOff {
        BrokenOff {
            position: self.position,
            end: self.end,
        }
    }
}

/// The first byte of `bytes 5-9/10`.
fn first_byte(part: &str) -> Option<u64> {
    let range = part.strip_prefix("bytes ")?;
    range.split('-').next()?.parse().ok()
}
