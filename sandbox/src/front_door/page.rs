//! The page itself, embedded, and the headers that every page of the front door carries.

use std::sync::Arc;

use axum::extract::{Request, State as Shared};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};

use super::{Hall, session};

const INDEX: &str = include_str!("../../../webapp/index.html");
const SCRIPT: &str = include_str!("../../../webapp/simple.js");
const STYLE: &str = include_str!("../../../webapp/simple.css");

/// Nothing from elsewhere, nothing inline; the icon is a data URL.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'";

pub(super) async fn index(Shared(hall): Shared<Arc<Hall>>, headers: HeaderMap) -> Response {
    match session::person(&hall, &headers) {
        Some(_) => Html(INDEX).into_response(),
        None => Redirect::to("/login").into_response(),
    }
}

pub(super) async fn script() -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")],
        SCRIPT,
    )
}

pub(super) async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)
}

/// Adds the headers of a careful web server.
pub(super) async fn guarded(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in fixed {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}
