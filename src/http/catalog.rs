//! `/catalog` and `/fileshare`: OData in, the catalogue asked, OData out.

mod aggregate;
mod batch;
mod changes;
mod content;
mod documents;
mod entities;
mod expand;
mod fileshare;
mod model;
mod objects;
mod operations;
mod rows;
mod storing;
mod versions;
mod zip;

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, ETAG, HeaderMap, HeaderName, HeaderValue};
use actix_web::web::{Bytes, Data, Payload};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, ResponseError};
use odata::edm::{Primitive, Property};
use odata::{
    DataPath, DateTimeOffset, Format, JsonFormat, Offer, Resource, Tail, TextRange, Url, Version,
};

use super::Service;
use super::audit::{self, Accessed};
use super::error::{ApiError, no_such_path};
use super::guard::Reader;
use super::incoming;
use super::observe::Shape;
use crate::caller::{Caller, Rejection, Scope};
use crate::catalog::BodyError;
pub(crate) use model::{CATALOG, Model};

const ALLOW: &str = "GET, HEAD";
/// A body of JSON that describes one thing.
const LONGEST_BODY: usize = 1 << 20;
const ALLOW_CONTENT: &str = "GET, HEAD, PUT, DELETE";
const ODATA_VERSION: HeaderName = HeaderName::from_static("odata-version");

/// A request below the root of a model, be it a request of its own or a part of a batch.
#[derive(Clone, Copy)]
struct Call<'a> {
    service: &'a Service,
    model: &'a Model,
    caller: &'a Arc<Caller>,
    method: &'a Method,
    /// Path and query as they came in: the framework's own path parameters are decoded already.
    target: &'a str,
    headers: &'a HeaderMap,
}

/// Answers every request below `/catalog`; the caller is known before anything is parsed.
pub(super) async fn answer(
    Reader(caller): Reader,
    request: HttpRequest,
    service: Data<Service>,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    answer_by(&service.catalog_model, &service, &caller, &request, payload).await
}

/// Answers every request below `/fileshare`, where the setting has it.
pub(super) async fn answer_fileshare(
    Reader(caller): Reader,
    request: HttpRequest,
    service: Data<Service>,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    let model = service.fileshare_model.as_ref();
    let model = model.ok_or_else(no_such_path)?;
    answer_by(model, &service, &caller, &request, payload).await
}

async fn answer_by(
    model: &Model,
    service: &Service,
    caller: &Arc<Caller>,
    request: &HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    let call = Call {
        service,
        model,
        caller,
        method: request.method(),
        target: request
            .uri()
            .path_and_query()
            .map_or(model.root, |target| target.as_str()),
        headers: request.headers(),
    };
    if call.is_for_openapi() {
        request
            .extensions_mut()
            .insert(Shape(format!("{}/$openapi", model.root)));
        return call.openapi();
    }
    let version = call.version()?;
    let url = Url::parse(model.edm, model.root, call.target, version).map_err(ApiError::Query)?;
    request
        .extensions_mut()
        .insert(Shape(shape(model.root, &url.resource)));
    if let Resource::Data(path) = &url.resource
        && is_stream(&url.resource)
    {
        let answered = match *call.method {
            Method::GET | Method::HEAD => call.content(path).await,
            Method::PUT => match call.may_write() {
                Ok(()) => call.store(path, payload).await,
                Err(refusal) => Err(refusal),
            },
            // an object without content is none
            Method::DELETE => call.remove(path).await,
            _ => Err(ApiError::MethodNotAllowed {
                allow: ALLOW_CONTENT,
            }),
        };
        return Ok(versioned(call.audited(&url, path, "", answered)?, version));
    }
    if !matches!(url.resource, Resource::Batch) {
        let body = match *call.method {
            Method::GET | Method::HEAD => Bytes::new(),
            _ => incoming::whole(request.headers(), payload, LONGEST_BODY, too_large).await?,
        };
        return call.reply(&url, version, &body).await;
    }
    if request.method() != Method::POST {
        return Err(ApiError::MethodNotAllowed { allow: "POST" });
    }
    let body = batch::body(request.headers(), payload).await?;
    Ok(versioned(call.batch(&url, &body).await?, version))
}

fn too_large() -> ApiError {
    BodyError::TooLarge(LONGEST_BODY as u64).into()
}

