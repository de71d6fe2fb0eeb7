//! The catalogue as OData clients know it.

use sandbox::Sandbox;
use sandbox::bindings::CredentialSource;
use time::OffsetDateTime;

use crate::support::{Answer, Service, person, ready, sandbox};

async fn filled() -> Sandbox {
    let sandbox = sandbox().await;
    for (name, year) in [("alpha", 2021), ("beta", 2023), ("gamma-archive", 2022)] {
        let date = time::Date::from_calendar_date(year, time::Month::March, 4).unwrap();
        let created = OffsetDateTime::new_utc(date, time::Time::from_hms(5, 6, 7).unwrap());
        let buckets = sandbox.aws.storage.buckets();
        buckets.with_bucket(name, "eu-central-1", created).unwrap();
    }
    sandbox
}

async fn get(service: &Service<'_>, path: &str) -> Answer {
    service.get_as("bob", &format!("/catalog/{path}")).await
}

/// Root and model, as every client reads them first.
#[tokio::test]
async fn the_service_describes_itself() {
    let sandbox = filled().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    for root in ["/catalog", "/catalog/"] {
        let document = service.get_as("bob", root).await;
        assert_eq!(document.json()["value"][0]["url"], "Buckets", "{root}");
        assert_eq!(document.header("odata-version"), "4.0");
    }
    let metadata = get(&service, "$metadata").await;
    assert_eq!(
        metadata.header("content-type"),
        "application/xml;charset=utf-8"
    );
    for part in [
        "CatalogService",
        "EntityContainer",
        "getBuckets",
        "Edm.DateTimeOffset",
    ] {
        assert!(metadata.body.contains(part), "{part}");
    }
    let json = get(&service, "$metadata?$format=json").await;
    assert_eq!(
        json.json()["$EntityContainer"],
        "CatalogService.EntityContainer"
    );
    let openapi = get(&service, "$openapi").await.json();
    assert_eq!(openapi["openapi"], "3.1.0");
    assert!(openapi["paths"]["/Buckets"]["get"].is_object());
    let token = format!("Bearer {}", sandbox.identity.user_token(person("bob")));
    let known = [
        ("authorization", token.as_str()),
        ("if-none-match", metadata.header("etag")),
    ];
    assert_eq!(
        service.get_with("/catalog/$metadata", &known).await.status,
        304
    );
}

/// One bucket, in all ways in which clients write its key.
#[tokio::test]
async fn a_bucket_is_found_by_its_key() {
    let sandbox = filled().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    for key in [
        "('beta')",
        "(id='beta')",
        "(%27beta%27)",
        "(@k)?@k='beta'",
        "('beta')/",
    ] {
        let bucket = get(&service, &format!("Buckets{key}")).await;
        assert_eq!(bucket.json()["created"], "2023-03-04T05:06:07Z", "{key}");
        // relative to the URL, which a trailing slash makes one deeper
        let up = if key.ends_with('/') { "../" } else { "" };
        let context = format!("{up}$metadata#Buckets/$entity");
        assert_eq!(bucket.json()["@odata.context"], context);
    }
    assert_eq!(
        get(&service, "Buckets('beta')/name").await.json()["value"],
        "beta"
    );
    assert_eq!(
        get(&service, "Buckets('beta')/name/$value").await.body,
        "beta"
    );
    let quoted = get(&service, "Buckets('o''neil')").await;
    assert_eq!((quoted.status, quoted.code().as_str()), (404, "NotFound"));
    assert_eq!(get(&service, "Nothing").await.status, 404);
}

/// Query options select, sort and cut; S3 knows none of them.
#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn query_options_are_applied() {
    let sandbox = filled().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let cases: [(&str, &[&str]); 22] = [
        ("", &["alpha", "beta", "gamma-archive"]),
        ("$filter=id eq 'beta'", &["beta"]),
        ("$filter=name ne 'beta'", &["alpha", "gamma-archive"]),
        ("$filter=name gt 'beta'", &["gamma-archive"]),
        ("$filter=name ge 'beta' and name lt 'c'", &["beta"]),
        (
            "$filter=name le 'alpha' or name eq 'beta'",
            &["alpha", "beta"],
        ),
        ("$filter=not (name eq 'beta')", &["alpha", "gamma-archive"]),
        ("$filter=contains(name,'a-a')", &["gamma-archive"]),
        ("$filter=startswith(id,'al')", &["alpha"]),
        ("$filter=endswith(id,'ta')", &["beta"]),
        (
            "$filter=created ge 2022-01-01T00:00:00Z",
            &["beta", "gamma-archive"],
        ),
        (
            "$filter=region eq 'eu-central-1' and region ne null",
            &["alpha", "beta", "gamma-archive"],
        ),
        ("$filter=region eq 'us-east-1'", &[]),
        ("$filter=tolower(name) eq 'beta'", &["beta"]),
        ("$orderby=created desc", &["beta", "gamma-archive", "alpha"]),
        (
            "$orderby=region,name desc",
            &["gamma-archive", "beta", "alpha"],
        ),
        ("$top=2", &["alpha", "beta"]),
        ("$skip=1&$top=1", &["beta"]),
        ("$skip=9", &[]),
        ("$top=0", &[]),
        (
            "sap-client=100&sap-language=EN",
            &["alpha", "beta", "gamma-archive"],
        ),
        ("%24filter=contains(name%2C'bet')", &["beta"]),
    ];
    for (query, expected) in cases {
        let query = query.replace(' ', "%20");
        assert_eq!(
            get(&service, &format!("Buckets?{query}")).await.ids(),
            expected,
            "{query}"
        );
        if !query.is_empty() {
            let plus = query.replace("%20", "+");
            assert_eq!(
                get(&service, &format!("Buckets?{plus}")).await.ids(),
                expected,
                "{plus}"
            );
        }
    }
    let counted = get(
        &service,
        "Buckets?$count=true&$top=1&$select=id&$filter=contains(id,'a')",
    )
    .await
    .json();
    assert_eq!(counted["@odata.count"], 3);
    assert_eq!(counted["@odata.context"], "$metadata#Buckets(id)");
    assert_eq!(counted["value"], serde_json::json!([{"id": "alpha"}]));
    assert_eq!(
        get(&service, "Buckets/$count?$filter=id%20eq%20'beta'")
            .await
            .body,
        "1"
    );
    for function in ["getBuckets()", "getBuckets", "CatalogService.getBuckets()"] {
        assert_eq!(get(&service, function).await.ids().len(), 3, "{function}");
    }
}

