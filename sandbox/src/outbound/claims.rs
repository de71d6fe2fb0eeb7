//! What a token says about the workload that asked for it.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_token_claims.html>

use serde_json::{Map, Value, json};
use time::Duration;
use time::format_description::well_known::Rfc3339;

use super::{Issuer, ORGANIZATION};
use crate::random;
use crate::sessions::Session;

/// Claim that holds what only AWS says.
const OWN: &str = "https://sts.amazonaws.com/";

/// What a token is made of.
pub(crate) struct Token<'a> {
    pub(crate) account: &'a str,
    /// ARN of the role (not of its session) or of the user.
    pub(crate) principal_arn: &'a str,
    pub(crate) audiences: &'a [&'a str],
    pub(crate) life: Duration,
    /// The session that asked; a user has none.
    pub(crate) session: Option<&'a Session>,
    pub(crate) request_tags: &'a [(&'a str, &'a str)],
}

impl Issuer {
    pub(super) fn claims(&self, token: &Token<'_>) -> Value {
        let now = self.core.clock.unix();
        let audience = match token.audiences {
            [one] => json!(one),
            several => json!(several),
        };
        json!({
            "iss": self.url(),
            "aud": audience,
            "sub": token.principal_arn,
            "iat": now,
            "exp": now + token.life.whole_seconds(),
            "jti": random::uuid(),
            OWN: own_claims(token, &self.region),
        })
    }
}

fn own_claims(token: &Token<'_>, region: &str) -> Map<String, Value> {
    let mut own = Map::new();
    let mut put = |name: &str, value: Value| own.insert(name.to_owned(), value);
    put("aws_account", json!(token.account));
    put("source_region", json!(region));
    put("org_id", json!(ORGANIZATION));
    let unit = format!("{ORGANIZATION}/r-sand/ou-sand-11111111/");
    put("ou_path", json!([unit]));
    put("principal_id", json!(token.principal_arn));
    if let Some(session) = token.session {
        let ends = session.expires.format(&Rfc3339).unwrap_or_default();
        put("original_session_exp", json!(ends));
        let details = &session.details;
        if !details.tags.is_empty() {
            let pairs = details.tags.iter();
            put(
                "principal_tags",
                object(pairs.map(|(key, value)| (key.as_str(), value.as_str()))),
            );
        }
        if let Some(source_identity) = &details.source_identity {
            put("source_identity", json!(source_identity));
        }
    }
    if !token.request_tags.is_empty() {
        put("request_tags", object(token.request_tags.iter().copied()));
    }
    own
}

fn object<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Value {
    pairs
        .map(|(key, value)| (key.to_owned(), json!(value)))
        .collect()
}
