//! The three ways to credentials, each with its own settings.

use super::super::layers::Reader;
use super::super::{arn, endpoint};
use super::{Oidc, RolesAnywhere, SessionPolicy, StoredKey, Strategy, dns_suffix};

/// The value of `credential_source`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Chosen {
    RolesAnywhere,
    Oidc,
    CredentialStore,
}

const ANCHOR: &[&str] = &["trust-anchor/", "alias/trust-anchor/"];
const PROFILE: &[&str] = &["profile/", "alias/profile/"];
/// Limits of AWS STS for session policies and tags.
const LONGEST_POLICY: usize = 2048;
const MOST_POLICY_ARNS: usize = 10;
const MOST_TAGS: usize = 50;

/// Which way the operator names; nothing is guessed from other settings.
pub(in super::super) fn chosen(reader: &mut Reader<'_>) -> Option<Chosen> {
    let remedy = "write roles-anywhere, oidc or credential-store";
    reader.required("credential_source", remedy)?;
    reader.parsed("credential_source", |text| match text {
        "roles-anywhere" => Ok(Chosen::RolesAnywhere),
        "oidc" => Ok(Chosen::Oidc),
        "credential-store" => Ok(Chosen::CredentialStore),
        _ => Err(remedy.to_owned()),
    })
}

/// Regions in the ARNs, with their origins; malformed ARNs are reported by [`read`].
pub(super) fn arn_regions(reader: &Reader<'_>) -> Vec<(String, String)> {
    let named = [("trust_anchor_arn", ANCHOR), ("profile_arn", PROFILE)]
        .into_iter()
        .filter_map(|(key, kinds)| {
            let text = reader.text(key)?;
            let arn = arn::parse(&text.value, "rolesanywhere", kinds).ok()?;
            Some((arn.region, text.origin))
        });
    named.collect()
}

pub(super) fn read(
    reader: &mut Reader<'_>,
    chosen: Option<Chosen>,
    region: Option<&str>,
) -> Option<Strategy> {
    match chosen? {
        Chosen::RolesAnywhere => roles_anywhere(reader, region).map(Strategy::RolesAnywhere),
        Chosen::Oidc => {
            let policy = policy(reader);
            let sts_endpoint = aws_endpoint(reader, "sts_endpoint", "sts", region)?;
            Some(Strategy::Oidc(Oidc {
                sts_endpoint,
                policy,
            }))
        }
        Chosen::CredentialStore => stored_key(reader, region).map(Strategy::CredentialStore),
    }
}

fn roles_anywhere(reader: &mut Reader<'_>, region: Option<&str>) -> Option<RolesAnywhere> {
    for key in ["session_policy", "session_policy_arns"] {
        if let Some(text) = reader.text(key) {
            reader.bad(
                key,
                &text.origin,
                "leave it out: with roles-anywhere a session policy belongs to the profile in AWS",
            );
        }
    }
    let trust_anchor_arn =
        rolesanywhere_arn(reader, "trust_anchor_arn", "name the trust anchor", ANCHOR);
    let profile_arn = rolesanywhere_arn(
        reader,
        "profile_arn",
        "name the Roles Anywhere profile",
        PROFILE,
    );
    if let (Some((_, anchor)), Some((_, profile))) = (&trust_anchor_arn, &profile_arn)
        && anchor.account != profile.account
        && let Some(text) = reader.text("profile_arn")
    {
        reader.bad(
            "profile_arn",
            &text.origin,
            "trust anchor and profile must be in one account",
        );
    }
    let named_by_destination = reader.text("destination").is_some();
    let certificate = reader.text("certificate").map(|t| t.value);
    if certificate.is_none() && !named_by_destination {
        reader.required(
            "certificate",
            "name the key store in the Destination service, or set \"destination\" to a destination with a KeyStoreLocation",
        );
    }
    let endpoint = aws_endpoint(reader, "roles_anywhere_endpoint", "rolesanywhere", region)?;
    Some(RolesAnywhere {
        trust_anchor_arn: trust_anchor_arn?.0,
        profile_arn: profile_arn?.0,
        certificate,
        certificate_password: reader.secret("certificate_password"),
        endpoint,
    })
}

