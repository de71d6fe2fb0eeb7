//! `$batch`: many requests in one body, as multipart or JSON
//! ([Protocol, 11.7](https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part1-protocol.html#sec_BatchRequests),
//! [JSON Format, 19](https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html#sec_BatchRequestsandResponses)).
//!
//! A [`Batch`] is read from bytes, a [`Run`] says which of its [`Item`]s may
//! be executed now and keeps their [`Answer`]s, and a [`Writer`] makes bytes
//! of these. Executing is the service's: nothing here waits.
//!
//! What is wrong with the body as a whole is a [`BatchError`], and nothing of
//! it is executed; what is wrong with one request is that request's answer.
//!
//! ```
//! use odata::batch::{Answer, Batch, Format, Limits, ServiceLocation};
//!
//! let body = br#"{"requests":[{"id":"1","method":"get","url":"Animals"}]}"#;
//! let zoo = ServiceLocation { root: "/zoo", hosts: &[] };
//! let batch = Batch::parse(Some("application/json"), body, zoo, Limits::default())?;
//! let mut run = batch.run(None);
//! loop {
//!     let wave = run.next_wave();
//!     if wave.is_empty() {
//!         break;
//!     }
//!     // The items of a wave do not wait for each other.
//!     for (index, item) in wave {
//!         for request in &item.requests {
//!             assert_eq!(run.target(request), "/Animals");
//!             run.record(index, Answer::new(204));
//!         }
//!     }
//! }
//! let (content_type, body) = run.finish(batch.format());
//! assert_eq!(content_type, "application/json");
//! assert_eq!(body, br#"{"responses":[{"id":"1","status":204}]}"#);
//! # Ok::<(), odata::batch::BatchError>(())
//! ```

mod address;
mod answer;
mod json;
mod link;
mod multipart;
mod request;
mod run;
mod write;

pub use address::ServiceLocation;
pub use answer::Answer;
pub use request::{Grouping, Item, Request};
pub use run::Run;
pub use write::Writer;

use std::fmt;

use crate::Error;
use crate::json::NotJson;
use crate::negotiate::{Range, choose};

/// How much a batch may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Individual requests and change sets.
    pub parts: usize,
    /// The body.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            parts: 200,
            bytes: 4 << 20,
        }
    }
}

/// One of the two batch formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `multipart/mixed`
    Multipart,
    /// `application/json`
    Json,
}

/// Why a batch is refused as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BatchError {
    /// The body does not follow its format (400).
    Malformed(String),
    /// More or longer than the [`Limits`] (413).
    TooLarge(String),
    /// `Content-Type` is missing or is neither of the two formats (415).
    UnsupportedMediaType(String),
}

impl BatchError {
    /// The status code.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Malformed(_) => 400,
            Self::TooLarge(_) => 413,
            Self::UnsupportedMediaType(_) => 415,
        }
    }

    /// The word that goes into `error.code`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "BadRequest",
            Self::TooLarge(_) => "TooLarge",
            Self::UnsupportedMediaType(_) => "UnsupportedMediaType",
        }
    }
}

impl fmt::Display for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Malformed(text) | Self::TooLarge(text) | Self::UnsupportedMediaType(text)) =
            self;
        f.write_str(text)
    }
}

impl std::error::Error for BatchError {}

impl From<NotJson> for BatchError {
    fn from(NotJson(text): NotJson) -> Self {
        Self::Malformed(text)
    }
}

fn malformed(text: impl Into<String>) -> BatchError {
    BatchError::Malformed(text.into())
}

/// Individual requests and change sets, in the order of the body.
#[derive(Debug, Clone)]
pub struct Batch<'b> {
    items: Vec<Item<'b>>,
    format: Format,
    service: ServiceLocation<'b>,
}

impl<'b> Batch<'b> {
    /// Reads the body of a request to `$batch` whose header `Content-Type` is
    /// `content_type`.
    pub fn parse(
        content_type: Option<&str>,
        body: &'b [u8],
        service: ServiceLocation<'b>,
        limits: Limits,
    ) -> Result<Self, BatchError> {
        if body.len() > limits.bytes {
            return Err(BatchError::TooLarge(format!(
                "The batch is longer than {} bytes",
                limits.bytes
            )));
        }
        let unsupported = || {
            BatchError::UnsupportedMediaType(
                "A batch is either multipart/mixed or application/json".to_owned(),
            )
        };
        let media = content_type
            .and_then(Range::parse)
            .ok_or_else(unsupported)?;
        let (format, mut items) = if media.is("multipart", "mixed") {
            let items = multipart::read(&media, body, service, limits)?;
            (Format::Multipart, items)
        } else if media.is("application", "json") {
            (Format::Json, json::read(body, service, limits)?)
        } else {
            return Err(unsupported());
        };
        link::link(&mut items, format)?;
        Ok(Self {
            items,
            format,
            service,
        })
    }

    /// What the batch consists of.
    pub fn items(&self) -> &[Item<'b>] {
        &self.items
    }

    /// The format of the request.
    pub const fn format(&self) -> Format {
        self.format
    }

    /// The format of the answer: as `$format` or else `Accept` asks, or else
    /// that of the request.
    pub fn answer_format(
        &self,
        format: Option<&str>,
        accept: Option<&str>,
    ) -> Result<Format, Error> {
        let wanted = match format {
            Some("json") => "application/json",
            Some(media_type) => media_type,
            None => accept.unwrap_or_default(),
        };
        if wanted.trim().is_empty() {
            return Ok(self.format);
        }
        let offer = |range: &Range<'_>| {
            if range.is("multipart", "mixed") || range.is("multipart", "*") {
                Some(Format::Multipart)
            } else if range.is("application", "json") || range.is("application", "*") {
                Some(Format::Json)
            } else {
                range.is("*", "*").then_some(self.format)
            }
        };
        choose(wanted, offer).ok_or_else(|| {
            let header = if format.is_some() {
                "$format"
            } else {
                "Accept"
            };
            Error::not_acceptable(format!("No batch answer is available as \"{wanted}\""))
                .about(header)
        })
    }

    /// Starts on the items. `continue_on_error` is the preference of that
    /// name, see [`continue_on_error`](crate::negotiate::continue_on_error).
    pub fn run(&self, continue_on_error: Option<bool>) -> Run<'_, 'b> {
        Run::new(self, continue_on_error)
    }
}
