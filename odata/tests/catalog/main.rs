//! A catalogue of buckets as a service would build it on this crate, asked
//! over its URLs.

#![cfg(test)]

mod filters;
mod pages;
mod service;

use odata::ErrorKind;
use service::{Answer, get, get_with};

fn ids(target: &str) -> String {
    let answer = get(target);
    assert_eq!(answer.status, 200, "{target}: {}", answer.body);
    let json = answer.json();
    let rows = json["value"].as_array().unwrap();
    let ids: Vec<_> = rows.iter().map(|row| row["id"].as_str().unwrap()).collect();
    ids.join(" ")
}

#[test]
fn bodies_look_as_cap_writes_them() {
    for (target, body) in [
        (
            "/catalog/",
            r#"{"@odata.context":"$metadata","value":[{"name":"Buckets","url":"Buckets"},{"name":"Objects","url":"Objects"}]}"#,
        ),
        (
            "/catalog/Buckets?$top=1&$count=true",
            r#"{"@odata.context":"$metadata#Buckets","@odata.count":4,"value":[{"id":"alpha","name":"Alpha","created":"2024-01-01T00:00:00Z"}]}"#,
        ),
        (
            "/catalog/Buckets?$top=1&$select=name,id",
            r#"{"@odata.context":"$metadata#Buckets(name,id)","value":[{"name":"Alpha","id":"alpha"}]}"#,
        ),
        (
            "/catalog/Buckets('alpha')?$select=name",
            r#"{"@odata.context":"$metadata#Buckets(name)/$entity","name":"Alpha","id":"alpha"}"#,
        ),
        (
            "/catalog/Buckets('alpha')/name",
            r#"{"@odata.context":"../$metadata#Buckets('alpha')/name","value":"Alpha"}"#,
        ),
        (
            "/catalog/Buckets(id='alpha')/created/$value",
            "2024-01-01T00:00:00Z",
        ),
        (
            "/catalog/getBuckets()?$top=1",
            r#"{"@odata.context":"$metadata#Buckets","value":[{"id":"alpha","name":"Alpha","created":"2024-01-01T00:00:00Z"},{"id":"beta","name":"Beta","created":"2024-02-01T00:00:00Z"},{"id":"delta","name":null,"created":null},{"id":"gamma","name":"Ümlaut","created":"2024-03-01T12:30:45.5Z"}]}"#,
        ),
    ] {
        assert_eq!(get(target).body, body, "{target}");
    }
    assert_eq!(get("/catalog/Buckets('delta')/name").status, 204);
    assert_eq!(get("/catalog/Buckets('delta')/name/$value").status, 204);
}

#[test]
fn metadata_levels_and_number_formats_are_honoured() {
    let none = get_with(
        "/catalog/Buckets?$top=1&$count=true",
        &[("Accept", "application/json;odata.metadata=none")],
    );
    assert_eq!(
        none.body,
        r#"{"@odata.count":4,"value":[{"id":"alpha","name":"Alpha","created":"2024-01-01T00:00:00Z"}]}"#
    );
    let full =
        get("/catalog/Buckets?$top=1&$select=created&$format=application/json;odata.metadata=full");
    assert_eq!(
        full.body,
        r##"{"@odata.context":"$metadata#Buckets(created)","value":[{"@odata.type":"#CatalogService.Buckets","@odata.id":"Buckets('alpha')","@odata.readLink":"Buckets('alpha')","objects@odata.navigationLink":"Buckets('alpha')/objects","created@odata.type":"#DateTimeOffset","created":"2024-01-01T00:00:00Z","id":"alpha"}]}"##
    );
    let ieee = get_with(
        "/catalog/Buckets?$top=0&$count=true",
        &[("Accept", "application/json;IEEE754Compatible=true")],
    );
    assert_eq!(
        ieee.body,
        r#"{"@odata.context":"$metadata#Buckets","@odata.count":"4","value":[]}"#
    );
    assert_eq!(
        ieee.content_type,
        "application/json;odata.metadata=minimal;IEEE754Compatible=true;charset=utf-8"
    );
}

