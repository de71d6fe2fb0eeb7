//! How bindings arrive: in a variable, in a file, or as a folder of files.
//!
//! Sources: Cloud Foundry, "Delivering service credentials to an application"; SAP BTP
//! service operator, "Consuming service bindings" (`.metadata`). Credentials stay JSON here;
//! the `bindings` module gives them types.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Env, Problem};

/// Cloud Foundry's own limit for a file of bindings.
const MOST_BYTES: u64 = 1 << 20;

/// A binding as delivered; its credentials never show in `Debug`.
#[derive(Clone)]
pub(super) struct RawBinding {
    pub(super) label: String,
    /// Name of the binding or, if it has none, of the instance.
    pub(super) name: String,
    pub(super) instance_name: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) credentials: Map<String, Value>,
}

impl RawBinding {
    /// Whether an operator may mean this binding by `name`.
    pub(super) fn is_called(&self, name: &str) -> bool {
        self.name == name || self.instance_name.as_deref() == Some(name)
    }

    /// Two bindings of one instance are the same service, seen during a rotation.
    pub(super) fn instance(&self) -> &str {
        self.instance_name.as_deref().unwrap_or(&self.name)
    }
}

impl fmt::Debug for RawBinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} \"{}\"", self.label, self.name)
    }
}

/// All bindings, from the first delivery that the environment names.
pub(super) fn read(env: &Env) -> Result<Vec<RawBinding>, Problem> {
    if let Some(problem) = &env.problem {
        return Err(problem.clone());
    }
    if let Some(path) = env.get("VCAP_SERVICES_FILE_PATH") {
        let origin = format!("{}, {path}", env.place("VCAP_SERVICES_FILE_PATH"));
        let text = read_file(Path::new(path)).map_err(|e| unreadable(&e, &origin))?;
        return services(&text, &origin);
    }
    if let Some(text) = env.get("VCAP_SERVICES") {
        return services(text, &env.place("VCAP_SERVICES"));
    }
    if let Some(root) = env.get("SERVICE_BINDING_ROOT") {
        let origin = format!("{}, {root}", env.place("SERVICE_BINDING_ROOT"));
        return folders(Path::new(root)).map_err(|e| unreadable(&e, &origin));
    }
    Ok(Vec::new())
}

fn unreadable(error: &io::Error, origin: &str) -> Problem {
    Problem::new(
        format!("the bindings can't be read: {error}"),
        origin,
        "make them readable, or unset the variable",
    )
}

pub(super) fn read_file(path: &Path) -> io::Result<String> {
    let (metadata, shown) = (fs::metadata(path)?, path.display());
    // to read a pipe would be to wait for who writes into it
    if !metadata.is_file() {
        return Err(io::Error::other(format!("{shown} is no file")));
    }
    if metadata.len() > MOST_BYTES {
        return Err(io::Error::other(format!("{shown} is larger than 1 MB")));
    }
    fs::read_to_string(path)
}

/// An entry of `VCAP_SERVICES`; everything but the credentials may be missing or null.
#[derive(Deserialize)]
struct Entry {
    label: Option<String>,
    name: Option<String>,
    instance_name: Option<String>,
    tags: Option<Vec<String>>,
    credentials: Option<Map<String, Value>>,
}

fn services(text: &str, origin: &str) -> Result<Vec<RawBinding>, Problem> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let offerings: Map<String, Value> =
        serde_json::from_str(text).map_err(|e| not_json(&e, origin))?;
    let mut bindings = Vec::new();
    for (offering, entries) in offerings {
        let entries: Vec<Entry> = serde_json::from_value(entries).map_err(|_| {
            Problem::new(
                format!("the entry \"{offering}\" is not a list of bindings"),
                origin,
                "see Cloud Foundry's documentation of VCAP_SERVICES",
            )
        })?;
        bindings.extend(entries.into_iter().map(|entry| {
            RawBinding {
                name: entry
                    .name
                    .or_else(|| entry.instance_name.clone())
                    .unwrap_or_else(|| offering.clone()),
                label: entry.label.unwrap_or_else(|| offering.clone()),
                instance_name: entry.instance_name,
                tags: entry.tags.unwrap_or_default(),
                credentials: entry.credentials.unwrap_or_default(),
            }
        }));
    }
    Ok(bindings)
}

/// Says where the JSON breaks, never what stands there.
pub(super) fn not_json(error: &serde_json::Error, origin: &str) -> Problem {
    let (line, column) = (error.line(), error.column());
    Problem::new(
        format!("no JSON object (it breaks at line {line}, column {column})"),
        origin,
        "correct the JSON",
    )
}

