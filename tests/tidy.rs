//! Keeps the architecture true: who may import whom, and how long a file may be.
//!
//! The tables below are those of docs/explanation/architecture.md.
#![expect(
    clippy::unwrap_used,
    reason = "a test that can't read the sources shall say which"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// Room → the rooms that it may use. Any room may use `clock`, `globs`, `json`, `shell` and `telemetry`.
const IMPORTS: &[(&str, &[&str])] = &[
    ("main", &["app", "settings"]),
    ("lib", &["app", "cli", "settings", "probes"]),
    ("cli", &["diagnosis", "aws", "btp", "settings"]),
    ("diagnosis", &["catalog", "aws", "btp", "settings"]),
    (
        "app",
        &[
            "http",
            "diagnosis",
            "catalog",
            "aws",
            "caller",
            "btp",
            "settings",
        ],
    ),
    ("http", &["diagnosis", "catalog", "aws", "caller"]),
    ("catalog", &["aws", "caller"]),
    ("aws", &["btp", "caller", "settings"]),
    ("caller", &["btp", "settings"]),
    ("btp", &["settings"]),
    ("settings", &[]),
    (
        "probes",
        &["http", "catalog", "aws", "caller", "btp", "settings", "app"],
    ),
    ("telemetry", &[]),
    ("clock", &[]),
    ("globs", &[]),
    ("json", &[]),
    ("shell", &[]),
];

/// Outside word → the rooms in which it may stand.
const FENCES: &[(&str, &[&str])] = &[
    ("actix_web", &["app", "http", "main"]),
    ("aws_sdk_", &["aws", "catalog"]),
    ("reqwest", &["btp", "aws", "caller"]),
    ("hyper", &["btp", "aws"]),
    ("std::env::", &["main"]),
];

const LONGEST_FILE: usize = 400;

#[test]
fn rooms_import_in_one_direction_only() {
    let mut offences = Vec::new();
    for file in sources("src") {
        let room = room(&file);
        let allowed = IMPORTS.iter().find(|(name, _)| *name == room);
        let (_, allowed) = allowed
            .unwrap_or_else(|| panic!("{room} is no room of docs/explanation/architecture.md"));
        for (number, line) in code(&file) {
            for used in rooms_named_in(&line) {
                let free = ["clock", "globs", "json", "shell", "telemetry", &room]
                    .contains(&used.as_str());
                if !free && !allowed.contains(&used.as_str()) {
                    offences.push(format!(
                        "{}:{number}: {room} may not use {used}",
                        file.display()
                    ));
                }
            }
            for (word, rooms) in FENCES {
                if line.contains(word) && !rooms.contains(&room.as_str()) {
                    offences.push(format!(
                        "{}:{number}: {word} does not belong into {room}",
                        file.display()
                    ));
                }
            }
        }
    }
    assert!(offences.is_empty(), "{}", offences.join("\n"));
}

#[test]
fn the_sandbox_never_imports_the_service() {
    for file in sources("sandbox/src") {
        for (number, line) in code(&file) {
            assert!(
                !line.contains("btp_s3_catalog"),
                "{}:{number}",
                file.display()
            );
        }
    }
}

#[test]
fn odata_is_pure() {
    for file in sources("odata/src") {
        for (number, line) in code(&file) {
            for word in [
                "actix",
                "aws_",
                "reqwest",
                "tokio",
                "std::fs",
                "std::net",
                "std::env",
                "SystemTime",
            ] {
                assert!(!line.contains(word), "{}:{number}: {word}", file.display());
            }
        }
    }
}

#[test]
fn no_file_is_longer_than_a_reader_likes() {
    for folder in ["src", "odata/src", "sandbox/src", "tests"] {
        for file in sources(folder) {
            let lines = fs::read_to_string(&file).unwrap().lines().count();
            assert!(
                lines <= LONGEST_FILE,
                "{} has {lines} lines",
                file.display()
            );
        }
    }
}

fn sources(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(
                fs::read_dir(path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    assert!(!found.is_empty(), "{folder} has no source");
    found
}

/// The first part of the path below `src`: `aws/sts.rs` and `aws.rs` are both room `aws`.
fn room(file: &Path) -> String {
    let below = file
        .strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
        .unwrap();
    let first = below
        .components()
        .next()
        .unwrap()
        .as_os_str()
        .to_str()
        .unwrap();
    first.trim_end_matches(".rs").to_owned()
}

/// Numbered lines that are neither comment nor doc comment.
fn code(file: &Path) -> Vec<(usize, String)> {
    let text = fs::read_to_string(file).unwrap();
    let lines = text
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.to_owned()));
    lines
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .collect()
}

fn rooms_named_in(line: &str) -> Vec<String> {
    let after = line.split("crate::").skip(1);
    let names = after.map(|rest| {
        let end = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        rest[..end].to_owned()
    });
    names
        .filter(|name| IMPORTS.iter().any(|(room, _)| room == name))
        .collect()
}
