//! Whole queries: what is written reads back, and nothing hangs or panics.

#![cfg(test)]

use std::time::{Duration, Instant};

use odata::edm::{EntitySet, EntityType, Model, NavigationProperty, Primitive, Property};
use odata::{Error, Query, Related, Row, Value, Version};
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
    )
    .navigation(&[
        NavigationProperty::one("up", "Thing"),
        NavigationProperty::many("parts", "Thing"),
    ])])
    .entity_sets(&[
        EntitySet::new("Things", "Thing").bindings(&[("up", "Things"), ("parts", "Things")])
    ]);

struct Thing {
    id: i32,
    parts: Vec<Thing>,
}

impl Row for Thing {
    fn get(&self, property: &str) -> Value<'_> {
        match property {
            "id" | "number" => self.id.into(),
            "text" => "a text".into(),
            _ => Value::Null,
        }
    }

    fn related(&self, navigation: &str) -> Related<'_> {
        match navigation {
            "up" => Related::one(self.parts.first()),
            "parts" => Related::many(&self.parts),
            _ => Related::NotLoaded,
        }
    }
}

fn one_of(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(words).prop_map(str::to_owned)
}

fn value() -> impl Strategy<Value = String> {
    let leaf = one_of(&[
        "id",
        "text",
        "number",
        "5",
        "-5",
        "1.50",
        "9e9",
        "null",
        "'a''b;)&'",
        "up/text",
        "parts/$count",
        "$it/id",
        "$this/id",
        "@p",
        "2024-01-01",
        "duration'P1D'",
        "T.Kind'A,B'",
        "up/@Core.Messages",
        "length(text)",
        "matchesPattern(text,'^a.*(b|c)+$')",
        "parts/$count($search=a \"b;)\";$filter=id gt 1)",
    ]);
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (
                inner.clone(),
                one_of(&["add", "sub", "mul", "div", "divby", "mod"]),
                inner.clone()
            )
                .prop_map(|(a, op, b)| format!("({a}) {op} ({b})")),
            inner.clone().prop_map(|a| format!("concat('x',{a})")),
            inner.clone().prop_map(|a| format!("- ({a})")),
            inner.prop_map(|a| format!("case(true:{a},false:1)")),
        ]
    })
}

fn condition() -> impl Strategy<Value = String> {
    let leaf = (value(), one_of(&["eq", "ne", "gt", "le", "has"]), value())
        .prop_map(|(a, op, b)| format!("({a}) {op} ({b})"));
    leaf.prop_recursive(4, 16, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) and {b} or {a}")),
            inner.clone().prop_map(|a| format!("not ({a})")),
            inner
                .clone()
                .prop_map(|a| format!("parts/any(x:{a} or x/id eq 1)")),
            inner
                .clone()
                .prop_map(|a| format!("parts/$filter({a})/all(x:{a})")),
            inner.prop_map(|a| format!("id in (1,2) and {a}")),
        ]
    })
}

fn search() -> impl Strategy<Value = String> {
    let leaf = one_of(&[
        "word",
        "\"a phrase\"",
        "\"\\\"\\\\\"",
        "\"a;b)\"",
        "o'neil",
        "AND",
        "9,81",
    ]);
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} OR {b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) {b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} AND ({b})")),
            inner.prop_map(|a| format!("NOT ({a})")),
        ]
    })
}

fn expand() -> impl Strategy<Value = String> {
    let leaf = one_of(&[
        "up",
        "parts",
        "*",
        "parts/$ref",
        "parts/$count",
        "*($levels=2)",
        "T.Thing/up",
    ]);
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), condition(), one_of(&["id", "id,text", "*"])).prop_map(
                |(e, f, s)| format!(
                    "parts($expand={e};$filter={f};$select={s};$top=3;$count=true)"
                )
            ),
            (search(), value()).prop_map(|(s, v)| format!(
                "up(@a=5;$search={s};$orderby={v} desc,id;$levels=max)"
            )),
            (inner.clone(), inner).prop_map(|(a, b)| format!("{a},{b}")),
            value().prop_map(|v| format!("up($compute={v} as more;$select=more)")),
        ]
    })
}

fn apply() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        one_of(&[
            "identity",
            "top(3)",
            "skip(1)",
            "groupby((text))",
            "groupby((text,up/text),identity)",
            "aggregate($count as n)",
            "topcount(2,number)",
            "bottompercent(50,id mul 2)",
            "aggregate(number with sum as s,number)",
            "orderby(id desc,text)",
        ]),
        condition().prop_map(|c| format!("filter({c})")),
        search().prop_map(|s| format!("search({s})")),
        value().prop_map(|v| format!("compute({v} as more)")),
        value().prop_map(|v| format!("aggregate({v} with max as more)")),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a}/{b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("concat({a},{b})")),
            inner.prop_map(|a| format!("groupby((text,id),{a})")),
        ]
    })
}

fn option() -> impl Strategy<Value = (&'static str, String)> {
    prop_oneof![
        condition().prop_map(|it| ("$filter", it)),
        value().prop_map(|it| ("$orderby", it)),
        search().prop_map(|it| ("$search", it)),
        expand().prop_map(|it| ("$expand", it)),
        apply().prop_map(|it| ("$apply", it)),
        value().prop_map(|it| ("$compute", format!("{it} as more"))),
        one_of(&[
            "id,text",
            "*",
            "up,parts($select=id)",
            "T.*,T.f(a,b)",
            "up/text"
        ])
        .prop_map(|it| ("$select", it)),
        value().prop_map(|it| ("@p", it)),
    ]
}

