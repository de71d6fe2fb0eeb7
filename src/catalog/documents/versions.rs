//! Versions: listing them, making one the latest again, taking back that an object was deleted.

use std::sync::Arc;

use tokio::time::Instant;

use crate::caller::Caller;
use crate::catalog::s3::{self, Condition, LIST_LIMIT, Marker, Place, Version};
use crate::catalog::{Catalog, CatalogError, is_hidden};

/// A version with the bucket that it is in.
#[derive(Debug, Clone)]
pub(crate) struct VersionOf {
    pub(crate) bucket: Arc<str>,
    pub(crate) version: Version,
}

impl Catalog {
    /// Versions of all keys with this prefix, or of this key alone, the latest first; `None` if
    /// there are more than `most`.
    pub(crate) async fn versions(
        &self,
        caller: &Caller,
        bucket: &str,
        prefix: &str,
        only: Option<&str>,
        most: usize,
    ) -> Result<Option<Vec<VersionOf>>, CatalogError> {
        if !self.shows(bucket) {
            return Err(CatalogError::NoBucket);
        }
        let deadline = Instant::now() + LIST_LIMIT;
        let name: Arc<str> = bucket.into();
        let mut found = Vec::new();
        let mut after: Marker = (None, None);
        loop {
            let ask = async |s3| s3::versions(&s3, bucket, prefix, &after).await;
            let (page, next) = self.ask(caller, ask).await?;
            // keys come in their order, and no longer one begins with this before it
            let beyond = only.is_some_and(|only| page.iter().any(|it| it.key.as_str() > only));
            let wanted = page.into_iter().filter(|it| !is_hidden(&it.key));
            let wanted = wanted.filter(|it| only.is_none_or(|only| it.key == only));
            found.extend(wanted.map(|version| VersionOf {
                bucket: Arc::clone(&name),
                version,
            }));
            match next {
                _ if found.len() > most => return Ok(None),
                Some(next) if !beyond && next != after => after = next,
                _ => return Ok(Some(found)),
            }
            if Instant::now() >= deadline {
                return Ok(None);
            }
        }
    }

    /// Makes a version the latest again, by a copy.
    pub(crate) async fn restore(
        &self,
        caller: &Arc<Caller>,
        place: &Place,
        version: &str,
    ) -> Result<(), CatalogError> {
        self.check_writable(&place.bucket, &place.key)?;
        let known = self
            .described(caller, &place.bucket, &place.key, Some(version))
            .await?;
        let known = known.ok_or(CatalogError::NoObject)?;
        let none = Condition::default();
        let description = &known.description;
        let copied = self.copy_described(
            caller,
            place,
            Some(version),
            &known,
            place,
            description,
            &none,
        );
        copied.await.map(drop)
    }

    /// Takes back that an object was deleted: the mark goes, the version before it is the latest.
    pub(crate) async fn undelete(
        &self,
        caller: &Caller,
        place: &Place,
    ) -> Result<(), CatalogError> {
        self.check_writable(&place.bucket, &place.key)?;
        let (bucket, key) = (&place.bucket, &place.key);
        let versions = self
            .versions(caller, bucket, key, Some(key), usize::MAX)
            .await?;
        let versions = versions.unwrap_or_default();
        let latest = versions.iter().find(|it| it.version.is_latest);
        let latest = latest.ok_or(CatalogError::NoObject)?;
        if !latest.version.is_delete_marker {
            return Err(CatalogError::Changed);
        }
        if versions.iter().all(|it| it.version.is_delete_marker) {
            return Err(CatalogError::NoObject);
        }
        self.remove_version(caller, place, &latest.version.id).await
    }

    /// Removes a version for good.
    pub(crate) async fn remove_version(
        &self,
        caller: &Caller,
        place: &Place,
        version: &str,
    ) -> Result<(), CatalogError> {
        self.check_writable(&place.bucket, &place.key)?;
        let none = Condition::default();
        let ask = async |s3| s3::remove(&s3, place, Some(version), &none).await;
        self.ask(caller, ask).await
    }
}
