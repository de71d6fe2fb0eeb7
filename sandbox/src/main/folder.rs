//! The run's own temporary folder: certificates and keys of the sandbox for other programs. It
//! goes when the run ends.

use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Makes a folder that nobody else on the machine can read.
    pub(crate) fn new() -> io::Result<Self> {
        let name = format!("s3-catalog-sandbox-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        remove_folder_if_there(&path)?;
        std::fs::DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self { path })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file that only its owner can read.
    pub(crate) fn write(&self, name: &str, content: &str) -> io::Result<PathBuf> {
        let path = self.path.join(name);
        write_private(&path, content)?;
        Ok(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // There is nobody left to tell, and the folder is a temporary one.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// What says that a run answers, for as long as it does. One of an earlier run goes first.
#[derive(Debug)]
pub(crate) struct ReadyFile<'a>(&'a Path);

impl<'a> ReadyFile<'a> {
    pub(crate) fn new(path: &'a Path) -> io::Result<Self> {
        remove_if_there(path)?;
        Ok(Self(path))
    }
}

impl Drop for ReadyFile<'_> {
    fn drop(&mut self) {
        // There is nobody left to tell.
        let _ = std::fs::remove_file(self.0);
    }
}

/// Writes a file that only its owner can read, so that no reader sees half of it.
pub(crate) fn write_private(path: &Path, content: &str) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    remove_if_there(&new)?;
    let mut options = std::fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)?;
    file.write_all(content.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(new, path)
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    unless_missing(std::fs::remove_file(path))
}

fn remove_folder_if_there(path: &Path) -> io::Result<()> {
    unless_missing(std::fs::remove_dir_all(path))
}

fn unless_missing(outcome: io::Result<()>) -> io::Result<()> {
    match outcome {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
