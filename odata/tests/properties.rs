//! Properties that hold for every input.

#![cfg(test)]

use std::cmp::Ordering;

use odata::edm::{EntitySet, EntityType, Model, Primitive, Property};
use odata::{Error, Plan, Query, Row, Url, Value, Version};
use proptest::prelude::*;

static MODEL: Model = Model::new("T")
    .entity_types(&[EntityType::new(
        "Thing",
        &["id"],
        &[
            Property::new("id", Primitive::Int32).required(),
            Property::new("text", Primitive::String),
            Property::new("number", Primitive::Int64),
        ],
    )])
    .entity_sets(&[EntitySet::new("Things", "Thing")]);

#[derive(Debug, Clone)]
struct Thing {
    id: i64,
    text: Option<String>,
    number: Option<i64>,
}

impl Row for Thing {
    fn get(&self, property: &str) -> Value<'_> {
        match property {
            "id" => self.id.into(),
            "text" => self.text.as_deref().into(),
            "number" => self.number.into(),
            _ => Value::Null,
        }
    }
}

/// A condition, and what it means, written down a second time.
#[derive(Debug, Clone)]
enum Condition {
    Number(&'static str, Option<i64>),
    Text(&'static str, Option<String>),
    Contains(String),
    Not(Box<Condition>),
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
}

impl Condition {
    fn to_url(&self) -> String {
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
        match self {
            Self::Number(operator, Some(number)) => format!("number {operator} {number}"),
            Self::Text(operator, Some(text)) => format!("text {operator} {}", quoted(text)),
            Self::Number(operator, None) => format!("number {operator} null"),
            Self::Text(operator, None) => format!("text {operator} null"),
            Self::Contains(text) => format!("contains(text,{})", quoted(text)),
            Self::Not(inner) => format!("not ({})", inner.to_url()),
            Self::And(left, right) => format!("({}) and ({})", left.to_url(), right.to_url()),
            Self::Or(left, right) => format!("({}) or ({})", left.to_url(), right.to_url()),
        }
    }

    fn means(&self, thing: &Thing) -> Option<bool> {
        fn compare<T: Ord>(operator: &str, left: Option<&T>, right: Option<&T>) -> bool {
            match (
                operator,
                left.zip(right).map(|(left, right)| left.cmp(right)),
            ) {
                ("eq", _) => left == right,
                ("ne", _) => left != right,
                ("gt", order) => order == Some(Ordering::Greater),
                ("ge", order) => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
                ("lt", order) => order == Some(Ordering::Less),
                (_, order) => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            }
        }
        match self {
            Self::Number(operator, number) => {
                Some(compare(operator, thing.number.as_ref(), number.as_ref()))
            }
            Self::Text(operator, text) => {
                Some(compare(operator, thing.text.as_ref(), text.as_ref()))
            }
            Self::Contains(text) => thing.text.as_ref().map(|it| it.contains(text.as_str())),
            Self::Not(inner) => inner.means(thing).map(|truth| !truth),
            Self::And(left, right) => match (left.means(thing), right.means(thing)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Self::Or(left, right) => match (left.means(thing), right.means(thing)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
        }
    }
}

fn operator() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["eq", "ne", "gt", "ge", "lt", "le"])
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop::sample::select(vec!["a", "b", "'", "ü", "+", "&", "=", "%", " "]),
        0..3,
    )
    .prop_map(|parts| parts.concat())
}

fn condition() -> impl Strategy<Value = Condition> {
    let leaf = prop_oneof![
        (operator(), prop::option::of(-2..3i64))
            .prop_map(|(op, number)| Condition::Number(op, number)),
        (operator(), prop::option::of(text())).prop_map(|(op, text)| Condition::Text(op, text)),
        text().prop_map(Condition::Contains),
    ];
    leaf.prop_recursive(5, 32, 2, |inner| {
        let inner = inner.prop_map(Box::new).boxed();
        prop_oneof![
            inner.clone().prop_map(Condition::Not),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| Condition::And(left, right)),
            (inner.clone(), inner).prop_map(|(left, right)| Condition::Or(left, right)),
        ]
    })
}

