//! Names and paths that lead nowhere.

use odata::edm::{
    Action, ActionImport, Annotation, EntitySet, EntityType, Expr, Function, FunctionImport, Model,
    NavigationProperty, Parameter, Primitive, Property, Record, Returns, Type,
};

use super::{constant, label, model};

static BUCKETS: Model = Model::new("N")
    .entity_types(&[
        EntityType::new(
            "Bucket",
            &["id"],
            &[
                Property::new("id", Primitive::String).required(),
                Property::new("size", Primitive::Int64)
                    .annotations(&[Annotation::new("Common.Label", Expr::String("Size"))]),
            ],
        )
        .navigation(&[NavigationProperty::many("objects", "Object")
            .partner("bucket")
            .annotations(&[Annotation::new("Common.Label", Expr::String("Objects"))])]),
        EntityType::new(
            "Object",
            &["key"],
            &[Property::new("key", Primitive::String).required()],
        )
        .navigation(&[NavigationProperty::one("bucket", "Bucket").partner("objects")])
        .annotations(&[Annotation::new("UI.LineItem", Expr::Collection(&[]))]),
    ])
    .entity_sets(&[
        EntitySet::new("Buckets", "Bucket").bindings(&[("objects", "Objects")]),
        EntitySet::new("Objects", "Object")
            .annotations(&[Annotation::new("Core.Description", Expr::String("x"))]),
    ]);

/// What is missing when the type Bucket of the model is annotated so.
fn missing(value: Expr) -> Vec<String> {
    let [bucket, object] = BUCKETS.entity_types else {
        panic!()
    };
    let annotated = EntityType::new(bucket.name, bucket.key, bucket.properties)
        .navigation(bucket.navigation)
        .annotations(constant(Annotation::new("UI.T", value)));
    let object = EntityType::new(object.name, object.key, object.properties)
        .navigation(object.navigation)
        .annotations(object.annotations);
    let model = Model::new("N")
        .entity_types(vec![annotated, object].leak())
        .entity_sets(BUCKETS.entity_sets);
    model.dangling()
}

#[test]
fn paths_that_lead_somewhere_are_no_complaint() {
    assert_eq!(BUCKETS.dangling(), Vec::<String>::new());
    for value in [
        Expr::Path("id"),
        Expr::Path("objects/key"),
        Expr::Path("objects/bucket/size"),
        Expr::Path("objects/$count"),
        Expr::Path("N.Bucket/id"),
        Expr::Path("@UI.T"),
        Expr::Path("/N.EntityContainer/Buckets/id"),
        Expr::PropertyPath("objects/key"),
        Expr::PropertyPath("/N.Object/key"),
        Expr::NavigationPropertyPath("objects"),
        Expr::NavigationPropertyPath("objects/bucket"),
        Expr::NavigationPropertyPath(""),
        Expr::AnnotationPath("objects/@UI.LineItem"),
        Expr::AnnotationPath("objects@Common.Label"),
        Expr::AnnotationPath("size/@Common.Label"),
        Expr::AnnotationPath("/N.EntityContainer/Objects/@Core.Description"),
        Expr::typed("UI.DataField", &[("Value", Expr::Path("id"))]),
        Expr::String("no/path"),
    ] {
        assert_eq!(missing(value), Vec::<String>::new(), "{value:?}");
    }
}

#[test]
fn paths_that_lead_nowhere_are_found_however_deep_they_stand() {
    const DEEP: Expr = Expr::record(&[("A", Expr::record(&[("B", Expr::Path("no"))]))]);
    const NESTED: Annotation = Annotation::new("UI.Hidden", Expr::Path("no"));
    for (value, path) in [
        (Expr::Path("no"), "no"),
        (Expr::Path("id/no"), "id/no"),
        (Expr::Path("objects/no"), "objects/no"),
        (Expr::Path("bucket/$count"), "bucket/$count"),
        (Expr::Path("M.Bucket/id"), "M.Bucket/id"),
        (Expr::Path("N.Other/id"), "N.Other/id"),
        (Expr::Path("/N.Other/id"), "/N.Other/id"),
        (Expr::Path("/N.EntityContainer/No"), "/N.EntityContainer/No"),
        // there, but not of the kind
        (Expr::PropertyPath("objects"), "objects"),
        (Expr::PropertyPath(""), ""),
        (Expr::NavigationPropertyPath("id"), "id"),
        (Expr::AnnotationPath("id"), "id"),
        // one has the annotation, the other does not
        (Expr::AnnotationPath("@UI.LineItem"), "@UI.LineItem"),
        (
            Expr::AnnotationPath("objects@UI.LineItem"),
            "objects@UI.LineItem",
        ),
        (
            Expr::AnnotationPath("objects/@UI.LineItem#q"),
            "objects/@UI.LineItem#q",
        ),
        (Expr::AnnotationPath("id@Common.Label"), "id@Common.Label"),
        (Expr::Collection(&[Expr::Path("no")]), "no"),
        (DEEP, "no"),
        (
            Expr::If(&[Expr::Bool(true), Expr::Null, Expr::Path("no")]),
            "no",
        ),
        (
            Expr::Record(Record::new("UI.A", &[]).annotations(&[NESTED])),
            "no",
        ),
    ] {
        let told = format!("N.Bucket@UI.T: path {path}");
        assert_eq!(missing(value), [told], "{value:?}");
    }
}

