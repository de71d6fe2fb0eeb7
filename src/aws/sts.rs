//! AWS STS through the SDK: one client configuration, one reading of its answers.

use std::fmt;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sts::types::Credentials;
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use secrecy::SecretString;

use super::{Session, SessionError};

use crate::settings::{Connection, TrustRoots};
use crate::telemetry::{explain, one_line};

const SERVICE: &str = "AWS STS";

/// The SDK's HTTP client with our trust roots; one for the life of the process.
#[derive(Debug, Clone)]
pub(crate) struct StsHttp(SharedHttpClient);

impl StsHttp {
    pub(crate) fn new(trust: &TrustRoots) -> Result<Self, SessionError> {
        let mut store = TrustStore::default();
        for pem in &trust.0 {
            store.add_pem_certificate(pem.as_bytes());
        }
        let context = TlsContext::builder().with_trust_store(store).build();
        let context = context.map_err(|source| SessionError::Signing {
            service: SERVICE,
            source: source.into(),
        })?;
        let client = aws_smithy_http_client::Builder::new()
            .tls_provider(tls::Provider::Rustls(CryptoMode::AwsLc))
            .tls_context(context)
            .build_https();
        Ok(Self(client))
    }

    /// A client for the connection's regional endpoint.
    ///
    /// The configuration is built here piece by piece: the SDK's loader would read `AWS_*`
    /// variables and profile files.
    pub(crate) fn client(
        &self,
        connection: &Connection,
        endpoint: &str,
        credentials: Option<SharedCredentialsProvider>,
    ) -> aws_sdk_sts::Client {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(2))
            .operation_attempt_timeout(Duration::from_secs(5))
            .build();
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(connection.region.clone()))
            .endpoint_url(endpoint)
            .http_client(self.0.clone())
            .sleep_impl(aws_smithy_async::rt::sleep::SharedAsyncSleep::new(
                aws_smithy_async::rt::sleep::TokioSleep::new(),
            ))
            .retry_config(
                RetryConfig::standard()
                    .with_max_attempts(3)
                    .with_initial_backoff(Duration::from_millis(200)),
            )
            .timeout_config(timeouts);
        config.set_credentials_provider(credentials);
        aws_sdk_sts::Client::new(&config.build())
    }
}

/// STS credentials as a session of this connection.
pub(super) fn session(
    connection: &Connection,
    credentials: Option<Credentials>,
) -> Result<Session, SessionError> {
    let unreadable = |detail: &str| SessionError::Unreadable {
        service: SERVICE,
        detail: detail.to_owned(),
    };
    let given = credentials.ok_or_else(|| unreadable("no credentials in the answer"))?;
    let expires = (*given.expiration())
        .try_into()
        .map_err(|_| unreadable("an expiration out of range"))?;
    Ok(Session {
        access_key_id: given.access_key_id,
        secret_access_key: SecretString::from(given.secret_access_key),
        token: SecretString::from(given.session_token),
        expires,
        region: connection.region.clone(),
        s3_endpoint: connection.s3_endpoint.clone(),
    })
}

/// What STS said, by its error code; `hint` adds what the caller knows.
pub(super) fn failure<E>(
    endpoint: &str,
    error: &SdkError<E, HttpResponse>,
    hint: impl FnOnce(&str, &str) -> Option<String>,
) -> SessionError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + fmt::Debug + 'static,
{
    let (code, message) = (
        error.code().map(str::to_owned),
        error.message().map(one_line),
    );
    match (code, message) {
        (Some(code), message) => {
            let message = message.unwrap_or_else(|| "no reason given".to_owned());
            let hint = hint(&code, &message).or_else(|| common_hint(&code));
            SessionError::Refused {
                service: SERVICE,
                code,
                message,
                hint,
                retry_after: None,
            }
        }
        (None, _) => match error.raw_response().map(|r| r.status().as_u16()) {
            Some(status) => SessionError::Unreadable {
                service: SERVICE,
                detail: format!("status {status} without an STS error document"),
            },
            None => SessionError::Unreachable {
                service: SERVICE,
                endpoint: endpoint.to_owned(),
                source: one_line(&explain(error)).into(),
            },
        },
    }
}

fn common_hint(code: &str) -> Option<String> {
    let hint = match code {
        "RegionDisabledException" => {
            "STS is not activated in this region for the role's account: activate it in the IAM account settings"
        }
        "PackedPolicyTooLarge" => {
            "session policy and session tags together are too large: shorten session_policy"
        }
        "MalformedPolicyDocument" => "session_policy is no valid IAM policy",
        "ValidationError" => {
            "role_arn, session_name or session_duration_seconds does not fit; the duration may exceed the role's maximum session duration"
        }
        _ => return None,
    };
    Some(hint.to_owned())
}

/// A duration as STS wants it; settings keep it within 900 to 43,200 seconds.
pub(super) fn seconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_secs()).unwrap_or(i32::MAX)
}
