//! Who may call, as far as bindings don't say it: groups, AWS workloads, bound tokens, origins of
//! web pages.

use serde::Deserialize;
use url::Url;

use super::endpoint;
use super::layers::Reader;
use crate::globs::Globs;

/// What a caller may do; each level includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub(crate) enum Scope {
    /// See buckets and objects.
    Read,
    /// Also store and delete objects.
    Write,
    /// Also see how the service itself is doing.
    Admin,
}

/// Whether a token must be shown by the client that it was issued to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum ProofOfPossession {
    /// Never asked for, as in SAP's libraries.
    #[default]
    Off,
    /// Asked for when the token names a certificate.
    WhenBound,
    /// Every token must name a certificate.
    Always,
}

/// AWS workloads that may call: one entry of `aws_callers`.
#[derive(Debug, Clone)]
pub(crate) struct AwsCaller {
    /// Issuer of the AWS account, an origin without trailing slash.
    pub(crate) issuer: String,
    /// What the workload asks its token for.
    pub(crate) audience: String,
    /// AWS accounts, twelve digits each.
    pub(crate) accounts: Vec<String>,
    /// The organisation that the account must belong to, if that matters.
    pub(crate) org_id: Option<String>,
    /// Patterns of role (or user) ARNs; none means every role of the accounts.
    pub(crate) subjects: Globs,
    /// Whether a pattern names users; without one only roles are let in.
    pub(crate) users: bool,
    /// What they may do.
    pub(crate) scope: Scope,
}

/// Everything that is set about callers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Callers {
    pub(crate) ias_read_groups: Vec<String>,
    pub(crate) ias_write_groups: Vec<String>,
    pub(crate) ias_admin_groups: Vec<String>,
    pub(crate) aws: Vec<AwsCaller>,
    pub(crate) proof_of_possession: ProofOfPossession,
    /// Whether audit lines tell users' e-mail addresses as well.
    pub(crate) audit_email: bool,
}

impl Callers {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let callers = Self {
            ias_read_groups: groups(reader, "ias_read_groups", "S3CatalogReader"),
            ias_write_groups: groups(reader, "ias_write_groups", "S3CatalogWriter"),
            ias_admin_groups: groups(reader, "ias_admin_groups", "S3CatalogAdmin"),
            aws: reader
                .parsed("aws_callers", aws_callers)
                .unwrap_or_default(),
            proof_of_possession: reader
                .parsed("require_proof_of_possession", proof_of_possession)
                .unwrap_or_default(),
            audit_email: reader.flag("audit_email"),
        };
        if !callers.aws.is_empty()
            && callers.proof_of_possession == ProofOfPossession::Always
            && let Some(text) = reader.text("require_proof_of_possession")
        {
            reader.bad("require_proof_of_possession", &text.origin, "write when-bound: AWS binds no token to a certificate, so \"always\" would shut out everybody in aws_callers");
        }
        callers
    }
}

/// Origins of web pages that browsers may let call: exact ones, because a pattern trusts more
/// than it says.
pub(super) fn cors_origins(reader: &mut Reader<'_>) -> Vec<String> {
    let origins = reader.list("cors_origins").unwrap_or_default();
    for origin in &origins {
        if !is_origin(origin) {
            let remedy = format!(
                "{origin:?} is no origin: write https://<host>, without path and without *"
            );
            reader.parsed("cors_origins", |_| Err::<(), _>(remedy));
        }
    }
    origins
}

fn groups(reader: &mut Reader<'_>, key: &str, default: &str) -> Vec<String> {
    reader.list(key).unwrap_or_else(|| vec![default.to_owned()])
}

fn proof_of_possession(text: &str) -> Result<ProofOfPossession, String> {
    match text {
        "off" => Ok(ProofOfPossession::Off),
        "when-bound" => Ok(ProofOfPossession::WhenBound),
        "always" => Ok(ProofOfPossession::Always),
        _ => Err("write off, when-bound or always".to_owned()),
    }
}

/// An entry of `aws_callers` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    issuer: String,
    audience: String,
    accounts: Vec<String>,
    org_id: Option<String>,
    #[serde(default)]
    subjects: Vec<String>,
    scope: Scope,
}

fn aws_callers(text: &str) -> Result<Vec<AwsCaller>, String> {
    let written: Vec<Written> = serde_json::from_str(text).map_err(|e| {
        format!("write a JSON array of {{\"issuer\", \"audience\", \"accounts\", \"org_id\", \"subjects\", \"scope\"}} ({e})")
    })?;
    written.into_iter().map(aws_caller).collect()
}

