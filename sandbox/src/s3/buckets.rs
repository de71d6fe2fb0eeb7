//! The table of buckets: name, region, creation date, kept as JSON beside the objects; and what
//! the account's sessions are denied.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::iam::Account;

/// One bucket of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    pub name: String,
    pub region: String,
    pub created: OffsetDateTime,
}

/// The table; clones share it.
#[derive(Debug, Clone)]
pub struct Buckets {
    folder: PathBuf,
    region: String,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    rows: BTreeMap<String, Row>,
    denied: BTreeSet<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Row {
    region: String,
    /// Seconds since 1970.
    created: i64,
}

impl Buckets {
    pub(super) fn open(account: &Account, folder: &Path) -> io::Result<Self> {
        let state = Arc::new(Mutex::new(State::default()));
        let buckets = Self {
            folder: folder.to_owned(),
            region: account.region.clone(),
            state,
        };
        std::fs::create_dir_all(buckets.objects())?;
        match std::fs::read(buckets.table()) {
            Ok(json) => buckets.state().rows = serde_json::from_slice(&json)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        Ok(buckets)
    }

    /// Adds a bucket, of this or of another region, and tells whether the name was free.
    pub fn with_bucket(
        &self,
        name: &str,
        region: &str,
        created: OffsetDateTime,
    ) -> io::Result<bool> {
        let mut state = self.state();
        if state.rows.contains_key(name) {
            return Ok(false);
        }
        state.rows.insert(
            name.to_owned(),
            Row {
                region: region.to_owned(),
                created: created.unix_timestamp(),
            },
        );
        self.save(&state)?;
        Ok(true)
    }

    /// Removes a bucket, which has to be empty.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.state();
        if state.rows.remove(name).is_some() {
            self.save(&state)?;
        }
        Ok(())
    }

    /// All buckets in the order of their names.
    pub fn all(&self) -> Vec<Bucket> {
        self.state()
            .rows
            .iter()
            .map(|(name, row)| row.bucket(name))
            .collect()
    }

    /// A bucket by its name.
    pub fn get(&self, name: &str) -> Option<Bucket> {
        self.state().rows.get(name).map(|row| row.bucket(name))
    }

    /// Takes a permission such as `s3:ListAllMyBuckets` away from every session.
    pub fn deny(&self, action: &str) {
        self.state().denied.insert(action.to_owned());
    }

    /// Gives a permission back.
    pub fn allow(&self, action: &str) {
        self.state().denied.remove(action);
    }

    pub(super) fn is_denied(&self, action: &str) -> bool {
        self.state().denied.contains(action)
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The region that this endpoint serves.
    pub(super) fn region(&self) -> &str {
        &self.region
    }

    /// Where the bytes of objects are.
    pub(super) fn objects(&self) -> PathBuf {
        self.folder.join("blobs")
    }

    fn table(&self) -> PathBuf {
        self.folder.join("buckets.json")
    }

    fn save(&self, state: &State) -> io::Result<()> {
        std::fs::write(self.table(), serde_json::to_vec_pretty(&state.rows)?)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Row {
    fn bucket(&self, name: &str) -> Bucket {
        Bucket {
            name: name.to_owned(),
            region: self.region.clone(),
            created: OffsetDateTime::from_unix_timestamp(self.created)
                .unwrap_or(OffsetDateTime::UNIX_EPOCH),
        }
    }
}
