//! The variables that everything is read from: the environment's, and those of a hybrid run.
//!
//! A hybrid run is the service on somebody's own machine, bound to services in the cloud. SAP's
//! tools (`@sap/xsenv`, the cf CLI plug-in `default-env`, cap) keep its variables in
//! `default-env.json`: one object, a member a variable, bindings as an object or as its text.
//! Stricter than theirs, the file has no say at all where there are bindings, or a platform.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Map, Value};

use super::problem::Problem;
use super::vcap;

/// Where one of these is set, bindings come from there or from a platform.
const NOT_HYBRID: [&str; 5] = [
    "VCAP_SERVICES_FILE_PATH",
    "VCAP_SERVICES",
    "SERVICE_BINDING_ROOT",
    "VCAP_APPLICATION",
    "KUBERNETES_SERVICE_HOST",
];

/// The variables of the environment, as `main` found them.
#[derive(Clone)]
pub struct Env {
    variables: BTreeMap<String, String>,
    /// Those that `default-env.json` brought.
    from_file: BTreeSet<String>,
    /// What is to be said about this file.
    pub(super) warnings: Vec<String>,
    /// Why it can't be read.
    pub(super) problem: Option<Problem>,
}

impl Env {
    /// Takes names and values; variables that are set to nothing count as unset.
    pub fn new(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let set = variables.into_iter().filter(|(_, value)| !value.is_empty());
        Self {
            variables: set.collect(),
            from_file: BTreeSet::new(),
            warnings: Vec::new(),
            problem: None,
        }
    }

    /// The same with the variables of a `default-env.json`, where there is one and it counts.
    ///
    /// One that counts and can't be read is a problem of the bindings, told where they are read.
    #[must_use]
    pub fn with_default_env(mut self, file: &Path) -> Self {
        if matches!(file.try_exists(), Ok(false)) {
            return self;
        }
        if let Some(set) = NOT_HYBRID.into_iter().find(|name| self.get(name).is_some()) {
            self.warnings.push(format!(
                "default-env.json is ignored, because {set} is set; it is for runs on your own machine"
            ));
            return self;
        }
        match read(file) {
            Ok(members) => self.take(members, file),
            Err(problem) => self.problem = Some(problem),
        }
        self
    }

    fn take(&mut self, members: Map<String, Value>, file: &Path) {
        self.warnings.push(
            "this is a hybrid run: bindings and variables come from default-env.json, because no binding source is set"
                .to_owned(),
        );
        if members.contains_key("VCAP_SERVICES") && others_may_read(file) {
            self.warnings.push(
                "default-env.json holds secrets, and others on this machine may read it: chmod 600 default-env.json"
                    .to_owned(),
            );
        }
        for (name, value) in members {
            let text = match value {
                Value::Null => continue,
                Value::String(text) => text,
                Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                    value.to_string()
                }
            };
            if !text.is_empty() && !self.variables.contains_key(&name) {
                self.from_file.insert(name.clone());
                self.variables.insert(name, text);
            }
        }
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// How a message names a variable: with the file, if it stands there.
    pub(super) fn place(&self, name: &str) -> String {
        if self.from_file.contains(name) {
            format!("{name} in default-env.json")
        } else {
            name.to_owned()
        }
    }

    /// The same for a sentence about a variable.
    pub(super) fn origin(&self, name: &str) -> String {
        format!("environment variable {}", self.place(name))
    }

    pub(super) fn with_prefix(&self, prefix: &str) -> impl Iterator<Item = (&str, &str)> {
        self.variables
            .iter()
            .filter(move |(name, _)| name.starts_with(prefix))
            .map(|(n, v)| (n.as_str(), v.as_str()))
    }
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

fn read(file: &Path) -> Result<Map<String, Value>, Problem> {
    let origin = file.display().to_string();
    // a pipe of this name would keep the start waiting
    let text = if file.is_file() {
        vcap::read_file(file)
    } else {
        Err(io::Error::other("it is no regular file"))
    };
    let text = text.map_err(|error| {
        let what = format!("the file of variables can't be read: {error}");
        Problem::new(what, &origin, "make it readable, or take it away")
    })?;
    let text = text.trim_start_matches('\u{feff}');
    serde_json::from_str(text).map_err(|error| vcap::not_json(&error, &origin))
}

fn others_may_read(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|attributes| attributes.permissions().mode() & 0o077 != 0)
}
