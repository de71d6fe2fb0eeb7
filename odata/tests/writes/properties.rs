//! Complex properties and collections, in selections, bodies and paths.

use std::borrow::Cow;

use odata::body::Writer;
use odata::{Data, ErrorKind, Media, Record, Row, Selection, Value, Version};

use crate::{CATALOG, FULL, NONE, data, json, plan, text, url};

/// A row that lists cannot fill.
struct Object;

impl Row for Object {
    fn get(&self, property: &str) -> Value<'_> {
        match property {
            "bucket_id" => "b".into(),
            "objectKey" => "a/b".into(),
            "size" => 5.into(),
            _ => Value::Null,
        }
    }

    fn data(&self, property: &str) -> Data<'_> {
        let pair = |key, value| Record::new().with("value", value).with("key", key);
        match property {
            "tags" => Data::collection([pair("a", "1"), pair("b", "\"")]),
            "words" => Data::collection(["x", "y"]),
            "owner" => Record::new().with("since", 7_i64).into(),
            _ => Data::Value(self.get(property)),
        }
    }

    fn media(&self, stream: &str) -> Media<'_> {
        assert_eq!(stream, "content");
        Media {
            content_type: Some(Cow::Borrowed("text/plain")),
            etag: None,
        }
    }
}

fn entity(target: &str, accept: &str) -> String {
    let (path, plan) = (data(target), plan(target).unwrap());
    let writer = Writer::new(&CATALOG, &path, plan.selection(), json(accept));
    text(writer.entity(&Object).unwrap())
}

const ONE: &str = "/Objects(bucket_id='b',objectKey='a%2Fb')";

#[test]
fn what_is_shown_on_demand_is_shown_if_it_is_selected() {
    assert_eq!(
        entity(&format!("{ONE}?$select=tags"), "*/*"),
        r#"{"@odata.context":"$metadata#Objects(tags)/$entity","tags":[{"key":"a","value":"1"},{"key":"b","value":"\""}],"bucket_id":"b","objectKey":"a/b"}"#
    );
    assert!(entity(&format!("{ONE}?$select=*"), NONE).contains("\"tags\":["));
    assert!(entity(&format!("{ONE}?$select=size,metadata"), NONE).contains("\"metadata\":[]"));
}

#[test]
fn without_select_the_context_lists_what_is_shown() {
    let expected = r#"{"@odata.context":"$metadata#Objects(bucket_id,objectKey,size,storageClass,retainDays,cost,expires,words,content)/$entity","bucket_id":"b","objectKey":"a/b","size":5,"storageClass":null,"retainDays":null,"cost":null,"expires":null,"words":["x","y"],"content@odata.mediaContentType":"text/plain"}"#;
    assert_eq!(entity(ONE, "*/*"), expected);
    let path = data(ONE);
    let selection = Selection::by_default(path.entity_type);
    let writer = Writer::new(&CATALOG, &path, &selection, json("*/*"));
    assert_eq!(text(writer.entity(&Object).unwrap()), expected);
    let all = Selection::all(path.entity_type);
    let writer = Writer::new(&CATALOG, &path, &all, json("*/*"));
    assert_eq!(writer.context(), "$metadata#Objects/$entity");
    assert!(text(writer.entity(&Object).unwrap()).contains("\"tags\":["));
}

#[test]
fn full_metadata_tells_types_links_streams_and_operations() {
    let body: serde_json::Value = serde_json::from_str(&entity(ONE, FULL)).unwrap();
    let id = "Objects(bucket_id='b',objectKey='a%2Fb')";
    assert_eq!(body["words@odata.type"], "#Collection(String)");
    assert_eq!(body["content@odata.mediaReadLink"], format!("{id}/content"));
    assert_eq!(body["content@odata.mediaEditLink"], format!("{id}/content"));
    assert_eq!(body["content@odata.mediaContentType"], "text/plain");
    assert_eq!(body["#CatalogService.copy"]["title"], "Copy");
    let copy = &body["#CatalogService.copy"]["target"];
    assert_eq!(copy, &format!("{id}/CatalogService.copy"));
    let share = &body["#CatalogService.share(seconds,until)"]["target"];
    let expected = format!("{id}/CatalogService.share(seconds=@seconds,until=@until)");
    assert_eq!(share, &expected);
    let selected = entity(&format!("{ONE}?$select=tags"), FULL);
    let selected: serde_json::Value = serde_json::from_str(&selected).unwrap();
    assert_eq!(
        selected["tags@odata.type"],
        "#Collection(CatalogService.Pair)"
    );
    assert!(selected.get("#CatalogService.copy").is_none());
    assert!(selected.get("content@odata.mediaReadLink").is_none());
    let bucket: serde_json::Value =
        serde_json::from_str(&entity("/Buckets('b')?$select=owner", FULL)).unwrap();
    assert_eq!(bucket["owner"]["@odata.type"], "#CatalogService.Owner");
    assert_eq!(bucket["owner"]["since@odata.type"], "#Int64");
    assert_eq!(bucket["owner"]["labels"], serde_json::json!([]));
    assert_eq!(bucket["owner"]["name"], serde_json::Value::Null);
}