/// What is wrong is told with its place; what is right but missing is told apart.
#[tokio::test]
async fn bad_queries_are_refused_as_json() {
    let sandbox = filled().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let deep = format!(
        "Buckets?$filter={}true{}",
        "(".repeat(5000),
        ")".repeat(5000)
    );
    let cases = [
        ("Buckets?$filter=nope%20eq%201", 400, "BadRequest"),
        ("Buckets?$filter=id%20eq", 400, "BadRequest"),
        ("Buckets?$filter=id%20eq%205", 400, "BadRequest"),
        ("Buckets?$top=-1", 400, "BadRequest"),
        ("Buckets?$top=1&$top=2", 400, "BadRequest"),
        ("Buckets?$nope=1", 400, "BadRequest"),
        ("Buckets?$orderby=nope", 400, "BadRequest"),
        ("Buckets?$select=nope", 400, "BadRequest"),
        ("Buckets?$filter=id%20eq%20'%zz'", 400, "BadRequest"),
        ("Buckets?$filter=id%20eq%20'%ff'", 400, "BadRequest"),
        ("Buckets('%ff')", 400, "BadRequest"),
        (deep.as_str(), 400, "BadRequest"),
        ("Buckets?$skiptoken=nonsense", 400, "BadRequest"),
        ("$crossjoin(Buckets,Objects)", 501, "NotImplemented"),
        (
            "Buckets?$apply=outerjoin(objects%20as%20o)",
            501,
            "NotImplemented",
        ),
        (
            "Buckets?$filter=geo.length(id)%20eq%201",
            501,
            "NotImplemented",
        ),
        ("Nope", 404, "NotFound"),
        ("Buckets/Nope", 404, "NotFound"),
    ];
    for (path, status, code) in cases {
        let answer = get(&service, path).await;
        let shown: String = path.chars().take(60).collect();
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (status, code),
            "{shown}: {}",
            answer.body
        );
        assert!(
            answer
                .header("content-type")
                .starts_with("application/json"),
            "{shown}"
        );
    }
    let told = get(&service, "Buckets?$nope=1").await.json();
    assert!(
        told["error"]["message"].as_str().unwrap().contains("$nope"),
        "{told}"
    );
}

/// Formats and versions are honoured or refused, never ignored.
#[tokio::test]
async fn headers_are_negotiated() {
    let sandbox = filled().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let token = format!("Bearer {}", sandbox.identity.user_token(person("bob")));
    let cases = [
        ("accept", "image/png", 406),
        ("accept", "application/json;odata.metadata=none", 200),
        ("accept", "*/*", 200),
        ("odata-maxversion", "3.0", 400),
        ("odata-maxversion", "4.0", 200),
        ("odata-version", "5.0", 400),
    ];
    for (name, value, status) in cases {
        let headers = [("authorization", token.as_str()), (name, value)];
        let answer = service.get_with("/catalog/Buckets", &headers).await;
        let expected = if name == "odata-maxversion" && status == 400 {
            [400, 406]
        } else {
            [status, status]
        };
        assert!(
            expected.contains(&answer.status),
            "{name}: {value}: {}",
            answer.status
        );
    }
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        let answer = service
            .send(method, "/catalog/Buckets", &[("authorization", &token)])
            .await;
        assert_eq!(
            (answer.status, answer.header("allow")),
            (405, "GET, HEAD"),
            "{method}"
        );
        assert_eq!(answer.code(), "MethodNotAllowed");
    }
    let whole = service
        .get_with("/catalog/Buckets", &[("authorization", &token)])
        .await;
    let head = service
        .send("HEAD", "/catalog/Buckets", &[("authorization", &token)])
        .await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(
        head.header("content-length"),
        whole.header("content-length")
    );
}
