//! Folders, which S3 does not know: each object below them is worked on.

use serde_json::{Value, json};

use super::{call, filled, get, object, send};
use crate::support::{Service, ready};
use sandbox::bindings::CredentialSource;

fn keys(sandbox: &sandbox::Sandbox) -> Vec<String> {
    sandbox.aws.storage.keys("files")
}

async fn summary(service: &Service<'_>, key: &str) -> Value {
    let path = format!("{}/CatalogService.summary()", object(key));
    let answer = get(service, &path).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

#[tokio::test]
async fn folders_are_created_measured_and_removed() {
    let sandbox = filled().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let bucket = "/catalog/Buckets('files')";
    let made = call(
        &service,
        bucket,
        "createFolder",
        &json!({"folder": "new/x"}),
    )
    .await;
    assert_eq!(made.status, 200, "{}", made.body);
    assert_eq!(made.json()["objectKey"], "new/x/");
    assert_eq!(made.json()["isFolder"], true);
    let again = call(
        &service,
        bucket,
        "createFolder",
        &json!({"folder": "new/x/"}),
    )
    .await;
    assert_eq!((again.status, again.code().as_str()), (409, "Conflict"));
    for folder in ["", "/", "//"] {
        let answer = call(&service, bucket, "createFolder", &json!({"folder": folder})).await;
        assert_eq!(answer.status, 400, "{folder}: {}", answer.body);
    }

    let told = summary(&service, "docs/").await;
    assert_eq!(told["objects"], 3);
    assert_eq!(told["bytes"], 3 * super::CONTENT.len());
    let none = call(&service, &object("docs/a.txt"), "deleteFolder", &json!({})).await;
    assert_eq!(none.status, 400, "{}", none.body);
    let removed = call(&service, &object("docs/"), "deleteFolder", &json!({})).await;
    assert_eq!(removed.status, 200, "{}", removed.body);
    let told = removed.json();
    assert_eq!((&told["objects"], &told["next"]), (&json!(3), &Value::Null));
    assert_eq!(keys(&sandbox), ["new/x/", "top.txt"]);
    assert_eq!(summary(&service, "docs/").await["objects"], 0);
}

#[tokio::test]
async fn folders_are_copied_and_moved_with_progress() {
    let sandbox = filled().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let given = json!({"targetKey": "copy/"});
    let copied = call(&service, &object("docs/"), "copy", &given).await;
    assert_eq!(copied.status, 200, "{}", copied.body);
    assert_eq!(copied.json()["objects"], 3);
    assert_eq!(copied.json()["failures"], json!([]));
    // what is there is left and told, and the rest goes on
    let again = call(&service, &object("docs/"), "copy", &given)
        .await
        .json();
    assert_eq!(again["objects"], 0);
    assert_eq!(again["failures"].as_array().unwrap().len(), 3);
    assert_eq!(again["failures"][0]["code"], "Conflict");

    let moved = call(
        &service,
        &object("docs/"),
        "move",
        &json!({"targetKey": "moved/"}),
    )
    .await;
    assert_eq!(moved.json()["objects"], 3, "{}", moved.body);
    let expected = [
        "copy/a.txt",
        "copy/b.csv",
        "copy/sub/c.txt",
        "moved/a.txt",
        "moved/b.csv",
        "moved/sub/c.txt",
        "top.txt",
    ];
    assert_eq!(keys(&sandbox), expected);
    for target in ["moved/sub/", "moved/"] {
        let given = json!({"targetKey": target});
        let answer = call(&service, &object("moved/"), "move", &given).await;
        assert_eq!(answer.status, 400, "{target}: {}", answer.body);
    }
    assert_eq!(keys(&sandbox), expected);

    // one level up: what would come to lie in the folder that is moved is left and told
    let storage = &sandbox.aws.storage;
    storage
        .put("files", "moved/sub/sub/d.txt", "text/plain", b"d")
        .await
        .unwrap();
    let given = json!({"targetKey": "moved/"});
    let up = call(&service, &object("moved/sub/"), "move", &given)
        .await
        .json();
    assert_eq!(
        (&up["objects"], &up["failures"][0]["code"]),
        (&json!(1), &json!("BadRequest"))
    );
    let now = keys(&sandbox);
    assert!(now.contains(&"moved/c.txt".to_owned()), "{now:?}");
    assert!(now.contains(&"moved/sub/sub/d.txt".to_owned()), "{now:?}");
}

/// Whoever may only read changes nothing by any of the actions.
#[tokio::test]
async fn readers_call_functions_only() {
    let sandbox = filled().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let bearer = service.bearer("bob");
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
    ];
    for (name, given) in [
        ("copy", json!({"targetKey": "x/"})),
        ("move", json!({"targetKey": "x/"})),
        ("deleteFolder", json!({})),
    ] {
        let path = format!("{}/CatalogService.{name}", object("docs/"));
        let body = given.to_string().into_bytes();
        assert_eq!(
            service.post(&path, &headers, body).await.status,
            403,
            "{name}"
        );
        assert_eq!(service.get_as("alice", &path).await.status, 405, "{name}");
    }
    let folder = format!("{}/CatalogService.summary()", object("docs/"));
    assert_eq!(service.get_as("bob", &folder).await.status, 200);
    let posted = send(&service, "POST", &folder, &[], &json!({})).await;
    assert_eq!(posted.status, 405);
    assert_eq!(keys(&sandbox).len(), 4);
}
