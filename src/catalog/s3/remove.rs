//! Removing objects.

use aws_sdk_s3::operation::delete_object::DeleteObjectError;

use super::Failure;
use super::write::{Condition, Place, failure};
use crate::aws::{S3, sdk_key};

/// `DeleteObject`; in a bucket with versions the object is marked as deleted.
pub(in crate::catalog) async fn remove(
    s3: &S3,
    place: &Place,
    version: Option<&str>,
    condition: &Condition,
) -> Result<(), Failure> {
    let request = s3.sdk().delete_object();
    request
        .bucket(&place.bucket)
        .key(sdk_key(&place.key))
        .set_version_id(version.map(str::to_owned))
        .set_if_match(condition.if_match.clone())
        .send()
        .await
        .map_err(|e| failure::<DeleteObjectError>(s3, &e))?;
    Ok(())
}
