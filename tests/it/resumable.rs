//! Resumable uploads: tus 1.0 over plain HTTP, across instances, breaks and restarts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sandbox::Sandbox;
use sandbox::bindings::CredentialSource;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::{Duration, Instant, sleep};

use crate::support::{Answer, Service, ready};
use crate::upload::{get, letters, with_bucket};

const BYTES: (&str, &str) = ("content-type", "application/offset+octet-stream");
const LONG_AGO: &str = "Thu, 01 Jan 1970 00:00:10 GMT";
const PART: usize = 8 << 20;

fn metadata(key: &str) -> String {
    let [bucket, key] = ["files", key].map(|text| STANDARD.encode(text));
    format!("bucket {bucket},key {key},meta-origin dGVzdA==")
}

/// A client of one service, as a person.
struct Client<'s> {
    service: &'s Service<'s>,
    bearer: String,
}

impl<'s> Client<'s> {
    fn new(service: &'s Service<'s>, person: &str) -> Self {
        let bearer = service.bearer(person);
        Self { service, bearer }
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        let common = [
            ("authorization", self.bearer.as_str()),
            ("tus-resumable", "1.0.0"),
        ];
        let headers = [&common, headers].concat();
        let answer = self.service.send_body(method, path, &headers, body).await;
        assert_eq!(answer.header("tus-resumable"), "1.0.0");
        answer
    }

    /// Begins an upload; the path of it.
    async fn create(&self, key: &str, length: usize) -> String {
        let (length, metadata) = (length.to_string(), metadata(key));
        let headers = [
            ("upload-length", length.as_str()),
            ("upload-metadata", metadata.as_str()),
        ];
        let answer = self.send("POST", "/catalog/uploads", &headers, "").await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        assert!(!answer.header("upload-expires").is_empty());
        format!("/catalog/{}", answer.header("location"))
    }

    async fn offset(&self, upload: &str) -> usize {
        let answer = self.send("HEAD", upload, &[], "").await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("cache-control"), "private, no-store");
        answer.header("upload-offset").parse().unwrap()
    }

    async fn patch(&self, upload: &str, offset: usize, body: &[u8]) -> Answer {
        let offset = offset.to_string();
        let headers = [BYTES, ("upload-offset", offset.as_str())];
        self.send("PATCH", upload, &headers, body.to_vec()).await
    }
}

/// Lengths are digits, each name comes once, and types are what headers can carry.
#[tokio::test]
async fn uploads_that_cannot_be_meant_so_are_refused() {
    let sandbox = with_bucket().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let client = Client::new(&service, "alice");
    let good = metadata("a.txt");
    let kind = STANDARD.encode("text/ü");
    for (length, metadata) in [
        ("+5", good.clone()),
        ("", good.clone()),
        ("5", format!("{good},key eA==")),
        ("5", format!("{good},filetype {kind}")),
    ] {
        let headers = [
            ("upload-length", length),
            ("upload-metadata", metadata.as_str()),
        ];
        let answer = client.send("POST", "/catalog/uploads", &headers, "").await;
        assert_eq!(answer.status, 400, "{length} {metadata}: {}", answer.body);
    }
}

fn hidden(sandbox: &Sandbox) -> bool {
    let objects = sandbox.aws.storage.keys("files");
    objects
        .iter()
        .any(|key| key.starts_with(".btp-s3-catalog/"))
}

/// Pieces of any size, sent to instances in turn, become the object that they are pieces of.
#[tokio::test]
async fn any_instance_goes_on_with_what_another_began() {
    let sandbox = with_bucket().await;
    let one = ready(&sandbox, CredentialSource::Oidc).await;
    let two = ready(&sandbox, CredentialSource::Oidc).await;
    let (one, two) = (Client::new(&one, "carol"), Client::new(&two, "carol"));
    let body = letters(2 * PART + 12_345);
    let upload = one.create("docs/large.bin", body.len()).await;
    let mut at = 0;
    for (turn, size) in [1000, 3 << 20, PART, 1, PART, usize::MAX]
        .into_iter()
        .enumerate()
    {
        let client = if turn % 2 == 0 { &two } else { &one };
        assert_eq!(client.offset(&upload).await, at);
        let end = at.saturating_add(size).min(body.len());
        let answer = client.patch(&upload, at, &body[at..end]).await;
        assert_eq!(answer.status, 204, "{turn}: {}", answer.body);
        assert_eq!(answer.header("upload-offset"), end.to_string(), "{turn}");
        assert_eq!(
            answer.header("upload-expires").is_empty(),
            end == body.len()
        );
        at = end;
    }
    assert_eq!(at, body.len());
    assert_eq!(two.offset(&upload).await, body.len());
    let stored = get(one.service, "docs/large.bin").await;
    assert!(stored.body.as_bytes() == body);
    assert!(!hidden(&sandbox), "the tail was not removed");
    // the client may not have got the last answer
    assert_eq!(one.patch(&upload, body.len(), b"").await.status, 204);
    assert_eq!(one.patch(&upload, 5, b"x").await.status, 409);
    assert_eq!(one.send("DELETE", &upload, &[], "").await.status, 410);
}

