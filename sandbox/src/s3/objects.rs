//! Single objects: putting, getting, deleting, and their versions.

use std::collections::BTreeMap;

use axum::http::HeaderValue;
use s3s::dto::{
    CopySource, DeleteObjectInput, DeleteObjectOutput, DeletedObject, ETag, ETagCondition,
    GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput, PutObjectInput,
    PutObjectOutput, Range, StreamingBlob, Timestamp,
};
use s3s::{S3Error, S3ErrorCode, S3Request, S3Response, S3Result, TrailingHeaders};

use super::blobs::{Promised, Received};
use super::conditions::Conditions;
use super::requests::{algorithm_of, described, length_of, promised, set_sums, sums_of};
use super::shelf::{Described, Sums, Version};
use super::store::{Outcome, Store};
use super::tagging;
use crate::random;

/// The conditions of a read, of whichever kind.
macro_rules! conditions {
    ($input:expr) => {
        Conditions {
            same: $input.if_match.clone(),
            other: $input.if_none_match.clone(),
            newer_than: $input.if_modified_since.clone(),
            not_newer_than: $input.if_unmodified_since.clone(),
        }
    };
}

/// `If-Match` and `If-None-Match` of a write.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>
pub(super) fn check_write(
    latest: Option<&Version>,
    same: Option<&ETagCondition>,
    other: Option<&ETagCondition>,
) -> S3Result<()> {
    let latest = latest.filter(|version| !version.marker);
    if other.is_some() && latest.is_some() {
        return Err(S3ErrorCode::PreconditionFailed.into());
    }
    match (same, latest) {
        (None, _) | (Some(ETagCondition::Any), Some(_)) => Ok(()),
        (Some(_), None) => Err(no_such_key()),
        (Some(ETagCondition::ETag(tag)), Some(version)) if tag.value() == version.etag => Ok(()),
        (Some(_), Some(_)) => Err(S3ErrorCode::PreconditionFailed.into()),
    }
}

pub(super) fn no_such_key() -> S3Error {
    S3Error::with_message(S3ErrorCode::NoSuchKey, "The specified key does not exist.")
}

pub(super) fn timestamp(millis: i64) -> Timestamp {
    let at = time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000);
    at.unwrap_or(time::OffsetDateTime::UNIX_EPOCH).into()
}

/// Puts a version where the bucket's versioning wants it; tells its id if there are versions.
pub(super) fn add(
    versions: &mut Vec<Version>,
    versioning: Option<&str>,
    mut new: Version,
) -> Option<String> {
    if versioning == Some("Enabled") {
        new.id = random::text(24);
    } else {
        "null".clone_into(&mut new.id);
        versions.retain(|it| it.id != "null");
    }
    let id = versioning.map(|_| new.id.clone());
    versions.push(new);
    id
}

impl Store {
    pub(super) async fn put(&self, request: S3Request<PutObjectInput>) -> Outcome<PutObjectOutput> {
        self.bucket(&request.input.bucket)?;
        check_key(&request.input.key)?;
        let promised = promised!(request);
        let input = request.input;
        let tags = tagging::of_header(input.tagging.as_deref())?;
        let described = described!(input);
        let latest = self.latest(&input.bucket, &input.key);
        check_write(
            latest.as_ref(),
            input.if_match.as_ref(),
            input.if_none_match.as_ref(),
        )?;
        let received = self.blobs.receive(input.body, promised).await?;
        let Received { blob, md5, sums } = received;
        let new = Version {
            modified: self.now(),
            size: blob.length,
            etag: md5.clone(),
            blobs: vec![blob],
            described,
            tags,
            sums: sums.clone(),
            sums_of: Some("FULL_OBJECT".to_owned()),
            ..Version::default()
        };
        let (same, other) = (input.if_match, input.if_none_match);
        let id = self
            .shelf
            .change(&input.bucket, &input.key, |versions, versioning| {
                check_write(versions.last(), same.as_ref(), other.as_ref())?;
                Ok(add(versions, versioning, new))
            })?;
        let mut output = PutObjectOutput {
            e_tag: Some(ETag::Strong(md5)),
            version_id: id,
            ..PutObjectOutput::default()
        };
        set_sums!(output, &sums);
        Ok(S3Response::new(output))
    }

