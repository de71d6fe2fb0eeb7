//! The content of objects: whole, in parts, by conditions, and when S3 breaks off.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sandbox::Sandbox;
use sandbox::bindings::CredentialSource;
use sandbox::fault::Fault;
use time::OffsetDateTime;

use crate::support::{Answer, Service, ready, sandbox};

const DIGITS: &[u8] = b"0123456789abcdefghij";

async fn filled(objects: &[(&str, &str, &[u8])]) -> Sandbox {
    let sandbox = sandbox().await;
    let buckets = sandbox.aws.storage.buckets();
    let made = buckets.with_bucket("files", "eu-central-1", OffsetDateTime::UNIX_EPOCH);
    made.unwrap();
    for (key, kind, content) in objects {
        let put = sandbox.aws.storage.put("files", key, kind, content).await;
        put.unwrap();
    }
    sandbox
}

fn path(key: &str) -> String {
    let key = key.replace('\'', "''");
    let key = utf8_percent_encode(&key, NON_ALPHANUMERIC);
    format!("/catalog/Buckets('files')/objects('{key}')/content")
}

async fn get(service: &Service<'_>, key: &str, headers: &[(&str, &str)]) -> Answer {
    let bearer = service.bearer("bob");
    let all = [&[("authorization", bearer.as_str())], headers].concat();
    service.get_with(&path(key), &all).await
}

/// The bytes come as they are, with what S3 knows of them, and as an attachment.
#[tokio::test]
async fn content_comes_whole_and_harmless() {
    let sandbox = filled(&[
        ("docs/a.txt", "text/plain", DIGITS),
        ("evil.html", "text/html", b"<script>"),
    ])
    .await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let answer = get(&service, "docs/a.txt", &[]).await;
    assert_eq!((answer.status, answer.body.as_bytes()), (200, DIGITS));
    for (name, expected) in [
        ("content-type", "text/plain"),
        ("content-length", "20"),
        ("content-disposition", "attachment; filename=\"a.txt\""),
        ("content-security-policy", "sandbox; default-src 'none'"),
        ("x-content-type-options", "nosniff"),
        ("accept-ranges", "bytes"),
        ("cache-control", "private, no-cache"),
    ] {
        assert_eq!(answer.header(name), expected, "{name}");
    }
    assert!(answer.header("etag").starts_with('"'));
    assert!(!answer.header("last-modified").is_empty());
    let bearer = service.bearer("bob");
    let bearer = ("authorization", bearer.as_str());
    for (key, inline) in [("docs/a.txt", "inline"), ("evil.html", "attachment")] {
        let target = format!("{}?inline=true", path(key));
        let answer = service.get_with(&target, &[bearer]).await;
        assert!(
            answer.header("content-disposition").starts_with(inline),
            "{key}"
        );
    }
    for (wanted, status) in [
        ("script", 403),
        ("serviceworker", 403),
        ("style", 403),
        ("image", 200),
        ("empty", 200),
    ] {
        let answer = get(&service, "docs/a.txt", &[("sec-fetch-dest", wanted)]).await;
        assert_eq!(answer.status, status, "{wanted}");
    }
    let reads = || sandbox.core.ledger.count("s3", "GET ");
    let before = reads();
    let head = service.send("HEAD", &path("docs/a.txt"), &[bearer]).await;
    assert_eq!(reads(), before, "who asks for the head reads nothing");
    assert_eq!(
        (
            head.status,
            head.header("content-length"),
            head.body.as_str()
        ),
        (200, "20", "")
    );
    assert_eq!(head.header("etag"), answer.header("etag"));
    let written = service.send("PATCH", &path("docs/a.txt"), &[bearer]).await;
    assert_eq!(written.status, 405);
}

