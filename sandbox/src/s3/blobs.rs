//! The bytes of objects: files that are written once, and shared by copies.

use std::io::{self, SeekFrom};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _, stream};
use md5::{Digest as _, Md5};
use s3s::checksum::ChecksumHasher;
use s3s::dto::StreamingBlob;
use s3s::{S3Error, S3ErrorCode, S3Result, TrailingHeaders};
use serde::{Deserialize, Serialize};
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _, BufWriter};

use super::shelf::Sums;
use crate::random;

const READ: usize = 256 << 10;
const WRITE: usize = 1 << 20;
/// Names of checksums in S3's headers, behind `x-amz-checksum-`.
pub(super) const ALGORITHMS: [&str; 5] = ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"];

/// A stretch of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Blob {
    pub(super) file: String,
    pub(super) start: u64,
    pub(super) length: u64,
}

/// The folder of files.
#[derive(Debug, Clone)]
pub(super) struct Blobs(PathBuf);

/// What a client promises of a body.
#[derive(Debug, Default)]
pub(super) struct Promised {
    pub(super) length: Option<u64>,
    /// `Content-MD5`.
    pub(super) md5: Option<String>,
    pub(super) sums: Sums,
    /// An algorithm whose value comes behind the body, or which S3 shall compute.
    pub(super) algorithm: Option<String>,
    pub(super) trailers: Option<TrailingHeaders>,
}

/// A body that is on disk.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) blob: Blob,
    pub(super) md5: String,
    pub(super) sums: Sums,
}

/// A file that is removed unless it is kept.
struct Unfinished<'b>(&'b Blobs, Option<String>);

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if let Some(file) = &self.1 {
            self.0.remove(file);
        }
    }
}

impl Blobs {
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        Ok(Self(folder.to_owned()))
    }

    /// How many files there are.
    pub(super) fn count(&self) -> io::Result<usize> {
        Ok(std::fs::read_dir(&self.0)?.count())
    }

    /// Removes files that nothing refers to.
    pub(super) fn keep_only(&self, wanted: impl Fn(&str) -> bool) -> io::Result<()> {
        for entry in std::fs::read_dir(&self.0)? {
            let name = entry?.file_name();
            if let Some(name) = name.to_str().filter(|name| !wanted(name)) {
                self.remove(name);
            }
        }
        Ok(())
    }

    /// A file that is still being read stays until it is closed.
    pub(super) fn remove(&self, file: &str) {
        drop(std::fs::remove_file(self.0.join(file)));
    }

    /// Writes a body to disk and judges it by what was promised.
    pub(super) async fn receive(
        &self,
        body: Option<StreamingBlob>,
        promised: Promised,
    ) -> S3Result<Received> {
        let file = random::identifier();
        let mut unfinished = Unfinished(self, Some(file.clone()));
        let created = File::create_new(self.0.join(&file)).await;
        let mut out = BufWriter::with_capacity(WRITE, created.map_err(S3Error::internal_error)?);
        let (mut md5, mut hasher) = (Md5::new(), promised.hasher());
        let mut length = 0;
        let mut body = body;
        while let Some(piece) = match &mut body {
            Some(body) => body.next().await,
            None => None,
        } {
            let piece = piece.map_err(|error| {
                S3Error::with_message(S3ErrorCode::IncompleteBody, error.to_string())
            })?;
            length += piece.len() as u64;
            md5.update(&piece);
            hasher.update(&piece);
            out.write_all(&piece)
                .await
                .map_err(S3Error::internal_error)?;
        }
        out.flush().await.map_err(S3Error::internal_error)?;
        let md5 = md5.finalize();
        let sums = promised.judge(length, &md5, hasher)?;
        unfinished.1 = None;
        Ok(Received {
            blob: Blob {
                file,
                start: 0,
                length,
            },
            md5: crate::sigv4::hex(&md5),
            sums,
        })
    }

    /// The bytes of `range` in a row of blobs.
    pub(super) fn read(
        &self,
        blobs: &[Blob],
        range: &std::ops::Range<u64>,
    ) -> impl Stream<Item = io::Result<Bytes>> + Send + Sync + use<> {
        let mut wanted = cut(blobs, range);
        wanted.reverse();
        let folder = self.0.clone();
        stream::unfold((wanted, None), move |(mut wanted, mut open)| {
            let folder = folder.clone();
            async move {
                loop {
                    let Some((file, left)) = &mut open else {
                        let blob = wanted.pop()?;
                        match begin(&folder, &blob).await {
                            Ok(file) => open = Some((file, blob.length)),
                            Err(error) => return Some((Err(error), (Vec::new(), None))),
                        }
                        continue;
                    };
                    if *left == 0 {
                        open = None;
                        continue;
                    }
                    let size = usize::try_from(*left).unwrap_or(READ).min(READ);
                    let mut piece = BytesMut::zeroed(size);
                    return match file.read(&mut piece).await {
                        Ok(0) => {
                            let error = io::ErrorKind::UnexpectedEof.into();
                            Some((Err(error), (Vec::new(), None)))
                        }
                        Ok(read) => {
                            piece.truncate(read);
                            *left -= read as u64;
                            Some((Ok(piece.freeze()), (wanted, open)))
                        }
                        Err(error) => Some((Err(error), (Vec::new(), None))),
                    };
                }
            }
        })
    }
}

