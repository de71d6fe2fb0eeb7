//! Documents: created, described, copied, moved, removed and brought back.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sandbox::Sandbox;
use sandbox::bindings::{Bindings, CredentialSource};
use sandbox::fault::Fault;
use serde_json::{Value, json};

use crate::support::{Answer, Service, ready, start};
use crate::upload::with_bucket;

mod blanks;
mod conditions;
mod folders;
mod mistakes;
mod versions;

const CONTENT: &str = "Grüße, Welt\n";

/// A bucket with a few documents.
async fn filled() -> Sandbox {
    let sandbox = with_bucket().await;
    for key in ["docs/a.txt", "docs/b.csv", "docs/sub/c.txt", "top.txt"] {
        let storage = &sandbox.aws.storage;
        let put = storage.put("files", key, "text/plain", CONTENT.as_bytes());
        put.await.unwrap();
    }
    sandbox
}

fn object(key: &str) -> String {
    let key = utf8_percent_encode(&key.replace('\'', "''"), NON_ALPHANUMERIC).to_string();
    format!("/catalog/Buckets('files')/objects('{key}')")
}

async fn send(
    service: &Service<'_>,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &Value,
) -> Answer {
    let bearer = service.bearer("alice");
    let own = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
    ];
    let all = [&own, headers].concat();
    service
        .send_body(method, path, &all, body.to_string())
        .await
}

async fn get(service: &Service<'_>, path: &str) -> Answer {
    service.get_as("alice", path).await
}

async fn call(service: &Service<'_>, path: &str, name: &str, given: &Value) -> Answer {
    let path = format!("{path}/CatalogService.{name}");
    send(service, "POST", &path, &[], given).await
}

/// POST makes an object without content, with all that it is said to be.
#[tokio::test]
async fn objects_are_created_with_their_description() {
    let sandbox = filled().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let set = "/catalog/Buckets('files')/objects";
    let body = json!({
        "objectKey": "new/Bericht 1.csv",
        "metadata": [{"key": "author", "value": "Jörg"}],
        "tags": [{"key": "year", "value": "2026"}],
    });
    let answer = send(&service, "POST", set, &[], &body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let location = answer.header("location").to_owned();
    let row = answer.json();
    assert_eq!(row["@odata.context"], "../$metadata#Objects/$entity");
    assert_eq!(row["contentType"], "text/csv");
    assert_eq!(row["metadata"], body["metadata"]);
    assert_eq!(row["tags"], body["tags"]);
    assert_eq!(row["size"], 0);
    let read = get(&service, &location).await;
    assert_eq!(read.status, 200, "{location}: {}", read.body);
    assert_eq!(read.json()["tags"], body["tags"]);
    let again = send(&service, "POST", set, &[], &body).await;
    assert_eq!((again.status, again.code().as_str()), (409, "Conflict"));

    let body = json!({"bucket_id": "files", "objectKey": "other", "contentType": "text/x-own"});
    let minimal = [("prefer", "return=minimal")];
    let answer = send(&service, "POST", "/catalog/Objects", &minimal, &body).await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (204, ""),
        "{}",
        answer.body
    );
    assert_eq!(answer.header("preference-applied"), "return=minimal");
    let id = answer.header("odata-entityid").to_owned();
    assert_eq!(get(&service, &id).await.json()["contentType"], "text/x-own");

    for (body, target) in [
        (json!({}), "objectKey"),
        (json!({"objectKey": 7}), "objectKey"),
        (
            json!({"objectKey": "x", "tags": [{"key": "a"}]}),
            "tags/0/value",
        ),
    ] {
        let answer = send(&service, "POST", set, &[], &body).await;
        assert_eq!(answer.status, 400, "{body}");
        assert_eq!(answer.json()["error"]["target"], target, "{}", answer.body);
    }
    for metadata in [
        json!([{"key": "a b", "value": ""}]),
        json!([{"key": "a", "value": "x".repeat(2048)}]),
        json!([{"key": "a", "value": ""}, {"key": "A", "value": ""}]),
    ] {
        let body = json!({"objectKey": "x", "metadata": metadata});
        let answer = send(&service, "POST", set, &[], &body).await;
        assert_eq!(answer.status, 400, "{body}");
    }
    let reader = [("authorization", service.bearer("bob"))];
    let reader = [(reader[0].0, reader[0].1.as_str())];
    assert_eq!(service.post(set, &reader, b"{}".to_vec()).await.status, 403);
    assert_eq!(get(&service, &object("x")).await.status, 404);
}

