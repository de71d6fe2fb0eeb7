//! Where a generated text goes: stdout, or a file that is never written over by accident.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use super::options::Output;

/// The text itself for stdout, or one line about the file that was written.
///
/// # Errors
/// One sentence: the file has other content, or can't be written.
pub(super) fn deliver(output: &Output, name: &str, text: String) -> Result<String, String> {
    let Some(folder) = &output.folder else {
        return Ok(text);
    };
    let path = folder.join(name);
    let shown = path.display();
    let fault = |error: io::Error| format!("{shown} can't be written: {error}");
    match there(&path) {
        Ok(None) => {}
        Ok(Some(old)) if !output.overwrite => {
            return if old == text.as_bytes() {
                Ok(format!("{shown} (as it was)\n"))
            } else {
                Err(format!(
                    "{shown} has other content: look at it, then write over it with --force"
                ))
            };
        }
        Ok(Some(_)) => fs::remove_file(&path).map_err(fault)?,
        Err(error) => return Err(fault(error)),
    }
    fs::create_dir_all(folder).map_err(fault)?;
    write(&path, &text).map_err(fault)?;
    Ok(format!("{shown}\n"))
}

/// The content of the file, if it is there.
///
/// # Errors
/// What is no regular file: a link would lead elsewhere, a pipe would never answer.
fn there(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_file() => fs::read(path).map(Some),
        Ok(_) => Err(io::Error::other(
            "it is a link, a folder or a pipe, and no regular file",
        )),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Always a new file, so that no link is followed and the mode is ours: scripts can be run.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        let script = path.extension().is_some_and(|kind| kind == "sh");
        options.mode(if script { 0o755 } else { 0o644 });
    }
    options.open(path)?.write_all(text.as_bytes())
}
