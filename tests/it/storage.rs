//! S3 as it really behaves: pages, regions, denials and failures. Never an empty list instead.

use std::time::Duration;

use sandbox::Sandbox;
use sandbox::bindings::{Bindings, CredentialSource};
use sandbox::fault::Fault;
use time::OffsetDateTime;
use tokio::time::Instant;

use crate::support::{Service, ready, sandbox, start};

fn put(sandbox: &Sandbox, name: &str, region: &str) {
    let buckets = sandbox.aws.storage.buckets();
    buckets
        .with_bucket(name, region, OffsetDateTime::UNIX_EPOCH)
        .unwrap();
}

/// A service that asks S3 for every request.
async fn unshared(sandbox: &Sandbox) -> Service<'_> {
    let bindings = Bindings::new(sandbox, CredentialSource::Oidc).set("list_freshness_ms", "0");
    let service = start(sandbox, &bindings).await;
    service.until_ready().await;
    service
}

fn xml(code: u16, name: &str) -> Fault {
    let body = format!(
        "<Error><Code>{name}</Code><Message>arn:aws:iam::111122223333:role/x</Message></Error>"
    );
    Fault::status(code, "application/xml", body)
}

/// An account with many buckets is listed to its end, each bucket once.
#[tokio::test]
async fn all_pages_of_a_long_list_are_read() {
    let sandbox = sandbox().await;
    let names: Vec<String> = (0..2500)
        .map(|number| format!("bucket-{number:04}"))
        .collect();
    for name in &names {
        put(&sandbox, name, "eu-central-1");
    }
    let service = unshared(&sandbox).await;
    assert_eq!(service.get_as("bob", "/catalog/Buckets").await.ids(), names);
    let pages = sandbox.core.ledger.of("s3");
    let pages = pages
        .iter()
        .filter(|line| line.starts_with("GET /"))
        .count();
    assert!(pages >= 3, "{pages}");
    let count = service.get_as("bob", "/catalog/Buckets/$count").await;
    assert_eq!(count.body, "2500");
}

/// A client that asks for small pages is led from one to the next.
#[tokio::test]
async fn next_links_lead_to_the_end_of_the_list() {
    let sandbox = sandbox().await;
    for number in 0..7 {
        put(&sandbox, &format!("bucket-{number}"), "eu-central-1");
    }
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let token = sandbox.identity.user_token(crate::support::person("bob"));
    let bearer = format!("Bearer {token}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("prefer", "odata.maxpagesize=3"),
    ];
    let (mut path, mut seen) = ("/catalog/Buckets".to_owned(), Vec::new());
    for page in [3, 3, 1] {
        let answer = service.get_with(&path, &headers).await;
        assert_eq!(answer.header("preference-applied"), "odata.maxpagesize=3");
        assert_eq!(answer.ids().len(), page);
        seen.extend(answer.ids());
        match answer.json()["@odata.nextLink"].as_str() {
            Some(next) => path = format!("/catalog/{next}"),
            None => assert_eq!(page, 1, "the last page has no link"),
        }
    }
    assert_eq!(seen.len(), 7);
}

/// Buckets that the endpoint can't reach, or that the operator hides, don't exist for callers.
#[tokio::test]
async fn only_reachable_and_allowed_buckets_are_visible() {
    let sandbox = sandbox().await;
    put(&sandbox, "team-a", "eu-central-1");
    put(&sandbox, "team-b", "us-east-1");
    put(&sandbox, "other", "eu-central-1");
    let bindings = Bindings::new(&sandbox, CredentialSource::Oidc).set("buckets", "team-*");
    let service = start(&sandbox, &bindings).await;
    service.until_ready().await;
    assert_eq!(
        service.get_as("bob", "/catalog/Buckets").await.ids(),
        ["team-a"]
    );
    for hidden in ["team-b", "other", "absent"] {
        let answer = service
            .get_as("bob", &format!("/catalog/Buckets('{hidden}')"))
            .await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (404, "NotFound"),
            "{hidden}"
        );
    }
    let answer = service.get_as("bob", "/catalog/Buckets('team-a')").await;
    assert_eq!(answer.json()["region"], "eu-central-1");
}

