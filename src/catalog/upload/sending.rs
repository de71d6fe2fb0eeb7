//! Sending one unit of a body to S3: as it comes, or again from what was kept.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::CompletedPart;
use bytes::Bytes;
use futures_util::stream;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};
use tracing::info;

use super::resumable::put_tail;
use super::{Resumable, Upload};
use crate::aws::access::SendError;
use crate::aws::streaming;
use crate::caller::Caller;
use crate::catalog::s3::{self, Failure, Place, Stored};
use crate::catalog::{Catalog, CatalogError};
use crate::telemetry::explain;

/// S3 that takes nothing for this long is away.
pub(super) const STALL: Duration = Duration::from_secs(20);
/// How often what was kept is sent again.
const REPEATS: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// What goes in one request.
#[derive(Debug, Clone, Copy)]
pub(super) enum Unit<'a> {
    Whole,
    Part(i32),
    /// What of a resumable upload makes no part yet, and where in the object it begins.
    Tail(&'a Resumable, u64),
}

/// What S3 says of a unit.
pub(super) enum Taken {
    Whole(Stored),
    Part(Box<CompletedPart>),
    Tail,
}

/// Where units go.
pub(super) struct To<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) caller: &'a Arc<Caller>,
    pub(super) place: Place,
    pub(super) upload: &'a Upload<'a>,
}

impl To<'_> {
    /// Sends a unit as it comes; again, if S3 fails and it was kept.
    pub(super) async fn take(
        &self,
        unit: Unit<'_>,
        id: Option<&str>,
        mut pieces: mpsc::Receiver<io::Result<Bytes>>,
        length: u64,
        again: Option<oneshot::Receiver<Bytes>>,
    ) -> Result<Taken, CatalogError> {
        let body = streaming(stream::poll_fn(move |context| pieces.poll_recv(context)));
        let failure = match self.once(unit, id, body, length).await {
            Ok(taken) => return Ok(taken),
            Err(failure) => failure,
        };
        let may_help = failure.is_transient() || failure.session_is_over();
        let Some(again) = again.filter(|_| may_help) else {
            return Err(failure.into());
        };
        info!(
            "S3 did not take {unit}; it is sent again: {}",
            explain(&failure)
        );
        // the rest of it may still be on its way here
        match again.await {
            Ok(bytes) => self.take_all(unit, id, bytes).await,
            Err(_) => Err(failure.into()),
        }
    }

    /// Sends a unit that is at hand, several times if it must be.
    pub(super) async fn take_all(
        &self,
        unit: Unit<'_>,
        id: Option<&str>,
        bytes: Bytes,
    ) -> Result<Taken, CatalogError> {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let mut pause = FIRST_PAUSE;
        let mut repeats = 0;
        loop {
            let body = ByteStream::from(bytes.clone());
            let failure = match timeout(2 * STALL, self.once(unit, id, body, length)).await {
                Ok(Ok(taken)) => return Ok(taken),
                Ok(Err(failure)) => failure,
                Err(_) => Failure::Away(SendError::Silent(2 * STALL)),
            };
            let may_help = failure.is_transient() || failure.session_is_over();
            if repeats == REPEATS || !may_help {
                return Err(failure.into());
            }
            info!(
                "S3 did not take {unit}; it is sent again: {}",
                explain(&failure)
            );
            sleep(pause.mul_f64(0.5 + fastrand::f64())).await;
            repeats += 1;
            pause *= 2;
        }
    }

    /// Sends a unit once, with the session of the moment: a long upload outlives several.
    async fn once(
        &self,
        unit: Unit<'_>,
        id: Option<&str>,
        body: ByteStream,
        length: u64,
    ) -> Result<Taken, Failure> {
        let s3 = self.catalog.access.s3(self.caller).await;
        let s3 = s3.map_err(Failure::NoSession)?;
        let (place, upload) = (&self.place, self.upload);
        let sent = match (unit, id) {
            (Unit::Part(number), Some(id)) => {
                let part = s3::part(&s3, place, id, number, body, length).await;
                part.map(|part| Taken::Part(Box::new(part)))
            }
            (Unit::Tail(resumable, start), _) => {
                let put = put_tail(&s3, resumable, start, body, length).await;
                put.map(|()| Taken::Tail)
            }
            (Unit::Whole | Unit::Part(_), _) => {
                let (description, condition) = (&upload.description, &upload.condition);
                let put = s3::put(&s3, place, description, condition, body, length);
                put.await.map(Taken::Whole)
            }
        };
        if let Err(failure) = &sent
            && failure.session_is_over()
        {
            let renewed = self.catalog.access.renewed(&s3).await;
            renewed.map_err(Failure::NoSession)?;
        }
        sent
    }
}
