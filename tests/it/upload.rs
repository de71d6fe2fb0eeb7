//! Uploads: whole, in parts, without a length, with digests and conditions, and broken off.

use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sandbox::Sandbox;
use sandbox::bindings::{Bindings, CredentialSource, Delivery};
use time::OffsetDateTime;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use crate::support::{Answer, Service, ready, sandbox, start_with};

pub(crate) async fn with_bucket() -> Sandbox {
    let sandbox = sandbox().await;
    let buckets = sandbox.aws.storage.buckets();
    let made = buckets.with_bucket("files", "eu-central-1", OffsetDateTime::UNIX_EPOCH);
    made.unwrap();
    sandbox
}

fn path(key: &str) -> String {
    let key = key.replace('\'', "''");
    let key = utf8_percent_encode(&key, NON_ALPHANUMERIC);
    format!("/catalog/Buckets('files')/objects('{key}')/content")
}

async fn put(
    service: &Service<'_>,
    key: &str,
    headers: &[(&str, &str)],
    body: impl Into<reqwest::Body>,
) -> Answer {
    let bearer = service.bearer("alice");
    let all = [&[("authorization", bearer.as_str())], headers].concat();
    service.put(&path(key), &all, body).await
}

pub(crate) async fn get(service: &Service<'_>, key: &str) -> Answer {
    let bearer = service.bearer("alice");
    service
        .get_with(&path(key), &[("authorization", &bearer)])
        .await
}

/// Bytes that differ from place to place, all of them letters.
pub(crate) fn letters(length: usize) -> Vec<u8> {
    let letter = |i: usize| b'a' + u8::try_from((i / 7 + i / 4099) % 26).unwrap();
    (0..length).map(letter).collect()
}

/// A body in pieces, whose length nobody tells.
fn chunked(body: &[u8]) -> reqwest::Body {
    let pieces: Vec<_> = body
        .chunks(70_001)
        .map(|it| Ok::<_, std::io::Error>(it.to_vec()))
        .collect();
    reqwest::Body::wrap_stream(futures_util::stream::iter(pieces))
}

/// Whatever the size and however it is sent, what went in comes out.
#[tokio::test]
async fn content_of_any_size_comes_back() {
    let sandbox = with_bucket().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    for size in [0, 1, 100_000, 8 << 20, (16 << 20) + 1] {
        let body = letters(size);
        let answer = put(&service, "with length.txt", &[], body.clone()).await;
        assert!(
            [201, 204].contains(&answer.status),
            "{size}: {}",
            answer.body
        );
        assert!(answer.header("etag").starts_with('"'), "{size}");
        let back = get(&service, "with length.txt").await;
        assert_eq!((back.status, back.body.len()), (200, size));
        assert!(back.body.as_bytes() == body, "{size}");
        assert_eq!(back.header("etag"), answer.header("etag"), "{size}");
        let answer = put(&service, "without.txt", &[], chunked(&body)).await;
        assert!(
            [201, 204].contains(&answer.status),
            "{size}: {}",
            answer.body
        );
        let back = get(&service, "without.txt").await;
        assert!(back.body.as_bytes() == body, "{size} without length");
    }
}

/// What the client says of the type, else what name and content do.
#[tokio::test]
async fn types_follow_from_header_name_and_content() {
    let sandbox = with_bucket().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let guess = "application/octet-stream";
    for (key, sent, body, expected) in [
        (
            "a.csv",
            "text/x-own;charset=utf-8",
            &b"1"[..],
            "text/x-own;charset=utf-8",
        ),
        ("b.csv", guess, b"1", "text/csv"),
        ("c", guess, b"%PDF-1.7\n", "application/pdf"),
        ("d", guess, "ü".as_bytes(), "text/plain"),
        ("e", guess, b"\0\x01", guess),
        ("f", "application/x-www-form-urlencoded", b"", guess),
    ] {
        let answer = put(&service, key, &[("content-type", sent)], body.to_vec()).await;
        assert_eq!(answer.status, 201, "{key}: {}", answer.body);
        let location = format!(
            "/catalog/Buckets('files')/objects(bucket_id='files',objectKey='{key}')/content"
        );
        assert_eq!(answer.header("location"), location);
        let stored = get(&service, key).await.header("content-type").to_owned();
        assert_eq!(stored, expected, "{key}");
    }
}

/// A body that is not the one its digest names is not stored.
#[tokio::test]
async fn digests_are_judged_before_anything_is_visible() {
    let sandbox = with_bucket().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let (md5, sha) = (
        "kAFQmDzST7DWlj99KOF/cg==",
        "sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:",
    );
    for (name, value) in [("content-md5", md5), ("repr-digest", sha)] {
        let answer = put(&service, "good", &[(name, value)], "abc").await;
        assert!(answer.status < 300, "{name}: {}", answer.body);
        let answer = put(&service, "bad", &[(name, value)], "abd").await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "BadDigest"));
        let large = letters(17 << 20);
        let answer = put(&service, "bad", &[(name, value)], large).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "BadDigest"));
        let answer = put(&service, "bad", &[(name, value)], chunked(b"abd")).await;
        assert_eq!(answer.status, 400);
        let answer = put(&service, "bad", &[(name, "nonsense=1, sha-256=:AA:")], "x").await;
        assert_eq!(answer.status, 400, "{name}");
    }
    assert_eq!(get(&service, "bad").await.status, 404);
}