/// Every key leads to its bytes, and its name to the one in the header.
#[tokio::test]
async fn content_of_odd_keys() {
    let keys = [
        "a b+c%2F'd'.txt",
        "ü/😀.bin",
        "a/../b",
        "./c",
        ".hidden",
        "x\"y\\z.txt",
        "deep//er/",
    ];
    let objects: Vec<_> = keys
        .iter()
        .map(|key| (*key, "text/plain", key.as_bytes()))
        .collect();
    // s3s-fs keeps files and can't keep all of these; those it takes must be found
    let mut kept = Vec::new();
    let sandbox = filled(&[]).await;
    for (key, kind, content) in objects {
        if sandbox
            .aws
            .storage
            .put("files", key, kind, content)
            .await
            .is_ok()
        {
            kept.push(key);
        }
    }
    assert!(kept.len() >= 4, "{kept:?}");
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    for key in kept {
        let answer = get(&service, key, &[]).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, key), "{key}");
    }
    let answer = get(&service, "ü/😀.bin", &[]).await;
    assert_eq!(
        answer.header("content-disposition"),
        "attachment; filename=\"_.bin\"; filename*=UTF-8''%F0%9F%98%80.bin"
    );
    assert_eq!(get(&service, "nope", &[]).await.status, 404);
    let bearer = service.bearer("bob");
    let head = service
        .send("HEAD", &path("nope"), &[("authorization", &bearer)])
        .await;
    assert_eq!(head.status, 404);
}

/// Headers, and the status and body that they lead to.
type Case<'a> = (&'a [(&'a str, &'a str)], u16, &'a [u8]);

async fn judge(service: &Service<'_>, cases: &[Case<'_>]) {
    for (headers, status, body) in cases {
        let answer = get(service, "a.bin", headers).await;
        assert_eq!(answer.status, *status, "{headers:?}: {}", answer.body);
        if *status < 400 {
            assert_eq!(answer.body.as_bytes(), *body, "{headers:?}");
        }
    }
}

/// Dates in all forms that HTTP has; dates and ranges that are none don't count.
#[tokio::test]
async fn what_makes_no_sense_is_ignored() {
    let sandbox = filled(&[("a.bin", "application/octet-stream", DIGITS)]).await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    // obsolete forms, which S3 does not read (RFC 9110, 5.6.7)
    let rfc_850 = "Friday, 01-Jan-27 00:00:00 GMT";
    let asctime = "Thu Jan  1 00:00:10 1970";
    let range = ("range", "bytes=5-9");
    let cases: &[Case<'_>] = &[
        (&[("if-modified-since", "yesterday")], 200, DIGITS),
        (&[("if-modified-since", rfc_850)], 304, b""),
        (&[("if-unmodified-since", "never")], 200, DIGITS),
        (&[("if-unmodified-since", asctime)], 412, b""),
        (&[range, ("if-range", asctime)], 200, DIGITS),
        (&[range, ("if-range", "yesterday")], 200, DIGITS),
        (&[("range", "bytes=5-2")], 200, DIGITS),
        (&[("range", "bytes=99999999999999999999-")], 200, DIGITS),
        (&[("range", "bytes=5-99999999999999999999")], 200, DIGITS),
        (&[("range", "bytes=+5-9")], 200, DIGITS),
    ];
    judge(&service, cases).await;
}

