//! Every status code of the service, and the two texts of each error.
//!
//! The client reads a sentence and a code; the log gets the whole chain of causes. Nothing
//! that an upstream said reaches the client.

mod storage;

use std::fmt;
use std::time::Duration;

use actix_web::http::header::{ALLOW, CONTENT_RANGE, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, ResponseError};
use odata::batch::BatchError;
use serde_json::json;

use crate::aws::SessionError;
use crate::caller::{Rejection, Scope};
use crate::catalog::{BodyError, CatalogError};
use crate::telemetry::explain;
use storage::{changed, storage};

/// What a client is told to wait when nothing better is known, in seconds.
const RETRY_LATER: u64 = 5;

/// Why a request has no good answer.
#[derive(Debug)]
pub(super) enum ApiError {
    Rejected(Rejection),
    Catalog(CatalogError),
    Query(odata::Error),
    /// The resource exists, but not for this method.
    MethodNotAllowed {
        allow: &'static str,
    },
    /// No such resource; names what was looked for.
    NotFound(String),
    UriTooLong,
    HeadersTooLong,
    /// The entity is not, or no longer, the one that `If-Match` names.
    PreconditionFailed,
    /// Nothing of the range is there; `Content-Range` tells the length.
    RangeNotSatisfiable(Option<String>),
    /// A batch that is refused as a whole.
    Batch(BatchError),
    /// A browser wants content as a part of a page's code.
    NeverCode,
    /// A body that ended too early or came too slowly.
    BrokenBody,
    /// A defect of ours; the process goes on.
    Panicked {
        correlation_id: String,
    },
}

/// The parts of an error answer.
struct Told {
    status: StatusCode,
    code: &'static str,
    message: String,
    target: Option<String>,
    retry_after: Option<u64>,
}

impl ApiError {
    fn told(&self) -> Told {
        match self {
            Self::Rejected(rejection) => rejected(rejection),
            Self::Catalog(error) => storage(error),
            Self::Query(error) => query(error),
            Self::MethodNotAllowed { allow } => {
                let message = format!("This resource allows {allow} only");
                told(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message)
            }
            Self::NotFound(what) => told(
                StatusCode::NOT_FOUND,
                "NotFound",
                format!("{what} does not exist"),
            ),
            Self::Batch(error) => batch(error),
            Self::PreconditionFailed => changed(),
            Self::RangeNotSatisfiable(_) => told(
                StatusCode::RANGE_NOT_SATISFIABLE,
                "RangeNotSatisfiable",
                "The object has nothing in this range",
            ),
            Self::NeverCode => told(
                StatusCode::FORBIDDEN,
                "Forbidden",
                "Content of objects is never a script or a style sheet of a page",
            ),
            Self::BrokenBody => told(
                StatusCode::REQUEST_TIMEOUT,
                "BadRequest",
                "The body broke off or came too slowly",
            ),
            Self::UriTooLong => told(
                StatusCode::URI_TOO_LONG,
                "TooLarge",
                "The URL is longer than 16 KB",
            ),
            Self::HeadersTooLong => told(
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                "TooLarge",
                "The headers are longer than 64 KB",
            ),
            Self::Panicked { .. } => told(
                StatusCode::INTERNAL_SERVER_ERROR,
                "InternalError",
                "The request met a defect of the service; please report it with the correlation id",
            ),
        }
    }

    /// What the log says beyond the status; `None` when that says it all.
    pub(super) fn log_text(&self) -> Option<String> {
        match self {
            Self::Rejected(rejection) => Some(explain(rejection)),
            Self::Catalog(error) => Some(explain(error)),
            Self::Panicked { .. } => Some("a handler panicked".to_owned()),
            Self::Query(_)
            | Self::MethodNotAllowed { .. }
            | Self::NotFound(_)
            | Self::Batch(_)
            | Self::BrokenBody
            | Self::NeverCode
            | Self::PreconditionFailed
            | Self::RangeNotSatisfiable(_)
            | Self::HeadersTooLong
            | Self::UriTooLong => None,
        }
    }
}

/// What a client is told of one failure among others.
pub(super) fn code_and_text(error: &ApiError) -> (&'static str, String) {
    let Told { code, message, .. } = error.told();
    (code, message)
}

fn told(status: StatusCode, code: &'static str, message: impl Into<String>) -> Told {
    Told {
        status,
        code,
        message: message.into(),
        target: None,
        retry_after: None,
    }
}

fn query(error: &odata::Error) -> Told {
    let (status, code) = match error.kind() {
        odata::ErrorKind::BadRequest => (StatusCode::BAD_REQUEST, "BadRequest"),
        odata::ErrorKind::NotFound => (StatusCode::NOT_FOUND, "NotFound"),
        odata::ErrorKind::NotAcceptable => (StatusCode::NOT_ACCEPTABLE, "NotAcceptable"),
        odata::ErrorKind::UnsupportedMediaType => {
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType")
        }
        odata::ErrorKind::NotImplemented => (StatusCode::NOT_IMPLEMENTED, "NotImplemented"),
    };
    Told {
        target: error.target().map(str::to_owned),
        ..told(status, code, error.message())
    }
}

