//! Versions of objects, where a bucket keeps them.

use odata::edm::{
    Annotation, EntitySet, EntityType, Expr, NavigationProperty, Primitive, Property, Record,
};

use super::annotations::{
    COMPUTED, EXPAND, HIDDEN, IMPORTANT, NO_INSERT, NO_UPDATE, SEARCH, field, label,
};

pub(super) const TYPE: EntityType = EntityType::new(
    "Versions",
    &["bucket_id", "objectKey", "versionId"],
    PROPERTIES,
)
.navigation(&[
    NavigationProperty::one("object", "Objects")
        .partner("versions")
        .constraints(&[("bucket_id", "bucket_id"), ("objectKey", "objectKey")])
        .annotations(&[label("Object")]),
    NavigationProperty::one("bucket", "Buckets")
        .partner("versions")
        .constraints(&[("bucket_id", "id")])
        .required()
        .annotations(&[label("Bucket")]),
])
.annotations(&[
    Annotation::new(
        "Core.Description",
        Expr::String("A version of an object, or the mark that it was deleted"),
    ),
    Annotation::new(
        "UI.HeaderInfo",
        Expr::typed(
            "UI.HeaderInfoType",
            &[
                ("TypeName", Expr::String("Version")),
                ("TypeNamePlural", Expr::String("Versions")),
                ("Title", field!("objectKey")),
                ("Description", field!("versionId")),
            ],
        ),
    ),
    Annotation::new(
        "UI.LineItem",
        Expr::Collection(&[
            field!("lastModified", IMPORTANT),
            field!("size", IMPORTANT),
            field!("isLatest"),
            field!("isDeleteMarker"),
            field!("versionId"),
            field!("content", NOT_FOR_MARKERS),
        ]),
    ),
]);

const PROPERTIES: &[Property] = &[
    Property::new("bucket_id", Primitive::String)
        .required()
        .max_length(255)
        .annotations(&[label("Bucket")]),
    Property::new("objectKey", Primitive::String)
        .required()
        .max_length(1024)
        .annotations(&[label("Key")]),
    Property::new("versionId", Primitive::String)
        .required()
        .max_length(1024)
        .annotations(&[label("Version")]),
    Property::new("name", Primitive::String)
        .max_length(1024)
        .annotations(&[label("Name"), COMPUTED]),
    Property::new("isLatest", Primitive::Boolean).annotations(&[label("Latest"), COMPUTED]),
    Property::new("isDeleteMarker", Primitive::Boolean).annotations(&[label("Deleted"), COMPUTED]),
    Property::new("size", Primitive::Int64).annotations(&[label("Size in Bytes"), COMPUTED]),
    Property::new("lastModified", Primitive::DateTimeOffset)
        .precision(3)
        .annotations(&[label("Last Modified"), COMPUTED]),
    Property::new("eTag", Primitive::String)
        .max_length(128)
        .annotations(&[label("Entity Tag"), COMPUTED]),
    Property::new("storageClass", Primitive::String)
        .max_length(32)
        .annotations(&[label("Storage Class"), COMPUTED]),
    Property::new("contentType", Primitive::String)
        .max_length(255)
        .annotations(&[
            label("Content Type"),
            COMPUTED,
            HIDDEN,
            Annotation::new("Core.IsMediaType", Expr::Bool(true)),
        ]),
    Property::new("content", Primitive::Stream).annotations(&[
        label("Content"),
        Annotation::new("Core.MediaType", Expr::Path("contentType")),
        Annotation::new(
            "Core.ContentDisposition",
            Expr::typed(
                "Core.ContentDispositionType",
                &[
                    ("Filename", Expr::Path("name")),
                    ("Type", Expr::String("attachment")),
                ],
            ),
        ),
    ]),
];

const NOT_FOR_MARKERS: &[Annotation] =
    &[Annotation::new("UI.Hidden", Expr::Path("isDeleteMarker"))];

/// S3 lists versions by the beginning of their keys; the rest is done here, over a bounded number.
pub(super) const SET: EntitySet = EntitySet::new("Versions", "Versions")
    .bindings(&[("object", "Objects"), ("bucket", "Buckets")])
    .annotations(&[
        NO_INSERT,
        NO_UPDATE,
        SEARCH,
        EXPAND,
        Annotation::new(
            "Capabilities.FilterRestrictions",
            Expr::typed(
                "Capabilities.FilterRestrictionsType",
                &[
                    ("RequiresFilter", Expr::Bool(true)),
                    (
                        "RequiredProperties",
                        Expr::Collection(&[Expr::PropertyPath("bucket_id")]),
                    ),
                ],
            ),
        ),
    ]);
