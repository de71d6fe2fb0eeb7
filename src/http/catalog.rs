//! `/catalog`: OData in, the catalogue asked, OData out.

mod model;

use std::sync::Arc;

use actix_web::http::header::{ETAG, HeaderName, IF_NONE_MATCH};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Data;
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use odata::body::{self, Writer};
use odata::negotiate::max_page_size;
use odata::{
    DataPath, DateTimeOffset, Error, Format, JsonFormat, Offer, Plan, Resource, Row, Tail, Url,
    Version,
};

use super::Service;
use super::error::ApiError;
use super::guard::Reader;
use super::observe::Shape;
use crate::caller::Caller;
use crate::catalog::Bucket;
pub(crate) use model::{CATALOG, Model};

const ROOT: &str = "/catalog";
const ALLOW: &str = "GET, HEAD";
/// A page holds all buckets that an account has at AWS's default quota.
const PAGE: usize = 10_000;
const ODATA_VERSION: HeaderName = HeaderName::from_static("odata-version");
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// Answers every request below `/catalog`; the caller is known before anything is parsed.
pub(super) async fn answer(
    Reader(caller): Reader,
    request: HttpRequest,
    service: Data<Service>,
) -> Result<HttpResponse, ApiError> {
    let header = |name: &str| {
        request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let version = Version::negotiate(header("odata-version"), header("odata-maxversion"))
        .map_err(ApiError::Query)?;
    // from the URI as it came in: the framework's own path parameters are decoded already
    let target = request
        .uri()
        .path_and_query()
        .map_or(ROOT, |target| target.as_str());
    let url = Url::parse(&CATALOG, ROOT, target, version).map_err(ApiError::Query)?;
    request.extensions_mut().insert(Shape(shape(&url.resource)));
    if matches!(url.resource, Resource::Batch) {
        return Err(ApiError::Query(Error::not_implemented(
            "Batch requests are not supported by this version",
        )));
    }
    if ![Method::GET, Method::HEAD].contains(request.method()) {
        return Err(ApiError::MethodNotAllowed { allow: ALLOW });
    }
    let mut response = match &url.resource {
        Resource::ServiceDocument => service_document(&service, &request, &url)?,
        Resource::Metadata => metadata(&service, &request, &url)?,
        Resource::Data(path) => data(&service, &caller, &request, &url, path).await?,
        Resource::Batch => HttpResponse::NotImplemented().finish(),
    };
    let headers = response.headers_mut();
    headers.insert(
        ODATA_VERSION,
        actix_web::http::header::HeaderValue::from_static(version.header()),
    );
    Ok(response)
}

/// What the log calls a resource: names without keys.
fn shape(resource: &Resource) -> String {
    match resource {
        Resource::ServiceDocument => format!("{ROOT}/"),
        Resource::Metadata => format!("{ROOT}/$metadata"),
        Resource::Batch => format!("{ROOT}/$batch"),
        Resource::Data(path) => {
            let key = if path.last_key().is_some() {
                "(…)"
            } else {
                ""
            };
            let property = path
                .property
                .map_or_else(String::new, |p| format!("/{}", p.name));
            let tail = match path.tail {
                Some(Tail::Count) => "/$count",
                Some(Tail::Value) => "/$value",
                None => "",
            };
            format!("{ROOT}/{}{key}{property}{tail}", path.names().join("/"))
        }
    }
}

fn format(request: &HttpRequest, url: &Url<'_>, offer: Offer) -> Result<Format, ApiError> {
    let accept = request
        .headers()
        .get("accept")
        .and_then(|value| value.to_str().ok());
    Format::negotiate(offer, url.query.format.as_deref(), accept).map_err(ApiError::Query)
}

fn json(format: Format) -> JsonFormat {
    match format {
        Format::Json(json) => json,
        Format::Xml | Format::Text => JsonFormat::default(),
    }
}

fn service_document(
    service: &Service,
    request: &HttpRequest,
    url: &Url<'_>,
) -> Result<HttpResponse, ApiError> {
    let format = format(request, url, Offer::Json)?;
    let document = body::service_document(&CATALOG, json(format), Some(service.model.etag()));
    Ok(ok(format, document))
}

fn metadata(
    service: &Service,
    request: &HttpRequest,
    url: &Url<'_>,
) -> Result<HttpResponse, ApiError> {
    let format = format(request, url, Offer::Metadata)?;
    let etag = service.model.etag();
    let known = request
        .headers()
        .get(IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok());
    if known
        .is_some_and(|known| known.trim() == "*" || known.split(',').any(|tag| tag.trim() == etag))
    {
        return Ok(HttpResponse::NotModified()
            .insert_header((ETAG, etag))
            .finish());
    }
    let document = match format {
        Format::Json(_) => service.model.json(),
        Format::Xml | Format::Text => service.model.xml(),
    };
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag))
        .insert_header(("cache-control", "private, no-cache"))
        .content_type(format.content_type())
        .body(document))
}

