//! Writing objects: whole, and in parts that become visible together.

use aws_sdk_s3::config::Config;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::{create_multipart_upload, put_object};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumType, CompletedMultipartUpload, CompletedPart};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use time::OffsetDateTime;

use super::{Failure, meaning, xml};
use crate::aws::{S3, sdk_key};
use crate::catalog::description::Description;

/// The checksum that S3 itself prefers: of the whole object, also when it came in parts.
const CHECKSUM: ChecksumAlgorithm = ChecksumAlgorithm::Crc64Nvme;

/// Where an object is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) bucket: String,
    pub(crate) key: String,
}

impl Place {
    pub(crate) fn new(bucket: &str, key: &str) -> Self {
        Self {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
        }
    }
}

/// On what condition something is written (RFC 9110, 13.1).
#[derive(Debug, Clone, Default)]
pub(crate) struct Condition {
    /// `If-Match`: only this one is replaced.
    pub(crate) if_match: Option<String>,
    /// `If-None-Match: *`: none is replaced.
    pub(crate) if_none: bool,
    /// `If-Unmodified-Since`: only one that is not younger is replaced. S3 has this for reading
    /// only, so whoever judged by it goes on with the tag of what was judged.
    pub(crate) unmodified_since: Option<OffsetDateTime>,
}

impl Condition {
    /// Whether an object that is there may be changed.
    pub(crate) fn fits(&self, etag: Option<&String>, modified: Option<OffsetDateTime>) -> bool {
        let tag = self.if_match.as_ref().filter(|tag| *tag != "*");
        let dates = self.unmodified_since.zip(modified);
        !self.if_none
            && (tag.is_none() || tag == etag)
            && dates.is_none_or(|(since, at)| at.unix_timestamp() <= since.unix_timestamp())
    }

    /// Whether it depends on the object that is there.
    pub(crate) fn asks_for_this(&self) -> bool {
        self.if_match.is_some() || self.unmodified_since.is_some()
    }
}

/// What S3 says of an object that it has taken.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stored {
    /// S3's, with its quotes.
    pub(crate) etag: Option<String>,
    /// Whether there was no such object before, as far as that is known.
    pub(crate) is_new: bool,
}

/// `PutObject`. The body is `length` bytes long; it may stream, and is watched by its owner.
pub(in crate::catalog) async fn put(
    s3: &S3,
    place: &Place,
    description: &Description,
    condition: &Condition,
    body: ByteStream,
    length: u64,
) -> Result<Stored, Failure> {
    let request = described!(s3.sdk().put_object(), description);
    let put = request
        .bucket(&place.bucket)
        .key(sdk_key(&place.key))
        .set_if_match(condition.if_match.clone())
        .set_if_none_match(condition.if_none.then(|| "*".to_owned()))
        .checksum_algorithm(CHECKSUM)
        .content_length(i64::try_from(length).unwrap_or(i64::MAX))
        .body(body)
        .customize()
        .config_override(unhurried())
        .send()
        .await
        .map_err(|e| failure::<put_object::PutObjectError>(s3, &e))?;
    Ok(Stored {
        etag: put.e_tag,
        is_new: false,
    })
}

/// `CreateMultipartUpload`: the id of an upload in parts.
pub(in crate::catalog) async fn begin(
    s3: &S3,
    place: &Place,
    description: &Description,
) -> Result<String, Failure> {
    let request = described!(s3.sdk().create_multipart_upload(), description);
    let begun = request
        .bucket(&place.bucket)
        .key(sdk_key(&place.key))
        .checksum_algorithm(CHECKSUM)
        .checksum_type(ChecksumType::FullObject)
        .send()
        .await
        .map_err(|e| failure::<create_multipart_upload::CreateMultipartUploadError>(s3, &e))?;
    begun.upload_id.ok_or_else(|| Failure::Refused {
        status: 200,
        code: "NoUploadId".to_owned(),
        message: "S3 began an upload without an id".to_owned(),
    })
}

/// `UploadPart`, with a body that is watched by its owner.
pub(in crate::catalog) async fn part(
    s3: &S3,
    place: &Place,
    id: &str,
    number: i32,
    body: ByteStream,
    length: u64,
) -> Result<CompletedPart, Failure> {
    let request = s3.sdk().upload_part();
    let part = request
        .bucket(&place.bucket)
        .key(sdk_key(&place.key))
        .upload_id(id)
        .part_number(number)
        .checksum_algorithm(CHECKSUM)
        .content_length(i64::try_from(length).unwrap_or(i64::MAX))
        .body(body)
        .customize()
        .config_override(unhurried())
        .send()
        .await
        .map_err(|e| failure(s3, &e))?;
    Ok(CompletedPart::builder()
        .part_number(number)
        .set_e_tag(part.e_tag)
        .set_checksum_crc64_nvme(part.checksum_crc64_nvme)
        .build())
}

/// `CompleteMultipartUpload`: all parts become the object, at once.
pub(in crate::catalog) async fn complete(
    s3: &S3,
    place: &Place,
    id: &str,
    condition: &Condition,
    mut parts: Vec<CompletedPart>,
) -> Result<Stored, Failure> {
    parts.sort_unstable_by_key(|part| part.part_number);
    let parts = CompletedMultipartUpload::builder().set_parts(Some(parts));
    let request = s3.sdk().complete_multipart_upload();
    let completed = request
        .bucket(&place.bucket)
        .key(sdk_key(&place.key))
        .upload_id(id)
        .set_if_match(condition.if_match.clone())
        .set_if_none_match(condition.if_none.then(|| "*".to_owned()))
        .checksum_type(ChecksumType::FullObject)
        .multipart_upload(parts.build())
        .customize()
        // S3 may take minutes to join many parts
        .config_override(unhurried())
        .send()
        .await
        .map_err(|e| failure(s3, &e))?;
    Ok(Stored {
        etag: completed.e_tag,
        is_new: false,
    })
}

/// `AbortMultipartUpload`: its parts are gone; that it is gone already is fine.
pub(in crate::catalog) async fn abort(s3: &S3, place: &Place, id: &str) -> Result<(), Failure> {
    let request = s3.sdk().abort_multipart_upload();
    let aborted = request
        .bucket(&place.bucket)
        .key(sdk_key(&place.key))
        .upload_id(id);
    let Err(error) = aborted.send().await else {
        return Ok(());
    };
    let failure = failure(s3, &error);
    if matches!(failure, Failure::NoUpload) {
        return Ok(());
    }
    Err(failure)
}

/// No limit for the whole request: its body takes as long as the client does.
pub(super) fn unhurried() -> aws_sdk_s3::config::Builder {
    Config::builder().timeout_config(TimeoutConfig::disabled())
}

/// What an error of the SDK means.
pub(in crate::catalog) fn failure<E>(s3: &S3, error: &SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let Some(response) = error.raw_response() else {
        return Failure::Away(s3.unanswered(DisplayErrorContext(error).to_string()));
    };
    let region = response.headers().get("x-amz-bucket-region");
    let said = xml::ErrorDocument {
        code: error.code().unwrap_or_default().to_owned(),
        message: error.message().unwrap_or_default().to_owned(),
        region: None,
    };
    let status = response.status().as_u16();
    meaning(s3.region(), status, said, region.map(str::to_owned))
}

/// Sets what an object is said to be.
macro_rules! described {
    ($request:expr, $description:expr) => {
        $request
            .set_content_type($description.content_type.clone())
            .set_content_encoding($description.content_encoding.clone())
            .set_content_language($description.content_language.clone())
            .set_metadata($description.metadata_headers())
            .set_tagging($description.tags_query())
    };
}
pub(super) use described;
