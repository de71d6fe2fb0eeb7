//! The content of an object, as it streams to S3.
//!
//! A body goes on as it comes: small ones in one request, larger ones in parts of which several
//! wait for S3's answer at a time. What S3 failed to take is sent again, if there was memory to
//! keep it. Nothing is visible before all of it is there, and parts of what never becomes whole
//! are taken back.

mod budget;
mod flow;
mod multipart;
mod resumable;
mod sending;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::Stream;

pub(super) use budget::{Budget, Kept};
pub(super) use multipart::Multipart;
pub(super) use resumable::MARK;
pub(crate) use resumable::{Progress, Resumable, Standing};

use super::description::Description;
use super::s3::{Condition, Place, Stored};
use super::{Catalog, CatalogError};
use crate::caller::Caller;
use flow::Flow;
use sending::Unit;

/// Bodies up to this size go in one request.
const WHOLE: u64 = 16 << 20;
/// Size of a part, of which S3 wants 5 MiB at least; also what is kept of a body without length.
pub(super) const PART: u64 = 8 << 20;
/// As many parts as S3 takes.
pub(super) const MOST_PARTS: u64 = 10_000;
/// What S3 takes for an object: 48.8 TiB.
const LARGEST: u64 = 53_687_091_200_000;

/// What is to be written.
#[derive(Debug)]
pub(crate) struct Upload<'a> {
    pub(crate) bucket: &'a str,
    pub(crate) key: &'a str,
    /// Length of the body, if it is known.
    pub(crate) length: Option<u64>,
    /// What the object is said to be; what is missing is taken over from the one it replaces.
    pub(crate) description: Description,
    pub(crate) condition: Condition,
}

/// Why a body ended before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("the body broke off")]
    BrokenOff,
    #[error("the body came too slowly")]
    TooSlow,
    #[error("the body is not the one that its digest names")]
    WrongDigest,
    #[error("what S3 has of the upload already can't be read")]
    TailLost,
    #[error("the body is longer than {0} bytes")]
    TooLarge(u64),
}

impl Catalog {
    /// Writes the content of an object, new or in the place of another.
    pub(crate) async fn upload<B>(
        &self,
        caller: &Arc<Caller>,
        mut upload: Upload<'_>,
        body: B,
    ) -> Result<Stored, CatalogError>
    where
        B: Stream<Item = Result<Bytes, BodyError>> + Unpin,
    {
        self.check_writable(upload.bucket, upload.key)?;
        if upload.length.is_some_and(|length| length > LARGEST) {
            return Err(CatalogError::Body(BodyError::TooLarge(LARGEST)));
        }
        upload.description.check()?;
        let is_new = self.prepare(caller, &mut upload).await?;
        let place = Place::new(upload.bucket, upload.key);
        let mut flow = Flow::new(self, caller, place, &upload, body);
        let mut closing = self.closing.clone();
        let stored = tokio::select! {
            biased;
            _ = closing.wait_for(|closing| *closing) => Err(CatalogError::Closing),
            stored = run(&mut flow, upload.length) => stored,
        };
        if stored.is_err() {
            flow.abort().await;
        }
        Ok(Stored { is_new, ..stored? })
    }

    /// Refuses what can't be met before the body is read, and takes over what the object that is
    /// replaced is said to be. Tells whether it is known that there is none.
    async fn prepare(
        &self,
        caller: &Arc<Caller>,
        upload: &mut Upload<'_>,
    ) -> Result<bool, CatalogError> {
        let known = self
            .described(caller, upload.bucket, upload.key, None)
            .await;
        let known = match known {
            // a role that may write only can't know
            Err(CatalogError::Denied(_)) if upload.condition.unmodified_since.is_none() => {
                return Ok(false);
            }
            known => known?,
        };
        let condition = &upload.condition;
        let Some(known) = known else {
            if condition.if_match.is_some() {
                return Err(CatalogError::Changed);
            }
            return Ok(true);
        };
        if !condition.fits(known.etag.as_ref(), known.last_modified) {
            return Err(CatalogError::Changed);
        }
        // what was judged has to be what is replaced
        if condition.asks_for_this() {
            upload.condition.if_match = known.etag;
        }
        let (ours, theirs) = (&mut upload.description, known.description);
        if ours.metadata.is_empty() {
            ours.metadata = theirs.metadata;
        }
        if ours.tags.is_empty() {
            ours.tags = theirs.tags;
        }
        if ours.content_type.is_none() {
            ours.content_type = theirs.content_type;
        }
        Ok(false)
    }

