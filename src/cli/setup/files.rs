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
    match fs::read(&path) {
        Ok(there) if there == text.as_bytes() => return Ok(format!("{shown} (as it was)\n")),
        Ok(_) if !output.overwrite => {
            return Err(format!(
                "{shown} has other content: look at it, then write over it with --force"
            ));
        }
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(fault(error)),
    }
    fs::create_dir_all(folder).map_err(fault)?;
    write(&path, &text).map_err(fault)?;
    Ok(format!("{shown}\n"))
}

/// Scripts are made executable, as people expect of them.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        let script = path.extension().is_some_and(|kind| kind == "sh");
        options.mode(if script { 0o755 } else { 0o644 });
    }
    options.open(path)?.write_all(text.as_bytes())
}
