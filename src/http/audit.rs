//! The audit trail: one log line for each access to data, be it a request of its own or a part of
//! a batch. All callers share one AWS session, so AWS's own trail can't tell them apart; these lines
//! can, and the correlation id joins each to its request's line.

use tracing::info;

use crate::caller::Caller;
use crate::telemetry::AUDIT;

/// What was accessed.
#[derive(Debug, Default)]
pub(super) struct Accessed<'a> {
    /// Entity sets and navigation properties of the path, without keys.
    pub(super) resource: String,
    pub(super) bucket: Option<&'a str>,
    /// Key of the object.
    pub(super) object: Option<&'a str>,
}

/// Writes the line: who did what to which bucket and object, and what came of it.
pub(super) fn record(caller: &Caller, method: &str, accessed: &Accessed<'_>, status: u16) {
    let (id, result) = (caller.id(), result(status));
    info!(
        target: AUDIT,
        method,
        caller.id = id,
        caller.kind = caller.kind().name(),
        caller.issuer = caller.issuer().name(),
        caller.email = caller.email(),
        audit.action = action(method),
        audit.resource = accessed.resource,
        audit.bucket = accessed.bucket,
        audit.object = accessed.object,
        audit.result = result,
        response_status = status,
        "{result}: {method} {} for {id}",
        accessed.resource,
    );
}

fn action(method: &str) -> &'static str {
    match method {
        "GET" | "HEAD" => "read",
        "DELETE" => "delete",
        _ => "write",
    }
}

fn result(status: u16) -> &'static str {
    match status {
        401 | 403 => "denied",
        400.. => "failure",
        _ => "success",
    }
}
