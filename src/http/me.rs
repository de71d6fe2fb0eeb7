//! `/catalog/me`: whom the service takes the caller for, and what he may do.
//!
//! For pages, which offer what will be allowed, and for people who wonder why they are refused. No
//! data is touched, so the audit trail has no line of it.

use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::error::{ApiError, only_reads};
use super::guard::Anybody;

#[derive(Serialize)]
struct Me<'a> {
    id: &'a str,
    kind: &'static str,
    issuer: &'static str,
    /// All that the caller holds: who may write may read as well.
    scopes: Vec<String>,
}

pub(super) async fn answer(
    Anybody(caller): Anybody,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    only_reads(&request)?;
    let me = Me {
        id: caller.id(),
        kind: caller.kind().name(),
        issuer: caller.issuer().name(),
        scopes: caller.scopes().map(|scope| scope.to_string()).collect(),
    };
    let mut answer = HttpResponse::Ok();
    answer.insert_header((CONTENT_TYPE, "application/json"));
    Ok(answer.json(me))
}
