//! Keys of blanks alone: S3 takes them, though the AWS SDK takes them for missing.

use sandbox::bindings::{Bindings, CredentialSource};
use serde_json::json;

use super::{CONTENT, anybody, call, filled, get, object, send};
use crate::support::start;

const SET: &str = "/catalog/Buckets('files')/objects";

/// All that can be done to any other key.
#[tokio::test]
async fn keys_of_blanks_are_keys() {
    let sandbox = filled().await;
    sandbox.aws.storage.keep_versions("files").unwrap();
    let bindings = Bindings::new(&sandbox, CredentialSource::Oidc);
    let service = start(&sandbox, &bindings.set("presign", "true")).await;
    service.until_ready().await;
    for key in [" ", "\t", "\n", "  \u{a0}", "\u{3000}", " / "] {
        let path = object(key);
        let content = format!("{path}/content");
        let bearer = service.bearer("alice");
        let own = [("authorization", bearer.as_str())];
        let stored = service.put(&content, &own, CONTENT).await;
        assert_eq!(stored.status, 201, "{key:?}: {}", stored.body);
        assert_eq!(get(&service, &content).await.body, CONTENT, "{key:?}");
        let twice = send(&service, "POST", SET, &[], &json!({"objectKey": key})).await;
        assert_eq!(twice.status, 409, "{key:?}: {}", twice.body);

        let tags = json!({"tags": [{"key": "k", "value": "v"}]});
        let metadata = json!({"metadata": [{"key": "m", "value": "v"}]});
        for change in [&tags, &metadata] {
            let changed = send(&service, "PATCH", &path, &[], change).await;
            assert_eq!(changed.status, 204, "{key:?} {change}: {}", changed.body);
        }
        let row = get(&service, &path).await.json();
        assert_eq!(row["objectKey"], key);
        assert_eq!(
            (&row["tags"], &row["metadata"]),
            (&tags["tags"], &metadata["metadata"])
        );

        let aside = json!({"targetKey": "aside", "overwrite": true});
        let copied = call(&service, &path, "copy", &aside).await;
        assert_eq!(copied.status, 200, "{key:?}: {}", copied.body);
        let back = json!({"targetKey": key, "overwrite": true});
        let moved = call(&service, &object("aside"), "move", &back).await;
        assert_eq!(moved.status, 200, "{key:?}: {}", moved.body);

        let link = call(&service, &path, "share", &json!({})).await;
        assert_eq!(link.status, 200, "{key:?}: {}", link.body);
        let url = link.json()["url"].as_str().unwrap().to_owned();
        let shared = anybody().get(&url).send().await.unwrap();
        assert_eq!(shared.text().await.unwrap(), CONTENT, "{url}");

        let gone = send(&service, "DELETE", &path, &[], &json!("")).await;
        assert_eq!(gone.status, 204, "{key:?}: {}", gone.body);
        assert_eq!(get(&service, &path).await.status, 404, "{key:?}");
        let undeleted = call(&service, &path, "undelete", &json!({})).await;
        assert_eq!(undeleted.status, 200, "{key:?}: {}", undeleted.body);
        let there = sandbox.aws.storage.keys("files");
        assert!(there.contains(&key.to_owned()), "{key:?}");
    }
}
