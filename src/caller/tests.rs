//! Promises of the gate, kept case by case: each starts from a token that is good and changes one
//! thing. Keys are made anew for each run, and served by a small identity provider on loopback.

mod aws;
mod binding;
mod callers;
mod claims;
mod fetching;
mod header;
mod issuers;
mod key_sets;
mod other_issuers;
mod outage;
mod possession;
mod support;
mod times;
mod wire;
mod xsuaa;

use super::{Caller, Rejection};

/// The code that the log would show, or what the caller got.
fn verdict(result: Result<std::sync::Arc<Caller>, Rejection>) -> String {
    match result {
        Ok(_) => "accepted".to_owned(),
        Err(Rejection::Invalid(refusal)) => refusal.reason.to_string(),
        Err(Rejection::NoToken) => "no token".to_owned(),
        Err(Rejection::MissingScope(scope)) => format!("missing scope {scope}"),
        Err(Rejection::KeysUnavailable(_)) => "keys unavailable".to_owned(),
    }
}
