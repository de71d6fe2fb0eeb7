//! Uploads that go on where they broke off, on any instance.
//!
//! All there is to know lies in S3: full parts in the upload in parts, and what came behind the
//! last of them in a hidden object, because S3 takes no part below 5 MiB but as the last one.
//! Part `n` always holds the bytes from `(n - 1) * size`, so two requests that send the same bytes
//! at a time do no harm.

mod tail;

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};

use super::flow::Flow;
use super::sending::Unit;
use super::{BodyError, MOST_PARTS, Upload, part_size};
use crate::caller::Caller;
use crate::catalog::description::Description;
use crate::catalog::s3::{self, Condition, Failure, Place, UploadedPart};
use crate::catalog::{Catalog, CatalogError, HIDDEN};
pub(super) use tail::put_tail;

/// A part has to fit into memory together with others.
const LARGEST_PART: u64 = 16 << 20;
/// User metadata that tells by which upload an object was made.
pub(in crate::catalog) const MARK: &str = "btp-upload";

/// An upload that can be taken up again.
#[derive(Debug, Clone)]
pub(crate) struct Resumable {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) length: u64,
    /// A name of ours, of which nobody can guess another's.
    pub(crate) name: String,
    /// S3's id; none for an upload of nothing, which is over as soon as it begins.
    pub(crate) id: Option<String>,
    pub(crate) condition: Condition,
}

/// How far an upload got.
#[derive(Debug)]
pub(crate) enum Progress {
    /// So many bytes are there.
    At(Standing),
    /// The object is complete.
    Done,
    /// It was terminated, or S3 has taken it back.
    Gone,
}

/// What S3 has of an upload that is not complete.
#[derive(Debug)]
pub(crate) struct Standing {
    /// How many bytes are there.
    pub(crate) offset: u64,
    full: Vec<UploadedPart>,
    tail: u64,
}

impl Resumable {
    /// The longest upload, in bytes.
    pub(crate) const MOST: u64 = LARGEST_PART * MOST_PARTS;

    fn place(&self) -> Place {
        Place {
            bucket: self.bucket.clone(),
            key: self.key.clone(),
        }
    }

    fn tail(&self) -> Place {
        Place {
            bucket: self.bucket.clone(),
            key: format!("{HIDDEN}uploads/{}", self.name),
        }
    }

    fn part_size(&self) -> u64 {
        part_size(self.length)
    }
}

impl Catalog {
    /// Begins an upload of `length` bytes; `name` is what it shall be known by.
    pub(crate) async fn begin(
        &self,
        caller: &Arc<Caller>,
        mut upload: Upload<'_>,
        name: String,
    ) -> Result<Resumable, CatalogError> {
        self.check_writable(upload.bucket, upload.key)?;
        let length = upload.length.unwrap_or_default();
        if length > Resumable::MOST {
            return Err(CatalogError::Body(BodyError::TooLarge(Resumable::MOST)));
        }
        upload.description.check()?;
        self.prepare(caller, &mut upload).await?;
        let mut description = upload.description;
        description.metadata.retain(|(key, _)| key != MARK);
        description.metadata.push((MARK.to_owned(), name.clone()));
        let mut resumable = Resumable {
            bucket: upload.bucket.to_owned(),
            key: upload.key.to_owned(),
            length,
            name,
            id: None,
            condition: upload.condition,
        };
        let (place, condition) = (resumable.place(), &resumable.condition);
        if length == 0 {
            let nothing = || Bytes::new().into();
            let ask = async |s3| s3::put(&s3, &place, &description, condition, nothing(), 0).await;
            self.ask(caller, ask).await?;
            return Ok(resumable);
        }
        let ask = async |s3| s3::begin(&s3, &place, &description).await;
        resumable.id = Some(self.ask(caller, ask).await?);
        Ok(resumable)
    }

    /// How far an upload got.
    pub(crate) async fn progress(
        &self,
        caller: &Caller,
        upload: &Resumable,
    ) -> Result<Progress, CatalogError> {
        let Some(id) = &upload.id else {
            return self.ended(caller, upload).await;
        };
        let (place, size) = (upload.place(), upload.part_size());
        let ask = async |s3| match s3::parts(&s3, &place, id).await {
            Err(Failure::NoUpload) => Ok(None),
            parts => parts.map(Some),
        };
        let Some(mut full) = self.ask(caller, ask).await? else {
            let ended = self.ended(caller, upload).await?;
            if matches!(ended, Progress::Done) {
                self.sweep_tail(caller, upload).await;
            }
            return Ok(ended);
        };
        // behind a gap there may be parts that came faster than the one that is missing
        let expected = |index: usize| u64::try_from(index).unwrap_or_default() * size;
        let fits = |(index, part): (usize, &UploadedPart)| {
            let start = expected(index);
            usize::try_from(part.number) == Ok(index + 1)
                && part.size == size.min(upload.length.saturating_sub(start))
        };
        let there = full.iter().enumerate().take_while(|it| fits(*it)).count();
        full.truncate(there);
        let start = upload.length.min(expected(there));
        let tail = if start == upload.length {
            0
        } else {
            self.tail(caller, upload, start).await?
        };
        let offset = start + tail;
        Ok(Progress::At(Standing { offset, full, tail }))
    }

    /// An upload that S3 knows no more: whether the object is the one that it made.
    async fn ended(&self, caller: &Caller, upload: &Resumable) -> Result<Progress, CatalogError> {
        let place = upload.place();
        let ask = async |s3| s3::describe(&s3, &place, None).await;
        let found = self.ask(caller, ask).await?;
        let ours = found.is_some_and(|it| it.description.says(MARK, &upload.name));
        Ok(if ours { Progress::Done } else { Progress::Gone })
    }

