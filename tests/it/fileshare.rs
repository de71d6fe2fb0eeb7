//! The file share protocol, as SAPUI5's `CloudFilePicker` speaks it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sandbox::Sandbox;
use sandbox::bindings::{Bindings, CredentialSource};
use serde_json::{Value, json};

use crate::support::{Answer, Service, ready, start};
use crate::upload::with_bucket;

fn id(key: &str) -> String {
    URL_SAFE_NO_PAD.encode(key)
}

fn item(key: &str) -> String {
    format!(
        "FileShareItems(FileShare='files',FileShareItem='{}')",
        id(key)
    )
}

async fn filled() -> Sandbox {
    let sandbox = with_bucket().await;
    for key in [
        "Angebote 2026/O'Neil & Söhne.pdf",
        "Angebote 2026/alt/a.txt",
        "readme",
        "table.csv",
    ] {
        let storage = &sandbox.aws.storage;
        let put = storage.put("files", key, "text/plain", b"1,2\n");
        put.await.unwrap();
    }
    sandbox
}

async fn sharing(sandbox: &Sandbox) -> Service<'_> {
    let bindings = Bindings::new(sandbox, CredentialSource::Oidc);
    start(sandbox, &bindings.set("fileshare", "true")).await
}

async fn get(service: &Service<'_>, path: &str) -> Answer {
    service.get_as("alice", &format!("/fileshare/{path}")).await
}

async fn create(service: &Service<'_>, who: &str, below: &str, body: &Value) -> Answer {
    let bearer = service.bearer(who);
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
    ];
    let path = format!("/fileshare/{below}/_Children");
    service
        .send_body("POST", &path, &headers, body.to_string())
        .await
}

fn names(answer: &Answer) -> Vec<String> {
    let json = answer.json();
    let rows = json["value"].as_array().unwrap();
    let name = |row: &Value| row["FileShareItemName"].as_str().unwrap().to_owned();
    rows.iter().map(name).collect()
}

/// The picker's own steps, with its spelling of queries.
#[actix_web::test]
async fn the_picker_finds_its_way() {
    let sandbox = filled().await;
    let service = sharing(&sandbox).await;

    let shares = get(&service, "FileShares?$skip=0&$top=100").await;
    assert_eq!(shares.status, 200, "{}", shares.body);
    let files = &shares.json()["value"][0];
    assert_eq!(files["FileShare"], "files");

    let root = get(&service, "FileShares('files')/_Root").await.json();
    assert_eq!(root["FileShareItem"], "Root");
    assert_eq!(root["FileShareItemKind"], "folder");
    assert_eq!(root["isDocumentCreationAllowed"], true);

    let sorted = "$orderby=FileShareItemKind%20desc,FileShareItemName&$skip=0&$top=20";
    let below = format!("FileShares('files')/_Root/_Children?{sorted}");
    let top = get(&service, &below).await;
    assert_eq!(names(&top), ["Angebote 2026", "readme", "table.csv"]);
    let [folder, readme, table] = [0, 1, 2].map(|i| top.json()["value"][i].clone());
    assert_eq!(folder["FileShareItem"], id("Angebote 2026/"));
    assert_eq!(folder["FileShareItemContentType"], "");
    assert_eq!(folder["FileShareItemHumanContentType"], "Folder");
    assert_eq!(folder["FileShareItemContentLink"], Value::Null);
    assert_eq!(
        readme["FileShareItemContentType"],
        "application/octet-stream"
    );
    assert_eq!(table["FileShareItemContentType"], "text/csv");
    assert_eq!(table["FileShareItemHumanContentType"], "CSV");
    assert_eq!(table["FileShareItemContentSize"], 4);
    assert_eq!(table["FileShareItemKind"], "document");
    assert_eq!(table["ParentFileShareItem"], "Root");

    let below = format!("{}/_Children", item("Angebote 2026/"));
    let inside = get(&service, &format!("{below}?{sorted}")).await;
    assert_eq!(names(&inside), ["alt", "O'Neil & Söhne.pdf"]);
    let pdf = &inside.json()["value"][1];
    assert_eq!(pdf["ParentFileShareItem"], id("Angebote 2026/"));
    let link = pdf["FileShareItemContentLink"].as_str().unwrap();
    let content = service.get_as("alice", link).await;
    assert_eq!((content.status, content.body.as_str()), (200, "1,2\n"));
    let entity = link.strip_suffix("/FileShareItemContent").unwrap();
    let alone = service.get_as("alice", entity).await.json();
    assert_eq!(alone["FileShareItemName"], "O'Neil & Söhne.pdf");
    // alone, an item has the type that S3 holds
    assert_eq!(alone["FileShareItemContentType"], "text/plain");
}