fn encoded(text: &str) -> String {
    let byte = |byte: u8| {
        if byte.is_ascii_alphanumeric() {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    text.bytes().map(byte).collect()
}

fn parse(raw: &str) -> Result<Query, Error> {
    Query::parse(raw, 0, Version::V40)
}

/// The tree without the positions in it.
fn tree(query: &Query) -> String {
    let written = format!("{query:?}");
    let mut tree = String::new();
    let mut rest = written.as_str();
    while let Some((before, after)) = rest.split_once("span: ") {
        tree.push_str(before);
        rest = after.trim_start_matches(|it: char| it.is_ascii_digit() || it == '.');
    }
    tree + rest
}

fn reads_back(raw: &str) {
    let Ok(query) = parse(raw) else { return };
    let written = query.to_string();
    let again = parse(&written).unwrap_or_else(|error| panic!("{raw}\n{written}\n{error}"));
    assert_eq!(tree(&again), tree(&query), "{raw}\n{written}");
}

/// Does with a query all that can be done; what it says does not matter.
fn exercise(raw: &str) {
    let rows = [Thing {
        id: 1,
        parts: vec![Thing {
            id: 2,
            parts: Vec::new(),
        }],
    }];
    let thing = MODEL.entity_type("Thing").unwrap();
    let target = format!("/Things?{raw}");
    let Ok(url) = odata::Url::parse(&MODEL, "", &target, Version::V401) else {
        return;
    };
    let odata::Resource::Data(path) = &url.resource else {
        return;
    };
    let write = |plan: &odata::Plan, rows: &[&dyn Row]| {
        let page = plan.apply(rows, 1).ok()?;
        let writer =
            odata::body::Writer::new(&MODEL, path, plan.selection(), odata::JsonFormat::default());
        let body = writer.nested_page_size(1).collection(&page, None).ok()?;
        let _: serde_json::Value = serde_json::from_slice(&body).unwrap();
        Some(())
    };
    if let Ok(plan) = url.query.plan(&MODEL, thing, None) {
        let rows: Vec<&dyn Row> = rows.iter().map(|row| row as &dyn Row).collect();
        let _ = write(&plan, &rows);
    }
    if let Ok(Some(aggregation)) = url.query.aggregation(&MODEL, thing, None)
        && let Ok(derived) = aggregation.apply(&rows)
    {
        let rows: Vec<&dyn Row> = derived.iter().map(|row| row as &dyn Row).collect();
        let _ = write(aggregation.plan(), &rows);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_query_reads_back_as_it_was_written(options in prop::collection::vec(option(), 1..4)) {
        let options: Vec<_> = options.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let raw = options.join("&");
        if options.len() == 1 {
            prop_assert!(parse(&raw).is_ok(), "{raw}: {:?}", parse(&raw));
        }
        reads_back(&raw);
        exercise(&raw);
    }

    #[test]
    fn no_option_makes_anything_panic(
        name in one_of(&["$expand", "$search", "$compute", "$apply", "$select", "$filter"]),
        value in "[a-zA-Z$@'\"()/;:,=* 0-9]{0,60}",
        other in any::<String>(),
    ) {
        for value in [value, other] {
            exercise(&format!("{name}={value}"));
            exercise(&format!("{name}={}", encoded(&value)));
            reads_back(&format!("{name}={}", encoded(&value)));
        }
    }
}

#[test]
fn the_cases_of_the_grammar_read_back() {
    let json: serde_json::Value = serde_json::from_str(include_str!("data/abnf.json")).unwrap();
    for case in json.as_array().unwrap() {
        let input = case["Input"].as_str().unwrap();
        let (option, value) = input.split_once('=').unwrap_or(("$filter", input));
        reads_back(input.split_once('?').map_or(input, |(_, query)| query));
        reads_back(&format!("{option}={value}"));
        reads_back(&format!("$filter={input}"));
    }
}

#[test]
fn hostile_nesting_is_refused_within_50_ms() {
    for piece in [
        "(",
        "not ",
        "- ",
        "[",
        "{\"a\":",
        "a/any(x:",
        "a/$filter(",
        "a/$count($filter=",
        "concat(",
        "case(true:",
        "id in (",
    ] {
        refused_at_once(&format!("$filter={}", encoded(&piece.repeat(3000))));
    }
    for (option, piece) in [
        ("$search", "("),
        ("$search", "NOT "),
        ("$search", "NOT ("),
        ("$expand", "parts($expand="),
        ("$expand", "parts($filter=parts/$count($filter="),
        ("$select", "parts($select="),
        ("$apply", "concat("),
        ("$apply", "groupby((text),"),
        ("$apply", "identity/"),
        ("$compute", "id add "),
        ("$orderby", "id,"),
    ] {
        refused_at_once(&format!("{option}={}", encoded(&piece.repeat(3000))));
    }
}

#[expect(clippy::disallowed_methods, reason = "the promise is about time")]
fn refused_at_once(raw: &str) {
    let start = Instant::now();
    assert!(parse(raw).is_err());
    assert!(
        start.elapsed() < Duration::from_millis(50),
        "{:?}",
        raw.get(..60)
    );
}
