//! Batches as clients send them, and answers as clients read them.

#![cfg(test)]

mod answers;
mod client;
mod execution;
mod json;
mod multipart;
mod properties;
mod recorded;

use odata::batch::{Batch, BatchError, Limits, ServiceLocation};

const HERE: ServiceLocation<'_> = ServiceLocation {
    root: "/catalog",
    hosts: &["catalog.internal:8080"],
};

fn parse<'b>(content_type: &str, body: &'b [u8]) -> Result<Batch<'b>, BatchError> {
    Batch::parse(Some(content_type), body, HERE, Limits::default())
}

const MIXED: &str = "multipart/mixed; boundary=b";

/// A multipart batch with boundary `b` and the given bodies of parts.
fn mixed(parts: &[&str]) -> String {
    let mut body = String::new();
    for part in parts {
        body.push_str("--b\r\nContent-Type: application/http\r\n\r\n");
        body.push_str(part);
        body.push_str("\r\n");
    }
    body + "--b--\r\n"
}

fn requests(batch: &Batch<'_>) -> Vec<String> {
    let requests = batch.items().iter().flat_map(|item| &item.requests);
    requests
        .map(|request| {
            let body = String::from_utf8_lossy(&request.body);
            format!("{} {} {body}", request.method, request.target)
                .trim()
                .to_owned()
        })
        .collect()
}

#[test]
fn other_media_types_are_unsupported() {
    for content_type in [
        None,
        Some(""),
        Some("text/plain"),
        Some("multipart/form-data; boundary=b"),
        Some("application/jsonp"),
        Some("mixed"),
    ] {
        let error = Batch::parse(content_type, b"", HERE, Limits::default()).unwrap_err();
        assert_eq!(error.status(), 415, "{content_type:?}");
    }
}

#[test]
fn a_body_over_the_limit_is_not_looked_at() {
    let limits = Limits {
        bytes: 10,
        ..Limits::default()
    };
    for content_type in [MIXED, "application/json"] {
        let error = Batch::parse(Some(content_type), b"12345678901", HERE, limits).unwrap_err();
        assert_eq!((error.status(), error.code()), (413, "TooLarge"));
    }
}

#[test]
fn the_answer_has_the_format_that_the_client_accepts() {
    use odata::batch::Format::{Json, Multipart};
    let json = parse("application/json", br#"{"requests":[]}"#).unwrap();
    let body = mixed(&[]);
    let multipart = parse(MIXED, body.as_bytes()).unwrap();
    for (format, accept, of_json, of_multipart) in [
        (None, None, Json, Multipart),
        (None, Some("*/*"), Json, Multipart),
        (None, Some("multipart/mixed"), Multipart, Multipart),
        (
            None,
            Some("application/json;odata.metadata=minimal"),
            Json,
            Json,
        ),
        (None, Some("text/html, application/json;q=0.5"), Json, Json),
        (Some("json"), Some("multipart/mixed"), Json, Json),
        (Some("multipart/mixed"), None, Multipart, Multipart),
    ] {
        assert_eq!(
            json.answer_format(format, accept),
            Ok(of_json),
            "{accept:?}"
        );
        assert_eq!(
            multipart.answer_format(format, accept),
            Ok(of_multipart),
            "{accept:?}"
        );
    }
    let refused = json.answer_format(None, Some("image/png")).unwrap_err();
    assert_eq!(refused.kind(), odata::ErrorKind::NotAcceptable);
    assert!(json.answer_format(Some("xml"), None).is_err());
}
