//! The stand-ins of SAP's services, asked by a plain HTTP client: right requests are answered as
//! the real services answer, wrong ones are refused as the real services refuse.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the lints' exception for tests does not reach the helpers of a test"
)]

mod bindings;
mod credential_store;
mod destination;
mod front_door;
mod identity;
mod login;
mod page;
mod wiring;
mod xsuaa;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use reqwest::{Client, ClientBuilder};
use sandbox::Core;
use sandbox::bound_certificate::BoundCertificate;
use serde_json::Value;

/// The line that a PEM block with this label begins with.
fn armour(label: &str) -> String {
    format!("-----BEGIN {label}-----\n")
}

/// Builds clients that trust the sandbox and nobody else.
fn trusting(core: &Core) -> ClientBuilder {
    let root = reqwest::Certificate::from_pem(core.pki.root_pem().as_bytes()).unwrap();
    Client::builder().tls_certs_only([root]).no_proxy()
}

/// A client that trusts the sandbox, and shows a certificate if it is given one.
fn client(core: &Core, certificate: Option<&BoundCertificate>) -> Client {
    let builder = trusting(core);
    let builder = match certificate {
        Some(bound) => {
            let pem = format!("{}{}", bound.certificate, bound.key);
            builder.identity(reqwest::Identity::from_pem(pem.as_bytes()).unwrap())
        }
        None => builder,
    };
    builder.build().unwrap()
}

/// Header and claims of a token, unverified.
fn decoded(token: &str) -> (Value, Value) {
    let mut parts = token
        .split('.')
        .map(|part| serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap());
    (parts.next().unwrap(), parts.next().unwrap())
}
