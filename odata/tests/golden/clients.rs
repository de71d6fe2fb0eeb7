//! What real clients asked (`OpenUI5`, Fiori elements, SAP Cloud SDK), on their
//! own and inside batches, and the status that is right for it.
//!
//! `recorded` is what CAP answered; where that is not what has to be answered
//! here, `because` says why.

use odata::edm::{
    EntitySet, EntityType, Function, FunctionImport, Model, NavigationProperty, Primitive,
    Property, Returns,
};
use serde_json::{Value, json};

use crate::memory::{Call, Record, Service};
use crate::rows;

static MODEL: Model = Model::new("CatalogService")
    .entity_types(&[
        EntityType::new(
            "Buckets",
            &["id"],
            &[
                Property::new("id", Primitive::String).required(),
                Property::new("name", Primitive::String),
                Property::new("created", Primitive::DateTimeOffset),
                Property::new("region", Primitive::String),
            ],
        )
        .navigation(&[NavigationProperty::many("objects", "Objects").partner("bucket")]),
        EntityType::new(
            "Objects",
            &["bucket_id", "objectKey"],
            &[
                Property::new("bucket_id", Primitive::String).required(),
                Property::new("objectKey", Primitive::String).required(),
                Property::new("name", Primitive::String),
                Property::new("size", Primitive::Int64),
                Property::new("lastModified", Primitive::DateTimeOffset).precision(3),
                Property::new("eTag", Primitive::String),
                Property::new("storageClass", Primitive::String),
                Property::new("contentType", Primitive::String),
                Property::new("content", Primitive::Stream),
            ],
        )
        .navigation(&[NavigationProperty::one("bucket", "Buckets")
            .partner("objects")
            .constraints(&[("bucket_id", "id")])]),
    ])
    .entity_sets(&[
        EntitySet::new("Buckets", "Buckets").bindings(&[("objects", "Objects")]),
        EntitySet::new("Objects", "Objects").bindings(&[("bucket", "Buckets")]),
    ])
    .functions(&[Function::new("getBuckets", Returns::Entities("Buckets"))])
    .function_imports(&[FunctionImport::new("getBuckets", "getBuckets", "Buckets")]);

fn service() -> Service {
    let object = |bucket: &str, number: u8| {
        json!({
            "bucket_id": bucket,
            "objectKey": format!("dir/file-0{number}.txt"),
            "name": format!("file-0{number}.txt"),
            "size": 9_007_199_254_740_993_i64,
            "lastModified": "2024-01-01T00:00:00.125Z",
            "eTag": "\"0\"",
            "storageClass": "STANDARD",
            "contentType": "text/plain",
        })
    };
    let rows = rows();
    let objects = rows.iter().flat_map(|row| {
        let bucket = row["id"].as_str().unwrap();
        (1..4).map(move |number| object(bucket, number))
    });
    let [bucket, file] = [&MODEL.entity_types[0], &MODEL.entity_types[1]];
    Service::new(
        &MODEL,
        "/catalog",
        vec![
            (
                "Buckets",
                rows.iter().map(|row| Record::read(bucket, row)).collect(),
            ),
            (
                "Objects",
                objects.map(|row| Record::read(file, &row)).collect(),
            ),
        ],
        "2026-11-22T00:00:00Z".parse().unwrap(),
    )
}

fn ask(service: &Service, request: &Value) -> odata::batch::Answer {
    let headers = request["headers"].as_object().unwrap().iter();
    let headers: Vec<_> = headers
        .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
        .collect();
    service.answer(Call {
        method: request["method"].as_str().unwrap(),
        target: request["url"].as_str().unwrap(),
        headers: &headers,
        body: b"",
    })
}

#[test]
fn every_request_of_a_real_client_has_a_right_answer() {
    let service = service();
    let mut wrong = Vec::new();
    for line in include_str!("client_requests.jsonl").lines() {
        let request: Value = serde_json::from_str(line).unwrap();
        let explained = request["recorded"] == request["status"]
            || request["recorded"].is_null()
            || request["because"].is_string();
        assert!(explained, "{line}");
        let answer = ask(&service, &request);
        if request["status"] != answer.status {
            let body = String::from_utf8_lossy(&answer.body);
            wrong.push(format!("{} {line}\n  {body}", answer.status));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn fiori_elements_reads_big_sizes_as_strings() {
    let accept = "application/json;odata.metadata=minimal;IEEE754Compatible=true";
    let answer = service().answer(Call {
        method: "GET",
        target: "/catalog/Buckets('bucket-01')/objects?$count=true&$select=content,size&$top=1",
        headers: &[("Accept", accept)],
        body: b"",
    });
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(body["@odata.count"], "3");
    assert_eq!(body["value"][0]["size"], "9007199254740993");
    assert_eq!(body["value"][0]["objectKey"], "dir/file-01.txt");
}
