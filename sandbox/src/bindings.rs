//! What Cloud Foundry would give an application that is bound to the sandbox's services: the
//! bindings with the field names of the real ones, in each of the three ways they are delivered,
//! and the settings and variables that point a service at the sandbox instead of at AWS.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde_json::{Map, Value, json};

use crate::destination::Level;
use crate::{STORED_KEY, Sandbox, WORKLOAD_CERTIFICATE};

mod credentials;
mod delivery;

pub use delivery::Delivery;

/// Name of the destination that describes how AWS is reached with Roles Anywhere.
pub const DESTINATION: &str = "aws-s3-catalog";

/// The Private Link host name of the sandbox's binding; nothing answers there.
pub fn private_link_host(region: &str) -> String {
    format!("*.vpce-0sandbox00000000-abcdefgh.s3.{region}.vpce.amazonaws.com")
}

/// How the service shall come to AWS credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialSource {
    RolesAnywhere,
    Oidc,
    CredentialStore,
}

impl CredentialSource {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::RolesAnywhere, Self::Oidc, Self::CredentialStore];

    /// The value of setting `credential_source`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RolesAnywhere => "roles-anywhere",
            Self::Oidc => "oidc",
            Self::CredentialStore => "credential-store",
        }
    }
}

impl fmt::Display for CredentialSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A credential source that does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownSource(String);

impl fmt::Display for UnknownSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "credential source \"{}\" is none of roles-anywhere, oidc, credential-store",
            self.0
        )
    }
}

impl std::error::Error for UnknownSource {}

impl FromStr for CredentialSource {
    type Err = UnknownSource;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|source| source.as_str() == text)
            .ok_or_else(|| UnknownSource(text.to_owned()))
    }
}

/// What a client of XSUAA or of Cloud Identity Services shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authentication {
    Secret,
    Certificate,
}

/// Whose tokens the service shall accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Callers {
    /// Bound to Cloud Identity Services only.
    Identity,
    /// Bound to XSUAA only.
    Xsuaa,
    /// Bound to both.
    Both,
    /// Bound to neither; settings have to name somebody.
    Nobody,
}

/// Kind of a Credential Store binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreAuthentication {
    Basic,
    Certificate,
    /// `oauth:mtls`
    Token,
}

/// What a service shall be bound to. Start from [`Bindings::new`] and change what matters.
#[derive(Debug, Clone)]
pub struct Bindings<'a> {
    sandbox: &'a Sandbox,
    pub source: CredentialSource,
    pub callers: Callers,
    pub destination: Authentication,
    pub identity: Authentication,
    /// The catalogue shows XSUAA nothing; a secret is what most bindings have.
    pub xsuaa: Authentication,
    pub credential_store: StoreAuthentication,
    /// Whether there is a Private Link binding; without it, setting `region` is there.
    pub private_link: bool,
    /// Values of the user-provided service that replace or add to those it has anyway.
    pub settings: BTreeMap<String, Value>,
}

impl<'a> Bindings<'a> {
    /// The usual bindings: Cloud Identity Services alone, X.509 where SAP recommends it, Private
    /// Link, nothing unusual set.
    pub fn new(sandbox: &'a Sandbox, source: CredentialSource) -> Self {
        Self {
            sandbox,
            source,
            callers: Callers::Identity,
            destination: Authentication::Certificate,
            identity: Authentication::Certificate,
            xsuaa: Authentication::Secret,
            credential_store: StoreAuthentication::Certificate,
            private_link: true,
            settings: BTreeMap::new(),
        }
    }

    /// The same with other services that vouch for callers.
    #[must_use]
    pub fn callers(mut self, callers: Callers) -> Self {
        self.callers = callers;
        self
    }

    /// The same with one more value in the user-provided service.
    #[must_use]
    pub fn set(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.settings.insert(key.to_owned(), value.into());
        self
    }

    /// The content of `VCAP_SERVICES`, with the credentials that are good now.
    pub fn vcap_services(&self) -> Value {
        let bindings = self.list();
        let mut services: Map<String, Value> = Map::new();
        for binding in bindings {
            let attributes = binding.attributes();
            let entry = services.entry(binding.label).or_insert_with(|| json!([]));
            if let Value::Array(entry) = entry {
                entry.push(attributes);
            }
        }
        Value::Object(services)
    }

    /// Every variable that the service needs, `PORT` included; files go into `folder`.
    ///
    /// `VCAP_APPLICATION` is left out: nothing pretends to be Cloud Foundry.
    pub fn environment(
        &self,
        delivery: Delivery,
        folder: &Path,
        port: u16,
    ) -> io::Result<BTreeMap<String, String>> {
        let (variable, value) = delivery.deliver(self, folder)?;
        let aws = &self.sandbox.aws;
        let ca = self.write_ca(folder)?;
        let variables = [
            (variable, value),
            ("PORT", port.to_string()),
            ("CATALOG_BIND_ADDRESS", "127.0.0.1".to_owned()),
            ("CATALOG_S3_ENDPOINT", aws.s3.https.clone()),
            ("CATALOG_STS_ENDPOINT", aws.sts.https.clone()),
            (
                "CATALOG_ROLES_ANYWHERE_ENDPOINT",
                aws.roles_anywhere.https.clone(),
            ),
            ("CATALOG_CA_BUNDLE", ca.to_string_lossy().into_owned()),
        ];
        Ok(variables
            .map(|(name, value)| (name.to_owned(), value))
            .into())
    }

