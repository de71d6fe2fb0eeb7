//! The three ways in which bindings reach a process: a variable, one file, or a folder a
//! binding (as Cloud Foundry and as the BTP service operator on Kyma lay it out).

use std::io;
use std::path::Path;

use serde_json::{Value, json};

use super::{Binding, Bindings};

/// How the bindings are delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// `VCAP_SERVICES`
    Variable,
    /// `VCAP_SERVICES_FILE_PATH`
    File,
    /// `SERVICE_BINDING_ROOT` as on Cloud Foundry: one file a key, no `.metadata`.
    Folders,
    /// `SERVICE_BINDING_ROOT` as on Kyma: a `.metadata` file beside the keys.
    FoldersWithMetadata,
}

impl Delivery {
    /// Writes what must be written below `folder`; the variable to set, and its value.
    ///
    /// Doing it again writes the credentials of then over the old ones.
    pub(super) fn deliver(
        self,
        bindings: &Bindings<'_>,
        folder: &Path,
    ) -> io::Result<(&'static str, String)> {
        match self {
            Self::Variable => Ok(("VCAP_SERVICES", bindings.vcap_services().to_string())),
            Self::File => {
                let path = folder.join("vcap_services");
                replace(&path, &bindings.vcap_services().to_string())?;
                Ok((
                    "VCAP_SERVICES_FILE_PATH",
                    path.to_string_lossy().into_owned(),
                ))
            }
            Self::Folders | Self::FoldersWithMetadata => {
                let root = folder.join("bindings");
                for binding in bindings.list() {
                    write_folder(&root, &binding, self == Self::FoldersWithMetadata)?;
                }
                Ok(("SERVICE_BINDING_ROOT", root.to_string_lossy().into_owned()))
            }
        }
    }
}

fn write_folder(root: &Path, binding: &Binding, metadata: bool) -> io::Result<()> {
    let folder = root.join(&binding.name);
    std::fs::create_dir_all(&folder)?;
    let attributes = if metadata {
        operator_attributes(binding)
    } else {
        cf_attributes(binding)
    };
    for (name, value) in &attributes {
        replace(&folder.join(name), &text(value))?;
    }
    let Value::Object(credentials) = &binding.credentials else {
        return Err(io::Error::other("credentials are not an object"));
    };
    for (name, value) in credentials {
        replace(&folder.join(name), &text(value))?;
    }
    if metadata {
        let described = json!({
            "metaDataProperties": attributes.iter().map(property).collect::<Value>(),
            "credentialProperties": credentials
                .iter()
                .map(|(name, value)| property(&(name.as_str(), value.clone())))
                .collect::<Value>(),
        });
        replace(&folder.join(".metadata"), &described.to_string())?;
    }
    Ok(())
}

/// Cloud Foundry's names; nulls and empty lists are left out.
fn cf_attributes(binding: &Binding) -> Vec<(&'static str, Value)> {
    let mut attributes = vec![
        ("binding-guid", json!(binding.guid("binding"))),
        ("instance-guid", json!(binding.guid("instance"))),
        ("instance-name", json!(binding.name)),
        ("name", json!(binding.name)),
        ("label", json!(binding.label)),
        ("type", json!(binding.label)),
        ("provider", json!("sandbox")),
    ];
    attributes.extend(binding.plan.map(|plan| ("plan", json!(plan))));
    if !binding.tags.is_empty() {
        attributes.push(("tags", json!(binding.tags)));
    }
    attributes
}

/// The service operator's names.
fn operator_attributes(binding: &Binding) -> Vec<(&'static str, Value)> {
    let mut attributes = vec![
        ("instance_name", json!(binding.name)),
        ("instance_guid", json!(binding.guid("instance"))),
        ("label", json!(binding.label)),
        ("type", json!(binding.label)),
        ("tags", json!(binding.tags)),
    ];
    attributes.extend(binding.plan.map(|plan| ("plan", json!(plan))));
    attributes
}

fn property((name, value): &(&str, Value)) -> Value {
    let format = if value.is_string() { "text" } else { "json" };
    json!({ "name": name, "format": format })
}

/// Text as it is, everything else as JSON.
fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// Never shows a reader half a file.
fn replace(path: &Path, content: &str) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    std::fs::write(&new, content)?;
    std::fs::rename(new, path)
}