    /// Takes what a request brings, and tells how far the upload got. When the body breaks off,
    /// what came of it is stored all the same.
    pub(crate) async fn resume<B>(
        &self,
        caller: &Arc<Caller>,
        resumable: &Resumable,
        standing: Standing,
        length: Option<u64>,
        body: B,
    ) -> Result<u64, CatalogError>
    where
        B: Stream<Item = Result<Bytes, BodyError>> + Unpin,
    {
        let Some(id) = resumable.id.as_deref() else {
            return Ok(resumable.length);
        };
        let upload = Upload {
            bucket: &resumable.bucket,
            key: &resumable.key,
            length: Some(resumable.length),
            description: Description::default(),
            condition: resumable.condition.clone(),
        };
        // when the service stops, the body is over, and what came of it is stored
        let mut closing = self.closing.clone();
        let closed = Box::pin(async move { drop(closing.wait_for(|closing| *closing).await) });
        let body = body.take_until(closed);
        let tail = self.read_tail(caller, resumable, standing.tail).await?;
        let mut flow = Flow::new(self, caller, resumable.place(), &upload, tail.chain(body));
        let start = standing.offset - standing.tail;
        let mut at = At {
            resumable,
            number: standing.full.len(),
            start,
            // without a length: as if nothing could be promised
            known: length
                .map(|length| standing.offset + length)
                .unwrap_or_default(),
        };
        let parts = standing
            .full
            .into_iter()
            .map(|part| part.completed)
            .collect();
        flow.resume(id, parts);
        let tail = match self.take(&mut flow, &mut at).await {
            Ok(tail) => tail,
            Err(broken) => {
                // parts that were sent before count, whatever became of the last one
                flow.settle().await;
                let known = if at.start == start { standing.tail } else { 0 };
                let fragment = flow.fragment();
                if let Some(more) = fragment.filter(|it| it.len() as u64 > known) {
                    let unit = Unit::Tail(resumable, at.start);
                    flow.send(unit, more).await?;
                    flow.parts().await?;
                }
                return Err(broken);
            }
        };
        let parts = flow.parts().await?;
        if at.start == resumable.length {
            self.finish(caller, resumable, id, parts).await?;
        }
        Ok(at.start + tail)
    }

    /// Sends all parts that become full, and what is left over as the new tail; gives its length.
    async fn take<'a, B>(
        &self,
        flow: &mut Flow<'a, B>,
        at: &mut At<'a>,
    ) -> Result<u64, CatalogError>
    where
        B: Stream<Item = Result<Bytes, BodyError>> + Unpin,
    {
        loop {
            let next = at.next();
            if next == 0 {
                flow.expect_end().await?;
                return Ok(0);
            }
            if at.start + next <= at.known {
                flow.stream(Unit::Part(at.part()), next).await?;
                at.advance(next);
                continue;
            }
            let tail = Unit::Tail(at.resumable, at.start);
            if let Some(left) = at.known.checked_sub(at.start).filter(|_| at.known > 0) {
                if left > 0 {
                    flow.stream(tail, left).await?;
                }
                return Ok(left);
            }
            // without a length, nothing can be announced to S3 before it is there
            let mut kept = flow.room(next).await?;
            let gathered = flow.gather(&mut kept).await;
            let fragment = kept.share();
            if let Err(broken) = gathered {
                flow.keep_fragment(fragment);
                return Err(broken);
            }
            let length = u64::try_from(fragment.len()).unwrap_or(next);
            if length < next {
                if length > 0 {
                    flow.send(tail, fragment).await?;
                }
                return Ok(length);
            }
            flow.send(Unit::Part(at.part()), fragment).await?;
            at.advance(next);
        }
    }

    /// Makes the object of its parts.
    async fn finish(
        &self,
        caller: &Caller,
        upload: &Resumable,
        id: &str,
        parts: Vec<aws_sdk_s3::types::CompletedPart>,
    ) -> Result<(), CatalogError> {
        let (place, condition) = (upload.place(), &upload.condition);
        let ask = async |s3| s3::complete(&s3, &place, id, condition, parts.clone()).await;
        if let Err(error) = self.ask(caller, ask).await {
            // the answer may have been lost, or another request was faster
            let ended = self.ended(caller, upload).await;
            if !matches!(ended, Ok(Progress::Done)) {
                return Err(error);
            }
        }
        self.remove_tail(caller, upload).await;
        Ok(())
    }

    /// Takes an upload back.
    pub(crate) async fn terminate(
        &self,
        caller: &Caller,
        upload: &Resumable,
    ) -> Result<(), CatalogError> {
        if let Some(id) = &upload.id {
            let place = upload.place();
            let ask = async |s3| s3::abort(&s3, &place, id).await;
            self.ask(caller, ask).await?;
        }
        self.remove_tail(caller, upload).await;
        Ok(())
    }
}

/// Where an upload stands while parts are added.
struct At<'a> {
    resumable: &'a Resumable,
    /// How many parts are full.
    number: usize,
    /// Where the next part begins.
    start: u64,
    /// Up to where the body is known to go; 0 if that is not known.
    known: u64,
}

impl At<'_> {
    /// Length of the next part; 0 if there is none.
    fn next(&self) -> u64 {
        let left = self.resumable.length - self.start;
        left.min(self.resumable.part_size())
    }

    /// Number of the next part.
    fn part(&self) -> i32 {
        i32::try_from(self.number + 1).unwrap_or(i32::MAX)
    }

    fn advance(&mut self, length: u64) {
        self.number += 1;
        self.start += length;
    }
}
