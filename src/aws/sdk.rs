//! `aws-sdk-s3` over our own connections to S3: same pool, same trust, no proxy, small buffers.
//!
//! The configuration is built piece by piece: the SDK's loader would read `AWS_*` variables and
//! profile files.

use std::borrow::Cow;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_sdk_s3::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    BehaviorVersion, ConfigBag, Credentials, IdentityCache, Intercept, Region,
    StalledStreamProtectionConfig,
};
use aws_sdk_s3::error::BoxError;
use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use aws_sdk_s3::{Client, Config};
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use secrecy::ExposeSecret;

use super::Session;
use crate::btp::http::StorageClient;
use crate::clock::Clock;

/// For one attempt of a request without a body that streams.
const ATTEMPT_LIMIT: Duration = Duration::from_secs(10);
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// Makes a client for each session, once.
#[derive(Debug, Clone)]
pub(super) struct Sdk {
    http: SharedHttpClient,
    clock: Clock,
    latest: Arc<Mutex<Option<Latest>>>,
}

/// A client, and the session that it signs with.
type Latest = (Arc<Session>, Client);

impl Sdk {
    pub(super) fn new(http: &StorageClient, clock: &Clock) -> Self {
        Self {
            http: SharedHttpClient::new(Connections(http.clone())),
            clock: clock.clone(),
            latest: Arc::default(),
        }
    }

    /// The client that signs with this session; cheap unless the session is new.
    pub(super) fn client(&self, session: &Arc<Session>) -> Client {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, client)) = &*latest
            && Arc::ptr_eq(known, session)
        {
            return client.clone();
        }
        let client = Client::from_conf(self.config(session));
        *latest = Some((Arc::clone(session), client.clone()));
        client
    }

    fn config(&self, session: &Session) -> Config {
        let credentials = Credentials::new(
            &session.access_key_id,
            session.secret_access_key.expose_secret(),
            Some(session.token.expose_secret().to_owned()),
            None,
            "session",
        );
        Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(session.region.clone()))
            .endpoint_url(&session.s3_endpoint)
            .force_path_style(true)
            .credentials_provider(credentials)
            // there is one cache of sessions, and it is ours
            .identity_cache(IdentityCache::no_cache())
            .interceptor(BlankKeys)
            .http_client(self.http.clone())
            .time_source(SharedTimeSource::new(Ours(self.clock.clone())))
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .retry_config(
                RetryConfig::standard()
                    .with_max_attempts(3)
                    .with_initial_backoff(FIRST_PAUSE),
            )
            .timeout_config(
                TimeoutConfig::builder()
                    .operation_attempt_timeout(ATTEMPT_LIMIT)
                    .build(),
            )
            // who streams a body watches it
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build()
    }
}

/// A body that streams; an error breaks the request off.
pub(crate) fn streaming(
    pieces: impl Stream<Item = io::Result<Bytes>> + Send + Sync + 'static,
) -> ByteStream {
    let frames = pieces.map(|piece| piece.map(Frame::data));
    ByteStream::from_body_1_x(StreamBody::new(frames))
}

/// Stands before a key of blanks alone on its way through the SDK, which would take it for missing
/// (the parameters of its endpoint are trimmed). No key begins with it: S3's have 1,024 bytes.
const STAND: &str = match str::from_utf8(&[b'-'; 1025]) {
    Ok(text) => text,
    Err(_) => "",
};

/// A key as the SDK takes it.
pub(crate) fn sdk_key(key: &str) -> Cow<'_, str> {
    if !key.is_empty() && key.trim().is_empty() {
        return Cow::Owned(format!("{STAND}{key}"));
    }
    Cow::Borrowed(key)
}

/// Takes the stand away before the request is signed.
#[derive(Debug)]
struct BlankKeys;

impl Intercept for BlankKeys {
    fn name(&self) -> &'static str {
        "BlankKeys"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        if let Some((before, behind)) = request.uri().split_once(STAND) {
            let uri = format!("{before}{behind}");
            request.set_uri(uri)?;
        }
        Ok(())
    }
}

#[derive(Debug)]
struct Ours(Clock);

impl TimeSource for Ours {
    fn now(&self) -> SystemTime {
        self.0.now()
    }
}

/// The client for S3, as the SDK wants to see one.
#[derive(Debug, Clone)]
struct Connections(StorageClient);

impl HttpClient for Connections {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Connections {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.0.clone();
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x();
            let request = request.map_err(|e| ConnectorError::user(e.into()))?;
            let answer = client.send(request.map(BodyExt::boxed_unsync)).await;
            let answer = answer.map_err(|e| ConnectorError::io(e.into()))?;
            let answer = HttpResponse::try_from(answer.map(SdkBody::from_body_1_x));
            answer.map_err(|e| ConnectorError::other(e.into(), None))
        })
    }
}
