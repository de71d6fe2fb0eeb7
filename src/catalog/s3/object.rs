//! One object: where it is, and what S3 answers when it is asked for.

use std::time::Duration;

use bytes::Bytes;
use percent_encoding::{AsciiSet, utf8_percent_encode};
use tokio::time::{Instant, sleep};

use super::{ATTEMPTS, FIRST_PAUSE, Failure, QUERY, encode, meaning, xml};
use crate::aws::S3;
use crate::aws::access::{Answering, SendError};
use crate::catalog::content::{Facts, Wanted};

/// How long S3 may take to begin with an object.
const FIRST_BYTE: Duration = Duration::from_secs(10);
/// For all attempts together.
const OPEN_LIMIT: Duration = Duration::from_secs(20);
/// Longest error document that is read.
const ERROR_BYTES: usize = 64 << 10;

/// What a path segment may hold as it is, and the slashes between them.
const PATH: AsciiSet = QUERY.remove(b'/');

/// Path of an object, path-style, encoded as it shall travel and as the SDK sends it: segments
/// that are `.` or `..` are part of the key, and nothing here takes them for steps.
pub(in crate::catalog) fn object_target(bucket: &str, key: &str) -> String {
    format!("/{}/{}", encode(bucket), utf8_percent_encode(key, &PATH))
}

/// An answer of S3 about an object, whose body is still to come.
#[derive(Debug)]
pub(in crate::catalog) struct Opened(Answering);

impl Opened {
    pub(in crate::catalog) fn status(&self) -> u16 {
        self.0.status()
    }

    pub(in crate::catalog) fn header(&self, name: &str) -> Option<String> {
        self.0.header(name).map(str::to_owned)
    }

    /// What `Content-Length` announces.
    pub(in crate::catalog) fn length(&self) -> u64 {
        let announced = self.0.header("content-length");
        announced.and_then(|it| it.parse().ok()).unwrap_or_default()
    }

    pub(in crate::catalog) fn facts(&self) -> Facts {
        Facts {
            etag: self.header("etag"),
            last_modified: self.header("last-modified"),
            content_type: self.header("content-type"),
            content_encoding: self.header("content-encoding"),
            content_language: self.header("content-language"),
        }
    }

    /// The next piece of the body, `None` at its end.
    pub(in crate::catalog) async fn piece(&mut self) -> Result<Option<Bytes>, SendError> {
        self.0.piece().await
    }
}

/// Asks for an object; again when S3 is busy or away. Answers that are no failure of S3's (200,
/// 206, 304, 412, 416) are handed on.
pub(in crate::catalog) async fn open(
    s3: &S3,
    target: &str,
    wanted: &Wanted,
) -> Result<Opened, Failure> {
    let deadline = Instant::now() + OPEN_LIMIT;
    let mut pause = FIRST_PAUSE;
    let mut attempt = 1;
    loop {
        let failure = match once(s3, target, wanted).await {
            Ok(opened) => return Ok(opened),
            Err(failure) => failure,
        };
        let wait = pause.mul_f64(0.5 + fastrand::f64());
        if attempt == ATTEMPTS || !failure.is_transient() || Instant::now() + wait >= deadline {
            return Err(failure);
        }
        sleep(wait).await;
        attempt += 1;
        pause *= 2;
    }
}

async fn once(s3: &S3, target: &str, wanted: &Wanted) -> Result<Opened, Failure> {
    let headers = [
        ("range", &wanted.range),
        ("if-match", &wanted.if_match),
        ("if-none-match", &wanted.if_none_match),
        ("if-modified-since", &wanted.if_modified_since),
        ("if-unmodified-since", &wanted.if_unmodified_since),
    ];
    let headers = headers
        .iter()
        .filter_map(|(name, value)| Some((*name, value.as_deref()?)));
    let method = if wanted.head { "HEAD" } else { "GET" };
    let answer = s3.open(method, target, headers, FIRST_BYTE).await;
    let answer = answer.map_err(Failure::Away)?;
    let status = answer.status();
    if matches!(status, 200 | 206 | 304 | 412 | 416) {
        return Ok(Opened(answer));
    }
    // an answer to HEAD has no document that would tell more
    if wanted.head && status == 404 {
        return Err(Failure::NoObject);
    }
    let region = answer.header("x-amz-bucket-region").map(str::to_owned);
    let body = answer.read(ERROR_BYTES).await.map_err(Failure::Away)?;
    let document = xml::error(&String::from_utf8_lossy(&body)).unwrap_or_default();
    Err(meaning(s3.region(), status, document, region))
}

#[cfg(test)]
mod tests {
    use super::object_target;

    #[test]
    fn every_key_travels_as_it_is() {
        for (key, expected) in [
            ("a.txt", "/b/a.txt"),
            ("docs/a b+c%2F'd'.txt", "/b/docs/a%20b%2Bc%252F%27d%27.txt"),
            ("ü/😀", "/b/%C3%BC/%F0%9F%98%80"),
            ("/a//b/", "/b//a//b/"),
            ("a?b#c", "/b/a%3Fb%23c"),
            (".hidden/..x", "/b/.hidden/..x"),
            ("a/../b", "/b/a/../b"),
            ("./a", "/b/./a"),
            ("..", "/b/.."),
        ] {
            assert_eq!(object_target("b", key), expected, "{key}");
        }
    }
}
