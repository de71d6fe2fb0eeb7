//! Buckets, and how a list report and an object page show them.

use odata::edm::{
    Annotation, EntitySet, EntityType, Expr, NavigationProperty, Primitive, Property, Record,
};

use super::annotations::{
    COMPUTED, EXPAND, HIDDEN, IMPORTANT, NO_DELETE, NO_INSERT, NO_UPDATE, SEARCH, field, label,
    section, sorted_by,
};

pub(super) const TYPE: EntityType = EntityType::new(
    "Buckets",
    &["id"],
    &[
        Property::new("id", Primitive::String)
            .required()
            .max_length(255)
            .annotations(&[label("Bucket")]),
        // the sample had both; in S3 they are one
        Property::new("name", Primitive::String)
            .max_length(255)
            .annotations(&[label("Name"), COMPUTED, HIDDEN]),
        Property::new("created", Primitive::DateTimeOffset)
            .annotations(&[label("Created On"), COMPUTED]),
        Property::new("region", Primitive::String)
            .max_length(32)
            .annotations(&[label("Region"), COMPUTED]),
    ],
)
.navigation(&[
    NavigationProperty::many("objects", "Objects")
        .partner("bucket")
        .annotations(&[label("Objects")]),
    NavigationProperty::many("versions", "Versions")
        .partner("bucket")
        .annotations(&[label("Versions")]),
])
.annotations(&[
    Annotation::new("Core.Description", Expr::String("A bucket in S3")),
    Annotation::new(
        "Common.SemanticKey",
        Expr::Collection(&[Expr::PropertyPath("id")]),
    ),
    Annotation::new(
        "UI.HeaderInfo",
        Expr::typed(
            "UI.HeaderInfoType",
            &[
                ("TypeName", Expr::String("Bucket")),
                ("TypeNamePlural", Expr::String("Buckets")),
                ("TypeImageUrl", Expr::String("sap-icon://folder-blank")),
                ("Title", field!("id")),
                ("Description", field!("region")),
            ],
        ),
    ),
    Annotation::new(
        "UI.SelectionFields",
        Expr::Collection(&[
            Expr::PropertyPath("id"),
            Expr::PropertyPath("region"),
            Expr::PropertyPath("created"),
        ]),
    ),
    Annotation::new(
        "UI.LineItem",
        Expr::Collection(&[
            field!("id", IMPORTANT),
            field!("region"),
            field!("created", IMPORTANT),
        ]),
    ),
    sorted_by!("created", true),
    Annotation::new("UI.Identification", Expr::Collection(&[field!("id")])),
    Annotation::new(
        "UI.HeaderFacets",
        Expr::Collection(&[Expr::typed(
            "UI.ReferenceFacet",
            &[("Target", Expr::AnnotationPath("@UI.DataPoint#created"))],
        )]),
    ),
    Annotation::new(
        "UI.DataPoint",
        Expr::typed(
            "UI.DataPointType",
            &[
                ("Value", Expr::Path("created")),
                ("Title", Expr::String("Created On")),
            ],
        ),
    )
    .qualifier("created"),
    Annotation::new(
        "UI.Facets",
        Expr::Collection(&[
            section!("General", "General Information", "@UI.FieldGroup#General"),
            section!("Objects", "Objects", "objects/@UI.PresentationVariant"),
        ]),
    ),
    Annotation::new(
        "UI.FieldGroup",
        Expr::typed(
            "UI.FieldGroupType",
            &[(
                "Data",
                Expr::Collection(&[field!("id"), field!("region"), field!("created")]),
            )],
        ),
    )
    .qualifier("General"),
]);

pub(super) const SET: EntitySet = EntitySet::new("Buckets", "Buckets")
    .bindings(&[("objects", "Objects"), ("versions", "Versions")])
    .annotations(&[
        NO_INSERT,
        NO_UPDATE,
        NO_DELETE,
        SEARCH,
        EXPAND,
        Annotation::new(
            "Capabilities.FilterRestrictions",
            Expr::typed(
                "Capabilities.FilterRestrictionsType",
                &[(
                    "FilterExpressionRestrictions",
                    // more is possible; this makes Fiori elements offer a range of days
                    Expr::Collection(&[Expr::typed(
                        "Capabilities.FilterExpressionRestrictionType",
                        &[
                            ("Property", Expr::PropertyPath("created")),
                            ("AllowedExpressions", Expr::String("SingleRange")),
                        ],
                    )]),
                )],
            ),
        ),
        Annotation::new(
            "Capabilities.NavigationRestrictions",
            Expr::typed(
                "Capabilities.NavigationRestrictionsType",
                &[(
                    "RestrictedProperties",
                    // the path names the bucket already
                    Expr::Collection(&[Expr::typed(
                        "Capabilities.NavigationPropertyRestriction",
                        &[
                            (
                                "NavigationProperty",
                                Expr::NavigationPropertyPath("objects"),
                            ),
                            (
                                "FilterRestrictions",
                                Expr::typed(
                                    "Capabilities.FilterRestrictionsType",
                                    &[("RequiresFilter", Expr::Bool(false))],
                                ),
                            ),
                        ],
                    )]),
                )],
            ),
        ),
    ]);