    /// Writes the sandbox's root certificate into `folder`.
    pub fn write_ca(&self, folder: &Path) -> io::Result<PathBuf> {
        let path = folder.join("sandbox-ca.pem");
        std::fs::write(&path, self.sandbox.core.pki.root_pem())?;
        Ok(path)
    }

    fn list(&self) -> Vec<Binding> {
        let sandbox = self.sandbox;
        let mut list = self.caller_bindings();
        match self.source {
            CredentialSource::RolesAnywhere => {
                self.write_destination();
                let credentials = credentials::destination(&sandbox.destination, self.destination);
                let tags = ["destination", "conn", "connsvc"];
                list.push(Binding::of("destination", "lite", &tags, credentials));
            }
            CredentialSource::Oidc => {}
            CredentialSource::CredentialStore => {
                let kind = self.credential_store;
                let credentials = credentials::store(&sandbox.credential_store, kind);
                let tags = ["credstore", "securestore"];
                list.push(Binding::of("credstore", "standard", &tags, credentials));
            }
        }
        if self.private_link {
            let hostname = private_link_host(&sandbox.aws.account.region);
            let credentials = json!({ "hostname": hostname });
            let tags = ["privatelink", "privatelinkservice"];
            list.push(Binding::of("privatelink", "standard", &tags, credentials));
        }
        list.push(Binding {
            label: "user-provided".to_owned(),
            name: "s3-catalog-config".to_owned(),
            plan: None,
            tags: vec!["s3-catalog".to_owned()],
            credentials: self.own_settings(),
        });
        list
    }

    fn caller_bindings(&self) -> Vec<Binding> {
        let sandbox = self.sandbox;
        let mut list = Vec::new();
        if matches!(self.callers, Callers::Identity | Callers::Both) {
            let identity = credentials::identity(&sandbox.identity, self.identity);
            let tags = ["identity"];
            list.push(Binding::of("identity", "application", &tags, identity));
        }
        if matches!(self.callers, Callers::Xsuaa | Callers::Both) {
            let xsuaa = credentials::xsuaa(&sandbox.xsuaa, self.xsuaa);
            list.push(Binding::of("xsuaa", "application", &["xsuaa"], xsuaa));
        }
        list
    }

    /// How AWS is reached lies in the destination, as an administrator would keep it.
    fn write_destination(&self) {
        let aws = &self.sandbox.aws;
        let url = format!("https://rolesanywhere.{}.amazonaws.com", aws.account.region);
        let properties = [
            ("Type", "HTTP"),
            ("URL", &url),
            ("ProxyType", "Internet"),
            ("Authentication", "ClientCertificateAuthentication"),
            ("KeyStoreLocation", WORKLOAD_CERTIFICATE),
            ("aws.role_arn", &aws.role_arn),
            ("aws.trust_anchor_arn", &aws.trust_anchor_arn),
            ("aws.profile_arn", &aws.profile_arn),
        ];
        self.sandbox
            .destination
            .put_destination(Level::Subaccount, DESTINATION, &properties);
    }

    fn own_settings(&self) -> Value {
        let aws = &self.sandbox.aws;
        let mut settings: Map<String, Value> = Map::new();
        let mut put = |key: &str, value: &str| settings.insert(key.to_owned(), json!(value));
        put("credential_source", self.source.as_str());
        if !self.private_link {
            put("region", &aws.account.region);
        }
        match self.source {
            CredentialSource::RolesAnywhere => {
                put("destination", DESTINATION);
            }
            CredentialSource::Oidc => {
                put("role_arn", &aws.role_arn);
            }
            CredentialSource::CredentialStore => {
                let (namespace, id, secret) = STORED_KEY;
                put("role_arn", &aws.role_arn);
                put("external_id", &aws.external_id);
                put("credential_namespace", namespace);
                put("access_key_id_name", id);
                put("secret_access_key_name", secret);
            }
        }
        settings.extend(self.settings.clone());
        Value::Object(settings)
    }
}

/// One binding, before it is put into one of the three forms.
#[derive(Debug)]
struct Binding {
    label: String,
    name: String,
    /// User-provided services have none.
    plan: Option<&'static str>,
    tags: Vec<String>,
    credentials: Value,
}

impl Binding {
    fn of(label: &str, plan: &'static str, tags: &[&str], credentials: Value) -> Self {
        Self {
            label: label.to_owned(),
            name: format!("s3-catalog-{label}"),
            plan: Some(plan),
            tags: tags.iter().map(|&tag| tag.to_owned()).collect(),
            credentials,
        }
    }

    /// An entry of `VCAP_SERVICES`, with the nulls and empty lists of the real one.
    fn attributes(&self) -> Value {
        let mut attributes = json!({
            "label": self.label,
            "name": self.name,
            "instance_name": self.name,
            "instance_guid": self.guid("instance"),
            "binding_name": null,
            "binding_guid": self.guid("binding"),
            "tags": self.tags,
            "syslog_drain_url": null,
            "volume_mounts": [],
            "credentials": self.credentials,
        });
        if let (Value::Object(attributes), Some(plan)) = (&mut attributes, self.plan) {
            attributes.insert("provider".to_owned(), Value::Null);
            attributes.insert("plan".to_owned(), json!(plan));
        }
        attributes
    }

    /// The same for the same binding, so that reading bindings again changes nothing.
    fn guid(&self, what: &str) -> String {
        let seed = format!("{what} {} {}", self.label, self.name);
        let hex = crate::sigv4::sha256_hex(seed.as_bytes());
        crate::random::grouped(hex.get(..32).unwrap_or_default())
    }
}