fn property(target: &str, accept: &str) -> String {
    let path = data(target);
    let selection = Selection::by_default(path.entity_type);
    let writer = Writer::new(&CATALOG, &path, &selection, json(accept));
    text(
        writer
            .data(&Object.data(path.property.unwrap().name))
            .unwrap(),
    )
}

#[test]
fn a_property_is_a_resource_of_its_own() {
    assert_eq!(
        property(&format!("{ONE}/tags"), "*/*"),
        r#"{"@odata.context":"../$metadata#Objects(bucket_id='b',objectKey='a%2Fb')/tags","value":[{"key":"a","value":"1"},{"key":"b","value":"\""}]}"#
    );
    assert_eq!(
        property(&format!("{ONE}/words"), NONE),
        r#"{"value":["x","y"]}"#
    );
    assert_eq!(
        property("/Buckets('b')/owner", "*/*"),
        r#"{"@odata.context":"../$metadata#Buckets('b')/owner","name":null,"since":7,"labels":[]}"#
    );
    assert!(
        property(&format!("{ONE}/tags"), FULL)
            .contains(r##""@odata.type":"#Collection(CatalogService.Pair)","value":[{"key""##)
    );
    let ieee = "application/json;IEEE754Compatible=true";
    assert!(property("/Buckets('b')/owner", ieee).contains(r#""since":"7""#));
    assert!(property("/Buckets('b')/owner", NONE).starts_with(r#"{"name":null"#));
}

#[test]
fn what_cannot_be_asked_of_them_is_refused() {
    use ErrorKind::{BadRequest, NotFound, NotImplemented};
    for (target, kind) in [
        (format!("{ONE}/tags/$value"), BadRequest),
        (format!("{ONE}/words/$value"), BadRequest),
        ("/Buckets('b')/owner/$value".to_owned(), BadRequest),
        (format!("{ONE}/tags/$count"), NotImplemented),
        ("/Buckets('b')/owner/name".to_owned(), NotImplemented),
        (format!("{ONE}/size/x"), NotFound),
        (format!("{ONE}/content/$value"), NotFound),
        (format!("{ONE}/tags?$select=key"), BadRequest),
    ] {
        let error = url(&target, Version::V40).unwrap_err();
        assert_eq!(error.kind(), kind, "{target}: {error}");
    }
    for query in [
        "$filter=tags/any(t:t/key eq 'a')",
        "$filter=tags eq null",
        "$filter=tags/$count gt 1",
        "$filter=words/any()",
        "$orderby=tags",
        "$orderby=words/$count",
        "$compute=tags as t",
        "$select=tags/key",
        "$select=tags($top=1)",
    ] {
        let error = plan(&format!("/Objects?{query}")).unwrap_err();
        assert_eq!(error.kind(), NotImplemented, "{query}: {error}");
        let option = query.split('=').next();
        assert_eq!(error.target(), option, "{query}");
    }
    assert_eq!(
        plan("/Buckets?$filter=owner/name eq 'a'")
            .unwrap_err()
            .kind(),
        NotImplemented
    );
    assert!(plan("/Objects?$search=a").is_ok());
}

#[test]
fn aggregation_does_not_group_by_them() {
    for query in [
        "groupby((tags))",
        "groupby((words))",
        "aggregate(tags with max as m)",
    ] {
        let target = format!("/Objects?$apply={query}");
        let url = url(&target, Version::V40).unwrap();
        let of = CATALOG.entity_type("Objects").unwrap();
        let error = url.query.aggregation(&CATALOG, of, None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotImplemented, "{query}");
    }
}