    /// Whether something of this key may be written.
    pub(super) fn check_writable(&self, bucket: &str, key: &str) -> Result<(), CatalogError> {
        if !self.shows(bucket) {
            return Err(CatalogError::NoBucket);
        }
        if key.is_empty() || super::is_hidden(key) {
            return Err(CatalogError::NoObject);
        }
        super::check_key(key)
    }
}

async fn run<B>(flow: &mut Flow<'_, B>, length: Option<u64>) -> Result<Stored, CatalogError>
where
    B: Stream<Item = Result<Bytes, BodyError>> + Unpin,
{
    let Some(length) = length else {
        return gathered(flow).await;
    };
    if length <= WHOLE {
        flow.stream(Unit::Whole, length).await?;
        flow.expect_end().await?;
        return flow.stored().await;
    }
    flow.begin().await?;
    let size = part_size(length);
    let mut left = length;
    let mut number = 1;
    while left > 0 {
        let next = left.min(size);
        flow.stream(Unit::Part(number), next).await?;
        left -= next;
        number += 1;
    }
    flow.expect_end().await?;
    flow.complete().await
}

/// A body whose length nobody told: each part has to be there before S3 can be told its length.
async fn gathered<B>(flow: &mut Flow<'_, B>) -> Result<Stored, CatalogError>
where
    B: Stream<Item = Result<Bytes, BodyError>> + Unpin,
{
    let mut first = flow.room(PART).await?;
    flow.gather(&mut first).await?;
    if first.left() > 0 {
        flow.send(Unit::Whole, first.share()).await?;
        return flow.stored().await;
    }
    flow.begin().await?;
    flow.send(Unit::Part(1), first.share()).await?;
    for number in 2_i32.. {
        let mut next = flow.room(PART).await?;
        flow.gather(&mut next).await?;
        if u64::try_from(number).unwrap_or(u64::MAX) > MOST_PARTS {
            return Err(CatalogError::Body(BodyError::TooLarge(PART * MOST_PARTS)));
        }
        let last = next.left() > 0;
        // the end may have come exactly behind a part
        if !next.as_ref().is_empty() {
            flow.send(Unit::Part(number), next.share()).await?;
        }
        if last {
            break;
        }
    }
    flow.complete().await
}

/// How large parts have to be for so many bytes to fit into as many as S3 takes.
fn part_size(length: u64) -> u64 {
    let least = length.div_ceil(MOST_PARTS);
    PART.max(least.next_multiple_of(1 << 20))
}

impl fmt::Display for Unit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => f.write_str("the object"),
            Self::Part(number) => write!(f, "part {number}"),
            Self::Tail(..) => f.write_str("the tail of an upload"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LARGEST, MOST_PARTS, PART, part_size};

    #[test]
    fn every_length_fits_into_the_parts_that_s3_takes() {
        for length in [1, PART, 80 << 30, 81 << 30, 5 << 40, LARGEST] {
            let size = part_size(length);
            assert!(length.div_ceil(size) <= MOST_PARTS, "{length}");
            assert!((PART..=5 << 30).contains(&size), "{length}");
        }
        assert_eq!(part_size(80 << 30), PART + (1 << 20));
        assert_eq!(part_size(50 << 30), PART);
    }
}
