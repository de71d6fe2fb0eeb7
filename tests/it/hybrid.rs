//! Hybrid runs: `default-env.json` in the folder where the service is started.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use sandbox::Sandbox;
use sandbox::bindings::{Bindings, CredentialSource, Delivery};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{command, sandbox, sessions, start_in};

/// What @sap/xsenv, the cf CLI plug-in and cap tools write: bindings as objects, the rest beside them.
fn file(bindings: &Bindings<'_>) -> Value {
    let folder = std::env::temp_dir();
    let mut variables = json!(
        bindings
            .environment(Delivery::Variable, &folder, 0)
            .unwrap()
    );
    variables["VCAP_SERVICES"] = bindings.vcap_services();
    variables["VCAP_APPLICATION"] = json!({ "application_name": "of-the-file", "uris": [] });
    variables
}

fn written(content: &str, mode: u32) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("default-env.json");
    fs::write(&path, content).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    folder
}

fn variables(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    owned.collect()
}

/// Exit code and stderr of a service that must end by itself.
fn refused(folder: &Path, environment: &BTreeMap<String, String>) -> (Option<i32>, String) {
    let output = command(environment).current_dir(folder).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    (output.status.code(), told)
}

fn no_secret_in(sandbox: &Sandbox, text: &str) {
    let secrets = sandbox.core.ledger.secrets();
    let leak = secrets.iter().find(|secret| text.contains(*secret));
    assert_eq!(leak, None, "{text}");
}

/// Nothing is set, and the service comes to its session all the same; its log says how.
#[tokio::test]
async fn without_any_binding_the_file_is_all_that_it_takes() {
    let sandbox = sandbox().await;
    for source in CredentialSource::ALL {
        let folder = written(&file(&Bindings::new(&sandbox, source)).to_string(), 0o600);
        let service = start_in(&sandbox, folder, &BTreeMap::new()).await;
        service.until_ready().await;
        let line = service.until_logged("default-env.json").await;
        assert!(line.contains("hybrid run"), "{line}");
        assert!(
            line.contains("of-the-file"),
            "the application's name: {line}"
        );
        assert!(service.logged("chmod").is_empty());
    }
}

/// `@sap/xsenv` takes a text as well as an object, and so does the service.
#[tokio::test]
async fn members_may_be_objects_texts_numbers_and_nothing() {
    let sandbox = sandbox().await;
    let mut file = file(&Bindings::new(&sandbox, CredentialSource::Oidc));
    file["VCAP_SERVICES"] = json!(file["VCAP_SERVICES"].to_string());
    file["CATALOG_SESSION_DURATION_SECONDS"] = json!(1800);
    file["CATALOG_PRESIGN"] = json!(true);
    file["CATALOG_BUCKETS"] = json!(["plant-*"]);
    file["CATALOG_SESSION_NAME"] = json!(null);
    let with_mark = format!("\u{feff}{file}");
    let service = start_in(&sandbox, written(&with_mark, 0o600), &BTreeMap::new()).await;
    service.until_ready().await;
    assert!(sessions(&sandbox)[0].contains(" for 1800 s "));
}

/// A variable that is set says more than the same one in the file.
#[tokio::test]
async fn the_environment_wins_over_the_file() {
    let sandbox = sandbox().await;
    let mut file = file(&Bindings::new(&sandbox, CredentialSource::Oidc));
    file["CATALOG_SESSION_NAME"] = json!("of-file");
    file["CATALOG_SESSION_DURATION_SECONDS"] = json!("1800");
    let folder = written(&file.to_string(), 0o600);
    let environment = variables(&[("CATALOG_SESSION_NAME", "of-environment")]);
    let service = start_in(&sandbox, folder, &environment).await;
    service.until_ready().await;
    let session = &sessions(&sandbox)[0];
    for part in ["/of-environment ", " for 1800 s "] {
        assert!(session.contains(part), "{session}");
    }
}

/// With real bindings, and on a platform in any case, a file that was left over has no say.
#[tokio::test]
async fn a_real_binding_source_or_a_platform_makes_the_file_count_for_nothing() {
    let sandbox = sandbox().await;
    let bindings = Bindings::new(&sandbox, CredentialSource::Oidc);
    let good = file(&bindings).to_string();
    let empty = tempfile::tempdir().unwrap();
    let nothing = empty.path().join("vcap_services");
    fs::write(&nothing, "{}").unwrap();
    for (variable, value) in [
        ("VCAP_SERVICES", "{}"),
        ("VCAP_SERVICES_FILE_PATH", nothing.to_str().unwrap()),
        ("SERVICE_BINDING_ROOT", empty.path().to_str().unwrap()),
        ("VCAP_APPLICATION", "{}"),
        ("KUBERNETES_SERVICE_HOST", "10.0.0.1"),
    ] {
        for content in [good.as_str(), "not even JSON"] {
            let folder = written(content, 0o600);
            let (code, told) = refused(folder.path(), &variables(&[(variable, value)]));
            assert_eq!(code, Some(64), "{variable}: {told}");
            assert!(told.contains("nobody could call"), "{variable}: {told}");
            let warned = format!("default-env.json is ignored, because {variable} is set");
            assert!(told.contains(&warned), "{variable}: {told}");
        }
    }

    let environment = bindings
        .environment(Delivery::Variable, empty.path(), 0)
        .unwrap();
    let other = json!({ "CATALOG_SESSION_NAME": "of-file" }).to_string();
    let service = start_in(&sandbox, written(&other, 0o600), &environment).await;
    service.until_ready().await;
    let warned = ["default-env.json is ignored", "VCAP_SERVICES"];
    service.until_told(&warned).await;
    assert!(!sessions(&sandbox)[0].contains("of-file"));
}

