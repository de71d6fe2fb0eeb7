//! A catalogue that can be written: complex properties, operations, bodies of
//! requests and the answers to them, through the public interface.

#![cfg(test)]

mod answers;
mod bodies;
mod metadata;
mod operations;
mod properties;
mod round_trip;

use odata::edm::{
    Action, ActionImport, Annotation, ComplexType, EntitySet, EntityType, Expr, Function,
    FunctionImport, Model, NavigationProperty, Parameter, Primitive, Property, Returns, Type,
};
use odata::{DataPath, Error, Format, Invocation, JsonFormat, Offer, Plan, Resource, Url, Version};

pub(crate) static CATALOG: Model = Model::new("CatalogService")
    .entity_types(&[
        EntityType::new(
            "Buckets",
            &["id"],
            &[
                Property::new("id", Primitive::String).required(),
                Property::complex("owner", "Owner"),
            ],
        )
        .navigation(&[NavigationProperty::many("objects", "Objects").partner("bucket")]),
        OBJECTS,
    ])
    .complex_types(&[
        ComplexType::new(
            "Pair",
            &[
                Property::new("key", Primitive::String)
                    .required()
                    .max_length(8),
                Property::new("value", Primitive::String).required(),
            ],
        ),
        ComplexType::new(
            "Owner",
            &[
                Property::new("name", Primitive::String),
                Property::new("since", Primitive::Int64),
                Property::complex("labels", "Pair").many().required(),
            ],
        ),
    ])
    .entity_sets(&[
        EntitySet::new("Buckets", "Buckets").bindings(&[("objects", "Objects")]),
        EntitySet::new("Objects", "Objects").bindings(&[("bucket", "Buckets")]),
    ])
    .actions(ACTIONS)
    .action_imports(&[
        ActionImport::new("sweep", "sweep"),
        ActionImport::new("restore", "restore").entity_set("Objects"),
    ])
    .functions(FUNCTIONS)
    .function_imports(&[FunctionImport::new("newest", "newest", "Objects")]);

const COMPUTED: Annotation = Annotation::new("Core.Computed", Expr::Bool(true));
const IMMUTABLE: Annotation = Annotation::new("Core.Immutable", Expr::Bool(true));
const OPTIONAL: Annotation = Annotation::new("Core.OptionalParameter", Expr::record(&[]));

const OBJECTS: EntityType = EntityType::new(
    "Objects",
    &["bucket_id", "objectKey"],
    &[
        Property::new("bucket_id", Primitive::String).required(),
        Property::new("objectKey", Primitive::String)
            .required()
            .max_length(16),
        Property::new("size", Primitive::Int64).annotations(&[COMPUTED]),
        Property::new("storageClass", Primitive::String)
            .ascii()
            .annotations(&[IMMUTABLE]),
        Property::new("retainDays", Primitive::Int16),
        Property::new("cost", Primitive::Decimal).scale(2),
        Property::new("expires", Primitive::DateTimeOffset),
        Property::new("words", Primitive::String).many(),
        Property::complex("metadata", "Pair")
            .many()
            .required()
            .on_demand(),
        Property::complex("tags", "Pair")
            .many()
            .required()
            .on_demand(),
        Property::new("content", Primitive::Stream).editable(),
    ],
)
.navigation(&[NavigationProperty::one("bucket", "Buckets")
    .partner("objects")
    .constraints(&[("bucket_id", "id")])]);

const fn on(name: &'static str) -> Parameter {
    Parameter::new("in", Type::Named(name)).required()
}

const ACTIONS: &[Action] = &[
    Action::bound(
        "copy",
        &[
            on("Objects"),
            Parameter::primitive("target", Primitive::String)
                .required()
                .max_length(16),
            Parameter::primitive("overwrite", Primitive::Boolean),
            Parameter::new("tags", Type::Named("Pair")).many(),
            Parameter::primitive("speed", Primitive::Int32)
                .required()
                .annotations(&[OPTIONAL]),
        ],
    )
    .returns(Returns::Entity("Objects"))
    .annotations(&[Annotation::new("Common.Label", Expr::String("Copy"))]),
    Action::bound("createFolder", &[on("Buckets")]).returns(Returns::Entity("Objects")),
    Action::bound("delete", &[on("Buckets")])
        .returns(Returns::One(Type::Primitive(Primitive::Int64))),
    Action::bound("delete", &[on("Objects").many()]),
    Action::new("sweep", &[Parameter::primitive("days", Primitive::Byte)]),
    Action::new("restore", &[]).returns(Returns::Entities("Objects")),
];

const FUNCTIONS: &[Function] = &[
    Function::new("zip", Returns::One(Type::Primitive(Primitive::Stream))).bound(&[
        on("Objects").many(),
        Parameter::primitive("folder", Primitive::String).required(),
    ]),
    Function::new("share", Returns::One(Type::Named("Pair"))).bound(&[
        on("Objects"),
        Parameter::primitive("seconds", Primitive::Int16).required(),
        Parameter::primitive("until", Primitive::DateTimeOffset).annotations(&[OPTIONAL]),
    ]),
    Function::new("share", Returns::Many(Type::Named("Pair"))).bound(&[
        on("Objects"),
        Parameter::new("with", Type::Named("Pair")).many(),
        Parameter::primitive("rate", Primitive::Double),
    ]),
    Function::new("newest", Returns::Entities("Objects"))
        .parameters(&[Parameter::primitive("count", Primitive::Int32)]),
];

pub(crate) fn url(target: &str, version: Version) -> Result<Url<'_>, Error> {
    Url::parse(&CATALOG, "", target, version)
}

pub(crate) fn data(target: &str) -> DataPath {
    let Resource::Data(path) = url(target, Version::V40).unwrap().resource else {
        panic!("{target} is no data");
    };
    path
}

pub(crate) fn call(target: &str) -> Invocation {
    let Resource::Operation(invocation) = url(target, Version::V401).unwrap().resource else {
        panic!("{target} is no operation");
    };
    invocation
}

pub(crate) fn plan(target: &str) -> Result<Plan, Error> {
    let url = url(target, Version::V40)?;
    let Resource::Data(path) = &url.resource else {
        panic!("{target} is no data");
    };
    url.query.plan(&CATALOG, path.entity_type, None)
}

pub(crate) fn json(accept: &str) -> JsonFormat {
    match Format::negotiate(Offer::Json, None, Some(accept)) {
        Ok(Format::Json(json)) => json,
        other => panic!("{accept}: {other:?}"),
    }
}

pub(crate) const FULL: &str = "application/json;odata.metadata=full";
pub(crate) const NONE: &str = "application/json;odata.metadata=none";

pub(crate) fn text(body: Vec<u8>) -> String {
    String::from_utf8(body).unwrap()
}

#[test]
fn the_model_is_closed() {
    assert_eq!(CATALOG.dangling(), Vec::<String>::new());
}
