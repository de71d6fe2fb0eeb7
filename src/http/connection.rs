//! `/catalog/connection`: the chain from the bindings to S3, for administrators.
//!
//! No OData: a document of steps, the one that `check --json` prints.

use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::Service;
use super::error::{ApiError, only_reads};
use super::guard::Admin;
use crate::aws::session::timestamp;
use crate::diagnosis::Wanted;

pub(super) async fn answer(
    _: Admin,
    request: HttpRequest,
    service: Data<Service>,
) -> Result<HttpResponse, ApiError> {
    only_reads(&request)?;
    let wanted = Wanted {
        held_until: service.catalog.standing().until.map(timestamp),
        ..Wanted::default()
    };
    let report = service.diagnosis.report(&wanted).await;
    let mut answer = HttpResponse::Ok();
    answer.insert_header((CONTENT_TYPE, "application/json"));
    Ok(answer.json(&*report))
}
