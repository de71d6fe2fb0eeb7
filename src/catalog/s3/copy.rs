//! Copies inside S3: no byte of them comes through here.

use aws_sdk_s3::operation::copy_object::CopyObjectError;
use aws_sdk_s3::operation::upload_part_copy::UploadPartCopyError;
use aws_sdk_s3::types::{CompletedPart, MetadataDirective, StorageClass, TaggingDirective};

use super::write::{Condition, Place, described, failure, unhurried};
use super::{Failure, object_target};
use crate::aws::{S3, sdk_key};
use crate::catalog::description::Description;

/// What is copied.
#[derive(Debug, Clone)]
pub(in crate::catalog) struct Original<'a> {
    pub(in crate::catalog) place: &'a Place,
    pub(in crate::catalog) version: Option<&'a str>,
    /// The one that was looked at, and no other.
    pub(in crate::catalog) etag: Option<&'a str>,
    pub(in crate::catalog) storage_class: Option<&'a str>,
}

impl Original<'_> {
    /// `x-amz-copy-source`.
    fn header(&self) -> String {
        let path = object_target(&self.place.bucket, &self.place.key);
        let path = path.strip_prefix('/').unwrap_or(&path);
        match self.version {
            Some(version) => format!("{path}?versionId={}", super::encode(version)),
            None => path.to_owned(),
        }
    }
}

/// `CopyObject`, with this description in the place of the original's; gives the new tag.
pub(in crate::catalog) async fn copy(
    s3: &S3,
    original: &Original<'_>,
    target: &Place,
    description: &Description,
    condition: &Condition,
) -> Result<Option<String>, Failure> {
    let request = described!(s3.sdk().copy_object(), description);
    let copied = request
        .bucket(&target.bucket)
        .key(sdk_key(&target.key))
        .copy_source(original.header())
        .set_copy_source_if_match(original.etag.map(str::to_owned))
        .metadata_directive(MetadataDirective::Replace)
        .tagging_directive(TaggingDirective::Replace)
        .set_storage_class(original.storage_class.map(StorageClass::from))
        .set_if_match(condition.if_match.clone())
        .set_if_none_match(condition.if_none.then(|| "*".to_owned()))
        .customize()
        .config_override(unhurried())
        .send()
        .await
        .map_err(|e| failure::<CopyObjectError>(s3, &e))?;
    Ok(copied.copy_object_result.and_then(|it| it.e_tag))
}

/// `UploadPartCopy` of a range, whose ends are both inside.
pub(in crate::catalog) async fn copy_part(
    s3: &S3,
    original: &Original<'_>,
    target: &Place,
    id: &str,
    number: i32,
    range: std::ops::RangeInclusive<u64>,
) -> Result<CompletedPart, Failure> {
    let request = s3.sdk().upload_part_copy();
    let copied = request
        .bucket(&target.bucket)
        .key(sdk_key(&target.key))
        .upload_id(id)
        .part_number(number)
        .copy_source(original.header())
        .set_copy_source_if_match(original.etag.map(str::to_owned))
        .copy_source_range(format!("bytes={}-{}", range.start(), range.end()))
        .customize()
        .config_override(unhurried())
        .send()
        .await
        .map_err(|e| failure::<UploadPartCopyError>(s3, &e))?;
    let result = copied.copy_part_result;
    let (etag, sum) = result.map_or((None, None), |it| (it.e_tag, it.checksum_crc64_nvme));
    Ok(CompletedPart::builder()
        .part_number(number)
        .set_e_tag(etag)
        .set_checksum_crc64_nvme(sum)
        .build())
}
