//! What two other servers answered, and what this crate answers to the same.
//!
//! `golden.jsonl` holds requests with the answers of SAP CAP and of odatapy,
//! `deviations.json` why some of ours differ from both. Requests recorded
//! elsewhere are read from the file that `ODATA_GOLDEN` names, and the rows
//! that were served then from `ODATA_GOLDEN_ROWS`.

#![cfg(test)]

mod case;
mod clients;
mod judge;
mod memory;
mod said;

use std::collections::BTreeMap;
use std::io::Write;

use odata::edm::{
    EntitySet, EntityType, Function, FunctionImport, Model, Primitive, Property, Returns,
};

use case::Case;
use judge::{Rule, Verdict, judge};
use memory::{Call, Record, Service};
use said::Said;

static MODEL: Model = Model::new("CatalogService")
    .entity_types(&[EntityType::new(
        "Buckets",
        &["id"],
        &[
            Property::new("id", Primitive::String).required(),
            Property::new("name", Primitive::String),
            Property::new("created", Primitive::DateTimeOffset),
        ],
    )])
    .entity_sets(&[EntitySet::new("Buckets", "Buckets")])
    .functions(&[Function::new("getBuckets", Returns::Entities("Buckets"))])
    .function_imports(&[FunctionImport::new("getBuckets", "getBuckets", "Buckets")]);

fn file(variable: &str, default: &str) -> String {
    let path = std::env::var_os(variable);
    let here = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/");
    let path = path.unwrap_or_else(|| format!("{here}{default}").into());
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn rows() -> Vec<serde_json::Value> {
    serde_json::from_str(&file("ODATA_GOLDEN_ROWS", "rows.json")).unwrap()
}

fn service(rows: &[serde_json::Value]) -> Service {
    let read = |row| Record::read(&MODEL.entity_types[0], row);
    Service::new(
        &MODEL,
        "/catalog",
        vec![("Buckets", rows.iter().map(read).collect())],
        "2026-11-22T00:00:00Z".parse().unwrap(),
    )
}

fn answer(service: &Service, case: &Case) -> (Said, String) {
    let headers = case.headers.iter();
    let mut headers: Vec<_> = headers.map(|(name, value)| (&**name, &**value)).collect();
    headers.push(("Host", "127.0.0.1:PORT"));
    let answer = service.answer(Call {
        method: &case.method,
        target: &case.target,
        headers: &headers,
        body: case.body.as_bytes(),
    });
    let body = String::from_utf8(answer.body.clone()).unwrap();
    let content_type = answer.header("Content-Type").unwrap_or_default();
    (Said::new(answer.status, content_type, &body), body)
}

#[test]
fn answers_agree_with_a_peer_or_differ_for_a_reason() {
    let rows = rows();
    let ids = rows
        .iter()
        .map(|row| row["id"].as_str().unwrap().to_owned());
    let ids: Vec<String> = ids.collect();
    let service = service(&rows);
    let rules = Rule::read_all(&file("ODATA_GOLDEN_DEVIATIONS", "deviations.json"));
    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    let (mut agree, mut deviate) = (0, 0);
    let mut unexplained = Vec::new();
    for line in file("ODATA_GOLDEN", "golden.jsonl").lines() {
        let case = Case::read(line, &ids);
        let (ours, body) = answer(&service, &case);
        match judge(&case, &ours, &rules) {
            Verdict::Agrees(with) => {
                agree += 1;
                *told.entry(format!("agrees with {with}")).or_default() += 1;
            }
            Verdict::Deviates(rule) => {
                deviate += 1;
                *told.entry(rule).or_default() += 1;
            }
            Verdict::Unexplained => unexplained.push(format!(
                "{} {} {} {:?}\n  ours    {} {body:.200}\n  CAP     {:.200}\n  odatapy {:.200}",
                case.id,
                case.method,
                case.target,
                case.headers,
                ours.status,
                format!("{:?}", case.cap),
                format!("{:?}", case.odatapy),
            )),
        }
    }
    // Past the harness, which keeps what print! says of a success to itself.
    let mut out = std::io::stdout().lock();
    for (what, count) in told {
        writeln!(out, "{count:5} {what}").unwrap();
    }
    writeln!(
        out,
        "{agree} agree, {deviate} intended deviations, {} unexplained",
        unexplained.len()
    )
    .unwrap();
    assert!(unexplained.is_empty(), "{}", unexplained.join("\n"));
}
