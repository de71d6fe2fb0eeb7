//! `/catalog/uploads`: resumable uploads as tus 1.0 has them
//! (<https://tus.io/protocols/resumable-upload>), with its extensions creation,
//! creation-with-upload, checksum, termination and expiration.
//!
//! Nothing of an upload is kept here: what the client was told is sealed into the upload's URL,
//! and what it sent lies in S3. Any instance can go on with what another one began.

mod creation;
mod sealed;
mod wire;

use std::sync::Arc;
use std::time::UNIX_EPOCH;

use actix_web::http::Method;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, rt};
use futures_util::StreamExt as _;
use tracing::Instrument as _;

pub(crate) use sealed::Seal;

use super::audit::{self, Accessed};
use super::error::ApiError;
use super::guard::Writer;
use super::incoming::{self, Digests};
use super::observe::Shape;
use super::{Service, incoming::Body};
use crate::caller::Caller;
use crate::catalog::{BodyError, CatalogError, Condition, Progress, Resumable, Standing};
use sealed::State;
use wire::{Tus, header};

const ROOT: &str = "/catalog/uploads";
/// What S3 may be asked to keep of an upload that nobody goes on with.
const LIFE: u64 = 7 * 24 * 60 * 60;
/// A body with a checksum is judged before any of it is stored, so it has to fit into memory.
const CHECKED: u64 = 16 << 20;

/// Says which request asks for what.
struct Call<'a> {
    service: &'a Data<Service>,
    caller: &'a Arc<Caller>,
    request: &'a HttpRequest,
}

/// Answers requests to the place where uploads are begun.
pub(super) async fn collection(
    Writer(caller): Writer,
    request: HttpRequest,
    service: Data<Service>,
    payload: Payload,
) -> HttpResponse {
    let call = Call {
        service: &service,
        caller: &caller,
        request: &request,
    };
    request.extensions_mut().insert(Shape(ROOT.to_owned()));
    let answered = match wire::method(&request) {
        Method::OPTIONS => Ok(Tus::options(service.limits.upload)),
        Method::POST => match Tus::check(&request) {
            Ok(()) => call.create(payload).await,
            Err(refusal) => Err(refusal),
        },
        _ => Err(ApiError::MethodNotAllowed {
            allow: "OPTIONS, POST",
        }
        .into()),
    };
    wire::answer(answered)
}

/// Answers requests to one upload.
pub(super) async fn one(
    Writer(caller): Writer,
    request: HttpRequest,
    service: Data<Service>,
    path: Path<String>,
    payload: Payload,
) -> HttpResponse {
    let call = Call {
        service: &service,
        caller: &caller,
        request: &request,
    };
    request
        .extensions_mut()
        .insert(Shape(format!("{ROOT}/(…)")));
    let method = wire::method(&request);
    if method == Method::OPTIONS {
        return wire::answer(Ok(Tus::options(service.limits.upload)));
    }
    let answered = async {
        Tus::check(&request)?;
        let (state, upload) = call.open(&path)?;
        let answered = match method {
            Method::HEAD => call.head(&state, &upload).await,
            Method::PATCH => call.patch(&state, &upload, payload).await,
            Method::DELETE => call.delete(&upload).await,
            _ => Err(ApiError::MethodNotAllowed {
                allow: "OPTIONS, HEAD, PATCH, DELETE",
            }
            .into()),
        };
        call.audit(method.as_str(), &upload.bucket, &upload.key, &answered);
        answered
    };
    wire::answer(answered.await)
}

