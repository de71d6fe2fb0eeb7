//! tus on the wire: headers, statuses, checksums, dates.

use std::time::{Duration, UNIX_EPOCH};

use actix_web::http::header::{HeaderName, HeaderValue, HttpDate};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, ResponseError};

use crate::catalog::Resumable;
use crate::http::error::ApiError;
use crate::http::incoming::Digests;

pub(super) const BYTES: &str = "application/offset+octet-stream";
const VERSION: &str = "1.0.0";
const EXTENSIONS: &str = "creation,creation-with-upload,checksum,termination,expiration";
const CHECKSUMS: &str = "md5,sha1,sha256,sha512";

/// Why a request about an upload is refused.
#[derive(Debug)]
pub(super) enum Tus {
    Api(ApiError),
    /// A header that can't be meant so.
    Bad(&'static str),
    /// The client speaks another version of the protocol.
    WrongVersion,
    /// The body is no `application/offset+octet-stream`.
    WrongType,
    /// The client is not where the upload is.
    Elsewhere(u64),
    /// The upload has ended without an object, or is no more.
    Gone,
    WrongChecksum,
}

impl Tus {
    /// Whether the client speaks our version.
    pub(super) fn check(request: &HttpRequest) -> Result<(), Self> {
        if header(request, "tus-resumable") == Some(VERSION) {
            return Ok(());
        }
        Err(Self::WrongVersion)
    }

    /// What the server can do.
    pub(super) fn options(most: Option<u64>) -> HttpResponse {
        let most = most.unwrap_or(Resumable::MOST).min(Resumable::MOST);
        HttpResponse::NoContent()
            .insert_header(("tus-version", VERSION))
            .insert_header(("tus-extension", EXTENSIONS))
            .insert_header(("tus-max-size", most))
            .insert_header(("tus-checksum-algorithm", CHECKSUMS))
            .finish()
    }

    pub(super) fn status_code(&self) -> StatusCode {
        match self {
            Self::Api(error) => error.status_code(),
            Self::Bad(_) => StatusCode::BAD_REQUEST,
            Self::WrongVersion => StatusCode::PRECONDITION_FAILED,
            Self::WrongType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Elsewhere(_) => StatusCode::CONFLICT,
            Self::Gone => StatusCode::GONE,
            // a number of tus's own
            Self::WrongChecksum => StatusCode::from_u16(460).unwrap_or(StatusCode::BAD_REQUEST),
        }
    }

    fn told(&self) -> (&'static str, String) {
        match self {
            Self::Api(error) => ("", error.to_string()),
            Self::Bad(what) => ("BadRequest", (*what).to_owned()),
            Self::WrongVersion => (
                "PreconditionFailed",
                format!("Tus-Resumable has to be {VERSION}"),
            ),
            Self::WrongType => (
                "UnsupportedMediaType",
                format!("The body of an upload is {BYTES}"),
            ),
            Self::Elsewhere(offset) => (
                "Conflict",
                format!("The upload is at {offset}; ask with HEAD where to go on"),
            ),
            Self::Gone => (
                "Gone",
                "The upload has ended or expired; begin another one".to_owned(),
            ),
            Self::WrongChecksum => (
                "BadDigest",
                "The body is not the one that Upload-Checksum names; nothing was stored".to_owned(),
            ),
        }
    }
}

impl From<ApiError> for Tus {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

/// Every answer says the version; refusals say why.
pub(super) fn answer(answered: Result<HttpResponse, Tus>) -> HttpResponse {
    let mut response = match answered {
        Ok(response) => response,
        Err(Tus::Api(error)) => HttpResponse::from_error(error),
        Err(refusal) => {
            let (code, message) = refusal.told();
            let mut response = HttpResponse::build(refusal.status_code());
            if matches!(refusal, Tus::WrongVersion) {
                response.insert_header(("tus-version", VERSION));
            }
            response
                .content_type("application/json;odata.metadata=minimal;charset=utf-8")
                .body(odata::body::error_body(code, &message, None, &[]))
        }
    };
    response.headers_mut().insert(
        HeaderName::from_static("tus-resumable"),
        HeaderValue::from_static(VERSION),
    );
    response
}

/// The method, or the one that the client could not send.
pub(super) fn method(request: &HttpRequest) -> Method {
    let meant =
        header(request, "x-http-method-override").filter(|_| request.method() == Method::POST);
    let meant = meant.and_then(|meant| Method::from_bytes(meant.as_bytes()).ok());
    meant.unwrap_or_else(|| request.method().clone())
}

pub(super) fn header<'r>(request: &'r HttpRequest, name: &str) -> Option<&'r str> {
    request.headers().get(name)?.to_str().ok().map(str::trim)
}

/// A header of digits alone.
pub(super) fn number(request: &HttpRequest, name: &str) -> Option<u64> {
    let digits = header(request, name)?;
    let digits = Some(digits).filter(|it| it.bytes().all(|byte| byte.is_ascii_digit()));
    digits?.parse().ok()
}

/// `Upload-Checksum`.
pub(super) fn checksum(request: &HttpRequest) -> Result<Option<Digests>, Tus> {
    let Some(text) = header(request, "upload-checksum") else {
        return Ok(None);
    };
    let (algorithm, value) = text.split_once(' ').unwrap_or((text, ""));
    let digests = Digests::one(algorithm, value.trim());
    let digests = digests.ok_or(Tus::Bad(
        "Upload-Checksum has to be md5, sha1, sha256 or sha512 with its digest in Base64",
    ))?;
    Ok(Some(digests))
}

/// Seconds since 1970 as HTTP writes them.
pub(super) fn date(seconds: u64) -> String {
    HttpDate::from(UNIX_EPOCH + Duration::from_secs(seconds)).to_string()
}
