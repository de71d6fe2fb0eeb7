//! The model that the unit tests share.

use crate::edm::{
    EntitySet, EntityType, Function, FunctionImport, Model, NavigationProperty, Primitive,
    Property, Returns,
};

/// A catalogue of buckets and the objects in them.
pub(crate) static CATALOG: Model = Model::new("CatalogService")
    .entity_types(&[
        EntityType::new(
            "Buckets",
            &["id"],
            &[
                Property::new("id", Primitive::String)
                    .required()
                    .max_length(63),
                Property::new("name", Primitive::String).max_length(63),
                Property::new("created", Primitive::DateTimeOffset),
                Property::new("region", Primitive::String).max_length(32),
            ],
        )
        .navigation(&[NavigationProperty::many("objects", "Objects").partner("bucket")]),
        EntityType::new(
            "Objects",
            &["bucket_id", "objectKey"],
            &[
                Property::new("bucket_id", Primitive::String).required(),
                Property::new("objectKey", Primitive::String).required(),
                Property::new("size", Primitive::Int64),
                Property::new("lastModified", Primitive::DateTimeOffset).precision(3),
                Property::new("isFolder", Primitive::Boolean),
                Property::new("content", Primitive::Stream),
            ],
        )
        .navigation(&[NavigationProperty::one("bucket", "Buckets")
            .partner("objects")
            .constraints(&[("bucket_id", "id")])]),
    ])
    .entity_sets(&[
        EntitySet::new("Buckets", "Buckets").bindings(&[("objects", "Objects")]),
        EntitySet::new("Objects", "Objects").bindings(&[("bucket", "Buckets")]),
    ])
    .functions(&[Function::new("getBuckets", Returns::Entities("Buckets"))])
    .function_imports(&[FunctionImport::new("getBuckets", "getBuckets", "Buckets")]);
