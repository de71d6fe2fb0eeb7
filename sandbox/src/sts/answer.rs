//! XML answers and errors of the Query protocol.

use std::fmt;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::random;

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// `<ActionResponse><ActionResult>…`.
#[derive(Debug)]
pub(super) struct Answer {
    action: &'static str,
    result: String,
}

impl Answer {
    pub(super) fn new(action: &'static str) -> Self {
        Self {
            action,
            result: String::new(),
        }
    }

    pub(super) fn text(&mut self, name: &str, value: &str) {
        self.group(name, |answer| answer.result.push_str(&escape(value)));
    }

    pub(super) fn time(&mut self, name: &str, value: OffsetDateTime) {
        self.text(name, &value.format(&Rfc3339).unwrap_or_default());
    }

    pub(super) fn group(&mut self, name: &str, fill: impl FnOnce(&mut Self)) {
        self.result.extend(["<", name, ">"]);
        fill(self);
        self.result.extend(["</", name, ">"]);
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let Self { action, result } = self;
        let id = random::uuid();
        let body = format!(
            "<{action}Response xmlns=\"{NAMESPACE}\"><{action}Result>{result}</{action}Result>\
             <ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></{action}Response>"
        );
        xml(StatusCode::OK, &id, body)
    }
}

/// An error; its `Display` is what the ledger keeps.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
    /// What AWS keeps to itself.
    reason: Option<String>,
}

impl Refusal {
    pub(super) fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code,
            message: message.into(),
            reason: None,
        }
    }

    pub(super) fn forbidden(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::FORBIDDEN,
            code,
            message: message.into(),
            reason: None,
        }
    }

    pub(super) fn validation(message: impl Into<String>) -> Self {
        Self::bad_request("ValidationError", message)
    }

    /// One member that breaks its constraint, in the wording of AWS's framework.
    pub(super) fn constraint(value: &str, member: &str, constraint: &str) -> Self {
        Self::validation(format!(
            "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {constraint}"
        ))
    }

    pub(super) fn invalid_token(message: impl Into<String>) -> Self {
        Self::bad_request("InvalidIdentityToken", message)
    }

    /// The same refusal with a reason for the ledger.
    pub(super) fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)?;
        match &self.reason {
            Some(reason) => write!(f, " ({reason})"),
            None => Ok(()),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let id = random::uuid();
        let (code, message) = (self.code, escape(&self.message));
        let body = format!(
            "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>Sender</Type><Code>{code}</Code>\
             <Message>{message}</Message></Error><RequestId>{id}</RequestId></ErrorResponse>"
        );
        xml(self.status, &id, body)
    }
}

fn xml(status: StatusCode, id: &str, body: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE.as_str(), "text/xml"),
        ("x-amzn-requestid", id),
    ];
    (status, headers, body).into_response()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
