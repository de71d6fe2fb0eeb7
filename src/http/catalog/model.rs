//! The catalogue as OData sees it: entity types, and how rows give their values.

use std::hash::{DefaultHasher, Hash, Hasher};

use std::borrow::Cow;

use odata::edm::{
    self, EntitySet, EntityType, Function, FunctionImport, NavigationProperty, Primitive, Property,
    Returns,
};
use odata::{DataPath, DateTimeOffset, Key, Row, Value};
use time::OffsetDateTime;

use crate::catalog::{Bucket, Object};

pub(super) const OBJECTS: &str = "Objects";

/// Names as CAP gives them, so that clients generated for the sample stay valid.
pub(crate) static CATALOG: edm::Model = edm::Model::new("CatalogService")
    .entity_types(&[
        EntityType::new(
            "Buckets",
            &["id"],
            &[
                Property::new("id", Primitive::String)
                    .required()
                    .max_length(255),
                Property::new("name", Primitive::String).max_length(255),
                Property::new("created", Primitive::DateTimeOffset),
                Property::new("region", Primitive::String).max_length(32),
            ],
        )
        .navigation(&[NavigationProperty::many("objects", OBJECTS).partner("bucket")]),
        EntityType::new(
            OBJECTS,
            &["bucket_id", "objectKey"],
            &[
                Property::new("bucket_id", Primitive::String)
                    .required()
                    .max_length(255),
                Property::new("objectKey", Primitive::String)
                    .required()
                    .max_length(1024),
                Property::new("name", Primitive::String).max_length(1024),
                Property::new("folder", Primitive::String).max_length(1024),
                Property::new("isFolder", Primitive::Boolean),
                Property::new("size", Primitive::Int64),
                Property::new("lastModified", Primitive::DateTimeOffset).precision(3),
                Property::new("eTag", Primitive::String).max_length(128),
                Property::new("storageClass", Primitive::String).max_length(32),
                Property::new("contentType", Primitive::String).max_length(255),
            ],
        )
        .navigation(&[NavigationProperty::one("bucket", "Buckets")
            .partner("objects")
            .constraints(&[("bucket_id", "id")])]),
    ])
    .entity_sets(&[
        EntitySet::new("Buckets", "Buckets").bindings(&[("objects", OBJECTS)]),
        EntitySet::new(OBJECTS, OBJECTS).bindings(&[("bucket", "Buckets")]),
    ])
    .functions(&[Function::new("getBuckets", Returns::Entities("Buckets")).composable()])
    .function_imports(&[FunctionImport::new("getBuckets", "getBuckets", "Buckets")]);

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

/// The metadata documents, written once.
#[derive(Debug)]
pub(crate) struct Model {
    xml: String,
    json: String,
    etag: String,
}

impl Model {
    pub(crate) fn new() -> Self {
        let xml = CATALOG.to_xml();
        // equal in all instances of one build, which is all that a validator has to be
        let mut hasher = DefaultHasher::new();
        xml.hash(&mut hasher);
        Self {
            json: CATALOG.to_json(),
            etag: format!("W/\"{:016x}\"", hasher.finish()),
            xml,
        }
    }

    pub(super) fn xml(&self) -> String {
        self.xml.clone()
    }

    pub(super) fn json(&self) -> String {
        self.json.clone()
    }

    pub(super) fn etag(&self) -> &str {
        &self.etag
    }
}

#[cfg(test)]
mod tests {
    use super::CATALOG;

    #[test]
    fn the_model_refers_to_nothing_that_it_lacks() {
        assert_eq!(CATALOG.dangling(), Vec::<String>::new());
    }
}
