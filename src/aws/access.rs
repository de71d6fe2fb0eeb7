//! The only door to S3: hands a verified caller what is needed to send signed requests, by the SDK
//! or, where that would be too slow, by ourselves.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SessionTokenMode, SignableBody, SignableRequest,
    SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use secrecy::ExposeSecret;
use tokio::time::timeout;

use super::rotating::{Rotating, SessionStanding};
use super::sdk::Sdk;
use super::{Session, SessionError};
use crate::btp::http::{HttpClients, StorageBody, StorageClient};
use crate::caller::Caller;
use crate::clock::Clock;

/// SHA-256 of nothing: the body hash of every GET.
const EMPTY_BODY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// How long an endpoint may take to answer a stranger.
const KNOCK: Duration = Duration::from_secs(5);

const USER_AGENT: &str = concat!("btp-s3-catalog/", env!("CARGO_PKG_VERSION"));

type Fault = Box<dyn std::error::Error + Send + Sync>;

/// Gives S3 to callers as long as there is an AWS session.
#[derive(Debug)]
pub(crate) struct Access {
    rotating: Rotating,
    http: StorageClient,
    sdk: Sdk,
    clock: Clock,
}

/// S3 with one session; lives for one request of a caller.
#[derive(Debug, Clone)]
pub(crate) struct S3 {
    session: Arc<Session>,
    http: StorageClient,
    sdk: Sdk,
    clock: Clock,
}

