//! From the client's body to requests to S3: one unit is fed at a time, while the ones before it
//! still wait for their answers.

use std::future::pending;
use std::io;
use std::pin::pin;
use std::sync::Arc;

use aws_sdk_s3::types::CompletedPart;
use bytes::Bytes;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, Stream, StreamExt as _};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::sending::{STALL, Taken, To, Unit};
use super::{BodyError, Kept, Multipart, Upload};
use crate::aws::access::SendError;
use crate::caller::Caller;
use crate::catalog::s3::{Failure, Place, Stored};
use crate::catalog::{Catalog, CatalogError};

/// Units that wait for their answer at a time.
const IN_FLIGHT: usize = 3;

/// A body on its way.
pub(super) struct Flow<'a, B> {
    catalog: &'a Catalog,
    caller: &'a Arc<Caller>,
    to: Arc<To<'a>>,
    body: B,
    /// What of a piece belongs to the next unit.
    rest: Bytes,
    /// The upload in parts, and who takes it back if it does not become whole.
    id: Option<Arc<str>>,
    multipart: Option<Multipart>,
    /// What is known of a unit whose end did not come.
    fragment: Option<Bytes>,
    in_flight: FuturesUnordered<LocalBoxFuture<'a, Result<Taken, CatalogError>>>,
    whole: Option<Stored>,
    parts: Vec<CompletedPart>,
}

impl<'a, B> Flow<'a, B>
where
    B: Stream<Item = Result<Bytes, BodyError>> + Unpin,
{
    pub(super) fn new(
        catalog: &'a Catalog,
        caller: &'a Arc<Caller>,
        place: Place,
        upload: &'a Upload<'a>,
        body: B,
    ) -> Self {
        let to = To {
            catalog,
            caller,
            place,
            upload,
        };
        Self {
            catalog,
            caller,
            to: Arc::new(to),
            body,
            rest: Bytes::new(),
            id: None,
            multipart: None,
            fragment: None,
            in_flight: FuturesUnordered::new(),
            whole: None,
            parts: Vec::new(),
        }
    }

    /// Begins an upload in parts.
    pub(super) async fn begin(&mut self) -> Result<(), CatalogError> {
        let (place, upload) = (&self.to.place, self.to.upload);
        let begun = Multipart::begin(self.catalog, self.caller, place, &upload.description);
        let begun = begun.await?;
        self.id = Some(begun.id());
        self.multipart = Some(begun);
        Ok(())
    }

    /// Goes on with an upload in parts of which `parts` are there. Nobody takes it back.
    pub(super) fn resume(&mut self, id: &str, parts: Vec<CompletedPart>) {
        self.id = Some(id.into());
        self.parts = parts;
    }

    /// Feeds the next `length` bytes to S3 as they come.
    pub(super) async fn stream(&mut self, unit: Unit<'a>, length: u64) -> Result<(), CatalogError> {
        self.make_room().await?;
        let (sender, receiver) = mpsc::channel(1);
        let kept = usize::try_from(length).ok();
        let kept = kept.and_then(|length| self.catalog.budget.try_keep(length));
        let (mut keeping, again) = match kept {
            Some(kept) => {
                let (sender, again) = oneshot::channel();
                (Some((kept, sender)), Some(again))
            }
            None => (None, None),
        };
        let (to, id) = (Arc::clone(&self.to), self.id.clone());
        self.in_flight.push(
            async move { to.take(unit, id.as_deref(), receiver, length, again).await }
                .boxed_local(),
        );
        let Self {
            in_flight,
            body,
            rest,
            whole,
            parts,
            ..
        } = self;
        let driven = {
            let fed = pin!(feed(body, rest, length, sender, &mut keeping));
            drive(in_flight, whole, parts, fed).await
        };
        self.fragment = keeping.map(|(kept, _)| kept.share());
        driven?
    }

    /// Memory for so many bytes, as soon as there is some.
    pub(super) async fn room(&mut self, size: u64) -> Result<Kept, CatalogError> {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let Self {
            catalog,
            in_flight,
            whole,
            parts,
            ..
        } = self;
        let kept = pin!(catalog.budget.keep(size));
        let kept = drive(in_flight, whole, parts, kept).await?;
        kept.ok_or(CatalogError::NoRoom)
    }

    /// Reads as much as there is room for; less is the end of the body.
    pub(super) async fn gather(&mut self, kept: &mut Kept) -> Result<(), CatalogError> {
        let Self {
            in_flight,
            body,
            rest,
            whole,
            parts,
            ..
        } = self;
        let gathered = async {
            while kept.left() > 0 {
                let most = u64::try_from(kept.left()).unwrap_or(u64::MAX);
                match next(body, rest, most).await? {
                    Some(piece) => kept.add(&piece),
                    None => break,
                }
            }
            Ok(())
        };
        drive(in_flight, whole, parts, pin!(gathered)).await?
    }

    /// Keeps what was gathered of a unit whose end did not come.
    pub(super) fn keep_fragment(&mut self, fragment: Bytes) {
        self.fragment = Some(fragment);
    }

    /// What was kept of a unit whose end did not come.
    pub(super) fn fragment(&mut self) -> Option<Bytes> {
        self.fragment.take()
    }

    /// All parts that S3 has, once it has answered for each.
    pub(super) async fn parts(&mut self) -> Result<Vec<CompletedPart>, CatalogError> {
        self.all_taken().await?;
        Ok(std::mem::take(&mut self.parts))
    }

    /// Sends what is at hand.
    pub(super) async fn send(&mut self, unit: Unit<'a>, bytes: Bytes) -> Result<(), CatalogError> {
        self.make_room().await?;
        let (to, id) = (Arc::clone(&self.to), self.id.clone());
        self.in_flight
            .push(async move { to.take_all(unit, id.as_deref(), bytes).await }.boxed_local());
        Ok(())
    }

    /// Makes sure that nothing comes behind what was announced.
    pub(super) async fn expect_end(&mut self) -> Result<(), CatalogError> {
        match next(&mut self.body, &mut self.rest, u64::MAX).await? {
            Some(_) => Err(CatalogError::Body(BodyError::BrokenOff)),
            None => Ok(()),
        }
    }

    /// What became of the object that went in one request.
    pub(super) async fn stored(&mut self) -> Result<Stored, CatalogError> {
        self.all_taken().await?;
        Ok(self.whole.take().unwrap_or_default())
    }

    /// Makes an object of the parts.
    pub(super) async fn complete(&mut self) -> Result<Stored, CatalogError> {
        let parts = self.parts().await?;
        match self.multipart.take() {
            Some(multipart) => {
                let condition = &self.to.upload.condition;
                multipart
                    .complete(self.catalog, self.caller, condition, parts)
                    .await
            }
            None => Ok(Stored::default()),
        }
    }

    /// Waits until S3 has answered for each unit, be it with a failure.
    pub(super) async fn settle(&mut self) {
        while self.in_flight.next().await.is_some() {}
    }

    /// Takes back what is at S3.
    pub(super) async fn abort(&mut self) {
        self.in_flight.clear();
        if let Some(multipart) = self.multipart.take() {
            multipart.abort().await;
        }
    }

    async fn all_taken(&mut self) -> Result<(), CatalogError> {
        while !self.in_flight.is_empty() {
            self.one_taken().await?;
        }
        Ok(())
    }

    async fn make_room(&mut self) -> Result<(), CatalogError> {
        while self.in_flight.len() >= IN_FLIGHT {
            self.one_taken().await?;
        }
        Ok(())
    }

    async fn one_taken(&mut self) -> Result<(), CatalogError> {
        if let Some(taken) = self.in_flight.next().await {
            note(taken?, &mut self.whole, &mut self.parts);
        }
        Ok(())
    }
}