/// PATCH changes what it names, PUT forgets the rest; content and tags stay as they are.
#[tokio::test]
async fn descriptions_change_on_conditions() {
    let sandbox = filled().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let path = object("docs/a.txt");
    let before = get(&service, &path).await.json();
    let etag = before["@odata.etag"].as_str().unwrap().to_owned();
    assert_eq!(before["metadata"], json!([]));

    let tags = json!({"tags": [{"key": "Kunde", "value": "Müller & Söhne".replace('&', "+")}]});
    let stale = [("if-match", "W/\"0\"")];
    let refused = send(&service, "PATCH", &path, &stale, &tags).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (412, "PreconditionFailed")
    );
    let match_it = [("if-match", etag.as_str())];
    let changed = send(&service, "PATCH", &path, &match_it, &tags).await;
    assert_eq!(changed.status, 204, "{}", changed.body);
    let tagged = get(&service, &format!("{path}/tags")).await;
    assert_eq!(tagged.json()["value"], tags["tags"], "{}", tagged.body);

    let body = json!({
        "contentType": "text/markdown",
        "metadata": [{"key": "note", "value": "50 % – ok"}],
    });
    let whole = [("prefer", "return=representation")];
    let changed = send(&service, "PATCH", &path, &whole, &body).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let row = changed.json();
    assert_eq!(row["contentType"], "text/markdown");
    assert_eq!(row["metadata"], body["metadata"]);
    assert_eq!(row["tags"], tags["tags"]);
    assert_eq!(row["size"], before["size"]);
    let content = get(&service, &format!("{path}/content")).await;
    assert_eq!(content.body, CONTENT);
    assert_eq!(content.header("content-type"), "text/markdown");

    let replaced = send(&service, "PUT", &path, &[], &json!({})).await;
    assert_eq!(replaced.status, 204, "{}", replaced.body);
    let row = get(&service, &path).await.json();
    assert_eq!((&row["metadata"], &row["tags"]), (&json!([]), &json!([])));
    assert_eq!(row["contentType"], "text/markdown");

    let absent = send(&service, "PATCH", &object("none"), &[], &json!({})).await;
    assert_eq!(absent.status, 404);
    let list = get(
        &service,
        "/catalog/Buckets('files')/objects?$select=objectKey,tags",
    )
    .await;
    assert_eq!(list.status, 501, "{}", list.body);
    let named = get(&service, &format!("{path}?$select=objectKey,tags")).await;
    assert_eq!(named.json()["tags"], json!([]));
}

/// Copies and renames take everything along, and replace only what they may.
#[tokio::test]
async fn one_document_is_copied_and_moved() {
    let sandbox = filled().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let from = object("docs/a.txt");
    let tags = json!({
        "tags": [{"key": "k", "value": "v"}], "metadata": [{"key": "m", "value": "ü"}],
    });
    send(&service, "PATCH", &from, &[], &tags).await;
    let target = "copy/Ä 100%+'x'.txt";
    let done = call(&service, &from, "copy", &json!({"targetKey": target})).await;
    assert_eq!(done.status, 200, "{}", done.body);
    let told = done.json();
    assert_eq!(
        (&told["objects"], &told["bytes"], &told["next"]),
        (&json!(1), &json!(CONTENT.len()), &Value::Null)
    );
    let row = get(&service, &object(target)).await.json();
    assert_eq!(row["tags"], tags["tags"]);
    assert_eq!(row["metadata"], tags["metadata"]);
    let again = call(&service, &from, "copy", &json!({"targetKey": target})).await;
    assert_eq!((again.status, again.code().as_str()), (409, "Conflict"));
    let over = json!({"targetKey": target, "overwrite": true});
    assert_eq!(call(&service, &from, "copy", &over).await.status, 200);

    let moved = call(&service, &from, "move", &json!({"targetKey": "b.txt"})).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    assert_eq!(get(&service, &from).await.status, 404);
    assert_eq!(
        get(&service, &format!("{}/content", object("b.txt")))
            .await
            .body,
        CONTENT
    );
    let to_itself = json!({"targetKey": "b.txt", "overwrite": true});
    let same = call(&service, &object("b.txt"), "move", &to_itself).await;
    assert_eq!(same.status, 200, "{}", same.body);
    assert_eq!(get(&service, &object("b.txt")).await.status, 200);
    for (key, given) in [
        ("b.txt", json!({"targetKey": "folder/"})),
        ("b.txt", json!({"targetKey": ""})),
        (
            "b.txt",
            json!({"targetKey": ".btp-s3-catalog/x", "overwrite": true}),
        ),
    ] {
        let answer = call(&service, &object(key), "move", &given).await;
        assert!(
            (400..405).contains(&answer.status),
            "{given}: {}",
            answer.body
        );
    }
    let bucket = json!({"targetBucket": "nowhere", "targetKey": "x"});
    assert_eq!(
        call(&service, &object("b.txt"), "copy", &bucket)
            .await
            .status,
        404
    );
    assert_eq!(get(&service, &object("b.txt")).await.status, 200);
}

