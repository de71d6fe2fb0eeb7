//! How AWS is reached: what an operator writes down, resolved from all layers.
//!
//! Resolved at start, so that everything wrong is reported at once, and again at each
//! renewal of the session, with the destination's properties as they are then.

mod strategy;

pub(super) use strategy::{Chosen, chosen};

use std::collections::BTreeMap;
use std::time::Duration;

use secrecy::SecretString;

use super::layers::{Layers, Lowest, Reader};
use super::{PrivateLinkBinding, Problem, Unusable, arn, endpoint};

/// The session name unless the operator gives one.
pub(crate) const DEFAULT_SESSION_NAME: &str = "btp-s3-catalog";

/// Where S3 is, which role is taken, and how it is earned.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    pub(crate) region: String,
    /// Without trailing slash.
    pub s3_endpoint: String,
    pub(crate) role_arn: String,
    pub(crate) session_name: String,
    pub(crate) session_duration: Duration,
    pub(crate) strategy: Strategy,
}

/// The way to AWS credentials that the operator chose.
#[derive(Debug, Clone)]
pub(crate) enum Strategy {
    RolesAnywhere(RolesAnywhere),
    Oidc(Oidc),
    CredentialStore(StoredKey),
}

/// A certificate from the Destination service, shown to IAM Roles Anywhere.
#[derive(Debug, Clone)]
pub(crate) struct RolesAnywhere {
    pub(crate) trust_anchor_arn: String,
    pub(crate) profile_arn: String,
    /// Name of the key store; `None` leaves it to the destination's `KeyStoreLocation`.
    pub(crate) certificate: Option<String>,
    pub(crate) certificate_password: Option<SecretString>,
    pub(crate) endpoint: String,
}

/// The tenant's token, shown to STS.
#[derive(Debug, Clone)]
pub(crate) struct Oidc {
    pub(crate) sts_endpoint: String,
    pub(crate) policy: SessionPolicy,
}

/// A key from the Credential Store that may do nothing but assume the role.
#[derive(Debug, Clone)]
pub(crate) struct StoredKey {
    pub(crate) sts_endpoint: String,
    pub(crate) namespace: String,
    pub(crate) access_key_id_name: String,
    pub(crate) secret_access_key_name: String,
    pub(crate) external_id: Option<String>,
    pub(crate) source_identity: Option<String>,
    pub(crate) session_tags: Vec<(String, String)>,
    pub(crate) transitive_tag_keys: Vec<String>,
    pub(crate) policy: SessionPolicy,
}

/// Narrows the role's permissions for this session.
#[derive(Debug, Clone, Default)]
pub(crate) struct SessionPolicy {
    pub(crate) inline: Option<String>,
    pub(crate) arns: Vec<String>,
}

impl Connection {
    /// Resolves all layers; `properties` are the destination's `aws.*` without that prefix.
    ///
    /// # Errors
    /// Everything that is missing, malformed or contradictory, together.
    pub(crate) fn resolve(
        layers: &Layers,
        private_link: Option<&PrivateLinkBinding>,
        properties: Option<(&str, &BTreeMap<String, String>)>,
    ) -> Result<Self, Unusable> {
        let lowest = match properties {
            Some((destination, properties)) => Lowest::Read {
                destination,
                properties,
            },
            None => Lowest::None,
        };
        let (connection, problems) = Self::read(layers, private_link, lowest);
        Unusable::unless_empty(problems, &[])?;
        // without a problem there is a connection: what is missing was reported
        connection.ok_or_else(|| Unusable::with(Vec::new()))
    }

    /// The connection, if it is complete, and every problem.
    pub(super) fn read(
        layers: &Layers,
        private_link: Option<&PrivateLinkBinding>,
        lowest: Lowest<'_>,
    ) -> (Option<Self>, Vec<Problem>) {
        let mut reader = Reader::new(layers, lowest);
        let role_arn = role_arn(&mut reader);
        let session_name = session_name(&mut reader);
        let session_duration = reader
            .number("session_duration_seconds", 900, 43_200)
            .unwrap_or(900);
        let source = chosen(&mut reader);
        let region = region(&mut reader, private_link, source);
        let s3_endpoint = s3_endpoint(&mut reader, private_link, region.as_deref());
        let strategy = strategy::read(&mut reader, source, region.as_deref());
        let connection = || {
            Some(Self {
                region: region?,
                s3_endpoint: s3_endpoint?,
                role_arn: role_arn?,
                session_name,
                session_duration: Duration::from_secs(session_duration),
                strategy: strategy?,
            })
        };
        (connection(), reader.problems)
    }
}

