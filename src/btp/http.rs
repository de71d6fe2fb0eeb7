//! The one place that builds HTTP clients, with trust roots, limits and time-outs.

mod storage;

use std::error::Error;
use std::fmt;
use std::time::Duration;

use reqwest::{Certificate, Client, ClientBuilder, Identity, RequestBuilder, Response, redirect};
use secrecy::{ExposeSecret, SecretString};

pub(crate) use storage::{StorageBody, StorageClient};

use super::BtpError;
use crate::settings::{ClientCertificate, TrustRoots};
use crate::telemetry::one_line;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
const IDLE_CONNECTION: Duration = Duration::from_secs(20);
/// Upstream answers are hostile input: more than this is not read.
const ANSWER_LIMIT: usize = 1 << 20;
/// Attempts per request, the first one included.
const ATTEMPTS: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest `Retry-After` that is waited for within one request.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Builds HTTP clients that trust the system's roots and the configured ones.
#[derive(Debug, Clone)]
pub(crate) struct HttpClients {
    roots: Vec<Certificate>,
    plain: Client,
    storage: StorageClient,
}

/// An HTTP client could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client can't be set up")]
pub(crate) struct ClientError(#[source] Box<dyn Error + Send + Sync>);

impl HttpClients {
    /// Builds the shared clients.
    pub(crate) fn new(trust: &TrustRoots) -> Result<Self, ClientError> {
        let mut roots = Vec::new();
        for pem in &trust.0 {
            let bundle = Certificate::from_pem_bundle(pem.as_bytes());
            roots.extend(bundle.map_err(|e| ClientError(e.into()))?);
        }
        let plain = builder(&roots).timeout(ATTEMPT_TIMEOUT);
        Ok(Self {
            plain: plain.build().map_err(|e| ClientError(e.into()))?,
            storage: StorageClient::new(trust).map_err(ClientError)?,
            roots,
        })
    }

    /// The client for bound services and AWS's credential endpoints.
    pub(crate) fn plain(&self) -> &Client {
        &self.plain
    }

    /// The client for S3.
    pub(crate) fn storage(&self) -> &StorageClient {
        &self.storage
    }

    /// A client that shows a binding's certificate (mutual TLS).
    pub(crate) fn mutual_tls(
        &self,
        service: &'static str,
        shown: &ClientCertificate,
    ) -> Result<Client, BtpError> {
        let failed = |source: reqwest::Error| BtpError::ClientCertificate {
            service,
            source: source.into(),
        };
        let pem = SecretString::from(format!(
            "{}\n{}",
            shown.key.expose_secret(),
            shown.certificate
        ));
        let identity = Identity::from_pem(pem.expose_secret().as_bytes()).map_err(failed)?;
        builder(&self.roots)
            .timeout(ATTEMPT_TIMEOUT)
            .identity(identity)
            .build()
            .map_err(failed)
    }
}

fn builder(roots: &[Certificate]) -> ClientBuilder {
    let builder = Client::builder()
        .http1_only()
        .redirect(redirect::Policy::none())
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE_CONNECTION)
        .user_agent(concat!("btp-s3-catalog/", env!("CARGO_PKG_VERSION")));
    if roots.is_empty() {
        builder
    } else {
        builder.tls_certs_merge(roots.iter().cloned())
    }
}

/// An answer that was read to its end; its body may hold keys and tokens, and is never printed.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) etag: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer({}, {} bytes)", self.status, self.body.len())
    }
}

/// A question to a bound service, asked again when the service is busy or away.
pub(crate) struct Question<'a> {
    pub(crate) service: &'static str,
    /// What is asked for, in words for the operator.
    pub(crate) what: &'a str,
    pub(crate) url: &'a str,
}

impl Question<'_> {
    /// Sends the request, at most three times; only 2xx and 304 count as answers.
    ///
    /// Pauses grow from 100 ms with jitter, as SAP's resilience guide asks for; a short
    /// `Retry-After` is obeyed.
    pub(crate) async fn ask(
        &self,
        request: impl Fn() -> RequestBuilder,
    ) -> Result<Answer, BtpError> {
        let mut pause = FIRST_PAUSE;
        let mut attempt = 1;
        loop {
            let failure = match self.once(request()).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let wait = failure
                .retry_after()
                .unwrap_or_else(|| pause.mul_f64(0.5 + fastrand::f64()));
            if attempt == ATTEMPTS || !failure.is_transient() || wait > LONGEST_PAUSE {
                return Err(failure);
            }
            tokio::time::sleep(wait).await;
            attempt += 1;
            pause *= 2;
        }
    }

    async fn once(&self, request: RequestBuilder) -> Result<Answer, BtpError> {
        let unreachable = |source: Box<dyn Error + Send + Sync>| BtpError::Unreachable {
            service: self.service,
            url: self.url.to_owned(),
            source,
        };
        let response = request
            .send()
            .await
            .map_err(|e| unreachable(e.without_url().into()))?;
        let status = response.status().as_u16();
        let header = |name: &str| {
            let value = response.headers().get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        let etag = header("etag");
        let retry_after = header("retry-after").and_then(|v| v.parse().ok());
        let body = read(response).await.map_err(unreachable)?;
        if status == 304 || (200..300).contains(&status) {
            return Ok(Answer { status, etag, body });
        }
        Err(BtpError::Refused {
            service: self.service,
            what: self.what.to_owned(),
            status,
            message: message_of(&body),
            retry_after,
        })
    }
}

/// Reads a whole body, up to the limit for upstream answers.
pub(crate) async fn read(mut response: Response) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>> {
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(reqwest::Error::without_url)?
    {
        if body.len() + chunk.len() > ANSWER_LIMIT {
            return Err(format!("the answer is longer than {ANSWER_LIMIT} bytes").into());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The service's own words in an error body: JSON members that SAP and OAuth use, else text.
///
/// HTML (a proxy's or router's page) is not repeated.
fn message_of(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    let members = serde_json::from_str::<serde_json::Value>(text).ok();
    let said = members.as_ref().and_then(|json| {
        [
            "ErrorMessage",
            "error_description",
            "message",
            "Message",
            "error",
        ]
        .iter()
        .find_map(|member| json.get(member)?.as_str())
    });
    match said {
        Some(said) => one_line(said),
        None if text.is_empty() => "no reason given".to_owned(),
        None if text.starts_with('<') => {
            "an HTML page, so probably not the service itself".to_owned()
        }
        None if members.is_some() => "no reason given".to_owned(),
        None => one_line(text),
    }
}

#[cfg(test)]
mod tests {
    use super::message_of;

    #[test]
    fn an_error_body_is_told_in_the_services_own_words() {
        let cases: [(&[u8], &str); 6] = [
            (
                br#"{"ErrorMessage":"Configuration not found"}"#,
                "Configuration not found",
            ),
            (
                br#"{"error":"invalid_client","error_description":"Bad"}"#,
                "Bad",
            ),
            (br#"{"error":"unauthorized"}"#, "unauthorized"),
            (
                b"<html><body>gateway</body></html>",
                "an HTML page, so probably not the service itself",
            ),
            (b"", "no reason given"),
            (b"Unauthorized\n", "Unauthorized"),
        ];
        for (body, expected) in cases {
            assert_eq!(message_of(body), expected);
        }
    }
}
