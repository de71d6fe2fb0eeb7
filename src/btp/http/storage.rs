//! The client for S3, whose memory is bounded per connection.
//!
//! A connection that is read or written quickly lets an HTTP client's buffers grow to some 400 KB;
//! with many transfers at a time that would be all the memory there is. This client keeps both
//! buffers small, which the general one can't be told to.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls_platform_verifier::Verifier;

use super::{CONNECT_TIMEOUT, IDLE_CONNECTION};
use crate::settings::TrustRoots;

/// What one connection reads at a time, and what it holds back when S3 takes a body slowly. An
/// answer's head has to fit.
const BUFFER: usize = 32 << 10;

type Fault = Box<dyn std::error::Error + Send + Sync>;

/// The body of a request to S3.
pub(crate) type StorageBody = UnsyncBoxBody<Bytes, Fault>;

/// Sends requests to S3: no proxy, no redirects, no overall time-out.
///
/// No proxy, because what goes to S3 goes to the Private Link host or nowhere; no time-out,
/// because who reads a body sets the limits.
#[derive(Debug, Clone)]
pub(crate) struct StorageClient(Client<HttpsConnector<HttpConnector>, StorageBody>);

impl StorageClient {
    /// Trusts the system's roots and these.
    pub(super) fn new(trust: &TrustRoots) -> Result<Self, Fault> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut roots = Vec::new();
        for pem in &trust.0 {
            for root in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                roots.push(root?);
            }
        }
        let verifier = Verifier::new_with_extra_roots(roots, Arc::clone(&provider))?;
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            // the platform's verifier, as every other client here has it
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
        tcp.set_nodelay(true);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_CONNECTION)
            .http1_max_buf_size(BUFFER)
            .build(connector);
        Ok(Self(client))
    }

    /// The answer as soon as it begins.
    pub(crate) async fn send(
        &self,
        request: http::Request<StorageBody>,
    ) -> Result<http::Response<Incoming>, hyper_util::client::legacy::Error> {
        self.0.request(request).await
    }
}
