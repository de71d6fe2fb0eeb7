use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use reqwest::redirect::Policy;
use sandbox::Core;
use sandbox::front_door::{FrontDoor, Page};
use sandbox::identity::Identity;
use sandbox::serve::{Listening, serve};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::decoded;

mod forgery;

/// What the service behind the door saw last: target and headers.
type Seen = Arc<Mutex<Option<(String, HeaderMap)>>>;

struct Setup {
    core: Core,
    identity: Identity,
    door: FrontDoor,
    seen: Seen,
    http: reqwest::Client,
    service: Listening,
}

impl Setup {
    async fn new() -> Self {
        let core = Core::new().unwrap();
        let identity = Identity::start(&core).await.unwrap();
        let seen = Seen::default();
        let noted = Arc::clone(&seen);
        let echo = Router::new().fallback(move |request: Request| async move {
            let (parts, body) = request.into_parts();
            *noted.lock().unwrap() = Some((parts.uri.to_string(), parts.headers));
            echoed(body)
        });
        let service = serve(&core, "service", echo, None).await.unwrap();
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let page = Page::of(repository).unwrap();
        let door = FrontDoor::start(&core, &identity, 0, &service.url, page)
            .await
            .unwrap();
        let http = reqwest::Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        Self {
            core,
            identity,
            door,
            seen,
            http,
            service,
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.door.url())
    }

    fn host(&self) -> &str {
        self.door.url().trim_start_matches("http://")
    }

    /// Signs in; the cookie as a browser would send it back.
    async fn cookie(&self, user: &str) -> String {
        let request = self.http.post(self.url("/login")).form(&[("user", user)]);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 303);
        let cookie = response.headers()["set-cookie"].to_str().unwrap();
        assert!(
            cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"),
            "{cookie}"
        );
        cookie.split(';').next().unwrap().to_owned()
    }

    async fn get(&self, path: &str, cookie: &str) -> reqwest::Response {
        self.http
            .get(self.url(path))
            .header("cookie", cookie)
            .send()
            .await
            .unwrap()
    }

    /// The token that this session's changes must bring.
    async fn csrf(&self, cookie: &str) -> String {
        let asked = self.http.head(self.url("/catalog/"));
        let asked = asked
            .header("cookie", cookie)
            .header("x-csrf-token", "Fetch");
        let answer = asked.send().await.unwrap();
        answer.headers()["x-csrf-token"]
            .to_str()
            .unwrap()
            .to_owned()
    }

    fn last(&self) -> (String, HeaderMap) {
        self.seen.lock().unwrap().clone().unwrap()
    }

    fn last_token(&self) -> String {
        let (_, headers) = self.last();
        headers["authorization"]
            .to_str()
            .unwrap()
            .strip_prefix("Bearer ")
            .unwrap()
            .to_owned()
    }
}

/// Sends the body back, piece by piece as it comes.
fn echoed(body: Body) -> Response {
    (
        [
            ("x-from-service", "yes"),
            ("connection", "x-secret-hop"),
            ("x-secret-hop", "1"),
        ],
        body,
    )
        .into_response()
}

#[tokio::test]
async fn nobody_gets_through_without_signing_in() {
    let setup = Setup::new().await;
    let script = setup
        .http
        .get(setup.url("/catalog/Buckets"))
        .send()
        .await
        .unwrap();
    assert_eq!(script.status(), 401);
    assert!(script.headers().contains_key("x-correlation-id"));
    let body: Value = script.json().await.unwrap();
    assert_eq!(body["error"]["code"], "Unauthenticated");

    let browser = setup
        .http
        .get(setup.url("/catalog/Buckets?$top=1"))
        .header("accept", "text/html");
    let browser = browser.send().await.unwrap();
    assert_eq!(browser.status(), 303);
    assert_eq!(
        browser.headers()["location"],
        "/login?next=%2Fcatalog%2FBuckets%3F%24top%3D1"
    );
    let page = setup.http.get(setup.url("/")).send().await.unwrap();
    assert_eq!(page.headers()["location"], "/login?next=%2F");
    assert!(
        setup.seen.lock().unwrap().is_none(),
        "the service was not asked"
    );
}

