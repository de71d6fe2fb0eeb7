//! `check`: a sound chain is told with evidence, and each fault names itself in the first failing
//! step, with what mends it and without a secret.

use std::collections::BTreeMap;
use std::process::Output;

use sandbox::Sandbox;
use sandbox::bindings::{Bindings, CredentialSource, Delivery};
use serde_json::Value;

use crate::objects::put_bucket;
use crate::support::{command, ready, sandbox};

mod aws_faults;
mod credential_store_faults;
mod sap_faults;
mod settings_faults;
mod storage_faults;

/// What the environment of the command says.
type Variables = BTreeMap<String, String>;

/// Lets a test change what the usual variables say before the command is run.
type Change = fn(&mut Variables);

/// Runs the command with bindings as they are, and looks for secrets in what it says.
async fn run(sandbox: &Sandbox, environment: &Variables, arguments: &[&str]) -> Output {
    let mut check = command(environment);
    check.arg("check").args(arguments);
    let output = tokio::task::spawn_blocking(move || check.output().unwrap());
    let output = output.await.unwrap();
    for secret in sandbox.core.ledger.secrets() {
        for text in [&output.stdout, &output.stderr] {
            let leaked = String::from_utf8_lossy(text).contains(&secret);
            assert!(!leaked, "a secret leaked: {secret}");
        }
    }
    output
}

/// The variables of these bindings, with endpoints and trust that lead to the sandbox.
fn environment(bindings: &Bindings<'_>, folder: &tempfile::TempDir) -> Variables {
    let folder = folder.path();
    bindings.environment(Delivery::Variable, folder, 0).unwrap()
}

/// The report of `check --json`, and whether it ended well.
async fn report(
    sandbox: &Sandbox,
    bindings: &Bindings<'_>,
    change: Change,
    arguments: &[&str],
) -> (bool, Value) {
    let folder = tempfile::tempdir().unwrap();
    let mut environment = environment(bindings, &folder);
    change(&mut environment);
    let output = run(sandbox, &environment, &[&["--json"], arguments].concat()).await;
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)));
    let code = output.status.code().unwrap();
    assert_eq!(report["ok"], Value::Bool(code == 0), "{report:#}");
    assert!(code <= 1, "{report:#}");
    (code == 0, report)
}

fn step<'a>(report: &'a Value, id: &str) -> &'a Value {
    let steps = report["steps"].as_array().unwrap();
    let found = steps.iter().find(|step| step["id"] == id);
    found.unwrap_or_else(|| panic!("no step {id}: {report:#}"))
}

/// The command fails, its first failing step is this one and tells all of these, remedy included,
/// and no later step claims to have worked on something that was never there.
async fn blames(
    sandbox: &Sandbox,
    bindings: &Bindings<'_>,
    change: Change,
    id: &str,
    parts: &[&str],
) {
    blames_with(sandbox, bindings, change, &[], id, parts).await;
}

async fn blames_with(
    sandbox: &Sandbox,
    bindings: &Bindings<'_>,
    change: Change,
    arguments: &[&str],
    id: &str,
    parts: &[&str],
) {
    let (ok, report) = report(sandbox, bindings, change, arguments).await;
    assert!(!ok, "{id} {parts:?}: {report:#}");
    let steps = report["steps"].as_array().unwrap();
    let first = steps.iter().find(|step| step["outcome"] == "failed");
    let first = first.unwrap();
    assert_eq!(first["id"], id, "{parts:?}: {report:#}");
    let told = format!(
        "{} {} {}",
        first["seen"], first["remedy"], first["commands"]
    );
    let told = told.replace("\\\"", "\"");
    for part in parts {
        assert!(told.contains(part), "no {part}: {first:#}");
    }
    let advice = first["remedy"].is_string() || told.contains(": ");
    assert!(advice, "nothing is said to mend it: {first:#}");
}

/// A bucket with one object.
async fn bucket(sandbox: &Sandbox, name: &str) {
    put_bucket(sandbox, name);
    let storage = &sandbox.aws.storage;
    let put = storage.put(name, "a.txt", "text/plain", b"a").await;
    put.unwrap();
}

