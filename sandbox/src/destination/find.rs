//! The REST interface: what a consumer reads at run time.
//!
//! Error bodies follow what is seen in practice, JSON with `ErrorMessage`, where the service's
//! specification only promises plain text.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State as Shared};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::tokens::opens;
use super::{Level, NAME, Service, State};
use crate::oauth::bearer_token;
use crate::sigv4::sha256_hex;

pub(super) fn routes(service: &Arc<Service>) -> Router {
    let v1 = Router::new()
        .route("/destinations/{name}", get(find))
        .route(
            "/subaccountCertificates/{name}",
            get(subaccount_certificate),
        )
        .route("/instanceCertificates/{name}", get(instance_certificate))
        .layer(from_fn_with_state(Arc::clone(service), guard))
        .with_state(Arc::clone(service));
    Router::new().nest("/destination-configuration/v1", v1)
}

async fn guard(Shared(service): Shared<Arc<Service>>, request: Request, next: Next) -> Response {
    let refusal = match bearer_token(request.headers()) {
        None => "Authorization header with a bearer token is missing.",
        Some(token) if !opens(&service, token) => {
            "Unable to parse the JWT in Authorization Header."
        }
        Some(_) => return next.run(request).await,
    };
    service
        .core
        .ledger
        .record(NAME, format!("refused: {refusal}"));
    error(StatusCode::UNAUTHORIZED, refusal)
}

/// Instance level first, then the subaccount. Token retrieval is not simulated, so
/// `$skipTokenRetrieval` changes nothing.
async fn find(
    Shared(service): Shared<Arc<Service>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    let state = service.state();
    let found = [Level::Instance, Level::Subaccount]
        .into_iter()
        .find_map(|level| Some((level, state.destinations.get(&(level, name.clone()))?)));
    let Some((level, configuration)) = found else {
        return not_found();
    };
    let instance = (level == Level::Instance).then_some(&service.instance_id);
    let mut body = json!({
        "owner": { "SubaccountId": service.subaccount_id, "InstanceId": instance },
        "destinationConfiguration": configuration,
    });
    let by_certificate = configuration
        .get("Authentication")
        .is_some_and(|kind| kind == "ClientCertificateAuthentication");
    if by_certificate {
        let certificates = delivered_stores(&state, configuration);
        if let Value::Object(body) = &mut body {
            body.insert("certificates".to_owned(), certificates);
        }
    }
    tagged(&headers, &body)
}

/// The trust store comes first when there is one: consumers must select by name.
fn delivered_stores(
    state: &State,
    configuration: &std::collections::BTreeMap<String, String>,
) -> Value {
    let own = configuration
        .get("KeyStore.Source")
        .is_none_or(|source| source != "ClientProvided");
    let named = ["TrustStoreLocation", "KeyStoreLocation"]
        .into_iter()
        .filter(|&property| own || property != "KeyStoreLocation")
        .filter_map(|property| configuration.get(property));
    named
        .filter_map(|name| {
            let keep = |level| state.certificates.get(&(level, name.clone()));
            let file = keep(Level::Instance).or_else(|| keep(Level::Subaccount))?;
            Some(entity(name, file))
        })
        .collect()
}

async fn subaccount_certificate(
    shared: Shared<Arc<Service>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    certificate(&shared, Level::Subaccount, &name, &headers)
}

async fn instance_certificate(
    shared: Shared<Arc<Service>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    certificate(&shared, Level::Instance, &name, &headers)
}

/// One level only: certificates are not looked for elsewhere.
fn certificate(service: &Service, level: Level, name: &str, headers: &HeaderMap) -> Response {
    let state = service.state();
    match state.certificates.get(&(level, name.to_owned())) {
        Some(file) => tagged(headers, &entity(name, file)),
        None => not_found(),
    }
}

fn entity(name: &str, file: &[u8]) -> Value {
    json!({ "Name": name, "Content": BASE64_STANDARD.encode(file), "Type": "CERTIFICATE" })
}

fn not_found() -> Response {
    error(
        StatusCode::NOT_FOUND,
        "Configuration with the specified name was not found",
    )
}

fn error(status: StatusCode, message: &str) -> Response {
    (status, axum::Json(json!({ "ErrorMessage": message }))).into_response()
}

/// The answer with its entity tag (64 hex digits), or 304 if the caller has it already.
fn tagged(headers: &HeaderMap, body: &Value) -> Response {
    let text = body.to_string();
    let tag = sha256_hex(text.as_bytes());
    let known = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|one| one.trim().trim_start_matches("W/").trim_matches('"'))
        .any(|one| one == "*" || one == tag);
    if known {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response();
    }
    let head = [
        (header::ETAG, tag),
        (header::CONTENT_TYPE, "application/json".to_owned()),
    ];
    (head, text).into_response()
}
