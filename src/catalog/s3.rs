//! S3's operations: requests, pages, retries, and what its errors mean.
//!
//! Listing is the hot path and is done here rather than by the SDK, which spends several
//! times the CPU on it; docs/decisions tells the figures. The answers are checked against
//! the SDK's own parser in the tests.

mod copy;
mod describe;
mod object;
mod parts;
mod remove;
mod share;
mod unfinished;
mod versions;
mod write;

use std::sync::Arc;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::time::{Instant, sleep};

pub(super) use copy::{Original, copy, copy_part};
pub(super) use describe::{describe, set_tags};
pub(super) use object::{Opened, object_target, open, version_target};
pub(super) use parts::{Part as UploadedPart, parts};
pub(super) use remove::remove;
pub(crate) use share::Link;
pub(super) use share::share;
pub(crate) use unfinished::Unfinished;
pub(super) use unfinished::unfinished;
pub(crate) use versions::Version;
pub(super) use versions::{Marker, versions};
pub(crate) use write::{Condition, Place, Stored};
pub(super) use write::{abort, begin, complete, part, put};

use super::Bucket;
use super::xml::{self, BadXml, ObjectPage};
use crate::aws::access::SendError;
use crate::aws::{S3, SessionError};

const ATTEMPTS: u32 = 3;
const ATTEMPT_LIMIT: Duration = Duration::from_secs(5);
/// For a whole list, all its pages and attempts together.
pub(super) const LIST_LIMIT: Duration = Duration::from_secs(12);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// A page of 1,000 buckets takes some 200 KB; more than this is not read.
const PAGE_BYTES: usize = 8 << 20;
const PAGE_BUCKETS: u32 = 1000;
/// Ten times what an account may hold at AWS's default quota.
const MOST_PAGES: usize = 100;

/// RFC 3986 "unreserved", as Signature Version 4 wants query values.
const QUERY: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What came of a request to S3, told apart by who must act.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("S3 takes the session for over ({code})")]
    SessionOver { code: String },
    #[error("S3 denies access: {message}")]
    Denied { message: String },
    #[error("S3 has no such bucket")]
    NoBucket,
    #[error("S3 has no object of this key")]
    NoObject,
    #[error("the object is archived: it has to be restored in S3 before it can be read")]
    Archived,
    #[error("the object is not the one that the condition names")]
    Changed,
    #[error("somebody else writes the object at the same time")]
    Conflict,
    #[error("S3 has no such upload")]
    NoUpload,
    #[error("there is no AWS session")]
    NoSession(#[source] Arc<SessionError>),
    #[error("S3 is busy: {status} {code}")]
    Busy { status: u16, code: String },
    #[error("S3 gives no answer")]
    Away(#[source] SendError),
    #[error(
        "requests are signed for {used}, but S3 there is in {actual}: check \"region\" and the Private Link host"
    )]
    WrongRegion { used: String, actual: String },
    #[error("this machine's clock is too far from S3's: set the clock")]
    Skewed,
    #[error("S3's answer can't be read")]
    Unreadable(#[source] BadXml),
    #[error("S3 refused with {status} {code}: {message}")]
    Refused {
        status: u16,
        code: String,
        message: String,
    },
}

impl Failure {
    pub(super) fn session_is_over(&self) -> bool {
        matches!(self, Self::SessionOver { .. })
    }

    /// A list whose pages lead round in a circle.
    pub(super) fn endless() -> Self {
        Self::Refused {
            status: 200,
            code: "EndlessList".to_owned(),
            message: "the list does not end".to_owned(),
        }
    }

    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Busy { .. } => true,
            Self::Away(error) => error.is_transient(),
            Self::SessionOver { .. }
            | Self::Denied { .. }
            | Self::NoBucket
            | Self::NoObject
            | Self::Archived
            | Self::Changed
            | Self::Conflict
            | Self::NoUpload
            | Self::NoSession(_)
            | Self::WrongRegion { .. }
            | Self::Skewed
            | Self::Unreadable(_)
            | Self::Refused { .. } => false,
        }
    }
}

