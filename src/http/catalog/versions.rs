//! Versions: of an object, or of all objects of a bucket, the deleted ones among them.

use actix_web::HttpResponse;
use odata::{DataPath, Error, Plan, TextRange, Url};

use super::changes::place;
use super::entities::no;
use super::{Call, rows};
use crate::catalog::{CatalogError, VersionOf};
use crate::http::error::ApiError;

impl Call<'_> {
    /// A list of versions, or one of them.
    pub(super) async fn versions(
        &self,
        url: &Url<'_>,
        path: &DataPath,
        plan: &Plan,
        size: usize,
    ) -> Result<HttpResponse, ApiError> {
        if !path.is_collection() {
            let version = self.version_at(path).await?;
            return self.entity(url, path, plan, &version);
        }
        let query = &url.query;
        let named = query.text_range("bucket_id");
        let named = named.as_ref().and_then(TextRange::exact);
        let on_the_path = rows::bucket_of(path);
        let bucket = on_the_path.or(named).ok_or_else(|| {
            let told = "A list of versions needs their bucket: use Buckets('…')/versions, or $filter=bucket_id eq '…'";
            ApiError::Query(Error::not_implemented(told).about("$filter"))
        })?;
        let range = query.text_range("objectKey").unwrap_or_default();
        let of = rows::key_of(path);
        let only = of.as_deref().or_else(|| range.exact());
        let prefix = only.unwrap_or(&range.prefix);
        let (catalog, most) = (&self.service.catalog, self.service.limits.scan);
        let found = catalog
            .versions(self.caller, bucket, prefix, only, most)
            .await;
        let found = match found {
            Err(CatalogError::NoBucket) if on_the_path.is_none() => Some(Vec::new()),
            found => found.map_err(ApiError::Catalog)?,
        };
        let found = found.ok_or_else(|| {
            let told = format!(
                "There are more than {most} versions: narrow them by startswith(objectKey,'…')"
            );
            ApiError::Query(Error::not_implemented(told))
        })?;
        self.collection(url, path, plan, &found, size)
    }

    /// The version that the path leads to.
    pub(super) async fn version_at(&self, path: &DataPath) -> Result<VersionOf, ApiError> {
        let place = place(path)?;
        let id = rows::version_of(path).ok_or_else(|| no("version"))?;
        let (bucket, key) = (&place.bucket, place.key.as_str());
        let catalog = &self.service.catalog;
        let found = catalog.versions(self.caller, bucket, key, Some(key), usize::MAX);
        let found = found.await.map_err(ApiError::Catalog)?.unwrap_or_default();
        let found = found.into_iter().find(|it| it.version.id == id);
        found.ok_or_else(|| no("version"))
    }
}
