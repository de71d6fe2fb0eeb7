//! What the tenant answers over HTTP: discovery, keys and the token endpoint.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde_json::{Value, json};

use super::{Client, NAME, SignIn, Tenant, login};
use crate::bound_certificate::thumbprint;
use crate::oauth::{Refusal, TokenRequest, uncached};
use crate::random;
use crate::serve::PeerCertificate;

pub(super) fn routes(tenant: &Arc<Tenant>) -> Router {
    Router::new()
        .route("/.well-known/openid-configuration", get(discovery))
        .route("/oauth2/certs", get(keys))
        .route("/oauth2/token", post(token))
        .route(
            "/oauth2/authorize",
            get(login::authorize).post(login::chosen),
        )
        .route("/oauth2/logout", get(login::logout))
        .route("/oauth2/style.css", get(login::style))
        .with_state(Arc::clone(tenant))
}

/// The fields are those of SAP's documentation for the discovery endpoint.
async fn discovery(Shared(tenant): Shared<Arc<Tenant>>) -> Json<Value> {
    let issuer = tenant.issuer();
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/oauth2/authorize"),
        "token_endpoint": format!("{issuer}/oauth2/token"),
        "userinfo_endpoint": format!("{issuer}/oauth2/userinfo"),
        "end_session_endpoint": format!("{issuer}/oauth2/logout"),
        "jwks_uri": format!("{issuer}/oauth2/certs"),
        "introspection_endpoint": format!("{issuer}/oauth2/introspect"),
        "revocation_endpoint": format!("{issuer}/oauth2/revoke"),
        "response_types_supported": ["code", "id_token", "token"],
        "grant_types_supported": [
            "password", "authorization_code", "refresh_token", "client_credentials",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "urn:ietf:params:oauth:grant-type:token-exchange",
        ],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "email", "profile", "offline_access"],
        "token_endpoint_auth_methods_supported": [
            "tls_client_auth", "client_secret_basic", "client_secret_post", "private_key_jwt",
        ],
        "claims_supported": [
            "iss", "ias_iss", "iat", "exp", "auth_time", "sid", "jti", "nonce", "sub", "email",
            "email_verified", "given_name", "middle_name", "family_name", "preferred_username",
            "name", "scim_id", "groups", "aud", "azp", "app_tid", "ias_apis", "at_hash",
            "sap_id_type", "sap_gtid",
        ],
        "code_challenge_methods_supported": ["plain", "S256"],
        "tls_client_certificate_bound_access_tokens": true,
        "frontchannel_logout_supported": true,
        "frontchannel_logout_session_supported": true,
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "authorization_response_iss_parameter_supported": true,
    }))
}

/// Anybody may ask; who says for which application must name one of this tenant, or gets 400.
async fn keys(Shared(tenant): Shared<Arc<Tenant>>, headers: HeaderMap) -> Response {
    let named = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or(""));
    let state = tenant.state();
    let accepted = match (named("x-client_id"), named("x-app_tid")) {
        (None, None) => true,
        (Some(client), Some(tid)) => state.clients.contains_key(client) && tid == tenant.app_tid,
        (Some(_), None) | (None, Some(_)) => false,
    };
    let caller_known = named("x-azp").is_none_or(|azp| state.clients.contains_key(azp));
    if !(accepted && caller_known) {
        let refused = "keys refused: x-client_id, x-app_tid and x-azp name no pair of this tenant";
        tenant.core.ledger.record(NAME, refused);
        let body =
            json!({ "error": "invalid_request", "error_description": "Invalid tenant or client" });
        return (StatusCode::BAD_REQUEST, Json(body)).into_response();
    }
    let keys: Vec<Value> = state.keys.iter().map(super::SigningKey::jwk).collect();
    (
        [("x-osb_plan", "application")],
        Json(json!({ "keys": keys })),
    )
        .into_response()
}

