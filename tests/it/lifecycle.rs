//! Life on the platform: start, health, log, stop.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use sandbox::bindings::{Bindings, CredentialSource};
use sandbox::fault::Fault;
use serde_json::Value;

use crate::support::{person, ready, sandbox, start};

/// An upstream that is away at start is no reason to end: the service says so and recovers.
#[tokio::test]
async fn a_start_without_upstreams_ends_in_a_session_once_they_are_back() {
    let sandbox = sandbox().await;
    sandbox.core.faults.always("sts", Fault::Reset);
    let service = start(&sandbox, &Bindings::new(&sandbox, CredentialSource::Oidc)).await;
    service.until_logged("no AWS session").await;
    assert_eq!(service.get_with("/health/live", &[]).await.status, 200);
    let waiting = service.get_with("/health/ready", &[]).await;
    assert_eq!(
        (waiting.status, waiting.json()["code"].as_str()),
        (503, Some("NoSession"))
    );
    let refused = service.get_as("bob", "/catalog/Buckets").await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (503, "NoSession")
    );
    assert!(!refused.header("retry-after").is_empty());
    sandbox.core.faults.clear("sts");
    service.until_ready().await;
    assert_eq!(service.get_as("bob", "/catalog/Buckets").await.status, 200);
}

/// SIGTERM: a running request ends well, the process ends with 0.
#[tokio::test]
async fn a_running_request_outlives_sigterm() {
    let sandbox = sandbox().await;
    let mut service = ready(&sandbox, CredentialSource::Oidc).await;
    sandbox
        .core
        .faults
        .once("s3", Fault::Slow(Duration::from_secs(2)));
    let slow = service.get_as("bob", "/catalog/Buckets");
    let stop = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let sent = Command::new("kill")
            .args(["-TERM", &service.pid().to_string()])
            .status();
        assert!(sent.unwrap().success());
    };
    let (answer, ()) = tokio::join!(slow, stop);
    assert_eq!(answer.status, 200);
    for _ in 0..200 {
        if let Some(code) = service.exit_code() {
            assert_eq!(code, 0);
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the process did not end");
}

/// The log: one JSON object a line, one line a request, nothing that a user typed.
#[tokio::test]
async fn requests_are_logged_once_and_discreetly() {
    let sandbox = sandbox().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let token = format!("Bearer {}", sandbox.identity.user_token(person("bob")));
    let headers = [
        ("authorization", token.as_str()),
        ("x-correlation-id", "my-id-1"),
    ];
    let answer = service
        .get_with("/catalog/Buckets?$filter=name%20eq%20'private'", &headers)
        .await;
    assert_eq!(answer.header("x-correlation-id"), "my-id-1");
    // the access's line of the audit trail comes before the request's own
    let line = service.until_logged("\"type\":\"request\",").await;
    let lines = service.logged("my-id-1");
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].contains("\"logger\":\"audit\""), "{lines:?}");
    let line: Value = serde_json::from_str(lines.last().unwrap_or(&line)).unwrap();
    for (field, expected) in [
        ("type", "request"),
        ("method", "GET"),
        ("request", "/catalog/Buckets"),
        ("caller.kind", "user"),
    ] {
        assert_eq!(line[field], expected, "{line}");
    }
    assert_eq!(line["response_status"], 200);
    assert!(service.logged("private").is_empty());
    assert!(service.logged(person("bob").email).is_empty());
    for line in service.log() {
        let line: Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}"));
        assert!(
            line["written_at"].is_string() && line["level"].is_string() && line["msg"].is_string()
        );
    }
    let forged = service
        .get_with("/health/live", &[("x-correlation-id", "a b\"}")])
        .await;
    assert_eq!(forged.header("x-correlation-id").len(), 36);
}

/// Headers that every answer has, and paths that lead nowhere.
#[tokio::test]
async fn every_answer_is_json_and_not_to_be_sniffed_or_stored() {
    let sandbox = sandbox().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let long = format!("/catalog/Buckets?x={}", "a".repeat(17_000));
    for (path, status) in [
        ("/", 404),
        ("/catalogue", 404),
        ("/health", 404),
        ("/..%2f", 404),
        (long.as_str(), 414),
    ] {
        let answer = service.get_with(path, &[]).await;
        assert_eq!(answer.status, status, "{}", &path[..path.len().min(40)]);
        assert!(answer.json()["error"]["message"].is_string());
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("cache-control"), "private, no-store");
        assert!(!answer.header("x-correlation-id").is_empty());
    }
    let much = "a".repeat(66_000);
    let answer = service.get_with("/health/live", &[("x-much", &much)]).await;
    assert_eq!((answer.status, answer.code().as_str()), (431, "TooLarge"));
}

/// Requests that proxies could read differently than we do are cut off.
#[tokio::test]
async fn smuggled_requests_are_refused() {
    let sandbox = sandbox().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let address = service.url.trim_start_matches("http://").to_owned();
    let bent = [
        "POST /catalog/ HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /catalog/ HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ncontent-length: 5\r\n\r\nabcd",
        "POST /catalog/ HTTP/1.1\r\nhost: a\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
        "GET /catalog/ HTTP/1.1\r\nhost: a\r\nbad header: x\r\n\r\n",
    ];
    for request in bent {
        let address = address.clone();
        let answer = tokio::task::spawn_blocking(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            stream
                .set_read_timeout(Some(Duration::from_secs(5)))
                .unwrap();
            stream.write_all(request.as_bytes()).unwrap();
            let mut answer = String::new();
            let _ = stream.read_to_string(&mut answer);
            answer
        });
        let answer = answer.await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 400"), "{request:?}: {answer}");
    }
}

/// A crowd is answered: everybody gets a list or is told when to come back.
#[tokio::test]
async fn a_thousand_callers_at_once_are_all_answered() {
    let sandbox = sandbox().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let token = format!("Bearer {}", sandbox.identity.user_token(person("bob")));
    let headers = [("authorization", token.as_str())];
    let requests = (0..1000).map(|_| service.get_with("/catalog/Buckets", &headers));
    let answers = futures_util::future::join_all(requests).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
}