fn rolesanywhere_arn(
    reader: &mut Reader<'_>,
    key: &str,
    remedy: &str,
    kinds: &[&str],
) -> Option<(String, arn::Arn)> {
    let written = reader.required(key, remedy)?;
    let arn = reader.parsed(key, |text| arn::parse(text, "rolesanywhere", kinds))?;
    Some((written.value, arn))
}

fn stored_key(reader: &mut Reader<'_>, region: Option<&str>) -> Option<StoredKey> {
    let policy = policy(reader);
    let external_id = reader.parsed("external_id", |text| pattern(text, 2, 1224, b"_+=,.@:/-"));
    let source_identity = reader.parsed("source_identity", |text| pattern(text, 2, 64, b"_+=,.@-"));
    let session_tags = tags(reader);
    let transitive_tag_keys = reader.list("transitive_tag_keys").unwrap_or_default();
    let unknown = transitive_tag_keys
        .iter()
        .find(|key| !session_tags.iter().any(|(tag, _)| tag == *key));
    if let (Some(unknown), Some(text)) = (unknown, reader.text("transitive_tag_keys")) {
        let remedy = format!("\"{unknown}\" must be one of session_tags");
        reader.bad("transitive_tag_keys", &text.origin, remedy);
    }
    let name = |key: &str, default: &str| {
        reader
            .text(key)
            .map_or_else(|| default.to_owned(), |t| t.value)
    };
    let (namespace, access_key_id_name, secret_access_key_name) = (
        name("credential_namespace", "app"),
        name("access_key_id_name", "accessKeyId"),
        name("secret_access_key_name", "secretAccessKey"),
    );
    Some(StoredKey {
        sts_endpoint: aws_endpoint(reader, "sts_endpoint", "sts", region)?,
        namespace,
        access_key_id_name,
        secret_access_key_name,
        external_id,
        source_identity,
        session_tags,
        transitive_tag_keys,
        policy,
    })
}

fn tags(reader: &mut Reader<'_>) -> Vec<(String, String)> {
    let tags = reader.pairs("session_tags").unwrap_or_default();
    let fits = tags.len() <= MOST_TAGS
        && tags.iter().all(|(key, value)| {
            (1..=128).contains(&key.chars().count()) && value.chars().count() <= 256
        });
    if !fits && let Some(text) = reader.text("session_tags") {
        reader.bad(
            "session_tags",
            &text.origin,
            "write at most 50 tags, keys of 1 to 128 and values of up to 256 characters",
        );
    }
    tags
}

fn policy(reader: &mut Reader<'_>) -> SessionPolicy {
    let inline = reader.parsed("session_policy", |text| {
        let policy: Option<serde_json::Map<String, serde_json::Value>> =
            serde_json::from_str(text).ok();
        match policy {
            Some(policy) if policy.contains_key("Statement") && text.len() <= LONGEST_POLICY => {
                Ok(text.to_owned())
            }
            Some(_) | None => Err(format!(
                "write an IAM policy as JSON with a Statement, at most {LONGEST_POLICY} characters"
            )),
        }
    });
    let arns = reader.list("session_policy_arns").unwrap_or_default();
    let fits = arns.len() <= MOST_POLICY_ARNS
        && arns
            .iter()
            .all(|arn| arn.starts_with("arn:aws") && arn.contains(":policy/"));
    if !fits && let Some(text) = reader.text("session_policy_arns") {
        reader.bad(
            "session_policy_arns",
            &text.origin,
            format!("write at most {MOST_POLICY_ARNS} ARNs of managed policies"),
        );
    }
    SessionPolicy { inline, arns }
}

/// A regional endpoint of AWS, unless the operator names another.
fn aws_endpoint(
    reader: &mut Reader<'_>,
    key: &str,
    service: &str,
    region: Option<&str>,
) -> Option<String> {
    if reader.text(key).is_some() {
        return reader.parsed(key, |url| {
            endpoint::check(url).map_err(|fault| format!("it {fault}"))
        });
    }
    let region = region?;
    Some(format!("https://{service}.{region}.{}", dns_suffix(region)))
}

fn pattern(text: &str, least: usize, most: usize, extra: &[u8]) -> Result<String, String> {
    let fits = (least..=most).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || extra.contains(&b));
    let extra = String::from_utf8_lossy(extra);
    if fits {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "write {least} to {most} letters, digits or {extra}"
        ))
    }
}