/// The service may end after it made the object and before it removed the tail.
#[tokio::test]
async fn a_tail_that_outlived_its_upload_goes_when_somebody_looks() {
    let sandbox = with_bucket().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let client = Client::new(&service, "carol");
    let upload = client.create("a", 10).await;
    assert_eq!(client.patch(&upload, 0, b"01234").await.status, 204);
    let keys = sandbox.aws.storage.keys("files");
    let tail = keys.iter().find(|it| it.starts_with('.')).unwrap();
    assert_eq!(client.patch(&upload, 5, b"56789").await.status, 204);
    assert!(!hidden(&sandbox));
    let again = sandbox
        .aws
        .storage
        .put("files", tail, "text/plain", b"01234");
    again.await.unwrap();
    assert_eq!(client.offset(&upload).await, 10);
    assert!(!hidden(&sandbox), "the tail stays");
}

/// What came before a connection broke is there, also when it is less than S3 takes for a part; but
/// for what the HTTP server had not handed on yet, which is no more than its buffers hold.
#[tokio::test]
async fn a_broken_connection_costs_next_to_nothing() {
    let sandbox = with_bucket().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let client = Client::new(&service, "carol");
    let body = letters(PART + 5_000_000);
    let upload = client.create("a", body.len()).await;
    let address = service.url.strip_prefix("http://").unwrap();
    let mut at = 0;
    for sent in [1_500_000, 7_500_000, 1_000_000] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "PATCH {upload} HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\ntus-resumable: 1.0.0\r\ncontent-type: {}\r\nupload-offset: {at}\r\ncontent-length: {}\r\n\r\n",
            client.bearer,
            BYTES.1,
            body.len() - at
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&body[at..at + sent]).await.unwrap();
        stream.shutdown().await.unwrap();
        drop(stream);
        let least = at + sent - 200_000;
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let seen = client.offset(&upload).await;
            if seen >= least {
                assert!(seen <= at + sent);
                at = seen;
                break;
            }
            assert!(Instant::now() < deadline, "{seen} instead of {least}");
            sleep(Duration::from_millis(50)).await;
        }
    }
    assert_eq!(client.patch(&upload, at, &body[at..]).await.status, 204);
    let stored = get(&service, "a").await;
    assert!(stored.body.as_bytes() == body);
}

/// Headers and body, and the status that they lead to.
type Case<'a> = (&'a [(&'a str, &'a str)], &'static str, u16);

/// What the protocol forbids is refused, and changes nothing.
#[tokio::test]
async fn what_the_protocol_forbids_is_refused() {
    let sandbox = with_bucket().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let client = Client::new(&service, "carol");
    let upload = client.create("a", 10).await;
    assert_eq!(client.patch(&upload, 0, b"01234").await.status, 204);
    let at = ("upload-offset", "5");
    let md5 = |text: &str| format!("md5 {}", STANDARD.encode(text));
    let wrong = md5("0123456789abcdef");
    let cases: [Case<'_>; 7] = [
        (&[BYTES, ("upload-offset", "4")], "x", 409),
        (&[BYTES, ("upload-offset", "x")], "x", 400),
        (&[BYTES], "x", 400),
        (&[at], "x", 415),
        (&[BYTES, at], "567890", 413),
        (&[BYTES, at, ("upload-checksum", &wrong)], "x", 460),
        (&[BYTES, at, ("upload-checksum", "crc99 AAAA")], "x", 400),
    ];
    for (headers, body, expected) in cases {
        let answer = client.send("PATCH", &upload, headers, body).await;
        assert_eq!(answer.status, expected, "{headers:?}: {}", answer.body);
        assert_eq!(client.offset(&upload).await, 5, "{headers:?}");
    }
    let bearer = [("authorization", client.bearer.as_str())];
    let answer = service.send("HEAD", &upload, &bearer).await;
    assert_eq!(
        (answer.status, answer.header("tus-version")),
        (412, "1.0.0")
    );
    // sealed for the one who began it
    for person in ["alice", "bob"] {
        let other = Client::new(&service, person);
        let expected = if person == "alice" { 404 } else { 403 };
        let bearer = [
            ("authorization", other.bearer.as_str()),
            ("tus-resumable", "1.0.0"),
        ];
        assert_eq!(
            service.send("HEAD", &upload, &bearer).await.status,
            expected
        );
    }
    let forged = format!("{}A", &upload[..upload.len() - 1]);
    assert!([404, 204].contains(&client.send("HEAD", &forged, &[], "").await.status));
    let good = [
        BYTES,
        at,
        ("upload-checksum", "sha1 tYdcUpiUCTc3oDCYaK4k+r2vhhE="),
    ];
    let answer = client.send("PATCH", &upload, &good, "56789").await;
    assert_eq!(answer.status, 460);
    let override_ = [BYTES, at, ("x-http-method-override", "PATCH")];
    let answer = client.send("POST", &upload, &override_, "56789").await;
    assert_eq!(answer.status, 204, "{}", answer.body);
    assert_eq!(get(&service, "a").await.body, "0123456789");
}

