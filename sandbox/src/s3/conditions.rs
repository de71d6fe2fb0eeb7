//! `If-Match` and its three sisters on reads, which s3s-fs leaves out.
//!
//! Source: Amazon S3 API reference, `GetObject`, "Additional considerations about request headers":
//! a tag outweighs a date.

use s3s::dto::{ETag, ETagCondition, Timestamp};
use s3s::{S3ErrorCode, S3Result};

/// The conditions of a read.
#[derive(Debug, Clone)]
pub(super) struct Conditions {
    /// `If-Match`
    pub(super) same: Option<ETagCondition>,
    /// `If-None-Match`
    pub(super) other: Option<ETagCondition>,
    /// `If-Modified-Since`
    pub(super) newer_than: Option<Timestamp>,
    /// `If-Unmodified-Since`
    pub(super) not_newer_than: Option<Timestamp>,
}

impl Conditions {
    /// Refuses with 412 or 304 where they don't hold.
    pub(super) fn check(&self, etag: Option<&ETag>, modified: Option<&Timestamp>) -> S3Result<()> {
        let names = |condition: &ETagCondition| match condition {
            ETagCondition::Any => true,
            ETagCondition::ETag(known) => etag.is_some_and(|etag| etag.value() == known.value()),
        };
        let newer =
            |since: &Timestamp| modified.is_none_or(|modified| seconds(modified) > seconds(since));
        let unmet = match (&self.same, &self.not_newer_than) {
            (Some(tag), _) => !names(tag),
            (None, Some(since)) => newer(since),
            (None, None) => false,
        };
        if unmet {
            return Err(S3ErrorCode::PreconditionFailed.into());
        }
        let known = match (&self.other, &self.newer_than) {
            (Some(tag), _) => names(tag),
            (None, Some(since)) => !newer(since),
            (None, None) => false,
        };
        if known {
            return Err(S3ErrorCode::NotModified.into());
        }
        Ok(())
    }
}

/// Dates of HTTP have whole seconds.
fn seconds(time: &Timestamp) -> i64 {
    time::OffsetDateTime::from(time.clone()).unix_timestamp()
}