/// Buckets whose name starts with `prefix`, in the endpoint's region, with all their pages.
///
/// Other regions' buckets are left out by S3: they can't be reached through this endpoint.
pub(super) async fn list_buckets(s3: &S3, prefix: &str) -> Result<Vec<Bucket>, Failure> {
    let deadline = Instant::now() + LIST_LIMIT;
    let mut buckets = Vec::new();
    let mut token: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let target = list_target(s3.region(), prefix, token.as_deref());
        let body = get(s3, &target, deadline).await?;
        let page = xml::buckets(&body).map_err(Failure::Unreadable)?;
        buckets.extend(page.buckets);
        match page.next {
            None => return Ok(buckets),
            // a server that hands out the same token again would keep us for ever
            next if next == token => break,
            next => token = next,
        }
    }
    Err(Failure::endless())
}

fn list_target(region: &str, prefix: &str, token: Option<&str>) -> String {
    let mut target = format!(
        "/?bucket-region={}&max-buckets={PAGE_BUCKETS}",
        encode(region)
    );
    for (name, value) in [
        ("prefix", prefix),
        ("continuation-token", token.unwrap_or_default()),
    ] {
        if !value.is_empty() {
            target.extend(["&", name, "=", &encode(value)]);
        }
    }
    target
}

/// What part of a bucket is listed.
#[derive(Debug, Default)]
pub(super) struct Part<'a> {
    pub(super) prefix: &'a str,
    /// Whether what lies below the next `/` is one folder.
    pub(super) one_level: bool,
    /// Keys up to this one are left out.
    pub(super) after: &'a str,
    /// Where the page before ended.
    pub(super) token: &'a str,
    pub(super) most: u16,
}

/// One page of a bucket's objects (`ListObjectsV2`).
pub(super) async fn list_objects(
    s3: &S3,
    bucket: &str,
    part: &Part<'_>,
    deadline: Instant,
) -> Result<ObjectPage, Failure> {
    let body = get(s3, &objects_target(bucket, part), deadline).await?;
    xml::objects(&body).map_err(Failure::Unreadable)
}

fn objects_target(bucket: &str, part: &Part<'_>) -> String {
    let mut target = format!(
        "/{}?list-type=2&encoding-type=url&max-keys={}",
        encode(bucket),
        part.most
    );
    let delimiter = if part.one_level { "/" } else { "" };
    for (name, value) in [
        ("delimiter", delimiter),
        ("prefix", part.prefix),
        ("start-after", part.after),
        ("continuation-token", part.token),
    ] {
        if !value.is_empty() {
            target.extend(["&", name, "=", &encode(value)]);
        }
    }
    target
}

fn encode(value: &str) -> String {
    utf8_percent_encode(value, &QUERY).to_string()
}

