//! Uploads in parts. A part is visible to nobody before all of them become an object at once.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html>

use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, ChecksumAlgorithm, ChecksumType,
    CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CopyPartResult,
    CreateMultipartUploadInput, CreateMultipartUploadOutput, ETag, ListMultipartUploadsInput,
    ListMultipartUploadsOutput, ListPartsInput, ListPartsOutput, MultipartUpload, Part as Listed,
    UploadPartCopyInput, UploadPartCopyOutput, UploadPartInput, UploadPartOutput,
};
use s3s::{S3Error, S3ErrorCode, S3Request, S3Response, S3Result, TrailingHeaders};

use super::blobs::{self, Promised};
use super::joining::{chosen, sums_of_parts};
use super::objects::{add, check_key, check_write, timestamp};
use super::requests::{algorithm_of, described, length_of, promised, set_sums, sums_of};
use super::shelf::{Described, Part, Sums, Upload, Version};
use super::store::{Outcome, Store};
use super::tagging;
use crate::random;

const PAGE: usize = 1000;

fn no_such_upload() -> S3Error {
    let message = "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.";
    S3Error::with_message(S3ErrorCode::NoSuchUpload, message)
}

impl Store {
    pub(super) fn begin(
        &self,
        input: &CreateMultipartUploadInput,
    ) -> Outcome<CreateMultipartUploadOutput> {
        self.bucket(&input.bucket)?;
        check_key(&input.key)?;
        let id = random::text(48);
        let algorithm = input.checksum_algorithm.as_ref();
        let upload = Upload {
            key: input.key.clone(),
            started: self.now(),
            described: described!(input),
            tags: tagging::of_header(input.tagging.as_deref())?,
            algorithm: algorithm.map(|it| it.as_str().to_owned()),
            sums_of: input
                .checksum_type
                .as_ref()
                .map(|it| it.as_str().to_owned()),
            parts: std::collections::BTreeMap::new(),
        };
        self.shelf.change_upload(&input.bucket, &id, |slot| {
            *slot = Some(upload);
            Ok(())
        })?;
        Ok(S3Response::new(CreateMultipartUploadOutput {
            bucket: Some(input.bucket.clone()),
            key: Some(input.key.clone()),
            checksum_algorithm: input.checksum_algorithm.clone(),
            checksum_type: input.checksum_type.clone(),
            upload_id: Some(id),
            ..CreateMultipartUploadOutput::default()
        }))
    }

    fn upload(&self, bucket: &str, key: &str, id: &str) -> S3Result<Upload> {
        self.bucket(bucket)?;
        let found = self
            .shelf
            .look(bucket, |content| content.uploads.get(id).cloned());
        found.filter(|it| it.key == key).ok_or_else(no_such_upload)
    }

    pub(super) async fn part(
        &self,
        request: S3Request<UploadPartInput>,
    ) -> Outcome<UploadPartOutput> {
        let upload = self.upload(
            &request.input.bucket,
            &request.input.key,
            &request.input.upload_id,
        )?;
        check_number(request.input.part_number)?;
        let mut promised = promised!(request);
        promised.algorithm = promised.algorithm.or(upload.algorithm);
        let input = request.input;
        let received = self.blobs.receive(input.body, promised).await?;
        let mut output = UploadPartOutput {
            e_tag: Some(ETag::Strong(received.md5.clone())),
            ..UploadPartOutput::default()
        };
        set_sums!(output, &received.sums);
        let part = Part {
            etag: received.md5,
            size: received.blob.length,
            modified: self.now(),
            blobs: vec![received.blob],
            sums: received.sums,
        };
        self.add_part(&input.bucket, &input.upload_id, input.part_number, part)?;
        Ok(S3Response::new(output))
    }

    fn add_part(&self, bucket: &str, id: &str, number: i32, part: Part) -> S3Result<()> {
        self.shelf.change_upload(bucket, id, |slot| {
            let upload = slot.as_mut().ok_or_else(no_such_upload)?;
            upload.parts.insert(number, part);
            Ok(())
        })
    }

