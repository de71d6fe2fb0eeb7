//! What came behind the last full part: a hidden object, which knows where in the whole it begins.

use std::sync::Arc;

use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;

use super::Resumable;
use crate::caller::Caller;
use crate::catalog::description::Description;
use crate::catalog::s3::{self, Condition, Failure};
use crate::catalog::{Catalog, CatalogError, Wanted};

/// Metadata of a tail: where in the object it begins.
const START: &str = "start";

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

    pub(super) async fn fetch_tail(
        &self,
        caller: &Arc<Caller>,
        upload: &Resumable,
        length: u64,
    ) -> Result<Bytes, CatalogError> {
        if length == 0 {
            return Ok(Bytes::new());
        }
        let size = usize::try_from(length).unwrap_or(usize::MAX);
        let mut kept = self.budget.keep(size).await.ok_or(CatalogError::NoRoom)?;
        let place = upload.tail();
        let target = s3::object_target(&place.bucket, &place.key);
        let ask = async |s3: crate::aws::S3| s3::open(&s3, &target, &Wanted::default()).await;
        let mut answer = self.ask(caller, ask).await?;
        while let Some(piece) = answer.piece().await.map_err(Failure::Away)? {
            if piece.len() > kept.left() {
                break;
            }
            kept.add(&piece);
        }
        // somebody else goes on with the same upload
        if kept.left() > 0 {
            return Err(CatalogError::Conflict);
        }
        Ok(kept.share())
    }

    pub(super) async fn put_tail(
        &self,
        caller: &Caller,
        upload: &Resumable,
        start: u64,
        tail: Bytes,
    ) -> Result<u64, CatalogError> {
        let place = upload.tail();
        let description = Description {
            metadata: vec![(START.to_owned(), start.to_string())],
            ..Description::default()
        };
        let (none, length) = (
            Condition::default(),
            u64::try_from(tail.len()).unwrap_or(u64::MAX),
        );
        let ask = async |s3| {
            let body = ByteStream::from(tail.clone());
            s3::put(&s3, &place, &description, &none, body, length).await
        };
        self.ask(caller, ask).await?;
        Ok(length)
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
