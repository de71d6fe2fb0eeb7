//! What the subaccount answers over HTTP: keys, and tokens for clients that sign in by themselves,
//! on one address with a secret and on another with a certificate.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Query, State as Shared};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde_json::{Value, json};

use super::{Client, NAME, Zone};
use crate::bound_certificate::thumbprint;
use crate::identity::signing::SigningKey;
use crate::oauth::{Refusal, TokenRequest, uncached};
use crate::serve::PeerCertificate;

pub(super) fn by_secret(zone: &Arc<Zone>) -> Router {
    Router::new()
        .route("/token_keys", get(keys))
        .route("/oauth/token", post(secret_token))
        .with_state(Arc::clone(zone))
}

pub(super) fn by_certificate(zone: &Arc<Zone>) -> Router {
    Router::new()
        .route("/oauth/token", post(certificate_token))
        .with_state(Arc::clone(zone))
}

/// The site of somebody who would like to be trusted: it publishes the foreign key.
pub(super) fn elsewhere(zone: &Arc<Zone>) -> Router {
    let answer =
        async |Shared(zone): Shared<Arc<Zone>>| Json(json!({ "keys": [published(&zone.foreign)] }));
    Router::new()
        .route("/token_keys", get(answer))
        .with_state(Arc::clone(zone))
}

/// Anybody may ask, for this subaccount; another `zid` than a known one gets 400.
async fn keys(
    Shared(zone): Shared<Arc<Zone>>,
    Query(query): Query<Vec<(String, String)>>,
) -> Response {
    let asked: Vec<&str> = query
        .iter()
        .filter(|(name, _)| name == "zid")
        .map(|(_, value)| value.as_str())
        .collect();
    if !matches!(asked.as_slice(), [] | [_]) || asked.iter().any(|&id| id != zone.id) {
        let refused = "keys refused: zid is not this subaccount's";
        zone.core.ledger.record(NAME, refused);
        let body = json!({ "error": "invalid_request", "error_description": "Unknown zone" });
        return (StatusCode::BAD_REQUEST, Json(body)).into_response();
    }
    let state = zone.state();
    let keys: Vec<Value> = state.keys.iter().map(published).collect();
    Json(json!({ "keys": keys })).into_response()
}

/// An entry of the key set; `value` is what clients used before there were key sets.
fn published(key: &SigningKey) -> Value {
    let mut entry = key.jwk();
    if let Value::Object(entry) = &mut entry {
        entry.insert("value".to_owned(), json!(key.public_key_pem()));
    }
    entry
}

async fn secret_token(
    Shared(zone): Shared<Arc<Zone>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let granted = TokenRequest::read(&uri, &headers, &body).and_then(|request| {
        let (client_id, secret) = request.client()?;
        let fits = |client: &Client| secret.is_some_and(|shown| shown.is(&client.secret));
        accept(zone.state().clients.get(client_id).is_some_and(fits))?;
        grant(&zone, &request, client_id, None)
    });
    answer(&zone, granted)
}

async fn certificate_token(
    Shared(zone): Shared<Arc<Zone>>,
    Extension(peer): Extension<PeerCertificate>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let granted = TokenRequest::read(&uri, &headers, &body).and_then(|request| {
        let (client_id, secret) = request.client()?;
        if secret.is_some() {
            // A binding with a certificate has no secret; whoever sends one mixes two up.
            return Err(Refusal::unauthorized("a client secret has no place here"));
        }
        let shown = peer.0.as_deref().map(thumbprint);
        let fits = |client: &Client| {
            let bound = client.certificate.as_ref();
            bound.is_some_and(|bound| shown.as_deref() == Some(bound.thumbprint()))
        };
        accept(zone.state().clients.get(client_id).is_some_and(fits))?;
        grant(&zone, &request, client_id, shown.as_deref())
    });
    answer(&zone, granted)
}

fn accept(client_fits: bool) -> Result<(), Refusal> {
    if client_fits {
        Ok(())
    } else {
        Err(Refusal::unauthorized("Bad credentials"))
    }
}

/// A token with what the client was granted, or with what it asks for of that. Whoever showed a
/// certificate gets a token that is bound to it (RFC 8705 §3).
fn grant(
    zone: &Zone,
    request: &TokenRequest,
    client_id: &str,
    bound_to: Option<&str>,
) -> Result<Value, Refusal> {
    if let Some(format) = request.one("token_format")?.filter(|&it| it != "jwt") {
        let text = format!("token format {format} is not simulated");
        return Err(Refusal::new("invalid_request", text));
    }
    let granted = zone.state().authorities(client_id);
    let mut claims = zone.technical_claims(client_id, &granted);
    if let Some(asked) = request.one("scope")? {
        narrow(&mut claims, asked)?;
    }
    if let (Value::Object(claims), Some(thumbprint)) = (&mut claims, bound_to) {
        claims.insert("cnf".to_owned(), json!({ "x5t#S256": thumbprint }));
    }
    let scopes = texts(&claims, "scope").join(" ");
    Ok(json!({
        "access_token": zone.sign(&zone.header(), &claims),
        "token_type": "bearer",
        "expires_in": zone.state().token_life,
        "scope": scopes,
        "jti": claims.get("jti"),
    }))
}

fn narrow(claims: &mut Value, asked: &str) -> Result<(), Refusal> {
    let granted = texts(claims, "scope");
    let asked: Vec<&str> = asked.split_whitespace().collect();
    if let Some(unknown) = asked.iter().find(|scope| !granted.contains(scope)) {
        let text = format!("{unknown} is invalid. Please use a valid scope name in the request");
        return Err(Refusal::new("invalid_scope", text));
    }
    let asked = json!(asked);
    if let Value::Object(claims) = claims {
        claims.insert("scope".to_owned(), asked);
    }
    Ok(())
}

fn texts<'a>(claims: &'a Value, name: &str) -> Vec<&'a str> {
    let values = claims.get(name).and_then(Value::as_array);
    values
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

fn answer(zone: &Zone, granted: Result<Value, Refusal>) -> Response {
    match granted {
        Ok(answer) => uncached(Json(answer)).into_response(),
        Err(refusal) => {
            let reason = format!("token refused: {}", refusal.reason());
            zone.core.ledger.record(NAME, reason);
            refusal.into_response()
        }
    }
}