#[test]
fn vocabularies_that_nobody_knows_are_found() {
    for (value, alias) in [
        (Expr::typed("Uhu.DataField", &[]), "Uhu"),
        (Expr::EnumMember("Core.A/B Uhu.C/D"), "Uhu"),
        (Expr::typed("NoDot.At.All", &[]), "NoDot.At"),
    ] {
        let told = format!("N.Bucket@UI.T: vocabulary {alias}");
        assert_eq!(missing(value), [told]);
    }
    assert_eq!(
        model(constant(Annotation::new("Uhu.T", Expr::Null)))
            .dangling()
            .len(),
        14
    );
}

#[test]
fn one_term_with_one_qualifier_is_said_once() {
    let twice = vec![label("a"), label("b").qualifier("q"), label("b")].leak();
    let found = Model::new("N").annotations(twice).dangling();
    let told = "N.EntityContainer@Common.Label: one of several Common.Label";
    assert_eq!(found, [told, told]);
}

#[test]
fn paths_start_where_the_annotation_stands() {
    const PARAMETERS: &[Parameter] = &[Parameter::new("it", Type::Named("Object"))];
    let of = |path| constant(Annotation::new("UI.T", Expr::Path(path)));
    // parameters of functions and actions, sets of the container
    let action = |path| Action::bound("a", PARAMETERS).annotations(of(path));
    for (path, found) in [("it/key", true), ("key", false), ("it/no", false)] {
        let model = Model::new("N")
            .entity_types(BUCKETS.entity_types)
            .entity_sets(BUCKETS.entity_sets)
            .actions(vec![action(path)].leak());
        assert_eq!(model.dangling().is_empty(), found, "{path}");
    }
    for (path, found) in [("Objects/key", true), ("key", false), ("No", false)] {
        let model = Model::new("N")
            .entity_types(BUCKETS.entity_types)
            .entity_sets(BUCKETS.entity_sets)
            .annotations(of(path));
        assert_eq!(model.dangling().is_empty(), found, "{path}");
    }
}

#[test]
fn names_without_a_definition_are_found() {
    static BROKEN: Model = Model::new("N")
        .entity_types(&[
            EntityType::new("A", &["id"], &[]).navigation(&[
                NavigationProperty::one("to", "B"),
                NavigationProperty::one("self", "A")
                    .partner("back")
                    .constraints(&[("x", "y")]),
            ]),
            EntityType::new("E", &[], &[])
                .navigation(&[NavigationProperty::one("a", "A").partner("self")]),
        ])
        .entity_sets(&[
            EntitySet::new("As", "C").bindings(&[("to", "Bs")]),
            EntitySet::new("Es", "E").bindings(&[("no", "As")]),
        ])
        .functions(&[
            Function::new("f", Returns::Entity("D")).parameters(&[
                Parameter::new("p", Type::Named("P")),
                Parameter::primitive("q", Primitive::String),
            ]),
            Function::new("b", Returns::Entity("A")).bound(&[]),
        ])
        .function_imports(&[
            FunctionImport::new("f", "g", "Ds"),
            FunctionImport::new("b", "b", "As"),
        ])
        .actions(&[Action::new("d", &[]).returns(Returns::Many(Type::Named("R")))])
        .action_imports(&[ActionImport::new("d", "e").entity_set("Rs")]);
    assert_eq!(
        BROKEN.dangling(),
        [
            "A: key id",
            "A/to: type B",
            "A/self: partner back",
            "A/self: property x",
            "A/self: referenced property y",
            "E/a: partner self",
            "As: type C",
            "As/to: set Bs",
            "Es: path no",
            "d: type R",
            "f: type P",
            "f: type D",
            "b: binding parameter",
            "f: function g",
            "f: set Ds",
            "b: function b",
            "d: action e",
            "d: set Rs",
        ]
    );
}
