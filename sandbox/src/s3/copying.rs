//! Copies, which share their bytes with what they were made of.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html>

use s3s::dto::{
    CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopySource, ETag, ETagCondition,
    MetadataDirective, TaggingDirective,
};
use s3s::{S3Error, S3ErrorCode, S3Request, S3Response, S3Result};

use super::conditions::Conditions;
use super::objects::{add, check_key, check_write, timestamp};
use super::requests::{described, set_sums};
use super::shelf::{Described, Sums, Version};
use super::store::{Outcome, Store};
use super::tagging;

/// What S3 copies in one request.
const LARGEST: u64 = 5 << 30;

const ITSELF: &str = "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.";

impl Store {
    pub(super) fn copy(&self, request: &S3Request<CopyObjectInput>) -> Outcome<CopyObjectOutput> {
        let input = &request.input;
        self.bucket(&input.bucket)?;
        check_key(&input.key)?;
        let (same, other) = (
            condition(request, "if-match")?,
            condition(request, "if-none-match")?,
        );
        let source = self.source(&input.copy_source)?;
        let tag = check_source(input, &source)?;
        if source.size > LARGEST {
            let message = "The specified copy source is larger than the maximum allowable size for a copy source: 5368709120";
            return Err(S3Error::with_message(S3ErrorCode::InvalidRequest, message));
        }
        let (described, tags) = said(input, &source)?;
        let modified = self.now();
        // S3 would give the copy of an object that came in parts a tag of its own; that would
        // mean to read it here
        let new = Version {
            modified,
            described,
            tags,
            parts: None,
            ..source
        };
        let sums: Sums = new.sums.clone();
        let id = self
            .shelf
            .change(&input.bucket, &input.key, |versions, versioning| {
                check_write(versions.last(), same.as_ref(), other.as_ref())?;
                Ok(add(versions, versioning, new))
            })?;
        let result = result(tag, modified, &sums);
        Ok(S3Response::new(CopyObjectOutput {
            copy_object_result: Some(result),
            version_id: id,
            ..CopyObjectOutput::default()
        }))
    }
}

/// What the target has to be; newer than what the input knows.
fn condition(
    request: &S3Request<CopyObjectInput>,
    header: &str,
) -> S3Result<Option<ETagCondition>> {
    let Some(value) = request.headers.get(header) else {
        return Ok(None);
    };
    let condition = ETagCondition::parse_http_header(value.as_bytes());
    let bad = |_| S3Error::with_message(S3ErrorCode::InvalidArgument, "Invalid entity tag");
    condition.map(Some).map_err(bad)
}

/// What the copy is said to be: what the request says, or what its source was.
fn said(input: &CopyObjectInput, source: &Version) -> S3Result<(Described, Vec<(String, String)>)> {
    let replaces = |directive: Option<&str>| directive == Some("REPLACE");
    let directive = input.metadata_directive.as_ref();
    let anew = replaces(directive.map(MetadataDirective::as_str));
    let directive = input.tagging_directive.as_ref();
    let tagged_anew = replaces(directive.map(TaggingDirective::as_str));
    if !anew && input.storage_class.is_none() && is_itself(input) {
        return Err(S3Error::with_message(S3ErrorCode::InvalidRequest, ITSELF));
    }
    let mut described = if anew {
        described!(input)
    } else {
        source.described.clone()
    };
    // the class is never taken over
    let class = input.storage_class.as_ref();
    described.storage_class = class.map(|it| it.as_str().to_owned());
    let tags = if tagged_anew {
        tagging::of_header(input.tagging.as_deref())?
    } else {
        source.tags.clone()
    };
    Ok((described, tags))
}

fn result(tag: ETag, modified: i64, sums: &Sums) -> CopyObjectResult {
    let mut result = CopyObjectResult {
        e_tag: Some(tag),
        last_modified: Some(timestamp(modified)),
        ..CopyObjectResult::default()
    };
    set_sums!(result, sums);
    result
}

/// The conditions on the source; gives its tag.
fn check_source(input: &CopyObjectInput, source: &Version) -> S3Result<ETag> {
    let conditions = Conditions {
        same: input.copy_source_if_match.clone(),
        other: input.copy_source_if_none_match.clone(),
        newer_than: input.copy_source_if_modified_since.clone(),
        not_newer_than: input.copy_source_if_unmodified_since.clone(),
    };
    let tag = ETag::Strong(source.etag.clone());
    let held = conditions.check(Some(&tag), Some(&timestamp(source.modified)));
    held.map_err(|_| S3Error::new(S3ErrorCode::PreconditionFailed))?;
    Ok(tag)
}

fn is_itself(input: &CopyObjectInput) -> bool {
    matches!(
        &input.copy_source,
        CopySource::Bucket { bucket, key, version_id: None }
            if **bucket == *input.bucket && **key == *input.key
    )
}
