//! How parts become one object: which of them, and with what checksums.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crc_fast::{CrcAlgorithm, checksum_combine};
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Crc32, Crc32c, Sha1, Sha256};
use s3s::dto::{CompletedPart, ETag};
use s3s::{S3Error, S3ErrorCode, S3Result};

use super::blobs;
use super::shelf::{Part, Sums, Upload};

/// Least size of a part that is not the last one.
const LEAST: u64 = 5 << 20;

/// The parts that are named, which have to be there, in order and large enough.
pub(super) fn chosen<'u>(upload: &'u Upload, named: &[CompletedPart]) -> S3Result<Vec<&'u Part>> {
    let malformed = || S3Error::new(S3ErrorCode::MalformedXML);
    if named.is_empty() {
        return Err(malformed());
    }
    let numbers: Vec<i32> = named.iter().filter_map(|it| it.part_number).collect();
    if numbers
        .windows(2)
        .any(|two| matches!(two, [a, b] if a >= b))
    {
        let message = "The list of parts was not in ascending order. The parts list must be specified in order by part number.";
        return Err(S3Error::with_message(
            S3ErrorCode::InvalidPartOrder,
            message,
        ));
    }
    let mut parts = Vec::new();
    for named in named {
        let part = named
            .part_number
            .and_then(|number| upload.parts.get(&number));
        let etag = named.e_tag.as_ref().map(ETag::value);
        let part = part.filter(|part| etag == Some(part.etag.as_str()));
        parts.push(part.ok_or_else(|| {
            let message = "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.";
            S3Error::with_message(S3ErrorCode::InvalidPart, message)
        })?);
    }
    let small = parts
        .split_last()
        .is_some_and(|(_, others)| others.iter().any(|it| it.size < LEAST));
    if small {
        let message = "Your proposed upload is smaller than the minimum allowed size";
        return Err(S3Error::with_message(S3ErrorCode::EntityTooSmall, message));
    }
    Ok(parts)
}

/// Checksums of an object from those of its parts: of the whole, or of the parts' own.
pub(super) fn sums_of_parts(upload: &Upload, parts: &[&Part]) -> (Sums, Option<String>) {
    let name = upload
        .algorithm
        .as_deref()
        .unwrap_or("crc64nvme")
        .to_ascii_lowercase();
    let whole = name == "crc64nvme" || upload.sums_of.as_deref() == Some("FULL_OBJECT");
    let digests: Vec<_> = parts
        .iter()
        .filter_map(|it| STANDARD.decode(it.sums.get(&name)?).ok())
        .collect();
    if digests.len() != parts.len() {
        return (Sums::new(), None);
    }
    if !whole {
        let mut hasher = ChecksumHasher::default();
        match name.as_str() {
            "crc32" => hasher.crc32 = Some(Crc32::default()),
            "crc32c" => hasher.crc32c = Some(Crc32c::default()),
            "sha1" => hasher.sha1 = Some(Sha1::default()),
            _ => hasher.sha256 = Some(Sha256::default()),
        }
        for digest in &digests {
            hasher.update(digest);
        }
        let sums = blobs::sums(hasher).into_iter();
        let sums = sums.map(|(name, sum)| (name, format!("{sum}-{}", parts.len())));
        return (sums.collect(), Some("COMPOSITE".to_owned()));
    }
    let algorithm = match name.as_str() {
        "crc32" => CrcAlgorithm::Crc32IsoHdlc,
        "crc32c" => CrcAlgorithm::Crc32Iscsi,
        _ => CrcAlgorithm::Crc64Nvme,
    };
    let width = digests.first().map_or(8, Vec::len);
    let number = |digest: &Vec<u8>| {
        digest
            .iter()
            .fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte))
    };
    let combined = parts
        .iter()
        .zip(&digests)
        .fold(None, |before, (part, digest)| {
            let value = number(digest);
            Some(before.map_or(value, |before| {
                checksum_combine(algorithm, before, value, part.size)
            }))
        });
    let bytes = combined.unwrap_or_default().to_be_bytes();
    let value = bytes.get(8 - width..).unwrap_or_default();
    let sums = [(name, STANDARD.encode(value))].into_iter().collect();
    (sums, Some("FULL_OBJECT".to_owned()))
}
