//! The front door: what the approuter does in production. It signs a demo user in by choice,
//! serves the page, and passes `/catalog` and `/fileshare` on to the service with that user's
//! token. It has no passwords, so it answers only to loopback names and never to another site's
//! pages.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State as Shared};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use crate::Core;
use crate::identity::Identity;
use crate::people::Person;
use crate::random;
use crate::serve::{Listening, serve_on};

mod correlation;
mod forgery;
mod page;
mod passage;
mod session;

pub use page::Page;

/// Name in the ledger and in faults.
pub const NAME: &str = "front-door";

/// Seconds before the end of a token at which a new one is made.
const NEAR_END: i64 = 60;

/// The front door of a sandbox; dropping it closes it.
#[derive(Debug)]
pub struct FrontDoor {
    listening: Listening,
}

impl FrontDoor {
    /// Opens on this port (0: any) in front of a service at `http://127.0.0.1:port`.
    pub async fn start(
        core: &Core,
        identity: &Identity,
        port: u16,
        service_url: &str,
        page: Page,
    ) -> io::Result<Self> {
        let service: Uri = service_url.parse().map_err(io::Error::other)?;
        let hall = Arc::new(Hall {
            core: core.clone(),
            identity: identity.clone(),
            service,
            page,
            client: Client::builder(TokioExecutor::new()).build(HttpConnector::new()),
            cookie: format!("sandbox-session-{}", random::text(6)),
            guests: Mutex::default(),
        });
        let listening = serve_on(port, core, NAME, routes(&hall), None).await?;
        Ok(Self { listening })
    }

    /// `http://127.0.0.1:port`
    pub fn url(&self) -> &str {
        &self.listening.url
    }
}

#[derive(Debug)]
struct Hall {
    core: Core,
    identity: Identity,
    service: Uri,
    page: Page,
    client: Client<HttpConnector, Body>,
    /// Cookies know no ports: a name of its own keeps two sandboxes apart.
    cookie: String,
    guests: Mutex<Guests>,
}

#[derive(Debug, Default)]
struct Guests {
    sessions: HashMap<String, session::Guest>,
    /// By person: token and its end, in seconds since 1970.
    tokens: HashMap<&'static str, (String, i64)>,
}

impl Hall {
    fn guests(&self) -> MutexGuard<'_, Guests> {
        self.guests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The person's token; one is used until shortly before its end.
    fn token(&self, person: &'static Person) -> String {
        let soon = self.core.clock.unix() + NEAR_END;
        let mut guests = self.guests();
        if let Some((token, end)) = guests.tokens.get(person.id)
            && *end > soon
        {
            return token.clone();
        }
        let claims = self.identity.user_claims(person);
        let end = claims.get("exp").and_then(Value::as_i64).unwrap_or(0);
        let token = self.identity.sign(&claims);
        guests.tokens.insert(person.id, (token.clone(), end));
        token
    }
}

fn routes(hall: &Arc<Hall>) -> Router {
    let own = Router::new()
        .route("/favicon.ico", get(async || StatusCode::NO_CONTENT))
        .route("/login", get(session::choose).post(session::enter))
        .route("/do/logout", get(session::leave).post(session::leave))
        .route("/user-api/currentUser", get(session::current_user))
        .layer(from_fn_with_state(Arc::clone(hall), page::guarded));
    Router::new()
        .merge(own)
        .fallback(elsewhere)
        .layer(from_fn_with_state(Arc::clone(hall), only_from_here))
        .with_state(Arc::clone(hall))
}

/// Not a route, because routing must not depend on what stands after `/catalog`.
async fn elsewhere(hall: Shared<Arc<Hall>>, request: Request) -> Response {
    let path = request.uri().path();
    let leads_on = |root: &&str| {
        let rest = path.strip_prefix(*root);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    if ["/catalog", "/fileshare"].iter().any(leads_on) {
        return passage::through(hall, request).await;
    }
    let (asked, _body) = request.into_parts();
    page::with_headers(&hall, page::file(&hall, &asked).await)
}

/// Keeps other sites out: their pages can reach loopback, by a name of theirs that points here
/// (DNS rebinding) or by a form that posts here.
async fn only_from_here(Shared(hall): Shared<Arc<Hall>>, request: Request, next: Next) -> Response {
    let refusal = if !names_loopback(request.headers()) {
        Some((
            StatusCode::MISDIRECTED_REQUEST,
            "The sandbox answers to 127.0.0.1 and localhost.\n",
        ))
    } else if !request.method().is_safe() && from_another_site(&request) {
        Some((
            StatusCode::FORBIDDEN,
            "Another site's page has no business here.\n",
        ))
    } else {
        None
    };
    match refusal {
        None => next.run(request).await,
        Some((status, text)) => {
            hall.core
                .ledger
                .record(NAME, format!("refused: {}", text.trim_end()));
            (status, text).into_response()
        }
    }
}

fn names_loopback(headers: &HeaderMap) -> bool {
    let Some(host) = text(headers, header::HOST.as_str()) else {
        return false;
    };
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    ["127.0.0.1", "localhost"].contains(&name)
}

fn from_another_site(request: &Request) -> bool {
    let headers = request.headers();
    let host = text(headers, header::HOST.as_str()).unwrap_or_default();
    let origin = text(headers, header::ORIGIN.as_str());
    let site = text(headers, "sec-fetch-site");
    origin.is_some_and(|origin| origin != format!("http://{host}"))
        || site.is_some_and(|site| site != "same-origin" && site != "none")
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Whether a browser asks for a page, rather than a script for data.
fn is_navigation(method: &Method, headers: &HeaderMap) -> bool {
    let accepts_page =
        text(headers, header::ACCEPT.as_str()).is_some_and(|accept| accept.contains("text/html"));
    method == Method::GET && accepts_page
}
