//! What the platform says about this application, for the log.

use serde::Deserialize;

use super::Env;

/// Members of `VCAP_APPLICATION` that SAP's logging shows; all may be missing.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Application {
    #[serde(rename = "application_id")]
    id: Option<String>,
    #[serde(rename = "application_name")]
    name: Option<String>,
    organization_id: Option<String>,
    organization_name: Option<String>,
    space_id: Option<String>,
    space_name: Option<String>,
    #[serde(skip)]
    instance: Option<String>,
}

impl Application {
    /// `None` when not on Cloud Foundry; what can't be read is no reason to stop.
    pub(crate) fn read(env: &Env) -> Option<Self> {
        let mut application: Self = serde_json::from_str(env.get("VCAP_APPLICATION")?).ok()?;
        application.instance = env.get("CF_INSTANCE_INDEX").map(str::to_owned);
        Some(application)
    }

    /// The name that the cf command line calls it by.
    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Log fields, named as SAP's logging libraries name them.
    pub fn log_fields(&self) -> impl Iterator<Item = (&'static str, String)> {
        let fields = [
            ("component_id", &self.id),
            ("component_name", &self.name),
            ("component_instance", &self.instance),
            ("organization_id", &self.organization_id),
            ("organization_name", &self.organization_name),
            ("space_id", &self.space_id),
            ("space_name", &self.space_name),
        ];
        fields
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.clone()?)))
    }
}
