//! The OASIS grammar's own cases, for the rules that stand for what this
//! crate parses: every valid input parses, every invalid one is refused.
//!
//! Whether names exist is not asked: the cases speak of a model that is
//! given as lists of names only. Out of scope are
//!
//! - paths: `odataUri`, `odataRelativeUri`, `resourcePath`, `entitySetName`,
//!   `functionParameter`, `context`: they need that model;
//! - options in `UNSUPPORTED_OPTIONS`: `expand`, `compute`, `search`,
//!   `searchExpr`, and their cases in `queryOptions`;
//! - values outside URLs: `header`, `preference`, `prefer`, `request-id` and
//!   the preferences one by one, `primitiveValue`, `enumValue`, and numbers
//!   as bodies write them (`byteValue`, `decimalValue`, …);
//! - parts of expressions that are none by themselves: `anyExpr`,
//!   `odataIdentifier`, `stringInUrl`.
//!
//! Single cases that we decide differently stand in `DEVIATIONS`, each with
//! its reason.

#![cfg(test)]

use odata::expression::Kind;
use odata::{Date, DateTimeOffset, Duration, Error, ErrorKind, Query, TimeOfDay, Value, Version};

/// Answered with 501 whatever their value is.
const UNSUPPORTED_OPTIONS: [&str; 7] = [
    "apply",
    "compute",
    "deltatoken",
    "expand",
    "index",
    "schemaversion",
    "search",
];

/// Input, whether the grammar allows it, and why we do not follow.
const DEVIATIONS: [(&str, bool, &str); 7] = [
    (
        "$search=more&more",
        false,
        "\"more\" is a custom option of its own",
    ),
    (
        "$search=#1",
        false,
        "what follows \"#\" never reaches a server",
    ),
    (
        "'ABCDEFGHIHJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&('')*+,;=:@'",
        true,
        "a query is split at \"&\" before anything else is looked at",
    ),
    (
        "$skiptoken=Not&this",
        false,
        "\"this\" is a custom option of its own",
    ),
    (
        "$format=json&$Format=atom&$format=xml&$format=text/html",
        true,
        "an option must not be given twice (Protocol, 11.2.1)",
    ),
    (
        "$format=JSON&$format=Atom&$format=XML&$format=text/html",
        true,
        "an option must not be given twice (Protocol, 11.2.1)",
    ),
    (
        "Model.Available",
        false,
        "only the model tells functions from types",
    ),
];

#[derive(Debug)]
struct Case {
    rule: String,
    input: String,
    valid: bool,
}

fn cases() -> Vec<Case> {
    let json: serde_json::Value = serde_json::from_str(include_str!("data/abnf.json")).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    json.as_array()
        .unwrap()
        .iter()
        .map(|case| Case {
            rule: text(&case["Rule"]),
            input: text(&case["Input"]),
            valid: case["FailAt"].is_null(),
        })
        .collect()
}

fn query(raw: &str) -> Result<Query, Error> {
    Query::parse(raw, 0, Version::V401)
}

fn expression(input: &str) -> Result<Kind, Error> {
    let parsed = query(&format!("$filter={input}"))?;
    Ok(parsed.filter.unwrap().kind)
}

/// Whether the input is accepted; `None` if its rule is out of scope.
fn accepted(case: &Case) -> Option<bool> {
    let input = case.input.as_str();
    let literal = |fits: fn(&Kind) -> bool| Some(expression(input).is_ok_and(|kind| fits(&kind)));
    match case.rule.as_str() {
        "dateValue" => Some(input.parse::<Date>().is_ok()),
        "dateTimeOffsetValue" => Some(input.parse::<DateTimeOffset>().is_ok()),
        "timeOfDayValue" => Some(input.parse::<TimeOfDay>().is_ok()),
        "durationValue" => Some(input.parse::<Duration>().is_ok()),
        "boolCommonExpr" | "boolcommonExpr" | "commonExpr" | "notExpr" | "firstMemberExpr"
        | "propertyPathExpr" | "isofExpr" => Some(expression(input).is_ok()),
        "enumLiteral" => literal(|kind| matches!(kind, Kind::Enumeration(..) | Kind::Literal(_))),
        "date" => literal(|kind| matches!(kind, Kind::Literal(Value::Date(_)))),
        "boolean" => literal(|kind| matches!(kind, Kind::Literal(Value::Boolean(_)))),
        rule if rule.starts_with("geo") => literal(|kind| matches!(kind, Kind::Spatial(..))),
        rule if rule.ends_with("Literal") || matches!(rule, "guid" | "null") => {
            literal(|kind| matches!(kind, Kind::Literal(_)))
        }
        _ => match query(input) {
            Ok(_) => Some(true),
            Err(error) if error.kind() == ErrorKind::NotImplemented => {
                let option = error.target().unwrap().trim_start_matches('$').to_owned();
                // Of $select, what is in parentheses and annotations.
                let known = option == "select" || UNSUPPORTED_OPTIONS.contains(&option.as_str());
                assert!(known, "{case:?}: {error}");
                None
            }
            Err(_) => Some(false),
        },
    }
}

#[test]
fn the_cases_of_the_grammar_are_decided_as_it_asks() {
    let mut wrong = Vec::new();
    let (mut right, mut out_of_scope) = (0, 0);
    for case in cases() {
        let deviates = DEVIATIONS
            .iter()
            .any(|(input, valid, _)| *input == case.input && *valid == case.valid);
        match accepted(&case) {
            None => out_of_scope += 1,
            Some(accepted) if accepted == (case.valid != deviates) => right += 1,
            Some(_) => wrong.push(format!(
                "{} {}: {}",
                case.rule,
                if case.valid { "valid" } else { "invalid" },
                case.input
            )),
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(
        right > 300 && out_of_scope < 90,
        "{right} right, {out_of_scope} out of scope"
    );
}
