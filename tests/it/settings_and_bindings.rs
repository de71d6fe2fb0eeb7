//! Point 1: how bindings and settings reach the service, and what it says when they are no good.

use std::collections::BTreeMap;
use std::process::Output;

use sandbox::Sandbox;
use sandbox::bindings::{Bindings, CredentialSource, Delivery};
use serde_json::{Value, json};

use crate::destination::own_destination;
use crate::support::{Service, command, ready, sandbox, sessions, start_with};

/// The environment of a service that would start, for tests that spoil it.
fn environment(bindings: &Bindings<'_>) -> BTreeMap<String, String> {
    let folder = std::env::temp_dir();
    bindings
        .environment(Delivery::Variable, &folder, 0)
        .unwrap()
}

/// Runs the service to its end, which must be exit code 64; gives the lines of stderr.
fn unusable(environment: &BTreeMap<String, String>) -> Vec<String> {
    let Output {
        status,
        stdout,
        stderr,
    } = command(environment).output().unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(64), "{stderr}");
    assert!(stdout.is_empty(), "{}", String::from_utf8_lossy(&stdout));
    stderr.lines().map(str::to_owned).collect()
}

/// Each of these lines contains all of its parts, and there are no other lines.
fn assert_lines(lines: &[String], expected: &[&[&str]]) {
    for parts in expected {
        let found = lines
            .iter()
            .any(|line| parts.iter().all(|part| line.contains(part)));
        assert!(found, "no line with {parts:?} in\n{}", lines.join("\n"));
    }
    assert_eq!(lines.len(), expected.len(), "{}", lines.join("\n"));
}

/// The service with these entries in place of those under their labels.
async fn with_services<'a>(
    sandbox: &'a Sandbox,
    bindings: &Bindings<'_>,
    changed: &[(&str, Value)],
    variables: &[(&str, &str)],
) -> Service<'a> {
    let services = changed_services(bindings, changed);
    let variables = [&[("VCAP_SERVICES", services.as_str())], variables].concat();
    start_with(sandbox, bindings, Delivery::Variable, &variables).await
}

fn changed_services(bindings: &Bindings<'_>, changed: &[(&str, Value)]) -> String {
    let mut services = bindings.vcap_services();
    for (label, entries) in changed {
        services[*label] = entries.clone();
    }
    services.to_string()
}

/// However the platform hands bindings over, the service finds them.
#[tokio::test]
async fn every_delivery_leads_to_a_session() {
    let sandbox = sandbox().await;
    let deliveries = [
        Delivery::Variable,
        Delivery::File,
        Delivery::Folders,
        Delivery::FoldersWithMetadata,
    ];
    for delivery in deliveries {
        for source in CredentialSource::ALL {
            let before = sessions(&sandbox).len();
            let bindings = Bindings::new(&sandbox, source);
            let service = start_with(&sandbox, &bindings, delivery, &[]).await;
            service.until_ready().await;
            assert_eq!(
                sessions(&sandbox).len(),
                before + 1,
                "{delivery:?} {source}"
            );
        }
    }
}

/// An operator mends everything in one go: what, where it came from, how to mend it.
#[tokio::test]
async fn all_problems_are_told_at_once_and_nothing_starts() {
    let sandbox = sandbox().await;
    let bindings = Bindings::new(&sandbox, CredentialSource::Oidc)
        .set("role_arn", "arn:aws:iam::1:role/x")
        .set("session_duration_seconds", 1)
        .set("sesion_name", "typo")
        .set("region", "eu-west-1");
    let mut environment = environment(&bindings);
    environment.insert("PORT".to_owned(), "eighty".to_owned());
    environment.insert(
        "CATALOG_STS_ENDPOINT".to_owned(),
        "http://sts.example.com".to_owned(),
    );
    environment.insert("CATALOG_LIST_FRESHNESS_MS".to_owned(), "soon".to_owned());
    let lines = unusable(&environment);
    let service = "user-provided service \"s3-catalog-config\"";
    assert_lines(
        &lines,
        &[
            &["role_arn", service, "arn:aws:iam::<account>:role/"],
            &["session_duration_seconds", service, "from 900 to 43200"],
            &["sesion_name", service, "did you mean", "session_name"],
            &[
                "eu-west-1 and eu-central-1",
                service,
                "label \"privatelink\"",
                "one region",
            ],
            &["PORT", "from 0 to 65535"],
            &["sts_endpoint", "CATALOG_STS_ENDPOINT", "https"],
            &[
                "list_freshness_ms",
                "CATALOG_LIST_FRESHNESS_MS",
                "from 0 to",
            ],
        ],
    );
    assert_eq!(
        sandbox.core.ledger.entries(),
        [],
        "nobody was asked anything"
    );
}

