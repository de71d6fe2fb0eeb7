//! Objects and folders of a bucket: what S3 is asked for, and what clients see of it.

use sandbox::Sandbox;
use sandbox::bindings::{Bindings, CredentialSource};
use serde_json::Value;
use time::OffsetDateTime;

use crate::support::{Answer, Service, ready, sandbox, start};

mod conditions;
mod queries;

const KEYS: [&str; 9] = [
    "docs/2024/a.pdf",
    "docs/2024/b.pdf",
    "docs/2025/a + b%2F'c'.txt",
    "docs/2025/Übersicht 😀.md",
    "docs/readme.md",
    "docs/z.json",
    "images/logo.png",
    "top.bin",
    "ä.csv",
];

async fn filled() -> Sandbox {
    let sandbox = sandbox().await;
    for bucket in ["files", "empty"] {
        put_bucket(&sandbox, bucket);
    }
    for key in KEYS {
        put(&sandbox, key, key.len()).await;
    }
    sandbox
}

pub(crate) fn put_bucket(sandbox: &Sandbox, name: &str) {
    let buckets = sandbox.aws.storage.buckets();
    let made = buckets.with_bucket(name, "eu-central-1", OffsetDateTime::UNIX_EPOCH);
    made.unwrap();
}

async fn put(sandbox: &Sandbox, key: &str, size: usize) {
    let storage = &sandbox.aws.storage;
    let content = vec![b'x'; size];
    let put = storage.put("files", key, "text/plain", &content).await;
    put.unwrap();
}

async fn get(service: &Service<'_>, path: &str) -> Answer {
    service.get_as("bob", &format!("/catalog/{path}")).await
}

fn keys(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let rows = answer.json()["value"].as_array().unwrap().clone();
    let key = |row: &Value| row["objectKey"].as_str().unwrap().to_owned();
    rows.iter().map(key).collect()
}

/// The listings that S3 was asked for since the last call.
fn listings(sandbox: &Sandbox, seen: &mut usize) -> Vec<String> {
    let all = sandbox.core.ledger.of("s3");
    let new = all
        .iter()
        .skip(*seen)
        .filter(|it| it.starts_with("ListObjectsV2?"));
    let new: Vec<String> = new.cloned().collect();
    *seen = all.len();
    new
}

/// What an object shows of itself, in a list and alone.
#[tokio::test]
async fn an_object_is_shown_with_all_that_s3_lists() {
    let sandbox = filled().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let all = get(&service, "Buckets('files')/objects").await;
    assert_eq!(keys(&all), KEYS);
    let alone = get(
        &service,
        "Objects(bucket_id='files',objectKey='docs%2F2024%2Fa.pdf')",
    )
    .await;
    let row = alone.json();
    for (property, value) in [
        ("bucket_id", "files"),
        ("objectKey", "docs/2024/a.pdf"),
        ("name", "a.pdf"),
        ("folder", "docs/2024/"),
        // what S3 holds, not what the name says
        ("contentType", "text/plain"),
    ] {
        assert_eq!(row[property], value, "{property}");
    }
    assert_eq!(row["isFolder"], false);
    assert_eq!(row["size"], 15);
    let etag = row["eTag"].as_str().unwrap();
    assert_eq!(row["@odata.etag"], format!("W/{etag}"));
    let age = OffsetDateTime::now_utc().year().to_string();
    assert!(row["lastModified"].as_str().unwrap().starts_with(&age));
    let listed = all.json()["value"][0].clone();
    assert_eq!(listed["eTag"], row["eTag"]);
    // what a list leaves out has to be told (Protocol, 11.2.5.1)
    let context = all.json()["@odata.context"].as_str().unwrap().to_owned();
    assert!(context.starts_with("../$metadata#Objects(bucket_id,"));
    assert!(!context.contains("metadata,") && !context.contains("tags"));
    assert_eq!(row["tags"], serde_json::json!([]));
}

/// Keys are addressed in every spelling, whatever is in them.
#[tokio::test]
async fn every_key_can_be_addressed() {
    let sandbox = filled().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    for path in [
        "Buckets('files')/objects('docs%2F2025%2Fa%20%2B%20b%252F''c''.txt')",
        "Buckets('files')/objects(bucket_id='files',objectKey='docs%2F2025%2Fa%20%2B%20b%252F%27%27c%27%27.txt')",
        "Buckets('files')/objects(@k)?@k='docs/2025/a%20%2B%20b%252F''c''.txt'",
        "Objects(bucket_id=@b,objectKey=@k)?@b='files'&@k='docs/2025/a+%2B+b%252F''c''.txt'",
    ] {
        let answer = get(&service, path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        assert_eq!(answer.json()["name"], "a + b%2F'c'.txt");
    }
    let emoji = "Buckets('files')/objects('docs%2F2025%2F%C3%9Cbersicht%20%F0%9F%98%80.md')";
    assert_eq!(
        get(&service, &format!("{emoji}/name/$value")).await.body,
        "Übersicht 😀.md"
    );
    assert_eq!(
        get(&service, &format!("{emoji}/bucket")).await.json()["id"],
        "files"
    );
    for missing in [
        "Buckets('files')/objects('docs%2F2024%2Fa')",
        "Buckets('files')/objects('nope%2F')",
        "Buckets('files')/objects('')",
        "Buckets('files')/objects('nope')/bucket",
        "Buckets('nope')/objects",
        "Buckets('nope')/objects/$count",
        "Objects(bucket_id='..',objectKey='a')",
        "Objects(bucket_id='empty',objectKey='top.bin')",
    ] {
        let answer = get(&service, missing).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (404, "NotFound"),
            "{missing}"
        );
    }
}

