//! The reference model, as far as the crate can say it.

use odata::edm::{
    Annotation, EntitySet, EntityType, Expr, Function, FunctionImport, Model, NavigationProperty,
    Primitive, Property, Returns,
};

const fn text(name: &'static str, length: u32) -> Property {
    Property::new(name, Primitive::String).max_length(length)
}

const fn id(name: &'static str) -> Property {
    Property::new(name, Primitive::Guid).required()
}

const fn said(what: &'static str) -> Annotation {
    Annotation::new("Core.Description", Expr::String(what))
}

const PRODUCT: EntityType = EntityType::new(
    "Product",
    &["ID"],
    &[
        id("ID"),
        text("Name", 100)
            .required()
            .annotations(&[said("Product name")]),
        text("Description", 500).annotations(&[said("What the product is")]),
        Property::new("Price", Primitive::Double).required(),
        Property::new("Rating", Primitive::Byte).required(),
        Property::new("Temperature", Primitive::SByte).required(),
        Property::new("Quantity", Primitive::Int16).required(),
        Property::new("Weight", Primitive::Single).required(),
        Property::new("Data", Primitive::Binary),
        Property::new("ReleaseDate", Primitive::Date),
        Property::new("OpenTime", Primitive::TimeOfDay),
        Property::new("ShippingTime", Primitive::Duration),
        Property::new("ProcessingTime", Primitive::Duration),
        Property::new("Offset", Primitive::Duration),
        Property::new("CategoryID", Primitive::Guid),
        // An enumeration by rights; its numbers are all the crate can say.
        Property::new("Status", Primitive::Int32).required(),
        Property::new("Version", Primitive::Int32).required(),
        Property::new("CreatedAt", Primitive::DateTimeOffset)
            .required()
            .annotations(&[Annotation::new("Core.Computed", Expr::Bool(true))]),
        text("SerialNumber", 50).annotations(&[
            said("Given once"),
            Annotation::new("Core.Immutable", Expr::Bool(true)),
        ]),
        text("ProductType", 50).required(),
        text("SpecialProperty", 200),
        text("SpecialFeature", 100),
        Property::new("Photo", Primitive::Stream),
    ],
)
.navigation(&[
    NavigationProperty::one("Category", "Category")
        .partner("Products")
        .constraints(&[("CategoryID", "ID")]),
    NavigationProperty::many("Descriptions", "ProductDescription").partner("Product"),
    NavigationProperty::many("RelatedProducts", "Product"),
]);

static READ_ONLY: [Annotation; 3] = [
    Annotation::new(
        "Capabilities.InsertRestrictions",
        Expr::record(&[("Insertable", Expr::Bool(false))]),
    ),
    Annotation::new(
        "Capabilities.UpdateRestrictions",
        Expr::record(&[("Updatable", Expr::Bool(false))]),
    ),
    Annotation::new(
        "Capabilities.DeleteRestrictions",
        Expr::record(&[("Deletable", Expr::Bool(false))]),
    ),
];

pub(crate) static MODEL: Model = Model::new("ComplianceService")
    .entity_types(&[
        PRODUCT,
        EntityType::new(
            "Category",
            &["ID"],
            &[
                id("ID"),
                text("Name", 100).required(),
                text("Description", 500),
            ],
        )
        .navigation(&[NavigationProperty::many("Products", "Product").partner("Category")]),
        EntityType::new(
            "ProductDescription",
            &["ProductID", "LanguageKey"],
            &[
                id("ProductID"),
                text("LanguageKey", 2).required(),
                text("Description", 500).required(),
                text("LongText", 2000),
                Property::new("CustomName", Primitive::String),
            ],
        )
        .navigation(&[NavigationProperty::one("Product", "Product")
            .partner("Descriptions")
            .constraints(&[("ProductID", "ID")])]),
        EntityType::new(
            "MediaItem",
            &["ID"],
            &[
                id("ID"),
                text("Name", 100),
                text("ContentType", 100),
                Property::new("Size", Primitive::Int64),
            ],
        ),
        EntityType::new("ReadOnlyItem", &["ID"], &[id("ID"), text("Name", 100)]),
        EntityType::new(
            "DecimalSample",
            &["ID"],
            &[
                id("ID"),
                text("Name", 100),
                Property::new("Amount", Primitive::Decimal)
                    .precision(38)
                    .scale(18),
            ],
        ),
    ])
    .entity_sets(&[
        EntitySet::new("Products", "Product").bindings(&[
            ("Category", "Categories"),
            ("Descriptions", "ProductDescriptions"),
            ("RelatedProducts", "Products"),
        ]),
        EntitySet::new("Categories", "Category").bindings(&[("Products", "Products")]),
        EntitySet::new("ProductDescriptions", "ProductDescription")
            .bindings(&[("Product", "Products")]),
        EntitySet::new("MediaItems", "MediaItem"),
        EntitySet::new("ReadOnlyItems", "ReadOnlyItem").annotations(&READ_ONLY),
        EntitySet::new("DecimalSamples", "DecimalSample"),
    ])
    .functions(&[Function::new("FindProducts", Returns::Entities("Product"))])
    .function_imports(&[FunctionImport::new(
        "FindProducts",
        "FindProducts",
        "Products",
    )]);
