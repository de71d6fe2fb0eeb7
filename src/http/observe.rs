//! Around every request: correlation id, limits, common headers, and one line in the log.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue, VARY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage};
use futures_util::FutureExt;
use tokio::time::Instant;
use tracing::{Instrument, debug, error, info, info_span};

use super::Service;
use super::error::ApiError;
use super::held::Held;
use crate::caller::Caller;
use crate::telemetry::REQUEST;

pub(super) const CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");
const CSRF_TOKEN: HeaderName = HeaderName::from_static("x-csrf-token");
/// Names under which SAP's components hand an id on, the most specific one first.
const KNOWN_AS: [&str; 4] = [
    "x-correlation-id",
    "x-correlationid",
    "x-request-id",
    "x-vcap-request-id",
];
pub(super) const LONGEST_URL: usize = 16 << 10;
const LONGEST_HEADERS: usize = 64 << 10;

/// What the log calls a request: its shape without keys and values.
#[derive(Debug, Clone)]
pub(super) struct Shape(pub(super) String);

/// Answers are never cached by default, and never taken for another type than they say.
pub(crate) async fn observe(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let started = Instant::now();
    let id = correlation_id(request.headers());
    let method = request.method().clone();
    let fetches_csrf_token = fetches_csrf_token(request.headers());
    let span = info_span!("request", correlation_id = id);
    let answered = AssertUnwindSafe(answer(request, next))
        .catch_unwind()
        .instrument(span.clone())
        .await;
    let Ok(answered) = answered else {
        error!(
            correlation_id = id,
            "a handler panicked; the request was answered with 500"
        );
        return Err(ApiError::Panicked { correlation_id: id }.into());
    };
    let mut response = answered?;
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(CORRELATION_ID, value);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    }
    headers.append(VARY, HeaderValue::from_static("authorization"));
    if fetches_csrf_token {
        headers.insert(
            CSRF_TOKEN,
            HeaderValue::from_static("bearer-tokens-need-none"),
        );
    }
    span.in_scope(|| log(method.as_str(), &response, started));
    Ok(response)
}

async fn answer<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse, Error> {
    let target = request.uri().path_and_query();
    let headers = request.headers().iter();
    let headers = headers.map(|(name, value)| name.as_str().len() + value.len());
    let refusal = if target.is_some_and(|target| target.as_str().len() > LONGEST_URL) {
        ApiError::UriTooLong
    } else if headers.sum::<usize>() > LONGEST_HEADERS {
        ApiError::HeadersTooLong
    } else {
        let held = Held::of(&mut request);
        let response = next.call(request).await?.map_into_boxed_body();
        return Ok(match held {
            Some(held) => response.map_body(|_, body| held.by(body)),
            None => response,
        });
    };
    let (request, _) = request.into_parts();
    let response = actix_web::HttpResponse::from_error(refusal);
    Ok(ServiceResponse::new(request, response))
}

/// One canonical line; no token, no key, no query value.
fn log<B: MessageBody>(method: &str, response: &ServiceResponse<B>, started: Instant) {
    let status = response.status().as_u16();
    let took = started.elapsed();
    let elapsed = took.as_secs_f64() * 1000.0;
    let extensions = response.request().extensions();
    let caller = extensions.get::<Arc<Caller>>();
    let shape = match extensions.get::<Shape>() {
        Some(Shape(shape)) => shape.clone(),
        None => response
            .request()
            .match_pattern()
            .unwrap_or_else(|| "unknown".to_owned()),
    };
    if let Some(service) = response.request().app_data::<Data<Service>>() {
        service.metrics.count(method, &shape, status, took);
    }
    let reason = response
        .response()
        .error()
        .and_then(|e| e.as_error::<ApiError>())
        .and_then(ApiError::log_text);
    let (caller_id, caller_kind) = match caller {
        Some(caller) => (caller.id(), caller.kind().name()),
        None => ("", "none"),
    };
    macro_rules! line {
        ($level:ident) => {
            $level!(
                target: REQUEST,
                direction = "IN",
                method,
                request = shape,
                response_status = status,
                response_time_ms = elapsed,
                caller.id = caller_id,
                caller.kind = caller_kind,
                error = reason,
                "{method} {shape} {status}"
            )
        };
    }
    if shape.starts_with("/health/") {
        line!(debug); // a probe every other second would bury everything else
    } else if status >= 500 && status != 501 {
        line!(error); // 501 is the caller's: valid, but not supported
    } else {
        line!(info);
    }
}

/// Whether the client asks for a token against cross-site requests, as SAP's do. There is nothing
/// to protect: browsers send no bearer token by themselves, and cookies count for nothing here. But
/// a client that asks wants to be answered. Behind an approuter this header does not arrive.
fn fetches_csrf_token(headers: &HeaderMap) -> bool {
    let asked = headers.get(CSRF_TOKEN);
    asked.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"fetch"))
}

/// The caller's id if it is well formed, else a new one; never text that could forge a line.
fn correlation_id(headers: &HeaderMap) -> String {
    let known = KNOWN_AS
        .iter()
        .find_map(|name| headers.get(*name)?.to_str().ok());
    match known {
        Some(id) if is_well_formed(id) => id.to_owned(),
        _ => new_id(),
    }
}

fn is_well_formed(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

/// A random UUID (RFC 9562, version 4).
fn new_id() -> String {
    let random = fastrand::u128(..);
    let random = random & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{random:032x}");
    [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ]
    .join("-")
}

#[cfg(test)]
mod tests {
    use super::{is_well_formed, new_id};

    #[test]
    fn a_new_id_is_a_version_4_uuid() {
        let id = new_id();
        assert_eq!(id.len(), 36);
        assert_eq!(&id[14..15], "4");
        assert!("89ab".contains(&id[19..20]));
        assert_ne!(id, new_id());
    }

    #[test]
    fn an_id_that_could_forge_a_log_line_is_replaced() {
        assert!(is_well_formed("8f4ab6c0-3b7e-4b0c-9d6d-3f1e0f0a7b11"));
        for bad in ["", "a b", "a\nb", "{\"x\":1}", &"a".repeat(65), "ü"] {
            assert!(!is_well_formed(bad), "{bad}");
        }
    }
}
