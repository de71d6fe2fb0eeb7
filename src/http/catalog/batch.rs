//! `$batch`: its parts are answered like requests of their own, by the same code.

use actix_web::body::to_bytes;
use actix_web::http::Method;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue, TryIntoHeaderPair};
use actix_web::web::{Bytes, Payload};
use actix_web::{HttpResponse, ResponseError};
use futures_util::stream::{self, StreamExt};
use odata::batch::{Answer, Batch, BatchError, Item, Limits, Request, Run, ServiceLocation};
use odata::negotiate::continue_on_error;
use odata::{Error, Resource, Url};
use tracing::{error, info};

use super::{Call, is_stream, shape};
use crate::http::error::ApiError;
use crate::http::incoming;
use crate::http::observe::LONGEST_URL;

/// How many parts ask S3 at the same time.
const TOGETHER: usize = 8;

/// The body of a request to `$batch`, as long as it stays within the limits.
pub(super) async fn body(headers: &HeaderMap, payload: Payload) -> Result<Bytes, ApiError> {
    let most = Limits::default().bytes;
    let too_large = || {
        let told = format!("The batch is longer than {most} bytes");
        ApiError::Batch(BatchError::TooLarge(told))
    };
    incoming::whole(headers, payload, most, too_large).await
}

impl Call<'_> {
    pub(super) async fn batch(&self, url: &Url<'_>, body: &[u8]) -> Result<HttpResponse, ApiError> {
        // the approuter says under which name the client called it
        let hosts = [self.header("host"), self.header("x-forwarded-host")];
        let hosts: Vec<&str> = hosts.into_iter().flatten().collect();
        let service = ServiceLocation {
            root: self.model.root,
            hosts: &hosts,
        };
        let content_type = self.header("content-type");
        let batch = Batch::parse(content_type, body, service, Limits::default());
        let batch = batch.map_err(ApiError::Batch)?;
        let format = batch
            .answer_format(url.query.format.as_deref(), self.header("accept"))
            .map_err(ApiError::Query)?;
        let mut run = batch.run(self.header("prefer").and_then(continue_on_error));
        loop {
            let wave = run.next_wave();
            if wave.is_empty() {
                break;
            }
            if let [(index, item)] = wave.as_slice() {
                self.item(&mut run, *index, item).await;
                continue;
            }
            let parts = wave.iter().flat_map(|(index, item)| {
                let requests = item.requests.iter();
                requests.map(|request| (*index, self.part(run.target(request).into(), request)))
            });
            let parts = parts.map(async |(index, part)| (index, part.await));
            let answers: Vec<_> = stream::iter(parts).buffered(TOGETHER).collect().await;
            for (index, answer) in answers {
                run.record(index, answer);
            }
        }
        let (content_type, body) = run.finish(format);
        Ok(HttpResponse::Ok().content_type(content_type).body(body))
    }

    /// One request, or a group of which S3 could not undo the first when the second fails.
    async fn item<'b>(&self, run: &mut Run<'_, 'b>, index: usize, item: &Item<'b>) {
        if item.is_atomic() && item.changes().count() > 1 {
            let told = "S3 can't undo: put no more than one change into a change set";
            let refused = ApiError::Query(Error::not_implemented(told));
            run.record(index, as_answer(refused.error_response()).await);
            return;
        }
        for request in &item.requests {
            let answer = self.part(run.target(request).into(), request).await;
            let failed = answer.is_error();
            run.record(index, answer);
            if failed {
                return;
            }
        }
    }

    async fn part(&self, target: String, request: &Request<'_>) -> Answer {
        let target = format!("{}{target}", self.model.root);
        let mut headers = HeaderMap::new();
        for (name, value) in &request.headers {
            if let Ok((name, value)) = (&**name, &**value).try_into_pair() {
                headers.append(name, value);
            }
        }
        for name in ["odata-version", "odata-maxversion", "accept-language"] {
            let value = request.header_or(name, |name| self.header(name));
            let value = value.and_then(|value| HeaderValue::from_str(value).ok());
            if let Some(value) = value {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        let method = Method::from_bytes(request.method.as_bytes()).unwrap_or_default();
        let call = Call {
            method: &method,
            target: &target,
            headers: &headers,
            ..*self
        };
        let mut answer = match call.alone(&request.body).await {
            Ok(response) => as_answer(response).await,
            Err(error) => as_answer(error.error_response()).await,
        };
        if method == Method::HEAD {
            answer.body.clear();
        }
        answer
    }

    async fn alone(&self, body: &[u8]) -> Result<HttpResponse, ApiError> {
        if self.target.len() > LONGEST_URL {
            return Err(ApiError::UriTooLong);
        }
        let version = self.version()?;
        let url = Url::parse(self.model.edm, self.model.root, self.target, version)
            .map_err(ApiError::Query)?;
        let replied = if matches!(url.resource, Resource::Batch) {
            let told = "A batch inside a batch is not supported";
            Err(ApiError::Query(Error::not_implemented(told)))
        } else if is_stream(&url.resource) {
            let told =
                "Content is too large for a batch: ask for it, or send it, by a request of its own";
            Err(ApiError::Query(Error::not_implemented(told)))
        } else {
            self.reply(&url, version, body).await
        };
        replied.inspect_err(|refusal| {
            let (status, part) = (
                refusal.status_code().as_u16(),
                shape(self.model.root, &url.resource),
            );
            match refusal.log_text() {
                Some(reason) if status >= 500 => {
                    error!(part, status, "a part of a batch: {reason}");
                }
                Some(reason) => info!(part, status, "a part of a batch: {reason}"),
                None => {}
            }
        })
    }
}

async fn as_answer(response: HttpResponse) -> Answer {
    let status = response.status().as_u16();
    let headers = response.headers().iter();
    let headers = headers.filter_map(|(name, value)| {
        let value = value.to_str().ok()?;
        Some((name.as_str().to_owned(), value.to_owned()))
    });
    let headers = headers.collect();
    let body = to_bytes(response.into_body()).await;
    Answer {
        status,
        headers,
        body: body.map_or_else(|_| Vec::new(), |body| body.to_vec()),
    }
}
