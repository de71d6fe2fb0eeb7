//! How buckets and objects give their values, and which of them a path means.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use odata::{Data, DataPath, DateTimeOffset, Key, Record, Related, Row, Value};
use time::OffsetDateTime;

use super::fileshare;
use crate::catalog::{Bucket, Described, Object, VersionOf, is_ours, name_of};

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

    fn data(&self, property: &str) -> Data<'_> {
        let described = self.described.as_ref().map(|it| &it.description);
        match (property, described) {
            ("metadata", Some(said)) => pairs(said.metadata.iter().filter(|it| !is_ours(&it.0))),
            ("tags", Some(said)) => pairs(said.tags.iter()),
            ("metadata" | "tags", None) => pairs([].iter()),
            _ => Data::Value(self.get(property)),
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

impl Row for VersionOf {
    fn get(&self, property: &str) -> Value<'_> {
        let version = &self.version;
        match property {
            "bucket_id" => Value::from(&*self.bucket),
            "objectKey" => version.key.as_str().into(),
            "versionId" => version.id.as_str().into(),
            "name" => name_of(&version.key).into(),
            "isLatest" => version.is_latest.into(),
            "isDeleteMarker" => version.is_delete_marker.into(),
            "size" => version.size.into(),
            "lastModified" => instant(version.last_modified),
            "eTag" => version.etag.as_deref().into(),
            "storageClass" => version.storage_class.as_deref().into(),
            "contentType" => guessed(&version.key).into(),
            _ => Value::Null,
        }
    }

    fn etag(&self) -> Option<Cow<'_, str>> {
        let etag = self.version.etag.as_ref();
        etag.map(|etag| format!("W/{etag}").into())
    }
}

fn pairs<'p>(pairs: impl Iterator<Item = &'p (String, String)>) -> Data<'p> {
    let pair = |(key, value): &'p (String, String)| {
        Record::new()
            .with("key", key.as_str())
            .with("value", value.as_str())
    };
    Data::collection(pairs.map(pair))
}

/// A moment of the machine's clock.
pub(super) fn instant_of(at: SystemTime) -> Value<'static> {
    instant(Some(at.into()))
}

fn instant(at: Option<OffsetDateTime>) -> Value<'static> {
    at.map(|at| DateTimeOffset::from_unix(at.unix_timestamp(), at.nanosecond()))
        .into()
}

/// What the name says; what S3 holds is only known when an object is asked for by itself.
fn content_type(object: &Object) -> Option<&'static str> {
    guessed(&object.key)
}

pub(super) fn guessed(key: &str) -> Option<&'static str> {
    let (_, extension) = name_of(key).rsplit_once('.')?;
    (!key.ends_with('/')).then(|| mime_guess::from_ext(extension).first_raw())?
}

/// The bucket that a path leads into or through.
pub(super) fn bucket_of(path: &DataPath) -> Option<&str> {
    let names = ["bucket_id", "id", "FileShare"];
    keys(path).find_map(|key| names.into_iter().find_map(|name| key.text(name)))
}

/// The object that a path leads to or through.
pub(super) fn key_of(path: &DataPath) -> Option<Cow<'_, str>> {
    keys(path).find_map(|key| {
        let item = || key.text("FileShareItem").and_then(fileshare::key_of);
        key.text("objectKey")
            .map(Cow::from)
            .or_else(|| item().map(Cow::from))
    })
}

/// The version that a path leads to.
pub(super) fn version_of(path: &DataPath) -> Option<&str> {
    keys(path).find_map(|key| key.text("versionId"))
}

/// All keys of a path, from its end.
fn keys(path: &DataPath) -> impl Iterator<Item = &Key> {
    let on_the_way = path.navigation.iter().rev();
    on_the_way.filter_map(|it| it.key.as_ref()).chain(&path.key)
}