/// One binding per folder.
fn folders(root: &Path) -> io::Result<Vec<RawBinding>> {
    let mut paths: Vec<PathBuf> = fs::read_dir(root)?
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<_>>()?;
    paths.sort();
    let mut bindings = Vec::new();
    for path in paths {
        // Kubernetes keeps "..data" and the like beside the folders that it mounts
        let hidden = path
            .file_name()
            .is_none_or(|name| name.to_string_lossy().starts_with('.'));
        if path.is_dir() && !hidden {
            bindings.extend(folder(&path)?);
        }
    }
    Ok(bindings)
}

/// Attributes that lie among the credentials and are none, in both spellings.
const OTHER_ATTRIBUTES: [&str; 10] = [
    "binding-guid",
    "binding-name",
    "binding_name",
    "instance-guid",
    "instance_guid",
    "plan",
    "provider",
    "syslog-drain-url",
    "type",
    "volume-mounts",
];

fn folder(path: &Path) -> io::Result<Option<RawBinding>> {
    let own_name = path
        .file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default();
    let metadata = path.join(".metadata");
    let mut members = if metadata.exists() {
        match described(path, &read_file(&metadata)?)? {
            Some(members) => members,
            // as SAP's Java library: a described file that is missing makes no binding
            None => return Ok(None),
        }
    } else {
        plain(path)?
    };
    let mut take = |names: [&str; 2]| {
        let taken = names.into_iter().find_map(|name| members.remove(name))?;
        taken.as_str().map(str::to_owned)
    };
    let label = take(["label", "type"]);
    let instance_name = take(["instance-name", "instance_name"]);
    let binding_name = take(["binding-name", "binding_name"]);
    let name = take(["name", "name"]);
    let tags = members
        .remove("tags")
        .and_then(|tags| serde_json::from_value(tags).ok());
    for attribute in OTHER_ATTRIBUTES {
        members.remove(attribute);
    }
    Ok(label.map(|label| RawBinding {
        label,
        name: name
            .or(binding_name)
            .or_else(|| instance_name.clone())
            .unwrap_or(own_name),
        instance_name,
        tags: tags.unwrap_or_default(),
        credentials: members,
    }))
}

/// Without `.metadata` (Cloud Foundry): one file a member, nested values as JSON text.
fn plain(path: &Path) -> io::Result<Map<String, Value>> {
    let mut members = Map::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') || entry.path().is_dir() {
            continue;
        }
        let text = read_file(&entry.path())?;
        members.insert(
            name,
            nested(&text).unwrap_or_else(|| Value::String(trimmed(&text))),
        );
    }
    Ok(members)
}

/// What a file holds if it is JSON text of an object or array.
fn nested(text: &str) -> Option<Value> {
    let text = text.trim();
    let value = if text.starts_with(['{', '[']) {
        serde_json::from_str(text).ok()?
    } else {
        Value::Null
    };
    (value.is_object() || value.is_array()).then_some(value)
}

/// The value without the newline that editors put at the end of a file.
fn trimmed(text: &str) -> String {
    text.strip_suffix('\n')
        .map_or(text, |t| t.strip_suffix('\r').unwrap_or(t))
        .to_owned()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    #[serde(default)]
    meta_data_properties: Vec<Property>,
    #[serde(default)]
    credential_properties: Vec<Property>,
}

#[derive(Deserialize)]
struct Property {
    name: String,
    #[serde(default)]
    format: String,
    #[serde(default)]
    container: bool,
}

/// With `.metadata` (SAP BTP service operator): it says which files there are and how to read them.
fn described(path: &Path, metadata: &str) -> io::Result<Option<Map<String, Value>>> {
    let metadata: Metadata = serde_json::from_str(metadata).map_err(|e| {
        io::Error::other(format!(
            "{} breaks at line {}",
            path.join(".metadata").display(),
            e.line()
        ))
    })?;
    let mut members = Map::new();
    // credentials first: attributes win over credential keys of the same name
    for property in metadata
        .credential_properties
        .iter()
        .chain(&metadata.meta_data_properties)
    {
        let file = path.join(&property.name);
        if property.name.contains(['/', '\\']) || !file.exists() {
            return Ok(None);
        }
        let text = read_file(&file)?;
        let value = match property.format.as_str() {
            "json" => nested(&text).unwrap_or_else(|| Value::String(trimmed(&text))),
            _ => Value::String(trimmed(&text)),
        };
        if property.container
            && let Value::Object(inner) = value
        {
            members.extend(inner);
        } else {
            members.insert(property.name.clone(), value);
        }
    }
    Ok(Some(members))
}
