//! Uploads in parts that were begun and neither completed nor aborted.

use std::time::SystemTime;

use aws_sdk_s3::operation::list_multipart_uploads::ListMultipartUploadsError;
use aws_sdk_s3::types::EncodingType;
use percent_encoding::percent_decode_str;

use super::Failure;
use super::write::failure;
use crate::aws::S3;

/// An upload in parts whose parts S3 keeps, and bills.
#[derive(Debug, Clone)]
pub(crate) struct Unfinished {
    pub(crate) key: String,
    /// `None` if S3 does not tell.
    pub(crate) begun: Option<SystemTime>,
}

/// `ListMultipartUploads`, its first page: up to 1,000 of a bucket, and whether there are more.
pub(in crate::catalog) async fn unfinished(
    s3: &S3,
    bucket: &str,
) -> Result<(Vec<Unfinished>, bool), Failure> {
    let page = s3
        .sdk()
        .list_multipart_uploads()
        .bucket(bucket)
        // else a key that XML can't hold makes the whole list unreadable
        .encoding_type(EncodingType::Url)
        .send()
        .await
        .map_err(|e| failure::<ListMultipartUploadsError>(s3, &e))?;
    let uploads = page.uploads.unwrap_or_default().into_iter();
    let found = uploads.map(|upload| Unfinished {
        key: decoded(&upload.key.unwrap_or_default()),
        begun: upload
            .initiated
            .and_then(|at| SystemTime::try_from(at).ok()),
    });
    Ok((found.collect(), page.is_truncated == Some(true)))
}

fn decoded(key: &str) -> String {
    let key = key.replace('+', " ");
    percent_decode_str(&key).decode_utf8_lossy().into_owned()
}