/// A variable that is set to nothing is no binding source.
#[tokio::test]
async fn an_empty_variable_is_no_binding_source() {
    let sandbox = sandbox().await;
    let file = file(&Bindings::new(&sandbox, CredentialSource::Oidc)).to_string();
    let environment = variables(&[("VCAP_SERVICES", ""), ("SERVICE_BINDING_ROOT", "")]);
    let service = start_in(&sandbox, written(&file, 0o600), &environment).await;
    service.until_ready().await;
}

/// What is wrong is told with file and position, and never with what stands there.
#[tokio::test]
async fn a_file_that_cannot_be_used_is_named_with_the_position() {
    let sandbox = sandbox().await;
    let mut good = file(&Bindings::new(&sandbox, CredentialSource::Oidc));
    let half = format!("{good:#}");
    let half = half.get(..half.len() / 2).unwrap();
    let end = format!("line {}, column", half.lines().count());
    good["CATALOG_DRAIN_SECONDS"] = json!("soon");
    let mut broken_bindings = good.clone();
    broken_bindings["VCAP_SERVICES"] = json!("{\n  oops");
    for (content, parts) in [
        (half, ["default-env.json", end.as_str()]),
        ("[]", ["default-env.json", "line 1, column"]),
        ("", ["default-env.json", "line 1, column"]),
        (
            &broken_bindings.to_string(),
            ["VCAP_SERVICES in default-env.json", "line 2, column 3"],
        ),
        (
            &good.to_string(),
            ["CATALOG_DRAIN_SECONDS in default-env.json", "from 0 to 55"],
        ),
    ] {
        let folder = written(content, 0o600);
        let (code, told) = refused(folder.path(), &BTreeMap::new());
        assert_eq!(code, Some(64), "{told}");
        for part in parts {
            assert!(told.contains(part), "{part}: {told}");
        }
        no_secret_in(&sandbox, &told);
    }

    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("default-env.json")).unwrap();
    let (code, told) = refused(folder.path(), &BTreeMap::new());
    assert_eq!(code, Some(64), "{told}");
    assert!(told.contains("no regular file"), "{told}");

    let folder = written(&" ".repeat((1 << 20) + 1), 0o600);
    let (code, told) = refused(folder.path(), &BTreeMap::new());
    assert_eq!(code, Some(64), "{told}");
    assert!(told.contains("larger than 1 MB"), "{told}");
}

/// Secrets that other users of the machine can read are worth a warning.
#[tokio::test]
async fn a_file_that_others_may_read_is_warned_about() {
    let sandbox = sandbox().await;
    let file = file(&Bindings::new(&sandbox, CredentialSource::Oidc)).to_string();
    for mode in [0o640, 0o604, 0o644] {
        let service = start_in(&sandbox, written(&file, mode), &BTreeMap::new()).await;
        let warned = ["others", "chmod 600 default-env.json"];
        service.until_told(&warned).await;
    }
    let (_, told) = refused(written("{\"PORT\": 0}", 0o644).path(), &BTreeMap::new());
    assert!(!told.contains("chmod"), "it holds no secret: {told}");
}

/// The chain is walked from the file too; one that can't be read is its first fault.
#[tokio::test]
async fn check_reads_the_file_as_the_service_does() {
    let sandbox = sandbox().await;
    let file = file(&Bindings::new(&sandbox, CredentialSource::Oidc)).to_string();
    for (content, outcome, seen) in [
        (file.as_str(), "ok", "identity"),
        ("{", "failed", "default-env.json"),
    ] {
        let folder = written(content, 0o600);
        let mut check = command(&BTreeMap::new());
        check.args(["check", "--json"]).current_dir(folder.path());
        let output = tokio::task::spawn_blocking(move || check.output().unwrap());
        let told: Value = serde_json::from_slice(&output.await.unwrap().stdout).unwrap();
        let first = &told["steps"][0];
        assert_eq!(
            (&first["id"], &first["outcome"]),
            (&json!("bindings"), &json!(outcome))
        );
        assert!(first["seen"].as_str().unwrap().contains(seen), "{told}");
    }
}
