//! Everything an operator decides, read once, with all problems reported together.
//!
//! Bindings and settings come from the environment that `main` hands in. What a destination
//! says is the lowest layer and is read later, at each renewal; see `connection`.

mod application;
mod arn;
mod bindings;
mod callers;
mod connection;
mod endpoint;
mod env;
mod keys;
mod layers;
mod problem;
mod vcap;

#[cfg(test)]
mod tests;

use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::time::Duration;

pub use application::Application;
pub(crate) use bindings::{
    Bindings, ClientAuthentication, ClientCertificate, CredentialStoreAuthentication,
    CredentialStoreBinding, DestinationBinding, IdentityBinding, PrivateLinkBinding, XsuaaBinding,
};
use callers::Callers;
pub(crate) use callers::{AwsCaller, ProofOfPossession, Scope};
pub(crate) use connection::{
    Connection, DEFAULT_SESSION_NAME, Oidc, RolesAnywhere, StoredKey, Strategy,
};
pub(crate) use endpoint::{host_and_port, is_endpoint};
pub use env::Env;
pub(crate) use layers::Layers;
pub(crate) use layers::unknown_properties;
use problem::Problem;
pub use problem::Unusable;

use connection::Chosen;
use layers::{Lowest, Reader};

/// Trust roots beside the system's, as PEM texts.
#[derive(Debug, Clone, Default)]
pub(crate) struct TrustRoots(pub(crate) Vec<String>);

/// The service's settings.
#[derive(Debug, Clone)]
pub struct Settings {
    env: Env,
    pub(crate) bindings: Bindings,
    /// What was written down, for resolving the connection again at each renewal.
    pub(crate) layers: Layers,
    /// Name of the destination that may hold the key store and `aws.*` properties.
    pub(crate) destination: Option<String>,
    pub(crate) bind_address: IpAddr,
    /// 0 takes any free port.
    pub(crate) port: u16,
    /// How long running requests may take after SIGTERM.
    pub(crate) drain: Duration,
    pub log_level: String,
    pub(crate) ca_bundle: TrustRoots,
    /// How old a bucket list may be that several callers share.
    pub(crate) list_freshness: Duration,
    /// How many keys a query on objects may look at.
    pub(crate) scan_limit: usize,
    /// Whether links may be made that need no token.
    pub(crate) presign: bool,
    /// Whether the file share protocol is spoken at `/fileshare`.
    pub(crate) fileshare: bool,
    /// Longer uploads are refused.
    pub(crate) max_upload_bytes: Option<u64>,
    /// Name patterns of visible buckets; empty means all.
    pub(crate) buckets: Vec<String>,
    pub(crate) callers: Callers,
    /// Origins of web pages that browsers let call.
    pub(crate) cors_origins: Vec<String>,
    /// What the platform says about this application.
    pub application: Option<Application>,
    /// What is odd but no reason to stop.
    pub warnings: Vec<String>,
}

impl Settings {
    /// Reads bindings and settings.
    ///
    /// # Errors
    /// Every problem that can be known at start, each with its origin and remedy.
    pub fn load(env: Env) -> Result<Self, Unusable> {
        Self::read(env, who_may_call)
    }

    /// The same for who only wants a session: nobody has to be able to call.
    pub(crate) fn load_for_credentials(env: Env) -> Result<Self, Unusable> {
        Self::read(env, |_, _| None)
    }

    fn read(
        env: Env,
        who_may_call: fn(&Bindings, &Callers) -> Option<Problem>,
    ) -> Result<Self, Unusable> {
        let (mut problems, mut warnings) = (Vec::new(), env.warnings.clone());
        // without the bindings everything else would seem to be missing too
        let raw = vcap::read(&env).map_err(|problem| Unusable::with(vec![problem]))?;
        let bindings = Bindings::read(&env, &raw, &mut problems);
        let all_bindings_are_sound = problems.is_empty();
        let layers = Layers::read(&env, &raw, &mut problems, &mut warnings);
        let destination = Reader::new(&layers, Lowest::None)
            .text("destination")
            .map(|t| t.value);
        problems.extend(connection_problems(
            &layers,
            &bindings,
            destination.as_deref(),
        ));
        if all_bindings_are_sound {
            problems.extend(missing_binding(&layers, &bindings, destination.as_deref()));
        }

        let mut reader = Reader::new(&layers, Lowest::None);
        let callers = Callers::read(&mut reader);
        if all_bindings_are_sound {
            problems.extend(who_may_call(&bindings, &callers));
        }
        let settings = Self {
            bind_address: bind_address(&mut reader),
            port: port(&env, &mut problems),
            drain: Duration::from_secs(reader.number("drain_seconds", 0, 55).unwrap_or(8)),
            log_level: log_level(&env, &reader),
            ca_bundle: ca_bundle(&env, &mut reader),
            list_freshness: Duration::from_millis(
                reader
                    .number("list_freshness_ms", 0, 3_600_000)
                    .unwrap_or(1000),
            ),
            scan_limit: reader.number("scan_limit", 1, 1_000_000).unwrap_or(10_000),
            presign: reader.flag("presign"),
            fileshare: reader.flag("fileshare"),
            max_upload_bytes: reader.number("max_upload_bytes", 1, u64::MAX),
            buckets: reader.list("buckets").unwrap_or_default(),
            cors_origins: callers::cors_origins(&mut reader),
            callers,
            application: Application::read(&env),
            warnings,
            bindings,
            destination,
            layers: layers.clone(),
            env,
        };
        problems.extend(reader.problems);
        Unusable::unless_empty(problems, &settings.warnings)?;
        Ok(settings)
    }

