//! Both formats say the same, whatever is said.

use odata::edm::{Annotation, Expr, Record};
use proptest::prelude::*;

use super::model;
use super::notations::{from_json, from_xml};

/// A constant of the program, as far as the model can tell.
fn text() -> impl Strategy<Value = &'static str> {
    "[ -~äß€😀\n\r\t]{0,12}".prop_map(|text| &*text.leak())
}

fn name() -> impl Strategy<Value = &'static str> {
    "[A-Z][a-z]{0,3}".prop_map(|text| &*text.leak())
}

fn expression() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        Just(Expr::Null),
        any::<bool>().prop_map(Expr::Bool),
        any::<i64>().prop_map(Expr::Int),
        text().prop_map(Expr::String),
        Just(Expr::EnumMember("UI.E/A UI.E/B")),
        text().prop_map(Expr::Path),
        text().prop_map(Expr::PropertyPath),
        text().prop_map(Expr::NavigationPropertyPath),
        text().prop_map(Expr::AnnotationPath),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let items = prop::collection::vec(inner.clone(), 0..4);
        let members = prop::collection::btree_map(name(), inner.clone(), 0..4);
        let three = (inner.clone(), inner.clone(), inner.clone());
        prop_oneof![
            items.prop_map(|items| Expr::Collection(items.leak())),
            three.prop_map(|(a, b, c)| Expr::If(Box::leak(Box::new([a, b, c])))),
            (members, any::<bool>(), annotations(inner)).prop_map(|(members, typed, said)| {
                let record = Record {
                    of_type: typed.then_some("UI.DataField"),
                    members: members.into_iter().collect::<Vec<_>>().leak(),
                    annotations: said,
                };
                Expr::Record(record)
            }),
        ]
    })
}

fn annotations(
    value: impl Strategy<Value = Expr> + Clone,
) -> impl Strategy<Value = &'static [Annotation]> {
    let nested = prop::collection::vec(value.clone(), 0..2);
    let one = (name(), prop::option::of(name()), value, nested);
    prop::collection::vec(one, 0..3).prop_map(|all| {
        let mut said: Vec<Annotation> = Vec::new();
        for (term, qualifier, value, nested) in all {
            let term: &'static str = format!("UI.{term}").leak();
            let nested = nested.into_iter();
            let nested = nested.map(|value| Annotation::new("Core.Nested", value));
            let mut it =
                Annotation::new(term, value).annotations(nested.collect::<Vec<_>>().leak());
            it.qualifier = qualifier;
            if !said
                .iter()
                .any(|other| (other.term, other.qualifier) == (it.term, it.qualifier))
            {
                said.push(it);
            }
        }
        &*said.leak()
    })
}

proptest! {
    #[test]
    fn both_formats_say_the_same_of_every_part(said in annotations(expression().boxed())) {
        let model = model(said);
        let (xml, json) = (from_xml(&model.to_xml()), from_json(&model.to_json()));
        prop_assert_eq!(&xml, &json);
        let all = said.iter().map(|it| 1 + it.annotations.len()).sum::<usize>();
        prop_assert_eq!(xml.len(), 14 * all);
    }
}
