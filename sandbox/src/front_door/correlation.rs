//! The correlation id of a request, chosen as the approuter chooses it.

use axum::http::{HeaderMap, HeaderValue};

use super::text;
use crate::random;

/// Header under which the id is passed on to the service.
pub(super) const FORWARDED: &str = "x-correlationid";
/// Header under which the service, and the front door itself, answer it.
pub(super) const ANSWERED: &str = "x-correlation-id";

/// Headers that may bring an id along, the first one wins.
const BROUGHT: [&str; 4] = [
    FORWARDED,
    "x-correlation-id",
    "x-request-id",
    "x-vcap-request-id",
];

/// The id that the caller brought, or a new one.
pub(super) fn id(headers: &HeaderMap) -> HeaderValue {
    let brought = BROUGHT.into_iter().find_map(|name| text(headers, name));
    let new = || HeaderValue::from_str(&random::uuid()).ok();
    brought
        .and_then(|id| HeaderValue::from_str(id).ok())
        .or_else(new)
        .unwrap_or_else(|| HeaderValue::from_static("none"))
}
