//! `setup` through the real binary: files, exit codes, and which stream says what.

use std::collections::BTreeMap;
use std::fs;

use crate::support::command;

const AWS: &str =
    "setup aws --source oidc --bucket my-documents --issuer https://t.accounts.ondemand.com";

/// Runs a command line without any environment: exit code, stdout, stderr.
fn run(line: &str) -> (Option<i32>, String, String) {
    let mut command = command(&BTreeMap::new());
    let output = command.args(line.split_whitespace()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn a_stack_is_text_on_stdout_or_a_file_that_is_listed() {
    let (code, template, said) = run(AWS);
    assert_eq!((code, said.as_str()), (Some(0), ""));
    assert!(template.contains("AWS::IAM::OIDCProvider"), "{template}");
    let folder = tempfile::tempdir().unwrap();
    let line = format!("{AWS} --out {}", folder.path().display());
    let file = folder.path().join("btp-s3-catalog.yaml");
    let (code, listed, _) = run(&line);
    assert_eq!((code, listed.trim()), (Some(0), file.to_str().unwrap()));
    assert_eq!(fs::read_to_string(&file).unwrap(), template);
    fs::write(&file, "other").unwrap();
    let (code, nothing, said) = run(&line);
    assert_eq!((code, nothing.as_str()), (Some(1), ""));
    assert!(said.contains("--force"), "{said}");
}

#[test]
fn a_script_can_be_run_and_tells_its_steps() {
    let folder = tempfile::tempdir().unwrap();
    let line =
        "setup btp --source roles-anywhere --bucket my-documents --region eu-central-1 --out";
    let (code, ..) = run(&format!("{line} {}", folder.path().display()));
    assert_eq!(code, Some(0));
    let script = folder.path().join("btp.sh");
    let output = std::process::Command::new(script).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(64), "{told}");
    for step in [
        "services",
        "facts",
        "certificate FILE",
        "settings",
        "bindings",
    ] {
        assert!(told.contains(&format!("./btp.sh {step}")), "{step}: {told}");
    }
}

#[test]
fn wrong_options_are_each_a_line_and_exit_64() {
    let (code, nothing, said) = run("setup aws --source oidc --bucket A --issuer x");
    assert_eq!((code, nothing.as_str()), (Some(64), ""));
    assert_eq!(said.lines().count(), 3, "{said}");
    assert!(
        said.contains("--bucket \"A\"") && said.contains("--issuer \"x\""),
        "{said}"
    );
    assert_eq!(run("setup").0, Some(64));
    assert_eq!(run("setup --help").0, Some(0));
}

#[test]
fn lint_ends_with_0_1_or_64() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trust.json");
    let lint = |text: &str| {
        fs::write(&file, text).unwrap();
        run(&format!("setup lint {}", file.display()))
    };
    let good = include_str!("../../deploy/aws/trust-oidc.json");
    let none = format!("no findings in {}\n", file.display());
    assert_eq!(lint(good), (Some(0), String::new(), none));
    let (code, found, said) =
        lint(&good.replace("accounts.ondemand.com:sub", "accounts.ondemand.com:amr"));
    assert_eq!((code, found.lines().count()), (Some(1), 1), "{found}");
    assert!(
        found.contains("mytenant.accounts.ondemand.com:sub is not pinned"),
        "{found}"
    );
    assert!(said.contains("1 finding in"), "{said}");
    let (code, nothing, said) = lint("no policy");
    assert_eq!((code, nothing.as_str()), (Some(64), ""));
    assert!(said.contains("is no JSON"), "{said}");
    assert_eq!(run("setup lint /nowhere.json").0, Some(64));
}

/// PowerShell writes a mark before UTF-8, and in its older version UTF-16.
#[test]
fn lint_reads_files_as_windows_writes_them() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trust.json");
    let lint = |bytes: Vec<u8>| {
        fs::write(&file, bytes).unwrap();
        run(&format!("setup lint {}", file.display()))
    };
    let good = include_str!("../../deploy/aws/trust-oidc.json");
    let marked = format!("\u{feff}{good}");
    let (code, nothing, said) = lint(marked.clone().into_bytes());
    assert_eq!((code, nothing.as_str()), (Some(0), ""));
    assert!(said.contains("no findings"), "{said}");
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big = marked.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for bytes in [wide(&marked), wide(good), big] {
        let (code, nothing, said) = lint(bytes);
        assert_eq!((code, nothing.as_str()), (Some(64), ""));
        assert!(said.contains("is UTF-16: save it as UTF-8"), "{said}");
    }
    let (code, _, said) = lint(vec![b'{', 0xE9, b'}']);
    assert!(code == Some(64) && said.contains("is no UTF-8"), "{said}");
}