fn note(taken: Taken, whole: &mut Option<Stored>, parts: &mut Vec<CompletedPart>) {
    match taken {
        Taken::Whole(stored) => *whole = Some(stored),
        Taken::Part(part) => parts.push(*part),
        Taken::Tail => {}
    }
}

/// Goes on with `step` while units are answered; the first one that fails ends it.
async fn drive<T>(
    in_flight: &mut FuturesUnordered<LocalBoxFuture<'_, Result<Taken, CatalogError>>>,
    whole: &mut Option<Stored>,
    parts: &mut Vec<CompletedPart>,
    mut step: impl Future<Output = T> + Unpin,
) -> Result<T, CatalogError> {
    loop {
        tokio::select! {
            biased;
            Some(taken) = in_flight.next(), if !in_flight.is_empty() => note(taken?, whole, parts),
            done = &mut step => return Ok(done),
        }
    }
}

/// Up to `most` bytes of the body, `None` at its end.
async fn next<B>(body: &mut B, rest: &mut Bytes, most: u64) -> Result<Option<Bytes>, CatalogError>
where
    B: Stream<Item = Result<Bytes, BodyError>> + Unpin,
{
    while rest.is_empty() {
        match body.next().await {
            Some(piece) => *rest = piece.map_err(CatalogError::Body)?,
            None => return Ok(None),
        }
    }
    let most = usize::try_from(most).unwrap_or(usize::MAX).min(rest.len());
    Ok(Some(rest.split_to(most)))
}

type Pieces = mpsc::Sender<io::Result<Bytes>>;
/// Memory for what is fed, and where it goes when it is complete.
type Keeping = (Kept, oneshot::Sender<Bytes>);

/// Hands on the next `left` bytes of the body, and keeps them if there is memory.
async fn feed<B>(
    body: &mut B,
    rest: &mut Bytes,
    mut left: u64,
    pieces: Pieces,
    keeping: &mut Option<Keeping>,
) -> Result<(), CatalogError>
where
    B: Stream<Item = Result<Bytes, BodyError>> + Unpin,
{
    while left > 0 {
        let piece = match next(body, rest, left).await {
            Ok(Some(piece)) => piece,
            ended => {
                // or S3 might take what came for all of it
                let broken = io::Error::from(io::ErrorKind::UnexpectedEof);
                drop(pieces.send(Err(broken)).await);
                ended?;
                return Err(CatalogError::Body(BodyError::BrokenOff));
            }
        };
        left -= u64::try_from(piece.len()).unwrap_or(u64::MAX);
        if let Some((kept, _)) = keeping {
            kept.add(&piece);
        }
        if pieces.is_closed() {
            // the request is over too early: what is kept is sent again, else its failure ends all
            if keeping.is_none() {
                return pending().await;
            }
            continue;
        }
        let Ok(sent) = timeout(STALL, pieces.send(Ok(piece))).await else {
            return Err(Failure::Away(SendError::Silent(STALL)).into());
        };
        if sent.is_err() && keeping.is_none() {
            return pending().await;
        }
    }
    if let Some((kept, again)) = keeping.take() {
        // nobody waits for it when S3 has taken the unit
        drop(again.send(kept.share()));
    }
    Ok(())
}
