//! XSUAA's token endpoint: one address for clients with a secret, another for clients with a
//! certificate, as `url` and `certurl` of a binding are two hosts.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Json, Router};
use serde_json::{Value, json};

use super::{Service, TOKENS};
use crate::bound_certificate::thumbprint;
use crate::oauth::{Refusal, TokenRequest, uncached};
use crate::random;
use crate::serve::PeerCertificate;

pub(super) fn by_secret(service: &Arc<Service>) -> Router {
    Router::new()
        .route("/oauth/token", post(secret_token))
        .with_state(Arc::clone(service))
}

pub(super) fn by_certificate(service: &Arc<Service>) -> Router {
    Router::new()
        .route("/oauth/token", post(certificate_token))
        .with_state(Arc::clone(service))
}

async fn secret_token(
    Shared(service): Shared<Arc<Service>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let checked = TokenRequest::read(&uri, &headers, &body).and_then(|request| {
        let (client_id, secret) = request.client()?;
        let expected = &service.state().secret;
        let fits = secret.is_some_and(|shown| shown.is(expected));
        accept(fits && client_id == service.client_id)
    });
    answer(&service, checked)
}

async fn certificate_token(
    Shared(service): Shared<Arc<Service>>,
    Extension(peer): Extension<PeerCertificate>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let checked = TokenRequest::read(&uri, &headers, &body).and_then(|request| {
        let (client_id, secret) = request.client()?;
        if secret.is_some() {
            // The binding has no secret in this form; whoever sends one mixes two up.
            return Err(Refusal::unauthorized("a client secret has no place here"));
        }
        let shown = peer.0.as_deref().map(thumbprint);
        let bound = service.state().certificate.thumbprint().to_owned();
        accept(shown == Some(bound) && client_id == service.client_id)
    });
    answer(&service, checked)
}

fn accept(client_fits: bool) -> Result<(), Refusal> {
    if client_fits {
        Ok(())
    } else {
        Err(Refusal::unauthorized("Bad credentials"))
    }
}

fn answer(service: &Service, checked: Result<(), Refusal>) -> Response {
    match checked {
        Ok(()) => uncached(Json(issued(service))).into_response(),
        Err(refusal) => {
            let reason = format!("token refused: {}", refusal.reason());
            service.core.ledger.record(TOKENS, reason);
            refusal.into_response()
        }
    }
}

fn issued(service: &Service) -> Value {
    let now = service.core.clock.unix();
    let life = service.state().token_life;
    let jti = random::uuid().replace('-', "");
    let claims = json!({
        "jti": jti,
        "sub": service.client_id,
        "client_id": service.client_id, "cid": service.client_id, "azp": service.client_id,
        "grant_type": "client_credentials",
        "authorities": ["uaa.resource"], "scope": ["uaa.resource"],
        "aud": ["uaa", service.client_id],
        "zid": service.subaccount_id,
        "ext_attr": { "enhancer": "XSUAA", "subaccountid": service.subaccount_id,
            "serviceinstanceid": service.instance_id },
        "iat": now, "exp": now + life,
    });
    let token = service
        .signing_key
        .sign(&service.signing_key.header(), &claims);
    service.core.ledger.secret(&token);
    json!({
        "access_token": token, "token_type": "bearer", "expires_in": life,
        "scope": "uaa.resource", "jti": jti,
    })
}

/// Whether a bearer token opens the Destination service now.
pub(super) fn opens(service: &Service, token: &str) -> bool {
    let Some(claims) = service.signing_key.verified_claims(token) else {
        return false;
    };
    let expiry = claims.get("exp").and_then(Value::as_i64);
    let ours = claims.get("zid").and_then(Value::as_str) == Some(&service.subaccount_id);
    ours && expiry.is_some_and(|expiry| expiry > service.core.clock.unix())
}
