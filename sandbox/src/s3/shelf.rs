//! What there is: versions of objects and uploads in parts, in memory, and journalled so that a
//! restart finds them. The bytes themselves are [`Blobs`].
//!
//! The journal has a line for each change, with all that is now known of the key or upload that
//! changed. At start it is read and written anew; a last line that broke off is left out.

use std::collections::{BTreeMap, HashMap};
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use s3s::{S3Error, S3Result};
use serde::{Deserialize, Serialize};

use super::blobs::{Blob, Blobs};

/// What is written beside an object's content.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Described {
    pub(super) content_type: Option<String>,
    pub(super) content_encoding: Option<String>,
    pub(super) content_language: Option<String>,
    pub(super) content_disposition: Option<String>,
    pub(super) cache_control: Option<String>,
    pub(super) storage_class: Option<String>,
    pub(super) metadata: BTreeMap<String, String>,
}

/// Checksums in Base64, by the names that S3's headers have behind `x-amz-checksum-`.
pub(super) type Sums = BTreeMap<String, String>;

/// A version of an object, or a marker that it was deleted.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Version {
    /// `null` where the bucket kept no versions.
    pub(super) id: String,
    pub(super) marker: bool,
    /// Milliseconds since 1970.
    pub(super) modified: i64,
    pub(super) size: u64,
    /// Without quotes.
    pub(super) etag: String,
    pub(super) blobs: Vec<Blob>,
    pub(super) described: Described,
    pub(super) tags: Vec<(String, String)>,
    pub(super) sums: Sums,
    /// `FULL_OBJECT` or `COMPOSITE`.
    pub(super) sums_of: Option<String>,
    pub(super) parts: Option<i32>,
}

/// An upload in parts.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Upload {
    pub(super) key: String,
    pub(super) started: i64,
    pub(super) described: Described,
    pub(super) tags: Vec<(String, String)>,
    pub(super) algorithm: Option<String>,
    pub(super) sums_of: Option<String>,
    pub(super) parts: BTreeMap<i32, Part>,
}

/// A part of one.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Part {
    pub(super) etag: String,
    pub(super) size: u64,
    pub(super) modified: i64,
    pub(super) blobs: Vec<Blob>,
    pub(super) sums: Sums,
}

/// Everything in one bucket.
#[derive(Debug, Default)]
pub(super) struct Content {
    /// `Enabled`, `Suspended`, or never set.
    pub(super) versioning: Option<String>,
    /// Versions of each key, the latest one last; never an empty list.
    pub(super) keys: BTreeMap<String, Vec<Version>>,
    pub(super) uploads: BTreeMap<String, Upload>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Key {
        bucket: String,
        key: String,
        versions: Vec<Version>,
    },
    Upload {
        bucket: String,
        id: String,
        upload: Option<Box<Upload>>,
    },
    Versioning {
        bucket: String,
        status: Option<String>,
    },
    Removed {
        bucket: String,
    },
}

/// Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Shelf {
    state: Arc<Mutex<State>>,
    blobs: Blobs,
}

#[derive(Debug)]
struct State {
    buckets: BTreeMap<String, Content>,
    journal: File,
    /// How often a file is referred to; the last one who lets go removes it.
    held: HashMap<String, usize>,
}

impl Shelf {
    pub(super) fn open(folder: &Path, blobs: Blobs) -> io::Result<Self> {
        let path = folder.join("journal.jsonl");
        let mut buckets = BTreeMap::new();
        if let Ok(old) = File::open(&path) {
            for line in BufReader::new(old).lines() {
                // what broke off with the process was never confirmed
                if let Ok(line) = serde_json::from_str(&line?) {
                    apply(&mut buckets, line);
                }
            }
        }
        let fresh = folder.join("journal.new");
        let mut journal = File::create(&fresh)?;
        for line in lines(&buckets) {
            write(&mut journal, &line)?;
        }
        std::fs::rename(&fresh, &path)?;
        let mut held = HashMap::new();
        for blob in buckets.values().flat_map(all_blobs) {
            *held.entry(blob.file.clone()).or_default() += 1;
        }
        blobs.keep_only(|file| held.contains_key(file))?;
        let journal = OpenOptions::new().append(true).open(&path)?;
        let state = Arc::new(Mutex::new(State {
            buckets,
            journal,
            held,
        }));
        Ok(Self { state, blobs })
    }

    /// Looks at a bucket.
    pub(super) fn look<T>(&self, bucket: &str, look: impl FnOnce(&Content) -> T) -> T {
        match self.state().buckets.get(bucket) {
            Some(content) => look(content),
            None => look(&Content::default()),
        }
    }

