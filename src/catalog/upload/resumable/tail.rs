//! What came behind the last full part: a hidden object, which knows where in the whole it begins.

use std::sync::Arc;

use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::{self, LocalBoxStream};

use super::Resumable;
use crate::aws::S3;
use crate::caller::Caller;
use crate::catalog::description::Description;
use crate::catalog::s3::{self, Condition, Failure};
use crate::catalog::upload::BodyError;
use crate::catalog::{Catalog, CatalogError, Wanted};

/// Metadata of a tail: where in the object it begins.
const START: &str = "start";

/// Writes a tail, in the place of the one before.
pub(in crate::catalog::upload) async fn put_tail(
    s3: &S3,
    upload: &Resumable,
    start: u64,
    body: ByteStream,
    length: u64,
) -> Result<(), Failure> {
    let description = Description {
        metadata: vec![(START.to_owned(), start.to_string())],
        ..Description::default()
    };
    let (place, none) = (upload.tail(), Condition::default());
    let put = s3::put(s3, &place, &description, &none, body, length).await;
    put.map(drop)
}

impl Catalog {
    /// Length of the tail, if it is the one that belongs there.
    pub(super) async fn tail(
        &self,
        caller: &Caller,
        upload: &Resumable,
        start: u64,
    ) -> Result<u64, CatalogError> {
        let place = upload.tail();
        let ask = async |s3| s3::describe(&s3, &place, None).await;
        let found = self.ask(caller, ask).await?;
        let found = found.filter(|it| it.description.says(START, &start.to_string()));
        let size = found.and_then(|it| u64::try_from(it.size?).ok());
        Ok(size.unwrap_or_default().min(upload.part_size()))
    }

    /// What is there of the tail, as it comes from S3.
    pub(super) async fn read_tail(
        &self,
        caller: &Arc<Caller>,
        upload: &Resumable,
        length: u64,
    ) -> Result<LocalBoxStream<'static, Result<Bytes, BodyError>>, CatalogError> {
        if length == 0 {
            return Ok(stream::empty().boxed_local());
        }
        let place = upload.tail();
        let target = s3::object_target(&place.bucket, &place.key);
        let ask = async |s3: S3| s3::open(&s3, &target, &Wanted::default()).await;
        let answer = self.ask(caller, ask).await?;
        let pieces = stream::try_unfold((answer, length), async |(mut answer, left)| {
            if left == 0 {
                return Ok(None);
            }
            // somebody else who goes on with the same upload may have replaced it by a shorter one
            let piece = answer.piece().await.ok().flatten();
            let mut piece = piece.ok_or(BodyError::TailLost)?;
            piece.truncate(usize::try_from(left).unwrap_or(usize::MAX));
            let left = left - u64::try_from(piece.len()).unwrap_or(left);
            Ok(Some((piece, (answer, left))))
        });
        Ok(pieces.boxed_local())
    }

    /// Removes the tail of an upload that is done, if the service ended before it could; where none
    /// is, a bucket that keeps versions would get a mark of its deletion.
    pub(super) async fn sweep_tail(&self, caller: &Caller, upload: &Resumable) {
        let place = upload.tail();
        let ask = async |s3| s3::describe(&s3, &place, None).await;
        if matches!(self.ask(caller, ask).await, Ok(Some(_))) {
            self.remove_tail(caller, upload).await;
        }
    }

    /// One that stays behind is hidden, and harmless.
    pub(super) async fn remove_tail(&self, caller: &Caller, upload: &Resumable) {
        let (place, none) = (upload.tail(), Condition::default());
        let ask = async |s3| s3::remove(&s3, &place, None, &none).await;
        if let Err(error) = self.ask(caller, ask).await {
            tracing::info!(
                "the tail of an upload stays behind: {}",
                crate::telemetry::explain(&error)
            );
        }
    }
}