/// What must be there is named with the place where it is looked for.
#[tokio::test]
async fn missing_settings_and_bindings_are_named() {
    let sandbox = sandbox().await;
    let nothing = BTreeMap::from([("PORT".to_owned(), "0".to_owned())]);
    let lines = unusable(&nothing).join("\n");
    for missing in [
        "credential_source",
        "role_arn",
        "region",
        "nobody could call this service",
    ] {
        assert!(lines.contains(missing), "{missing}: {lines}");
    }

    let bindings = Bindings::new(&sandbox, CredentialSource::RolesAnywhere);
    let without = |label: &str| {
        let mut services = bindings.vcap_services();
        services.as_object_mut().unwrap().remove(label);
        let mut environment = environment(&bindings);
        environment.insert("VCAP_SERVICES".to_owned(), services.to_string());
        unusable(&environment)
    };
    assert_lines(
        &without("destination"),
        &[&["roles-anywhere", "label \"destination\"", "bind"]],
    );
    assert_lines(
        &without("identity"),
        &[&["nobody could call", "identity", "no switch"]],
    );
}

/// S3 is not reached over the internet by accident.
#[tokio::test]
async fn without_private_link_s3_must_be_opened_on_purpose() {
    let sandbox = sandbox().await;
    let mut bindings = Bindings::new(&sandbox, CredentialSource::Oidc);
    bindings.private_link = false;
    let mut closed = environment(&bindings);
    closed.remove("CATALOG_S3_ENDPOINT");
    assert_lines(
        &unusable(&closed),
        &[&[
            "\"s3_endpoint\" is not set",
            "Private Link",
            "allow_public_s3",
        ]],
    );
    let mut public = environment(&bindings);
    let host = "https://s3.eu-central-1.amazonaws.com".to_owned();
    public.insert("CATALOG_S3_ENDPOINT".to_owned(), host);
    assert_lines(
        &unusable(&public),
        &[&["s3_endpoint", "public", "allow_public_s3"]],
    );
}

/// Broken deliveries are told with their place; what stands in them never is.
#[tokio::test]
async fn a_delivery_that_cannot_be_read_is_named_without_its_content() {
    let sandbox = sandbox().await;
    let bindings = Bindings::new(&sandbox, CredentialSource::Oidc);
    let whole = bindings.vcap_services().to_string();
    let half = whole.get(..whole.len() / 2).unwrap().to_owned();
    // a pipe among the files that nobody writes into must not be waited for
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("identity/clientid");
    std::fs::create_dir(pipe.parent().unwrap()).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    for (variable, value) in [
        ("VCAP_SERVICES", half.as_str()),
        ("VCAP_SERVICES", "[]"),
        ("VCAP_SERVICES_FILE_PATH", "/nowhere/vcap_services"),
        ("SERVICE_BINDING_ROOT", "/nowhere/bindings"),
        ("SERVICE_BINDING_ROOT", folder.path().to_str().unwrap()),
    ] {
        let mut environment = environment(&bindings);
        environment.remove("VCAP_SERVICES");
        environment.insert(variable.to_owned(), value.to_owned());
        let text = unusable(&environment).join("\n");
        assert!(text.contains(variable), "{text}");
        let leak = sandbox
            .core
            .ledger
            .secrets()
            .into_iter()
            .find(|secret| text.contains(secret));
        assert_eq!(leak, None, "{text}");
    }
}

/// Two instances of one service: the operator says which one is meant.
#[tokio::test]
async fn one_of_several_bindings_with_a_label_is_chosen_by_name() {
    let sandbox = sandbox().await;
    let bindings = Bindings::new(&sandbox, CredentialSource::RolesAnywhere);
    let right = bindings.vcap_services()["destination"][0].clone();
    let mut wrong = right.clone();
    wrong["name"] = json!("other");
    wrong["instance_name"] = json!("other");
    wrong["instance_guid"] = json!("11111111-0000-4000-8000-000000000000");
    wrong["credentials"]["clientid"] = json!("nobody");
    let both = [("destination", json!([wrong, right]))];

    let mut environment = environment(&bindings);
    environment.insert(
        "VCAP_SERVICES".to_owned(),
        changed_services(&bindings, &both),
    );
    let variable = "CATALOG_DESTINATION_SERVICE";
    let told = unusable(&environment).remove(0);
    for name in ["\"other\"", "\"s3-catalog-destination\"", variable] {
        assert!(told.contains(name), "{told}");
    }

    let chosen = [(variable, "s3-catalog-destination")];
    let service = with_services(&sandbox, &bindings, &both, &chosen).await;
    service.until_ready().await;
}

