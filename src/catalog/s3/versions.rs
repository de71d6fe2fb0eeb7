//! Versions of objects, where a bucket keeps them.

use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsError;
use aws_sdk_s3::types::EncodingType;
use percent_encoding::percent_decode_str;
use time::OffsetDateTime;

use super::Failure;
use super::write::failure;
use crate::aws::S3;

/// A version of an object, or the mark that it was deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) key: String,
    /// `null` for what was written before the bucket kept versions.
    pub(crate) id: String,
    pub(crate) is_latest: bool,
    pub(crate) is_delete_marker: bool,
    pub(crate) last_modified: Option<OffsetDateTime>,
    /// S3's, with its quotes.
    pub(crate) etag: Option<String>,
    pub(crate) size: Option<i64>,
    pub(crate) storage_class: Option<String>,
}

/// Where a page of versions begins: behind this key and version.
pub(in crate::catalog) type Marker = (Option<String>, Option<String>);

/// A page of `ListObjectVersions`, and where the next one begins. Versions of a key come together,
/// the latest first.
pub(in crate::catalog) async fn versions(
    s3: &S3,
    bucket: &str,
    prefix: &str,
    after: &Marker,
) -> Result<(Vec<Version>, Option<Marker>), Failure> {
    let request = s3.sdk().list_object_versions();
    let page = request
        .bucket(bucket)
        .prefix(prefix)
        .set_key_marker(after.0.clone())
        .set_version_id_marker(after.1.clone())
        .encoding_type(EncodingType::Url)
        .send()
        .await
        .map_err(|e| failure::<ListObjectVersionsError>(s3, &e))?;
    let encoded = page.encoding_type == Some(EncodingType::Url);
    let text = |key: Option<String>| {
        let key = key.unwrap_or_default();
        if !encoded {
            return key;
        }
        let key = key.replace('+', " ");
        percent_decode_str(&key).decode_utf8_lossy().into_owned()
    };
    let instant = |at: Option<aws_sdk_s3::primitives::DateTime>| {
        at.and_then(|at| OffsetDateTime::from_unix_timestamp(at.secs()).ok())
    };
    let there = page.versions.unwrap_or_default().into_iter();
    let there = there.map(|it| Version {
        key: text(it.key),
        id: it.version_id.unwrap_or_else(|| "null".to_owned()),
        is_latest: it.is_latest == Some(true),
        is_delete_marker: false,
        last_modified: instant(it.last_modified),
        etag: it.e_tag,
        size: it.size,
        storage_class: it.storage_class.map(|class| class.as_str().to_owned()),
    });
    let gone = page.delete_markers.unwrap_or_default().into_iter();
    let gone = gone.map(|it| Version {
        key: text(it.key),
        id: it.version_id.unwrap_or_else(|| "null".to_owned()),
        is_latest: it.is_latest == Some(true),
        is_delete_marker: true,
        last_modified: instant(it.last_modified),
        etag: None,
        size: None,
        storage_class: None,
    });
    let mut found: Vec<Version> = there.chain(gone).collect();
    // S3 tells versions and markers apart from each other
    found.sort_by(|a, b| {
        let newer = (b.is_latest, b.last_modified).cmp(&(a.is_latest, a.last_modified));
        a.key.cmp(&b.key).then(newer)
    });
    let more = page.is_truncated == Some(true);
    let next = page.next_key_marker.map(|key| text(Some(key)));
    Ok((found, more.then_some((next, page.next_version_id_marker))))
}