impl Call<'_> {
    async fn reply(
        &self,
        url: &Url<'_>,
        version: Version,
        body: &[u8],
    ) -> Result<HttpResponse, ApiError> {
        let reads = [Method::GET, Method::HEAD].contains(self.method);
        let response = match &url.resource {
            Resource::Data(path) if reads => {
                self.audited(url, path, "", self.data(url, path).await)?
            }
            Resource::Data(path) => {
                self.audited(url, path, "", self.change(url, path, body).await)?
            }
            Resource::Operation(call) => {
                let invoked = self.invoke(url, call, body).await;
                match &call.binding {
                    Some(path) => self.audited(url, path, call.operation.name(), invoked)?,
                    None => invoked?,
                }
            }
            Resource::ServiceDocument if reads => self.service_document(url)?,
            Resource::Metadata if reads => self.metadata(url)?,
            Resource::Batch => return Err(ApiError::MethodNotAllowed { allow: "POST" }),
            Resource::ServiceDocument | Resource::Metadata => {
                return Err(ApiError::MethodNotAllowed { allow: ALLOW });
            }
        };
        Ok(versioned(response, version))
    }

    /// Leaves a line in the audit trail, whatever came of the access.
    fn audited(
        &self,
        url: &Url<'_>,
        path: &DataPath,
        operation: &str,
        result: Result<HttpResponse, ApiError>,
    ) -> Result<HttpResponse, ApiError> {
        let mut resource = path.names().join("/");
        if !operation.is_empty() {
            resource = format!("{resource}/{operation}");
        }
        let filtered = url.query.text_range("bucket_id");
        let filtered = filtered.as_ref().and_then(TextRange::exact);
        let key = rows::key_of(path);
        let accessed = Accessed {
            resource,
            bucket: rows::bucket_of(path).or(filtered),
            object: key.as_deref(),
        };
        let status = match &result {
            Ok(response) => response.status(),
            Err(error) => error.status_code(),
        };
        audit::record(
            self.caller,
            self.method.as_str(),
            &accessed,
            status.as_u16(),
        );
        result
    }

    /// Whoever changes something needs the right to.
    fn may_write(&self) -> Result<(), ApiError> {
        if self.caller.may(Scope::Write) {
            return Ok(());
        }
        Err(ApiError::Rejected(Rejection::MissingScope(Scope::Write)))
    }

    fn version(&self) -> Result<Version, ApiError> {
        let (version, most) = (
            self.header("odata-version"),
            self.header("odata-maxversion"),
        );
        Version::negotiate(version, most).map_err(ApiError::Query)
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// What `If-Match` and `If-None-Match` come to for something with this tag (RFC 9110, 13.2.2):
    /// `Some` answers in its place. Tags are compared weakly, because OData's are weak.
    fn unmet(&self, etag: Option<&str>) -> Option<Result<HttpResponse, ApiError>> {
        let names = |header: &str| {
            let known = self.header(header)?;
            let same = |tag: &str| {
                let tag = tag.trim();
                let tag = tag.strip_prefix("W/").unwrap_or(tag);
                etag.is_some_and(|etag| etag.strip_prefix("W/").unwrap_or(etag) == tag)
            };
            Some(known.trim() == "*" || known.split(',').any(same))
        };
        if names("if-match") == Some(false) {
            return Some(Err(ApiError::PreconditionFailed));
        }
        if names("if-none-match") != Some(true) {
            return None;
        }
        let mut response = HttpResponse::NotModified();
        if let Some(etag) = etag {
            response.insert_header((ETAG, etag));
        }
        response.insert_header((CACHE_CONTROL, "private, no-cache"));
        Some(Ok(response.finish()))
    }

    fn format(&self, url: &Url<'_>, offer: Offer) -> Result<Format, ApiError> {
        Format::negotiate(offer, url.query.format.as_deref(), self.header("accept"))
            .map_err(ApiError::Query)
    }

    /// Whether the client wants nothing that is known already (RFC 9111, 5.2.1.4).
    fn wants_it_anew(&self) -> bool {
        self.header("cache-control").is_some_and(|control| {
            control
                .split(',')
                .any(|directive| directive.trim().eq_ignore_ascii_case("no-cache"))
        })
    }

    /// What `now()` says.
    fn now(&self) -> Option<DateTimeOffset> {
        let now = self.service.clock.now();
        let since = now.duration_since(std::time::UNIX_EPOCH).ok()?;
        let seconds = i64::try_from(since.as_secs()).ok()?;
        Some(DateTimeOffset::from_unix(seconds, since.subsec_nanos()))
    }
}

/// Whether the path leads to bytes instead of to data.
fn is_stream(resource: &Resource) -> bool {
    let Resource::Data(path) = resource else {
        return false;
    };
    let primitive = path.property.and_then(Property::primitive);
    primitive == Some(Primitive::Stream)
}

fn versioned(mut response: HttpResponse, version: Version) -> HttpResponse {
    let version = HeaderValue::from_static(version.header());
    response.headers_mut().insert(ODATA_VERSION, version);
    response
}

/// What the log calls a resource: names without keys.
fn shape(root: &str, resource: &Resource) -> String {
    match resource {
        Resource::ServiceDocument => format!("{root}/"),
        Resource::Metadata => format!("{root}/$metadata"),
        Resource::Batch => format!("{root}/$batch"),
        Resource::Operation(call) => {
            let names = call
                .binding
                .as_ref()
                .map(DataPath::names)
                .unwrap_or_default();
            let key = call.binding.as_ref().and_then(DataPath::last_key);
            let key = if key.is_some() { "(…)" } else { "" };
            format!("{root}/{}{key}/{}", names.join("/"), call.operation.name())
        }
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
            format!("{root}/{}{key}{property}{tail}", path.names().join("/"))
        }
    }
}

fn json(format: Format) -> JsonFormat {
    match format {
        Format::Json(json) => json,
        Format::Xml | Format::Text => JsonFormat::default(),
    }
}

fn ok(format: Format, body: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(format.content_type())
        .body(body)
}