/// During a rotation one instance is bound twice, and the older certificate may be gone already.
#[tokio::test]
async fn of_a_binding_that_occurs_twice_the_certificate_that_lasts_longest_wins() {
    let sandbox = sandbox().await;
    let bindings = Bindings::new(&sandbox, CredentialSource::RolesAnywhere);
    let old = bindings.vcap_services()["destination"][0].clone();
    sandbox.core.clock.set_offset(120);
    sandbox.destination.replace_client_certificate().unwrap();
    sandbox.core.clock.set_offset(0);
    let new = bindings.vcap_services()["destination"][0].clone();
    assert_ne!(
        old["credentials"]["certificate"],
        new["credentials"]["certificate"]
    );
    for entries in [json!([old, new]), json!([new, old])] {
        let service = with_services(&sandbox, &bindings, &[("destination", entries)], &[]).await;
        service.until_ready().await;
        assert!(service.never_failed());
    }
    assert_eq!(sandbox.core.ledger.count("xsuaa", "token refused"), 0);
}

/// Variable before user-provided service before destination: each layer can be overruled.
#[tokio::test]
async fn a_setting_is_taken_from_the_first_layer_that_has_it() {
    let sandbox = sandbox().await;
    let plain = Bindings::new(&sandbox, CredentialSource::RolesAnywhere);
    let in_service = plain.clone().set("session_name", "of-service");
    let variable = [("CATALOG_SESSION_NAME", "of-variable")];
    own_destination(&sandbox, &[("aws.session_name", "of-destination")]);
    for (bindings, variables, name) in [
        (&plain, &[][..], "of-destination"),
        (&in_service, &[][..], "of-service"),
        (&in_service, &variable[..], "of-variable"),
    ] {
        let service = start_with(&sandbox, bindings, Delivery::Variable, variables).await;
        service.until_ready().await;
        let last = sessions(&sandbox).pop().unwrap();
        assert!(
            last.contains(&format!("assumed-role/s3-catalog/{name} ")),
            "{last}"
        );
    }
}

/// Strings are values too: user-provided services made at a command line hold nothing else.
#[tokio::test]
async fn numbers_and_flags_may_be_strings() {
    let sandbox = sandbox().await;
    let bindings = Bindings::new(&sandbox, CredentialSource::Oidc)
        .set("session_duration_seconds", "1800")
        .set("allow_public_s3", "false");
    let service = start_with(&sandbox, &bindings, Delivery::Folders, &[]).await;
    service.until_ready().await;
    assert!(sessions(&sandbox)[0].contains(" for 1800 s "));
}

/// A variable of ours with a typo does not stop the service, but does not go unnoticed.
#[tokio::test]
async fn an_unknown_variable_is_warned_about_with_a_suggestion() {
    let sandbox = sandbox().await;
    let bindings = Bindings::new(&sandbox, CredentialSource::Oidc);
    let typo = [("CATALOG_LIST_FRESHNES_MS", "1")];
    let service = start_with(&sandbox, &bindings, Delivery::Variable, &typo).await;
    service
        .until_told(&["CATALOG_LIST_FRESHNES_MS", "list_freshness_ms"])
        .await;
    service.until_ready().await;
}

/// What nobody needs in a binding is nobody's business.
#[tokio::test]
async fn unknown_keys_in_bindings_are_ignored() {
    let sandbox = sandbox().await;
    let bindings = Bindings::new(&sandbox, CredentialSource::Oidc);
    let mut identity = bindings.vcap_services()["identity"][0].clone();
    identity["credentials"]["certificate-expires-at"] = json!(null);
    identity["credentials"]["something"] = json!({ "new": [1, 2] });
    let other = json!([{ "label": "redis-cache", "name": "cache", "credentials": { "port": 1 } }]);
    let changed = [("identity", json!([identity])), ("redis-cache", other)];
    let service = with_services(&sandbox, &bindings, &changed, &[]).await;
    service.until_ready().await;
}

/// Without a subcommand the service serves, and help goes to stdout.
#[tokio::test]
async fn the_command_line_is_as_small_as_it_says() {
    let nothing = BTreeMap::new();
    let run = |argument: &str| command(&nothing).arg(argument).output().unwrap();
    let help = run("--help");
    assert!(help.status.success() && String::from_utf8_lossy(&help.stdout).contains("serve"));
    let version = run("--version");
    assert!(version.status.success());
    assert_eq!(
        String::from_utf8_lossy(&version.stdout).trim(),
        "btp-s3-catalog 0.1.0"
    );
    let unknown = run("--sereve");
    assert_eq!(unknown.status.code(), Some(64));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("--sereve"));
    let sandbox = sandbox().await;
    ready(&sandbox, CredentialSource::Oidc).await;
}