/// Whether there is a document or a folder already; blanks before "and" are missing.
#[actix_web::test]
async fn duplicates_are_found_as_the_picker_asks() {
    let sandbox = filled().await;
    let service = sharing(&sandbox).await;
    let query = "FileShareQuery(FileShare='files',FileShareItem='Root')/_Query";
    for (filter, expected) in [
        (
            "startswith(FileShareItemName,'Ang') and FileShareItemKind eq 'folder'and FileShareItemContentType eq ''",
            &["Angebote 2026"][..],
        ),
        (
            "FileShareItemName eq 'Angebote 2026'and FileShareItemKind eq 'folder'and FileShareItemContentType eq ''",
            &["Angebote 2026"],
        ),
        (
            "FileShareItemName eq 'Angebote'and FileShareItemKind eq 'folder'and FileShareItemContentType eq ''",
            &[],
        ),
        (
            "FileShareItemName eq 'table.csv'and FileShareItemKind eq 'document'and FileShareItemContentType eq 'text/csv'",
            &["table.csv"],
        ),
        ("contains(FileShareItemName,'a')", &["readme", "table.csv"]),
    ] {
        let encoded = filter.replace(' ', "%20");
        let found = get(&service, &format!("{query}?$filter={encoded}")).await;
        assert_eq!(found.status, 200, "{filter}: {}", found.body);
        assert_eq!(names(&found), expected, "{filter}");
    }
    let inside = item("Angebote 2026/").replace("Items", "Query") + "/_Query";
    let found = get(
        &service,
        &format!("{inside}?$filter=FileShareItemName%20eq%20'alt'"),
    )
    .await;
    assert_eq!(names(&found), ["alt"]);
}

#[actix_web::test]
async fn folders_and_documents_are_created() {
    let sandbox = filled().await;
    let service = sharing(&sandbox).await;
    let below = "FileShares('files')/_Root";
    let folder = json!({"FileShareItemName": "Neu", "FileShareItemKind": "folder"});
    let made = create(&service, "alice", below, &folder).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(made.json()["FileShareItem"], id("Neu/"));
    let at = made.header("location");
    assert_eq!(at, format!("/fileshare/{}", item("Neu/")));
    let document = json!({"FileShareItemName": "a.csv", "FileShareItemKind": "document"});
    let made = create(
        &service,
        "alice",
        at.strip_prefix("/fileshare/").unwrap(),
        &document,
    )
    .await;
    assert_eq!(made.status, 201, "{}", made.body);
    let content = format!("{}/FileShareItemContent", made.header("location"));
    let bearer = service.bearer("alice");
    let own = [
        ("authorization", bearer.as_str()),
        ("content-type", "text/csv"),
    ];
    let put = service.put(&content, &own, "x,y\n").await;
    assert_eq!(put.status, 204, "{}", put.body);
    let read = service.get_as(
        "alice",
        "/catalog/Buckets('files')/objects('Neu%2Fa.csv')/content",
    );
    assert_eq!(read.await.body, "x,y\n");

    for (who, body, status) in [
        ("alice", &folder, 409),
        ("bob", &folder, 403),
        (
            "alice",
            &json!({"FileShareItemName": "a/b", "FileShareItemKind": "folder"}),
            400,
        ),
        (
            "alice",
            &json!({"FileShareItemName": "", "FileShareItemKind": "folder"}),
            400,
        ),
        ("alice", &json!({"FileShareItemKind": "folder"}), 400),
        (
            "alice",
            &json!({"FileShareItemName": "x", "FileShareItemKind": "link"}),
            400,
        ),
    ] {
        let refused = create(&service, who, below, body).await;
        assert_eq!(refused.status, status, "{who} {body}: {}", refused.body);
    }
    let root = service
        .get_as("bob", "/fileshare/FileShares('files')/_Root")
        .await;
    assert_eq!(root.json()["isDocumentCreationAllowed"], false);
    assert!(!service.logged("FileShares/_Root/_Children").is_empty());
}

#[actix_web::test]
async fn what_is_not_there_or_not_meant_is_refused() {
    let sandbox = filled().await;
    let service = sharing(&sandbox).await;
    let nobodys = "FileShareItems(FileShare='files',FileShareItem='!')".to_owned();
    for (path, status) in [
        ("FileShares('nope')/_Root".to_owned(), 404),
        ("FileShares('nope')/_Root/_Children".to_owned(), 404),
        ("FileShareItems".to_owned(), 501),
        ("FileShareQuery".to_owned(), 501),
        (
            "FileShares?$apply=aggregate($count%20as%20n)".to_owned(),
            501,
        ),
        ("FileShares?$expand=_Root".to_owned(), 501),
        ("Buckets".to_owned(), 404),
        ("uploads".to_owned(), 404),
        (nobodys, 404),
        (item("nope"), 404),
        (format!("{}/_Children", item("table.csv")), 404),
        (format!("{}/_Children", item("nope/")), 404),
        (format!("{}/FileShareItemContent", item("nope/")), 404),
    ] {
        let answer = get(&service, &path).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
    }
    let metadata = service.get_as("alice", "/fileshare/$metadata").await.body;
    assert!(metadata.contains("FileShareItems"), "{metadata}");
    let nobody = service.get_with("/fileshare/FileShares", &[]).await;
    assert_eq!(nobody.status, 401);
}

#[actix_web::test]
async fn a_batch_stays_within_its_service() {
    let sandbox = filled().await;
    let service = sharing(&sandbox).await;
    let bearer = service.bearer("alice");
    let own = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
    ];
    let part = |id: &str, url: &str| json!({"id": id, "method": "GET", "url": url});
    let body = json!({"requests": [part("1", "FileShares('files')/_Root"), part("2", "Buckets")]});
    let answer = service.send_body("POST", "/fileshare/$batch", &own, body.to_string());
    let answer = answer.await.json();
    let statuses = [0, 1].map(|i| answer["responses"][i]["status"].clone());
    assert_eq!(statuses, [200, 404], "{answer}");
}

#[actix_web::test]
async fn without_the_setting_there_is_nothing() {
    let sandbox = filled().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let answer = get(&service, "FileShares").await;
    assert_eq!(answer.status, 404);
}
