//! What a browser sees of the tenant: the authorization endpoint with its choice of demo users,
//! and the end of a session. Who can't be sent back safely gets the reason as a page, everybody
//! else gets it as the error of an authorization response (RFC 6749 §4.1.2.1).

use std::fmt::Write as _;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Redirect, Response};

use super::grants::{Asked, Challenge, SignIn};
use super::{NAME, Tenant};
use crate::people::{PEOPLE, named};
use crate::random;

const STYLE: &str = include_str!("../../../webapp/simple.css");
const POLICY: &str =
    "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'";

/// The parameters of a request of the browser, none of them twice.
struct Parameters(Vec<(String, String)>);

impl Parameters {
    fn read(text: &[u8]) -> Result<Self, &'static str> {
        let fields: Vec<(String, String)> = form_urlencoded::parse(text).into_owned().collect();
        let twice = |(name, _): &(String, String)| {
            fields.iter().filter(|(other, _)| other == name).count() > 1
        };
        if fields.iter().any(twice) {
            return Err("a parameter is there twice");
        }
        Ok(Self(fields))
    }

    fn get(&self, name: &str) -> Option<&str> {
        let mut fields = self.0.iter();
        fields
            .find(|(field, _)| field == name)
            .map(|(_, value)| value.as_str())
    }
}

/// `GET /oauth2/authorize`: straight back for a browser that is signed in, else the choice.
pub(super) async fn authorize(
    Shared(tenant): Shared<Arc<Tenant>>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let query = uri.query().unwrap_or_default();
    match Request::read(&tenant, query) {
        Err(refused) => refused.answered(&tenant),
        Ok(request) => match sign_in(&tenant, &headers) {
            Some(sign_in) => request.granted(&tenant, sign_in),
            None => page(&choice(query)),
        },
    }
}

/// `POST /oauth2/authorize`: somebody was chosen.
pub(super) async fn chosen(
    Shared(tenant): Shared<Arc<Tenant>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let from = headers
        .get(header::ORIGIN)
        .and_then(|value| value.to_str().ok());
    if from.is_some_and(|from| from != tenant.issuer()) {
        return refusal(&tenant, "another site's page has no business here");
    }
    let request = match Request::read(&tenant, uri.query().unwrap_or_default()) {
        Ok(request) => request,
        Err(refused) => return refused.answered(&tenant),
    };
    let fields = Parameters::read(&body).ok();
    let user = fields.as_ref().and_then(|fields| fields.get("user"));
    let Some(person) = user.and_then(named) else {
        return refusal(&tenant, "there is no such demo user");
    };
    let now = tenant.core.clock.unix();
    let sign_in = SignIn {
        person,
        id: random::uuid(),
        since: now,
    };
    let cookie = tenant.state().grants.sign_in(sign_in.clone());
    tenant.core.ledger.secret(&cookie);
    tenant
        .core
        .ledger
        .record(NAME, format!("{} signed in", person.id));
    let cookie = format!(
        "{}={cookie}; Path=/; HttpOnly; Secure; SameSite=Lax",
        tenant.cookie
    );
    (
        [(header::SET_COOKIE, cookie)],
        request.granted(&tenant, sign_in),
    )
        .into_response()
}

/// `GET /oauth2/logout`: ends the browser's session and leads to a registered address.
pub(super) async fn logout(
    Shared(tenant): Shared<Arc<Tenant>>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    if let Some(cookie) = cookie(&tenant, &headers) {
        tenant.state().grants.sign_out(cookie);
    }
    let parameters = match Parameters::read(uri.query().unwrap_or_default().as_bytes()) {
        Ok(parameters) => parameters,
        Err(reason) => return refusal(&tenant, reason),
    };
    let gone = format!(
        "{}=; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=0",
        tenant.cookie
    );
    let gone = [(header::SET_COOKIE, gone)];
    let Some(target) = parameters.get("post_logout_redirect_uri") else {
        return (gone, page("<h1>You are signed out</h1>")).into_response();
    };
    let client = parameters.get("client_id").unwrap_or_default();
    let state = tenant.state();
    if !state.clients.contains_key(client) || !state.after_logout.allow(target) {
        drop(state);
        return (
            gone,
            refusal(&tenant, "post_logout_redirect_uri is not registered"),
        )
            .into_response();
    }
    (gone, Redirect::to(target)).into_response()
}

pub(super) async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)
}

/// An authorization request that may be granted.
struct Request {
    asked: Asked,
    state: Option<String>,
}

