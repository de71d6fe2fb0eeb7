//! What comes with requests: conditions of changes, and bodies, which are read as they come, within
//! time, length and the digests that came with them.

mod digests;

use std::pin::Pin;
use std::time::{Duration, SystemTime};

use actix_web::http::header::{
    CONTENT_LENGTH, HeaderMap, HttpDate, IF_MATCH, IF_NONE_MATCH, IF_UNMODIFIED_SINCE,
};
use actix_web::web::{Bytes, BytesMut, Payload};
use futures_util::stream::{self, Stream, StreamExt as _};
use odata::Error;
use tokio::time::{Instant, timeout};

pub(super) use digests::Digests;

use super::error::ApiError;
use crate::catalog::{BodyError, Condition};

/// A body of which nothing comes for this long is cut off.
const STALL: Duration = Duration::from_secs(20);
/// So is one of which less than this comes in a while.
const LEAST: u64 = 16 << 10;
const WHILE: Duration = Duration::from_mins(1);
/// A body that is read as a whole is short: it may pause this long, and take that long in all.
const PAUSE: Duration = Duration::from_secs(10);
const WHOLE: Duration = Duration::from_secs(30);

/// A body that streams.
pub(super) type Body = Pin<Box<dyn Stream<Item = Result<Bytes, BodyError>>>>;

/// What `If-Match`, `If-None-Match` and `If-Unmodified-Since` ask of a change.
pub(super) fn condition(headers: &HeaderMap) -> Result<Condition, ApiError> {
    let text = |name| headers.get(name)?.to_str().ok().map(str::trim);
    let bad =
        |told, about: &'static str| Err(ApiError::Query(Error::bad_request(told).about(about)));
    let if_none = match text(IF_NONE_MATCH) {
        None => false,
        Some("*") => true,
        Some(_) => {
            let told = "If-None-Match with tags makes sense for reading only; write * for \"only if there is none\"";
            return bad(told, "If-None-Match");
        }
    };
    let if_match = text(IF_MATCH);
    if if_match.is_some_and(|tags| tags.contains(',')) {
        return bad("If-Match takes one tag here", "If-Match");
    }
    // RFC 9110, 13.1.4: a tag says more, and what is no date says nothing
    let date = text(IF_UNMODIFIED_SINCE).filter(|_| if_match.is_none());
    let date = date.and_then(|date| date.parse::<HttpDate>().ok());
    Ok(Condition {
        // our tags are S3's, marked as weak where they stand for an entity
        if_match: if_match.map(|tag| tag.strip_prefix("W/").unwrap_or(tag).to_owned()),
        if_none,
        unmodified_since: date.map(|date| SystemTime::from(date).into()),
    })
}

/// What `Content-Length` says.
pub(super) fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The body, piece by piece; the last piece comes only if all digests fit.
pub(super) fn stream(payload: Payload, most: Option<u64>, digests: Digests) -> Body {
    let reading = Reading {
        payload,
        most: most.unwrap_or(u64::MAX),
        digests,
        held: Bytes::new(),
        came: 0,
        since: Instant::now(),
        came_before: 0,
    };
    let pieces = stream::unfold(Some(reading), async |reading| {
        let mut reading = reading?;
        match reading.next().await {
            Ok(Some(piece)) => Some((Ok(piece), Some(reading))),
            Ok(None) => None,
            Err(error) => Some((Err(error), None)),
        }
    });
    // its end may be asked for several times
    Box::pin(pieces.fuse())
}

/// The whole body, up to `most` bytes.
pub(super) async fn whole(
    headers: &HeaderMap,
    mut payload: Payload,
    most: usize,
    too_large: impl Fn() -> ApiError,
) -> Result<Bytes, ApiError> {
    let announced = length(headers).and_then(|length| usize::try_from(length).ok());
    if announced.is_some_and(|length| length > most) {
        return Err(too_large());
    }
    let read = async {
        let mut body = BytesMut::new();
        let next = |_| ApiError::BrokenBody;
        while let Some(piece) = timeout(PAUSE, payload.next()).await.map_err(next)? {
            let piece = piece.map_err(|_| ApiError::BrokenBody)?;
            if body.len() + piece.len() > most {
                return Err(too_large());
            }
            body.extend_from_slice(&piece);
        }
        Ok(body.freeze())
    };
    timeout(WHOLE, read)
        .await
        .map_err(|_| ApiError::BrokenBody)?
}

struct Reading {
    payload: Payload,
    most: u64,
    digests: Digests,
    /// The last piece that came; handed on when another one follows, or when all fits.
    held: Bytes,
    came: u64,
    since: Instant,
    came_before: u64,
}

impl Reading {
    async fn next(&mut self) -> Result<Option<Bytes>, BodyError> {
        loop {
            let piece = timeout(STALL, self.payload.next()).await;
            let Some(piece) = piece.map_err(|_| BodyError::TooSlow)? else {
                if !self.digests.fit() {
                    return Err(BodyError::WrongDigest);
                }
                let last = std::mem::take(&mut self.held);
                return Ok((!last.is_empty()).then_some(last));
            };
            let piece = piece.map_err(|_| BodyError::BrokenOff)?;
            self.came += u64::try_from(piece.len()).unwrap_or(u64::MAX);
            if self.came > self.most {
                return Err(BodyError::TooLarge(self.most));
            }
            self.check_pace()?;
            self.digests.add(&piece);
            if self.digests.is_empty() {
                return Ok(Some(piece));
            }
            let before = std::mem::replace(&mut self.held, piece);
            if !before.is_empty() {
                return Ok(Some(before));
            }
        }
    }

    /// Somebody who sends a byte now and then would keep what is reserved for him for ever.
    fn check_pace(&mut self) -> Result<(), BodyError> {
        if self.since.elapsed() < WHILE {
            return Ok(());
        }
        if self.came - self.came_before < LEAST {
            return Err(BodyError::TooSlow);
        }
        (self.since, self.came_before) = (Instant::now(), self.came);
        Ok(())
    }
}