fn role_arn(reader: &mut Reader<'_>) -> Option<String> {
    let written = reader.required("role_arn", "name the IAM role to take")?;
    reader.parsed("role_arn", |text| arn::parse(text, "iam", &["role/"]))?;
    Some(written.value)
}

fn session_name(reader: &mut Reader<'_>) -> String {
    let name = reader.parsed("session_name", |name| {
        if name.contains(['{', '$', '%']) {
            return Err("write a fixed name: the session is shared by all callers, so it can't carry a user; who did what stands in the log".to_owned());
        }
        let fits = (2..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b));
        if fits { Ok(name.to_owned()) } else { Err("write 2 to 64 letters, digits or _+=,.@-".to_owned()) }
    });
    name.unwrap_or_else(|| DEFAULT_SESSION_NAME.to_owned())
}

/// The region: as set, of the Private Link host, or of the ARNs; they must agree.
fn region(
    reader: &mut Reader<'_>,
    private_link: Option<&PrivateLinkBinding>,
    chosen: Option<Chosen>,
) -> Option<String> {
    let mut named: Vec<(String, String)> = Vec::new();
    if let Some(text) = reader.text("region") {
        let fits = text.value.len() <= 32
            && text.value.contains('-')
            && text
                .value
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if fits {
            named.push((text.value, text.origin));
        } else {
            reader.bad(
                "region",
                &text.origin,
                "write a region such as eu-central-1",
            );
        }
    }
    if let Some(link) = private_link
        && let Some(region) = &link.region
    {
        named.push((
            region.clone(),
            format!(
                "binding \"{}\" with label \"privatelink\", \"hostname\"",
                link.name
            ),
        ));
    }
    if chosen == Some(Chosen::RolesAnywhere) {
        named.extend(strategy::arn_regions(reader));
    }
    let Some((region, origin)) = named.first().cloned() else {
        reader.required("region", "name the AWS region, such as eu-central-1");
        return None;
    };
    for (other, its_origin) in named.iter().skip(1).filter(|(other, _)| *other != region) {
        reader.problems.push(Problem::new(
            format!("two regions are named: {region} and {other}"),
            format!("{origin}; {its_origin}"),
            "all parts of the connection must be in one region",
        ));
    }
    Some(region)
}

/// The S3 endpoint: never a public host of AWS unless the operator allows it.
fn s3_endpoint(
    reader: &mut Reader<'_>,
    private_link: Option<&PrivateLinkBinding>,
    region: Option<&str>,
) -> Option<String> {
    let public_allowed = reader.flag("allow_public_s3");
    let origin = reader.text("s3_endpoint").map(|t| t.origin);
    if let Some(origin) = origin {
        let endpoint = reader.parsed("s3_endpoint", |url| {
            endpoint::check(url).map_err(|fault| format!("it {fault}"))
        })?;
        if endpoint::is_public_s3(&endpoint) && !public_allowed {
            reader.bad("s3_endpoint", &origin, "it is a public S3 host: leave it out to use Private Link, or set allow_public_s3 to true");
            return None;
        }
        return Some(endpoint);
    }
    if let Some(link) = private_link {
        return Some(format!("https://bucket.{}", link.hostname));
    }
    if !public_allowed {
        let missing = reader.required("s3_endpoint", "bind an SAP Private Link instance for S3, or set allow_public_s3 to true to reach S3 over the internet");
        return missing.map(|t| t.value);
    }
    region.map(|region| format!("https://s3.{region}.{}", dns_suffix(region)))
}

/// The domain of AWS's endpoints in a region.
fn dns_suffix(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else if region.starts_with("eusc-") {
        "amazonaws.eu"
    } else {
        "amazonaws.com"
    }
}
