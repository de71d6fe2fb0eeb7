//! Bodies of requests into records.

use odata::edm::EntityType;
use odata::write::{BodyReader, Mode};
use odata::{Data, Error, ErrorKind, Record, Value};

use crate::CATALOG;

const JSON: &str = "application/json";
const IEEE: &str = "application/json;odata.metadata=minimal;IEEE754Compatible=true;charset=utf-8";

fn objects() -> &'static EntityType {
    CATALOG.entity_type("Objects").unwrap()
}

fn read(body: &str, mode: Mode) -> Result<Record<'static>, Error> {
    let reader = BodyReader::new(&CATALOG, Some(JSON)).filled_in(&["bucket_id"]);
    reader.entity(objects(), body.as_bytes(), mode)
}

fn told(error: &Error) -> (ErrorKind, String) {
    (error.kind(), error.target().unwrap_or_default().to_owned())
}

#[test]
fn what_is_given_is_read_and_typed() {
    let body = r##"{
        "@odata.type": "#CatalogService.Objects", "@odata.etag": "x", "@my.note": [1],
        "tags@odata.type": "#Collection(CatalogService.Pair)",
        "tags": [{"@odata.type": "#CatalogService.Pair", "value": "1", "key": "a"}, {"key": "", "value": "\u00fc"}],
        "expires": "2026-01-01T00:00:00Z", "retainDays": -5, "cost": 1.50e0, "words": ["b", null],
        "objectKey": "docs/a'b"
    }"##;
    let written = read(body, Mode::Create).unwrap();
    assert_eq!(written.text("objectKey"), Some("docs/a'b"));
    assert_eq!(written.integer("retainDays"), Some(-5));
    let cost = Value::Decimal("1.5".parse().unwrap());
    assert_eq!(written.value("cost"), Some(&cost));
    assert_eq!(written.get("metadata"), None);
    let pairs = written.records("tags").unwrap();
    let pairs: Vec<_> = pairs.map(|it| (it.text("key"), it.text("value"))).collect();
    assert_eq!(pairs, [(Some("a"), Some("1")), (Some(""), Some("ü"))]);
    let words = written.get("words").and_then(Data::items).unwrap();
    assert_eq!(words, [Data::from("b"), Data::NULL]);
    let names: Vec<_> = written.iter().map(|(name, _)| name).collect();
    let expected = [
        "objectKey",
        "retainDays",
        "cost",
        "expires",
        "words",
        "tags",
    ];
    assert_eq!(names, expected, "the order is the model's");
}

#[test]
fn what_the_client_must_not_set_is_ignored() {
    let body = r#"{"bucket_id":1,"objectKey":null,"size":"x","storageClass":{},"retainDays":null}"#;
    let updated = read(body, Mode::Update).unwrap();
    assert_eq!(updated, Record::new().with("retainDays", Data::NULL));
    let created = read(
        r#"{"objectKey":"k","size":[],"storageClass":"GLACIER"}"#,
        Mode::Create,
    );
    let created = created.unwrap();
    assert_eq!(created.text("storageClass"), Some("GLACIER"));
    assert_eq!(created.get("size"), None);
}