fn aws_caller(written: Written) -> Result<AwsCaller, String> {
    let issuer = written.issuer.trim_end_matches('/').to_owned();
    if !is_origin(&issuer) {
        return Err(format!(
            "{issuer:?} is no issuer: write https://<uuid>.tokens.sts.global.api.aws, as `aws iam get-outbound-web-identity-federation-info` tells it"
        ));
    }
    if written.audience.is_empty() {
        return Err("\"audience\" is empty: write what workloads ask their tokens for".to_owned());
    }
    let is_account = |id: &String| id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit());
    if written.accounts.is_empty() || !written.accounts.iter().all(is_account) {
        return Err("\"accounts\" must list AWS account ids of twelve digits".to_owned());
    }
    if written
        .org_id
        .as_ref()
        .is_some_and(|id| !id.starts_with("o-"))
    {
        return Err("\"org_id\" must start with o-".to_owned());
    }
    if let Some(odd) = written.subjects.iter().find(|it| !it.starts_with("arn:")) {
        return Err(format!(
            "{odd:?} matches nobody: subjects are ARNs, such as arn:aws:iam::123456789012:role/jobs/*"
        ));
    }
    Ok(AwsCaller {
        issuer,
        audience: written.audience,
        accounts: written.accounts,
        org_id: written.org_id,
        users: written.subjects.iter().any(|it| it.contains(":user/")),
        subjects: Globs::new(&written.subjects),
        scope: written.scope,
    })
}

/// Scheme, host and port, written as browsers and issuers write them.
fn is_origin(text: &str) -> bool {
    let parsed = endpoint::check(text).and_then(|_| Url::parse(text).map_err(|e| e.to_string()));
    parsed.is_ok_and(|url| url.origin().ascii_serialization() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"issuer": "https://5c2f.tokens.sts.global.api.aws", "audience": "s3-catalog",
        "accounts": ["123456789012"], "org_id": "o-abc", "scope": "Write",
        "subjects": ["arn:aws:iam::123456789012:role/jobs/*"]}"#;

    #[test]
    fn an_entry_says_who_may_do_what() {
        let callers = aws_callers(&format!("[{GOOD}]")).unwrap();
        let [caller] = callers.as_slice() else {
            panic!("{callers:?}")
        };
        assert_eq!(caller.issuer, "https://5c2f.tokens.sts.global.api.aws");
        assert_eq!(caller.scope, Scope::Write);
        assert!(!caller.users);
        assert!(
            caller
                .subjects
                .allow("arn:aws:iam::123456789012:role/jobs/nightly")
        );
        assert!(
            !caller
                .subjects
                .allow("arn:aws:iam::123456789012:role/other")
        );
        let users = GOOD.replace(":role/jobs/*", ":user/ci");
        assert!(aws_callers(&format!("[{users}]")).unwrap()[0].users);
    }

    #[test]
    fn an_entry_that_would_trust_more_or_nobody_is_refused() {
        for (from, to, told) in [
            ("https://5c2f", "http://5c2f", "no issuer"),
            (".api.aws", ".api.aws/path", "no issuer"),
            (".api.aws", ".api.aws:443", "no issuer"),
            ("s3-catalog", "", "audience"),
            ("[\"123456789012\"]", "[]", "accounts"),
            ("[\"123456789012\"]", "[\"12345678901\"]", "accounts"),
            ("[\"123456789012\"]", "[\"*\"]", "accounts"),
            ("o-abc", "abc", "org_id"),
            ("arn:aws:iam::123456789012:role/jobs/*", "jobs/*", "ARNs"),
            ("Write", "Everything", "unknown variant"),
            ("org_id", "organisation", "unknown field"),
        ] {
            let said = aws_callers(&format!("[{}]", GOOD.replacen(from, to, 1)));
            let said = said.expect_err(to);
            assert!(said.contains(told), "{to}: {said}");
        }
    }

    #[test]
    fn an_origin_has_no_path_and_no_pattern() {
        for good in [
            "https://a.example",
            "https://a.example:8443",
            "http://localhost:3000",
        ] {
            assert!(is_origin(good), "{good}");
        }
        for bad in [
            "https://a.example/",
            "https://*.example/x",
            "*",
            "null",
            "http://a.example",
            "https://A.example",
            "https://a.example:443",
        ] {
            assert!(!is_origin(bad), "{bad}");
        }
    }
}
