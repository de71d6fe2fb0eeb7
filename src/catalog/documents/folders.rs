//! The same for folders, which S3 does not know: what is done to each object below a prefix, as far
//! as there is time. Whoever asked goes on where it ended, and sees how far it got.

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use tokio::time::Instant;

use crate::caller::Caller;
use crate::catalog::objects::Within;
use crate::catalog::s3::{self, Condition, Place};
use crate::catalog::{Catalog, CatalogError};

/// A router in front gives a request 30 s.
const TIME: Duration = Duration::from_secs(20);
/// How many objects are worked on at a time.
const TOGETHER: usize = 8;
/// How many failures are told one by one.
const TOLD: usize = 100;

/// How far it got.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// Objects that are done.
    pub(crate) objects: u64,
    /// Their size, in bytes.
    pub(crate) bytes: u64,
    /// What could not be done; no more than a hundred of them.
    pub(crate) failed: Vec<Failed>,
    /// Where to go on; none if all is done.
    pub(crate) next: Option<String>,
}

/// An object that was left as it was.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) key: String,
    pub(crate) error: CatalogError,
}

impl Progress {
    fn note(&mut self, key: String, outcome: Result<u64, CatalogError>) {
        match outcome {
            Ok(bytes) => {
                self.objects += 1;
                self.bytes += bytes;
            }
            Err(error) if self.failed.len() < TOLD => self.failed.push(Failed { key, error }),
            Err(_) => {}
        }
    }
}

impl Catalog {
    /// Counts what lies in a folder, up to `most` objects.
    pub(crate) async fn measure(
        &self,
        caller: &Arc<Caller>,
        folder: &Place,
        after: &str,
        most: usize,
    ) -> Result<Progress, CatalogError> {
        let mut progress = Progress::default();
        let count = async |_: String, size| Ok(size);
        let walked = self.below(caller, folder, after, most, &mut progress, count);
        walked.await?;
        Ok(progress)
    }

    /// Copies what lies in a folder to another one.
    pub(crate) async fn copy_folder(
        &self,
        caller: &Arc<Caller>,
        from: &Place,
        to: &Place,
        after: &str,
        condition: &Condition,
    ) -> Result<Progress, CatalogError> {
        self.check_apart(from, to)?;
        let mut progress = Progress::default();
        let copy = async |key: String, _| {
            let (from, to) = ends(from, to, &key)?;
            self.copy(caller, &from, &Condition::default(), &to, condition)
                .await
        };
        let walked = self.below(caller, from, after, usize::MAX, &mut progress, copy);
        walked.await?;
        Ok(progress)
    }

    /// Moves what lies in a folder to another one.
    pub(crate) async fn move_folder(
        &self,
        caller: &Arc<Caller>,
        from: &Place,
        to: &Place,
        after: &str,
        condition: &Condition,
    ) -> Result<Progress, CatalogError> {
        self.check_apart(from, to)?;
        let mut progress = Progress::default();
        let relocate = async |key: String, _| {
            let (from, to) = ends(from, to, &key)?;
            self.relocate(caller, &from, &Condition::default(), &to, condition)
                .await
        };
        let walked = self.below(caller, from, after, usize::MAX, &mut progress, relocate);
        walked.await?;
        Ok(progress)
    }

    /// Removes what lies in a folder; where the bucket keeps versions it can be brought back.
    pub(crate) async fn remove_folder(
        &self,
        caller: &Arc<Caller>,
        folder: &Place,
        after: &str,
    ) -> Result<Progress, CatalogError> {
        self.check_writable(&folder.bucket, &folder.key)?;
        let mut progress = Progress::default();
        let remove = async |key: String, size| {
            let (place, none) = (Place::new(&folder.bucket, &key), Condition::default());
            let ask = async |s3| s3::remove(&s3, &place, None, &none).await;
            self.ask(caller, ask).await.map(|()| size)
        };
        let walked = self.below(caller, folder, after, usize::MAX, &mut progress, remove);
        walked.await?;
        Ok(progress)
    }

    /// A folder in itself would never be done.
    fn check_apart(&self, from: &Place, to: &Place) -> Result<(), CatalogError> {
        self.check_writable(&to.bucket, &to.key)?;
        if from.bucket == to.bucket && to.key.starts_with(&from.key) {
            return Err(CatalogError::InItself);
        }
        Ok(())
    }

    async fn below(
        &self,
        caller: &Arc<Caller>,
        folder: &Place,
        after: &str,
        most: usize,
        progress: &mut Progress,
        each: impl AsyncFn(String, u64) -> Result<u64, CatalogError>,
    ) -> Result<(), CatalogError> {
        let end = Instant::now() + TIME;
        let within = Within {
            prefix: folder.key.clone(),
            one_level: false,
            after: after.to_owned(),
        };
        let mut walk = self.walk(caller, &folder.bucket, within)?;
        let mut left = most;
        loop {
            // short enough for the time to be kept
            let page = walk
                .next(left.min(if most == usize::MAX { 200 } else { 1000 }))
                .await?;
            let Some(page) = page else {
                return Ok(());
            };
            left = left.saturating_sub(page.len());
            let last = page.last().map(|object| object.key.clone());
            let outcomes = stream::iter(page).map(async |object| {
                let size = object.size.and_then(|size| u64::try_from(size).ok());
                let outcome = each(object.key.clone(), size.unwrap_or_default()).await;
                (object.key, outcome)
            });
            let mut outcomes = std::pin::pin!(outcomes.buffer_unordered(TOGETHER));
            while let Some((key, outcome)) = outcomes.next().await {
                progress.note(key, outcome);
            }
            if walk.is_over() {
                return Ok(());
            }
            if Instant::now() >= end || left == 0 {
                progress.next = last;
                return Ok(());
            }
        }
    }
}

/// Where an object of the folder `from` comes from and goes to; refuses what would be met again.
fn ends(from: &Place, to: &Place, key: &str) -> Result<(Place, Place), CatalogError> {
    let rest = key.strip_prefix(&from.key).unwrap_or(key);
    let target = format!("{}{rest}", to.key);
    if from.bucket == to.bucket && target.starts_with(&from.key) {
        return Err(CatalogError::InItself);
    }
    Ok((
        Place::new(&from.bucket, key),
        Place::new(&to.bucket, &target),
    ))
}
