//! The two documents that the issuer publishes, with the members that AWS's have and no more.

use std::sync::Arc;

use axum::extract::State as Shared;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::{Algorithm, Issuer, Keys};

pub(super) fn routes(issuer: &Arc<Issuer>) -> Router {
    Router::new()
        .route("/.well-known/openid-configuration", get(discovery))
        .route("/.well-known/jwks.json", get(keys))
        .with_state(Arc::clone(issuer))
}

/// No `response_types_supported`, no endpoints: strict OIDC clients fail here, as they
/// do with AWS.
async fn discovery(Shared(issuer): Shared<Arc<Issuer>>) -> Json<Value> {
    let url = issuer.url();
    Json(json!({
        "issuer": url,
        "jwks_uri": format!("{url}/.well-known/jwks.json"),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": Algorithm::ALL.map(Algorithm::as_str),
        "claims_supported": ["aud", "exp", "iat", "iss", "jti", "sub"],
    }))
}

async fn keys(Shared(issuer): Shared<Arc<Issuer>>) -> Json<Value> {
    let state = issuer.state();
    let keys: Vec<Value> = state.keys.iter().flat_map(published).collect();
    Json(json!({ "keys": keys }))
}

/// The RSA key comes without `alg`, the EC key with it.
fn published(keys: &Keys) -> [Value; 2] {
    let mut rsa = keys.rsa.jwk();
    if let Value::Object(rsa) = &mut rsa {
        rsa.remove("alg");
    }
    [rsa, keys.ec.jwk()]
}