async fn data(
    service: &Service,
    caller: &Caller,
    request: &HttpRequest,
    url: &Url<'_>,
    path: &DataPath,
) -> Result<HttpResponse, ApiError> {
    let offer = if path.tail.is_some() {
        Offer::Text
    } else {
        Offer::Json
    };
    let format = format(request, url, offer)?;
    let plan = url
        .query
        .plan(&CATALOG, path.entity_type, now(service))
        .map_err(ApiError::Query)?;
    if path.is_collection() {
        let buckets = service
            .catalog
            .buckets(caller)
            .await
            .map_err(ApiError::Catalog)?;
        return collection(request, url, path, &plan, format, &buckets).map_err(ApiError::Query);
    }
    let name = path.last_key().and_then(|key| key.text("id"));
    let name = name.ok_or_else(|| ApiError::NotFound("This resource".to_owned()))?;
    let bucket = service
        .catalog
        .bucket(caller, name)
        .await
        .map_err(ApiError::Catalog)?;
    let bucket = bucket.ok_or_else(|| ApiError::NotFound("This bucket".to_owned()))?;
    Ok(entity(path, &plan, format, &bucket))
}

fn collection(
    request: &HttpRequest,
    url: &Url<'_>,
    path: &DataPath,
    plan: &Plan,
    format: Format,
    buckets: &Arc<Vec<Bucket>>,
) -> Result<HttpResponse, Error> {
    if path.tail == Some(Tail::Count) {
        return Ok(ok(format, body::raw_count(plan.count_of(buckets.iter())?)));
    }
    let preferred = request
        .headers()
        .get("prefer")
        .and_then(|value| max_page_size(value.to_str().ok()?));
    let page = plan.apply(buckets.iter(), preferred.unwrap_or(PAGE).min(PAGE))?;
    let link = page.next.as_deref().map(|token| url.next_link(token));
    let writer = Writer::new(&CATALOG, path, plan.selection(), json(format));
    let mut response = ok(format, writer.collection(&page, link.as_deref()));
    if let Some(size) = preferred
        && let Ok(value) = format!("odata.maxpagesize={}", size.min(PAGE)).parse()
    {
        response.headers_mut().insert(PREFERENCE_APPLIED, value);
    }
    Ok(response)
}

fn entity(path: &DataPath, plan: &Plan, format: Format, bucket: &Bucket) -> HttpResponse {
    let writer = Writer::new(&CATALOG, path, plan.selection(), json(format));
    let Some(property) = path.property else {
        return ok(format, writer.entity(bucket));
    };
    let value = bucket.get(property.name);
    let written = match path.tail {
        Some(Tail::Value) => body::raw_value(&value),
        Some(Tail::Count) | None => writer.property(&value),
    };
    written.map_or_else(
        || HttpResponse::new(StatusCode::NO_CONTENT),
        |written| ok(format, written),
    )
}

fn ok(format: Format, body: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(format.content_type())
        .body(body)
}

fn now(service: &Service) -> Option<DateTimeOffset> {
    let since = service
        .clock
        .now()
        .duration_since(std::time::UNIX_EPOCH)
        .ok()?;
    Some(DateTimeOffset::from_unix(
        i64::try_from(since.as_secs()).ok()?,
        since.subsec_nanos(),
    ))
}
