//! The chain from the bindings to S3, step by step, as values: what `check` prints and what
//! `/catalog/connection` answers.
//!
//! Everything is asked anew, with tokens and a session of its own: a chain that works only because
//! something is still kept would not be sound. Each step tells evidence, or the most likely cause
//! and what mends it.

mod aws;
mod network;
mod remedy;
mod sap;
mod storage;
mod walk;

use std::sync::Arc;

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::aws::S3;
use crate::aws::broker::Broker;
use crate::btp::destination::Destination;
use crate::btp::http::HttpClients;
use crate::clock::Clock;
use crate::settings::{Bindings, Connection, Env, Settings, Strategy};
use walk::{
    BINDINGS, CERTIFICATE, CREDENTIAL_STORE, DESTINATION, IDENTITY, PRIVATE_LINK, PROBE, SESSION,
    SETTINGS, UPLOADS, Walk,
};
pub(crate) use walk::{Outcome, Report, Step};

/// What shall be looked at beside the chain itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    /// A bucket that must be there.
    pub(crate) bucket: Option<String>,
    /// Whether a small object is written to it, read, and deleted.
    pub(crate) probe_write: bool,
    /// Until when the running service holds a session of its own.
    pub(crate) held_until: Option<String>,
}

/// What the first steps found, and the later ones work with.
struct Ready {
    settings: Settings,
    bindings: Bindings,
    broker: Broker,
    http: HttpClients,
    clock: Clock,
}

/// Where AWS is and how it is reached, once the destination was read.
struct Located {
    destination: Option<Destination>,
    connection: Connection,
}

/// Looks at the chain that an environment describes.
#[derive(Debug)]
pub(crate) struct Diagnosis {
    env: Env,
    clock: Clock,
    /// The last report and when it was finished; held while one is made.
    latest: Mutex<Option<(Instant, Arc<Report>)>>,
}

impl Diagnosis {
    pub(crate) fn new(env: Env, clock: Clock) -> Self {
        Self {
            env,
            clock,
            latest: Mutex::default(),
        }
    }

    /// The chain as it is now; who comes while somebody else waits for it shares the report.
    pub(crate) async fn report(&self, wanted: &Wanted) -> Arc<Report> {
        let asked = Instant::now();
        let mut latest = self.latest.lock().await;
        if let Some((finished, report)) = latest.as_ref()
            && *finished >= asked
        {
            return Arc::clone(report);
        }
        let report = walk(&self.env, &self.clock, wanted, &mut |_| {}).await;
        let report = Arc::new(report);
        *latest = Some((Instant::now(), Arc::clone(&report)));
        report
    }
}

/// Walks the chain; `tell` hears of each step as soon as it ended.
pub(crate) async fn walk(
    env: &Env,
    clock: &Clock,
    wanted: &Wanted,
    tell: &mut dyn FnMut(&Step),
) -> Report {
    let mut walk = Walk::new(clock, tell);
    let bindings = walk.step(BINDINGS, Some(async { sap::bindings(env, clock) }));
    let bindings = bindings.await;
    let ready = bindings.map(|bindings| async { sap::settings(env, bindings, clock) });
    let Some((ready, located)) = walk.step(SETTINGS, ready).await else {
        walk.skip(&[DESTINATION, SESSION, PRIVATE_LINK, walk::S3, UPLOADS]);
        return walk.report(None);
    };
    let located = match located {
        Some(located) => Some(located),
        None => walk.step(DESTINATION, Some(sap::destination(&ready))).await,
    };
    let Some(located) = located else {
        walk.skip(&[SESSION, PRIVATE_LINK, walk::S3, UPLOADS]);
        return walk.report(None);
    };
    let source = source(&located.connection.strategy);
    let session = credentials(&mut walk, &ready, &located, wanted).await;
    let reached = network::reached(&ready, &located.connection);
    let reached = walk.step(PRIVATE_LINK, Some(reached)).await;
    let s3 = session.zip(reached).map(|(s3, ())| s3);
    buckets(&mut walk, &ready, s3.as_ref(), wanted).await;
    walk.report(Some(source))
}

fn source(strategy: &Strategy) -> &'static str {
    match strategy {
        Strategy::RolesAnywhere(_) => "roles-anywhere",
        Strategy::Oidc(_) => "oidc",
        Strategy::CredentialStore(_) => "credential-store",
    }
}

/// What proves who we are, and the session that it earns.
async fn credentials(
    walk: &mut Walk<'_>,
    ready: &Ready,
    located: &Located,
    wanted: &Wanted,
) -> Option<S3> {
    let proof = match &located.connection.strategy {
        Strategy::RolesAnywhere(spec) => {
            let step = sap::certificate(ready, located, spec);
            walk.step(CERTIFICATE, Some(step)).await
        }
        Strategy::Oidc(_) => walk.step(IDENTITY, Some(sap::identity(ready))).await,
        Strategy::CredentialStore(spec) => {
            let step = sap::stored_key(ready, spec);
            walk.step(CREDENTIAL_STORE, Some(step)).await
        }
    };
    let session = proof.map(|proof| aws::session(ready, located, proof, wanted));
    walk.step(SESSION, session).await
}

/// What S3 lets the session do.
async fn buckets(walk: &mut Walk<'_>, ready: &Ready, s3: Option<&S3>, wanted: &Wanted) {
    let step = s3.map(|s3| storage::buckets(ready, s3, wanted));
    let buckets = walk.step(walk::S3, step).await;
    let known = s3.zip(buckets);
    let step = known
        .as_ref()
        .map(|(s3, names)| storage::uploads(ready, s3, names));
    walk.step(UPLOADS, step).await;
    if wanted.probe_write {
        let bucket = wanted.bucket.as_deref();
        let step = known.and_then(|(s3, _)| Some(storage::probe(s3, bucket?)));
        walk.step(PROBE, step).await;
    }
}
