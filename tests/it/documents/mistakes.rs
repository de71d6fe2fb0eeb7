//! What clients send wrongly is told to them, and is never the storage's fault.

use sandbox::bindings::CredentialSource;
use serde_json::{Value, json};

use super::{call, filled, object, send};
use crate::support::{Answer, Service, ready};

const SET: &str = "/catalog/Buckets('files')/objects";

async fn put(service: &Service<'_>, key: &str, headers: &[(&str, &str)]) -> Answer {
    let bearer = service.bearer("alice");
    let all = [&[("authorization", bearer.as_str())], headers].concat();
    let path = format!("{}/content", object(key));
    service.put(&path, &all, "text").await
}

/// Types and metadata that no header can carry.
#[tokio::test]
async fn descriptions_that_s3_would_refuse_are_refused_here() {
    let sandbox = filled().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let many: Vec<Value> = (0..200)
        .map(|n| json!({"key": format!("k{n}"), "value": ""}))
        .collect();
    for wrong in [
        json!({"contentType": "text/plain\r\nx: y"}),
        json!({"contentType": "text/ü"}),
        json!({"contentType": format!("text/{}", "x".repeat(3000))}),
        json!({"metadata": many}),
    ] {
        let path = object("docs/a.txt");
        let patched = send(&service, "PATCH", &path, &[], &wrong).await;
        assert_eq!(patched.status, 400, "{wrong}: {}", patched.body);
        let mut new = wrong.clone();
        new["objectKey"] = json!("new.txt");
        let posted = send(&service, "POST", SET, &[], &new).await;
        assert_eq!(posted.status, 400, "{wrong}: {}", posted.body);
    }
    for kind in ["text/ü", "text/pla\tin"] {
        let stored = put(&service, "new.txt", &[("content-type", kind)]).await;
        assert_eq!(stored.status, 400, "{kind}: {}", stored.body);
    }
    let there = sandbox.aws.storage.keys("files");
    assert!(!there.contains(&"new.txt".to_owned()));
    assert!(service.never_failed());
}

/// Keys that S3 can't have.
#[tokio::test]
async fn keys_that_cannot_be_are_refused() {
    let sandbox = filled().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let long = "ü".repeat(513);
    let key = long.as_str();
    for (method, given) in [
        ("GET", json!("")),
        ("PATCH", json!({})),
        ("DELETE", json!("")),
    ] {
        let answer = send(&service, method, &object(key), &[], &given).await;
        let seen = (answer.status, answer.code());
        assert_eq!(seen, (400, "BadRequest".to_owned()), "{method} {key:?}");
    }
    let posted = send(&service, "POST", SET, &[], &json!({"objectKey": key})).await;
    assert_eq!(posted.status, 400, "{key:?}: {}", posted.body);
    let stored = put(&service, key, &[]).await;
    assert_eq!(stored.status, 400, "{key:?}: {}", stored.body);
    let given = json!({"targetKey": key});
    let copied = call(&service, &object("top.txt"), "copy", &given).await;
    assert_eq!(copied.status, 400, "{key:?}: {}", copied.body);
    let content = format!("{}/content", object(key));
    for method in ["GET", "HEAD"] {
        let answer = send(&service, method, &content, &[], &json!("")).await;
        assert_eq!(answer.status, 400, "{method}: {}", answer.body);
    }
}

/// An archive of nothing is a mistake; what is named twice is packed once.
#[tokio::test]
async fn an_archive_has_each_object_once() {
    let sandbox = filled().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let zip = async |keys: &str| {
        let path = format!("{SET}/CatalogService.zip(keys=@k)?@k={keys}");
        service.get_as("alice", &path).await
    };
    assert_eq!(zip("[]").await.status, 400);
    for (keys, expected) in [
        ("[\"top.txt\",\"top.txt\"]", 1),
        ("[\"docs/\",\"docs/a.txt\",\"docs/sub/\"]", 3),
    ] {
        let zipped = zip(keys).await;
        assert_eq!(zipped.status, 200, "{}", zipped.body);
        let entries = zipped.body.matches("PK\u{1}\u{2}").count();
        assert_eq!(entries, expected, "{keys}");
    }
}

/// The body may not name another bucket than the path, and what is not there can't stay there.
#[tokio::test]
async fn contradictions_are_refused() {
    let sandbox = filled().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let body = json!({"objectKey": "new.txt", "bucket_id": "other"});
    let posted = send(&service, "POST", SET, &[], &body).await;
    assert_eq!(posted.status, 400, "{}", posted.body);
    let onto_itself = json!({"targetKey": "nope.txt"});
    let moved = call(&service, &object("nope.txt"), "move", &onto_itself).await;
    assert_eq!(moved.status, 404, "{}", moved.body);
}

/// Content keeps its encoding; that it travelled in chunks is none.
#[tokio::test]
async fn encodings_are_stored_as_they_are() {
    let sandbox = filled().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    for (sent, kept) in [("gzip", "gzip"), ("br", "br"), ("identity", ""), ("", "")] {
        let key = format!("encoded-{sent}.txt");
        let stored = put(&service, &key, &[("content-encoding", sent)]).await;
        assert_eq!(stored.status, 201, "{sent}: {}", stored.body);
        let path = format!("{}/content", object(&key));
        let back = service.get_as("alice", &path).await;
        assert_eq!(back.status, 200, "{sent}: {}", back.body);
        let seen = back
            .headers
            .get("content-encoding")
            .map(|it| it.to_str().unwrap());
        assert_eq!(seen.unwrap_or_default(), kept, "{sent}");
    }
}
