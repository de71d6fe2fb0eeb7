//! Key stores as openssl, the JDK and people make them.

mod chain;
mod containers;
mod encrypted;
mod hostile;
mod java;
mod keys;
mod pem;
mod serials;
mod support;
mod validity;
