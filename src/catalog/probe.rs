//! What diagnosis asks of S3 for itself: nothing of it reaches a caller but names and counts.

use aws_sdk_s3::primitives::ByteStream;
use tokio::time::Instant;

use super::s3::{self, Condition, Failure, LIST_LIMIT, Part, Place, Unfinished};
use super::{Bucket, Description, HIDDEN, Wanted};
use crate::aws::S3;

/// What is written to see whether writing works.
const PROBE: &[u8] = b"written by btp-s3-catalog check --probe-write\n";

/// The buckets that the session may list.
pub(crate) async fn buckets(s3: &S3) -> Result<Vec<Bucket>, Failure> {
    s3::list_buckets(s3, "").await
}

/// Whether the session may list the objects of this bucket.
pub(crate) async fn lists(s3: &S3, bucket: &str) -> Result<(), Failure> {
    let one = Part {
        most: 1,
        ..Part::default()
    };
    let page = s3::list_objects(s3, bucket, &one, Instant::now() + LIST_LIMIT);
    page.await.map(drop)
}

/// Uploads in parts that nobody ended, and whether there are more than these.
pub(crate) async fn unfinished(s3: &S3, bucket: &str) -> Result<(Vec<Unfinished>, bool), Failure> {
    s3::unfinished(s3, bucket).await
}

/// Writes, reads and removes a small hidden object; tells the IAM action that failed.
pub(crate) async fn writes(s3: &S3, bucket: &str) -> Result<(), (&'static str, Failure)> {
    let key = format!("{HIDDEN}check-{:016x}", fastrand::u64(..));
    let place = Place::new(bucket, &key);
    let anyhow = Condition::default();
    let body = ByteStream::from_static(PROBE);
    let length = PROBE.len() as u64;
    s3::put(s3, &place, &Description::default(), &anyhow, body, length)
        .await
        .map_err(|failure| ("s3:PutObject", failure))?;
    let read = read_back(s3, &place).await;
    // what was written is taken away, whatever reading it ended in
    let removed = s3::remove(s3, &place, None, &anyhow).await;
    read.map_err(|failure| ("s3:GetObject", failure))?;
    removed.map_err(|failure| ("s3:DeleteObject", failure))
}

async fn read_back(s3: &S3, place: &Place) -> Result<(), Failure> {
    let target = s3::object_target(&place.bucket, &place.key);
    let mut opened = s3::open(s3, &target, &Wanted::default()).await?;
    let mut read = Vec::new();
    while let Some(piece) = opened.piece().await.map_err(Failure::Away)? {
        read.extend_from_slice(&piece);
        if read.len() > PROBE.len() {
            break;
        }
    }
    if read == PROBE {
        return Ok(());
    }
    Err(Failure::Refused {
        status: opened.status(),
        code: "OtherContent".to_owned(),
        message: "what was read is not what was written".to_owned(),
    })
}
