//! An upload in parts at S3, which is either completed or taken back.

use std::sync::Arc;

use aws_sdk_s3::types::CompletedPart;
use tokio::runtime::Handle;
use tracing::{Instrument as _, Span, debug, warn};

use crate::aws::Access;
use crate::caller::Caller;
use crate::catalog::description::Description;
use crate::catalog::s3::{self, Condition, Failure, Place, Stored};
use crate::catalog::{Catalog, CatalogError};
use crate::telemetry::explain;

/// An upload in parts; dropping it takes it back.
#[derive(Debug)]
pub(in crate::catalog) struct Multipart(Option<Open>);

#[derive(Debug)]
struct Open {
    access: Arc<Access>,
    caller: Arc<Caller>,
    place: Place,
    id: Arc<str>,
}

impl Multipart {
    pub(super) async fn begin(
        catalog: &Catalog,
        caller: &Arc<Caller>,
        place: &Place,
        description: &Description,
    ) -> Result<Self, CatalogError> {
        let ask = async |s3| s3::begin(&s3, place, description).await;
        let id = catalog.ask(caller, ask).await?;
        Ok(Self(Some(Open {
            access: Arc::clone(&catalog.access),
            caller: Arc::clone(caller),
            place: place.clone(),
            id: id.into(),
        })))
    }

    pub(super) fn id(&self) -> Arc<str> {
        let id = self.0.as_ref().map(|open| Arc::clone(&open.id));
        id.unwrap_or_else(|| Arc::from(""))
    }

    /// Makes an object of the parts; takes them back if that fails.
    pub(super) async fn complete(
        mut self,
        catalog: &Catalog,
        caller: &Caller,
        condition: &Condition,
        parts: Vec<CompletedPart>,
    ) -> Result<Stored, CatalogError> {
        let Some(open) = &self.0 else {
            return Ok(Stored::default());
        };
        let (place, id) = (&open.place, &*open.id);
        let ask = async |s3| s3::complete(&s3, place, id, condition, parts.clone()).await;
        match catalog.ask(caller, ask).await {
            Ok(stored) => {
                self.0 = None;
                Ok(stored)
            }
            Err(error) => {
                self.abort().await;
                Err(error)
            }
        }
    }

    /// Takes the parts back.
    pub(super) async fn abort(mut self) {
        if let Some(open) = self.0.take() {
            open.abort().await;
        }
    }
}

impl Drop for Multipart {
    /// The client went away, and with him whoever could have waited.
    fn drop(&mut self) {
        if let (Some(open), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            drop(runtime.spawn(async move { open.abort().await }.instrument(Span::current())));
        }
    }
}

impl Open {
    async fn abort(self) {
        let aborted = match self.access.s3(&self.caller).await {
            Ok(s3) => s3::abort(&s3, &self.place, &self.id).await,
            Err(error) => Err(Failure::NoSession(error)),
        };
        match aborted {
            Ok(()) => debug!("the parts of an upload were taken back"),
            Err(failure) => warn!(
                bucket = self.place.bucket,
                "parts of an upload stay at S3 until its lifecycle rule takes them: {}",
                explain(&failure)
            ),
        }
    }
}