fn batch(error: &BatchError) -> Told {
    let (status, code) = match error {
        BatchError::Malformed(_) => (StatusCode::BAD_REQUEST, "BadRequest"),
        BatchError::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "TooLarge"),
        BatchError::UnsupportedMediaType(_) => {
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType")
        }
    };
    told(status, code, error.to_string())
}

fn rejected(rejection: &Rejection) -> Told {
    match rejection {
        Rejection::NoToken => told(
            StatusCode::UNAUTHORIZED,
            "Unauthenticated",
            "A bearer token is required",
        ),
        Rejection::Invalid(_) => told(
            StatusCode::UNAUTHORIZED,
            "Unauthenticated",
            "The bearer token is not accepted",
        ),
        Rejection::MissingScope(scope) => {
            let right = match scope {
                Scope::Read => "read the catalogue",
                Scope::Write => "write objects",
                Scope::Admin => "administer the catalogue",
            };
            told(
                StatusCode::FORBIDDEN,
                "Forbidden",
                format!("You are not permitted to {right}"),
            )
        }
        Rejection::KeysUnavailable(_) => Told {
            retry_after: Some(RETRY_LATER),
            ..told(
                StatusCode::SERVICE_UNAVAILABLE,
                "IdentityUnavailable",
                "Tokens can't be checked at the moment because the identity service does not answer; try again later",
            )
        },
    }
}

fn no_session(session: Option<&SessionError>) -> Told {
    let asked = session
        .and_then(SessionError::retry_after)
        .map(|d: Duration| d.as_secs());
    Told {
        retry_after: Some(asked.unwrap_or(RETRY_LATER).max(1)),
        ..told(
            StatusCode::SERVICE_UNAVAILABLE,
            "NoSession",
            "The catalogue has no AWS session at the moment; try again later. An administrator finds the reason in the log",
        )
    }
}

impl From<BodyError> for ApiError {
    fn from(error: BodyError) -> Self {
        Self::Catalog(CatalogError::Body(error))
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told().message)
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.told().status
    }

    fn error_response(&self) -> HttpResponse {
        let told = self.told();
        let mut response = HttpResponse::build(told.status);
        match self {
            Self::Rejected(Rejection::NoToken) => {
                response.insert_header((WWW_AUTHENTICATE, "Bearer"));
            }
            Self::Rejected(Rejection::Invalid(_)) => {
                response.insert_header((WWW_AUTHENTICATE, "Bearer error=\"invalid_token\""));
            }
            Self::Rejected(Rejection::MissingScope(_)) => {
                response.insert_header((WWW_AUTHENTICATE, "Bearer error=\"insufficient_scope\""));
            }
            Self::MethodNotAllowed { allow } => {
                response.insert_header((ALLOW, *allow));
            }
            Self::RangeNotSatisfiable(Some(part)) => {
                response.insert_header((CONTENT_RANGE, part.as_str()));
            }
            Self::Panicked { correlation_id } => {
                response.insert_header((super::observe::CORRELATION_ID, correlation_id.as_str()));
            }
            Self::Rejected(_)
            | Self::Catalog(_)
            | Self::Query(_)
            | Self::NotFound(_)
            | Self::Batch(_)
            | Self::BrokenBody
            | Self::NeverCode
            | Self::PreconditionFailed
            | Self::RangeNotSatisfiable(_)
            | Self::HeadersTooLong
            | Self::UriTooLong => {}
        }
        if let Some(seconds) = told.retry_after {
            response.insert_header((RETRY_AFTER, seconds));
        }
        body(&mut response, &told)
    }
}

fn body(response: &mut HttpResponseBuilder, told: &Told) -> HttpResponse {
    response
        .insert_header(("odata-version", "4.0"))
        .content_type("application/json;odata.metadata=minimal;charset=utf-8")
        .body(odata::body::error_body(
            told.code,
            &told.message,
            told.target.as_deref(),
            &[],
        ))
}

/// The answer for every path that is no resource of ours.
pub(super) async fn no_such_route(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    drop(request);
    Err(no_such_path())
}

/// There is nothing at this path.
pub(super) fn no_such_path() -> ApiError {
    ApiError::NotFound("This path".to_owned())
}

/// Refuses methods that change something.
pub(super) fn only_reads(request: &HttpRequest) -> Result<(), ApiError> {
    if [Method::GET, Method::HEAD].contains(request.method()) {
        return Ok(());
    }
    Err(ApiError::MethodNotAllowed { allow: "GET, HEAD" })
}

/// 503 of the readiness probe: a code and nothing more.
pub(super) fn not_ready(code: &'static str) -> HttpResponse {
    HttpResponse::ServiceUnavailable().json(json!({"status": "DOWN", "code": code}))
}
