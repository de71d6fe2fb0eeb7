//! The session that the proof earns.

use serde_json::{Value, json};

use super::walk::{Found, Words};
use super::{Located, Ready, Wanted, remedy};
use crate::aws::{S3, SessionError};
use crate::btp::keystore::{Certificate, Side};
use crate::settings::{Connection, Strategy};

/// What AWS is shown, as far as a trust policy has to name it.
#[derive(Debug)]
pub(super) enum Proof {
    Certificate(Box<Certificate>),
    /// Claims of the application's token.
    Token(Value),
    Key,
}

pub(super) async fn session(
    ready: &Ready,
    located: &Located,
    proof: Proof,
    wanted: &Wanted,
) -> Result<Found<S3>, Words> {
    let connection = &located.connection;
    let opened = ready
        .broker
        .open(&ready.bindings, located.destination.as_ref(), connection)
        .await;
    let session = opened.map_err(|error| {
        let words = remedy::session_error(&error, ready);
        match trusts_somebody_else(&error).then(|| trust_policy(connection, &proof)) {
            Some(policy) => words
                .command(format!(
                    "aws iam update-assume-role-policy --role-name {} --policy-document file://trust.json",
                    role_name(&connection.role_arn)
                ))
                .command(format!("trust.json: {policy}")),
            None => words,
        }
    })?;
    let words = Words::new(format!(
        "a session of {}, until {}",
        connection.role_arn,
        session.expires_text()
    ))
    .fact("roleArn", &connection.role_arn)
    .fact("expires", session.expires_text())
    .fact("accessKeyId", &session.access_key_id);
    let words = match &wanted.held_until {
        Some(until) => words.fact("heldUntil", until),
        None => words,
    };
    let s3 = S3::for_diagnosis(session, &ready.http, &ready.clock);
    Ok(Found::new(s3, words))
}

/// Whether AWS knows who we are and the role does not let us in.
fn trusts_somebody_else(error: &SessionError) -> bool {
    let SessionError::Refused { code, message, .. } = error else {
        return false;
    };
    code == "AccessDenied" || (code == "AccessDeniedException" && message.contains("assume role"))
}

/// The trust policy that would let this proof in, pinned as docs/explanation/trust-model.md says.
fn trust_policy(connection: &Connection, proof: &Proof) -> Value {
    let statement = match (&connection.strategy, proof) {
        (Strategy::RolesAnywhere(spec), Proof::Certificate(leaf)) => {
            let mut pinned = serde_json::Map::new();
            for (side, tag) in [(Side::Subject, "x509Subject"), (Side::Issuer, "x509Issuer")] {
                // a CA that others use as well is safe only if the whole subject is pinned
                for (name, value) in leaf.attributes(side) {
                    pinned.insert(format!("aws:PrincipalTag/{tag}/{name}"), value.into());
                }
            }
            json!({
                "Effect": "Allow",
                "Principal": {"Service": "rolesanywhere.amazonaws.com"},
                "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
                "Condition": {
                    "StringEquals": pinned,
                    "ArnEquals": {"aws:SourceArn": spec.trust_anchor_arn}
                }
            })
        }
        (Strategy::Oidc(_), Proof::Token(claims)) => oidc_statement(connection, claims),
        (Strategy::CredentialStore(spec), _) => {
            let condition = match &spec.external_id {
                Some(id) => json!({"StringEquals": {"sts:ExternalId": id}}),
                None => json!({}),
            };
            json!({
                "Effect": "Allow",
                "Principal": {"AWS": "<ARN of the IAM user>"},
                "Action": ["sts:AssumeRole"],
                "Condition": condition
            })
        }
        (Strategy::RolesAnywhere(_) | Strategy::Oidc(_), _) => Value::Null,
    };
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

/// `azp` is what AWS compares as `aud` where a token has it (IAM user guide, "Available keys for
/// AWS OIDC federation").
fn oidc_statement(connection: &Connection, claims: &Value) -> Value {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    let issuer = text("iss").trim_start_matches("https://");
    let audience = match (text("azp"), text("aud")) {
        ("", "") => claims
            .pointer("/aud/0")
            .and_then(Value::as_str)
            .unwrap_or_default(),
        ("", audience) => audience,
        (azp, _) => azp,
    };
    let account = connection.role_arn.split(':').nth(4).unwrap_or_default();
    let partition = connection.role_arn.split(':').nth(1).unwrap_or("aws");
    json!({
        "Effect": "Allow",
        "Principal": {"Federated": format!("arn:{partition}:iam::{account}:oidc-provider/{issuer}")},
        "Action": ["sts:AssumeRoleWithWebIdentity"],
        "Condition": {"StringEquals": {
            format!("{issuer}:aud"): audience,
            format!("{issuer}:sub"): text("sub"),
        }}
    })
}

fn role_name(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}
