//! SAP's contract for file shares: what SAPUI5's `CloudFilePicker`, and with it
//! `UploadSetwithTable` and the export of tables, ask a cloud drive for. The names are the
//! control's; SAP documents no more of it than the control shows.

use odata::edm::{
    self, Annotation, EntitySet, EntityType, Expr, NavigationProperty, Primitive, Property,
};

use super::annotations::{
    COMPUTED, EXPAND, IMMUTABLE, NO_DELETE, NO_INSERT, NO_UPDATE, SEARCH, label,
};

pub(super) static MODEL: edm::Model = edm::Model::new("FileShareService")
    .entity_types(&[SHARE, ITEM, QUERY])
    .entity_sets(&[
        EntitySet::new("FileShares", "FileShares")
            .bindings(&[("_Root", "FileShareItems")])
            .annotations(&[NO_INSERT, NO_UPDATE, NO_DELETE, SEARCH, EXPAND]),
        EntitySet::new("FileShareItems", "FileShareItems")
            .bindings(&[("_Children", "FileShareItems")])
            .annotations(&[NO_UPDATE, NO_DELETE, SEARCH, EXPAND]),
        EntitySet::new("FileShareQuery", "FileShareQuery")
            .bindings(&[("_Query", "FileShareItems")])
            .annotations(&[NO_INSERT, NO_UPDATE, NO_DELETE]),
    ])
    .annotations(&[Annotation::new(
        "Core.Description",
        Expr::String("Buckets in Amazon S3 as file shares, for SAPUI5's CloudFilePicker"),
    )]);

const SHARE: EntityType = EntityType::new(
    "FileShares",
    &["FileShare"],
    &[
        NAME_OF_SHARE,
        Property::new("FileShareDescription", Primitive::String)
            .max_length(255)
            .annotations(&[label("Description"), COMPUTED]),
    ],
)
.navigation(&[NavigationProperty::one("_Root", "FileShareItems").required()]);

const NAME_OF_SHARE: Property = Property::new("FileShare", Primitive::String)
    .required()
    .max_length(255)
    .annotations(&[label("File Share"), IMMUTABLE]);

const ID: Property = Property::new("FileShareItem", Primitive::String)
    .required()
    .max_length(1366)
    .annotations(&[label("Item"), IMMUTABLE]);

const ITEM: EntityType = EntityType::new(
    "FileShareItems",
    &["FileShare", "FileShareItem"],
    &[
        NAME_OF_SHARE,
        ID,
        Property::new("ParentFileShareItem", Primitive::String)
            .max_length(1366)
            .annotations(&[label("Parent"), COMPUTED]),
        Property::new("FileShareItemKind", Primitive::String)
            .max_length(8)
            .annotations(&[label("Kind"), IMMUTABLE]),
        Property::new("FileShareItemName", Primitive::String)
            .max_length(1024)
            .annotations(&[label("Name"), IMMUTABLE]),
        Property::new("FileShareItemContentType", Primitive::String)
            .max_length(255)
            .annotations(&[label("Content Type"), COMPUTED]),
        Property::new("FileShareItemHumanContentType", Primitive::String)
            .max_length(255)
            .annotations(&[label("Type"), COMPUTED]),
        Property::new("FileShareItemContentSize", Primitive::Int64)
            .annotations(&[label("Size in Bytes"), COMPUTED]),
        Property::new("FileShareItemContentLink", Primitive::String)
            .annotations(&[label("Link to the Content"), COMPUTED]),
        Property::new("FileShareItemContent", Primitive::Stream)
            .editable()
            .annotations(&[
                label("Content"),
                Annotation::new("Core.MediaType", Expr::Path("FileShareItemContentType")),
            ]),
        Property::new("CreatedByUser", Primitive::String)
            .max_length(255)
            .annotations(&[label("Created By"), COMPUTED]),
        Property::new("CreationDateTime", Primitive::DateTimeOffset)
            .precision(3)
            .annotations(&[label("Created On"), COMPUTED]),
        Property::new("LastChangedByUser", Primitive::String)
            .max_length(255)
            .annotations(&[label("Last Changed By"), COMPUTED]),
        Property::new("LastChangeDateTime", Primitive::DateTimeOffset)
            .precision(3)
            .annotations(&[label("Last Changed On"), COMPUTED]),
        Property::new("isDocumentCreationAllowed", Primitive::Boolean)
            .annotations(&[label("Can Be Written"), COMPUTED]),
    ],
)
.navigation(&[NavigationProperty::many("_Children", "FileShareItems")]);

/// What looks for items by name; the picker knows it by this name only.
const QUERY: EntityType = EntityType::new(
    "FileShareQuery",
    &["FileShare", "FileShareItem"],
    &[NAME_OF_SHARE, ID],
)
.navigation(&[NavigationProperty::many("_Query", "FileShareItems")]);
