//! The way through to the service and back: path and query byte for byte, bodies streamed,
//! headers as the approuter sends them, with the user's token and nothing the client said about
//! who it is.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State as Shared};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::request::Parts;
use axum::http::uri::PathAndQuery;
use axum::http::{Error, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::forgery::{self, Verdict};
use super::{Hall, NAME, correlation, is_navigation, page, session, text};
use crate::people::Person;

/// Never passed on, in either direction (RFC 9110 §7.6.1).
const HOP_BY_HOP: [&str; 8] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Not passed on to the service. `expect` is answered here; cookies know no ports, so those of
/// other programs would go along; a client certificate is for a router to vouch for.
const KEPT_BACK: [&str; 8] = [
    "authorization",
    "cookie",
    "expect",
    "host",
    "x-approuter-authorization",
    forgery::TOKEN,
    "x-custom-host",
    "x-forwarded-client-cert",
];

pub(super) async fn through(Shared(hall): Shared<Arc<Hall>>, request: Request) -> Response {
    let id = correlation::id(request.headers());
    let Some(guest) = session::guest(&hall, request.headers()) else {
        return not_signed_in(&request, id);
    };
    let verdict = forgery::judge(request.method(), request.headers(), &guest.csrf);
    if verdict == Verdict::Forged {
        return forgery::refused();
    }
    let response = asked(&hall, request, guest.person, id).await;
    match verdict {
        Verdict::Fetches => forgery::handed(response, &guest.csrf),
        Verdict::Passes | Verdict::Forged => response,
    }
}

async fn asked(
    hall: &Hall,
    request: Request,
    person: &'static Person,
    id: HeaderValue,
) -> Response {
    let (parts, body) = request.into_parts();
    let token = hall.token(person);
    let forwarded = match forwarded(hall, &parts, body, &token, &id) {
        Ok(forwarded) => forwarded,
        Err(reason) => return bad_gateway(hall, &reason.to_string(), id),
    };
    match hall.client.request(forwarded).await {
        Ok(response) => {
            let (mut parts, body) = response.into_parts();
            remove_hop_by_hop(&mut parts.headers);
            Response::from_parts(parts, Body::new(body))
        }
        Err(reason) => bad_gateway(hall, &reason.to_string(), id),
    }
}

fn forwarded(
    hall: &Hall,
    parts: &Parts,
    body: Body,
    token: &str,
    id: &HeaderValue,
) -> Result<Request, Error> {
    let path = parts.uri.path_and_query().cloned();
    let mut target = hall.service.clone().into_parts();
    target.path_and_query = Some(path.unwrap_or(PathAndQuery::from_static("/")));
    let mut request = Request::builder()
        .method(parts.method.clone())
        .uri(Uri::from_parts(target)?)
        .body(body)?;
    let headers = request.headers_mut();
    headers.clone_from(&parts.headers);
    remove_hop_by_hop(headers);
    for name in KEPT_BACK {
        headers.remove(name);
    }
    let mut bearer = HeaderValue::try_from(format!("Bearer {token}"))?;
    bearer.set_sensitive(true);
    headers.insert(header::AUTHORIZATION, bearer);
    headers.insert(correlation::FORWARDED, id.clone());
    add_forwarding(headers, parts)?;
    Ok(request)
}

/// The approuter's rule: what an earlier proxy said stays.
fn add_forwarding(headers: &mut HeaderMap, parts: &Parts) -> Result<(), Error> {
    let host = text(&parts.headers, header::HOST.as_str()).unwrap_or_default();
    let said = [
        ("x-forwarded-host", host),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-path", parts.uri.path()),
    ];
    for (name, value) in said {
        let value = HeaderValue::try_from(value)?;
        headers
            .entry(HeaderName::from_static(name))
            .or_insert(value);
    }
    Ok(())
}

fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<String> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    for name in HOP_BY_HOP
        .into_iter()
        .chain(named.iter().map(String::as_str))
    {
        headers.remove(name);
    }
}

/// A browser is led to the login page and back; a script gets an error it can read.
fn not_signed_in(request: &Request, id: HeaderValue) -> Response {
    if is_navigation(request.method(), request.headers()) {
        return page::to_login(request.uri());
    }
    let message = "Nobody is signed in at the sandbox's front door.";
    answered(StatusCode::UNAUTHORIZED, "Unauthenticated", message, id)
}

fn bad_gateway(hall: &Hall, reason: &str, id: HeaderValue) -> Response {
    hall.core
        .ledger
        .record(NAME, format!("service not reached: {reason}"));
    let message = "The service behind the front door does not answer.";
    answered(StatusCode::BAD_GATEWAY, "ServiceUnreachable", message, id)
}

fn answered(status: StatusCode, code: &str, message: &str, id: HeaderValue) -> Response {
    let body = Json(json!({ "error": { "code": code, "message": message } }));
    (status, [(correlation::ANSWERED, id)], body).into_response()
}
