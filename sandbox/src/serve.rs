//! Listeners on loopback: one per stand-in, plain or TLS (with client certificates on request),
//! with the faults of [`crate::fault`] in front and the sandbox's own clock in the `Date` header.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request, Response, header};
use futures_util::{StreamExt, stream};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use time::format_description::well_known::Rfc2822;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use crate::Core;
use crate::fault::Fault;

mod socket;
mod tls;

use socket::Socket;
pub use tls::Tls;

/// The certificate that the caller showed in its TLS handshake (DER of the leaf), if any.
///
/// Every request carries this as an extension. The chain was verified against
/// [`Tls::client_ca`]; what the certificate is good for is the stand-in's business.
#[derive(Debug, Clone)]
pub struct PeerCertificate(pub Option<Vec<u8>>);

/// A stand-in that answers; dropping this ends it and its connections.
#[derive(Debug)]
pub struct Listening {
    /// `http://127.0.0.1:port` or `https://127.0.0.1:port`.
    pub url: String,
    /// Where it listens.
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves a stand-in on a free port of 127.0.0.1.
pub async fn serve(
    core: &Core,
    name: &'static str,
    router: Router,
    tls: Option<Tls>,
) -> io::Result<Listening> {
    serve_on(0, core, name, router, tls).await
}

/// Serves a stand-in on the given port of 127.0.0.1 (0: any free one).
pub async fn serve_on(
    port: u16,
    core: &Core,
    name: &'static str,
    router: Router,
    tls: Option<Tls>,
) -> io::Result<Listening> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let address = listener.local_addr()?;
    let acceptor = tls.map(|tls| tls.acceptor(&core.clock)).transpose()?;
    let scheme = if acceptor.is_some() { "https" } else { "http" };
    let site = Arc::new(Site {
        name,
        core: core.clone(),
        router,
    });
    let task = tokio::spawn(accept(listener, acceptor, site));
    Ok(Listening {
        url: format!("{scheme}://{address}"),
        address,
        task,
    })
}

struct Site {
    name: &'static str,
    core: Core,
    router: Router,
}

async fn accept(listener: TcpListener, acceptor: Option<TlsAcceptor>, site: Arc<Site>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((tcp, _)) => {
                connections.spawn(converse(tcp, acceptor.clone(), Arc::clone(&site)));
            }
            // For example out of file handles: let others finish first.
            Err(error) => {
                tracing::warn!(%error, stand_in = site.name, "no connection accepted");
                tokio::task::yield_now().await;
            }
        }
    }
}

async fn converse(tcp: TcpStream, acceptor: Option<TlsAcceptor>, site: Arc<Site>) {
    let reset = Arc::new(AtomicBool::new(false));
    let socket = Socket::new(tcp, Arc::clone(&reset));
    let outcome = match acceptor {
        None => answer_all(socket, PeerCertificate(None), reset, site).await,
        Some(acceptor) => match acceptor.accept(socket).await {
            Ok(stream) => {
                let shown = stream
                    .get_ref()
                    .1
                    .peer_certificates()
                    .and_then(<[_]>::first);
                let peer = PeerCertificate(shown.map(|leaf| leaf.to_vec()));
                answer_all(stream, peer, reset, site).await
            }
            Err(error) => {
                site.core
                    .ledger
                    .record(site.name, format!("handshake failed: {error}"));
                Ok(())
            }
        },
    };
    if let Err(error) = outcome {
        tracing::debug!(error, "connection ended");
    }
}

async fn answer_all(
    io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: PeerCertificate,
    reset: Arc<AtomicBool>,
    site: Arc<Site>,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer.clone());
        answer(request, Arc::clone(&reset), Arc::clone(&site))
    });
    Builder::new(TokioExecutor::new())
        .http1_only()
        .serve_connection(TokioIo::new(io), service)
        .await
}

async fn answer(
    request: Request<Incoming>,
    reset: Arc<AtomicBool>,
    site: Arc<Site>,
) -> Result<Response<Body>, io::Error> {
    let asked = format!("{} {}", request.method(), request.uri().path());
    let fault = site.core.faults.next(site.name, request.uri().path());
    if let Some(fault) = &fault {
        site.core
            .ledger
            .record(site.name, format!("fault {fault:?} for {asked}"));
    }
    let mut response = match fault {
        None => honest(request, &site).await?,
        Some(Fault::Status {
            code,
            body,
            content_type,
            headers,
        }) => plain(code, body, content_type, &headers)?,
        Some(Fault::Slow(delay)) => {
            tokio::time::sleep(delay).await;
            honest(request, &site).await?
        }
        Some(Fault::Truncate(length)) => truncated(honest(request, &site).await?, length).await?,
        Some(Fault::Hang(silence)) => {
            tokio::time::sleep(silence).await;
            return Err(cut(&reset));
        }
        Some(Fault::Reset) => return Err(cut(&reset)),
    };
    let status = response.status().as_u16();
    site.core
        .ledger
        .record(site.name, format!("{asked} {status}"));
    if let Some(date) = http_date(&site.core) {
        response.headers_mut().insert(header::DATE, date);
    }
    Ok(response)
}

async fn honest(request: Request<Incoming>, site: &Site) -> io::Result<Response<Body>> {
    let answered = site.router.clone().oneshot(request.map(Body::new)).await;
    answered.map_err(|never| match never {})
}

fn plain(
    code: u16,
    body: String,
    content_type: &'static str,
    headers: &[(&'static str, String)],
) -> io::Result<Response<Body>> {
    let start = Response::builder()
        .status(code)
        .header(header::CONTENT_TYPE, content_type);
    let builder = headers
        .iter()
        .fold(start, |builder, (name, value)| builder.header(*name, value));
    builder.body(Body::from(body)).map_err(io::Error::other)
}

/// The announced length stays what the whole body would have had, so hyper must break off.
async fn truncated(response: Response<Body>, length: usize) -> io::Result<Response<Body>> {
    let (mut parts, body) = response.into_parts();
    let whole = axum::body::to_bytes(body, usize::MAX)
        .await
        .map_err(io::Error::other)?;
    let announced = whole.len().max(length.saturating_add(1));
    parts
        .headers
        .insert(header::CONTENT_LENGTH, HeaderValue::from(announced));
    let beginning = whole.slice(..length.min(whole.len()));
    let broken = async {
        // hyper sends what it has when the body makes it wait.
        tokio::task::yield_now().await;
        Err(io::Error::other("broken off on purpose"))
    };
    let chunks = stream::iter([Ok(beginning)]).chain(stream::once(broken));
    Ok(Response::from_parts(parts, Body::from_stream(chunks)))
}

/// Failing the service makes hyper drop the connection; the socket then resets it.
fn cut(reset: &AtomicBool) -> io::Error {
    reset.store(true, Ordering::Relaxed);
    io::Error::other("reset on purpose")
}

/// `Tue, 15 Nov 1994 08:12:31 GMT`, as RFC 9110 §5.6.7 wants it.
fn http_date(core: &Core) -> Option<HeaderValue> {
    let rfc2822 = core.clock.utc().format(&Rfc2822).ok()?;
    HeaderValue::from_str(&rfc2822.replace("+0000", "GMT")).ok()
}