impl Call<'_> {
    /// What an upload's URL says, to the one who began it.
    fn open(&self, sealed: &str) -> Result<(State, Resumable), Tus> {
        let state = self.service.seal.open(sealed);
        let state = state.filter(|state| state.owner == owner(self.caller));
        let state = state.ok_or_else(|| ApiError::NotFound("This upload".to_owned()))?;
        if state.expires < self.now() {
            return Err(Tus::Gone);
        }
        let wanted = creation::Wanted::read(&state.metadata)?;
        let upload = Resumable {
            bucket: wanted.bucket,
            key: wanted.key,
            length: state.length,
            name: state.name.clone(),
            id: state.id.clone(),
            condition: Condition {
                if_match: state.if_match.clone(),
                if_none: state.if_none,
                ..Condition::default()
            },
        };
        Ok((state, upload))
    }

    async fn head(&self, state: &State, upload: &Resumable) -> Result<HttpResponse, Tus> {
        let progress = self.service.catalog.progress(self.caller, upload).await;
        let (offset, open) = match progress.map_err(ApiError::Catalog)? {
            Progress::At(standing) => (standing.offset, true),
            Progress::Done => (upload.length, false),
            Progress::Gone => return Err(Tus::Gone),
        };
        let mut response = HttpResponse::Ok();
        response
            .insert_header(("upload-offset", offset))
            .insert_header(("upload-length", upload.length))
            .insert_header(("upload-metadata", state.metadata.as_str()));
        if open {
            response.insert_header(("upload-expires", wire::date(state.expires)));
        }
        Ok(response.finish())
    }

    async fn patch(
        &self,
        state: &State,
        upload: &Resumable,
        payload: Payload,
    ) -> Result<HttpResponse, Tus> {
        if header(self.request, "content-type") != Some(wire::BYTES) {
            return Err(Tus::WrongType);
        }
        let offset = wire::number(self.request, "upload-offset");
        let offset = offset.ok_or(Tus::Bad("Upload-Offset has to be a number"))?;
        let progress = self.service.catalog.progress(self.caller, upload).await;
        let standing = match progress.map_err(ApiError::Catalog)? {
            Progress::At(standing) if standing.offset == offset => standing,
            Progress::Done if offset == upload.length => {
                return Ok(taken(state, offset, upload.length));
            }
            Progress::At(standing) => return Err(Tus::Elsewhere(standing.offset)),
            Progress::Done => return Err(Tus::Elsewhere(upload.length)),
            Progress::Gone => return Err(Tus::Gone),
        };
        let offset = self.receive(upload, standing, payload).await?;
        Ok(taken(state, offset, upload.length))
    }

    /// Stores what a request brings; tells how far the upload got.
    async fn receive(
        &self,
        upload: &Resumable,
        standing: Standing,
        payload: Payload,
    ) -> Result<u64, Tus> {
        let length = incoming::length(self.request.headers());
        let left = upload.length - standing.offset;
        if length.is_some_and(|length| length > left) {
            return Err(ApiError::from(BodyError::TooLarge(left)).into());
        }
        let checksum = wire::checksum(self.request)?;
        let body = match checksum {
            Some(checksum) => checked(payload, left.min(CHECKED), checksum).await?,
            None => incoming::stream(payload, Some(left), Digests::default()),
        };
        let (service, caller) = (self.service.clone(), Arc::clone(self.caller));
        let upload = upload.clone();
        // a client that goes away takes his request with him, but what he sent shall be stored
        let storing = rt::spawn(
            async move {
                let resumed = service
                    .catalog
                    .resume(&caller, &upload, standing, length, body);
                resumed.await
            }
            .in_current_span(),
        );
        let stored = storing.await.map_err(|_| ApiError::BrokenBody)?;
        Ok(stored.map_err(ApiError::Catalog)?)
    }

    async fn delete(&self, upload: &Resumable) -> Result<HttpResponse, Tus> {
        let catalog = &self.service.catalog;
        let progress = catalog.progress(self.caller, upload).await;
        match progress.map_err(ApiError::Catalog)? {
            Progress::At(_) => {}
            Progress::Done | Progress::Gone => return Err(Tus::Gone),
        }
        let terminated = catalog.terminate(self.caller, upload).await;
        terminated.map_err(ApiError::Catalog)?;
        Ok(HttpResponse::NoContent().finish())
    }

    fn audit(&self, method: &str, bucket: &str, key: &str, answered: &Result<HttpResponse, Tus>) {
        let accessed = Accessed {
            resource: "uploads".to_owned(),
            bucket: Some(bucket),
            object: Some(key),
        };
        let status = match answered {
            Ok(response) => response.status(),
            Err(refusal) => refusal.status_code(),
        };
        audit::record(self.caller, method, &accessed, status.as_u16());
    }

    fn now(&self) -> u64 {
        let now = self.service.clock.now().duration_since(UNIX_EPOCH);
        now.map(|now| now.as_secs()).unwrap_or_default()
    }
}

/// The answer to a request that brought something.
fn taken(state: &State, offset: u64, length: u64) -> HttpResponse {
    let mut response = HttpResponse::NoContent();
    response.insert_header(("upload-offset", offset));
    if offset < length {
        response.insert_header(("upload-expires", wire::date(state.expires)));
    }
    response.finish()
}

/// The whole body, once its checksum was found right.
async fn checked(payload: Payload, most: u64, checksum: Digests) -> Result<Body, Tus> {
    let mut body = incoming::stream(payload, Some(most), checksum);
    let mut pieces = Vec::new();
    while let Some(piece) = body.next().await {
        match piece {
            Ok(piece) => pieces.push(Ok(piece)),
            Err(BodyError::WrongDigest) => return Err(Tus::WrongChecksum),
            Err(error) => return Err(ApiError::from(error).into()),
        }
    }
    Ok(Box::pin(futures_util::stream::iter(pieces)))
}

/// Who goes on has to be who began.
fn owner(caller: &Caller) -> String {
    format!("{} {}", caller.issuer().name(), caller.id())
}

impl From<CatalogError> for Tus {
    fn from(error: CatalogError) -> Self {
        Self::Api(ApiError::Catalog(error))
    }
}
