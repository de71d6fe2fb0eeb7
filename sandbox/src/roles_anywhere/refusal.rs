//! Errors of `CreateSession` in restJson1, with the texts that were seen from AWS.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::random;

/// An answer other than a session.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    kind: &'static str,
    /// What the caller reads.
    message: String,
    /// What the ledger says; AWS keeps this to itself.
    reason: String,
}

impl Refusal {
    pub(super) fn reason(&self) -> &str {
        &self.reason
    }

    /// 403 with a terse message.
    pub(super) fn denied(message: impl Into<String>, reason: impl Into<String>) -> Self {
        let (message, reason) = (message.into(), reason.into());
        Self {
            status: StatusCode::FORBIDDEN,
            kind: "AccessDeniedException",
            message,
            reason,
        }
    }

    /// AWS says the same for a wrong signature, a wrong date and a key that fits no certificate.
    pub(super) fn signature(reason: impl Into<String>) -> Self {
        Self::denied("Invalid signature", reason)
    }

    pub(super) fn untrusted(reason: String) -> Self {
        Self::denied("Untrusted Signing Certificate", reason)
    }

    pub(super) fn role(arn: &str, reason: &str) -> Self {
        Self::denied(
            format!("Unable to assume role for {arn}"),
            format!("{reason}: {arn}"),
        )
    }

    pub(super) fn role_duration(arn: &str) -> Self {
        let why = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
        Self::denied(format!("Unable to assume role for {arn}. {why}"), why)
    }

    pub(super) fn session_name_not_accepted() -> Self {
        Self::denied(
            "Access denied. The profile does not accept a role session name.",
            "roleSessionName sent, but the profile has acceptRoleSessionName=false",
        )
    }

    pub(super) fn validation(message: impl Into<String>) -> Self {
        let message = message.into();
        let reason = message.clone();
        Self {
            status: StatusCode::BAD_REQUEST,
            kind: "ValidationException",
            message,
            reason,
        }
    }

    /// One member that breaks its constraint, in the wording of AWS's framework.
    pub(super) fn constraint(value: &str, member: &str, constraint: &str) -> Self {
        Self::validation(format!(
            "1 validation error detected: {value} at '{member}' failed to satisfy constraint: {constraint}"
        ))
    }

    pub(super) fn not_found(what: &str, arn: &str) -> Self {
        let message = format!("{what} not found: {arn}");
        let reason = message.clone();
        Self {
            status: StatusCode::NOT_FOUND,
            kind: "ResourceNotFoundException",
            message,
            reason,
        }
    }

    pub(super) fn unknown_operation() -> Self {
        let message = "Unknown operation".to_owned();
        let reason = message.clone();
        Self {
            status: StatusCode::NOT_FOUND,
            kind: "UnknownOperationException",
            message,
            reason,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let headers = [
            ("x-amzn-errortype", self.kind.to_owned()),
            ("x-amzn-requestid", random::uuid()),
        ];
        (self.status, headers, Json(json!({"message": self.message}))).into_response()
    }
}
