//! The catalogue as OData sees it: entity types, and how rows give their values.

use std::hash::{DefaultHasher, Hash, Hasher};

use odata::edm::{
    self, EntitySet, EntityType, Function, FunctionImport, Primitive, Property, Returns,
};
use odata::{DateTimeOffset, Row, Value};

use crate::catalog::Bucket;

/// Names as CAP gives them, so that clients generated for the sample stay valid.
pub(crate) static CATALOG: edm::Model = edm::Model::new("CatalogService")
    .entity_types(&[EntityType::new(
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
    )])
    .entity_sets(&[EntitySet::new("Buckets", "Buckets")])
    .functions(&[Function::new("getBuckets", Returns::Entities("Buckets")).composable()])
    .function_imports(&[FunctionImport::new("getBuckets", "getBuckets", "Buckets")]);

impl Row for Bucket {
    fn get(&self, property: &str) -> Value<'_> {
        match property {
            "id" | "name" => self.name.as_str().into(),
            "created" => {
                let created = self
                    .created
                    .map(|at| DateTimeOffset::from_unix(at.unix_timestamp(), at.nanosecond()));
                created.into()
            }
            "region" => self.region.as_deref().into(),
            _ => Value::Null,
        }
    }
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