fn things() -> impl Strategy<Value = Vec<Thing>> {
    let thing = (prop::option::of(text()), prop::option::of(-2..3i64));
    prop::collection::vec(thing, 0..20).prop_map(|things| {
        let numbered = things.into_iter().zip(1..);
        numbered
            .map(|((text, number), id)| Thing { id, text, number })
            .collect()
    })
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

fn plan(raw: &str) -> Result<Plan, Error> {
    let things = MODEL.entity_type("Thing").unwrap();
    Query::parse(raw, 0, Version::V40)?.plan(&MODEL, things, None)
}

fn ids(rows: &[&Thing]) -> Vec<i64> {
    rows.iter().map(|thing| thing.id).collect()
}

/// Pieces of URLs, so that random input gets beyond the first byte.
#[rustfmt::skip]
const FRAGMENTS: [&str; 70] = [
    "$filter=", "$orderby=", "$select=", "$top=", "$skiptoken=", "@p=", "&", "=", "/", "(", ")",
    "'", "''", "[", "]", "{", "}", "\"", ",", ":", "-", "+", "%20", "%", "%27", "%C3%BC", "%ff",
    "ü", "$it", "$count", "$root", "$value", " ", " eq ", " and ", " or ", "not ", " in ",
    " has ", " add ", " divby ", "id", "text", "number", "null", "true", "INF", "-INF", "0",
    "1.5", "9e9", "2024-01-01", "T00:00:00Z", "11:22:33.4", "duration'P1D'", "binary'Zg'",
    "contains(", "substring(", "any(x:", "all(x:", "case(", "Things", "T.Thing",
    "01234567-89ab-cdef-0123-456789abcdef", "@p", "asc", "desc", "*", "..", "\\u12",
];

fn fragments() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&FRAGMENTS[..]), 0..40)
        .prop_map(|words| words.concat())
}

fn exercise(target: &str) {
    for version in [Version::V40, Version::V401] {
        match Url::parse(&MODEL, "", target, version) {
            Ok(url) => {
                let things = MODEL.entity_type("Thing").unwrap();
                let rows = [Thing {
                    id: 1,
                    text: Some("a".to_owned()),
                    number: None,
                }];
                // What it says does not matter here, only that it ends.
                let _ = url
                    .query
                    .plan(&MODEL, things, None)
                    .and_then(|plan| plan.apply(&rows, 1).map(|page| page.rows.len()));
            }
            Err(error) => {
                assert!(
                    error
                        .position()
                        .is_none_or(|position| position <= target.len()),
                    "{error:?}"
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_input_makes_the_parser_panic(target in any::<String>()) {
        exercise(&target);
        exercise(&format!("/Things?$filter={target}"));
        exercise(&format!("/Things({target})"));
    }

    #[test]
    fn no_fragments_make_the_parser_panic(target in fragments()) {
        exercise(&format!("/Things?{target}"));
        exercise(&format!("/Things?$filter={target}"));
        exercise(&format!("/{target}"));
    }

    #[test]
    fn an_expression_reads_back_as_it_was_written(source in fragments()) {
        let parse = |text: &str| Query::parse(&format!("$filter={}", encoded(text)), 0, Version::V40);
        if let Ok(Query { filter: Some(first), .. }) = parse(&source) {
            let written = first.to_string();
            let second = parse(&written).map(|query| query.filter.unwrap().to_string());
            prop_assert_eq!(second, Ok(written));
        }
    }

    #[test]
    fn a_filter_selects_what_it_means(condition in condition(), things in things()) {
        let plan = plan(&format!("$filter={}", encoded(&condition.to_url()))).unwrap();
        let expected: Vec<_> = things.iter().filter(|it| condition.means(it) == Some(true)).collect();
        let page = plan.apply(&things, usize::MAX).unwrap();
        prop_assert_eq!(ids(&page.rows), ids(&expected));
        prop_assert_eq!(plan.count_of(&things).unwrap(), u64::try_from(expected.len()).unwrap());
    }

    #[test]
    fn a_page_is_a_window_on_the_sorted_rows(
        things in things(),
        descending: bool,
        skip in 0..25usize,
        top in prop::option::of(0..25usize),
        page_size in 1..25usize,
    ) {
        let mut sorted: Vec<_> = things.iter().collect();
        sorted.sort_by(|a, b| {
            let order = a.number.cmp(&b.number);
            if descending { order.reverse() } else { order }.then(a.id.cmp(&b.id))
        });
        let wanted: Vec<_> = sorted.into_iter().skip(skip).take(top.unwrap_or(usize::MAX)).collect();
        let direction = if descending { "desc" } else { "asc" };
        let mut query = format!("$count=true&$orderby=number%20{direction}");
        let mut first = format!("&$skip={skip}");
        if let Some(top) = top {
            first = format!("{first}&$top={top}");
        }
        let base = query.clone();
        query.push_str(&first);
        let mut seen = Vec::new();
        loop {
            let page = plan(&query).unwrap().apply(&things, page_size).unwrap();
            prop_assert_eq!(page.count, Some(u64::try_from(things.len()).unwrap()));
            prop_assert!(page.rows.len() <= page_size);
            seen.extend(ids(&page.rows));
            let Some(token) = page.next else { break };
            query = format!("{base}&$skiptoken={token}");
        }
        prop_assert_eq!(seen, ids(&wanted));
    }
}