    /// The S3 endpoint that is written down, unless a destination does so.
    pub(crate) fn s3_endpoint(&self) -> Option<String> {
        let reader = Reader::new(&self.layers, Lowest::None);
        reader.text("s3_endpoint").map(|text| text.value)
    }

    /// Reads the bindings again: files may have changed since the start.
    ///
    /// # Errors
    /// What is wrong with them now.
    pub(crate) fn reread_bindings(&self) -> Result<Bindings, Unusable> {
        Bindings::load(&self.env)
    }

    /// The environment that the settings were read from.
    pub(crate) fn env(&self) -> &Env {
        &self.env
    }
}

/// Without anybody who may call there is nothing to serve.
fn who_may_call(bindings: &Bindings, callers: &Callers) -> Option<Problem> {
    let nobody = bindings.identity.is_none() && bindings.xsuaa.is_none() && callers.aws.is_empty();
    nobody.then(|| {
        Problem::new(
            "nobody could call this service",
            "the bindings",
            "bind an identity or xsuaa instance, or set aws_callers; there is no switch that opens the API to everybody",
        )
    })
}

/// What is wrong with the connection, as far as it can be known without the destination.
fn connection_problems(
    layers: &Layers,
    bindings: &Bindings,
    destination: Option<&str>,
) -> Vec<Problem> {
    let lowest = if destination.is_some() {
        Lowest::NotYet
    } else {
        Lowest::None
    };
    let (_, problems) = Connection::read(layers, bindings.private_link.as_ref(), lowest);
    problems
}

/// The binding that the chosen way to credentials lacks.
fn missing_binding(
    layers: &Layers,
    bindings: &Bindings,
    destination: Option<&str>,
) -> Option<Problem> {
    let chosen = connection::chosen(&mut Reader::new(layers, Lowest::NotYet));
    let (who, label) = match chosen {
        Some(Chosen::Oidc) if !can_earn_tokens(bindings) => ("oidc", "identity"),
        Some(Chosen::CredentialStore) if bindings.credential_store.is_none() => {
            ("credential-store", "credstore")
        }
        Some(Chosen::RolesAnywhere) if bindings.destination.is_none() => {
            ("roles-anywhere", "destination")
        }
        _ if destination.is_some() && bindings.destination.is_none() => {
            ("the setting \"destination\"", "destination")
        }
        _ => return None,
    };
    let remedy = if label == "identity" {
        "bind an identity instance with credential-type X509_GENERATED or SECRET".to_owned()
    } else {
        format!("bind an instance of the service \"{label}\"")
    };
    let what = format!("{who} needs a usable binding with label \"{label}\"");
    Some(Problem::new(what, "the bindings", remedy))
}

fn can_earn_tokens(bindings: &Bindings) -> bool {
    bindings
        .identity
        .as_ref()
        .is_some_and(|identity| identity.authentication.is_some())
}

fn bind_address(reader: &mut Reader<'_>) -> IpAddr {
    let address = reader.parsed("bind_address", |text| {
        text.parse().map_err(|_| "write an IP address".to_owned())
    });
    address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

fn port(env: &Env, problems: &mut Vec<Problem>) -> u16 {
    let Some(text) = env.get("PORT") else {
        return 8080;
    };
    text.trim().parse().unwrap_or_else(|_| {
        problems.push(Problem::new(
            "the port can't be used",
            env.origin("PORT"),
            "write a number from 0 to 65535",
        ));
        8080
    })
}

/// `RUST_LOG` is honoured where `log_level` is not set, because every Rust program does so.
fn log_level(env: &Env, reader: &Reader<'_>) -> String {
    let set = reader.text("log_level").map(|t| t.value);
    set.or_else(|| env.get("RUST_LOG").map(str::to_owned))
        .unwrap_or_else(|| "info".to_owned())
}

/// Our bundle and the certificates that Cloud Foundry's operators trust.
fn ca_bundle(env: &Env, reader: &mut Reader<'_>) -> TrustRoots {
    let mut roots = Vec::new();
    roots.extend(reader.parsed("ca_bundle", |path| {
        let text = fs::read_to_string(path).map_err(|e| format!("{path} can't be read: {e}"))?;
        if text.contains("-----BEGIN CERTIFICATE-----") {
            Ok(text)
        } else {
            Err(format!("{path} holds no PEM certificate"))
        }
    }));
    let Some(folder) = env.get("CF_SYSTEM_CERT_PATH") else {
        return TrustRoots(roots);
    };
    let files =
        fs::read_dir(folder).map(|entries| entries.flatten().map(|e| e.path()).collect::<Vec<_>>());
    let mut files = files.unwrap_or_default();
    files.sort();
    let is_certificate = |path: &Path| path.extension().is_some_and(|e| e == "crt" || e == "pem");
    let readable = files
        .iter()
        .filter(|path| is_certificate(path))
        .filter_map(|path| fs::read_to_string(path).ok());
    roots.extend(readable.filter(|text| text.contains("-----BEGIN CERTIFICATE-----")));
    TrustRoots(roots)
}