/// What S3 refuses or fails with is told by who must act, without S3's words.
#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn failures_of_s3_have_their_own_status_and_code() {
    let sandbox = sandbox().await;
    put(&sandbox, "bucket", "eu-central-1");
    let service = unshared(&sandbox).await;
    let html = || Fault::status(502, "text/html", "<html>proxy</html>");
    let list = "<ListAllMyBucketsResult><Buckets><Bucket><Name>a</Name>";
    let cases = [
        (xml(403, "AccessDenied"), 403, "StorageDenied"),
        (xml(503, "SlowDown"), 503, "StorageUnavailable"),
        (xml(500, "InternalError"), 503, "StorageUnavailable"),
        (html(), 503, "StorageUnavailable"),
        (Fault::Reset, 503, "StorageUnavailable"),
        (Fault::Truncate(60), 503, "StorageUnavailable"),
        (xml(301, "PermanentRedirect"), 502, "StorageError"),
        (
            xml(400, "AuthorizationHeaderMalformed"),
            502,
            "StorageError",
        ),
        (xml(403, "RequestTimeTooSkewed"), 502, "StorageError"),
        (xml(403, "SignatureDoesNotMatch"), 502, "StorageError"),
        (
            Fault::status(200, "text/html", "<html>hello</html>"),
            502,
            "StorageError",
        ),
        (
            Fault::status(200, "application/xml", list),
            502,
            "StorageError",
        ),
        (
            Fault::status(200, "application/xml", ""),
            502,
            "StorageError",
        ),
        (xml(400, "ExpiredToken"), 503, "NoSession"),
    ];
    for (fault, status, code) in cases {
        sandbox.core.faults.always("s3", fault.clone());
        let began = Instant::now();
        let answer = service.get_as("bob", "/catalog/Buckets").await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (status, code),
            "{fault:?}"
        );
        assert_eq!(
            answer.headers.contains_key("retry-after"),
            status == 503,
            "{fault:?}"
        );
        assert!(
            !answer.body.contains("arn:") && !answer.body.contains("html"),
            "{}",
            answer.body
        );
        assert!(began.elapsed() < Duration::from_secs(5), "{fault:?}");
        sandbox.core.faults.clear("s3");
        assert_eq!(
            service.get_as("bob", "/catalog/Buckets").await.ids(),
            ["bucket"]
        );
    }
}

/// A hiccup of S3 is not seen by callers.
#[tokio::test]
async fn one_failure_is_made_good_by_asking_again() {
    let sandbox = sandbox().await;
    put(&sandbox, "bucket", "eu-central-1");
    let service = unshared(&sandbox).await;
    for fault in [
        xml(503, "SlowDown"),
        xml(500, "InternalError"),
        Fault::Reset,
        Fault::Truncate(40),
        xml(400, "ExpiredToken"),
    ] {
        sandbox.core.faults.once("s3", fault.clone());
        let answer = service.get_as("bob", "/catalog/Buckets").await;
        assert_eq!(answer.ids(), ["bucket"], "{fault:?}");
    }
}

/// A silent S3 costs a caller twelve seconds at most, and nobody else anything.
#[tokio::test]
async fn a_silent_s3_is_given_up_while_the_process_stays_healthy() {
    let sandbox = sandbox().await;
    let service = unshared(&sandbox).await;
    sandbox
        .core
        .faults
        .always("s3", Fault::Hang(Duration::from_mins(1)));
    let began = Instant::now();
    let hanging = service.get_as("bob", "/catalog/Buckets");
    let healthy = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let asked = Instant::now();
        assert_eq!(service.get_with("/health/live", &[]).await.status, 200);
        assert!(asked.elapsed() < Duration::from_millis(500));
    };
    let (answer, ()) = tokio::join!(hanging, healthy);
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (503, "StorageUnavailable")
    );
    assert!(
        began.elapsed() < Duration::from_secs(14),
        "{:?}",
        began.elapsed()
    );
}

/// Callers who come together share one look at S3; with freshness 0 each has its own.
#[tokio::test]
async fn a_list_is_shared_as_long_as_it_is_fresh() {
    let sandbox = sandbox().await;
    put(&sandbox, "bucket", "eu-central-1");
    for (freshness, most) in [("60000", 1), ("0", 20)] {
        let bindings =
            Bindings::new(&sandbox, CredentialSource::Oidc).set("list_freshness_ms", freshness);
        let service = start(&sandbox, &bindings).await;
        service.until_ready().await;
        let before = sandbox.core.ledger.count("s3", "GET /");
        let requests = (0..20).map(|_| service.get_as("bob", "/catalog/Buckets"));
        for answer in futures_util::future::join_all(requests).await {
            assert_eq!(answer.ids(), ["bucket"]);
        }
        assert_eq!(
            sandbox.core.ledger.count("s3", "GET /") - before,
            most,
            "{freshness}"
        );
    }
}