    pub(super) async fn part_copy(
        &self,
        input: UploadPartCopyInput,
    ) -> Outcome<UploadPartCopyOutput> {
        let upload = self.upload(&input.bucket, &input.key, &input.upload_id)?;
        check_number(input.part_number)?;
        let source = self.source(&input.copy_source)?;
        let range = match &input.copy_source_range {
            None => 0..source.size,
            Some(text) => inner_range(text, source.size)?,
        };
        let stretches = blobs::cut(&source.blobs, &range);
        // its bytes have to be looked at for the tag, but are not written again
        let body = self.blobs.read(&stretches, &(0..range.end - range.start));
        let promised = Promised {
            algorithm: upload.algorithm,
            ..Promised::default()
        };
        let body = s3s::dto::StreamingBlob::wrap(body);
        let received = self.blobs.receive(Some(body), promised).await?;
        self.blobs.remove(&received.blob.file);
        let modified = self.now();
        let mut result = CopyPartResult {
            e_tag: Some(ETag::Strong(received.md5.clone())),
            last_modified: Some(timestamp(modified)),
            ..CopyPartResult::default()
        };
        set_sums!(result, &received.sums);
        let part = Part {
            etag: received.md5,
            size: range.end - range.start,
            modified,
            blobs: stretches,
            sums: received.sums,
        };
        self.add_part(&input.bucket, &input.upload_id, input.part_number, part)?;
        Ok(S3Response::new(UploadPartCopyOutput {
            copy_part_result: Some(result),
            ..UploadPartCopyOutput::default()
        }))
    }

