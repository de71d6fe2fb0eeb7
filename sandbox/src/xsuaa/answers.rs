//! What XSUAA answers over HTTP: keys of the landscape, and tokens for the application itself.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Query, State as Shared};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::{APP_NAME, NAME, TOKEN_LIFE, Zone, client_id};
use crate::oauth::{Refusal, TokenRequest, uncached};

pub(super) fn routes(zone: &Arc<Zone>) -> Router {
    Router::new()
        .route("/token_keys", get(keys))
        .route("/oauth/token", post(token))
        .with_state(Arc::clone(zone))
}

/// Keys with the members that XSUAA's have beside those of the standard.
async fn keys(
    Shared(zone): Shared<Arc<Zone>>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    if query.get("zid").is_some_and(|zid| *zid != zone.id) {
        let body = json!({ "error": "invalid_request", "error_description": "unknown zone" });
        zone.core.ledger.record(NAME, "keys refused: unknown zone");
        return (StatusCode::BAD_REQUEST, Json(body)).into_response();
    }
    let state = zone.state();
    let keys = state.keys.iter().map(|key| {
        let mut jwk = key.jwk();
        if let Value::Object(jwk) = &mut jwk {
            jwk.insert("value".to_owned(), json!(key.public_key_pem()));
        }
        jwk
    });
    Json(json!({ "keys": keys.collect::<Vec<_>>() })).into_response()
}

/// Client credentials: the application gets the scopes that are granted to itself.
async fn token(
    Shared(zone): Shared<Arc<Zone>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let checked = TokenRequest::read(&uri, &headers, &body).and_then(|request| {
        let (client, secret) = request.client()?;
        if client == client_id() && secret.is_some_and(|shown| shown.is(&zone.secret)) {
            return Ok(());
        }
        let refusal = Refusal::new("unauthorized", "Bad credentials");
        Err(refusal.with_status(StatusCode::UNAUTHORIZED))
    });
    if let Err(refusal) = checked {
        zone.core
            .ledger
            .record(NAME, format!("token refused: {}", refusal.reason()));
        return refusal.into_response();
    }
    let scope = format!("{APP_NAME}.Read");
    let mut claims = zone.claims(std::slice::from_ref(&scope));
    if let Value::Object(claims) = &mut claims {
        claims.insert("grant_type".to_owned(), json!("client_credentials"));
        claims.insert("sub".to_owned(), json!(client_id()));
        claims.insert("authorities".to_owned(), json!([scope]));
    }
    let answer = json!({
        "access_token": zone.sign(&claims), "token_type": "bearer",
        "expires_in": TOKEN_LIFE, "scope": scope, "jti": claims.get("jti"),
    });
    uncached(Json(answer)).into_response()
}
