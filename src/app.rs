//! Builds every long-lived part once, binds the listener and tells its port.
//!
//! The only place that knows all rooms; whoever looks for how the parts are joined looks here.

use std::any::Any;
use std::fmt;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::dev::{Extensions, Server, ServerHandle};
use actix_web::middleware::Condition;
use actix_web::rt::net::TcpStream;
use socket2::SockRef;
use tokio::sync::watch;
use tokio::time::sleep;
use tracing::{debug, info};

use crate::aws::broker::Broker;
use crate::aws::rotating::Rotating;
use crate::aws::{Access, SessionError};
use crate::btp::http::{ClientError, HttpClients};
use crate::caller::{Trust, UnusableIdentity, Verifier};
use crate::catalog::Catalog;
use crate::clock::Clock;
use crate::diagnosis::Diagnosis;
use crate::http::{self, Limits, Seal};
use crate::settings::Settings;

/// Longer than the 90 s for which the platform's router keeps a connection open, so that it
/// never writes into one that we are closing.
const KEEP_ALIVE: Duration = Duration::from_secs(95);
/// A request head that takes longer is cut off.
const SLOW_HEAD: Duration = Duration::from_secs(5);
/// A client that takes nothing of its answer for this long is cut off.
const SLOW_READER: Duration = Duration::from_secs(20);
/// What uploads that won't end in time get for taking their parts back from S3.
const TIME_TO_GIVE_UP: Duration = Duration::from_secs(3);
/// 64 MB instances get 16 ms of CPU a second: more threads would only cost memory.
const MOST_WORKERS: usize = 2;

/// The service, listening but not yet running.
pub struct App {
    server: Server,
    address: SocketAddr,
    draining: Arc<AtomicBool>,
    drain: Duration,
    /// Tells uploads to give up.
    close: watch::Sender<bool>,
}

/// The service can't be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("trust roots can't be used; see ca_bundle and CF_SYSTEM_CERT_PATH")]
    Client(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the identity binding can't be used")]
    Identity(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("{address} can't be listened on")]
    Listen {
        address: SocketAddr,
        #[source]
        source: std::io::Error,
    },
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "App({})", self.address)
    }
}

impl App {
    /// Starts the search for a session and listens; needs an actix or tokio runtime.
    ///
    /// An upstream that is away is no reason to fail: the service answers 503 until it is back.
    ///
    /// # Errors
    /// Trust roots that can't be used, or an address that can't be bound.
    pub fn start(settings: Settings, clock: Clock) -> Result<Self, StartError> {
        let http = HttpClients::new(&settings.ca_bundle)
            .map_err(|e: ClientError| StartError::Client(e.into()))?;
        let trust = Trust::from_settings(&settings)
            .map_err(|e: UnusableIdentity| StartError::Identity(e.into()))?;
        let verifier = Verifier::new(trust, http.plain().clone(), clock.clone());
        let (visible, freshness) = (settings.buckets.clone(), settings.list_freshness);
        let (limits, origins) = (
            Limits {
                scan: settings.scan_limit,
                upload: settings.max_upload_bytes,
                presign: settings.presign,
                fileshare: settings.fileshare,
            },
            settings.cors_origins.clone(),
        );
        let (address, drain) = (
            SocketAddr::new(settings.bind_address, settings.port),
            settings.drain,
        );
        let seal = seal(&settings)?;
        tell_what_is_public(&settings);
        let diagnosis = Diagnosis::new(settings.env().clone(), clock.clone());

        let broker = Broker::new(settings, http.clone(), clock.clone());
        let broker = Arc::new(broker.map_err(|e: SessionError| StartError::Client(e.into()))?);
        let open = move || {
            let broker = Arc::clone(&broker);
            async move { broker.open_session().await }
        };
        let (close, closing) = watch::channel(false);
        let rotating = Rotating::start(open, clock.clone());
        let catalog = Catalog::new(
            Access::new(rotating, &http, clock.clone()),
            &visible,
            freshness,
            closing,
        );

        let draining = Arc::new(AtomicBool::new(false));
        let service = http::Service::new(
            catalog,
            verifier,
            Arc::clone(&draining),
            clock,
            limits,
            seal,
            diagnosis,
        );
        let listen = |source| StartError::Listen { address, source };
        let listener = TcpListener::bind(address).map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let server = serve(listener, service, origins, drain).map_err(listen)?;
        info!(address = %address, "listening on {address}");
        Ok(Self {
            server,
            address,
            draining,
            drain,
            close,
        })
    }

    /// Where the service listens; tells the port when the settings asked for any.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` resolves and running requests had their time to end.
    ///
    /// # Errors
    /// What the HTTP server fails with.
    pub async fn run_until(self, stop: impl Future<Output = ()> + 'static) -> std::io::Result<()> {
        let handle: ServerHandle = self.server.handle();
        let (draining, drain, close) = (self.draining, self.drain, self.close);
        actix_web::rt::spawn(async move {
            stop.await;
            draining.store(true, Ordering::Relaxed);
            info!("stopping; running requests have {} s", drain.as_secs());
            actix_web::rt::spawn(async move {
                sleep(drain.saturating_sub(TIME_TO_GIVE_UP)).await;
                close.send_replace(true);
                close.closed().await;
            });
            handle.stop(true).await;
        });
        self.server.await
    }
}

/// The key is the same for all instances, because they share the bindings.
fn seal(settings: &Settings) -> Result<Seal, StartError> {
    let secret = settings.bindings.shared_secret();
    let seal = secret.and_then(Seal::derived_from);
    seal.ok_or_else(|| StartError::Identity("no binding has a secret".into()))
}

fn serve(
    listener: TcpListener,
    service: http::Service,
    cors_origins: Vec<String>,
    drain: Duration,
) -> std::io::Result<Server> {
    let service = actix_web::web::Data::new(service);
    let workers = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(MOST_WORKERS);
    let server = actix_web::HttpServer::new(move || {
        actix_web::App::new()
            .app_data(service.clone())
            .wrap(Condition::new(
                !cors_origins.is_empty(),
                http::cors(&cors_origins),
            ))
            .wrap(actix_web::middleware::from_fn(http::observe))
            .configure(http::routes)
    });
    let server = server
        .workers(workers)
        .keep_alive(KEEP_ALIVE)
        .client_request_timeout(SLOW_HEAD)
        .on_connect(cut_off_slow_readers)
        .shutdown_timeout(drain.as_secs())
        .disable_signals()
        .listen(listener)?;
    Ok(server.run())
}

/// A client that reads nothing holds its answer in our memory. The kernel gives the connection up
/// when nothing was taken for that long.
fn cut_off_slow_readers(connection: &dyn Any, _: &mut Extensions) {
    #[cfg(target_os = "linux")]
    if let Some(stream) = connection.downcast_ref::<TcpStream>()
        && let Err(error) = SockRef::from(stream).set_tcp_user_timeout(Some(SLOW_READER))
    {
        debug!("a slow reader would not be cut off: {error}");
    }
}

/// SAP Private Link carries S3 only; what else leaves the platform is said once.
fn tell_what_is_public(settings: &Settings) {
    let s3 = match (settings.s3_endpoint(), &settings.bindings.private_link) {
        (Some(endpoint), _) => format!("S3 is reached at {endpoint}, as s3_endpoint says"),
        (None, Some(link)) => format!("S3 goes through SAP Private Link ({})", link.hostname),
        (None, None) => {
            "S3 is reached without SAP Private Link, as s3_endpoint or allow_public_s3 says"
                .to_owned()
        }
    };
    info!(
        "{s3}; credentials and identity come from public endpoints, because Private Link does not offer them"
    );
}