    pub(super) fn parts(&self, input: ListPartsInput) -> Outcome<ListPartsOutput> {
        let upload = self.upload(&input.bucket, &input.key, &input.upload_id)?;
        let after = input.part_number_marker;
        let most = input.max_parts.and_then(|it| usize::try_from(it).ok());
        let most = most.unwrap_or(PAGE).min(PAGE);
        let mut rest = upload
            .parts
            .range(after.map_or(0, |after: i32| after + 1)..);
        let page = rest.by_ref().take(most).map(|(number, part)| {
            let mut listed = Listed {
                e_tag: Some(ETag::Strong(part.etag.clone())),
                last_modified: Some(timestamp(part.modified)),
                part_number: Some(*number),
                size: i64::try_from(part.size).ok(),
                ..Listed::default()
            };
            set_sums!(listed, &part.sums);
            listed
        });
        let page: Vec<_> = page.collect();
        let last = page.last().and_then(|it| it.part_number);
        let more = rest.next().is_some();
        Ok(S3Response::new(ListPartsOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(input.upload_id),
            checksum_algorithm: upload.algorithm.map(ChecksumAlgorithm::from),
            checksum_type: upload.sums_of.map(ChecksumType::from),
            is_truncated: Some(more),
            max_parts: i32::try_from(most).ok(),
            next_part_number_marker: last.filter(|_| more),
            part_number_marker: input.part_number_marker,
            parts: Some(page),
            ..ListPartsOutput::default()
        }))
    }

    pub(super) fn uploads(
        &self,
        input: ListMultipartUploadsInput,
    ) -> Outcome<ListMultipartUploadsOutput> {
        self.bucket(&input.bucket)?;
        let prefix = input.prefix.clone().unwrap_or_default();
        let most = input.max_uploads.and_then(|it| usize::try_from(it).ok());
        let most = most.unwrap_or(PAGE).min(PAGE);
        let mut found: Vec<_> = self.shelf.look(&input.bucket, |content| {
            let uploads = content.uploads.iter();
            let uploads = uploads.filter(|(_, it)| it.key.starts_with(&prefix));
            uploads
                .map(|(id, it)| (it.key.clone(), id.clone(), it.started))
                .collect()
        });
        found.sort();
        let after = (
            input.key_marker.clone().unwrap_or_default(),
            input.upload_id_marker.clone().unwrap_or_default(),
        );
        found.retain(|(key, id, _)| (key, id) > (&after.0, &after.1));
        let more = found.len() > most;
        found.truncate(most);
        let last = found.last().filter(|_| more).cloned();
        let uploads = found.into_iter().map(|(key, id, started)| MultipartUpload {
            initiated: Some(timestamp(started)),
            key: Some(key),
            upload_id: Some(id),
            ..MultipartUpload::default()
        });
        Ok(S3Response::new(ListMultipartUploadsOutput {
            bucket: Some(input.bucket),
            is_truncated: Some(more),
            key_marker: input.key_marker,
            max_uploads: i32::try_from(most).ok(),
            next_key_marker: last.as_ref().map(|it| it.0.clone()),
            next_upload_id_marker: last.map(|it| it.1),
            prefix: input.prefix,
            upload_id_marker: input.upload_id_marker,
            uploads: Some(uploads.collect()),
            ..ListMultipartUploadsOutput::default()
        }))
    }

    pub(super) fn abort(
        &self,
        input: &AbortMultipartUploadInput,
    ) -> Outcome<AbortMultipartUploadOutput> {
        self.upload(&input.bucket, &input.key, &input.upload_id)?;
        self.shelf
            .change_upload(&input.bucket, &input.upload_id, |slot| {
                *slot = None;
                Ok(())
            })?;
        Ok(S3Response::new(AbortMultipartUploadOutput::default()))
    }

    pub(super) fn complete(
        &self,
        input: CompleteMultipartUploadInput,
    ) -> Outcome<CompleteMultipartUploadOutput> {
        let upload = self.upload(&input.bucket, &input.key, &input.upload_id)?;
        let named = input
            .multipart_upload
            .and_then(|it| it.parts)
            .unwrap_or_default();
        let parts = chosen(&upload, &named)?;
        let etag = blobs::tag_of_parts(parts.iter().map(|it| it.etag.as_str()));
        let (sums, kind) = sums_of_parts(&upload, &parts);
        let promised = sums_of([
            ("crc32", &input.checksum_crc32),
            ("crc64nvme", &input.checksum_crc64nvme),
        ]);
        if promised
            .iter()
            .any(|(name, sum)| sums.get(name) != Some(sum))
        {
            let message = "The checksum you specified did not match the calculated checksum.";
            return Err(S3Error::with_message(S3ErrorCode::BadDigest, message));
        }
        let new = Version {
            modified: self.now(),
            size: parts.iter().map(|it| it.size).sum(),
            etag: etag.clone(),
            blobs: parts.iter().flat_map(|it| it.blobs.clone()).collect(),
            described: upload.described.clone(),
            tags: upload.tags.clone(),
            sums: sums.clone(),
            sums_of: kind.clone(),
            parts: i32::try_from(parts.len()).ok(),
            ..Version::default()
        };
        let (same, other) = (input.if_match, input.if_none_match);
        let id = self
            .shelf
            .change(&input.bucket, &input.key, |versions, versioning| {
                check_write(versions.last(), same.as_ref(), other.as_ref())?;
                Ok(add(versions, versioning, new))
            })?;
        self.shelf
            .change_upload(&input.bucket, &input.upload_id, |slot| {
                *slot = None;
                Ok(())
            })?;
        let mut output = CompleteMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            e_tag: Some(ETag::Strong(etag)),
            checksum_type: kind.map(ChecksumType::from),
            version_id: id,
            ..CompleteMultipartUploadOutput::default()
        };
        set_sums!(output, &sums);
        Ok(S3Response::new(output))
    }
}

fn check_number(number: i32) -> S3Result<()> {
    if (1..=10_000).contains(&number) {
        return Ok(());
    }
    let message = "Part number must be an integer between 1 and 10000, inclusive";
    Err(S3Error::with_message(S3ErrorCode::InvalidArgument, message))
}

/// `bytes=first-last`, both ends inside.
fn inner_range(text: &str, size: u64) -> S3Result<std::ops::Range<u64>> {
    let ends = text
        .strip_prefix("bytes=")
        .and_then(|it| it.split_once('-'));
    let ends = ends.and_then(|(first, last)| Some((first.parse().ok()?, last.parse().ok()?)));
    match ends {
        Some((first, last)) if first <= last && last < size => Ok(first..last + 1),
        _ => {
            let message = "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy";
            Err(S3Error::with_message(S3ErrorCode::InvalidArgument, message))
        }
    }
}
