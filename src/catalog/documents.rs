//! What is done to documents that are there: removing, for a start.

use super::s3::{self, Condition, Place};
use super::{Catalog, CatalogError};
use crate::caller::Caller;

impl Catalog {
    /// Removes an object; where the bucket keeps versions it can be brought back.
    ///
    /// S3 would not tell that there is none, so it is asked before.
    pub(crate) async fn remove(
        &self,
        caller: &Caller,
        bucket: &str,
        key: &str,
        condition: &Condition,
    ) -> Result<(), CatalogError> {
        self.check_writable(bucket, key)?;
        let known = self.described(caller, bucket, key, None).await?;
        let known = known.ok_or(CatalogError::NoObject)?;
        let mut condition = condition.clone();
        if let Some(tag) = &condition.if_match {
            if tag != "*" && Some(tag) != known.etag.as_ref() {
                return Err(CatalogError::Changed);
            }
            condition.if_match = known.etag;
        }
        let place = Place {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
        };
        let ask = async |s3| s3::remove(&s3, &place, None, &condition).await;
        self.ask(caller, ask).await
    }
}
