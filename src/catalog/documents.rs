//! What is done to documents that are there: described anew, copied, moved, removed, brought back.

mod folders;
mod links;
mod versions;

use std::sync::Arc;

use bytes::Bytes;

pub(crate) use folders::Progress as FolderProgress;
pub(crate) use versions::VersionOf;

use super::description::{Described, Description};
use super::s3::{self, Condition, Original, Place, Stored};
use super::upload::{MARK, Multipart};
use super::{Catalog, CatalogError};
use crate::caller::Caller;

/// What S3 copies in one request; also the size of parts of larger ones.
const ONE_COPY: u64 = 5 << 30;
/// Parts of a copy; as few as is polite to an S3 that works on each.
const COPIED_PART: u64 = 1 << 30;

/// Changes of what an object is said to be; `None` leaves as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    pub(crate) content_type: Option<String>,
    pub(crate) metadata: Option<Vec<(String, String)>>,
    pub(crate) tags: Option<Vec<(String, String)>>,
}

impl Catalog {
    /// Creates an object without content, or a folder; refuses where there is one.
    pub(crate) async fn create(
        &self,
        caller: &Caller,
        bucket: &str,
        key: &str,
        description: &Description,
    ) -> Result<(), CatalogError> {
        self.check_writable(bucket, key)?;
        description.check()?;
        let place = Place::new(bucket, key);
        let condition = Condition {
            if_none: true,
            ..Condition::default()
        };
        let ask = async |s3| {
            let nothing = Bytes::new().into();
            s3::put(&s3, &place, description, &condition, nothing, 0).await
        };
        match self.ask(caller, ask).await {
            Err(CatalogError::Changed) => Err(CatalogError::Exists),
            created => created.map(drop),
        }
    }

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
        let (_, etag) = self.known(caller, bucket, key, condition).await?;
        let condition = Condition {
            if_match: etag.filter(|_| condition.asks_for_this()),
            ..Condition::default()
        };
        let place = Place::new(bucket, key);
        let ask = async |s3| s3::remove(&s3, &place, None, &condition).await;
        self.ask(caller, ask).await
    }

    /// Changes what an object is said to be. Tags are changed in place; for the rest S3 copies the
    /// object onto itself, which makes a new version where the bucket keeps them.
    ///
    /// S3 has no condition for tags. What the condition fitted is named by its version, so that
    /// tags never come to something newer; where the bucket keeps no versions, an object that is
    /// replaced between the two requests gets them.
    pub(crate) async fn describe_anew(
        &self,
        caller: &Arc<Caller>,
        bucket: &str,
        key: &str,
        changes: &Changes,
        condition: &Condition,
    ) -> Result<(), CatalogError> {
        self.check_writable(bucket, key)?;
        let (known, _) = self.known(caller, bucket, key, condition).await?;
        let place = Place::new(bucket, key);
        let mut description = known.description.clone();
        if let Some(tags) = &changes.tags {
            description.tags.clone_from(tags);
        }
        if changes.content_type.is_none() && changes.metadata.is_none() {
            if changes.tags.is_none() {
                return Ok(());
            }
            description.check()?;
            let tags = &description.tags;
            let version = known.version.as_deref();
            let version = version.filter(|_| condition.asks_for_this());
            let ask = async |s3| s3::set_tags(&s3, &place, version, tags).await;
            return self.ask(caller, ask).await;
        }
        if let Some(kind) = &changes.content_type {
            description.content_type = Some(kind.clone());
        }
        if let Some(metadata) = &changes.metadata {
            // who made an object is not the client's to forget
            let marks = description
                .metadata
                .into_iter()
                .filter(|(key, _)| key == MARK);
            description.metadata = marks.chain(metadata.iter().cloned()).collect();
        }
        description.check()?;
        let none = Condition::default();
        let copied = self.copy_described(caller, &place, None, &known, &place, &description, &none);
        copied.await.map(drop)
    }

    /// Copies an object inside S3, with all that it is said to be. `original` is what the one has
    /// to meet, `condition` what its target has to.
    pub(crate) async fn copy(
        &self,
        caller: &Arc<Caller>,
        from: &Place,
        original: &Condition,
        to: &Place,
        condition: &Condition,
    ) -> Result<u64, CatalogError> {
        self.check_writable(&to.bucket, &to.key)?;
        let (bucket, key) = (&from.bucket, &from.key);
        let (known, _) = self.known(caller, bucket, key, original).await?;
        if condition.if_none {
            // not every S3 knows the condition of the copy, which closes the gap behind this
            let there = self.described(caller, &to.bucket, &to.key, None).await?;
            if there.is_some() {
                return Err(CatalogError::Exists);
            }
        }
        let mut description = known.description.clone();
        description.metadata.retain(|(key, _)| key != MARK);
        let copied = self.copy_described(caller, from, None, &known, to, &description, condition);
        match copied.await {
            // either condition may have failed
            Err(CatalogError::Changed) if condition.if_none && !original.asks_for_this() => {
                Err(CatalogError::Exists)
            }
            copied => copied.map(|_| size(&known)),
        }
    }

    /// Copies an object and removes the original, if nobody changed it meanwhile.
    pub(crate) async fn relocate(
        &self,
        caller: &Arc<Caller>,
        from: &Place,
        original: &Condition,
        to: &Place,
        condition: &Condition,
    ) -> Result<u64, CatalogError> {
        let (bucket, key) = (&from.bucket, &from.key);
        self.check_writable(bucket, key)?;
        let (_, etag) = self.known(caller, bucket, key, original).await?;
        if from == to {
            return Ok(0);
        }
        let copied = self.copy(caller, from, original, to, condition).await?;
        let same = Condition {
            if_match: etag,
            ..Condition::default()
        };
        let ask = async |s3| s3::remove(&s3, from, None, &same).await;
        match self.ask(caller, ask).await {
            // asked again after an answer that was lost, S3 finds nothing any more
            Err(CatalogError::Changed | CatalogError::NoObject)
                if self
                    .described(caller, &from.bucket, &from.key, None)
                    .await?
                    .is_none() => {}
            removed => removed?,
        }
        Ok(copied)
    }

    /// The object, if the condition fits it, and its tag.
    async fn known(
        &self,
        caller: &Caller,
        bucket: &str,
        key: &str,
        condition: &Condition,
    ) -> Result<(Described, Option<String>), CatalogError> {
        let known = self.described(caller, bucket, key, None).await?;
        let known = known.ok_or(CatalogError::NoObject)?;
        let etag = known.etag.clone();
        if !condition.fits(etag.as_ref(), known.last_modified) {
            return Err(CatalogError::Changed);
        }
        Ok((known, etag))
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the two ends of a copy, and what it shall be"
    )]
    async fn copy_described(
        &self,
        caller: &Arc<Caller>,
        from: &Place,
        version: Option<&str>,
        known: &Described,
        to: &Place,
        description: &Description,
        condition: &Condition,
    ) -> Result<Option<String>, CatalogError> {
        let original = Original {
            place: from,
            version,
            etag: known.etag.as_deref(),
            storage_class: Some(known.storage_class.as_str()).filter(|it| *it != "STANDARD"),
        };
        let length = size(known);
        if length > ONE_COPY {
            let joined = self.copy_in_parts(caller, &original, to, description, condition, length);
            return joined.await.map(|stored| stored.etag);
        }
        let ask = async |s3| s3::copy(&s3, &original, to, description, condition).await;
        self.ask(caller, ask).await
    }

    async fn copy_in_parts(
        &self,
        caller: &Arc<Caller>,
        original: &Original<'_>,
        to: &Place,
        description: &Description,
        condition: &Condition,
        length: u64,
    ) -> Result<Stored, CatalogError> {
        let multipart = Multipart::begin(self, caller, to, description).await?;
        let id = multipart.id();
        let size = COPIED_PART.max(length.div_ceil(super::upload::MOST_PARTS));
        let mut parts = Vec::new();
        let (mut start, mut number) = (0, 1);
        while start < length {
            let end = length.min(start + size);
            let ask = async |s3| {
                let range = start..=end - 1;
                s3::copy_part(&s3, original, to, &id, number, range).await
            };
            parts.push(self.ask(caller, ask).await?);
            (start, number) = (end, number + 1);
        }
        multipart.complete(self, caller, condition, parts).await
    }
}

fn size(known: &Described) -> u64 {
    known
        .size
        .and_then(|size| u64::try_from(size).ok())
        .unwrap_or_default()
}
