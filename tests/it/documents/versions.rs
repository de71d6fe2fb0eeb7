//! Versions, where the bucket keeps them.

use sandbox::bindings::CredentialSource;
use serde_json::{Value, json};

use super::{call, filled, get, object, send};
use crate::support::{Answer, Service, ready};

async fn put(service: &Service<'_>, key: &str, content: &'static str) {
    let bearer = service.bearer("alice");
    let path = format!("{}/content", object(key));
    let stored = service
        .put(&path, &[("authorization", &bearer)], content)
        .await;
    assert!(stored.status < 300, "{}", stored.body);
}

fn rows(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()["value"].as_array().unwrap().clone()
}

fn version(row: &Value) -> String {
    let of = |name: &str| row[name].as_str().unwrap();
    let id = of("versionId");
    format!("{}/versions('{id}')", object(of("objectKey")))
}

/// All that was is listed, read, and brought back.
#[tokio::test]
async fn versions_are_listed_read_and_restored() {
    let sandbox = filled().await;
    sandbox.aws.storage.keep_versions("files").unwrap();
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    put(&service, "docs/a.txt", "second").await;
    put(&service, "docs/a.txt", "third").await;
    put(&service, "docs/a.txt.bak", "another").await;
    let path = format!("{}/versions", object("docs/a.txt"));
    let all = rows(&get(&service, &format!("{path}?$orderby=lastModified desc")).await);
    assert_eq!(all.len(), 3);
    let latest: Vec<&Value> = all.iter().filter(|row| row["isLatest"] == true).collect();
    assert_eq!(latest.len(), 1);
    assert_eq!(latest[0]["size"], 5);
    let second = all.iter().find(|row| row["size"] == 6).unwrap();
    let content = get(&service, &format!("{}/content", version(second))).await;
    assert_eq!((content.status, content.body.as_str()), (200, "second"));
    // a sum over buckets would be an answer to another question
    let summed = get(
        &service,
        &format!("{path}?$apply=aggregate(size with sum as all)"),
    )
    .await;
    assert_eq!(summed.status, 501, "{}", summed.body);
    let one = get(&service, &version(second)).await;
    assert_eq!(one.json()["versionId"], second["versionId"], "{}", one.body);
    let first = all.iter().find(|row| row["versionId"] == "null").unwrap();
    let content = get(&service, &format!("{}/content", version(first))).await;
    assert_eq!(content.body, super::CONTENT);

    let restored = call(&service, &version(second), "restore", &json!({})).await;
    assert_eq!(restored.status, 200, "{}", restored.body);
    assert_eq!(restored.json()["size"], 6);
    let now = get(&service, &format!("{}/content", object("docs/a.txt"))).await;
    assert_eq!(now.body, "second");
    assert_eq!(rows(&get(&service, &path).await).len(), 4);

    let gone = send(&service, "DELETE", &version(second), &[], &json!({})).await;
    assert_eq!(gone.status, 204, "{}", gone.body);
    assert_eq!(rows(&get(&service, &path).await).len(), 3);
    assert_eq!(get(&service, &version(second)).await.status, 404);
    let content = format!("{}/content", version(second));
    assert_eq!(get(&service, &content).await.status, 404);
    let of_all = "/catalog/Buckets('files')/versions?$filter=startswith(objectKey,'docs/a')";
    assert_eq!(rows(&get(&service, of_all).await).len(), 4);
    let unbound = "/catalog/Versions?$filter=bucket_id eq 'files' and objectKey eq 'docs/a.txt'";
    assert_eq!(rows(&get(&service, unbound).await).len(), 3);
    assert_eq!(get(&service, "/catalog/Versions").await.status, 501);
}

/// What was deleted comes back.
#[tokio::test]
async fn deleted_objects_come_back() {
    let sandbox = filled().await;
    sandbox.aws.storage.keep_versions("files").unwrap();
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let path = object("docs/a.txt");
    let alive = call(&service, &path, "undelete", &json!({})).await;
    assert_eq!(alive.status, 412, "{}", alive.body);
    assert_eq!(
        send(&service, "DELETE", &path, &[], &json!({}))
            .await
            .status,
        204
    );
    assert_eq!(get(&service, &path).await.status, 404);
    let deleted = "/catalog/Buckets('files')/versions?$filter=isDeleteMarker and isLatest";
    let deleted = rows(&get(&service, deleted).await);
    assert_eq!(deleted.len(), 1);
    assert_eq!(deleted[0]["objectKey"], "docs/a.txt");
    let back = call(&service, &path, "undelete", &json!({})).await;
    assert_eq!(back.status, 200, "{}", back.body);
    assert_eq!(back.json()["objectKey"], "docs/a.txt");
    assert_eq!(
        get(&service, &format!("{path}/content")).await.body,
        super::CONTENT
    );
    let never = call(&service, &object("never"), "undelete", &json!({})).await;
    assert_eq!(never.status, 404);
}
