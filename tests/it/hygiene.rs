//! What every answer keeps to, whoever asks; and what the log keeps of it.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sandbox::bindings::{Bindings, CredentialSource};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::{Service, person, ready, sandbox, start};

/// Answers to a token belong to its bearer: no cache on the way may hand them on.
#[tokio::test]
async fn shared_caches_keep_nothing() {
    let sandbox = sandbox().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    for path in [
        "/catalog/",
        "/catalog/$metadata",
        "/catalog/$openapi",
        "/catalog/Buckets",
        "/catalog/Nope",
    ] {
        let answer = service.get_as("bob", path).await;
        assert!(answer.header("cache-control").contains("private"), "{path}");
        let mut vary = answer.headers.get_all("vary").iter();
        assert!(vary.any(|it| it == "authorization"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert!(answer.headers.get("server").is_none(), "{path}");
    }
    let refused = service.get_with("/catalog/Buckets", &[]).await;
    assert!(refused.header("cache-control").contains("no-store"));
}

/// UI5 asks for a token against cross-site requests before it writes, also without an approuter.
#[tokio::test]
async fn a_csrf_token_is_given_to_those_who_ask() {
    let sandbox = sandbox().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let bearer = service.bearer("bob");
    for method in ["GET", "HEAD"] {
        let headers = [
            ("authorization", bearer.as_str()),
            ("x-csrf-token", "Fetch"),
        ];
        let answer = service.send(method, "/catalog/", &headers).await;
        assert_eq!(answer.status, 200);
        assert!(!answer.header("x-csrf-token").is_empty(), "{method}");
    }
    let unasked = service.get_as("bob", "/catalog/").await;
    assert!(unasked.headers.get("x-csrf-token").is_none());
}

const PORTAL: (&str, &str) = ("origin", "https://portal.example");
const ASKED: (&str, &str) = ("access-control-request-method", "POST");

/// Without `cors_origins` no page of another origin may read.
#[tokio::test]
async fn pages_of_other_origins_may_not_call() {
    let sandbox = sandbox().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let bearer = service.bearer("bob");
    let headers = [("authorization", bearer.as_str()), PORTAL];
    let answer = service.get_with("/catalog/Buckets", &headers).await;
    assert_eq!(answer.status, 200);
    assert!(answer.headers.get("access-control-allow-origin").is_none());
    let preflight = service.send("OPTIONS", "/catalog/$batch", &[PORTAL, ASKED]);
    assert_eq!(preflight.await.status, 401);
}

/// With `cors_origins` exactly those listed may, and never with cookies.
#[tokio::test]
async fn only_listed_origins_may_call() {
    let sandbox = sandbox().await;
    let bindings = Bindings::new(&sandbox, CredentialSource::Oidc).set("cors_origins", PORTAL.1);
    let service = start(&sandbox, &bindings).await;
    service.until_ready().await;
    let bearer = service.bearer("bob");
    let bearer = ("authorization", bearer.as_str());
    let allowed = "access-control-allow-origin";
    let wanted = (
        "access-control-request-headers",
        "authorization,content-type,x-csrf-token",
    );
    let preflight = service
        .send("OPTIONS", "/catalog/$batch", &[PORTAL, ASKED, wanted])
        .await;
    assert_eq!(
        (preflight.status, preflight.header(allowed)),
        (200, PORTAL.1)
    );
    let methods = preflight.header("access-control-allow-methods");
    assert!(methods.contains("POST"), "{methods}");
    assert!(
        preflight
            .headers
            .get("access-control-allow-credentials")
            .is_none()
    );
    let answer = service
        .get_with("/catalog/Buckets", &[bearer, PORTAL])
        .await;
    assert_eq!((answer.status, answer.header(allowed)), (200, PORTAL.1));
    let refused = service.get_with("/catalog/Buckets", &[PORTAL]).await;
    assert_eq!((refused.status, refused.header(allowed)), (401, PORTAL.1));
    for stranger in [
        "https://portal.example.evil.example",
        "http://portal.example",
        "https://portal.example:8443",
        "null",
    ] {
        let origin = ("origin", stranger);
        let answer = service
            .get_with("/catalog/Buckets", &[bearer, origin])
            .await;
        assert!(answer.headers.get(allowed).is_none(), "{stranger}");
        let preflight = service
            .send("OPTIONS", "/catalog/Buckets", &[origin, ASKED])
            .await;
        assert!(preflight.headers.get(allowed).is_none(), "{stranger}");
    }
}

fn audit(service: &Service<'_>) -> Vec<Value> {
    let lines = service.log().into_iter();
    let lines = lines.filter_map(|line| serde_json::from_str::<Value>(&line).ok());
    lines.filter(|line| line["logger"] == "audit").collect()
}

/// Each access to data leaves a line with who, what and what came of it; parts of a batch too.
#[tokio::test]
async fn accesses_are_audited() {
    let sandbox = sandbox().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let bearer = service.bearer("bob");
    let headers = [
        ("authorization", bearer.as_str()),
        ("x-correlation-id", "case-1"),
    ];
    let path = "/catalog/Buckets('none')/objects(bucket_id='none',objectKey='a%2Fb.txt')";
    assert_eq!(service.get_with(path, &headers).await.status, 404);
    service.until_logged("\"audit.object\"").await;
    let lines = audit(&service);
    assert_eq!(lines.len(), 1, "{lines:?}");
    let line = &lines[0];
    for (field, expected) in [
        ("audit.action", "read"),
        ("audit.resource", "Buckets/objects"),
        ("audit.bucket", "none"),
        ("audit.object", "a/b.txt"),
        ("audit.result", "failure"),
        ("caller.kind", "user"),
        ("caller.issuer", "ias"),
        ("correlation_id", "case-1"),
        ("level", "info"),
    ] {
        assert_eq!(line[field], expected, "{field}: {line}");
    }
    let claims = sandbox.identity.user_claims(person("bob"));
    assert_eq!(line["caller.id"], claims["scim_id"]);
    assert!(line.get("caller.email").is_none());

    let path = "/catalog/Objects?$filter=bucket_id%20eq%20'some'";
    let filtered = [headers[0], ("x-correlation-id", "case-3")];
    assert_eq!(service.get_with(path, &filtered).await.status, 200);
    service.until_logged("\"audit.bucket\":\"some\"").await;

    let batch = json!({"requests": [
        {"id": "1", "method": "GET", "url": "Buckets"},
        {"id": "2", "method": "GET", "url": "Buckets('none')"},
        {"id": "3", "method": "GET", "url": "$metadata"}]});
    let kind = ("content-type", "application/json");
    let headers = [headers[0], ("x-correlation-id", "case-2"), kind];
    let answer = service
        .post("/catalog/$batch", &headers, batch.to_string().into_bytes())
        .await;
    assert_eq!(answer.status, 200);
    service.until_logged("POST /catalog/$batch").await;
    let of_batch = audit(&service);
    let of_batch: Vec<&Value> = of_batch
        .iter()
        .filter(|it| it["correlation_id"] == "case-2")
        .collect();
    assert_eq!(of_batch.len(), 2, "{of_batch:?}");
    assert_eq!(service.get_as("dave", "/catalog/Buckets").await.status, 403);
    service.until_logged("\"denied\"").await;
}

/// The audit trail does not depend on how much else is logged, and may name addresses.
#[tokio::test]
async fn the_audit_trail_is_written_at_any_log_level() {
    let sandbox = sandbox().await;
    let bindings = Bindings::new(&sandbox, CredentialSource::Oidc);
    let bindings = bindings
        .set("log_level", "info,request=off,btp_s3_catalog=warn")
        .set("audit_email", "true");
    // the address to listen on is told at info
    let bindings = bindings.set("log_level", "warn,btp_s3_catalog::app=info");
    let service = start(&sandbox, &bindings).await;
    service.until_ready().await;
    assert_eq!(service.get_as("bob", "/catalog/Buckets").await.status, 200);
    service.until_logged("audit.resource").await;
    let lines = audit(&service);
    assert_eq!(
        lines[0]["caller.email"],
        sandbox.identity.user_claims(person("bob"))["email"]
    );
    assert!(service.logged("\"type\":\"request\"").is_empty());
}

/// A token that names its client's certificate is worth nothing to a thief, if that is asked for.
#[tokio::test]
async fn a_bound_token_needs_its_certificate() {
    let sandbox = sandbox().await;
    let der = b"the client's certificate";
    let mut claims = sandbox.identity.user_claims(person("bob"));
    let thumbprint = URL_SAFE_NO_PAD.encode(digest(&SHA256, der));
    claims["cnf"] = json!({"x5t#S256": thumbprint});
    let bearer = format!("Bearer {}", sandbox.identity.sign(&claims));
    let own = STANDARD.encode(der);
    let other = STANDARD.encode(b"another");
    let ask = async |service: &Service<'_>, certificate: Option<&str>| {
        let mut headers = vec![("authorization", bearer.as_str())];
        headers.extend(certificate.map(|it| ("x-forwarded-client-cert", it)));
        service.get_with("/catalog/Buckets", &headers).await.status
    };
    let lenient = ready(&sandbox, CredentialSource::Oidc).await;
    assert_eq!(ask(&lenient, None).await, 200);
    let bindings = Bindings::new(&sandbox, CredentialSource::Oidc);
    let bindings = bindings.set("require_proof_of_possession", "when-bound");
    let strict = start(&sandbox, &bindings).await;
    strict.until_ready().await;
    assert_eq!(ask(&strict, Some(&own)).await, 200);
    assert_eq!(ask(&strict, None).await, 401);
    assert_eq!(ask(&strict, Some(&other)).await, 401);
    assert_eq!(strict.get_as("bob", "/catalog/Buckets").await.status, 200);
    let bindings = Bindings::new(&sandbox, CredentialSource::Oidc);
    let always = start(
        &sandbox,
        &bindings.set("require_proof_of_possession", "always"),
    )
    .await;
    always.until_ready().await;
    assert_eq!(always.get_as("bob", "/catalog/Buckets").await.status, 401);
    assert_eq!(ask(&always, Some(&own)).await, 200);
}

fn connect(service: &Service<'_>) -> TcpStream {
    let address: SocketAddr = service.url.trim_start_matches("http://").parse().unwrap();
    let stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    stream
}

/// A body that stops coming does not hold the connection: 408, then the end.
#[tokio::test]
async fn a_body_that_stalls_is_cut_off() {
    let sandbox = sandbox().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let mut stream = connect(&service);
    let bearer = service.bearer("bob");
    write!(stream, "POST /catalog/$batch HTTP/1.1\r\nHost: x\r\nAuthorization: {bearer}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{").unwrap();
    let began = Instant::now();
    let read = move || {
        let mut answer = Vec::new();
        let end = stream.read_to_end(&mut answer);
        (end, String::from_utf8_lossy(&answer).into_owned())
    };
    let (end, answer) = tokio::task::spawn_blocking(read).await.unwrap();
    assert!(end.is_ok(), "the connection stayed open: {answer}");
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(began.elapsed() < Duration::from_secs(15));
}

/// No core dump holds secrets, and nobody attaches a debugger.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn memory_is_kept_to_itself() {
    let sandbox = sandbox().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", service.pid())).unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .unwrap();
    let values: Vec<&str> = core.split_whitespace().skip(4).take(2).collect();
    assert_eq!(values, ["0", "0"], "{core}");
}