/// The body of a successful GET; asks again when S3 is busy or away, as long as time is left.
async fn get(s3: &S3, target: &str, deadline: Instant) -> Result<String, Failure> {
    let mut pause = FIRST_PAUSE;
    let mut attempt = 1;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let failure = match once(s3, target, left.min(ATTEMPT_LIMIT)).await {
            Ok(body) => return Ok(body),
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

async fn once(s3: &S3, target: &str, limit: Duration) -> Result<String, Failure> {
    let answer = s3
        .get(target, limit, PAGE_BYTES)
        .await
        .map_err(Failure::Away)?;
    let status = answer.status;
    let body =
        String::from_utf8(answer.body).map_err(|_| Failure::Unreadable(BadXml::not_utf8()))?;
    if status == 200 {
        return Ok(body);
    }
    let document = xml::error(&body).unwrap_or_default();
    Err(meaning(s3.region(), status, document, answer.region))
}

/// What an error answer means, by its code and status.
fn meaning(used: &str, status: u16, said: xml::ErrorDocument, header: Option<String>) -> Failure {
    let code = crate::telemetry::one_line(&said.code);
    match (status, code.as_str()) {
        // SeaweedFS and MinIO call a session that they don't know any more by the second and third name
        (_, "ExpiredToken" | "InvalidToken" | "InvalidAccessKeyId" | "TokenRefreshRequired") => {
            Failure::SessionOver { code }
        }
        (301 | 307, _)
        | (
            _,
            "PermanentRedirect"
            | "AuthorizationHeaderMalformed"
            | "IllegalLocationConstraintException",
        ) => Failure::WrongRegion {
            used: used.to_owned(),
            actual: header
                .or(said.region)
                .unwrap_or_else(|| "another region".to_owned()),
        },
        (_, "NoSuchBucket" | "InvalidBucketName") => Failure::NoBucket,
        (_, "NoSuchKey" | "NoSuchVersion") => Failure::NoObject,
        (_, "InvalidObjectState") => Failure::Archived,
        (_, "NoSuchUpload") => Failure::NoUpload,
        (412, _) | (_, "PreconditionFailed") => Failure::Changed,
        (_, "ConditionalRequestConflict" | "OperationAborted") => Failure::Conflict,
        (_, "RequestTimeTooSkewed") => Failure::Skewed,
        (429 | 500..=599, _)
        | (_, "SlowDown" | "RequestTimeout" | "Throttling" | "RequestLimitExceeded") => {
            Failure::Busy { status, code }
        }
        (_, "AccessDenied" | "AllAccessDisabled" | "AccountProblem" | "InvalidPayer") => {
            Failure::Denied {
                message: crate::telemetry::one_line(&said.message),
            }
        }
        _ => Failure::Refused {
            status,
            code,
            message: crate::telemetry::one_line(&said.message),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{Part, list_target, meaning, objects_target, xml::ErrorDocument};

    #[test]
    fn a_list_asks_for_the_endpoints_region_page_by_page() {
        assert_eq!(
            list_target("eu-central-1", "", None),
            "/?bucket-region=eu-central-1&max-buckets=1000"
        );
        assert_eq!(
            list_target("eu-central-1", "team.a", Some("a+b/c=")),
            "/?bucket-region=eu-central-1&max-buckets=1000&prefix=team.a&continuation-token=a%2Bb%2Fc%3D"
        );
    }

    #[test]
    fn a_list_of_objects_asks_for_what_is_wanted_and_no_more() {
        assert_eq!(
            objects_target(
                "team.a",
                &Part {
                    most: 1000,
                    ..Part::default()
                }
            ),
            "/team.a?list-type=2&encoding-type=url&max-keys=1000"
        );
        let part = Part {
            prefix: "a b/",
            one_level: true,
            after: "a b/ü",
            token: "t+",
            most: 5,
        };
        assert_eq!(
            objects_target("b", &part),
            "/b?list-type=2&encoding-type=url&max-keys=5&delimiter=%2F&prefix=a%20b%2F&start-after=a%20b%2F%C3%BC&continuation-token=t%2B"
        );
    }

    #[test]
    fn each_error_is_told_by_who_must_act() {
        let cases = [
            (
                400,
                "ExpiredToken",
                "S3 takes the session for over (ExpiredToken)",
            ),
            (
                403,
                "InvalidAccessKeyId",
                "S3 takes the session for over (InvalidAccessKeyId)",
            ),
            (403, "AccessDenied", "S3 denies access: m"),
            (503, "SlowDown", "S3 is busy: 503 SlowDown"),
            (502, "", "S3 is busy: 502 "),
            (
                301,
                "PermanentRedirect",
                "requests are signed for eu-central-1, but S3 there is in us-east-1: check \"region\" and the Private Link host",
            ),
            (
                403,
                "RequestTimeTooSkewed",
                "this machine's clock is too far from S3's: set the clock",
            ),
            (
                403,
                "SignatureDoesNotMatch",
                "S3 refused with 403 SignatureDoesNotMatch: m",
            ),
        ];
        for (status, code, expected) in cases {
            let document = ErrorDocument {
                code: code.to_owned(),
                message: "m".to_owned(),
                region: Some("us-east-1".to_owned()),
            };
            assert_eq!(
                meaning("eu-central-1", status, document, None).to_string(),
                expected
            );
        }
    }
}
