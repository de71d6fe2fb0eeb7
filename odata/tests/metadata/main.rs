//! What a model says about itself in its three documents, and what it finds
//! wrong.

#![cfg(test)]

mod both;
mod dangling;
mod notations;
mod openapi;
mod snippets;

use odata::edm::{
    Action, ActionImport, Annotation, ComplexType, EntitySet, EntityType, Expr, Function,
    FunctionImport, Model, NavigationProperty, Parameter, Primitive, Property, Returns, Type,
};

/// A model with a part of every kind, on most of which `said` is said.
fn model(said: &'static [Annotation]) -> Model {
    let keep = |parts: Vec<Property>| -> &'static [Property] { parts.leak() };
    let order = EntityType::new(
        "Order",
        &["id"],
        keep(vec![
            Property::new("id", Primitive::Guid).required(),
            Property::new("total", Primitive::Decimal)
                .precision(9)
                .scale(2)
                .annotations(said),
            Property::new("weight", Primitive::Decimal),
            Property::new("placed", Primitive::DateTimeOffset).precision(3),
            Property::new("paid", Primitive::DateTimeOffset),
            Property::new("code", Primitive::String)
                .max_length(8)
                .ascii(),
            Property::new("invoice", Primitive::Stream),
        ]),
    )
    .navigation(
        vec![
            NavigationProperty::many("items", "Item")
                .contained()
                .annotations(said),
            NavigationProperty::one("first", "Item").required(),
        ]
        .leak(),
    )
    .annotations(said);
    let item = EntityType::new(
        "Item",
        &["order", "place"],
        keep(vec![
            Property::new("order", Primitive::Guid).required(),
            Property::new("place", Primitive::Int16).required(),
        ]),
    );
    let address = ComplexType::new(
        "Address",
        keep(vec![
            Property::new("city", Primitive::String).annotations(said),
        ]),
    )
    .annotations(said);
    Model::new("Shop")
        .entity_types(vec![order, item].leak())
        .complex_types(vec![address].leak())
        .entity_sets(vec![EntitySet::new("Orders", "Order").annotations(said)].leak())
        .actions(actions(said))
        .action_imports(vec![ActionImport::new("close", "close").annotations(said)].leak())
        .functions(functions(said))
        .function_imports(
            vec![FunctionImport::new("late", "late", "Orders").annotations(said)].leak(),
        )
        .annotations(said)
}

fn actions(said: &'static [Annotation]) -> &'static [Action] {
    let on_order = vec![
        Parameter::new("it", Type::Named("Order")).required(),
        Parameter::primitive("why", Primitive::String)
            .max_length(80)
            .annotations(said),
        Parameter::primitive("codes", Primitive::Int32).many(),
    ];
    let on_orders = vec![Parameter::new("all", Type::Named("Order")).many()];
    vec![
        Action::bound("send", on_order.leak())
            .returns(Returns::One(Type::Named("Address")))
            .annotations(said),
        Action::bound("send", on_orders.leak()),
        Action::new("close", &[]).annotations(said),
    ]
    .leak()
}

fn functions(said: &'static [Annotation]) -> &'static [Function] {
    let since = Parameter::primitive("since", Primitive::DateTimeOffset).required();
    let of = Parameter::new("it", Type::Named("Order")).required();
    vec![
        Function::new("late", Returns::Entities("Order"))
            .parameters(vec![since.annotations(said)].leak())
            .composable()
            .annotations(said),
        Function::new("age", Returns::One(Type::Primitive(Primitive::Duration)))
            .bound(vec![of].leak()),
    ]
    .leak()
}

/// The annotations are constants of the program; those of a test live as long.
fn constant(annotation: Annotation) -> &'static [Annotation] {
    vec![annotation].leak()
}

fn label(text: &'static str) -> Annotation {
    Annotation::new("Common.Label", Expr::String(text))
}