/// One folder's content: files and the folders in it, asked from S3 as such.
#[tokio::test]
async fn a_folder_is_listed_with_its_folders() {
    let sandbox = filled().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let mut seen = 0;
    listings(&sandbox, &mut seen);
    let answer = get(
        &service,
        "Buckets('files')/objects?$filter=folder eq 'docs/'",
    )
    .await;
    assert_eq!(
        keys(&answer),
        ["docs/2024/", "docs/2025/", "docs/readme.md", "docs/z.json"]
    );
    let asked = listings(&sandbox, &mut seen);
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(
        asked[0].contains("delimiter=%2F&prefix=docs%2F"),
        "{asked:?}"
    );
    let folder = answer.json()["value"][0].clone();
    assert_eq!(folder["isFolder"], true);
    assert_eq!(folder["name"], "2024");
    assert_eq!(folder["size"], Value::Null);

    let root = get(&service, "Buckets('files')/objects?$filter=folder eq ''").await;
    assert_eq!(keys(&root), ["docs/", "images/", "top.bin", "ä.csv"]);
    let sorted = "Buckets('files')/objects?$filter=folder eq ''&$orderby=isFolder desc,name desc&$count=true&$top=3";
    let sorted = get(&service, sorted).await;
    assert_eq!(keys(&sorted), ["images/", "docs/", "ä.csv"]);
    assert_eq!(sorted.json()["@odata.count"], 4);
    let folder = get(&service, "Buckets('files')/objects('docs%2F2024%2F')").await;
    assert_eq!(folder.json()["isFolder"], true, "{}", folder.body);
    let narrowed =
        "Buckets('files')/objects?$filter=folder eq 'docs/' and startswith(objectKey,'docs/r')";
    assert_eq!(keys(&get(&service, narrowed).await), ["docs/readme.md"]);
    assert!(
        listings(&sandbox, &mut seen)
            .last()
            .unwrap()
            .contains("prefix=docs%2Fr")
    );
}

/// Pages follow each other by key, however small they are, in folders too.
#[tokio::test]
async fn pages_are_cut_by_key_and_lead_to_the_next() {
    let sandbox = filled().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    for (query, expected) in [
        ("", KEYS.to_vec()),
        (
            "$filter=folder%20eq%20'docs/'",
            vec!["docs/2024/", "docs/2025/", "docs/readme.md", "docs/z.json"],
        ),
        ("$orderby=size%20desc&$top=4&$select=objectKey", {
            let mut longest = KEYS.to_vec();
            longest.sort_by_key(|key| std::cmp::Reverse(key.len()));
            longest.truncate(4);
            longest
        }),
    ] {
        let token = service.bearer("bob");
        let mut next = format!("Buckets('files')/objects?{query}");
        let mut found = Vec::new();
        for _ in 0..10 {
            let headers = [
                ("authorization", token.as_str()),
                ("prefer", "odata.maxpagesize=1"),
            ];
            let page = service
                .get_with(&format!("/catalog/{next}"), &headers)
                .await;
            assert_eq!(page.header("preference-applied"), "odata.maxpagesize=1");
            found.extend(keys(&page));
            match page.json()["@odata.nextLink"].as_str() {
                Some(link) => next = link.to_owned(),
                None => break,
            }
        }
        assert_eq!(found, expected, "{query}");
    }
    let skipped = get(&service, "Buckets('files')/objects?$skip=2&$top=2").await;
    assert_eq!(keys(&skipped), &KEYS[2..4]);
    assert_eq!(skipped.json()["@odata.nextLink"], Value::Null);
}

/// People must see what they wrote: objects are never shared, bucket lists are.
#[tokio::test]
async fn objects_are_always_read_anew_and_buckets_when_asked() {
    let sandbox = filled().await;
    let bindings =
        Bindings::new(&sandbox, CredentialSource::Oidc).set("list_freshness_ms", "600000");
    let service = start(&sandbox, &bindings).await;
    service.until_ready().await;
    assert_eq!(get(&service, "Buckets").await.ids(), ["empty", "files"]);
    assert_eq!(
        keys(&get(&service, "Buckets('empty')/objects").await).len(),
        0
    );
    put_bucket(&sandbox, "young");
    let storage = &sandbox.aws.storage;
    storage
        .put("empty", "new", "text/plain", b"")
        .await
        .unwrap();
    assert_eq!(
        keys(&get(&service, "Buckets('empty')/objects").await),
        ["new"]
    );
    assert_eq!(get(&service, "Buckets").await.ids(), ["empty", "files"]);
    let token = service.bearer("bob");
    let headers = [
        ("authorization", token.as_str()),
        ("cache-control", "max-age=0, No-Cache"),
    ];
    let anew = service.get_with("/catalog/Buckets", &headers).await;
    assert_eq!(anew.ids(), ["empty", "files", "young"]);
    assert_eq!(
        get(&service, "Buckets").await.ids(),
        ["empty", "files", "young"]
    );
}

/// What an operator hides has no objects either.
#[tokio::test]
async fn objects_of_hidden_buckets_do_not_exist() {
    let sandbox = filled().await;
    let bindings = Bindings::new(&sandbox, CredentialSource::Oidc).set("buckets", "emp*");
    let service = start(&sandbox, &bindings).await;
    service.until_ready().await;
    assert_eq!(get(&service, "Buckets('empty')/objects").await.status, 200);
    for path in [
        "Buckets('files')/objects",
        "Objects(bucket_id='files',objectKey='top.bin')",
    ] {
        assert_eq!(get(&service, path).await.status, 404, "{path}");
    }
    let none = get(&service, "Objects?$filter=bucket_id eq 'files'").await;
    assert_eq!(keys(&none), Vec::<String>::new());
}
