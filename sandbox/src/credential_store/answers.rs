//! What the store answers over HTTP, on its three hosts: without client certificate (basic and
//! bearer), with client certificate, and the token host of `oauth:mtls` bindings.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State as Shared};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde_json::{Value, json};

use super::jwe::{Flaw, encrypt};
use super::{NAME, State, Store, Stored};
use crate::bound_certificate::thumbprint;
use crate::oauth::{Refusal, TokenRequest, basic_credentials, bearer_token, uncached};
use crate::random;
use crate::serve::PeerCertificate;

/// Header that names the namespace of every request.
const NAMESPACE: &str = "sapcp-credstore-namespace";
const PASSWORD: &str = "/api/v1/credentials/password";
/// Seconds that tokens of `oauth:mtls` bindings live.
const TOKEN_LIFE: i64 = 1800;

/// How a request showed which binding it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Binding {
    Basic,
    Certificate,
    Token,
}

pub(super) fn plain_host(store: &Arc<Store>) -> Router {
    Router::new()
        .route(PASSWORD, get(read))
        .with_state(Arc::clone(store))
}

pub(super) fn certificate_host(store: &Arc<Store>) -> Router {
    Router::new()
        .route(PASSWORD, get(read_with_certificate))
        .with_state(Arc::clone(store))
}

pub(super) fn token_host(store: &Arc<Store>) -> Router {
    Router::new()
        .route("/api/v1/token", post(token))
        .with_state(Arc::clone(store))
}

async fn read(
    Shared(store): Shared<Arc<Store>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let state = store.state();
    let binding = headers.get(header::AUTHORIZATION).and_then(|value| {
        let Some((user, password)) = basic_credentials(value) else {
            return token_binding(&store, &state, &headers);
        };
        (user == store.username && password == state.password).then_some(Binding::Basic)
    });
    drop(state);
    answer(&store, binding, &headers, query.as_deref())
}

async fn read_with_certificate(
    Shared(store): Shared<Arc<Store>>,
    Extension(peer): Extension<PeerCertificate>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let bound = store.state().certificate.thumbprint().to_owned();
    let fits = peer.0.as_deref().map(thumbprint) == Some(bound);
    let binding = fits.then_some(Binding::Certificate);
    answer(&store, binding, &headers, query.as_deref())
}

/// A token opens the namespace that it was issued for; another one is answered with 403 later.
fn token_binding(store: &Store, state: &State, headers: &HeaderMap) -> Option<Binding> {
    let (_, end) = state.tokens.get(bearer_token(headers)?)?;
    (*end > store.core.clock.unix()).then_some(Binding::Token)
}

fn answer(
    store: &Store,
    binding: Option<Binding>,
    headers: &HeaderMap,
    query: Option<&str>,
) -> Response {
    match find(store, binding, headers, query) {
        Ok((binding, name, stored)) => delivered(store, binding, &name, &stored),
        Err((status, reason)) => {
            store.core.ledger.record(NAME, format!("refused: {reason}"));
            (status, Json(json!({ "message": reason }))).into_response()
        }
    }
}

fn find(
    store: &Store,
    binding: Option<Binding>,
    headers: &HeaderMap,
    query: Option<&str>,
) -> Result<(Binding, String, Stored), (StatusCode, &'static str)> {
    let binding = binding.ok_or((StatusCode::UNAUTHORIZED, "Unauthorized"))?;
    let namespace = headers.get(NAMESPACE).and_then(|value| value.to_str().ok());
    let namespace = namespace
        .filter(|value| !value.is_empty())
        .ok_or((StatusCode::BAD_REQUEST, "Namespace header is missing"))?;
    let name = single_name(query).ok_or((
        StatusCode::BAD_REQUEST,
        "Query parameter name must be there once, and alone",
    ))?;
    let state = store.state();
    let issued_for = bearer_token(headers).and_then(|token| state.tokens.get(token));
    let other_namespace = binding == Binding::Token
        && issued_for.is_none_or(|(issued_for, _)| issued_for != namespace);
    if other_namespace || state.forbidden.contains(namespace) {
        return Err((StatusCode::FORBIDDEN, "No permission for the namespace"));
    }
    let key = (namespace.to_owned(), name);
    match state.passwords.get(&key) {
        Some(stored) => Ok((binding, key.1, stored.clone())),
        None => Err((StatusCode::NOT_FOUND, "Credential not found")),
    }
}

fn single_name(query: Option<&str>) -> Option<String> {
    let mut parameters = form_urlencoded::parse(query?.as_bytes());
    let (key, value) = parameters.next()?;
    let alone = parameters.next().is_none();
    (alone && key == "name" && !value.is_empty()).then(|| value.into_owned())
}

fn delivered(store: &Store, binding: Binding, name: &str, stored: &Stored) -> Response {
    let payload = json!({
        "id": stored.id, "name": name, "type": "password", "status": "enabled",
        "modifiedAt": stored.modified_at, "value": stored.value,
    })
    .to_string();
    let (encrypted, flaw) = {
        let state = store.state();
        (state.encrypted || binding == Binding::Basic, state.flaw)
    };
    let (content_type, body) = if encrypted {
        let to_us = flaw != Some(Flaw::OtherRecipient);
        let recipient = if to_us {
            &store.recipient
        } else {
            &store.stranger
        };
        match encrypt(payload.as_bytes(), recipient, store.core.clock.unix(), flaw) {
            Ok(jwe) => ("application/jose;charset=UTF-8", jwe),
            Err(error) => {
                tracing::error!(%error, "payload not encrypted");
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            }
        }
    } else {
        ("application/json;charset=UTF-8", payload)
    };
    let head = [
        (
            header::CACHE_CONTROL,
            "no-cache, no-store, max-age=0, must-revalidate".to_owned(),
        ),
        (header::CONTENT_TYPE, content_type.to_owned()),
        (header::ETAG, format!("\"{}\"", stored.etag)),
    ];
    (head, body).into_response()
}

async fn token(
    Shared(store): Shared<Arc<Store>>,
    Extension(peer): Extension<PeerCertificate>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let granted = TokenRequest::read(&uri, &headers, &body)
        .and_then(|request| grant(&store, &request, peer.0.as_deref()));
    match granted {
        Ok(answer) => uncached(Json(answer)).into_response(),
        Err(refusal) => {
            let reason = format!("token refused: {}", refusal.reason());
            store.core.ledger.record(NAME, reason);
            refusal.into_response()
        }
    }
}

fn grant(store: &Store, request: &TokenRequest, peer: Option<&[u8]>) -> Result<Value, Refusal> {
    let (client_id, _) = request.client()?;
    let namespace = request
        .one("credstore_namespace")?
        .ok_or_else(|| Refusal::new("invalid_request", "credstore_namespace is missing"))?;
    let bound = store.state().certificate.thumbprint().to_owned();
    if client_id != store.username || peer.map(thumbprint) != Some(bound) {
        let refusal = Refusal::new("invalid_client", "the certificate is not the binding's");
        return Err(refusal.with_status(StatusCode::UNAUTHORIZED));
    }
    let token = random::text(32);
    store.core.ledger.secret(&token);
    let end = store.core.clock.unix() + TOKEN_LIFE;
    let issued = (namespace.to_owned(), end);
    store.state().tokens.insert(token.clone(), issued);
    Ok(json!({ "access_token": token, "token_type": "bearer", "expires_in": TOKEN_LIFE }))
}