/// Uploads are begun with content, without any, and ended before they are complete.
#[tokio::test]
async fn uploads_are_begun_and_ended() {
    let sandbox = with_bucket().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let client = Client::new(&service, "carol");
    let options = client.send("OPTIONS", "/catalog/uploads", &[], "").await;
    assert_eq!(options.status, 204);
    assert_eq!(options.header("tus-version"), "1.0.0");
    let extensions = "creation,creation-with-upload,checksum,termination,expiration";
    assert_eq!(options.header("tus-extension"), extensions);

    let metadata = metadata("with.txt");
    let common = [BYTES, ("upload-metadata", metadata.as_str())];
    let headers = [&common[..], &[("upload-length", "5")]].concat();
    let answer = client
        .send("POST", "/catalog/uploads", &headers, "01234")
        .await;
    assert_eq!((answer.status, answer.header("upload-offset")), (201, "5"));
    assert_eq!(get(&service, "with.txt").await.body, "01234");
    assert_eq!(
        get(&service, "with.txt").await.header("content-type"),
        "text/plain"
    );

    let empty = client.create("empty", 0).await;
    assert_eq!(client.offset(&empty).await, 0);
    assert_eq!(get(&service, "empty").await.status, 200);

    let upload = client.create("never", 10).await;
    assert_eq!(client.patch(&upload, 0, b"01234").await.status, 204);
    assert!(hidden(&sandbox));
    assert_eq!(client.send("DELETE", &upload, &[], "").await.status, 204);
    assert!(!hidden(&sandbox));
    assert_eq!(client.send("HEAD", &upload, &[], "").await.status, 410);
    assert_eq!(client.patch(&upload, 5, b"56789").await.status, 410);
    assert_eq!(get(&service, "never").await.status, 404);

    let blanks = client.create("\u{3000} ", 10).await;
    assert_eq!(client.patch(&blanks, 0, b"0123").await.status, 204);
    assert_eq!(client.patch(&blanks, 4, b"456789").await.status, 204);
    assert_eq!(get(&service, "\u{3000} ").await.body, "0123456789");

    let five = ("upload-length", "5");
    let there = get(&service, "with.txt").await;
    let weak = format!("W/{}", there.header("etag"));
    for (headers, expected) in [
        (vec![common[1]], 400),
        (vec![five], 400),
        (vec![common[1], ("upload-length", "999999999999999")], 413),
        (vec![common[1], five, ("if-none-match", "*")], 412),
        (vec![common[1], five, ("if-none-match", "\"a\"")], 400),
        (vec![common[1], five, ("if-match", "\"a\"")], 412),
        (vec![common[1], five, ("if-match", &weak)], 201),
        (
            vec![common[1], five, ("if-unmodified-since", LONG_AGO)],
            412,
        ),
    ] {
        let answer = client.send("POST", "/catalog/uploads", &headers, "").await;
        assert_eq!(answer.status, expected, "{headers:?}: {}", answer.body);
    }
}

/// SIGTERM in the middle: what came is stored, and another instance goes on.
#[tokio::test]
async fn an_instance_that_is_stopped_hands_over() {
    let sandbox = with_bucket().await;
    let mut first = ready(&sandbox, CredentialSource::Oidc).await;
    let second = ready(&sandbox, CredentialSource::Oidc).await;
    let body = letters(3_000_000);
    let (upload, bearer) = {
        let client = Client::new(&first, "carol");
        (client.create("a", body.len()).await, client.bearer)
    };
    let address = first.url.strip_prefix("http://").unwrap().to_owned();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "PATCH {upload} HTTP/1.1\r\nhost: x\r\nauthorization: {bearer}\r\ntus-resumable: 1.0.0\r\ncontent-type: {}\r\nupload-offset: 0\r\ncontent-length: {}\r\n\r\n",
        BYTES.1,
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&body[..1_000_000]).await.unwrap();
    sleep(Duration::from_millis(300)).await;
    first.terminate();
    let deadline = Instant::now() + Duration::from_secs(12);
    while first.exit_code().is_none() {
        assert!(Instant::now() < deadline, "it does not end");
        sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(first.exit_code(), Some(0));
    let client = Client::new(&second, "carol");
    assert_eq!(client.offset(&upload).await, 1_000_000);
    assert_eq!(
        client
            .patch(&upload, 1_000_000, &body[1_000_000..])
            .await
            .status,
        204
    );
    assert!(get(&second, "a").await.body.as_bytes() == body);
}
