//! The program `sandbox` from outside, as far as no built service is needed: a stand-in for cargo
//! names whatever program the test wants.
#![expect(
    clippy::unwrap_used,
    reason = "the lints' exception for tests does not reach the helpers of a test"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

/// A folder of its own for a test, gone when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("sandbox-command-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn script(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// A cargo that has built `program`.
    fn cargo(&self, program: &Path) -> PathBuf {
        let message = serde_json::json!({
            "reason": "compiler-artifact",
            "target": { "name": "btp-s3-catalog", "kind": ["bin"] },
            "executable": program,
        });
        self.script(
            "cargo",
            &format!(
                "echo '{message}'; echo \"$@\" > {}",
                self.0.join("asked").display()
            ),
        )
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn sandbox() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sandbox"));
    command.env_remove("VCAP_APPLICATION").stdin(Stdio::null());
    command
}

fn text(output: &Output) -> (String, String) {
    let read = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (read(&output.stdout), read(&output.stderr))
}

fn terminate(child: &Child) {
    let signal = format!("kill -TERM {}", child.id());
    assert!(
        Command::new("sh")
            .args(["-c", &signal])
            .status()
            .unwrap()
            .success()
    );
}

#[test]
fn help_and_version_are_told() {
    let help = sandbox().arg("--help").output().unwrap();
    assert_eq!(help.status.code(), Some(0));
    for option in ["--credential-source", "--port", "--ready-file", "--data"] {
        assert!(text(&help).0.contains(option), "{option}");
    }
    let version = sandbox().arg("--version").output().unwrap();
    assert_eq!(
        text(&version).0,
        format!("sandbox {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn a_wrong_command_line_ends_with_64_and_a_sentence() {
    let output = sandbox()
        .args(["--credential-source", "keys"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(64));
    let (out, err) = text(&output);
    assert!(
        out.is_empty() && err.contains("roles-anywhere, oidc, credential-store"),
        "{err}"
    );
}

#[test]
fn it_does_not_run_on_cloud_foundry() {
    let output = sandbox().env("VCAP_APPLICATION", "{}").output().unwrap();
    assert_eq!(output.status.code(), Some(64));
    assert!(text(&output).1.contains("VCAP_APPLICATION"));
}

#[test]
fn a_failed_build_ends_with_1() {
    let folder = Folder::new("failed");
    let cargo = folder.script("cargo", "echo 'error: no such crate' >&2; exit 101");
    let output = sandbox()
        .args(["--port", "0"])
        .env("CARGO", cargo)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let (_, err) = text(&output);
    assert!(
        err.contains("error: no such crate") && err.contains("the service was not built"),
        "{err}"
    );
}

#[test]
fn a_service_that_dies_ends_it_with_1_and_its_log() {
    let folder = Folder::new("dies");
    let service = folder.script(
        "service",
        "echo \"no region (from $CATALOG_BIND_ADDRESS)\" >&2; exit 64",
    );
    let ready = folder.0.join("ready.json");
    fs::write(&ready, "from an earlier run").unwrap();
    let output = sandbox()
        .args(["--port", "0", "--ready-file"])
        .arg(&ready)
        .env("CARGO", folder.cargo(&service))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let (_, err) = text(&output);
    assert!(err.contains("no region (from 127.0.0.1)"), "{err}");
    assert!(
        err.contains("ended before it was ready (exit status: 64)"),
        "{err}"
    );
    assert!(!ready.exists(), "nothing says that it is ready");
    let asked = fs::read_to_string(folder.0.join("asked")).unwrap();
    assert!(
        asked.starts_with("build --package btp-s3-catalog --bin btp-s3-catalog"),
        "{asked}"
    );
}

#[test]
fn sigterm_ends_the_service_in_order_and_then_itself_with_0() {
    let folder = Folder::new("sigterm");
    let (started, ended) = (folder.0.join("started"), folder.0.join("ended"));
    let service = folder.script(
        "service",
        &format!(
            "trap 'echo > {}; exit 0' TERM\nenv > {}\nwhile :; do sleep 0.05; done",
            ended.display(),
            started.display()
        ),
    );
    let ready = folder.0.join("ready.json");
    let child = sandbox()
        .args(["--port", "0", "--credential-source=oidc", "--ready-file"])
        .arg(&ready)
        .env("CARGO", folder.cargo(&service))
        .env(
            "CATALOG_S3_ENDPOINT",
            "https://s3.eu-central-1.amazonaws.com",
        )
        .env("AWS_ACCESS_KEY_ID", "from-outside")
        .env("HTTPS_PROXY", "http://outside.example")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    while !fs::read_to_string(&started).is_ok_and(|text| text.contains("PORT=")) {
        std::thread::sleep(Duration::from_millis(20));
    }
    // as if this service had answered
    fs::write(&ready, "{}").unwrap();
    terminate(&child);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(ended.exists(), "the service was asked to end");
    assert!(!ready.exists(), "nothing says any more that it is ready");
    let environment = fs::read_to_string(&started).unwrap();
    for outside in ["from-outside", "amazonaws.com\n", "outside.example"] {
        let leaked = environment
            .lines()
            .find(|line| format!("{line}\n").contains(outside));
        assert!(
            leaked.is_none_or(|line| line.starts_with("VCAP_SERVICES=")),
            "{leaked:?}"
        );
    }
    assert!(environment.contains("CATALOG_S3_ENDPOINT=https://127.0.0.1:"));
}