/// A request to S3 that got no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    #[error("the request to S3 could not be signed")]
    Signing(#[source] Fault),
    #[error("S3 could not be reached at {endpoint}")]
    Unreachable {
        endpoint: String,
        #[source]
        source: Fault,
    },
    #[error("S3 broke off in the middle of its answer")]
    BrokenOff(#[source] hyper::Error),
    #[error("S3 did not begin to answer within {} s", .0.as_secs())]
    Silent(Duration),
    #[error("S3's answer is longer than {0} bytes")]
    TooLong(usize),
}

impl SendError {
    /// Whether the same request may succeed in a moment.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::BrokenOff(_) | Self::Silent(_) => true,
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

/// An answer of S3 whose body is still to come.
#[derive(Debug)]
pub(crate) struct Answering(Response<Incoming>);

impl Answering {
    pub(crate) fn status(&self) -> u16 {
        self.0.status().as_u16()
    }

    /// A header that is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.0.headers().get(name)?.to_str().ok()
    }

    /// The next piece of the body, `None` at its end.
    pub(crate) async fn piece(&mut self) -> Result<Option<Bytes>, SendError> {
        piece(&mut self.0).await
    }

    /// The whole body, up to `most` bytes.
    pub(crate) async fn read(self, most: usize) -> Result<Vec<u8>, SendError> {
        Ok(read(self.0, most).await?.body)
    }
}

impl Access {
    pub(crate) fn new(rotating: Rotating, http: &HttpClients, clock: Clock) -> Self {
        Self {
            rotating,
            http: http.storage().clone(),
            sdk: Sdk::new(http.storage(), &clock),
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

    /// How it stands with the session.
    pub(crate) fn standing(&self) -> SessionStanding {
        self.rotating.standing()
    }

    fn with(&self, session: Arc<Session>) -> S3 {
        S3 {
            session,
            http: self.http.clone(),
            sdk: self.sdk.clone(),
            clock: self.clock.clone(),
        }
    }
}

impl S3 {
    /// S3 for diagnosis, which asks for itself and hands no data on: the one place without a caller.
    pub(crate) fn for_diagnosis(session: Session, http: &HttpClients, clock: &Clock) -> Self {
        Self {
            session: Arc::new(session),
            http: http.storage().clone(),
            sdk: Sdk::new(http.storage(), clock),
            clock: clock.clone(),
        }
    }

    /// Whether something trusted answers at an endpoint, asked without credentials. Any answer will
    /// do: S3 says 403 to strangers.
    pub(crate) async fn knock(http: &HttpClients, endpoint: &str) -> Result<(), SendError> {
        let nothing = Empty::new().map_err(|never| match never {}).boxed_unsync();
        let request = Request::get(endpoint).body(nothing);
        let request = request.map_err(|e| SendError::Signing(e.into()))?;
        let answer = timeout(KNOCK, http.storage().send(request)).await;
        let answer = answer.map_err(|_| SendError::Silent(KNOCK))?;
        answer.map(drop).map_err(|e| SendError::Unreachable {
            endpoint: endpoint.to_owned(),
            source: e.into(),
        })
    }

    /// The region that requests are signed for.
    pub(crate) fn region(&self) -> &str {
        &self.session.region
    }

    /// The SDK's client for this session.
    pub(crate) fn sdk(&self) -> aws_sdk_s3::Client {
        self.sdk.client(&self.session)
    }

    /// When the session ends, and with it whatever was signed with it.
    pub(crate) fn expires(&self) -> SystemTime {
        self.session.expires
    }

    /// The time that requests are signed with.
    pub(crate) fn now(&self) -> SystemTime {
        self.clock.now()
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
        let request = self.request("GET", target, std::iter::empty())?;
        let asked = async {
            let answer = self.http.send(request).await;
            read(answer.map_err(|e| self.unreachable(e.into()))?, most).await
        };
        let answer = timeout(limit, asked).await;
        answer.map_err(|_| SendError::Silent(limit))?
    }

    /// Sends a signed request without body, with more headers, and hands its answer on as soon
    /// as it begins, which it must within `limit`.
    pub(crate) async fn open(
        &self,
        method: &'static str,
        target: &str,
        headers: impl Iterator<Item = (&'static str, &str)>,
        limit: Duration,
    ) -> Result<Answering, SendError> {
        let request = self.request(method, target, headers)?;
        let answer = timeout(limit, self.http.send(request)).await;
        let answer = answer.map_err(|_| SendError::Silent(limit))?;
        Ok(Answering(answer.map_err(|e| self.unreachable(e.into()))?))
    }

    fn request<'h>(
        &self,
        method: &'static str,
        target: &str,
        more: impl Iterator<Item = (&'static str, &'h str)>,
    ) -> Result<Request<StorageBody>, SendError> {
        let url = format!("{}{target}", self.session.s3_endpoint);
        let headers = signed_headers(&self.session, method, &url, self.clock.now())
            .map_err(SendError::Signing)?;
        let mut request = Request::builder().method(method).uri(&url);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        for (name, value) in more {
            request = request.header(name, value);
        }
        request = request.header("user-agent", USER_AGENT);
        let request = request.body(Empty::new().map_err(|never| match never {}).boxed_unsync());
        request.map_err(|e| SendError::Signing(e.into()))
    }

    /// What a request by the SDK ended in that has no answer.
    pub(crate) fn unanswered(&self, told: String) -> SendError {
        self.unreachable(told.into())
    }

    fn unreachable(&self, source: Fault) -> SendError {
        SendError::Unreachable {
            endpoint: self.session.s3_endpoint.clone(),
            source,
        }
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

async fn read(mut response: Response<Incoming>, most: usize) -> Result<Answer, SendError> {
    let header = |name: &str| response.headers().get(name)?.to_str().ok();
    let region = header("x-amz-bucket-region").map(str::to_owned);
    let announced = header("content-length").and_then(|length| length.parse().ok());
    let mut body = Vec::with_capacity(announced.unwrap_or(0_usize).min(most));
    while let Some(chunk) = piece(&mut response).await? {
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

/// The next piece of a body, `None` at its end.
async fn piece(response: &mut Response<Incoming>) -> Result<Option<Bytes>, SendError> {
    while let Some(frame) = response.body_mut().frame().await {
        // trailers are no part of the body
        if let Ok(data) = frame.map_err(SendError::BrokenOff)?.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}
