//! What stays the same from page to page, and what a client that knows an object already gets.

use serde_json::Value;

use super::{filled, get};
use crate::support::ready;
use sandbox::bindings::CredentialSource;

/// Each page tells how many there are in all, however it is asked for.
#[tokio::test]
async fn the_count_is_the_same_on_every_page() {
    let sandbox = filled().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let bearer = service.bearer("bob");
    let headers = [
        ("authorization", bearer.as_str()),
        ("prefer", "odata.maxpagesize=2"),
    ];
    for (options, count, rows) in [
        ("$count=true", 9, 9),
        ("$count=true&$skip=1", 9, 8),
        ("$count=true&$top=5", 9, 5),
        ("$count=true&$filter=startswith(objectKey,'docs/')", 6, 6),
        ("$count=true&$orderby=objectKey", 9, 9),
        ("$count=true&$orderby=size desc", 9, 9),
    ] {
        let mut next = Some(format!("Buckets('files')/objects?{options}"));
        let mut seen = 0;
        while let Some(link) = next {
            let page = service
                .get_with(&format!("/catalog/{link}"), &headers)
                .await;
            assert_eq!(page.status, 200, "{options}: {}", page.body);
            let page = page.json();
            assert_eq!(page["@odata.count"], count, "{options} after {seen}");
            seen += page["value"].as_array().unwrap().len();
            next = page["@odata.nextLink"].as_str().map(str::to_owned);
        }
        assert_eq!(seen, rows, "{options}");
    }
}

/// An entity tag saves the body, and guards against what has changed since.
#[tokio::test]
async fn tags_of_objects_are_honoured() {
    let sandbox = filled().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let path = "/catalog/Buckets('files')/objects('top.bin')";
    let answer = service.get_as("bob", path).await;
    let tag = answer.header("etag").to_owned();
    assert_eq!(answer.json()["@odata.etag"], Value::from(tag.as_str()));
    let bearer = service.bearer("bob");
    let bearer = ("authorization", bearer.as_str());
    for (name, value, status) in [
        ("if-none-match", tag.as_str(), 304),
        ("if-none-match", "*", 304),
        ("if-none-match", "W/\"other\"", 200),
        ("if-match", tag.as_str(), 200),
        ("if-match", "*", 200),
        ("if-match", "W/\"other\"", 412),
    ] {
        let answer = service.get_with(path, &[bearer, (name, value)]).await;
        assert_eq!(answer.status, status, "{name}: {value}");
        assert_eq!(answer.body.is_empty(), status == 304, "{name}: {value}");
    }
}

/// The two forms of the metadata are two representations.
#[tokio::test]
async fn a_tag_of_one_form_of_the_metadata_is_none_of_the_other() {
    let sandbox = filled().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let bearer = service.bearer("bob");
    let bearer = ("authorization", bearer.as_str());
    let xml = service.get_with("/catalog/$metadata", &[bearer]).await;
    let json = [
        bearer,
        ("accept", "application/json"),
        ("if-none-match", xml.header("etag")),
    ];
    let answer = service.get_with("/catalog/$metadata", &json).await;
    assert_eq!(answer.status, 200);
    assert!(
        answer
            .header("content-type")
            .starts_with("application/json")
    );
    let vary: Vec<_> = answer.headers.get_all("vary").iter().collect();
    assert!(
        vary.iter()
            .any(|it| it.as_bytes().eq_ignore_ascii_case(b"accept")),
        "{vary:?}"
    );
    let same = [bearer, ("if-none-match", xml.header("etag"))];
    assert_eq!(
        service.get_with("/catalog/$metadata", &same).await.status,
        304
    );
}

/// A condition that nothing meets is an empty answer; a path that leads nowhere is none.
#[tokio::test]
async fn a_bucket_that_there_is_not_is_told_by_the_path_only() {
    let sandbox = filled().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let none = get(&service, "Objects?$filter=bucket_id eq 'nope'").await;
    assert_eq!(
        (none.status, none.json()["value"].as_array().unwrap().len()),
        (200, 0)
    );
    let count = get(&service, "Objects/$count?$filter=bucket_id eq 'nope'").await;
    assert_eq!((count.status, count.body.as_str()), (200, "0"));
    let and = get(
        &service,
        "Objects?$filter=bucket_id eq 'nope' and bucket/region eq 'x'",
    )
    .await;
    assert_eq!(and.status, 200, "{}", and.body);
    assert_eq!(get(&service, "Buckets('nope')/objects").await.status, 404);
    let one = get(&service, "getBuckets()('files')").await;
    assert_eq!(
        (one.status, &one.json()["id"]),
        (200, &Value::from("files"))
    );
    assert_eq!(get(&service, "getBuckets()('nope')").await.status, 404);
}
