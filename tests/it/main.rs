//! Black-box scenarios: the real binary, bound to stand-ins that verify what they are sent.
//!
//! Each test tells what an operator or a caller sees. The harness in `support` also fails a
//! test in which a secret that the sandbox ever issued shows up in a log line or an answer.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that can't go on shall say where"
)]

mod catalog;
mod support;