async fn token(
    Shared(tenant): Shared<Arc<Tenant>>,
    Extension(peer): Extension<PeerCertificate>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let grants = ["client_credentials", "authorization_code", "refresh_token"];
    let granted = TokenRequest::read_for(&grants, &uri, &headers, &body)
        .and_then(|request| grant(&tenant, &request, peer.0.as_deref()));
    match granted {
        Ok(answer) => uncached(Json(answer)).into_response(),
        Err(refusal) => {
            let reason = format!("token refused: {}", refusal.reason());
            tenant.core.ledger.record(NAME, reason);
            refusal.into_response()
        }
    }
}

fn grant(tenant: &Tenant, request: &TokenRequest, peer: Option<&[u8]>) -> Result<Value, Refusal> {
    let (client_id, bound) = authenticated(tenant, request, peer)?;
    let opaque = match request.one("token_format")? {
        None | Some("jwt") => false,
        Some("opaque") => true,
        Some(other) => {
            let text = format!("token_format {other} is neither jwt nor opaque");
            return Err(Refusal::new("invalid_request", text));
        }
    };
    if request
        .one("app_tid")?
        .is_some_and(|tid| tid != tenant.app_tid)
    {
        return Err(Refusal::new("invalid_request", "unknown app_tid"));
    }
    let answer = match request.needed("grant_type")? {
        "authorization_code" => redeemed(tenant, request, client_id)?,
        "refresh_token" => refreshed(tenant, request, client_id)?,
        _ => return technical(tenant, request, client_id, bound.as_deref(), opaque),
    };
    Ok(answer.signed(tenant, client_id, bound.as_deref()))
}

/// Tokens for somebody who signed in.
struct UserTokens {
    sign_in: SignIn,
    nonce: Option<String>,
}

fn redeemed(tenant: &Tenant, request: &TokenRequest, client: &str) -> Result<UserTokens, Refusal> {
    let code = request.needed("code")?;
    let (address, verifier) = (request.one("redirect_uri")?, request.one("code_verifier")?);
    let now = tenant.core.clock.unix();
    let redeemed = tenant
        .state()
        .grants
        .redeem(code, client, address, verifier, now);
    let (asked, sign_in) = redeemed.map_err(|reason| Refusal::new("invalid_grant", reason))?;
    Ok(UserTokens {
        sign_in,
        nonce: asked.nonce,
    })
}

fn refreshed(tenant: &Tenant, request: &TokenRequest, client: &str) -> Result<UserTokens, Refusal> {
    let token = request.needed("refresh_token")?;
    let now = tenant.core.clock.unix();
    let refreshed = tenant.state().grants.refresh(token, client, now);
    let sign_in = refreshed.map_err(|reason| Refusal::new("invalid_grant", reason))?;
    Ok(UserTokens {
        sign_in,
        nonce: None,
    })
}

impl UserTokens {
    /// The answer of `OpenID` Connect Core §3.1.3.3. The access token is a JWT, as the application's
    /// `access-token-format` asks for, and bound to the client's certificate if that was shown.
    fn signed(self, tenant: &Tenant, client_id: &str, bound: Option<&str>) -> Value {
        let Self { sign_in, nonce } = self;
        let mut id_claims = tenant.user_claims(client_id, &sign_in);
        let mut access_claims = tenant.user_claims(client_id, &sign_in);
        if let (Value::Object(claims), Some(nonce)) = (&mut id_claims, nonce) {
            claims.insert("nonce".to_owned(), json!(nonce));
        }
        if let (Value::Object(claims), Some(thumbprint)) = (&mut access_claims, bound) {
            claims.insert("cnf".to_owned(), json!({ "x5t#S256": thumbprint }));
        }
        let now = tenant.core.clock.unix();
        let refresh_token = tenant.state().grants.refresh_token(client_id, sign_in, now);
        tenant.core.ledger.secret(&refresh_token);
        json!({
            "access_token": tenant.sign(None, &access_claims),
            "id_token": tenant.sign(None, &id_claims),
            "refresh_token": refresh_token,
            "token_type": "Bearer",
            "scope": "openid",
            "expires_in": tenant.state().token_life,
        })
    }
}

