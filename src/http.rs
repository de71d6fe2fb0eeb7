//! The complete route table, and what every answer has in common.

mod audit;
mod catalog;
mod connection;
mod cors;
mod error;
mod guard;
mod health;
mod held;
mod incoming;
mod me;
mod metrics;
mod observe;
mod uploads;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::web::{self, ServiceConfig};

use crate::caller::Verifier;
use crate::catalog::Catalog;
use crate::clock::Clock;
use crate::diagnosis::Diagnosis;

pub(crate) use catalog::CATALOG;
pub(crate) use cors::cors;
pub(crate) use observe::observe;
pub(crate) use uploads::Seal;

/// What handlers work with; one for all workers.
#[derive(Debug)]
pub(crate) struct Service {
    catalog: Arc<Catalog>,
    verifier: Verifier,
    draining: Arc<AtomicBool>,
    clock: Clock,
    limits: Limits,
    /// Seals what uploads have to remember into their URLs.
    seal: Seal,
    diagnosis: Diagnosis,
    metrics: metrics::Metrics,
    catalog_model: catalog::Model,
    /// For SAPUI5's file pickers, where an operator wants it.
    fileshare_model: Option<catalog::Model>,
}

/// What an operator lets requests do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// How many keys a query may look at that S3 can't answer by itself.
    pub(crate) scan: usize,
    /// Longer uploads are refused, in bytes.
    pub(crate) upload: Option<u64>,
    /// Whether links may be made that need no token.
    pub(crate) presign: bool,
    /// Whether `/fileshare` is there.
    pub(crate) fileshare: bool,
}

impl Service {
    pub(crate) fn new(
        catalog: Catalog,
        verifier: Verifier,
        draining: Arc<AtomicBool>,
        clock: Clock,
        limits: Limits,
        seal: Seal,
        diagnosis: Diagnosis,
    ) -> Self {
        Self {
            catalog: Arc::new(catalog),
            verifier,
            draining,
            clock,
            limits,
            seal,
            diagnosis,
            metrics: metrics::Metrics::new(),
            catalog_model: catalog::Model::catalog(),
            fileshare_model: limits.fileshare.then(catalog::Model::fileshare),
        }
    }

    fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}

/// Every route of the service.
pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/health/live").to(health::live))
        .service(web::resource("/health/ready").to(health::ready))
        .service(web::resource("/metrics").to(metrics::answer))
        .service(web::resource(["/catalog/uploads", "/catalog/uploads/"]).to(uploads::collection))
        .service(web::resource("/catalog/uploads/{upload}").to(uploads::one))
        .service(web::resource("/catalog/connection").to(connection::answer))
        .service(web::resource("/catalog/me").to(me::answer))
        .service(web::resource(["/catalog", "/catalog/{tail:.*}"]).to(catalog::answer))
        .service(
            web::resource(["/fileshare", "/fileshare/{tail:.*}"]).to(catalog::answer_fileshare),
        )
        .default_service(web::to(error::no_such_route));
}
