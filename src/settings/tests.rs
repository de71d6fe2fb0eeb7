//! Scenarios as folders: `tests/settings/<name>/env.json` in, `expected.txt` out.
//!
//! To add one, write its `env.json` (`{dir}` stands for the folder) and run the ignored test
//! `write_down_what_is_said`; then read whether what it wrote is what an operator needs.

mod documented;
mod resolved;
mod unprinted;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use super::{Connection, Env, Settings};
use proptest::prelude::*;

fn scenarios() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/settings");
    let mut folders: Vec<PathBuf> = fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    assert!(folders.len() >= 45, "scenarios got lost");
    folders
}

/// What the service says to the environment of a scenario.
fn said(folder: &Path) -> String {
    let here = folder.to_str().unwrap();
    let text = fs::read_to_string(folder.join("env.json")).unwrap();
    let variables: BTreeMap<String, serde_json::Value> = serde_json::from_str(&text).unwrap();
    let variables = variables.into_iter().map(|(name, value)| {
        // bindings are written as JSON, which reads better than JSON in a string
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        (name, text.replace("{dir}", here))
    });
    let said = match Settings::load(Env::new(variables)) {
        Ok(settings) => summary(&settings),
        Err(unusable) => format!("{unusable}\n"),
    };
    said.replace(here, "{dir}")
}

/// The decisions that settings come down to; secrets can't be in it, because nothing exposes them.
fn summary(settings: &Settings) -> String {
    let mut text = String::new();
    let mut line =
        |name: &str, value: &dyn std::fmt::Debug| writeln!(text, "{name}: {value:?}").unwrap();
    let bindings = &settings.bindings;
    line("destination binding", &bindings.destination);
    line("identity binding", &bindings.identity);
    line("xsuaa binding", &bindings.xsuaa);
    line("private link", &bindings.private_link);
    line("credential store", &bindings.credential_store);
    line("destination", &settings.destination);
    match Connection::resolve(&settings.layers, bindings.private_link.as_ref(), None) {
        Ok(connection) => line("connection", &connection),
        Err(unusable) => line("not without the destination", &unusable.to_string()),
    }
    line("listens on", &(settings.bind_address, settings.port));
    line(
        "drain, freshness",
        &(settings.drain, settings.list_freshness),
    );
    line("buckets", &settings.buckets);
    line(
        "groups",
        &(
            &settings.callers.ias_read_groups,
            &settings.callers.ias_write_groups,
            &settings.callers.ias_admin_groups,
        ),
    );
    line(
        "aws callers, possession, e-mail, origins",
        &(
            &settings.callers.aws,
            settings.callers.proof_of_possession,
            settings.callers.audit_email,
            &settings.cors_origins,
        ),
    );
    line(
        "log level, roots",
        &(&settings.log_level, settings.ca_bundle.0.len()),
    );
    for warning in &settings.warnings {
        line("warning", warning);
    }
    text
}

#[test]
fn each_scenario_is_told_as_expected() {
    let mut differing = Vec::new();
    for folder in scenarios() {
        let expected = fs::read_to_string(folder.join("expected.txt")).unwrap_or_default();
        let said = said(&folder);
        if said != expected {
            differing.push(format!(
                "{}\nexpected:\n{expected}said:\n{said}",
                folder.display()
            ));
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
#[ignore = "writes the expectations; read them before they are committed"]
fn write_down_what_is_said() {
    for folder in scenarios() {
        fs::write(folder.join("expected.txt"), said(&folder)).unwrap();
    }
}

/// A name that settings know, or one that they don't.
fn name() -> impl Strategy<Value = String> {
    let known = super::keys::ALL.iter().map(|key| key.name.to_owned());
    let labels = [
        "destination",
        "identity",
        "privatelink",
        "credstore",
        "credentials",
        "label",
        "name",
        "tags",
        "hostname",
        "url",
    ];
    let all: Vec<String> = known.chain(labels.map(str::to_owned)).collect();
    prop_oneof![proptest::sample::select(all), "[a-z]{0,8}"]
}

/// JSON of any shape, with names that matter in it.
fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        ".{0,20}".prop_map(Into::into),
        "(https?|arn:aws:iam::)[ -~]{0,20}".prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            proptest::collection::btree_map(name(), inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn bindings_of_any_shape_never_panic(json in json(), value in ".{0,40}", key in name()) {
        let variables = [
            ("VCAP_SERVICES".to_owned(), json.to_string()),
            (format!("CATALOG_{}", key.to_uppercase()), value),
        ];
        let _ = Settings::load(Env::new(variables));
    }
}
