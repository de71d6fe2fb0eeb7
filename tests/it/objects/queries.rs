//! Queries on objects: how far S3 is asked, and what is done with its answers.

use sandbox::bindings::{Bindings, CredentialSource};

use super::{filled, get, keys, listings, put};
use crate::support::{ready, start};

/// What S3 can do is left to S3; what it can't is done here, up to a limit.
#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn a_query_looks_at_no_more_than_it_has_to() {
    let sandbox = filled().await;
    for number in 0..1500 {
        put(&sandbox, &format!("log/{number:05}"), 1).await;
    }
    let bindings = Bindings::new(&sandbox, CredentialSource::Oidc).set("scan_limit", "1200");
    let service = start(&sandbox, &bindings).await;
    service.until_ready().await;
    let mut seen = 0;
    listings(&sandbox, &mut seen);
    let objects = "Buckets('files')/objects";
    for (query, first, asked) in [
        ("$top=2", "docs/2024/a.pdf", "max-keys=4"),
        (
            "$filter=folder eq 'docs/'&$top=3",
            "docs/2024/",
            "max-keys=5",
        ),
        (
            "$filter=startswith(objectKey,'log/0149')&$count=true",
            "log/01490",
            "prefix=log%2F0149",
        ),
        (
            "$filter=objectKey ge 'log/01400' and objectKey lt 'log/01402'",
            "log/01400",
            "prefix=log%2F0140",
        ),
        (
            "$filter=objectKey gt 'log/01498'&$top=1",
            "log/01499",
            "start-after=log%2F01497",
        ),
        (
            "$filter=objectKey eq 'top.bin'&$orderby=size desc",
            "top.bin",
            "prefix=top.bin",
        ),
    ] {
        let answer = get(&service, &format!("{objects}?{query}")).await;
        assert_eq!(keys(&answer)[0], first, "{query}");
        let asked_for = listings(&sandbox, &mut seen);
        assert_eq!(asked_for.len(), 1, "{query}: {asked_for:?}");
        assert!(asked_for[0].contains(asked), "{query}: {asked_for:?}");
    }
    let rare = get(
        &service,
        &format!("{objects}?$filter=contains(name,'0005')&$top=1"),
    )
    .await;
    assert_eq!(keys(&rare), ["log/00005"]);
    let asked_for = listings(&sandbox, &mut seen);
    let lengths = ["max-keys=3&", "max-keys=30&"];
    let grows = asked_for
        .iter()
        .zip(lengths)
        .all(|(asked, length)| format!("{asked}&").contains(length));
    assert!(asked_for.len() == lengths.len() && grows, "{asked_for:?}");
    for query in [
        "$count=true",
        "$orderby=size",
        "$filter=contains(name,'nowhere')",
        "$search=nowhere",
    ] {
        let answer = get(&service, &format!("{objects}?{query}")).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (501, "NotImplemented"),
            "{query}"
        );
    }
    assert_eq!(
        get(&service, &format!("{objects}/$count")).await.status,
        501
    );
    let counted = get(
        &service,
        &format!("{objects}/$count?$filter=folder eq 'docs/'"),
    )
    .await;
    assert_eq!(counted.body, "4");
    let unbounded = get(&service, "Objects").await;
    assert_eq!(unbounded.status, 501);
    assert!(
        unbounded.body.contains("Buckets('…')/objects"),
        "{}",
        unbounded.body
    );
    let bounded = get(
        &service,
        "Objects?$filter=bucket_id eq 'files' and folder eq 'docs/'",
    )
    .await;
    assert_eq!(keys(&bounded).len(), 4);
    let nothing = get(
        &service,
        &format!("{objects}?$filter=objectKey eq 'a' and objectKey eq 'b'"),
    )
    .await;
    assert_eq!(keys(&nothing), Vec::<String>::new());
}