/// S3 gives no reason with an answer to HEAD; it is found out.
#[tokio::test]
async fn what_s3_refuses_is_told_with_its_reason() {
    let sandbox = filled().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let faults = &sandbox.core.faults;
    let refused = |status, code: &str| {
        let told = format!("<Error><Code>{code}</Code><Message>no</Message></Error>");
        Fault::status(status, "text/xml", told)
    };
    faults.always("s3/files/top.txt", refused(403, "AccessDenied"));
    let path = object("top.txt");
    let answer = get(&service, &path).await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (403, "StorageDenied")
    );
    let answer = send(&service, "DELETE", &path, &[], &json!({})).await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (403, "StorageDenied")
    );
    faults.clear("s3/files/top.txt");
    // the session is over: a new one is earned
    for _ in 0..2 {
        faults.once("s3/files/top.txt", refused(400, "ExpiredToken"));
    }
    let answer = get(&service, &path).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

/// A link is made only where an operator allows it, and opens without a token.
#[tokio::test]
async fn links_are_switched_on_by_an_operator() {
    let sandbox = filled().await;
    let path = object("docs/a.txt");
    {
        let service = ready(&sandbox, CredentialSource::Oidc).await;
        let off = call(&service, &path, "share", &json!({})).await;
        assert_eq!(off.status, 501, "{}", off.body);
    }
    let bindings = Bindings::new(&sandbox, CredentialSource::Oidc);
    let service = start(&sandbox, &bindings.set("presign", "true")).await;
    service.until_ready().await;
    let shared = call(&service, &path, "share", &json!({"seconds": 60})).await;
    assert_eq!(shared.status, 200, "{}", shared.body);
    let link = shared.json()["url"].as_str().unwrap().to_owned();
    assert!(link.contains("X-Amz-Expires=60") && link.contains("response-content-disposition"));
    let got = anybody().get(&link).send().await.unwrap();
    assert_eq!(got.status().as_u16(), 200);
    let disposition = got.headers()["content-disposition"].to_str().unwrap();
    assert!(disposition.starts_with("attachment"), "{disposition}");
    assert_eq!(got.text().await.unwrap(), CONTENT);
    let logged = service.logged("\"share\"").len() + service.logged("/share").len();
    assert!(logged > 0, "the trail tells of the link");
    assert!(!service.log().join("\n").contains("X-Amz-Signature"));
    for seconds in [0, -1, 3601] {
        let answer = call(&service, &path, "share", &json!({"seconds": seconds})).await;
        assert_eq!(answer.status, 400, "{seconds}");
    }
    let none = call(&service, &object("none"), "share", &json!({})).await;
    assert_eq!(none.status, 404);
}

/// A client without a token, which trusts the sandbox.
fn anybody() -> reqwest::Client {
    reqwest::Client::builder()
        .tls_danger_accept_invalid_certs(true)
        .build()
        .unwrap()
}