#[tokio::test]
async fn the_login_page_lists_the_people_and_leads_back() {
    let setup = Setup::new().await;
    let url = setup.url("/login?next=/catalog/%22%3E%3Cscript");
    let page = setup.http.get(url).send().await.unwrap();
    let policy = page.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(policy.contains("script-src 'self';"), "{policy}");
    let text = page.text().await.unwrap();
    for name in ["Alice Adler", "Bob Brandt", "Carol Castro", "Dave Dietrich"] {
        assert!(text.contains(name));
    }
    assert!(text.contains(r#"value="/catalog/&quot;>&lt;script""#) && !text.contains("<script"));

    let fields = [("user", "bob"), ("next", "/catalog/$metadata")];
    let response = setup
        .http
        .post(setup.url("/login"))
        .form(&fields)
        .send()
        .await
        .unwrap();
    assert_eq!(response.headers()["location"], "/catalog/$metadata");
    let nobody = setup
        .http
        .post(setup.url("/login"))
        .form(&[("user", "eve")]);
    assert_eq!(nobody.send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn the_service_gets_the_users_token_and_nothing_else_about_the_caller() {
    let setup = Setup::new().await;
    let cookie = setup.cookie("bob").await;
    let request = setup.http.get(setup.url("/catalog/Buckets"));
    let request = request
        .header("cookie", format!("other=1; {cookie}"))
        .header("authorization", "Bearer forged")
        .header("x-approuter-authorization", "Bearer forged")
        .header("x-forwarded-client-cert", "forged")
        .header("x-request-id", "from-the-client")
        .header("connection", "x-drop-me")
        .header("x-drop-me", "1")
        .header("x-csrf-token", "fetch");
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["x-from-service"], "yes");
    assert!(!response.headers().contains_key("x-secret-hop"));

    let (_, claims) = decoded(&setup.last_token());
    assert_eq!(claims["email"], "bob.brandt@example.com");
    assert_eq!(claims["aud"], setup.identity.client_id());
    let (_, headers) = setup.last();
    for dropped in [
        "cookie",
        "x-approuter-authorization",
        "x-forwarded-client-cert",
        "x-drop-me",
    ] {
        assert!(!headers.contains_key(dropped), "{dropped}");
    }
    assert_eq!(headers.get_all("authorization").iter().count(), 1);
    assert_eq!(headers["host"], setup.service.address.to_string());
    assert!(!headers.contains_key("x-csrf-token"));
    assert_eq!(headers["x-correlationid"], "from-the-client");
    assert_eq!(headers["x-forwarded-host"], setup.host());
    assert_eq!(headers["x-forwarded-proto"], "http");
    assert_eq!(headers["x-forwarded-for"], "127.0.0.1");
    assert_eq!(headers["x-forwarded-path"], "/catalog/Buckets");
}

#[tokio::test]
async fn path_and_query_go_through_byte_for_byte() {
    let setup = Setup::new().await;
    let cookie = setup.cookie("bob").await;
    for target in [
        "/catalog",
        "/catalog/",
        "/catalog/Buckets('b')/objects('docs%2Fa%20b+c.pdf')/content?",
        "/catalog/%2e%2e/x/../y//z;v=1?$filter=name%20eq%20'%2B'+and%20x&&=",
        "/catalog/Objects(bucket_id='b',objectKey='%F0%9F%98%80%25')?$select=a,b&%24top=1",
    ] {
        let mut tcp = TcpStream::connect(setup.host()).await.unwrap();
        let host = setup.host();
        let request = format!(
            "GET {target} HTTP/1.1\r\nhost: {host}\r\ncookie: {cookie}\r\nconnection: close\r\n\r\n"
        );
        tcp.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        tcp.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{target}: {answer}");
        assert_eq!(setup.last().0, target);
    }
}

#[tokio::test]
async fn bodies_stream_both_ways() {
    let setup = Setup::new().await;
    let cookie = setup.cookie("carol").await;
    let token = setup.csrf(&cookie).await;
    let mut tcp = TcpStream::connect(setup.host()).await.unwrap();
    let host = setup.host();
    let head = format!(
        "PUT /catalog/x HTTP/1.1\r\nhost: {host}\r\ncookie: {cookie}\r\n\
         x-csrf-token: {token}\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    tcp.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    for piece in ["first", "second"] {
        let chunk = format!("{:x}\r\n{piece}\r\n", piece.len());
        tcp.write_all(chunk.as_bytes()).await.unwrap();
        // The answer comes although the request has not ended.
        while !answer.contains(piece) {
            answer.push(tcp.read_u8().await.unwrap().into());
        }
    }
    tcp.write_all(b"0\r\n\r\n").await.unwrap();
    while !answer.ends_with("0\r\n\r\n") {
        answer.push(tcp.read_u8().await.unwrap().into());
    }
}

#[tokio::test]
async fn a_token_is_kept_until_shortly_before_its_end() {
    let setup = Setup::new().await;
    setup.identity.set_token_life(300);
    let cookie = setup.cookie("alice").await;
    let token = async |seconds: i64| {
        setup.core.clock.set_offset(seconds);
        setup.get("/catalog/", &cookie).await;
        setup.last_token()
    };
    let first = token(0).await;
    assert_eq!(token(200).await, first);
    assert_ne!(token(260).await, first);
}

#[tokio::test]
async fn pages_of_other_sites_are_kept_out() {
    let setup = Setup::new().await;
    let cookie = setup.cookie("alice").await;
    let token = setup.csrf(&cookie).await;
    setup.seen.lock().unwrap().take();
    let get = |path: &str| setup.http.get(setup.url(path)).header("cookie", &cookie);
    let rebound = get("/catalog/")
        .header("host", "evil.example:8080")
        .send()
        .await
        .unwrap();
    assert_eq!(rebound.status(), 421);
    let post = || {
        setup
            .http
            .post(setup.url("/catalog/x"))
            .header("cookie", &cookie)
            .header("x-csrf-token", &token)
    };
    let foreign = post()
        .header("origin", "http://evil.example")
        .send()
        .await
        .unwrap();
    assert_eq!(foreign.status(), 403);
    let foreign = post()
        .header("sec-fetch-site", "cross-site")
        .send()
        .await
        .unwrap();
    assert_eq!(foreign.status(), 403);
    assert!(setup.seen.lock().unwrap().is_none());
    let own = post()
        .header("origin", setup.door.url())
        .send()
        .await
        .unwrap();
    assert_eq!(own.status(), 200);
}

#[tokio::test]
async fn a_service_that_is_gone_is_told_in_a_readable_error() {
    let setup = Setup::new().await;
    let cookie = setup.cookie("alice").await;
    let Setup {
        door,
        http,
        service,
        ..
    } = setup;
    drop(service);
    tokio::task::yield_now().await;
    let request = http
        .get(format!("{}/catalog/", door.url()))
        .header("cookie", cookie);
    let response = request
        .header("x-correlationid", "abc")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 502);
    assert_eq!(response.headers()["x-correlation-id"], "abc");
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"]["code"], "ServiceUnreachable");
}
