//! Health for the platform: alive, and ready. Neither calls anybody.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::Service;
use super::error::{self, ApiError, only_reads};

/// 200 as long as the process answers.
pub(super) async fn live(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    only_reads(&request)?;
    Ok(HttpResponse::Ok().json(serde_json::json!({"status": "UP"})))
}

/// 200 while an AWS session is alive and the instance is not stopping.
pub(super) async fn ready(
    request: HttpRequest,
    service: Data<Service>,
) -> Result<HttpResponse, ApiError> {
    only_reads(&request)?;
    Ok(if service.is_draining() {
        error::not_ready("Stopping")
    } else if service.catalog.is_ready() {
        HttpResponse::Ok().json(serde_json::json!({"status": "UP"}))
    } else {
        error::not_ready("NoSession")
    })
}
