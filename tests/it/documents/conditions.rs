//! Changes on conditions: nothing is changed that the client does not mean.

use std::time::Duration;

use sandbox::bindings::CredentialSource;
use sandbox::fault::Fault;
use sandbox::s3::Deposit;
use serde_json::json;

use super::{call, filled, get, object, send};
use crate::support::ready;

const LONG_AGO: &str = "Thu, 01 Jan 1970 00:00:10 GMT";

/// `If-Unmodified-Since` and `If-None-Match: *` hold what is there; what is no date holds nothing.
#[tokio::test]
async fn changes_honour_dates() {
    let sandbox = filled().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let entity = object("top.txt");
    let content = format!("{entity}/content");
    let changed = json!({"contentType": "text/x-own"});
    for held in [("if-unmodified-since", LONG_AGO), ("if-none-match", "*")] {
        for (method, path) in [
            ("PUT", &content),
            ("DELETE", &content),
            ("PATCH", &entity),
            ("DELETE", &entity),
        ] {
            let answer = send(&service, method, path, &[held], &changed).await;
            assert_eq!(answer.status, 412, "{held:?} {method} {path}");
        }
    }
    let modified = get(&service, &content).await;
    let modified = modified.header("last-modified").to_owned();
    for date in [modified.as_str(), "yesterday"] {
        let since = [("if-unmodified-since", date)];
        let answer = send(&service, "PUT", &content, &since, &changed).await;
        assert_eq!(answer.status, 204, "{date}: {}", answer.body);
    }
    let later = [("if-unmodified-since", "Fri, 31 Dec 9999 23:59:59 GMT")];
    let answer = send(&service, "DELETE", &content, &later, &changed).await;
    assert_eq!(answer.status, 204, "{}", answer.body);
}

/// `If-Match` on a copy or a move means the source.
#[tokio::test]
async fn copies_honour_the_tag_of_their_source() {
    let sandbox = filled().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let source = object("top.txt");
    let read = get(&service, &format!("{source}/content")).await;
    for (tag, expected) in [("\"other\"", 412), (read.header("etag"), 200)] {
        for name in ["copy", "move"] {
            let path = format!("{source}/CatalogService.{name}");
            let given = json!({"targetKey": format!("{name}.txt")});
            let answer = send(&service, "POST", &path, &[("if-match", tag)], &given).await;
            assert_eq!(answer.status, expected, "{name} {tag}: {}", answer.body);
        }
    }
    let gone = call(&service, &source, "copy", &json!({"targetKey": "x"})).await;
    assert_eq!(gone.status, 404);
}

/// S3 has no condition for tags; those that were meant for one version never come to a newer one.
#[tokio::test]
async fn tags_come_to_the_version_that_was_meant() {
    let sandbox = filled().await;
    let storage = &sandbox.aws.storage;
    storage.keep_versions("files").unwrap();
    let newer = Deposit {
        content: b"newer",
        tags: &[("own", "tag")],
        ..Deposit::default()
    };
    let place = "s3/files/docs/a.txt";
    for tags in [json!([{"key": "k", "value": "v"}]), json!([])] {
        let put = storage.put("files", "docs/a.txt", "text/plain", b"meant");
        put.await.unwrap();
        let service = ready(&sandbox, CredentialSource::Oidc).await;
        let entity = object("docs/a.txt");
        let meant = get(&service, &entity).await.json();
        let etag = meant["@odata.etag"].as_str().unwrap();
        let looks = || {
            sandbox
                .core
                .ledger
                .count("s3", "HEAD /files/docs/a.txt 200")
        };
        let before = looks();
        // it is looked at, and replaced before the tags arrive
        for delay in [Duration::ZERO, Duration::from_secs(2)] {
            sandbox.core.faults.once(place, Fault::Slow(delay));
        }
        let body = json!({"tags": tags});
        let match_it = [("if-match", etag)];
        let changing = send(&service, "PATCH", &entity, &match_it, &body);
        let replacing = async {
            while looks() == before {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            let deposit = storage.deposit("files", "docs/a.txt", newer);
            deposit.await.unwrap();
        };
        let (changed, ()) = tokio::join!(changing, replacing);
        assert_eq!(changed.status, 204, "{}", changed.body);
        let latest = get(&service, &entity).await.json();
        assert_eq!(latest["tags"], json!([{"key": "own", "value": "tag"}]));
    }
}