/// Parts and conditions, as HTTP has them.
#[tokio::test]
async fn parts_and_conditions_are_judged() {
    let sandbox = filled(&[("a.bin", "application/octet-stream", DIGITS)]).await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let whole = get(&service, "a.bin", &[]).await;
    let (etag, modified) = (
        whole.header("etag").to_owned(),
        whole.header("last-modified").to_owned(),
    );
    let weak = format!("W/{etag}");
    let both = format!("\"x\", {etag}");
    let long_ago = "Thu, 01 Jan 1970 00:00:10 GMT";
    let range = ("range", "bytes=5-9");
    let cases: &[Case<'_>] = &[
        (&[range], 206, b"56789"),
        (&[("range", "bytes=15-")], 206, b"fghij"),
        (&[("range", "bytes=-3")], 206, b"hij"),
        (&[("range", "bytes=0-0,5-6")], 200, DIGITS),
        (&[("range", "nonsense")], 200, DIGITS),
        (&[("range", "bytes=20-")], 416, b""),
        (&[("if-none-match", &etag)], 304, b""),
        (&[("if-none-match", &weak)], 304, b""),
        (&[("if-none-match", &both)], 304, b""),
        (&[("if-none-match", "\"x\", \"y\"")], 200, DIGITS),
        (&[("if-none-match", "\"x\"")], 200, DIGITS),
        (&[("if-modified-since", &modified)], 304, b""),
        (&[("if-modified-since", long_ago)], 200, DIGITS),
        (&[("if-match", &etag)], 200, DIGITS),
        (&[("if-match", &both)], 200, DIGITS),
        (&[("if-match", "\"x\"")], 412, b""),
        (&[("if-unmodified-since", long_ago)], 412, b""),
        (&[range, ("if-range", &etag)], 206, b"56789"),
        (&[range, ("if-range", "\"x\"")], 200, DIGITS),
        (&[range, ("if-range", &weak)], 200, DIGITS),
        (&[range, ("if-range", &modified)], 206, b"56789"),
        (&[range, ("if-range", long_ago)], 200, DIGITS),
    ];
    judge(&service, cases).await;
    let part = get(&service, "a.bin", &[range]).await;
    assert_eq!(part.header("content-range"), "bytes 5-9/20");
    let beyond = get(&service, "a.bin", &[("range", "bytes=20-")]).await;
    assert_eq!(
        (beyond.code().as_str(), beyond.header("content-range")),
        ("RangeNotSatisfiable", "bytes */20")
    );
}

/// Where S3's connection breaks, the rest is asked for; the client sees nothing of it.
#[tokio::test]
async fn a_broken_connection_is_taken_up_again() {
    let content: Vec<u8> = (0..300_000_u32)
        .map(|n| b'a' + u8::try_from(n % 26).unwrap())
        .collect();
    let sandbox = filled(&[("big.txt", "text/plain", &content)]).await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let faults = &sandbox.core.faults;
    faults.once("s3/files/big.txt", Fault::Truncate(100_000));
    faults.once("s3/files/big.txt", Fault::Reset);
    faults.once("s3/files/big.txt", Fault::Truncate(7));
    faults.once(
        "s3/files/big.txt",
        Fault::status(503, "text/xml", "<Error><Code>SlowDown</Code></Error>"),
    );
    let answer = get(&service, "big.txt", &[]).await;
    assert_eq!(answer.status, 200);
    assert!(
        answer.body.as_bytes() == content,
        "{} bytes",
        answer.body.len()
    );
    assert!(!service.logged("the rest is asked for").is_empty());
    faults.once("s3/files/big.txt", Fault::Truncate(1000));
    let part = get(&service, "big.txt", &[("range", "bytes=100-99999")]).await;
    assert!(part.status == 206 && part.body.as_bytes() == &content[100..100_000]);
}

/// What can't be completed, or has changed meanwhile, breaks off visibly.
#[tokio::test]
async fn a_short_object_never_looks_whole() {
    let content = vec![b'x'; 300_000];
    let sandbox = filled(&[("big.txt", "text/plain", &content)]).await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let bearer = service.bearer("bob");
    let fetch = async || {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = http.get(format!("{}{}", service.url, path("big.txt")));
        let answer = request
            .header("authorization", &bearer)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        answer.bytes().await
    };
    sandbox
        .core
        .faults
        .once("s3/files/big.txt", Fault::Truncate(1000));
    sandbox.core.faults.always("s3/files/big.txt", Fault::Reset);
    // the first fault is for the first request; the others meet those for the rest
    assert!(fetch().await.is_err());
    service.until_logged("broke off at byte").await;
    sandbox.core.faults.clear("s3/files/big.txt");
    assert!(fetch().await.unwrap().len() == content.len());
}