/// Changes a member of the bindings to a value that no longer counts.
fn outdate(variables: &mut Variables, member: &str) {
    let (now, old) = (format!("\"{member}\":\""), format!("\"{member}\":\"old"));
    let services = variables["VCAP_SERVICES"].replace(&now, &old);
    variables.insert("VCAP_SERVICES".to_owned(), services);
}

fn nothing(_: &mut Variables) {}

/// What a sound chain shows, by each way to credentials.
#[tokio::test]
async fn a_sound_chain_is_told_with_evidence() {
    let sandbox = sandbox().await;
    bucket(&sandbox, "invoices-2026").await;
    for (source, proof, fact) in [
        (CredentialSource::RolesAnywhere, "certificate", "subject"),
        (CredentialSource::Oidc, "identity", "iss"),
        (
            CredentialSource::CredentialStore,
            "credential-store",
            "namespace",
        ),
    ] {
        let bindings = Bindings::new(&sandbox, source);
        let arguments = ["--bucket", "invoices-2026", "--probe-write"];
        let (ok, report) = report(&sandbox, &bindings, nothing, &arguments).await;
        assert!(ok, "{report:#}");
        assert_eq!(report["credentialSource"], source.as_str());
        for step in report["steps"].as_array().unwrap() {
            assert_eq!(step["outcome"], "ok", "{step:#}");
        }
        assert!(
            step(&report, proof)["facts"][fact].is_string(),
            "{report:#}"
        );
        let session = &step(&report, "session")["facts"];
        assert_eq!(session["roleArn"], sandbox.aws.role_arn.as_str());
        assert!(session["expires"].as_str().unwrap().ends_with('Z'));
        assert_eq!(step(&report, "private-link")["facts"]["reach"], "loopback");
        assert_eq!(
            step(&report, "probe-write")["facts"]["bucket"],
            "invoices-2026"
        );
        assert_eq!(sandbox.aws.storage.keys("invoices-2026"), ["a.txt"]);
    }
}

/// People read lines, one a step.
#[tokio::test]
async fn lines_are_for_people_and_help_tells_the_options() {
    let sandbox = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let environment = environment(&Bindings::new(&sandbox, CredentialSource::Oidc), &folder);
    let output = run(&sandbox, &environment, &[]).await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    assert!(
        text.contains("ok    Bindings              found "),
        "{text}"
    );
    assert!(
        text.contains("AWS session           a session of arn:aws:iam::"),
        "{text}"
    );
    assert!(
        text.ends_with("1 to look at\n") || text.ends_with("0 to look at\n"),
        "{text}"
    );
    for (arguments, code, told) in [
        (&["--help"][..], 0, "--probe-write"),
        (&["--nonsense"], 64, "invalid option '--nonsense'"),
        (&["--probe-write"], 64, "needs --bucket"),
    ] {
        let output = run(&sandbox, &environment, arguments).await;
        assert_eq!(output.status.code(), Some(code));
        let said = [output.stdout, output.stderr].concat();
        assert!(String::from_utf8(said).unwrap().contains(told));
    }
}

/// The page shows the same steps, to administrators only.
#[tokio::test]
async fn administrators_read_the_same_steps_over_http() {
    let sandbox = sandbox().await;
    let service = ready(&sandbox, CredentialSource::RolesAnywhere).await;
    for id in ["bob", "carol"] {
        let answer = service.get_as(id, "/catalog/connection").await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "Forbidden"));
    }
    let stranger = service.get_with("/catalog/connection", &[]).await;
    assert_eq!(stranger.status, 401);
    let answer = service.get_as("alice", "/catalog/connection").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("content-type"), "application/json");
    let report = answer.json();
    assert_eq!(report["ok"], true, "{report:#}");
    assert!(step(&report, "session")["facts"]["heldUntil"].is_string());
    assert!(step(&report, "certificate")["facts"]["daysLeft"].is_string());
    let bearer = service.bearer("alice");
    let headers = [("authorization", bearer.as_str())];
    let posted = service.send("POST", "/catalog/connection", &headers);
    assert_eq!(posted.await.status, 405);
}
