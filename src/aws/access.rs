//! The only door to S3: hands a verified caller what is needed to send signed requests.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SessionTokenMode, SignableBody, SignableRequest,
    SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use reqwest::{Client, Response};
use secrecy::ExposeSecret;

use super::rotating::Rotating;
use super::{Session, SessionError};
use crate::btp::http::HttpClients;
use crate::caller::Caller;
use crate::clock::Clock;

/// SHA-256 of nothing: the body hash of every GET.
const EMPTY_BODY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Gives S3 to callers as long as there is an AWS session.
#[derive(Debug)]
pub(crate) struct Access {
    rotating: Rotating,
    http: Client,
    clock: Clock,
}

/// S3 with one session; lives for one request of a caller.
#[derive(Debug, Clone)]
pub(crate) struct S3 {
    session: Arc<Session>,
    http: Client,
    clock: Clock,
}

/// A request to S3 that got no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    #[error("the request to S3 could not be signed")]
    Signing(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("S3 could not be reached at {endpoint}")]
    Unreachable {
        endpoint: String,
        #[source]
        source: reqwest::Error,
    },
    #[error("S3 broke off in the middle of its answer")]
    BrokenOff(#[source] reqwest::Error),
    #[error("S3's answer is longer than {0} bytes")]
    TooLong(usize),
}

impl SendError {
    /// Whether the same request may succeed in a moment.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::BrokenOff(_) => true,
            Self::Signing(_) | Self::TooLong(_) => false,
        }
    }
}

/// An answer of S3, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// `x-amz-bucket-region`, which S3 adds when it redirects.
    pub(crate) region: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Access {
    pub(crate) fn new(rotating: Rotating, http: &HttpClients, clock: Clock) -> Self {
        Self {
            rotating,
            http: http.storage().clone(),
            clock,
        }
    }

    /// S3 for this caller: no caller, no S3.
    pub(crate) async fn s3(&self, _caller: &Caller) -> Result<S3, Arc<SessionError>> {
        Ok(self.with(self.rotating.session().await?))
    }

    /// S3 with a newer session, because S3 called the one of `expired` over.
    pub(crate) async fn renewed(&self, expired: &S3) -> Result<S3, Arc<SessionError>> {
        Ok(self.with(self.rotating.renewed(&expired.session).await?))
    }

    /// Whether requests can be served right now.
    pub(crate) fn is_ready(&self) -> bool {
        self.rotating.is_ready()
    }

    fn with(&self, session: Arc<Session>) -> S3 {
        S3 {
            session,
            http: self.http.clone(),
            clock: self.clock.clone(),
        }
    }
}

impl S3 {
    /// The region that requests are signed for.
    pub(crate) fn region(&self) -> &str {
        &self.session.region
    }

    /// Sends a signed GET and reads the answer, up to `most` bytes.
    ///
    /// `target` is path and query, encoded as it shall travel.
    pub(crate) async fn get(
        &self,
        target: &str,
        limit: Duration,
        most: usize,
    ) -> Result<Answer, SendError> {
        let url = format!("{}{target}", self.session.s3_endpoint);
        let headers = signed_headers(&self.session, "GET", &url, self.clock.now())
            .map_err(SendError::Signing)?;
        let mut request = self.http.get(&url).timeout(limit);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let sent = request.send().await.map_err(|e| SendError::Unreachable {
            endpoint: self.session.s3_endpoint.clone(),
            source: e.without_url(),
        });
        read(sent?, most).await
    }
}

/// Headers that sign a request without body (AWS Signature Version 4 for S3).
pub(crate) fn signed_headers(
    session: &Session,
    method: &str,
    url: &str,
    at: SystemTime,
) -> Result<Vec<(String, String)>, Box<dyn std::error::Error + Send + Sync>> {
    let identity = Credentials::new(
        &session.access_key_id,
        session.secret_access_key.expose_secret(),
        Some(session.token.expose_secret().to_owned()),
        None,
        "session",
    )
    .into();
    let mut settings = SigningSettings::default();
    // S3 signs the path as sent: no second encoding, no removal of dots
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    settings.session_token_mode = SessionTokenMode::Include;
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(&session.region)
        .name("s3")
        .time(at)
        .settings(settings)
        .build()?
        .into();
    let body = SignableBody::Precomputed(EMPTY_BODY.to_owned());
    let request = SignableRequest::new(method, url, std::iter::empty(), body)?;
    let (instructions, _) = sign(request, &params)?.into_parts();
    let (headers, _) = instructions.into_parts();
    Ok(headers
        .into_iter()
        .map(|h| (h.name().to_owned(), h.value().to_owned()))
        .collect())
}

async fn read(mut response: Response, most: usize) -> Result<Answer, SendError> {
    let region = response.headers().get("x-amz-bucket-region");
    let region = region.and_then(|v| v.to_str().ok()).map(str::to_owned);
    let announced = response
        .content_length()
        .and_then(|l| usize::try_from(l).ok());
    let mut body = Vec::with_capacity(announced.unwrap_or_default().min(most));
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|e| SendError::BrokenOff(e.without_url()))?
    {
        if body.len() + chunk.len() > most {
            return Err(SendError::TooLong(most));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer {
        status: response.status().as_u16(),
        region,
        body,
    })
}
