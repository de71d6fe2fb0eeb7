//! Objects as one ZIP archive, made while it is read: nothing of it is gathered but the list of
//! names that an archive ends with.
//!
//! What can't be read – it vanished, is archived, or is denied – is left out and named in a file of
//! the archive; an object that breaks off breaks the archive off, visibly.

mod format;
mod names;

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::Arc;
use std::task::Poll;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use futures_util::future::FutureExt as _;
use futures_util::stream::{self, Stream, StreamExt as _};
use std::io::Write as _;
use time::OffsetDateTime;
use tokio::sync::mpsc;

use super::objects::Within;
use super::{Catalog, CatalogError, Content, Fetched, Object, Wanted};
use crate::caller::Caller;
use crate::telemetry::explain;
use format::{Archive, Entry, Method};
use names::Names;

/// What says which objects could not be read.
const MISSING: &str = "MISSING.txt";

/// What goes into an archive.
#[derive(Debug, Clone)]
pub(crate) struct Selection {
    pub(crate) bucket: String,
    /// Keys of objects, and of folders, which end with a slash; the root is an empty one.
    pub(crate) keys: Vec<String>,
    /// What names in the archive are shortened by.
    pub(crate) base: String,
}

/// The archive can't be completed; the connection to the client must break visibly.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BrokenArchive {
    #[error("an object of the archive broke off")]
    Object(#[source] super::content::BrokenOff),
    #[error("the objects of the archive can't be listed")]
    Catalog(#[source] CatalogError),
    #[error("the archive has more names than there is memory for")]
    TooMany,
    #[error("compressing failed")]
    Compression(#[source] std::io::Error),
    #[error("nobody reads the archive any more")]
    Abandoned,
}

impl Catalog {
    /// An archive of what is selected; whether the bucket can be listed is known before it begins.
    pub(crate) async fn zip(
        self: &Arc<Self>,
        caller: &Arc<Caller>,
        selection: Selection,
    ) -> Result<impl Stream<Item = Result<Bytes, BrokenArchive>> + use<>, CatalogError> {
        let within = Within::default();
        self.walk(caller, &selection.bucket, within)?
            .next(1)
            .await?;
        let (pieces, mut receiver) = mpsc::channel(1);
        let (catalog, caller) = (Arc::clone(self), Arc::clone(caller));
        let written = async move {
            let mut writer = Writer {
                catalog: &catalog,
                caller: &caller,
                bucket: &selection.bucket,
                archive: Archive::default(),
                names: Names::new(&selection.base),
                missing: String::new(),
                pieces,
            };
            writer.write(selection.keys.clone()).await
        };
        let mut written = Box::pin(written.fuse());
        let mut over = false;
        Ok(stream::poll_fn(move |context| {
            if !over && let Poll::Ready(ended) = written.poll_unpin(context) {
                over = true;
                if let Err(broken) = ended {
                    tracing::warn!("a ZIP archive broke off: {}", explain(&broken));
                    receiver.close();
                    return Poll::Ready(Some(Err(broken)));
                }
            }
            receiver.poll_recv(context).map(|piece| piece.map(Ok))
        }))
    }
}

struct Writer<'a> {
    catalog: &'a Catalog,
    caller: &'a Arc<Caller>,
    bucket: &'a str,
    archive: Archive,
    names: Names,
    /// What could not be read, a line each.
    missing: String,
    pieces: mpsc::Sender<Bytes>,
}

impl Writer<'_> {
    async fn write(&mut self, keys: Vec<String>) -> Result<(), BrokenArchive> {
        for key in keys {
            if key.is_empty() || key.ends_with('/') {
                self.folder(&key).await?;
            } else {
                self.object(&key, None).await?;
            }
        }
        if !self.missing.is_empty() {
            let told = std::mem::take(&mut self.missing);
            let name = self.names.unique(MISSING);
            self.text(name, told).await?;
        }
        let end = self.archive.finish();
        self.send(end.into()).await
    }

    async fn folder(&mut self, prefix: &str) -> Result<(), BrokenArchive> {
        let within = Within {
            prefix: prefix.to_owned(),
            ..Within::default()
        };
        // each page has its time; an archive may take hours
        let mut page: VecDeque<Object>;
        let mut after = String::new();
        loop {
            let within = Within {
                prefix: within.prefix.clone(),
                one_level: false,
                after: after.clone(),
            };
            let walk = self.catalog.walk(self.caller, self.bucket, within);
            let mut walk = walk.map_err(BrokenArchive::Catalog)?;
            let listed = walk.next(1000).await.map_err(BrokenArchive::Catalog)?;
            page = listed.unwrap_or_default().into();
            let Some(last) = page.back() else {
                return Ok(());
            };
            last.key.clone_into(&mut after);
            let over = walk.is_over();
            for object in page.drain(..) {
                if object.is_folder() {
                    self.directory(&object).await?;
                } else {
                    self.object(&object.key, object.last_modified).await?;
                }
            }
            if over {
                return Ok(());
            }
        }
    }

    async fn directory(&mut self, object: &Object) -> Result<(), BrokenArchive> {
        let Some(name) = self.names.directory(&object.key) else {
            return Ok(());
        };
        let entry = Entry::new(name, object.last_modified, 0, Method::Stored);
        let begin = self.begin(&entry)?;
        self.send(begin.into()).await?;
        let end = self.archive.end(&entry, 0, 0, 0);
        self.send(end.into()).await
    }

    async fn object(
        &mut self,
        key: &str,
        modified: Option<OffsetDateTime>,
    ) -> Result<(), BrokenArchive> {
        let all = Wanted::default();
        let fetched = self
            .catalog
            .content(self.caller, self.bucket, key, None, &all)
            .await;
        let reason = match fetched {
            Ok(Some(Fetched::Content(content))) => {
                let name = self.names.file(key);
                return self.content(name, modified, content).await;
            }
            Ok(_) | Err(CatalogError::NoObject) => "it was deleted meanwhile".to_owned(),
            Err(error @ (CatalogError::Archived | CatalogError::Denied(_))) => error.to_string(),
            Err(error) => return Err(BrokenArchive::Catalog(error)),
        };
        let key = key.replace(char::is_control, "?");
        let _ = writeln!(self.missing, "{key}: {reason}\r");
        Ok(())
    }

    async fn content(
        &mut self,
        name: String,
        modified: Option<OffsetDateTime>,
        content: Content,
    ) -> Result<(), BrokenArchive> {
        let modified = modified.or_else(|| content.facts.modified());
        let method = if names::is_compressed(&name) || content.facts.content_encoding.is_some() {
            Method::Stored
        } else {
            Method::Deflated
        };
        let entry = Entry::new(name, modified, content.length, method);
        let begin = self.begin(&entry)?;
        self.send(begin.into()).await?;
        let (mut crc, mut length, mut packed) = (crc32fast::Hasher::new(), 0, 0);
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        let mut pieces = std::pin::pin!(content.into_stream());
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(BrokenArchive::Object)?;
            crc.update(&piece);
            length += format::count(piece.len());
            let out = match method {
                Method::Stored => piece,
                Method::Deflated => {
                    let failed = BrokenArchive::Compression;
                    encoder.write_all(&piece).map_err(failed)?;
                    Bytes::from(std::mem::take(encoder.get_mut()))
                }
            };
            packed += format::count(out.len());
            self.send(out).await?;
        }
        if method == Method::Deflated {
            let rest = encoder.finish().map_err(BrokenArchive::Compression)?;
            packed += format::count(rest.len());
            self.send(rest.into()).await?;
        }
        let end = self.archive.end(&entry, crc.finalize(), packed, length);
        self.send(end.into()).await
    }

    async fn text(&mut self, name: String, text: String) -> Result<(), BrokenArchive> {
        let length = format::count(text.len());
        let entry = Entry::new(name, None, length, Method::Stored);
        let begin = self.begin(&entry)?;
        self.send(begin.into()).await?;
        let crc = crc32fast::hash(text.as_bytes());
        self.send(text.into()).await?;
        let end = self.archive.end(&entry, crc, length, length);
        self.send(end.into()).await
    }

    fn begin(&self, entry: &Entry) -> Result<Vec<u8>, BrokenArchive> {
        self.archive.begin(entry).ok_or(BrokenArchive::TooMany)
    }

    async fn send(&self, piece: Bytes) -> Result<(), BrokenArchive> {
        if piece.is_empty() {
            return Ok(());
        }
        let sent = self.pieces.send(piece).await;
        sent.map_err(|_| BrokenArchive::Abandoned)
    }
}
