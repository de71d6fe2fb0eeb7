//! Black-box scenarios: the real binary, bound to stand-ins that verify what they are sent.
//!
//! Each test tells what an operator or a caller sees. The harness in `support` also fails a
//! test in which a secret that the sandbox ever issued shows up in a log line or an answer.
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that can't go on shall say where"
)]

mod batch;
mod callers;
mod catalog;
mod check;
mod content;
mod credential_process;
mod credential_store;
mod destination;
mod documents;
mod fileshare;
mod freshness;
mod hybrid;
mod hygiene;
mod lifecycle;
mod objects;
mod odata;
mod oidc;
mod other_callers;
mod resumable;
mod roles_anywhere;
mod settings_and_bindings;
mod setup;
mod storage;
mod support;
mod upload;