const WRONG: &[(&str, ErrorKind, &str)] = &[
    (r"{}", ErrorKind::BadRequest, "objectKey"),
    (r#"{"objectKey":null}"#, ErrorKind::BadRequest, "objectKey"),
    (r#"{"objectKey":5}"#, ErrorKind::BadRequest, "objectKey"),
    (
        r#"{"objectKey":"12345678901234567"}"#,
        ErrorKind::BadRequest,
        "objectKey",
    ),
    (
        r#"{"objectKey":"k","objectKey":"k"}"#,
        ErrorKind::BadRequest,
        "objectKey",
    ),
    (
        r#"{"objectKey":"k","object\u004bey":"l"}"#,
        ErrorKind::BadRequest,
        "objectKey",
    ),
    (
        r#"{"objectKey":"k","nope":1}"#,
        ErrorKind::BadRequest,
        "nope",
    ),
    (
        r#"{"objectKey":"k","ObjectKey":"k"}"#,
        ErrorKind::BadRequest,
        "ObjectKey",
    ),
    (
        r#"{"objectKey":"k","storageClass":"ü"}"#,
        ErrorKind::BadRequest,
        "storageClass",
    ),
    (
        r#"{"objectKey":"k","retainDays":32768}"#,
        ErrorKind::BadRequest,
        "retainDays",
    ),
    (
        r#"{"objectKey":"k","retainDays":1.0}"#,
        ErrorKind::BadRequest,
        "retainDays",
    ),
    (
        r#"{"objectKey":"k","retainDays":"1"}"#,
        ErrorKind::BadRequest,
        "retainDays",
    ),
    (
        r#"{"objectKey":"k","retainDays":true}"#,
        ErrorKind::BadRequest,
        "retainDays",
    ),
    (
        r#"{"objectKey":"k","cost":"1.5"}"#,
        ErrorKind::BadRequest,
        "cost",
    ),
    (
        r#"{"objectKey":"k","cost":1.555}"#,
        ErrorKind::BadRequest,
        "cost",
    ),
    (
        r#"{"objectKey":"k","cost":1e999}"#,
        ErrorKind::BadRequest,
        "cost",
    ),
    (
        r#"{"objectKey":"k","expires":"2026-01-01"}"#,
        ErrorKind::BadRequest,
        "expires",
    ),
    (
        r#"{"objectKey":"k","expires":0}"#,
        ErrorKind::BadRequest,
        "expires",
    ),
    (
        r#"{"objectKey":"k","tags":null}"#,
        ErrorKind::BadRequest,
        "tags",
    ),
    (
        r#"{"objectKey":"k","tags":{}}"#,
        ErrorKind::BadRequest,
        "tags",
    ),
    (
        r#"{"objectKey":"k","tags":"a"}"#,
        ErrorKind::BadRequest,
        "tags",
    ),
    (
        r#"{"objectKey":"k","tags":[null]}"#,
        ErrorKind::BadRequest,
        "tags/0",
    ),
    (
        r#"{"objectKey":"k","tags":[[]]}"#,
        ErrorKind::BadRequest,
        "tags/0",
    ),
    (
        r#"{"objectKey":"k","tags":[{"key":"a"}]}"#,
        ErrorKind::BadRequest,
        "tags/0/value",
    ),
    (
        r#"{"objectKey":"k","tags":[{"key":"a","value":""},{"key":null,"value":""}]}"#,
        ErrorKind::BadRequest,
        "tags/1/key",
    ),
    (
        r#"{"objectKey":"k","tags":[{"key":"123456789","value":""}]}"#,
        ErrorKind::BadRequest,
        "tags/0/key",
    ),
    (
        r#"{"objectKey":"k","tags":[{"key":"a","value":"","x":1}]}"#,
        ErrorKind::BadRequest,
        "tags/0/x",
    ),
    (
        r#"{"objectKey":"k","words":["a",1]}"#,
        ErrorKind::BadRequest,
        "words/1",
    ),
    (
        r#"{"objectKey":"k","bucket":{}}"#,
        ErrorKind::NotImplemented,
        "bucket",
    ),
    (
        r#"{"objectKey":"k","bucket@odata.bind":"Buckets('b')"}"#,
        ErrorKind::NotImplemented,
        "bucket@odata.bind",
    ),
    (
        r#"{"objectKey":"k","bucket@bind":""}"#,
        ErrorKind::NotImplemented,
        "bucket@bind",
    ),
    (
        r#"{"objectKey":"k","content":"YQ"}"#,
        ErrorKind::NotImplemented,
        "content",
    ),
];

#[test]
fn what_is_wrong_names_its_place() {
    for (body, kind, target) in WRONG {
        let error = read(body, Mode::Create).unwrap_err();
        assert_eq!(told(&error), (*kind, (*target).to_owned()), "{body}");
    }
}

#[test]
fn what_is_no_json_object_is_refused() {
    let deep = format!("{{\"@a\":{}{}}}", "[".repeat(200), "]".repeat(200));
    for body in [
        "",
        " ",
        "null",
        "[]",
        "\"a\"",
        "{",
        "{}x",
        "{\"objectKey\":\"k\",}",
        "{'a':1}",
        &deep,
        "{\"objectKey\":\"\\ud800\"}",
        "{\"objectKey\":01}",
        "\u{feff}[]",
    ] {
        let error = read(body, Mode::Update).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadRequest, "{body}");
    }
    let reader = BodyReader::new(&CATALOG, Some(JSON));
    let error = reader.entity(objects(), b"{\"objectKey\":\"\xff\"}", Mode::Update);
    assert_eq!(error.unwrap_err().kind(), ErrorKind::BadRequest);
    assert!(read("\u{feff}{}", Mode::Update).unwrap().is_empty());
}

#[test]
fn the_media_type_is_json_with_whatever_odata_adds() {
    for (content_type, expected) in [
        (Some(JSON), true),
        (Some(IEEE), true),
        (Some("Application/JSON; charset=\"UTF-8\""), true),
        (
            Some("application/json;odata.streaming=true;metadata=full"),
            true,
        ),
        (Some("application/json;odata=verbose"), false),
        (Some("application/json;charset=utf-16"), false),
        (Some("application/merge-patch+json"), false),
        (Some("text/plain"), false),
        (Some("json"), false),
        (Some(""), false),
        (None, false),
    ] {
        let reader = BodyReader::new(&CATALOG, content_type);
        let read = reader.entity(objects(), b"{}", Mode::Update);
        match read {
            Ok(_) => assert!(expected, "{content_type:?}"),
            Err(error) => {
                assert!(!expected, "{content_type:?}: {error}");
                assert_eq!(error.kind(), ErrorKind::UnsupportedMediaType);
            }
        }
    }
}

#[test]
fn large_numbers_are_text_where_the_sender_says_so() {
    let buckets = CATALOG.entity_type("Buckets").unwrap();
    let body = br#"{"owner":{"name":null,"since":"9007199254740993"}}"#;
    let read = |content_type| {
        BodyReader::new(&CATALOG, Some(content_type)).entity(buckets, body, Mode::Update)
    };
    let owner = read(IEEE).unwrap();
    let owner = owner.get("owner").and_then(Data::record).unwrap();
    assert_eq!(owner.integer("since"), Some(9_007_199_254_740_993));
    let error = read(JSON).unwrap_err();
    assert_eq!(error.target(), Some("owner/since"));
}

#[test]
fn parameters_of_actions_are_read() {
    let copy = CATALOG.action("copy").unwrap();
    let read = |body: &str| BodyReader::new(&CATALOG, Some(JSON)).parameters(copy, body.as_bytes());
    let given = read(r#"{"tags":[{"key":"a","value":"b"}],"target":"x/y"}"#).unwrap();
    assert_eq!(given.text("target"), Some("x/y"));
    assert_eq!(given.records("tags").unwrap().count(), 1);
    assert_eq!(given.boolean("overwrite"), None);
    for (body, target) in [
        ("", "target"),
        ("{}", "target"),
        (r#"{"target":null}"#, "target"),
        (r#"{"target":"12345678901234567"}"#, "target"),
        (r#"{"target":"x","overwrite":1}"#, "overwrite"),
        (r#"{"target":"x","in":{}}"#, "in"),
        (r#"{"target":"x","more":1}"#, "more"),
        (r#"{"target@expressionUrl":"name"}"#, "target@expressionUrl"),
    ] {
        let error = read(body).unwrap_err();
        assert_eq!(error.target(), Some(target), "{body}");
    }
}

#[test]
fn an_action_that_needs_nothing_needs_no_body() {
    let sweep = CATALOG.action("sweep").unwrap();
    let reader = BodyReader::new(&CATALOG, None);
    assert!(reader.parameters(sweep, b"").unwrap().is_empty());
    let error = reader.parameters(sweep, b"{}").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnsupportedMediaType);
    let given = BodyReader::new(&CATALOG, Some(JSON)).parameters(sweep, br#"{"days":255}"#);
    assert_eq!(given.unwrap().integer("days"), Some(255));
}

#[test]
fn single_properties_are_read() {
    let reader = BodyReader::new(&CATALOG, Some(JSON));
    let read = |owner: &str, name: &str, body: &str| {
        let property = CATALOG.entity_type(owner).unwrap().property(name).unwrap();
        reader.property(property, body.as_bytes())
    };
    let class = read(
        "Objects",
        "storageClass",
        r#"{"@odata.context":"x","value":"A"}"#,
    );
    assert_eq!(class.unwrap(), Data::from("A"));
    let tags = read("Objects", "tags", r#"{"value":[{"key":"a","value":"b"}]}"#);
    assert_eq!(tags.unwrap().items().map(<[_]>::len), Some(1));
    let owner = read("Buckets", "owner", r#"{"name":"me"}"#).unwrap();
    assert_eq!(owner.record().unwrap().text("name"), Some("me"));
    assert!(
        read("Objects", "storageClass", r#"{"value":null}"#)
            .unwrap()
            .is_null()
    );
    for (name, body, target) in [
        ("storageClass", "{}", "value"),
        ("storageClass", r#"{"value":1}"#, "value"),
        ("storageClass", r#"{"value":"a","x":1}"#, "x"),
        ("tags", r#"{"value":[{"key":"a"}]}"#, "value/0/value"),
        ("tags", r#"{"value":null}"#, "value"),
    ] {
        let error = read("Objects", name, body).unwrap_err();
        assert_eq!(error.target(), Some(target), "{body}");
    }
}