/// One that may not, and whether the client can be told.
enum Refused {
    /// Client or address are unknown: the browser must not be sent anywhere.
    Here(&'static str),
    Back {
        request: Back,
        error: &'static str,
        description: &'static str,
    },
}

/// Where an answer goes.
struct Back {
    redirect_uri: String,
    state: Option<String>,
}

impl Request {
    fn read(tenant: &Tenant, query: &str) -> Result<Self, Refused> {
        let parameters = Parameters::read(query.as_bytes()).map_err(Refused::Here)?;
        let get = |name: &str| parameters.get(name).map(str::to_owned);
        let client_id = get("client_id").ok_or(Refused::Here("client_id is missing"))?;
        let redirect_uri = get("redirect_uri").ok_or(Refused::Here("redirect_uri is missing"))?;
        let known = tenant.state();
        if !known.clients.contains_key(&client_id) {
            return Err(Refused::Here(
                "client_id names no application of this tenant",
            ));
        }
        if !known.after_login.allow(&redirect_uri) {
            return Err(Refused::Here("redirect_uri is not registered"));
        }
        let state = get("state");
        let refused = |error, description| {
            let (redirect_uri, state) = (redirect_uri.clone(), state.clone());
            Err(Refused::Back {
                request: Back {
                    redirect_uri,
                    state,
                },
                error,
                description,
            })
        };
        if parameters.get("response_type") != Some("code") {
            return refused(
                "unsupported_response_type",
                "only response_type code is simulated",
            );
        }
        let scopes = parameters.get("scope").unwrap_or_default();
        if !scopes.split(' ').any(|scope| scope == "openid") {
            return refused("invalid_scope", "scope must hold openid");
        }
        if parameters
            .get("app_tid")
            .is_some_and(|tid| tid != tenant.app_tid)
        {
            return refused("invalid_request", "unknown app_tid");
        }
        let challenge = match challenge(&parameters) {
            Ok(challenge) => challenge,
            Err(wrong) => return refused("invalid_request", wrong),
        };
        let nonce = get("nonce");
        let asked = Asked {
            client_id,
            redirect_uri,
            nonce,
            challenge,
        };
        Ok(Self { asked, state })
    }

    fn granted(self, tenant: &Tenant, sign_in: SignIn) -> Response {
        let redirect_uri = self.asked.redirect_uri.clone();
        let now = tenant.core.clock.unix();
        let code = tenant.state().grants.code(self.asked, sign_in, now);
        tenant.core.ledger.secret(&code);
        Back {
            redirect_uri,
            state: self.state,
        }
        .with(tenant, &[("code", &code)])
    }
}

/// What the code verifier will have to fit, if the client wants that.
fn challenge(parameters: &Parameters) -> Result<Option<Challenge>, &'static str> {
    let text = parameters.get("code_challenge").map(str::to_owned);
    match (text, parameters.get("code_challenge_method")) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err("code_challenge is missing"),
        (Some(text), Some("S256")) => Ok(Some(Challenge::Sha256(text))),
        (Some(text), None | Some("plain")) => Ok(Some(Challenge::Plain(text))),
        (Some(_), Some(_)) => Err("code_challenge_method is neither S256 nor plain"),
    }
}

impl Back {
    /// The answer of RFC 6749 §4.1.2, with the issuer of RFC 9207.
    fn with(&self, tenant: &Tenant, answer: &[(&str, &str)]) -> Response {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(answer);
        query.extend_pairs(self.state.iter().map(|state| ("state", state)));
        query.append_pair("iss", tenant.issuer());
        let joint = if self.redirect_uri.contains('?') {
            '&'
        } else {
            '?'
        };
        let target = format!("{}{joint}{}", self.redirect_uri, query.finish());
        Redirect::to(&target).into_response()
    }
}

impl Refused {
    fn answered(self, tenant: &Tenant) -> Response {
        match self {
            Self::Here(reason) => refusal(tenant, reason),
            Self::Back {
                request,
                error,
                description,
            } => {
                tenant
                    .core
                    .ledger
                    .record(NAME, format!("sign-in refused: {description}"));
                request.with(
                    tenant,
                    &[("error", error), ("error_description", description)],
                )
            }
        }
    }
}

fn sign_in(tenant: &Tenant, headers: &HeaderMap) -> Option<SignIn> {
    tenant
        .state()
        .grants
        .browser(cookie(tenant, headers)?)
        .cloned()
}

fn cookie<'a>(tenant: &Tenant, headers: &'a HeaderMap) -> Option<&'a str> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    let mut pairs = cookies
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .find(|(name, _)| *name == tenant.cookie)
        .map(|(_, value)| value)
}

fn refusal(tenant: &Tenant, reason: &str) -> Response {
    tenant
        .core
        .ledger
        .record(NAME, format!("sign-in refused: {reason}"));
    (
        StatusCode::BAD_REQUEST,
        page(&format!("<h1>Not possible</h1><p>{reason}</p>")),
    )
        .into_response()
}

fn choice(query: &str) -> String {
    let query = query
        .replace('&', "&amp;")
        .replace('"', "%22")
        .replace('<', "%3C");
    let mut cards = String::new();
    for person in PEOPLE {
        let (id, name, role, may) = (person.id, person.full_name(), person.role, person.may);
        // Writing into a String can't fail.
        let _ = write!(
            cards,
            r#"<li><button name="user" value="{id}"><strong>{name}</strong><span>{role}: {may}</span></button></li>"#,
        );
    }
    format!(
        r#"<h1>Sign in</h1>
<p>The sandbox's SAP Cloud Identity Services: choose a demo user, there is no password.</p>
<form method="post" action="/oauth2/authorize?{query}"><ul class="people">{cards}</ul></form>"#
    )
}

fn page(content: &str) -> Response {
    let html = format!(
        r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>SAP Cloud Identity Services (sandbox)</title>
<link rel="stylesheet" href="/oauth2/style.css"></head>
<body><main class="narrow">{content}</main></body></html>
"#
    );
    let headers = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, Html(html)).into_response()
}
