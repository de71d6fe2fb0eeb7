//! Permissions as extractors: what a handler needs stands in its signature.

use std::pin::Pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::HeaderValue;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest, ResponseError};

use super::Service;
use super::audit::{self, Accessed};
use super::error::ApiError;
use crate::caller::{Caller, Rejection, Scope};

type Guarded<T> = Pin<Box<dyn Future<Output = Result<T, ApiError>>>>;

/// A verified caller, whatever he may do.
#[derive(Debug)]
pub(super) struct Anybody(pub(super) Arc<Caller>);

impl FromRequest for Anybody {
    type Error = ApiError;
    type Future = Guarded<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        guarded(request, None, Self)
    }
}

/// A verified caller who may read.
#[derive(Debug)]
pub(super) struct Reader(pub(super) Arc<Caller>);

impl FromRequest for Reader {
    type Error = ApiError;
    type Future = Guarded<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        guarded(request, Some(Scope::Read), Self)
    }
}

/// A verified caller who may write.
#[derive(Debug)]
pub(super) struct Writer(pub(super) Arc<Caller>);

impl FromRequest for Writer {
    type Error = ApiError;
    type Future = Guarded<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        guarded(request, Some(Scope::Write), Self)
    }
}

/// A verified caller who may administer.
#[derive(Debug)]
pub(super) struct Admin;

impl FromRequest for Admin {
    type Error = ApiError;
    type Future = Guarded<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        guarded(request, Some(Scope::Admin), |_| Self)
    }
}

/// The verified caller, who holds the scope if one is asked for, as the extractor that is wanted.
fn guarded<T: 'static>(
    request: &HttpRequest,
    scope: Option<Scope>,
    into: fn(Arc<Caller>) -> T,
) -> Guarded<T> {
    let request = request.clone();
    Box::pin(async move {
        let caller = verified(&request).await?;
        if let Some(scope) = scope {
            permitted(&request, &caller, scope)?;
        }
        Ok(into(caller))
    })
}

async fn verified(request: &HttpRequest) -> Result<Arc<Caller>, ApiError> {
    let service = request
        .app_data::<Data<Service>>()
        .ok_or(ApiError::Rejected(Rejection::NoToken))?;
    let all = |name: &str| -> Vec<&[u8]> {
        let values = request.headers().get_all(name);
        values.map(HeaderValue::as_bytes).collect()
    };
    let caller = service
        .verifier
        .verify(&all("authorization"), &all("x-forwarded-client-cert"))
        .await
        .map_err(ApiError::Rejected)?;
    request.extensions_mut().insert(Arc::clone(&caller));
    Ok(caller)
}

/// Refuses a caller who lacks the scope, and leaves a line in the audit trail.
fn permitted(request: &HttpRequest, caller: &Caller, scope: Scope) -> Result<(), ApiError> {
    if caller.may(scope) {
        return Ok(());
    }
    let refusal = ApiError::Rejected(Rejection::MissingScope(scope));
    let status = refusal.status_code().as_u16();
    // what exactly was wanted is not looked at for somebody who may nothing
    let anything = Accessed {
        resource: "catalog".to_owned(),
        ..Accessed::default()
    };
    audit::record(caller, request.method().as_str(), &anything, status);
    Err(refusal)
}
