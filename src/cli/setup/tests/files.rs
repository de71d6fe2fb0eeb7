//! `--out`: what is written over, and what never is.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::{CommandFailed, OIDC, run};

/// What is said when the file can't be written.
fn failed(line: &str) -> String {
    match run(line) {
        Err(CommandFailed::Failed(said)) => said,
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn a_file_with_other_content_is_kept_unless_forced() {
    let folder = tempfile::tempdir().unwrap();
    let line = format!("{OIDC} --out {}/new", folder.path().display());
    let file = folder.path().join("new/btp-s3-catalog.yaml");
    assert_eq!(run(&line).unwrap(), format!("{}\n", file.display()));
    assert!(run(&line).unwrap().contains("as it was"));
    fs::write(&file, "mine").unwrap();
    let Err(CommandFailed::Failed(said)) = run(&line) else {
        panic!("written over")
    };
    assert!(
        said.contains("other content") && said.contains("--force"),
        "{said}"
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    run(&format!("{line} --force")).unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), run(OIDC).unwrap());
}

#[test]
fn a_script_that_is_written_over_can_be_run() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("btp.sh");
    for old in ["mine", &run(BTP).unwrap()] {
        fs::write(&file, old).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        run(&format!("{BTP} --force --out {}", folder.path().display())).unwrap();
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o100, 0o100, "{mode:o}");
        assert_eq!(fs::read_to_string(&file).unwrap(), run(BTP).unwrap());
    }
}

const BTP: &str = "btp --source oidc --bucket b-1 --region eu-central-1";

/// A link leads elsewhere, and a pipe never answers.
#[test]
fn what_is_no_regular_file_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (file, target) = (folder.path().join("btp.sh"), folder.path().join("target"));
    let line = format!("{BTP} --out {}", folder.path().display());
    let refused = || {
        for line in [&line, &format!("{line} --force")] {
            assert!(failed(line).contains("no regular file"), "{line}");
        }
        assert!(fs::symlink_metadata(&file).is_ok());
    };
    symlink(&target, &file).unwrap();
    refused();
    assert!(!target.exists());
    fs::write(&target, run(BTP).unwrap()).unwrap();
    refused();
    fs::remove_file(&file).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&file).status();
    assert!(made.unwrap().success());
    refused();
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    refused();
}