async fn begin(folder: &Path, blob: &Blob) -> io::Result<File> {
    let mut file = File::open(folder.join(&blob.file)).await?;
    file.seek(SeekFrom::Start(blob.start)).await?;
    Ok(file)
}

/// The stretches that a range of all of them covers.
pub(super) fn cut(blobs: &[Blob], range: &std::ops::Range<u64>) -> Vec<Blob> {
    let mut position = 0;
    let mut found = Vec::new();
    for blob in blobs {
        let (begin, end) = (position, position + blob.length);
        let (from, to) = (range.start.max(begin), range.end.min(end));
        if from < to {
            found.push(Blob {
                file: blob.file.clone(),
                start: blob.start + (from - begin),
                length: to - from,
            });
        }
        position = end;
    }
    found
}

impl Promised {
    fn hasher(&self) -> ChecksumHasher {
        let wanted = |name: &str| {
            self.sums.contains_key(name)
                || self
                    .algorithm
                    .as_ref()
                    .is_some_and(|it| it.eq_ignore_ascii_case(name))
        };
        ChecksumHasher {
            crc32: wanted("crc32").then(Default::default),
            crc32c: wanted("crc32c").then(Default::default),
            // S3's own choice where a client names none
            crc64nvme: (wanted("crc64nvme") || (self.sums.is_empty() && self.algorithm.is_none()))
                .then(Default::default),
            sha1: wanted("sha1").then(Default::default),
            sha256: wanted("sha256").then(Default::default),
        }
    }

    fn judge(mut self, length: u64, md5: &[u8], hasher: ChecksumHasher) -> S3Result<Sums> {
        if self.length.is_some_and(|promised| promised != length) {
            let message = "You did not provide the number of bytes specified by the Content-Length HTTP header.";
            return Err(S3Error::with_message(S3ErrorCode::IncompleteBody, message));
        }
        if self
            .md5
            .as_ref()
            .is_some_and(|promised| *promised != STANDARD.encode(md5))
        {
            return Err(bad_digest("Content-MD5"));
        }
        let behind = self.trailers.take().and_then(|trailers| trailers.take());
        for name in ALGORITHMS {
            let value = behind.as_ref();
            let value =
                value.and_then(|it| it.get(format!("x-amz-checksum-{name}"))?.to_str().ok());
            if let Some(value) = value {
                self.sums.insert(name.to_owned(), value.to_owned());
            }
        }
        let sums = sums(hasher);
        for (name, promised) in &self.sums {
            if sums.get(name) != Some(promised) {
                return Err(bad_digest(name));
            }
        }
        Ok(sums)
    }
}

fn bad_digest(name: &str) -> S3Error {
    let message = format!("The {name} you specified did not match what we received.");
    S3Error::with_message(S3ErrorCode::BadDigest, message)
}

pub(super) fn sums(hasher: ChecksumHasher) -> Sums {
    let sums = hasher.finalize();
    let all = [
        sums.checksum_crc32,
        sums.checksum_crc32c,
        sums.checksum_crc64nvme,
        sums.checksum_sha1,
        sums.checksum_sha256,
    ];
    let named = ALGORITHMS.iter().zip(all);
    named
        .filter_map(|(name, sum)| Some(((*name).to_owned(), sum?)))
        .collect()
}

/// MD5 of the MD5s of parts, as S3 makes the tag of an object that came in parts.
pub(super) fn tag_of_parts<'e>(etags: impl Iterator<Item = &'e str>) -> String {
    let (mut all, mut count) = (Md5::new(), 0);
    for etag in etags {
        let bytes: Vec<u8> = (0..etag.len() / 2)
            .filter_map(|at| u8::from_str_radix(etag.get(2 * at..2 * at + 2)?, 16).ok())
            .collect();
        all.update(&bytes);
        count += 1;
    }
    format!("{}-{count}", crate::sigv4::hex(&all.finalize()))
}
