//! How buckets and objects give their values, and which of them a path means.

use std::borrow::Cow;
use std::sync::Arc;

use odata::{DataPath, DateTimeOffset, Key, Related, Row, Value};
use time::OffsetDateTime;

use crate::catalog::{Bucket, Described, Object};

impl Row for Bucket {
    fn get(&self, property: &str) -> Value<'_> {
        match property {
            "id" | "name" => self.name.as_str().into(),
            "created" => instant(self.created),
            "region" => self.region.as_deref().into(),
            _ => Value::Null,
        }
    }
}

impl Row for Object {
    fn get(&self, property: &str) -> Value<'_> {
        match property {
            "bucket_id" => Value::from(&*self.bucket),
            "objectKey" => self.key.as_str().into(),
            "name" => self.name().into(),
            "folder" => self.folder().into(),
            "isFolder" => self.is_folder().into(),
            "size" => self.size.into(),
            "lastModified" => instant(self.last_modified),
            "eTag" => self.etag.as_deref().into(),
            "storageClass" => self.storage_class.as_deref().into(),
            "contentType" => content_type(self).into(),
            _ => Value::Null,
        }
    }

    fn etag(&self) -> Option<Cow<'_, str>> {
        self.etag.as_ref().map(|etag| format!("W/{etag}").into())
    }
}

/// An object as a list has it.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) object: Object,
    /// Its bucket, if the query leads there.
    pub(super) bucket: Option<Arc<Bucket>>,
    /// What S3 says of it alone, if it was asked.
    pub(super) described: Option<Described>,
}

impl Row for Listed {
    fn get(&self, property: &str) -> Value<'_> {
        match (property, &self.described) {
            ("contentType", Some(described)) => {
                described.description.content_type.as_deref().into()
            }
            _ => self.object.get(property),
        }
    }

    fn etag(&self) -> Option<Cow<'_, str>> {
        self.object.etag()
    }

    fn related(&self, navigation: &str) -> Related<'_> {
        match &self.bucket {
            Some(bucket) if navigation == "bucket" => Related::One(&**bucket),
            _ => Related::NotLoaded,
        }
    }
}

fn instant(at: Option<OffsetDateTime>) -> Value<'static> {
    at.map(|at| DateTimeOffset::from_unix(at.unix_timestamp(), at.nanosecond()))
        .into()
}

/// What the name says; what S3 holds is only known when an object is asked for by itself.
fn content_type(object: &Object) -> Option<&'static str> {
    let (_, extension) = object.name().rsplit_once('.')?;
    (!object.is_folder()).then(|| mime_guess::from_ext(extension).first_raw())?
}

/// The bucket that a path leads into or through.
pub(super) fn bucket_of(path: &DataPath) -> Option<&str> {
    keys(path).find_map(|key| key.text("bucket_id").or_else(|| key.text("id")))
}

/// The object that a path leads to or through.
pub(super) fn key_of(path: &DataPath) -> Option<&str> {
    keys(path).find_map(|key| key.text("objectKey"))
}

/// All keys of a path, from its end.
fn keys(path: &DataPath) -> impl Iterator<Item = &Key> {
    let on_the_way = path.navigation.iter().rev();
    on_the_way.filter_map(|it| it.key.as_ref()).chain(&path.key)
}
