//! Every setting there is, as data: for checking names and for the documentation's test.

/// A setting's name, default and meaning, as docs/reference/settings.md shows them.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    /// The default as text; what there is instead of one in parentheses.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the test of the documentation compares it")
    )]
    pub(crate) default: &'static str,
    /// Part of how AWS is reached, so a destination's `aws.*` properties may hold it.
    pub(crate) in_destination: bool,
}

const fn key(name: &'static str, default: &'static str) -> Key {
    Key {
        name,
        default,
        in_destination: false,
    }
}

const fn aws(name: &'static str, default: &'static str) -> Key {
    Key {
        name,
        default,
        in_destination: true,
    }
}

/// All settings, in the order of the documentation.
pub(crate) const ALL: &[Key] = &[
    aws("credential_source", "(required)"),
    aws("role_arn", "(required)"),
    aws("region", "(from the Private Link host or the ARNs)"),
    aws("session_name", super::DEFAULT_SESSION_NAME),
    aws("session_duration_seconds", "900"),
    aws("session_policy", "(none)"),
    aws("session_policy_arns", "(none)"),
    aws("trust_anchor_arn", "(required for roles-anywhere)"),
    aws("profile_arn", "(required for roles-anywhere)"),
    key("destination", "(none)"),
    aws("certificate", "(KeyStoreLocation of the destination)"),
    aws(
        "certificate_password",
        "(KeyStorePassword of the destination)",
    ),
    aws(
        "roles_anywhere_endpoint",
        "https://rolesanywhere.<region>.amazonaws.com",
    ),
    aws("sts_endpoint", "https://sts.<region>.amazonaws.com"),
    aws("credential_namespace", "app"),
    aws("access_key_id_name", "accessKeyId"),
    aws("secret_access_key_name", "secretAccessKey"),
    aws("external_id", "(none)"),
    aws("source_identity", "(none)"),
    aws("session_tags", "(none)"),
    aws("transitive_tag_keys", "(none)"),
    aws("s3_endpoint", "https://bucket.<Private Link host>"),
    aws("allow_public_s3", "false"),
    key("buckets", "(all)"),
    key("list_freshness_ms", "1000"),
    key("scan_limit", "10000"),
    key("max_upload_bytes", "(none)"),
    key("ias_read_groups", "S3CatalogReader"),
    key("ias_write_groups", "S3CatalogWriter"),
    key("ias_admin_groups", "S3CatalogAdmin"),
    key("aws_callers", "(none)"),
    key("require_proof_of_possession", "off"),
    key("audit_email", "false"),
    key("cors_origins", "(none)"),
    key("presign", "false"),
    key("fileshare", "false"),
    key("bind_address", "0.0.0.0"),
    key("drain_seconds", "8"),
    key("ca_bundle", "(none)"),
    key("log_level", "info"),
];

/// Variables with our prefix that name bindings instead of holding a setting.
pub(super) const SELECTORS: [&str; 6] = [
    "DESTINATION_SERVICE",
    "PRIVATELINK_SERVICE",
    "IDENTITY_SERVICE",
    "XSUAA_SERVICE",
    "CREDSTORE_SERVICE",
    "CONFIG_SERVICE",
];

pub(super) fn find(name: &str) -> Option<&'static Key> {
    ALL.iter().find(|key| key.name == name)
}

/// "did you mean …" for a name that is nearly one of `known`.
pub(super) fn suggestion<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let near = known.map(|k| (distance(name, k), k)).min();
    match near {
        Some((distance, known)) if distance <= 1 + name.len() / 4 => {
            format!("did you mean \"{known}\"?")
        }
        _ => "docs/reference/settings.md lists every setting".to_owned(),
    }
}

/// Levenshtein distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (y, above) in b.iter().zip(row.iter_mut().skip(1)) {
            let cost = diagonal + usize::from(x != *y);
            diagonal = *above;
            left = cost.min(left + 1).min(diagonal + 1);
            *above = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{distance, suggestion};

    #[test]
    fn a_near_miss_is_suggested_and_nonsense_is_not() {
        let known = ["role_arn", "region", "credential_source"];
        assert_eq!(
            suggestion("rolearn", known.into_iter()),
            "did you mean \"role_arn\"?"
        );
        assert_eq!(
            suggestion("credentials_source", known.into_iter()),
            "did you mean \"credential_source\"?"
        );
        assert_eq!(
            suggestion("zzz", known.into_iter()),
            "docs/reference/settings.md lists every setting"
        );
        assert_eq!(
            (
                distance("kitten", "sitting"),
                distance("", "abc"),
                distance("abc", "abc")
            ),
            (3, 3, 0)
        );
    }
}
