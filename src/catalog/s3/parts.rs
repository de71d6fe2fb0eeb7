//! What S3 has of an upload in parts.

use aws_sdk_s3::operation::list_parts::ListPartsError;
use aws_sdk_s3::types::CompletedPart;

use super::Failure;
use super::write::{Place, failure};
use crate::aws::{S3, sdk_key};

/// A part that S3 has taken.
#[derive(Debug, Clone)]
pub(in crate::catalog) struct Part {
    pub(in crate::catalog) number: i32,
    pub(in crate::catalog) size: u64,
    /// What completing has to name.
    pub(in crate::catalog) completed: CompletedPart,
}

/// `ListParts`, with all its pages, in the order of their numbers.
pub(in crate::catalog) async fn parts(
    s3: &S3,
    place: &Place,
    id: &str,
) -> Result<Vec<Part>, Failure> {
    let mut found = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let request = s3.sdk().list_parts();
        let page = request
            .bucket(&place.bucket)
            .key(sdk_key(&place.key))
            .upload_id(id)
            .set_part_number_marker(after.clone())
            .send()
            .await
            .map_err(|e| failure::<ListPartsError>(s3, &e))?;
        for part in page.parts.unwrap_or_default() {
            let number = part.part_number.unwrap_or_default();
            found.push(Part {
                number,
                size: part
                    .size
                    .and_then(|it| u64::try_from(it).ok())
                    .unwrap_or_default(),
                completed: CompletedPart::builder()
                    .part_number(number)
                    .set_e_tag(part.e_tag)
                    .set_checksum_crc64_nvme(part.checksum_crc64_nvme)
                    .build(),
            });
        }
        let next = page.next_part_number_marker;
        if page.is_truncated != Some(true) || next == after {
            return Ok(found);
        }
        after = next;
    }
}
