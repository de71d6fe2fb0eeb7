//! S3 of one region. s3s parses requests and checks signatures; the rest stands here: only sessions
//! of this sandbox are let in, with their token and before their expiry; scope, date, signed headers
//! and payload hash are judged; buckets have regions and dates; objects have versions, tags,
//! metadata, checksums and conditions, and may come in parts.

use std::io;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use s3s::config::{S3Config, StaticConfigProvider};
use s3s::service::{S3Service, S3ServiceBuilder};

use crate::iam::Account;
use crate::random;

mod access;
mod blobs;
mod buckets;
mod conditions;
mod copying;
mod door;
mod joining;
mod keys;
mod listing;
mod multipart;
mod objects;
mod payload;
mod permission;
mod refusal;
mod requests;
mod seed;
mod shelf;
mod store;
mod tagging;

pub use buckets::{Bucket, Buckets};
use payload::Payload;
use refusal::Refusal;
pub use store::Deposit;
use store::Store;

/// Name in ledger and faults.
pub const NAME: &str = "s3";

/// The stand-in: buckets of an account, and routes to them.
#[derive(Debug, Clone)]
pub struct S3 {
    buckets: Buckets,
    store: Store,
    router: Router,
}

impl S3 {
    /// Opens the data folder (which must exist) with the buckets that are in it.
    pub fn open(account: &Account, folder: &Path) -> io::Result<Self> {
        let buckets = Buckets::open(account, folder)?;
        let store = Store::open(account, &buckets)?;
        let mut builder = S3ServiceBuilder::new(store.clone());
        builder.set_auth(access::Keys(account.clone()));
        builder.set_access(access::Gate {
            account: account.clone(),
            buckets: buckets.clone(),
        });
        let mut config = S3Config::default();
        // s3s would compare dates with the machine's clock; the door uses the sandbox's.
        config.presigned_url_max_skew_time_secs = u32::MAX;
        builder.set_config(Arc::new(StaticConfigProvider::new(Arc::new(config))));
        let desk = Arc::new(Desk {
            account: account.clone(),
            service: builder.build(),
        });
        let router = Router::new().fallback(answer).with_state(desk);
        Ok(Self {
            buckets,
            store,
            router,
        })
    }

    /// The table of buckets and what is denied.
    pub fn buckets(&self) -> &Buckets {
        &self.buckets
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        self.buckets.folder()
    }

    /// Puts an object into a bucket, as its owner would.
    pub async fn put(
        &self,
        bucket: &str,
        key: &str,
        content_type: &str,
        content: &[u8],
    ) -> io::Result<()> {
        let deposit = Deposit {
            content_type,
            content,
            ..Deposit::default()
        };
        self.deposit(bucket, key, deposit).await
    }

    /// The keys of a bucket, as its owner would list them.
    pub fn keys(&self, bucket: &str) -> Vec<String> {
        let keys = |content: &shelf::Content| {
            let there = content.keys.iter();
            let there = there.filter(|(_, versions)| versions.last().is_some_and(|it| !it.marker));
            there.map(|(key, _)| key.clone()).collect()
        };
        self.store.shelf.look(bucket, keys)
    }

    /// The same, with metadata and tags.
    pub async fn deposit(&self, bucket: &str, key: &str, deposit: Deposit<'_>) -> io::Result<()> {
        self.store.deposit(bucket, key, deposit).await
    }

    /// Lets a bucket keep versions.
    pub fn keep_versions(&self, bucket: &str) -> io::Result<()> {
        let kept = self.store.shelf.set_versioning(bucket, "Enabled");
        kept.map_err(io::Error::other)
    }

    /// The ids of a bucket's uploads that were not ended.
    pub fn open_uploads(&self, bucket: &str) -> Vec<String> {
        let ids = |content: &shelf::Content| content.uploads.keys().cloned().collect();
        self.store.shelf.look(bucket, ids)
    }

    /// Makes a bucket's uploads that were not ended as old as if they had begun earlier.
    ///
    /// # Errors
    /// What keeps the change from being stored.
    pub fn age_uploads(&self, bucket: &str, seconds: i64) -> io::Result<()> {
        for id in self.open_uploads(bucket) {
            let aged = self.store.shelf.change_upload(bucket, &id, |upload| {
                if let Some(upload) = upload {
                    upload.started -= seconds * 1000;
                }
                Ok(())
            });
            aged.map_err(io::Error::other)?;
        }
        Ok(())
    }

    /// How many files hold bytes of objects and parts.
    pub fn files(&self) -> io::Result<usize> {
        self.store.blobs.count()
    }

    /// Makes six demo buckets with objects in folders, unless there are buckets already.
    pub async fn seed(&self) -> io::Result<()> {
        seed::fill(self).await
    }

    /// The stand-in's routes.
    pub fn router(&self) -> Router {
        self.router.clone()
    }
}

struct Desk {
    account: Account,
    service: S3Service,
}

async fn answer(State(desk): State<Arc<Desk>>, request: Request<Body>) -> Response {
    let mut response = match desk.serve(request).await {
        Ok(response) => response,
        Err(refusal) => {
            desk.account
                .core
                .ledger
                .record(NAME, format!("refused: {refusal}"));
            refusal.into_response()
        }
    };
    let id = random::identifier();
    let names = ["x-amz-request-id", "x-amz-id-2"];
    if let Ok(value) = HeaderValue::from_str(&id) {
        response
            .headers_mut()
            .extend(names.map(|name| (HeaderName::from_static(name), value.clone())));
    }
    response
}

impl Desk {
    async fn serve(&self, request: Request<Body>) -> Result<Response, Refusal> {
        let (mut parts, body) = request.into_parts();
        let claimed = door::check(&self.account, &parts)?;
        requests::join_encodings(&mut parts.headers);
        let (payload, body) = Payload::watch(body, claimed)?;
        let request = Request::from_parts(parts, body);
        let answered = self.service.call(request).await;
        // s3s-fs says 500 when the body does not have the signed hash, so this comes first.
        payload.check()?;
        let response = answered.map_err(|error| Refusal::internal(format!("{error:?}")))?;
        if response.status().is_client_error() {
            self.account.core.ledger.record(
                NAME,
                format!("refused with status {}", response.status().as_u16()),
            );
        }
        Ok(response.map(Body::new))
    }
}