    /// The latest version of a key, be it a marker.
    pub(super) fn latest(&self, bucket: &str, key: &str) -> Option<Version> {
        let last = |versions: &Vec<Version>| versions.last().cloned();
        self.shelf
            .look(bucket, |content| content.keys.get(key).and_then(last))
    }

    /// The version that is asked for; a marker can't be read.
    pub(super) fn version(&self, bucket: &str, key: &str, id: Option<&str>) -> S3Result<Version> {
        let Some(id) = id else {
            let latest = self.latest(bucket, key).ok_or_else(no_such_key)?;
            if latest.marker {
                return Err(marked(no_such_key(), &latest));
            }
            return Ok(latest);
        };
        let found = self.shelf.look(bucket, |content| {
            let versions = content.keys.get(key)?;
            versions.iter().find(|it| it.id == id).cloned()
        });
        let found = found.ok_or_else(|| {
            let message = "The specified version does not exist.";
            S3Error::with_message(S3ErrorCode::NoSuchVersion, message)
        })?;
        if found.marker {
            let message = "The specified method is not allowed against this resource.";
            let error = S3Error::with_message(S3ErrorCode::MethodNotAllowed, message);
            return Err(marked(error, &found));
        }
        Ok(found)
    }

    /// Tells versions apart only where the bucket has any.
    fn id_of(&self, bucket: &str, version: &Version) -> Option<String> {
        let kept = self
            .shelf
            .look(bucket, |content| content.versioning.is_some());
        kept.then(|| version.id.clone())
    }

    pub(super) fn get(&self, input: &GetObjectInput) -> Outcome<GetObjectOutput> {
        self.bucket(&input.bucket)?;
        let version = self.version(&input.bucket, &input.key, input.version_id.as_deref())?;
        let tag = ETag::Strong(version.etag.clone());
        conditions!(input).check(Some(&tag), Some(&timestamp(version.modified)))?;
        let range = match &input.range {
            None => 0..version.size,
            Some(range) => range
                .check(version.size)
                .map_err(|_| out_of_range(version.size))?,
        };
        let body = self.blobs.read(&version.blobs, &range);
        let mut output = GetObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            body: Some(StreamingBlob::wrap(body)),
            content_length: i64::try_from(range.end - range.start).ok(),
            content_range: part_of(input.range.as_ref(), &range, version.size),
            e_tag: Some(tag),
            last_modified: Some(timestamp(version.modified)),
            tag_count: i32::try_from(version.tags.len())
                .ok()
                .filter(|count| *count > 0),
            version_id: self.id_of(&input.bucket, &version),
            ..GetObjectOutput::default()
        };
        describe!(output, version);
        if input.checksum_mode.is_some() && input.range.is_none() {
            set_sums!(output, &version.sums);
            output.checksum_type = version.sums_of.map(Into::into);
        }
        Ok(S3Response::new(output))
    }

    pub(super) fn head(&self, input: &HeadObjectInput) -> Outcome<HeadObjectOutput> {
        self.bucket(&input.bucket)?;
        let version = self.version(&input.bucket, &input.key, input.version_id.as_deref())?;
        let tag = ETag::Strong(version.etag.clone());
        conditions!(input).check(Some(&tag), Some(&timestamp(version.modified)))?;
        let range = match &input.range {
            None => 0..version.size,
            Some(range) => range
                .check(version.size)
                .map_err(|_| out_of_range(version.size))?,
        };
        let mut output = HeadObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            content_length: i64::try_from(range.end - range.start).ok(),
            content_range: part_of(input.range.as_ref(), &range, version.size),
            e_tag: Some(tag),
            last_modified: Some(timestamp(version.modified)),
            version_id: self.id_of(&input.bucket, &version),
            ..HeadObjectOutput::default()
        };
        describe!(output, version);
        if input.checksum_mode.is_some() {
            set_sums!(output, &version.sums);
            output.checksum_type = version.sums_of.map(Into::into);
        }
        let mut response = S3Response::new(output);
        if !version.tags.is_empty() {
            // s3s does not know that S3 says so since 2025
            let count = HeaderValue::from(version.tags.len());
            response.headers.insert("x-amz-tagging-count", count);
        }
        Ok(response)
    }

    pub(super) fn delete(&self, input: &DeleteObjectInput) -> Outcome<DeleteObjectOutput> {
        self.bucket(&input.bucket)?;
        let gone = self.gone(
            &input.bucket,
            &input.key,
            input.version_id.as_deref(),
            input.if_match.as_ref(),
        )?;
        Ok(S3Response::new(DeleteObjectOutput {
            delete_marker: gone.delete_marker,
            version_id: gone.version_id.or(gone.delete_marker_version_id),
            ..DeleteObjectOutput::default()
        }))
    }

    /// Deletes a key or one of its versions, as `DeleteObjects` tells it.
    pub(super) fn gone(
        &self,
        bucket: &str,
        key: &str,
        id: Option<&str>,
        same: Option<&ETagCondition>,
    ) -> S3Result<DeletedObject> {
        let modified = self.now();
        self.shelf.change(bucket, key, |versions, versioning| {
            let mut gone = DeletedObject {
                key: Some(key.to_owned()),
                ..DeletedObject::default()
            };
            if same.is_some() {
                check_write(versions.last(), same, None)?;
            }
            if let Some(id) = id {
                let marker = versions.iter().any(|it| it.id == id && it.marker);
                versions.retain(|it| it.id != id);
                gone.version_id = Some(id.to_owned());
                gone.delete_marker = marker.then_some(true);
                gone.delete_marker_version_id = marker.then(|| id.to_owned());
            } else if versioning.is_some() {
                let marker = Version {
                    marker: true,
                    modified,
                    ..Version::default()
                };
                gone.delete_marker_version_id = add(versions, versioning, marker);
                gone.delete_marker = Some(true);
            } else {
                versions.clear();
            }
            Ok(gone)
        })
    }

    /// The version that a copy is made of.
    pub(super) fn source(&self, source: &CopySource) -> S3Result<Version> {
        let CopySource::Bucket {
            bucket,
            key,
            version_id,
        } = source
        else {
            return Err(S3ErrorCode::NotImplemented.into());
        };
        self.bucket(bucket)?;
        self.version(bucket, key, version_id.as_deref())
    }
}