/// Related rows come with the page, and searches look into names.
#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn buckets_and_objects_are_expanded_and_searched() {
    let sandbox = filled().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let query = "Buckets?$expand=objects($select=objectKey;$orderby=size desc;$top=2)&$select=id";
    let answer = get(&service, query).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let rows = answer.json()["value"].clone();
    assert_eq!(rows[0]["id"], "empty");
    assert_eq!(rows[0]["objects"], serde_json::json!([]));
    let largest = rows[1]["objects"].as_array().unwrap();
    let largest: Vec<_> = largest.iter().map(|row| &row["objectKey"]).collect();
    assert_eq!(
        largest,
        ["docs/2025/Übersicht 😀.md", "docs/2025/a + b%2F'c'.txt"]
    );
    let one = "Buckets('files')?$expand=objects($filter=folder eq 'docs/';$count=true;$top=1)";
    let one = get(&service, one).await.json();
    assert_eq!(one["objects@odata.count"], 4);
    assert_eq!(one["objects"][0]["objectKey"], "docs/2024/");
    let counted = get(&service, "Buckets?$expand=objects/$count&$select=id").await;
    assert_eq!(
        counted.json()["value"][1]["objects@odata.count"],
        9,
        "{}",
        counted.body
    );
    for query in [
        "Buckets('files')/objects?$expand=bucket($select=region)&$filter=bucket/region eq 'eu-central-1'&$top=1",
        "Objects?$expand=bucket&$filter=bucket_id eq 'files'&$top=1",
    ] {
        let answer = get(&service, query).await.json();
        assert_eq!(
            answer["value"][0]["bucket"]["region"], "eu-central-1",
            "{query}: {answer}"
        );
    }
    let alone = "Objects(bucket_id='files',objectKey='top.bin')?$expand=bucket";
    assert_eq!(get(&service, alone).await.json()["bucket"]["id"], "files");
    assert_eq!(get(&service, "Buckets?$search=FIL").await.ids(), ["files"]);
    let found = get(
        &service,
        "Buckets('files')/objects?$search=readme OR übersicht",
    )
    .await;
    assert_eq!(
        keys(&found),
        ["docs/2025/Übersicht 😀.md", "docs/readme.md"]
    );
    let computed =
        "Buckets('files')/objects?$compute=size mul 2 as twice&$select=objectKey,twice&$top=1";
    assert_eq!(
        get(&service, computed).await.json()["value"][0]["twice"],
        30
    );
    for (query, status) in [
        ("Buckets?$filter=objects/any(o:o/size gt 1)", 501),
        ("Buckets?$expand=nothing", 400),
        ("Buckets?$search=(", 400),
        (
            "Buckets('files')/objects?$expand=bucket($expand=objects)",
            501,
        ),
    ] {
        assert_eq!(get(&service, query).await.status, status, "{query}");
    }
}

/// Whole lists are summed up, as tables with totals ask.
#[tokio::test]
async fn rows_are_aggregated() {
    let sandbox = filled().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let objects = "Buckets('files')/objects?$apply=filter(startswith(objectKey,'docs/'))/groupby((folder),aggregate($count as files,size with sum as bytes))&$orderby=folder desc";
    let answer = get(&service, objects).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let rows = answer.json()["value"].as_array().unwrap().clone();
    let told: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                row["folder"].as_str().unwrap(),
                row["files"].as_u64().unwrap(),
                row["bytes"].as_u64().unwrap(),
            )
        })
        .collect();
    let sum = |folder: &str| -> u64 {
        let inside = super::KEYS
            .iter()
            .filter(|key| key.rfind('/').map(|end| &key[..=end]) == Some(folder));
        inside.map(|key| key.len() as u64).sum()
    };
    assert_eq!(
        told,
        [
            ("docs/2025/", 2, sum("docs/2025/")),
            ("docs/2024/", 2, sum("docs/2024/")),
            ("docs/", 2, sum("docs/")),
        ]
    );
    let ui5 = "Buckets?$apply=groupby((region))/concat(aggregate($count as UI5__count),top(10))";
    let rows = get(&service, ui5).await.json()["value"].clone();
    assert_eq!(rows[0]["UI5__count"], 1, "{rows}");
    assert_eq!(rows[1]["region"], "eu-central-1");
    let path = "Buckets('files')/objects?$apply=groupby((bucket/region))";
    assert_eq!(get(&service, path).await.status, 501);
}
