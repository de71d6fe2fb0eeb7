//! Builds the service through cargo, each time, so that what is shown is never stale.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

const PACKAGE: &str = "btp-s3-catalog";

/// Builds the service in the sandbox's own profile; the path of its executable.
///
/// Cargo's progress goes to standard error as usual.
pub(crate) async fn service() -> io::Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["build", "--package", PACKAGE, "--bin", PACKAGE])
        .arg("--message-format=json-render-diagnostics")
        .current_dir(workspace())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    let failed = |what: &str| io::Error::other(format!("the service was not built: {what}"));
    let mut child = command
        .spawn()
        .map_err(|error| failed(&format!("no cargo ({error})")))?;
    let messages = child
        .stdout
        .take()
        .ok_or_else(|| failed("cargo says nothing"))?;
    let mut messages = BufReader::new(messages).lines();
    let mut program = None;
    while let Some(message) = messages.next_line().await? {
        program = executable(&message).or(program);
    }
    if !child.wait().await?.success() {
        return Err(failed("see cargo's messages above"));
    }
    program.ok_or_else(|| failed("cargo names no executable"))
}

/// The executable that a message of cargo announces, if it is the service.
fn executable(message: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    let target = message.get("target")?;
    let is_program = target
        .get("kind")?
        .as_array()?
        .iter()
        .any(|kind| kind == "bin");
    let ours = message.get("reason")? == "compiler-artifact" && target.get("name")? == PACKAGE;
    let path = message.get("executable")?.as_str()?;
    (is_program && ours).then(|| PathBuf::from(path))
}

/// The folder above the sandbox's: where cargo says that it is now, else where it was built.
pub(crate) fn workspace() -> PathBuf {
    let now = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let sandbox = now.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
    sandbox
        .parent()
        .map_or_else(|| sandbox.clone(), Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_services_program_counts() {
        let message = |name: &str, kind: &str, executable: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","target":{{"name":"{name}","kind":["{kind}"]}},"executable":{executable}}}"#
            )
        };
        assert_eq!(
            executable(&message(PACKAGE, "bin", r#""/t/x""#)),
            Some("/t/x".into())
        );
        assert_eq!(executable(&message(PACKAGE, "lib", "null")), None);
        assert_eq!(executable(&message("other", "bin", r#""/t/y""#)), None);
        assert_eq!(
            executable(r#"{"reason":"build-finished","success":true}"#),
            None
        );
    }
}
