//! `$batch` as UI5, the SAP Cloud SDK and others send it.

use sandbox::Sandbox;
use sandbox::bindings::CredentialSource;
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::time::{Duration, Instant};

use crate::support::{Answer, Service, ready, sandbox};

const MULTIPART: &str = "multipart/mixed; boundary=batch_id-1795304105604-11";

async fn filled() -> Sandbox {
    let sandbox = sandbox().await;
    for name in ["alpha", "beta", "gamma"] {
        let buckets = sandbox.aws.storage.buckets();
        let made = buckets.with_bucket(name, "eu-central-1", OffsetDateTime::UNIX_EPOCH);
        made.unwrap();
    }
    sandbox
}

async fn post(service: &Service<'_>, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Answer {
    let token = service.bearer("bob");
    let mut all = vec![("authorization", token.as_str())];
    all.extend(headers);
    service.post("/catalog/$batch", &all, body.into()).await
}

/// A multipart batch of these request lines and headers.
fn multipart(parts: &[&str]) -> String {
    let parts = parts.iter().map(|part| {
        format!("--batch_id-1795304105604-11\r\nContent-Type:application/http\r\nContent-Transfer-Encoding:binary\r\n\r\n{part}\r\n")
    });
    let parts: String = parts.collect();
    format!("{parts}--batch_id-1795304105604-11--\r\nGroup ID: $auto")
}

fn get(target: &str) -> String {
    format!(
        "GET {target} HTTP/1.1\r\nAccept:application/json;odata.metadata=minimal;IEEE754Compatible=true\r\nAccept-Language:en-US\r\nContent-Type:application/json;charset=UTF-8;IEEE754Compatible=true\r\n\r\n"
    )
}

/// The status line's code and the body of each part.
fn parts(answer: &Answer) -> Vec<(u16, String)> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let content_type = answer.header("content-type");
    let boundary = content_type.split_once("boundary=").unwrap().1;
    let body = answer
        .body
        .strip_suffix(&format!("--{boundary}--\r\n"))
        .unwrap();
    let delimiter = format!("--{boundary}\r\n");
    let parts = body.split(delimiter.as_str()).skip(1);
    parts
        .map(|part| {
            let (_, http) = part.split_once("HTTP/1.1 ").unwrap();
            let status = http[..3].parse().unwrap();
            let (_, body) = http.split_once("\r\n\r\n").unwrap();
            (status, body.trim_end_matches("\r\n").to_owned())
        })
        .collect()
}