/// Who may not write, or writes too much, or a part, writes nothing.
#[tokio::test]
async fn what_is_not_allowed_is_refused() {
    let sandbox = with_bucket().await;
    let bindings = Bindings::new(&sandbox, CredentialSource::Oidc);
    let limit = [("CATALOG_MAX_UPLOAD_BYTES", "10")];
    let service = start_with(&sandbox, &bindings, Delivery::Variable, &limit).await;
    service.until_ready().await;
    let reader = service.bearer("bob");
    let headers = [("authorization", reader.as_str())];
    let answer = service.put(&path("a"), &headers, "abc").await;
    assert_eq!((answer.status, answer.code().as_str()), (403, "Forbidden"));
    for body in [reqwest::Body::from("12345678901"), chunked(b"12345678901")] {
        let answer = put(&service, "a", &[], body).await;
        assert_eq!((answer.status, answer.code().as_str()), (413, "TooLarge"));
    }
    let part = [("content-range", "bytes 0-2/5")];
    assert_eq!(put(&service, "a", &part, "abc").await.status, 400);
    let tags = [("if-none-match", "\"x\"")];
    assert_eq!(put(&service, "a", &tags, "abc").await.status, 400);
    let long = "k".repeat(1025);
    assert_eq!(put(&service, &long, &[], "abc").await.status, 400);
    assert_eq!(
        put(&service, ".btp-s3-catalog/x", &[], "abc").await.status,
        404
    );
    let answer = service
        .put(
            &path("a").replace("files", "nobody"),
            &[("authorization", &service.bearer("alice"))],
            "a",
        )
        .await;
    assert_eq!(answer.status, 404);
    assert_eq!(get(&service, "a").await.status, 404);
}

/// If-Match and If-None-Match decide before the body is read.
#[tokio::test]
async fn conditions_decide_what_is_replaced() {
    let sandbox = with_bucket().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let none = ("if-none-match", "*");
    let first = put(&service, "a.txt", &[none], "one").await;
    assert_eq!(first.status, 201);
    let again = put(&service, "a.txt", &[none], "two").await;
    assert_eq!(
        (again.status, again.code().as_str()),
        (412, "PreconditionFailed")
    );
    let etag = first.header("etag");
    let weak = format!("W/{etag}");
    for (tag, expected) in [
        ("\"other\"", 412),
        (weak.as_str(), 204),
        (etag, 412),
        ("*", 204),
    ] {
        let answer = put(&service, "a.txt", &[("if-match", tag)], "three").await;
        assert_eq!(answer.status, expected, "{tag}");
    }
    let missing = put(&service, "b.txt", &[("if-match", "*")], "x").await;
    assert_eq!(missing.status, 412);
    assert_eq!(get(&service, "a.txt").await.body, "three");
}

/// A client that goes away in the middle leaves nothing behind.
#[tokio::test]
async fn what_breaks_off_is_never_visible() {
    let sandbox = with_bucket().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let address = service.url.strip_prefix("http://").unwrap().to_owned();
    for (length, sent) in [(1 << 20, 500_000), (40 << 20, 20 << 20)] {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        let head = format!(
            "PUT {} HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\ncontent-length: {length}\r\n\r\n",
            path("gone"),
            service.bearer("alice")
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&letters(sent)).await.unwrap();
        drop(stream);
    }
    let deadline = Instant::now() + Duration::from_secs(10);
    let aborted = || {
        sandbox
            .core
            .ledger
            .of("s3")
            .iter()
            .any(|it| it.contains("AbortMultipartUpload"))
    };
    while !aborted() {
        assert!(
            Instant::now() < deadline,
            "{:?}",
            sandbox.core.ledger.of("s3")
        );
        sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(get(&service, "gone").await.status, 404);
}

/// Whoever may write removes objects, by their content or as entities, and on conditions.
#[tokio::test]
async fn objects_are_removed() {
    let sandbox = with_bucket().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let entity = |key: &str| path(key).replace("/content", "");
    for target in [path("a.txt"), entity("a.txt")] {
        let stored = put(&service, "a.txt", &[], "one").await;
        let (bob, carol) = (service.bearer("bob"), service.bearer("carol"));
        let reader = [("authorization", bob.as_str())];
        let writer = ("authorization", carol.as_str());
        assert_eq!(service.send("DELETE", &target, &reader).await.status, 403);
        let other = [writer, ("if-match", "\"other\"")];
        assert_eq!(service.send("DELETE", &target, &other).await.status, 412);
        let same = [writer, ("if-match", stored.header("etag"))];
        assert_eq!(service.send("DELETE", &target, &same).await.status, 204);
        assert_eq!(service.send("DELETE", &target, &[writer]).await.status, 404);
        assert_eq!(get(&service, "a.txt").await.status, 404);
    }
    let carol = service.bearer("carol");
    let answer = service
        .send(
            "DELETE",
            "/catalog/Buckets('files')",
            &[("authorization", &carol)],
        )
        .await;
    assert_eq!((answer.status, answer.header("allow")), (405, "GET, HEAD"));
}
