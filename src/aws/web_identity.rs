//! The tenant's own token → session: `AssumeRoleWithWebIdentity`.
//!
//! Source: AWS STS API reference; the retry for "Couldn't retrieve verification key" is the
//! advice of AWS's knowledge centre, because the code alone does not tell it from a bad token.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tracing::warn;

use super::sts::{self, StsHttp};
use super::{Session, SessionError};
use crate::btp::identity::{Identity, header_and_claims};
use crate::btp::token::Tokens;
use crate::settings::{Connection, IdentityBinding, Oidc};

const ATTEMPTS: u32 = 3;

/// What is needed to earn a session with the application's token.
#[derive(Debug)]
pub(super) struct WebIdentity<'a> {
    pub(super) http: &'a StsHttp,
    pub(super) identity: &'a Identity,
    pub(super) tokens: &'a Tokens,
    pub(super) binding: &'a IdentityBinding,
    pub(super) connection: &'a Connection,
    pub(super) spec: &'a Oidc,
}

impl WebIdentity<'_> {
    /// Assumes the role; an expired token is replaced once.
    pub(super) async fn open(&self) -> Result<Session, SessionError> {
        let client = self
            .http
            .client(self.connection, &self.spec.sts_endpoint, None);
        let mut renewed = false;
        for attempt in 1..=ATTEMPTS {
            let token = self.identity.token(self.binding, self.tokens).await?;
            let failure = match self.assume(&client, &token).await {
                Ok(session) => return Ok(session),
                Err(failure) => failure,
            };
            let last = attempt == ATTEMPTS;
            match said(&failure) {
                Some(Said::TokenIsOver) if !renewed && !last => {
                    renewed = true;
                    self.identity.forget(self.binding, self.tokens).await?;
                }
                Some(Said::NoVerificationKey) if !last => {
                    warn!("STS could not fetch the tenant's signing keys; asking again");
                    tokio::time::sleep(
                        Duration::from_millis(500 << attempt).mul_f64(0.5 + fastrand::f64() / 2.0),
                    )
                    .await;
                }
                _ => return Err(failure),
            }
        }
        Err(SessionError::Pending)
    }

    async fn assume(
        &self,
        client: &aws_sdk_sts::Client,
        token: &SecretString,
    ) -> Result<Session, SessionError> {
        let arns = self.spec.policy.arns.iter().map(|arn| {
            aws_sdk_sts::types::PolicyDescriptorType::builder()
                .arn(arn)
                .build()
        });
        let answer = client
            .assume_role_with_web_identity()
            .role_arn(&self.connection.role_arn)
            .role_session_name(&self.connection.session_name)
            .web_identity_token(token.expose_secret())
            .duration_seconds(sts::seconds(self.connection.session_duration))
            .set_policy(self.spec.policy.inline.clone())
            .set_policy_arns(some(arns.collect()))
            .send()
            .await
            .map_err(|e| {
                sts::failure(&self.spec.sts_endpoint, &e, |code, _| {
                    hint(code, &self.connection.role_arn, token)
                })
            })?;
        sts::session(self.connection, answer.credentials)
    }
}

fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

enum Said {
    TokenIsOver,
    NoVerificationKey,
}

fn said(failure: &SessionError) -> Option<Said> {
    let SessionError::Refused { code, message, .. } = failure else {
        return None;
    };
    match code.as_str() {
        "ExpiredTokenException" | "ExpiredToken" | "IDPRejectedClaim" => Some(Said::TokenIsOver),
        "InvalidIdentityToken" if message.contains("retrieve verification key") => {
            Some(Said::NoVerificationKey)
        }
        _ => None,
    }
}

/// Names the claims that the role's trust policy has to match; never the token.
fn hint(code: &str, role_arn: &str, token: &SecretString) -> Option<String> {
    let claims = claims(token);
    match code {
        "AccessDenied" => Some(format!(
            "the trust policy of {role_arn} must allow sts:AssumeRoleWithWebIdentity for this token: {claims}"
        )),
        "InvalidIdentityToken" => Some(format!(
            "an IAM OIDC provider must exist for exactly this issuer and list this audience: {claims}"
        )),
        _ => None,
    }
}

fn claims(token: &SecretString) -> String {
    let json = header_and_claims(token).map(|(_, claims)| claims);
    let json = json.unwrap_or_default();
    let shown = ["iss", "aud", "azp", "sub"].map(|name| {
        let value = json
            .get(name)
            .map_or_else(|| "absent".to_owned(), ToString::to_string);
        format!("{name} {value}")
    });
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::claims;
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    #[test]
    fn the_claims_that_a_trust_policy_matches_are_named() {
        let payload =
            URL_SAFE_NO_PAD.encode(r#"{"iss":"https://t","aud":["a"],"sub":"s","email":"x@y"}"#);
        let told = claims(&format!("e30.{payload}.signature").into());
        assert_eq!(told, r#"iss "https://t", aud ["a"], azp absent, sub "s""#);
        assert_eq!(
            claims(&"opaque".into()),
            "iss absent, aud absent, azp absent, sub absent"
        );
    }
}