/// A token for the application itself.
fn technical(
    tenant: &Tenant,
    request: &TokenRequest,
    client_id: &str,
    bound: Option<&str>,
    opaque: bool,
) -> Result<Value, Refusal> {
    let (audience, apis) = audience(tenant, request, client_id)?;
    let mut claims = tenant.claims(&audience, client_id);
    if let Value::Object(claims) = &mut claims {
        claims.insert("sub".to_owned(), json!(client_id));
        claims.insert("sap_id_type".to_owned(), json!("app"));
        if !apis.is_empty() {
            claims.insert("ias_apis".to_owned(), json!(apis));
        }
        if let Some(thumbprint) = bound {
            claims.insert("cnf".to_owned(), json!({ "x5t#S256": thumbprint }));
        }
    }
    let token = if opaque {
        let token = random::text(32);
        tenant.core.ledger.secret(&token);
        token
    } else {
        tenant.sign(None, &claims)
    };
    let life = tenant.state().token_life;
    Ok(json!({ "access_token": token, "token_type": "Bearer", "expires_in": life }))
}

/// The client, and the thumbprint of its certificate if that is how it showed who it is.
fn authenticated<'a>(
    tenant: &Tenant,
    request: &'a TokenRequest,
    peer: Option<&[u8]>,
) -> Result<(&'a str, Option<String>), Refusal> {
    let (client_id, secret) = request.client()?;
    let state = tenant.state();
    let client = state.clients.get(client_id);
    if let Some(shown) = secret {
        let fits = client
            .and_then(|client| client.secret.as_ref())
            .is_some_and(|expected| shown.is(expected));
        return if fits {
            Ok((client_id, None))
        } else {
            Err(shown.refusal("Client authentication failed"))
        };
    }
    let invalid = |text: &str| Refusal::new("invalid_client", text);
    let shown = peer.ok_or_else(|| invalid("neither client secret nor client certificate"))?;
    let shown = thumbprint(shown);
    let fits = client
        .and_then(|client| client.certificate.as_ref())
        .is_some_and(|expected| expected.thumbprint() == shown);
    if fits {
        Ok((client_id, Some(shown)))
    } else {
        Err(invalid("the certificate does not belong to the client"))
    }
}

/// Whom the token is for, and which provided APIs it opens there.
///
/// `resource` follows SAP's "consume an API" page: an application by the name of the dependency
/// or by its client id, or an API of the same application.
fn audience(
    tenant: &Tenant,
    request: &TokenRequest,
    client_id: &str,
) -> Result<(String, Vec<String>), Refusal> {
    let state = tenant.state();
    let Some(client) = state.clients.get(client_id) else {
        return Err(Refusal::new("invalid_client", "unknown client"));
    };
    let mut audience = client_id.to_owned();
    let mut apis = Vec::new();
    for resource in request.all("resource") {
        let opened = if let Some(name) = resource.strip_prefix(PROVIDER_BY_NAME) {
            client.dependencies.get(name)
        } else if let Some(id) = resource.strip_prefix(PROVIDER_BY_CLIENT_ID) {
            provider_by_id(tenant, client, id)
        } else if resource.starts_with(OWN_API) {
            continue;
        } else {
            None
        };
        let Some(opened) = opened else {
            let text = format!("no dependency for resource {resource}");
            return Err(Refusal::new("invalid_target", text));
        };
        audience.clone_from(&tenant.client_id);
        apis.extend_from_slice(opened);
    }
    Ok((audience, apis))
}

const PROVIDER_BY_NAME: &str = "urn:sap:identity:application:provider:name:";
const PROVIDER_BY_CLIENT_ID: &str = "urn:sap:identity:application:provider:clientid:";
const OWN_API: &str = "urn:sap:identity:api:name:";

fn provider_by_id<'a>(tenant: &Tenant, client: &'a Client, id: &str) -> Option<&'a Vec<String>> {
    let (id, tid) = id.split_once(":apptid:").unwrap_or((id, &tenant.app_tid));
    if id != tenant.client_id || tid != tenant.app_tid {
        return None;
    }
    client.dependencies.values().next()
}
