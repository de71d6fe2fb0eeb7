//! Batches in JSON.

use odata::batch::{Batch, Item, Limits};

use crate::{HERE, parse, requests};

const JSON: &str = "application/json";

fn read(requests_json: &str) -> Result<Vec<String>, u16> {
    let body = format!("{{\"requests\":[{requests_json}]}}");
    parse(JSON, body.as_bytes())
        .map(|batch| requests(&batch))
        .map_err(|error| error.status())
}

#[test]
fn requests_are_read() {
    let body = "\u{feff}{ \"@odata.note\" : [1], \"requests\" : [
        {\"id\":\"1\",\"method\":\"get\",\"url\":\"Buckets?$filter=id eq 'x'\"},
        {\"url\":\"/catalog/Buckets\",\"id\":\"2\",\"method\":\"Post\",\"x\":{\"id\":7},
         \"headers\":{\"Content-Type\":\"application/json; charset=utf-8\",\"prefer\":\"a\"},
         \"body\":{\"n\" : 1.50, \"text\":\"\\u00e4\"}},
        {\"id\":\"3\",\"method\":\"delete\",\"url\":\"http:\\/\\/catalog.internal:8080/catalog/Buckets('%C3%BC')\",
         \"body\":null,\"if\":null}
    ]}\n";
    let batch = parse("APPLICATION/json;charset=utf-8", body.as_bytes()).unwrap();
    assert_eq!(
        requests(&batch),
        [
            "GET /Buckets?$filter=id eq 'x'",
            // As it stands, to the last digit.
            "POST /Buckets {\"n\" : 1.50, \"text\":\"\\u00e4\"}",
            "DELETE /Buckets('%C3%BC')",
        ]
    );
    assert_eq!(batch.items()[1].requests[0].header("Prefer"), Some("a"));
}

#[test]
fn bodies_are_decoded_by_their_media_type() {
    for (content_type, body, expected) in [
        ("application/json", "[1]", &b"[1]"[..]),
        ("application/json;IEEE754Compatible=true", "{}", b"{}"),
        ("application/merge-patch+json", "{}", b"{}"),
        ("application/json", "\"x\"", b"\"x\""),
        ("text/plain", "\"a\\nb\"", b"a\nb"),
        ("text/markdown", "\"plain\"", b"plain"),
        ("image/png", "\"_-8\"", b"\xff\xef"),
        ("application/octet-stream", "\"\"", b""),
        ("application/octet-stream", "null", b""),
    ] {
        let body = format!(
            "{{\"requests\":[{{\"id\":\"1\",\"method\":\"put\",\"url\":\"x\",\
             \"headers\":{{\"content-type\":\"{content_type}\"}},\"body\":{body}}}]}}"
        );
        let batch = parse(JSON, body.as_bytes()).unwrap();
        assert_eq!(*batch.items()[0].requests[0].body, *expected, "{body}");
    }
    let body = r#"{"requests":[{"id":"1","method":"post","url":"x","body":{}}]}"#;
    let batch = parse(JSON, body.as_bytes()).unwrap();
    let request = &batch.items()[0].requests[0];
    assert_eq!(request.header("Content-Type"), Some("application/json"));
}

#[test]
fn what_breaks_the_format_is_malformed_as_a_whole() {
    for body in [
        "",
        "{",
        "{bad",
        "[]",
        "{}",
        "null",
        "{\"requests\":{}}",
        "{\"requests\":[]} x",
        "{\"requests\":[],\"requests\":[]}",
        "{\"requests\":[1]}",
        "{\"requests\":[{}]}",
    ] {
        let error = parse(JSON, body.as_bytes()).unwrap_err();
        assert_eq!(error.status(), 400, "{body}");
    }
    assert_eq!(
        parse(JSON, b"{\"requests\":[]}\xff").unwrap_err().status(),
        400
    );
    let group = |id: &str, name: &str| {
        format!(r#"{{"id":"{id}","method":"post","url":"x","atomicityGroup":"{name}"}}"#)
    };
    for requests in [
        r#"{"method":"get","url":"x"}"#.to_owned(),
        r#"{"id":"1","method":"get"}"#.to_owned(),
        r#"{"id":"1","url":"x"}"#.to_owned(),
        r#"{"id":1,"method":"get","url":"x"}"#.to_owned(),
        r#"{"id":"","method":"get","url":"x"}"#.to_owned(),
        r#"{"id":"1\r\nX: y","method":"get","url":"x"}"#.to_owned(),
        r#"{"id":"1","method":"get","url":"x\n"}"#.to_owned(),
        r#"{"id":"1","method":"get","url":"x","headers":{"a":"\u0000"}}"#.to_owned(),
        r#"{"id":"1","id":"2","method":"get","url":"x"}"#.to_owned(),
        r#"{"id":"1","method":"get","url":"x","dependsOn":"1"}"#.to_owned(),
        r#"{"id":"1","method":"get","url":"x","headers":{"a":1}}"#.to_owned(),
        r#"{"id":"1","method":"put","url":"x","headers":{"content-type":"image/png"},"body":"+/"}"#
            .to_owned(),
        r#"{"id":"1","method":"put","url":"x","headers":{"content-type":"text/plain"},"body":1}"#
            .to_owned(),
        // Identifiers, of groups too, must be distinct, and groups in one piece.
        r#"{"id":"1","method":"get","url":"x"},{"id":"1","method":"get","url":"x"}"#.to_owned(),
        format!("{},{}", group("1", "g"), group("g", "h")),
        group("g", "g"),
        format!(
            "{},{},{}",
            group("1", "g"),
            group("2", "h"),
            group("3", "g")
        ),
    ] {
        assert_eq!(read(&requests), Err(400), "{requests}");
    }
}

#[test]
fn neighbours_of_a_group_become_one_item() {
    let body = r#"{"requests":[
        {"id":"1","method":"post","url":"a","atomicityGroup":"g"},
        {"id":"2","method":"get","url":"b","atomicityGroup":"g"},
        {"id":"3","method":"patch","url":"c"},
        {"id":"4","method":"patch","url":"d"},
        {"id":"5","method":"post","url":"e","atomicityGroup":"h"}
    ]}"#;
    let batch = parse(JSON, body.as_bytes()).unwrap();
    let sizes: Vec<_> = batch
        .items()
        .iter()
        .map(|item| item.requests.len())
        .collect();
    assert_eq!(sizes, [2, 1, 1, 1]);
    let atomic: Vec<_> = batch.items().iter().map(Item::is_atomic).collect();
    assert_eq!(atomic, [true, false, false, true]);
    assert_eq!(batch.items()[0].changes().count(), 1);
}