/// What UI5 sends for a growing table, to the byte: no blank after colons, an epilogue.
#[tokio::test]
async fn a_table_of_ui5_is_filled_by_a_batch() {
    let sandbox = filled().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let target = "Buckets?$count=true&$orderby=name%20desc&$select=created,id,name&$skip=0&$top=2";
    let headers = [
        ("content-type", MULTIPART),
        ("accept", "multipart/mixed"),
        ("odata-version", "4.0"),
        ("odata-maxversion", "4.0"),
        ("mime-version", "1.0"),
        ("x-csrf-token", "Fetch"),
        ("sap-cancel-on-close", "true"),
    ];
    let answer = post(&service, &headers, multipart(&[&get(target)])).await;
    assert_eq!(answer.header("odata-version"), "4.0");
    let parts = parts(&answer);
    assert_eq!(parts.len(), 1);
    assert_eq!(parts[0].0, 200);
    let rows: Value = serde_json::from_str(&parts[0].1).unwrap();
    assert_eq!(
        rows["@odata.count"], "3",
        "a string, as IEEE754Compatible asks"
    );
    let ids: Vec<_> = rows["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["id"])
        .collect();
    assert_eq!(ids, ["gamma", "beta"]);
    let alone = service.get_as("bob", &format!("/catalog/{target}")).await;
    assert_eq!(rows["value"], alone.json()["value"]);
    assert_eq!(rows["@odata.context"], alone.json()["@odata.context"]);
}

/// Relative, absolute path, absolute URL: all three forms mean the same.
#[tokio::test]
async fn parts_may_be_addressed_in_three_forms() {
    let sandbox = filled().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let host = service.url.strip_prefix("http://").unwrap().to_owned();
    let absolute = format!("{}/catalog/Buckets('beta')/name", service.url);
    let with_host = format!("GET /catalog/Buckets('beta')/name HTTP/1.1\nHost: {host}\n\n");
    let requests = [
        get("Buckets('beta')/name"),
        get("/catalog/Buckets('beta')/name"),
        get(&absolute),
        with_host,
    ];
    let requests: Vec<&str> = requests.iter().map(String::as_str).collect();
    let answer = post(
        &service,
        &[("content-type", MULTIPART)],
        multipart(&requests),
    )
    .await;
    let parts = parts(&answer);
    assert_eq!(parts.len(), 4);
    for (status, body) in parts {
        assert_eq!(status, 200, "{body}");
        assert_eq!(
            serde_json::from_str::<Value>(&body).unwrap()["value"],
            "beta"
        );
    }
}

/// The first error ends a multipart batch, unless the client wants it to go on.
#[tokio::test]
async fn an_error_stops_a_batch_unless_it_shall_go_on() {
    let sandbox = filled().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let requests = [
        get("Buckets('alpha')"),
        get("Buckets('nope')"),
        get("Buckets/$count"),
    ];
    let requests: Vec<&str> = requests.iter().map(String::as_str).collect();
    let body = multipart(&requests);
    let stopped = post(&service, &[("content-type", MULTIPART)], body.clone()).await;
    let statuses: Vec<_> = parts(&stopped).iter().map(|part| part.0).collect();
    assert_eq!(statuses, [200, 404]);
    let on = [
        ("content-type", MULTIPART),
        ("prefer", "odata.continue-on-error"),
    ];
    let went_on = parts(&post(&service, &on, body).await);
    let statuses: Vec<_> = went_on.iter().map(|part| part.0).collect();
    assert_eq!(statuses, [200, 404, 200]);
    assert_eq!(went_on[2].1, "3");
    let error: Value = serde_json::from_str(&went_on[1].1).unwrap();
    assert_eq!(error["error"]["code"], "NotFound");
}

/// JSON batches go on by themselves; what depends on a failure fails with it.
#[tokio::test]
async fn json_batches_are_answered_in_json() {
    let sandbox = filled().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let body = json!({"requests": [
        {"id": "1", "method": "get", "url": "Buckets?$filter=name eq 'beta'"},
        {"id": "2", "method": "GET", "url": "/catalog/Buckets('nope')"},
        {"id": "3", "method": "GET", "url": "Buckets/$count"},
        {"id": "4", "method": "GET", "url": "Buckets('alpha')", "dependsOn": ["2"]},
        {"id": "5", "method": "GET", "url": "$metadata", "headers": {"accept": "application/xml"}},
        {"id": "6", "method": "GET", "url": "$1/x"},
        {"id": "7", "method": "POST", "url": "Buckets", "body": {"id": "x"}},
        {"id": "8", "method": "POST", "url": "$batch"},
    ]});
    let answer = post(
        &service,
        &[("content-type", "application/json")],
        body.to_string(),
    )
    .await;
    let responses = answer.json()["responses"].as_array().unwrap().clone();
    let told: Vec<_> = responses
        .iter()
        .map(|it| (it["id"].as_str().unwrap(), it["status"].as_u64().unwrap()))
        .collect();
    assert_eq!(
        told[..5],
        [("1", 200), ("2", 404), ("3", 200), ("4", 424), ("5", 200)]
    );
    assert_eq!(told[6], ("7", 405));
    assert!(told[7].1 >= 400, "{told:?}");
    assert_eq!(responses[0]["body"]["value"][0]["id"], "beta");
    assert_eq!(responses[2]["body"], "3");
    assert_eq!(responses[6]["headers"]["allow"], "GET, HEAD");
}

/// S3 can't undo, so more than one change at once is refused before any of them is tried.
#[tokio::test]
async fn change_sets_promise_nothing_that_s3_can_not_keep() {
    let sandbox = filled().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let change = |id: u8| {
        format!(
            "--cs\r\nContent-Type:application/http\r\nContent-Transfer-Encoding:binary\r\nContent-ID:{id}.0\r\n\r\nDELETE Buckets('alpha') HTTP/1.1\r\n\r\n\r\n"
        )
    };
    for (changes, status) in [(1, 405), (2, 501)] {
        let set: String = (0..changes).map(change).collect();
        let body = format!(
            "--b\r\nContent-Type: multipart/mixed;boundary=cs\r\n\r\n{set}--cs--\r\n--b--\r\n"
        );
        let answer = post(
            &service,
            &[("content-type", "multipart/mixed;boundary=\"b\"")],
            body,
        )
        .await;
        assert_eq!(parts(&answer)[0].0, status, "{}", answer.body);
    }
    assert_eq!(
        service.get_as("bob", "/catalog/Buckets/$count").await.body,
        "3"
    );
}

/// What is no batch is refused as a whole, quickly, and the service goes on.
#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn hostile_batches_are_refused_quickly() {
    let sandbox = filled().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let many = multipart(&vec!["GET Buckets HTTP/1.1\r\n\r\n"; 10_000]);
    let json = format!(
        "{{\"requests\":[{}]}}",
        vec!["{\"id\":\"1\",\"method\":\"GET\",\"url\":\"Buckets\"}"; 10_000].join(",")
    );
    let nested = "[".repeat(100_000);
    let cases: [(Option<&str>, Vec<u8>, u16); 9] = [
        (None, multipart(&[]).into(), 415),
        (Some("text/plain"), b"x".to_vec(), 415),
        (Some(MULTIPART), many.into(), 413),
        (Some("application/json"), json.into(), 413),
        (Some(MULTIPART), b"no boundary in here".to_vec(), 400),
        (Some("multipart/mixed"), b"--b--".to_vec(), 400),
        (Some("application/json"), nested.into(), 400),
        (Some("application/json"), b"{\"requests\":1}".to_vec(), 400),
        (Some(MULTIPART), vec![b'x'; (4 << 20) + 1], 413),
    ];
    for (content_type, body, status) in cases {
        let length = body.len();
        let headers: Vec<_> = content_type
            .map(|it| ("content-type", it))
            .into_iter()
            .collect();
        let began = Instant::now();
        let answer = post(&service, &headers, body).await;
        assert_eq!(
            answer.status, status,
            "{content_type:?} {length}: {}",
            answer.body
        );
        assert!(!answer.code().is_empty());
        assert!(
            began.elapsed() < Duration::from_millis(500),
            "{length}: {:?}",
            began.elapsed()
        );
    }
    let anonymous = service
        .post("/catalog/$batch", &[("content-type", MULTIPART)], vec![])
        .await;
    assert_eq!(anonymous.status, 401);
    let inside = "GET Buckets HTTP/1.1\r\nAuthorization: Bearer x\r\n\r\n";
    let answer = post(
        &service,
        &[("content-type", MULTIPART)],
        multipart(&[inside]),
    )
    .await;
    assert_eq!(
        parts(&answer)[0].0,
        200,
        "who calls is known from the batch alone"
    );
    assert_eq!(
        service
            .get_as("bob", "/catalog/$batch")
            .await
            .header("allow"),
        "POST"
    );
}
