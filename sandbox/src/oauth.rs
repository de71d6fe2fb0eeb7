//! Token requests as OAuth 2.0 wants them (RFC 6749), read strictly and refused with its error
//! bodies. Who the client is and what it may have is the business of the stand-in that asks.

use axum::Json;
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

/// A refused token request; answered as RFC 6749 §5.2 says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    status: StatusCode,
    error: &'static str,
    description: String,
}

impl Refusal {
    pub(crate) fn new(error: &'static str, description: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            error,
            description: description.into(),
        }
    }

    /// How XSUAA refuses a client that it does not believe.
    pub(crate) fn unauthorized(description: &str) -> Self {
        Self::new("unauthorized", description).with_status(StatusCode::UNAUTHORIZED)
    }

    pub(crate) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// One line for the ledger.
    pub(crate) fn reason(&self) -> String {
        format!("{}: {}", self.error, self.description)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.error, "error_description": self.description });
        let mut response = (self.status, uncached(Json(body))).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Basic realm=\"sandbox\""),
            );
        }
        response
    }
}

/// Forbids storing an answer that holds a token (RFC 6749 §5.1).
pub(crate) fn uncached(body: Json<Value>) -> impl IntoResponse {
    (
        [
            (header::CACHE_CONTROL, "no-store"),
            (header::PRAGMA, "no-cache"),
        ],
        body,
    )
}

/// The fields of a token request and the client authentication that came with it.
#[derive(Debug)]
pub(crate) struct TokenRequest {
    fields: Vec<(String, String)>,
    basic: Option<(String, String)>,
}

impl TokenRequest {
    /// Takes a request for a technical token apart; nothing but a form in the body will do.
    pub(crate) fn read(uri: &Uri, headers: &HeaderMap, body: &Bytes) -> Result<Self, Refusal> {
        Self::read_for(&["client_credentials"], uri, headers, body)
    }

    /// The same for one of these grants.
    pub(crate) fn read_for(
        grants: &[&str],
        uri: &Uri,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Result<Self, Refusal> {
        let invalid = |text: &str| Refusal::new("invalid_request", text);
        if uri.query().is_some() {
            return Err(invalid("parameters belong into the body, not the URL"));
        }
        let content_type = headers.get(header::CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok());
        let media_type = content_type.and_then(|value| value.split(';').next());
        if media_type.is_none_or(|it| it.trim() != "application/x-www-form-urlencoded") {
            return Err(invalid(
                "content type must be application/x-www-form-urlencoded",
            ));
        }
        let basic = match headers.get(header::AUTHORIZATION) {
            None => None,
            Some(value) => {
                Some(basic_credentials(value).ok_or_else(|| invalid("not Basic authentication"))?)
            }
        };
        let fields = form_urlencoded::parse(body).into_owned().collect();
        let request = Self { fields, basic };
        match request.one("grant_type")? {
            Some(grant) if grants.contains(&grant) => Ok(request),
            Some(other) => Err(Refusal::new(
                "unsupported_grant_type",
                format!("grant type {other} is not simulated"),
            )),
            None => Err(invalid("grant_type is missing")),
        }
    }

    /// A field that must come once.
    pub(crate) fn needed(&self, name: &'static str) -> Result<&str, Refusal> {
        let missing = || Refusal::new("invalid_request", format!("{name} is missing"));
        self.one(name)?.ok_or_else(missing)
    }

    /// A field that may come once.
    pub(crate) fn one(&self, name: &'static str) -> Result<Option<&str>, Refusal> {
        let mut values = self.all(name);
        let first = values.next();
        if values.next().is_some() {
            return Err(Refusal::new(
                "invalid_request",
                format!("{name} is there twice"),
            ));
        }
        Ok(first.filter(|value| !value.is_empty()))
    }

    /// Every value of a field that may come several times.
    pub(crate) fn all<'a>(&'a self, name: &'static str) -> impl Iterator<Item = &'a str> {
        let named = self.fields.iter().filter(move |(field, _)| field == name);
        named.map(|(_, value)| value.as_str())
    }

    /// Who the client says it is, and the secret it shows for that.
    pub(crate) fn client(&self) -> Result<(&str, Option<ShownSecret<'_>>), Refusal> {
        let id = self.one("client_id")?;
        let posted = self.one("client_secret")?;
        match (&self.basic, id) {
            // RFC 6749 §2.3 wants one of the two; the approuter sends both, and they are equal.
            (Some((_, password)), _) if posted.is_some_and(|posted| !same(password, posted)) => {
                Err(Refusal::new(
                    "invalid_request",
                    "different secrets in header and body",
                ))
            }
            (Some((user, _)), Some(id)) if !same(user, id) => Err(Refusal::new(
                "invalid_request",
                "client_id differs from the one in the header",
            )),
            (Some((user, password)), id) => {
                Ok((id.unwrap_or(user), Some(ShownSecret::Header(password))))
            }
            (None, Some(id)) => Ok((id, posted.map(ShownSecret::Body))),
            (None, None) => Err(Refusal::new("invalid_request", "client_id is missing")),
        }
    }
}

/// A client secret and the place where it came.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ShownSecret<'a> {
    Header(&'a str),
    Body(&'a str),
}

impl ShownSecret<'_> {
    /// Whether it is this secret; in the header it may be form-encoded (RFC 6749 §2.3.1).
    pub(crate) fn is(&self, secret: &str) -> bool {
        match self {
            Self::Header(shown) => same(shown, secret),
            Self::Body(shown) => *shown == secret,
        }
    }

    /// How to refuse a client whose secret is wrong: 401 only if it used the header.
    pub(crate) fn refusal(&self, description: &str) -> Refusal {
        let refusal = Refusal::new("invalid_client", description);
        match self {
            Self::Header(_) => refusal.with_status(StatusCode::UNAUTHORIZED),
            Self::Body(_) => refusal,
        }
    }
}

fn same(shown: &str, expected: &str) -> bool {
    shown == expected
        || percent_decode_str(&shown.replace('+', " ")).decode_utf8_lossy() == expected
}

/// User and password of an `Authorization: Basic` header.
pub(crate) fn basic_credentials(value: &HeaderValue) -> Option<(String, String)> {
    let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

/// The token of an `Authorization: Bearer` header.
pub(crate) fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}
