//! The OASIS grammar's own cases: every valid input of a rule that this crate
//! has is accepted or refused as unsupported, every invalid one is refused.
//!
//! Whether names exist is not asked: the cases speak of a model that is given
//! as lists of names only. `docs/grammar.md` says which rules are out and why,
//! and what is answered with "not implemented"; this test keeps it true.
//!
//! Single cases that we decide differently stand in `DEVIATIONS`, each with
//! its reason.

#![cfg(test)]

use std::collections::BTreeMap;

use odata::expression::Kind;
use odata::{Date, DateTimeOffset, Duration, Error, ErrorKind, Query, TimeOfDay, Value, Version};

/// Input, whether the grammar allows it, and why we do not follow.
const DEVIATIONS: [(&str, bool, &str); 13] = [
    (
        "$entity?$format=json",
        false,
        "only the path says that $id is missing",
    ),
    (
        "$apply=aggregate(Sales/Amount sub Sales/Cost with sum as TotalAmount)",
        false,
        "only the model tells collections from single values",
    ),
    (
        "$apply=aggregate(Amount as Total)",
        false,
        "a property is aggregated by its default if no method is named",
    ),
    (
        "$apply=aggregate(Amount)",
        false,
        "a property is aggregated by its default if no method is named",
    ),
    (
        "$apply=groupby((Product/Price/Quantity))",
        false,
        "only the model tells structured values from others",
    ),
    (
        "$apply=groupby((Sales/Product/Name))",
        false,
        "only the model tells collections from single values",
    ),
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
    /// Where it stops being valid.
    fails_at: Option<u64>,
}

fn cases() -> Vec<Case> {
    let json: serde_json::Value = serde_json::from_str(include_str!("data/abnf.json")).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let cases = json.as_array().unwrap().iter();
    cases
        .map(|case| Case {
            rule: text(&case["Rule"]),
            input: text(&case["Input"]),
            fails_at: case["FailAt"].as_u64(),
        })
        .collect()
}

/// What became of a case.
#[derive(Debug, PartialEq)]
enum Outcome {
    Accepted,
    Refused,
    /// With the words that say so.
    Unsupported(String),
    OutOfScope,
}

fn query(raw: &str) -> Result<Query, Error> {
    Query::parse(raw, 0, Version::V401)
}

fn expression(input: &str) -> Result<Kind, Error> {
    let parsed = query(&format!("$filter={input}"))?;
    Ok(parsed.filter.unwrap().kind)
}

fn decided<T>(result: Result<T, Error>, fits: impl FnOnce(&T) -> bool) -> Outcome {
    match result {
        Ok(value) if fits(&value) => Outcome::Accepted,
        Ok(_) => Outcome::Refused,
        Err(error) if error.kind() == ErrorKind::NotImplemented => {
            Outcome::Unsupported(error.message().into_owned())
        }
        Err(_) => Outcome::Refused,
    }
}

fn value<T: std::str::FromStr>(input: &str) -> Outcome {
    match input.parse::<T>() {
        Ok(_) => Outcome::Accepted,
        Err(_) => Outcome::Refused,
    }
}

fn outcome(case: &Case) -> Outcome {
    let input = case.input.as_str();
    let any = |raw: &str| decided(query(raw), |_| true);
    let literal = |fits: fn(&Kind) -> bool| decided(expression(input), fits);
    match case.rule.as_str() {
        "dateValue" => value::<Date>(input),
        "dateTimeOffsetValue" => value::<DateTimeOffset>(input),
        "timeOfDayValue" => value::<TimeOfDay>(input),
        "durationValue" => value::<Duration>(input),
        "boolCommonExpr" | "boolcommonExpr" | "commonExpr" | "notExpr" | "firstMemberExpr"
        | "propertyPathExpr" | "isofExpr" => literal(|_| true),
        "anyExpr" => any(&format!("$filter=Products/{input}")),
        "searchExpr" => any(&format!("$search={input}")),
        "enumLiteral" => literal(|kind| matches!(kind, Kind::Enumeration(..) | Kind::Literal(_))),
        "date" => literal(|kind| matches!(kind, Kind::Literal(Value::Date(_)))),
        "boolean" => literal(|kind| matches!(kind, Kind::Literal(Value::Boolean(_)))),
        // What stands before the question mark needs the model.
        "odataRelativeUri" | "odataUri" => match input.split_once('?') {
            Some((path, raw))
                if case
                    .fails_at
                    .is_none_or(|at| usize::try_from(at).unwrap() > path.len())
                    && !path.contains('#') =>
            {
                any(raw)
            }
            Some(_) | None => Outcome::OutOfScope,
        },
        "queryOptions" | "systemQueryOption" | "customQueryOption" | "compute" | "expand"
        | "filter" | "orderby" | "orderBy" | "search" | "select" | "skiptoken" | "deltatoken" => {
            any(input)
        }
        rule if rule.starts_with("geo") => literal(|kind| matches!(kind, Kind::Spatial(..))),
        rule if rule.ends_with("Literal") || matches!(rule, "guid" | "null") => {
            literal(|kind| matches!(kind, Kind::Literal(_)))
        }
        _ => Outcome::OutOfScope,
    }
}

#[test]
fn the_cases_of_the_grammar_are_decided_as_it_asks() {
    let mut wrong = Vec::new();
    let mut tables = [BTreeMap::new(), BTreeMap::new()];
    let mut right = 0;
    for case in cases() {
        let valid = case.fails_at.is_none();
        let deviates = DEVIATIONS
            .iter()
            .any(|(input, expected, _)| *input == case.input && *expected == valid);
        let [out, unsupported] = &mut tables;
        match outcome(&case) {
            Outcome::OutOfScope => *out.entry(format!("`{}`", case.rule)).or_insert(0) += 1,
            Outcome::Unsupported(what) if valid => *unsupported.entry(what).or_insert(0) += 1,
            Outcome::Unsupported(_) => right += 1,
            found if (found == Outcome::Accepted) == (valid != deviates) => right += 1,
            Outcome::Accepted | Outcome::Refused => wrong.push(format!(
                "{} {}: {}",
                case.rule,
                if valid { "valid" } else { "invalid" },
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
    let documented = documented();
    for (table, documented) in tables.iter().zip(&documented) {
        let lines: Vec<_> = table
            .iter()
            .map(|(what, count)| format!("| {what} | {count} |"))
            .collect();
        assert_eq!(table, documented, "the table is:\n{}", lines.join("\n"));
    }
    assert!(right > 600, "{right} right");
}

/// First and second column of the tables in docs/grammar.md.
fn documented() -> [BTreeMap<String, i32>; 2] {
    let mut tables = [BTreeMap::new(), BTreeMap::new()];
    let mut index = None;
    for line in include_str!("../docs/grammar.md").lines() {
        if line.starts_with("|---") {
            index = Some(index.map_or(0, |index| index + 1));
            continue;
        }
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        if let (Some(index), [_, what, count, ..]) = (index, cells.as_slice())
            && let Ok(count) = count.parse()
        {
            let table: &mut BTreeMap<_, _> = &mut tables[index];
            table.insert((*what).to_owned(), count);
        }
    }
    tables
}
