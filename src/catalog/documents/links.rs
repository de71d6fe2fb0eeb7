//! Links for those who have no token.

use std::time::Duration;

use crate::caller::Caller;
use crate::catalog::s3::{self, Link, Place};
use crate::catalog::{Catalog, CatalogError};

impl Catalog {
    /// A link to an object that is there.
    pub(crate) async fn share(
        &self,
        caller: &Caller,
        place: &Place,
        life: Duration,
        disposition: &str,
    ) -> Result<Link, CatalogError> {
        let known = self
            .described(caller, &place.bucket, &place.key, None)
            .await?;
        known.ok_or(CatalogError::NoObject)?;
        let ask = async |s3| s3::share(&s3, place, life, disposition).await;
        self.ask(caller, ask).await
    }
}