    /// Changes the versions of a key, all at once or, on errors, not at all.
    pub(super) fn change<T>(
        &self,
        bucket: &str,
        key: &str,
        change: impl FnOnce(&mut Vec<Version>, Option<&str>) -> S3Result<T>,
    ) -> S3Result<T> {
        let mut state = self.state();
        let content = state.buckets.entry(bucket.to_owned()).or_default();
        let before = content.keys.get(key).cloned().unwrap_or_default();
        let mut versions = before.clone();
        let changed = change(&mut versions, content.versioning.as_deref())?;
        let line = Line::Key {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            versions: versions.clone(),
        };
        let of = |versions: &[Version]| -> Vec<Blob> {
            versions.iter().flat_map(|it| it.blobs.clone()).collect()
        };
        self.record(&mut state, line, &of(&before), &of(&versions))?;
        Ok(changed)
    }

    /// Changes an upload: makes it, changes it, or ends it by leaving `None`.
    pub(super) fn change_upload<T>(
        &self,
        bucket: &str,
        id: &str,
        change: impl FnOnce(&mut Option<Upload>) -> S3Result<T>,
    ) -> S3Result<T> {
        let mut state = self.state();
        let content = state.buckets.entry(bucket.to_owned()).or_default();
        let before = content.uploads.get(id).cloned();
        let mut upload = before.clone();
        let changed = change(&mut upload)?;
        let of = |upload: &Option<Upload>| -> Vec<Blob> {
            let parts = upload.iter().flat_map(|it| it.parts.values());
            parts.flat_map(|it| it.blobs.clone()).collect()
        };
        let (old, new) = (of(&before), of(&upload));
        let line = Line::Upload {
            bucket: bucket.to_owned(),
            id: id.to_owned(),
            upload: upload.map(Box::new),
        };
        self.record(&mut state, line, &old, &new)?;
        Ok(changed)
    }

    pub(super) fn set_versioning(&self, bucket: &str, status: &str) -> S3Result<()> {
        let line = Line::Versioning {
            bucket: bucket.to_owned(),
            status: Some(status.to_owned()),
        };
        self.record(&mut self.state(), line, &[], &[])
    }

    /// Forgets a bucket with all that was in it.
    pub(super) fn remove(&self, bucket: &str) -> S3Result<()> {
        let mut state = self.state();
        let content = state.buckets.get(bucket);
        let old: Vec<Blob> = content.into_iter().flat_map(all_blobs).cloned().collect();
        let bucket = bucket.to_owned();
        self.record(&mut state, Line::Removed { bucket }, &old, &[])
    }

    fn record(&self, state: &mut State, line: Line, old: &[Blob], new: &[Blob]) -> S3Result<()> {
        write(&mut state.journal, &line).map_err(S3Error::internal_error)?;
        apply(&mut state.buckets, line);
        for blob in new {
            *state.held.entry(blob.file.clone()).or_default() += 1;
        }
        for blob in old {
            let Some(count) = state.held.get_mut(&blob.file) else {
                continue;
            };
            *count -= 1;
            if *count == 0 {
                state.held.remove(&blob.file);
                self.blobs.remove(&blob.file);
            }
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn apply(buckets: &mut BTreeMap<String, Content>, line: Line) {
    match line {
        Line::Key {
            bucket,
            key,
            versions,
        } => {
            let content = buckets.entry(bucket).or_default();
            if versions.is_empty() {
                content.keys.remove(&key);
            } else {
                content.keys.insert(key, versions);
            }
        }
        Line::Upload { bucket, id, upload } => {
            let content = buckets.entry(bucket).or_default();
            match upload {
                Some(upload) => content.uploads.insert(id, *upload),
                None => content.uploads.remove(&id),
            };
        }
        Line::Versioning { bucket, status } => {
            buckets.entry(bucket).or_default().versioning = status;
        }
        Line::Removed { bucket } => drop(buckets.remove(&bucket)),
    }
}

fn lines(buckets: &BTreeMap<String, Content>) -> impl Iterator<Item = Line> {
    buckets.iter().flat_map(|(bucket, content)| {
        let versioning = content.versioning.clone().map(|status| Line::Versioning {
            bucket: bucket.clone(),
            status: Some(status),
        });
        let keys = content.keys.iter().map(|(key, versions)| Line::Key {
            bucket: bucket.clone(),
            key: key.clone(),
            versions: versions.clone(),
        });
        let uploads = content.uploads.iter().map(|(id, upload)| Line::Upload {
            bucket: bucket.clone(),
            id: id.clone(),
            upload: Some(Box::new(upload.clone())),
        });
        versioning.into_iter().chain(keys).chain(uploads)
    })
}

fn all_blobs(content: &Content) -> impl Iterator<Item = &Blob> {
    let versions = content.keys.values().flatten().flat_map(|it| &it.blobs);
    let parts = content.uploads.values().flat_map(|it| it.parts.values());
    versions.chain(parts.flat_map(|it| &it.blobs))
}

fn write(journal: &mut File, line: &Line) -> io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    journal.write_all(&text)
}
