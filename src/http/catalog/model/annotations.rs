//! What both entity types say with the same words.

use odata::edm::{Annotation, Expr};

/// The service decides the value.
pub(super) const COMPUTED: Annotation = Annotation::new("Core.Computed", Expr::Bool(true));
/// Set when it is created, and never again.
pub(super) const IMMUTABLE: Annotation = Annotation::new("Core.Immutable", Expr::Bool(true));
/// A parameter that may be left out.
pub(super) const OPTIONAL: Annotation = Annotation::new(
    "Core.OptionalParameter",
    Expr::typed("Core.OptionalParameterType", &[]),
);
/// Of use to programs only.
pub(super) const HIDDEN: Annotation = Annotation::new("UI.Hidden", Expr::Bool(true));
/// Shown also where there is little room.
pub(super) const IMPORTANT: &[Annotation] = &[Annotation::new(
    "UI.Importance",
    Expr::EnumMember("UI.ImportanceType/High"),
)];

pub(super) const NO_INSERT: Annotation = Annotation::new(
    "Capabilities.InsertRestrictions",
    Expr::typed(
        "Capabilities.InsertRestrictionsType",
        &[("Insertable", Expr::Bool(false))],
    ),
);
pub(super) const NO_UPDATE: Annotation = Annotation::new(
    "Capabilities.UpdateRestrictions",
    Expr::typed(
        "Capabilities.UpdateRestrictionsType",
        &[("Updatable", Expr::Bool(false))],
    ),
);
pub(super) const NO_DELETE: Annotation = Annotation::new(
    "Capabilities.DeleteRestrictions",
    Expr::typed(
        "Capabilities.DeleteRestrictionsType",
        &[("Deletable", Expr::Bool(false))],
    ),
);
pub(super) const SEARCH: Annotation = Annotation::new(
    "Capabilities.SearchRestrictions",
    Expr::typed(
        "Capabilities.SearchRestrictionsType",
        &[("Searchable", Expr::Bool(true))],
    ),
);
/// One step, as far as anything can be expanded.
pub(super) const EXPAND: Annotation = Annotation::new(
    "Capabilities.ExpandRestrictions",
    Expr::typed(
        "Capabilities.ExpandRestrictionsType",
        &[
            ("Expandable", Expr::Bool(true)),
            ("MaxLevels", Expr::Int(1)),
        ],
    ),
);

/// The heading of a column or field.
pub(super) const fn label(text: &'static str) -> Annotation {
    Annotation::new("Common.Label", Expr::String(text))
}

/// A property as a column or field.
macro_rules! field {
    ($path:literal) => {
        Expr::typed("UI.DataField", &[("Value", Expr::Path($path))])
    };
    ($path:literal, $annotations:expr) => {
        Expr::Record(
            Record::new("UI.DataField", &[("Value", Expr::Path($path))]).annotations($annotations),
        )
    };
}
pub(super) use field;

/// The list in the order of one property.
macro_rules! sorted_by {
    ($property:literal, $descending:literal) => {
        Annotation::new(
            "UI.PresentationVariant",
            Expr::typed(
                "UI.PresentationVariantType",
                &[
                    (
                        "SortOrder",
                        Expr::Collection(&[Expr::typed(
                            "Common.SortOrderType",
                            &[
                                ("Property", Expr::PropertyPath($property)),
                                ("Descending", Expr::Bool($descending)),
                            ],
                        )]),
                    ),
                    (
                        "Visualizations",
                        Expr::Collection(&[Expr::AnnotationPath("@UI.LineItem")]),
                    ),
                ],
            ),
        )
    };
}
pub(super) use sorted_by;

/// A section of a page with a group of fields.
macro_rules! section {
    ($id:literal, $title:literal, $target:literal) => {
        Expr::typed(
            "UI.ReferenceFacet",
            &[
                ("ID", Expr::String($id)),
                ("Label", Expr::String($title)),
                ("Target", Expr::AnnotationPath($target)),
            ],
        )
    };
}
pub(super) use section;
