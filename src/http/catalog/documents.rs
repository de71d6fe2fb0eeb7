//! What the service says of itself: the service document and `$metadata`.

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, ETAG, VARY};
use odata::{Format, Offer, Url, body};

use super::{ALLOW, Call, json, ok};
use crate::http::error::ApiError;

impl Call<'_> {
    pub(super) fn service_document(&self, url: &Url<'_>) -> Result<HttpResponse, ApiError> {
        let format = self.format(url, Offer::Json)?;
        let etag = self.model.etag();
        let document = body::service_document(self.model.edm, json(format), Some(etag));
        Ok(ok(format, document))
    }

    /// `$openapi` is ours; OData has no name for it.
    pub(super) fn is_for_openapi(&self) -> bool {
        let path = self.target.split('?').next().unwrap_or_default();
        let name = path.strip_prefix(self.model.root).unwrap_or_default();
        ["/$openapi", "/%24openapi"].contains(&name)
    }

    /// The service as `OpenAPI` 3.1 describes it, for tools that know no OData.
    pub(super) fn openapi(&self) -> Result<HttpResponse, ApiError> {
        if ![Method::GET, Method::HEAD].contains(self.method) {
            return Err(ApiError::MethodNotAllowed { allow: ALLOW });
        }
        Ok(HttpResponse::Ok()
            .insert_header((CACHE_CONTROL, "private, no-cache"))
            .content_type("application/json")
            .body(self.model.openapi()))
    }

    pub(super) fn metadata(&self, url: &Url<'_>) -> Result<HttpResponse, ApiError> {
        let format = self.format(url, Offer::Metadata)?;
        let model = self.model;
        // the two forms are two representations: whoever knows one does not know the other
        let etag = match format {
            Format::Json(_) => model.json_etag(),
            Format::Xml | Format::Text => model.etag(),
        };
        if let Some(answer) = self.unmet(Some(etag)) {
            return answer;
        }
        let document = match format {
            Format::Json(_) => model.json(),
            Format::Xml | Format::Text => model.xml(),
        };
        Ok(HttpResponse::Ok()
            .insert_header((ETAG, etag))
            .insert_header((CACHE_CONTROL, "private, no-cache"))
            .insert_header((VARY, "accept"))
            .content_type(format.content_type())
            .body(document))
    }
}
