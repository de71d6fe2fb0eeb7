//! Objects, and how a list and an object page show them.

use odata::edm::{
    Annotation, EntitySet, EntityType, Expr, NavigationProperty, Primitive, Property, Record,
};

use super::annotations::{
    COMPUTED, EXPAND, HIDDEN, IMMUTABLE, IMPORTANT, SEARCH, field, label, section, sorted_by,
};

pub(super) const TYPE: EntityType =
    EntityType::new("Objects", &["bucket_id", "objectKey"], PROPERTIES)
        .navigation(&[
            NavigationProperty::one("bucket", "Buckets")
                .partner("objects")
                .constraints(&[("bucket_id", "id")])
                .required()
                .annotations(&[label("Bucket")]),
            NavigationProperty::many("versions", "Versions")
                .partner("object")
                .annotations(&[label("Versions")]),
        ])
        .annotations(ANNOTATIONS);

const PROPERTIES: &[Property] = &[
    Property::new("bucket_id", Primitive::String)
        .required()
        .max_length(255)
        .annotations(&[label("Bucket")]),
    Property::new("objectKey", Primitive::String)
        .required()
        .max_length(1024)
        .annotations(&[label("Key"), IMMUTABLE]),
    Property::new("name", Primitive::String)
        .max_length(1024)
        .annotations(&[label("Name"), COMPUTED]),
    Property::new("folder", Primitive::String)
        .max_length(1024)
        .annotations(&[label("Folder"), COMPUTED]),
    Property::new("isFolder", Primitive::Boolean).annotations(&[
        label("Is Folder"),
        COMPUTED,
        HIDDEN,
    ]),
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
            Annotation::new("Core.IsMediaType", Expr::Bool(true)),
        ]),
    Property::complex("metadata", "Pair")
        .many()
        .required()
        .on_demand()
        .annotations(&[label("Metadata")]),
    Property::complex("tags", "Pair")
        .many()
        .required()
        .on_demand()
        .annotations(&[label("Tags")]),
    Property::new("content", Primitive::Stream)
        .editable()
        .annotations(&[
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

const ANNOTATIONS: &[Annotation] = &[
    Annotation::new(
        "Core.Description",
        Expr::String("An object in a bucket, or a folder: what is common to keys up to a slash"),
    ),
    Annotation::new(
        "Common.SemanticKey",
        Expr::Collection(&[
            Expr::PropertyPath("bucket_id"),
            Expr::PropertyPath("objectKey"),
        ]),
    ),
    Annotation::new(
        "UI.HeaderInfo",
        Expr::typed(
            "UI.HeaderInfoType",
            &[
                ("TypeName", Expr::String("Object")),
                ("TypeNamePlural", Expr::String("Objects")),
                ("TypeImageUrl", Expr::String("sap-icon://document")),
                ("Title", field!("name")),
                ("Description", field!("folder")),
            ],
        ),
    ),
    Annotation::new(
        "UI.SelectionFields",
        Expr::Collection(&[
            Expr::PropertyPath("bucket_id"),
            Expr::PropertyPath("folder"),
            Expr::PropertyPath("objectKey"),
            Expr::PropertyPath("lastModified"),
        ]),
    ),
    Annotation::new(
        "UI.LineItem",
        Expr::Collection(&[
            field!("objectKey", IMPORTANT),
            field!("size", IMPORTANT),
            field!("contentType"),
            field!("lastModified"),
            field!("storageClass"),
            field!("content", NOT_FOR_FOLDERS),
        ]),
    ),
    sorted_by!("objectKey", false),
    Annotation::new(
        "UI.Identification",
        Expr::Collection(&[field!("objectKey")]),
    ),
    Annotation::new(
        "UI.Facets",
        Expr::Collection(&[section!("Details", "Details", "@UI.FieldGroup#Details")]),
    ),
    Annotation::new(
        "UI.FieldGroup",
        Expr::typed(
            "UI.FieldGroupType",
            &[(
                "Data",
                Expr::Collection(&[
                    field!("bucket_id"),
                    field!("objectKey"),
                    field!("size"),
                    field!("contentType"),
                    field!("storageClass"),
                    field!("lastModified"),
                    field!("eTag"),
                    field!("content", NOT_FOR_FOLDERS),
                ]),
            )],
        ),
    )
    .qualifier("Details"),
];

const NOT_FOR_FOLDERS: &[Annotation] = &[Annotation::new("UI.Hidden", Expr::Path("isFolder"))];

/// S3 can neither count nor sort, except by key; what is done here over a bounded number of keys
/// is not restricted, for what a query looks at depends on its filter.
pub(super) const SET: EntitySet = EntitySet::new("Objects", "Objects")
    .bindings(&[("bucket", "Buckets"), ("versions", "Versions")])
    .annotations(&[
        SEARCH,
        EXPAND,
        Annotation::new(
            "Capabilities.CountRestrictions",
            Expr::typed(
                "Capabilities.CountRestrictionsType",
                &[("Countable", Expr::Bool(false))],
            ),
        ),
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
                    ("NonFilterableProperties", STREAMS),
                ],
            ),
        ),
        Annotation::new(
            "Capabilities.SortRestrictions",
            Expr::typed(
                "Capabilities.SortRestrictionsType",
                &[("NonSortableProperties", STREAMS)],
            ),
        ),
    ]);

const STREAMS: Expr = Expr::Collection(&[Expr::PropertyPath("content")]);
