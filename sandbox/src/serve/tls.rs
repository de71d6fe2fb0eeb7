//! TLS settings of a stand-in. Validity of client certificates is judged by the sandbox's clock.

use std::io;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::time_provider::TimeProvider;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::clock::Clock;

/// What a stand-in shows and asks for in the TLS handshake; all PEM.
#[derive(Clone)]
pub struct Tls {
    /// Server certificate, followed by its intermediates.
    pub certificate: String,
    /// Its private key, PKCS#8.
    pub key: String,
    /// Roots that a client certificate must chain to; `None`: no client certificate is asked for.
    pub client_ca: Option<String>,
    /// Whether the handshake fails without a client certificate.
    pub require_client: bool,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls")
            .field("client_ca", &self.client_ca.is_some())
            .field("require_client", &self.require_client)
            .finish_non_exhaustive()
    }
}

impl Tls {
    pub(super) fn acceptor(&self, clock: &Clock) -> io::Result<TlsAcceptor> {
        let provider = Arc::new(default_provider());
        let chain: Vec<_> = CertificateDer::pem_slice_iter(self.certificate.as_bytes())
            .collect::<Result<_, _>>()
            .map_err(io::Error::other)?;
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes()).map_err(io::Error::other)?;
        let time = Arc::new(SandboxTime(clock.clone()));
        let builder = ServerConfig::builder_with_details(provider, time)
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?;
        let builder = match self.client_verifier()? {
            Some(verifier) => builder.with_client_cert_verifier(verifier),
            None => builder.with_no_client_auth(),
        };
        let config = builder
            .with_single_cert(chain, key)
            .map_err(io::Error::other)?;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    fn client_verifier(&self) -> io::Result<Option<Arc<dyn ClientCertVerifier>>> {
        let Some(client_ca) = &self.client_ca else {
            return Ok(None);
        };
        let mut roots = RootCertStore::empty();
        for root in CertificateDer::pem_slice_iter(client_ca.as_bytes()) {
            roots
                .add(root.map_err(io::Error::other)?)
                .map_err(io::Error::other)?;
        }
        let builder = WebPkiClientVerifier::builder_with_provider(
            Arc::new(roots),
            Arc::new(default_provider()),
        );
        let builder = if self.require_client {
            builder
        } else {
            builder.allow_unauthenticated()
        };
        Ok(Some(builder.build().map_err(io::Error::other)?))
    }
}

#[derive(Debug)]
struct SandboxTime(Clock);

impl TimeProvider for SandboxTime {
    fn current_time(&self) -> Option<UnixTime> {
        self.0
            .now()
            .duration_since(UNIX_EPOCH)
            .ok()
            .map(UnixTime::since_unix_epoch)
    }
}
