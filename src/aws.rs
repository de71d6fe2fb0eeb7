//! The AWS side: how a connection becomes a session, and a session an S3 request.
//!
//! `broker` opens one session the way the operator chose, `rotating` keeps one alive,
//! `access` hands it to callers. One file per way to credentials. Only `outbound`, which runs in AWS
//! workloads and not in the service, asks the default AWS credential chain.

pub(crate) mod access;
pub(crate) mod broker;
pub(crate) mod error;
pub(crate) mod outbound;
pub(crate) mod roles_anywhere;
pub(crate) mod rotating;
mod sdk;
pub(crate) mod session;
mod stored_key;
mod sts;
mod web_identity;
mod x509_sigv4;

pub(crate) use access::{Access, S3, signed_headers};
pub(crate) use error::SessionError;
pub(crate) use rotating::SessionStanding;
pub(crate) use sdk::{sdk_key, streaming};
pub(crate) use session::Session;
