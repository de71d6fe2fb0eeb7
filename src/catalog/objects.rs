//! The objects of a bucket: as S3 lists them, page by page and in the order of their keys.

use std::sync::Arc;

use time::OffsetDateTime;
use tokio::time::Instant;

use super::s3::{self, LIST_LIMIT, Part};
use super::xml::Entry;
use super::{Catalog, CatalogError, Described, is_hidden};
use crate::caller::Caller;

/// What S3 gives at most in one answer.
const PAGE: u16 = 1000;

/// An object, or a folder: what is common to the keys of other objects, up to a `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Object {
    pub(crate) bucket: Arc<str>,
    pub(crate) key: String,
    pub(crate) last_modified: Option<OffsetDateTime>,
    /// S3's, with its quotes.
    pub(crate) etag: Option<String>,
    pub(crate) size: Option<i64>,
    pub(crate) storage_class: Option<String>,
}

impl Object {
    fn new(bucket: &Arc<str>, entry: Entry) -> Self {
        Self {
            bucket: Arc::clone(bucket),
            key: entry.key,
            last_modified: entry.last_modified,
            etag: entry.etag,
            size: entry.size,
            storage_class: entry.storage_class,
        }
    }

    /// Keys that end with `/` are folders, also where an empty object stands for them.
    pub(crate) fn is_folder(&self) -> bool {
        self.key.ends_with('/')
    }

    /// The last segment of the key.
    pub(crate) fn name(&self) -> &str {
        let (_, name) = self.split();
        name.strip_suffix('/').unwrap_or(name)
    }

    /// The key of the folder that it lies in; empty at the root.
    pub(crate) fn folder(&self) -> &str {
        self.split().0
    }

    fn split(&self) -> (&str, &str) {
        let whole = self.key.strip_suffix('/').unwrap_or(&self.key);
        let start = whole.rfind('/').map_or(0, |slash| slash + 1);
        self.key.split_at(start)
    }
}

/// The part of a bucket that is looked through.
#[derive(Debug, Default)]
pub(crate) struct Within {
    /// What all keys begin with.
    pub(crate) prefix: String,
    /// Whether what lies below the next `/` behind the prefix is shown as one folder.
    pub(crate) one_level: bool,
    /// Keys up to this one are left out.
    pub(crate) after: String,
}

/// A walk through a bucket; S3 is asked as far as it goes.
#[derive(Debug)]
pub(crate) struct Walk<'a> {
    catalog: &'a Catalog,
    caller: &'a Caller,
    bucket: Arc<str>,
    within: Within,
    token: Option<String>,
    over: bool,
    deadline: Instant,
}

impl Catalog {
    /// Walks through a visible bucket; whether S3 has it shows with the first page.
    pub(crate) fn walk<'a>(
        &'a self,
        caller: &'a Caller,
        bucket: &str,
        within: Within,
    ) -> Result<Walk<'a>, CatalogError> {
        if !self.shows(bucket) {
            return Err(CatalogError::NoBucket);
        }
        Ok(Walk {
            catalog: self,
            caller,
            bucket: bucket.into(),
            within,
            token: None,
            over: false,
            deadline: Instant::now() + LIST_LIMIT,
        })
    }

    /// The object or folder of this key, if there is one; an object with all that S3 says of it.
    pub(crate) async fn object(
        &self,
        caller: &Caller,
        bucket: &str,
        key: &str,
    ) -> Result<Option<(Object, Option<Described>)>, CatalogError> {
        let described = self.described(caller, bucket, key, None).await?;
        if let Some(described) = described {
            let object = Object {
                bucket: bucket.into(),
                key: key.to_owned(),
                last_modified: described.last_modified,
                etag: described.etag.clone(),
                size: described.size,
                storage_class: Some(described.storage_class.clone()),
            };
            return Ok(Some((object, Some(described))));
        }
        if !key.ends_with('/') {
            return Ok(None);
        }
        let folder = self.folder(caller, bucket, key).await?;
        Ok(folder.map(|folder| (folder, None)))
    }

    /// A folder that no object stands for, but what lies in it.
    async fn folder(
        &self,
        caller: &Caller,
        bucket: &str,
        key: &str,
    ) -> Result<Option<Object>, CatalogError> {
        let within = Within {
            prefix: key.to_owned(),
            one_level: true,
            ..Within::default()
        };
        let mut walk = self.walk(caller, bucket, within)?;
        let found = walk.next(1).await?.unwrap_or_default().into_iter().next();
        Ok(found.map(|object| {
            let entry = Entry {
                key: key.to_owned(),
                ..Entry::default()
            };
            Object::new(&object.bucket, entry)
        }))
    }
}

impl Walk<'_> {
    /// Whether there is no further page.
    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    /// The next page, of at most `wanted` objects and of what S3 gives at once; `None` at the end.
    pub(crate) async fn next(
        &mut self,
        wanted: usize,
    ) -> Result<Option<Vec<Object>>, CatalogError> {
        if self.over {
            return Ok(None);
        }
        let part = Part {
            prefix: &self.within.prefix,
            one_level: self.within.one_level,
            after: &self.within.after,
            token: self.token.as_deref().unwrap_or_default(),
            most: u16::try_from(wanted).unwrap_or(PAGE).clamp(1, PAGE),
        };
        let (bucket, deadline) = (&self.bucket, self.deadline);
        let ask = async |s3: crate::aws::S3| s3::list_objects(&s3, bucket, &part, deadline).await;
        let page = self.catalog.ask(self.caller, ask).await?;
        if page.next.is_some() && page.next == self.token {
            return Err(s3::Failure::endless().into());
        }
        self.over = page.next.is_none();
        self.token = page.next;
        let entries = page.entries.into_iter();
        let entries = entries.filter(|entry| !is_hidden(&entry.key));
        Ok(Some(
            entries.map(|entry| Object::new(bucket, entry)).collect(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::{Entry, Object};

    #[test]
    fn name_and_folder_follow_from_the_key() {
        for (key, folder, name, is_folder) in [
            ("a.txt", "", "a.txt", false),
            ("docs/a.txt", "docs/", "a.txt", false),
            ("docs/2024/", "docs/", "2024", true),
            ("docs/", "", "docs", true),
            ("/", "", "", true),
            ("//a", "//", "a", false),
            ("a//", "a/", "", true),
            ("/a", "/", "a", false),
        ] {
            let entry = Entry {
                key: key.to_owned(),
                ..Entry::default()
            };
            let object = Object::new(&"b".into(), entry);
            assert_eq!(
                (object.folder(), object.name(), object.is_folder()),
                (folder, name, is_folder),
                "{key}"
            );
        }
    }
}