/// Query options, and the status and message that refuse them.
const REFUSALS: &[(&str, u16, &str)] = &[
    (
        "$filter=nope%20eq%201",
        400,
        "Property \"nope\" does not exist in \"CatalogService.Buckets\"",
    ),
    (
        "$filter=id/name%20eq%20'x'",
        400,
        "Property \"name\" does not exist in \"id\"",
    ),
    (
        "$orderby=nope",
        400,
        "Property \"nope\" does not exist in \"CatalogService.Buckets\"",
    ),
    (
        "$select=id,nope",
        400,
        "Property \"nope\" does not exist in \"CatalogService.Buckets\"",
    ),
    (
        "$filter=id%20eq%205",
        400,
        "The operator \"eq\" cannot compare Edm.String with Edm.Int32",
    ),
    (
        "$filter=created%20gt%202024-12-01",
        400,
        "The operator \"gt\" cannot compare Edm.DateTimeOffset with Edm.Date",
    ),
    (
        "$filter=id",
        400,
        "Expected a condition but an expression of type Edm.String found",
    ),
    (
        "$filter=id%20and%20true",
        400,
        "The operator \"and\" needs Edm.Boolean, not Edm.String",
    ),
    (
        "$filter=contains(name,5)",
        400,
        "Function \"contains\" takes Edm.String, not Edm.Int32",
    ),
    (
        "$filter=contains(name)",
        400,
        "Function \"contains\" takes 2 arguments, not 1",
    ),
    (
        "$filter=substring(name)%20eq%20'x'",
        400,
        "Function \"substring\" takes 2 to 3 arguments, not 1",
    ),
    (
        "$filter=length(name)%20div%200%20eq%201",
        400,
        "An expression divides by zero",
    ),
    ("$filter=f(name)", 501, "Function \"f\" is not supported"),
    (
        "$filter=name%20has%20X.Y'z'",
        400,
        "The operator \"has\" needs an enumeration, not Edm.String",
    ),
    (
        "$filter=null%20has%20X.Y'z'",
        501,
        "Operator \"has\" is not supported",
    ),
    (
        "$filter=name%20in%20(id)",
        400,
        "The operator \"in\" needs a list of literals",
    ),
    (
        "$filter=objects/any(o:o/size%20gt%205)",
        501,
        "Navigation inside expressions is not supported here",
    ),
    (
        "$filter=geo.distance(name,name)%20gt%205",
        501,
        "Function \"geo.distance\" is not supported",
    ),
    (
        "$filter=case(true:1,false:'x')%20eq%201",
        400,
        "Function \"case\" cannot have results of type Edm.Int32 and Edm.String",
    ),
    (
        "$filter=cast(name,5)%20eq%201",
        400,
        "Function \"cast\" takes a type last",
    ),
    (
        "$filter=isof(CatalogService.Nope)",
        501,
        "Function \"isof\" with a structured type is not supported",
    ),
    (
        "$filter=id%20eq%20@a&@a=@a",
        400,
        "The parameter alias \"@a\" refers to too many others",
    ),
    (
        "$top=x",
        400,
        "Parsing URL failed at position 22: Expected a non-negative integer but \"x\" found",
    ),
    (
        "$filter=id%20==%20'x'",
        400,
        "Parsing URL failed at position 30: Expected an operator or end of input but \"=\" found",
    ),
];

#[test]
fn wrong_requests_are_told_apart_from_unsupported_ones() {
    let refused = |target: &str| -> (u16, String) {
        let Answer { status, body, .. } = get(target);
        let json: serde_json::Value = serde_json::from_str(&body).unwrap();
        (
            status,
            json["error"]["message"].as_str().unwrap().to_owned(),
        )
    };
    for (query, status, message) in REFUSALS {
        let (found, text) = refused(&format!("/catalog/Buckets?{query}"));
        assert_eq!((found, text.as_str()), (*status, *message), "{query}");
    }
}

#[test]
fn hostile_nesting_is_refused_and_long_chains_are_not() {
    let deep = format!(
        "/catalog/Buckets?$filter={}true{}",
        "(".repeat(20_000),
        ")".repeat(20_000)
    );
    assert_eq!(get(&deep).status, 400);
    let negated = format!("/catalog/Buckets?$filter={}true", "not%20".repeat(20_000));
    assert_eq!(get(&negated).status, 400);
    let minus = format!(
        "/catalog/Buckets?$filter=1%20eq%20{}1",
        "-%20".repeat(20_000)
    );
    assert_eq!(get(&minus).status, 400);
    let sum = format!(
        "/catalog/Buckets?$filter=1{}%20eq%201",
        "%20add%201".repeat(20_000)
    );
    assert_eq!(get(&sum).status, 400);
    let arrays = format!("/catalog/Buckets?@p={}", "[".repeat(20_000));
    assert_eq!(get(&arrays).status, 400);
    let wide = vec!["id%20eq%20'beta'"; 240].join("%20or%20");
    assert_eq!(ids(&format!("/catalog/Buckets?$filter={wide}")), "beta");
    let parentheses = format!(
        "/catalog/Buckets?$filter={}id%20eq%20'beta'{}",
        "(".repeat(60),
        ")".repeat(60)
    );
    assert_eq!(ids(&parentheses), "beta");
}

#[test]
fn aliases_cannot_multiply_what_a_request_costs() {
    let aliases = |count: u8, definition: &dyn Fn(u8) -> String| {
        let definitions: Vec<_> = (0..count).map(definition).collect();
        definitions.join("&")
    };
    let doubling = aliases(30, &|level| {
        format!("@a{level}=@a{0}%20or%20@a{0}", level + 1)
    });
    let answer = get(&format!("/catalog/Buckets?$filter=@a0&{doubling}"));
    assert_eq!(answer.status, 400);
    let nots = "not%20".repeat(60);
    let stacked = aliases(7, &|level| format!("@a{level}={nots}@a{}", level + 1));
    let target = format!("/catalog/Buckets?$filter=@a0&{stacked}&@a7=id%20eq%20'beta'");
    assert_eq!(ids(&target), "beta");
}

#[test]
fn kinds_map_to_their_own_codes() {
    assert_eq!(ErrorKind::NotAcceptable.code(), "NotAcceptable");
    let answer = get_with("/catalog/Buckets", &[("Accept", "image/png")]);
    assert_eq!(answer.status, 406);
    assert_eq!(answer.json()["error"]["code"], "NotAcceptable");
}

#[test]
fn options_that_mean_nothing_for_a_resource_are_refused() {
    for (target, status) in [
        ("/catalog/Buckets('alpha')?$select=id&sap-client=100", 200),
        ("/catalog/Buckets('alpha')?$top=1", 400),
        ("/catalog/Buckets('alpha')?$filter=true", 400),
        ("/catalog/Buckets('alpha')/name?$select=id", 400),
        ("/catalog/Buckets('alpha')/name?$format=json", 200),
        ("/catalog/?$top=1", 400),
        ("/catalog/$metadata?$format=json&sap-language=EN", 200),
        ("/catalog/$metadata?$filter=true", 400),
        ("/catalog/Buckets/$count?$top=1&$orderby=id", 200),
    ] {
        assert_eq!(get(target).status, status, "{target}");
    }
}