/// Monitoring reads figures, with the rights of an administrator; paths are told without keys.
#[tokio::test]
async fn administrators_read_metrics() {
    let sandbox = sandbox().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    assert_eq!(service.get_with("/metrics", &[]).await.status, 401);
    assert_eq!(service.get_as("bob", "/metrics").await.status, 403);
    for path in ["/catalog/Buckets", "/catalog/Buckets('secret-name')"] {
        service.get_as("bob", path).await;
    }
    service.send("BREW", "/catalog/Buckets", &[]).await;
    let answer = service.get_as("alice", "/metrics").await;
    assert_eq!(answer.status, 200);
    let kind = answer.header("content-type");
    assert!(kind.starts_with("application/openmetrics-text"), "{kind}");
    let text = &answer.body;
    assert!(text.ends_with("# EOF\n"), "{text}");
    assert!(
        !text.contains("secret-name") && !text.contains("BREW"),
        "{text}"
    );
    let figure = |name: &str| -> f64 {
        let line = text.lines().find(|line| line.starts_with(name));
        let line = line.unwrap_or_else(|| panic!("no {name}: {text}"));
        line.rsplit(' ').next().unwrap().parse().unwrap()
    };
    let listed =
        "s3_catalog_requests_total{method=\"GET\",request=\"/catalog/Buckets\",status=\"200\"}";
    assert!((figure(listed) - 1.0).abs() < 0.1, "{text}");
    assert!(
        figure("s3_catalog_requests_total{method=\"other\"") > 0.5,
        "{text}"
    );
    assert!(figure("s3_catalog_aws_session_attempts") > 0.5, "{text}");
    let end = figure("s3_catalog_aws_session_end_timestamp_seconds");
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit")]
    let now = sandbox.core.clock.unix() as f64;
    assert!(end > now && end < now + 3600.0, "{end}");
    let memory = figure("s3_catalog_resident_memory_bytes");
    assert!((1e6..1e9).contains(&memory), "{memory}");
}
