//! `ListBuckets` with its pages, prefix and region.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html>

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::dto::{self, ListBucketsInput, ListBucketsOutput, ListObjectsV2Output, Owner, Timestamp};
use s3s::{S3Error, S3ErrorCode, S3Result};
use std::time::SystemTime;

use super::buckets::{Bucket, Buckets};
use crate::sigv4;

/// What S3 leaves as it is in an encoded key; a blank is dealt with apart.
const KEY: AsciiSet = NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'*')
    .remove(b' ');
/// Page size when a parameter was sent, but not `max-buckets`; and its upper bound.
const LARGEST_PAGE: usize = 10_000;

/// `encoding-type=url`: keys may hold characters that XML 1.0 can't. `/` stays, a blank is `+`.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>
pub(super) fn encode_keys(page: &mut ListObjectsV2Output) {
    let objects = page.contents.iter_mut().flatten().map(|it| &mut it.key);
    let folders = page.common_prefixes.iter_mut().flatten();
    let named = [&mut page.prefix, &mut page.delimiter, &mut page.start_after];
    let all = objects.chain(folders.map(|it| &mut it.prefix)).chain(named);
    for text in all.flatten() {
        *text = utf8_percent_encode(text, &KEY)
            .to_string()
            .replace(' ', "+");
    }
}

pub(super) fn list(
    buckets: &Buckets,
    account: &str,
    input: &ListBucketsInput,
) -> S3Result<ListBucketsOutput> {
    let region = input.bucket_region.as_deref();
    if region.is_some_and(|region| region != buckets.region()) {
        let message = format!(
            "Argument value {} is not a valid region for this endpoint",
            region.unwrap_or_default()
        );
        return Err(S3Error::with_message(S3ErrorCode::InvalidArgument, message));
    }
    let size = page_size(input)?;
    let prefix = input.prefix.as_deref().unwrap_or_default();
    let after = match input.continuation_token.as_deref() {
        Some(token) => Some(open(token, prefix, region)?),
        None => None,
    };
    let mut rest = buckets
        .all()
        .into_iter()
        .filter(|bucket| {
            bucket.name.starts_with(prefix) && region.is_none_or(|region| bucket.region == region)
        })
        .filter(|bucket| after.as_ref().is_none_or(|after| bucket.name > *after))
        .peekable();
    let page: Vec<Bucket> = rest.by_ref().take(size).collect();
    let more = rest.peek().and(page.last());
    let continuation_token = more.map(|last| seal(&last.name, prefix, region));
    let tells_region = has_parameter(input);
    Ok(ListBucketsOutput {
        buckets: Some(
            page.into_iter()
                .map(|bucket| entry(bucket, tells_region))
                .collect(),
        ),
        continuation_token,
        owner: Some(Owner {
            id: Some(sigv4::sha256_hex(account.as_bytes())),
            ..Owner::default()
        }),
        prefix: input.prefix.clone(),
    })
}

fn has_parameter(input: &ListBucketsInput) -> bool {
    input.max_buckets.is_some()
        || input.prefix.is_some()
        || input.continuation_token.is_some()
        || input.bucket_region.is_some()
}

/// Without any parameter the list is not cut.
fn page_size(input: &ListBucketsInput) -> S3Result<usize> {
    match input.max_buckets.map(usize::try_from) {
        None if has_parameter(input) => Ok(LARGEST_PAGE),
        None => Ok(usize::MAX),
        Some(Ok(size)) if (1..=LARGEST_PAGE).contains(&size) => Ok(size),
        Some(_) => {
            let message = "Argument max-buckets must be an integer between 1 and 10000";
            Err(S3Error::with_message(S3ErrorCode::InvalidArgument, message))
        }
    }
}

/// "If the request contains at least one valid parameter, `BucketRegion` is included."
fn entry(bucket: Bucket, tells_region: bool) -> dto::Bucket {
    dto::Bucket {
        bucket_region: tells_region.then_some(bucket.region),
        creation_date: Some(Timestamp::from(SystemTime::from(bucket.created))),
        name: Some(bucket.name),
    }
}

/// A token is good only for the list it came from.
fn seal(last: &str, prefix: &str, region: Option<&str>) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}{last}", mark(last, prefix, region)))
}

fn open(token: &str, prefix: &str, region: Option<&str>) -> S3Result<String> {
    let decoded = URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let last = decoded
        .as_deref()
        .and_then(|text| text.split_at_checked(MARK_LENGTH));
    match last {
        Some((found, last)) if found == mark(last, prefix, region) => Ok(last.to_owned()),
        _ => Err(S3Error::with_message(
            S3ErrorCode::InvalidArgument,
            "The continuation token provided is incorrect",
        )),
    }
}

const MARK_LENGTH: usize = 16;

fn mark(last: &str, prefix: &str, region: Option<&str>) -> String {
    let region = region.unwrap_or("*");
    let mut hash = sigv4::sha256_hex(format!("{last}\n{prefix}\n{region}").as_bytes());
    hash.truncate(MARK_LENGTH);
    hash
}