#[test]
fn floods_are_refused() {
    let limits = Limits {
        parts: 3,
        ..Limits::default()
    };
    let one = |id: usize| format!(r#"{{"id":"{id}","method":"get","url":"x"}}"#);
    let many = |count| (0..count).map(one).collect::<Vec<_>>().join(",");
    let status = |count| {
        let body = format!("{{\"requests\":[{}]}}", many(count));
        let batch = Batch::parse(Some(JSON), body.as_bytes(), HERE, limits);
        batch
            .map(|batch| batch.items().len())
            .map_err(|error| error.status())
    };
    assert_eq!(status(3), Ok(3));
    assert_eq!(status(4), Err(413));
    assert_eq!(read(&many(10_000)), Err(413));
    assert_eq!(read(&"[".repeat(1_000_000)), Err(400));
    let deep = format!(
        r#"{{"id":"1","method":"post","url":"x","body":{}"#,
        "{\"a\":".repeat(500_000)
    );
    assert_eq!(read(&deep), Err(400));
    let waits = "\"1\",".repeat(500_000);
    let waits = format!(
        r#"{},{{"id":"2","method":"get","url":"x","dependsOn":[{waits}"1"]}}"#,
        one(1)
    );
    assert_eq!(read(&waits).map(|requests| requests.len()), Ok(2));
    let headers = "\"a\":\"b\",".repeat(400_000);
    let headers =
        format!(r#"{{"id":"1","method":"get","url":"x","headers":{{{headers}"a":"b"}}}}"#);
    let body = format!("{{\"requests\":[{headers}]}}");
    let batch = parse(JSON, body.as_bytes()).unwrap();
    let mut run = batch.run(None);
    assert!(run.next_wave().is_empty());
    assert_eq!(run.answers(0)[0].status, 400);
}
