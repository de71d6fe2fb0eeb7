//! The SAP side: bound services that hold what we need to reach AWS.
//!
//! Every service here is asked over HTTPS with a token or a client certificate from its
//! binding. What comes back is handed on as plain values; this room knows nothing of AWS.

pub(crate) mod credstore;
pub(crate) mod destination;
pub(crate) mod error;
pub(crate) mod http;
pub(crate) mod identity;
pub(crate) mod jwe;
pub(crate) mod keystore;
pub(crate) mod token;

pub(crate) use error::BtpError;