/// Sets what is said of an object beside its content.
macro_rules! describe {
    ($output:expr, $version:expr) => {{
        let described = &$version.described;
        $output.content_type = Some(
            described
                .content_type
                .clone()
                .unwrap_or_else(|| "binary/octet-stream".to_owned()),
        );
        $output.content_encoding = described.content_encoding.clone();
        $output.content_language = described.content_language.clone();
        $output.content_disposition = described.content_disposition.clone();
        $output.cache_control = described.cache_control.clone();
        // STANDARD is not said
        $output.storage_class = described
            .storage_class
            .clone()
            .filter(|class| class != "STANDARD")
            .map(Into::into);
        let metadata: BTreeMap<_, _> = described.metadata.clone();
        $output.metadata = Some(metadata.into_iter().collect());
    }};
}
use describe;

fn marked(mut error: S3Error, marker: &Version) -> S3Error {
    let mut headers = axum::http::HeaderMap::new();
    headers.insert("x-amz-delete-marker", HeaderValue::from_static("true"));
    if let Ok(id) = HeaderValue::from_str(&marker.id) {
        headers.insert("x-amz-version-id", id);
    }
    error.set_headers(headers);
    error
}

fn out_of_range(size: u64) -> S3Error {
    let message = "The requested range is not satisfiable";
    let mut error = S3Error::with_message(S3ErrorCode::InvalidRange, message);
    if let Ok(range) = HeaderValue::from_str(&format!("bytes */{size}")) {
        let headers = [(axum::http::header::CONTENT_RANGE, range)];
        error.set_headers(headers.into_iter().collect());
    }
    error
}

fn part_of(asked: Option<&Range>, range: &std::ops::Range<u64>, size: u64) -> Option<String> {
    asked.map(|_| {
        format!(
            "bytes {}-{}/{size}",
            range.start,
            range.end.saturating_sub(1)
        )
    })
}

/// S3 takes keys of 1 to 1,024 bytes.
pub(super) fn check_key(key: &str) -> S3Result<()> {
    if key.len() <= 1024 {
        return Ok(());
    }
    let message = "Your key is too long";
    Err(S3Error::with_message(S3ErrorCode::KeyTooLongError, message))
}
