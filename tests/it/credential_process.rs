//! `credential-process`: what the AWS CLI reads, from bindings and from files; what others say of it
//! is in `tests/peers/credential_process.py`.

use std::collections::BTreeMap;
use std::process::Output;

use sandbox::Sandbox;
use sandbox::bindings::{Bindings, CredentialSource, Delivery};
use serde_json::Value;

use crate::support::{command, sandbox};

async fn run(environment: &BTreeMap<String, String>, arguments: &[&str]) -> Output {
    let mut process = command(environment);
    process.arg("credential-process").args(arguments);
    let output = tokio::task::spawn_blocking(move || process.output().unwrap());
    output.await.unwrap()
}

fn environment(sandbox: &Sandbox, source: CredentialSource) -> BTreeMap<String, String> {
    let folder = std::env::temp_dir();
    let bindings = Bindings::new(sandbox, source);
    bindings
        .environment(Delivery::Variable, &folder, 0)
        .unwrap()
}

/// Each way to credentials gives one document of version 1 and nothing else.
#[tokio::test]
async fn bindings_give_a_session() {
    let sandbox = sandbox().await;
    for source in CredentialSource::ALL {
        let output = run(&environment(&sandbox, source), &[]).await;
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && told.is_empty(),
            "{source}: {told}"
        );
        let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(printed["Version"], 1);
        assert!(printed["AccessKeyId"].as_str().unwrap().starts_with("ASIA"));
        assert!(printed["Expiration"].as_str().unwrap().ends_with('Z'));
    }
}

/// A PKCS#12 file holds key and certificates, and is read to its last byte.
#[tokio::test]
async fn a_key_store_is_read_as_it_is() {
    let sandbox = sandbox().await;
    let variables = environment(&sandbox, CredentialSource::Oidc);
    let aws = &sandbox.aws;
    let files = [
        "--certificate",
        "tests/keystores/modern.p12",
        "--pkcs8-password",
    ];
    let arns = [
        "--trust-anchor-arn",
        &aws.trust_anchor_arn,
        "--profile-arn",
        &aws.profile_arn,
        "--role-arn",
        &aws.role_arn,
    ];
    let wrong = run(
        &variables,
        &[&files[..], &["wrong horse"], &arns[..]].concat(),
    )
    .await;
    let told = String::from_utf8(wrong.stderr).unwrap();
    assert!(
        told.contains("password is wrong") && told.lines().count() == 1,
        "{told}"
    );
    assert!(wrong.stdout.is_empty() && wrong.status.code() == Some(1));
}
