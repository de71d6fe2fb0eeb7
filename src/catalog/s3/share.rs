//! Links that let anybody read one object for a while, without a token.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::presigning::PresigningConfig;

use super::Failure;
use super::write::{Place, failure};
use crate::aws::{S3, sdk_key};

/// A link, and when it ends.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) url: String,
    pub(crate) expires: SystemTime,
}

/// A presigned `GetObject`, which ends with the session at the latest.
pub(in crate::catalog) async fn share(
    s3: &S3,
    place: &Place,
    life: Duration,
    disposition: &str,
) -> Result<Link, Failure> {
    let bad = |told: String| Failure::Away(s3.unanswered(told));
    let left = s3.expires().duration_since(s3.now()).unwrap_or_default();
    let life = life.min(left).max(Duration::from_secs(1));
    let config = PresigningConfig::builder().start_time(s3.now());
    let config = config.expires_in(life).build();
    let request = s3.sdk().get_object();
    let signed = request
        .bucket(&place.bucket)
        .key(sdk_key(&place.key))
        // whatever the object is, a browser saves it
        .response_content_disposition(disposition)
        .presigned(config.map_err(|e| bad(e.to_string()))?)
        .await
        .map_err(|e| failure::<GetObjectError>(s3, &e))?;
    Ok(Link {
        url: signed.uri().to_owned(),
        expires: s3.now() + life,
    })
}
