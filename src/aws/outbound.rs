//! A token that an AWS workload shows to somebody outside AWS (IAM outbound identity federation).
//!
//! This runs in the workload, not in the service, so here (and nowhere else) AWS's default
//! credential chain decides who asks: environment, profile, web identity, container, instance.
//!
//! Source: AWS STS API reference, `GetWebIdentityToken`.

use aws_config::{BehaviorVersion, Region};
use aws_sdk_sts::error::ProvideErrorMetadata as _;
use secrecy::SecretString;

use crate::telemetry::{explain, one_line};

/// What the token shall say.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// Whom it is for, at least one.
    pub(crate) audience: Vec<String>,
    /// `RS256` or `ES384`.
    pub(crate) algorithm: String,
    /// Life in seconds, 60 to 3600.
    pub(crate) seconds: i32,
    /// The region whose STS is asked, where the environment doesn't say.
    pub(crate) region: Option<String>,
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoToken {
    /// Nobody says which region's STS to ask.
    #[error("no AWS region is set: give --region, or set AWS_REGION")]
    NoRegion,
    /// STS answered with an error.
    #[error("STS refused with {code}: {message}{hint}")]
    Refused {
        /// AWS's error code.
        code: String,
        /// AWS's own words.
        message: String,
        /// What mends it, as the end of the sentence.
        hint: &'static str,
    },
    /// No credentials, or no answer.
    #[error("no token could be had: {0}")]
    Failed(String),
}

/// Asks STS.
pub(crate) async fn web_identity_token(wanted: &Wanted) -> Result<SecretString, NoToken> {
    let mut loader = aws_config::defaults(BehaviorVersion::latest());
    if let Some(region) = &wanted.region {
        loader = loader.region(Region::new(region.clone()));
    }
    let config = loader.load().await;
    if config.region().is_none() {
        return Err(NoToken::NoRegion);
    }
    let asked = aws_sdk_sts::Client::new(&config)
        .get_web_identity_token()
        .set_audience(Some(wanted.audience.clone()))
        .signing_algorithm(&wanted.algorithm)
        .duration_seconds(wanted.seconds);
    match asked.send().await {
        Ok(answer) => answer
            .web_identity_token
            .map(SecretString::from)
            .ok_or_else(|| NoToken::Failed("STS answered without a token".to_owned())),
        Err(error) => Err(match error.code() {
            Some(code) => NoToken::Refused {
                code: code.to_owned(),
                message: one_line(error.message().unwrap_or("no message")),
                hint: hint(code),
            },
            None => NoToken::Failed(explain(&error)),
        }),
    }
}

fn hint(code: &str) -> &'static str {
    match code {
        "OutboundWebIdentityFederationDisabled"
        | "OutboundWebIdentityFederationDisabledException" => {
            " (an administrator of the account runs `aws iam enable-outbound-web-identity-federation` once)"
        }
        "AccessDenied" | "AccessDeniedException" => {
            " (the role's policy must allow sts:GetWebIdentityToken)"
        }
        "SessionDurationEscalation" | "SessionDurationEscalationException" => {
            " (the token may not outlive the session that asks: give a smaller --duration)"
        }
        _ => "",
    }
}
