//! The signature of IAM Roles Anywhere: Signature Version 4 with a certificate's key.
//!
//! Pure: no clock, no network. Each stage is a function, so that a vector that differs says
//! where. Source: IAM Roles Anywhere user guide, "Signing process".

use std::fmt::Write;
use std::time::SystemTime;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use time::OffsetDateTime;
use time::macros::format_description;

use crate::btp::keystore::{Certificate, KeyStore};

const CONTENT_TYPE: &str = "application/json";

/// A POST that is to be signed; it has no query.
#[derive(Debug)]
pub(super) struct Unsigned<'a> {
    /// As the Host header will say it, with the port unless it is the scheme's own.
    pub(super) host: &'a str,
    pub(super) path: &'a str,
    pub(super) region: &'a str,
    pub(super) body: &'a [u8],
}

/// The request could not be signed.
#[derive(Debug, thiserror::Error)]
pub(super) enum SignError {
    #[error("the date can't be written")]
    Date,
    #[error("the private key failed to sign")]
    Key,
}

/// Headers to send with the request; Host goes with them as it was signed.
pub(super) fn sign(
    request: &Unsigned<'_>,
    keystore: &KeyStore,
    at: SystemTime,
) -> Result<Vec<(&'static str, String)>, SignError> {
    let date = amz_date(at)?;
    let certificate = STANDARD.encode(&keystore.leaf.der);
    let chain = chain_header(&keystore.intermediates);
    let (canonical, signed_headers) =
        canonical_request(request, &date, &certificate, chain.as_deref());
    let algorithm = keystore.key.algorithm();
    let scope = credential_scope(&date, request.region);
    let signature = keystore
        .key
        .sign(string_to_sign(algorithm, &date, &scope, &canonical).as_bytes())
        .map_err(|_| SignError::Key)?;
    let authorization = format!(
        "{algorithm} Credential={}/{scope}, SignedHeaders={signed_headers}, Signature={}",
        keystore.leaf.serial,
        hex(&signature)
    );
    let mut headers = vec![
        ("content-type", CONTENT_TYPE.to_owned()),
        ("x-amz-date", date),
        ("x-amz-x509", certificate),
        ("authorization", authorization),
    ];
    headers.extend(chain.map(|chain| ("x-amz-x509-chain", chain)));
    Ok(headers)
}

fn amz_date(at: SystemTime) -> Result<String, SignError> {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    OffsetDateTime::from(at)
        .format(format)
        .map_err(|_| SignError::Date)
}

/// The intermediates, the leaf's issuer first; no header at all without any.
fn chain_header(intermediates: &[Certificate]) -> Option<String> {
    let encoded: Vec<String> = intermediates
        .iter()
        .map(|c| STANDARD.encode(&c.der))
        .collect();
    (!encoded.is_empty()).then(|| encoded.join(","))
}

/// The canonical request, and the names of the headers it covers.
fn canonical_request(
    request: &Unsigned<'_>,
    date: &str,
    certificate: &str,
    chain: Option<&str>,
) -> (String, String) {
    let mut headers = vec![
        ("content-type", CONTENT_TYPE),
        ("host", request.host),
        ("x-amz-date", date),
        ("x-amz-x509", certificate),
    ];
    headers.extend(chain.map(|chain| ("x-amz-x509-chain", chain)));
    let lines: Vec<String> = headers
        .iter()
        .map(|(name, value)| format!("{name}:{value}"))
        .collect();
    let lines = lines.join("\n");
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    let body = hex(digest(&SHA256, request.body).as_ref());
    (
        format!("POST\n{}\n\n{lines}\n\n{names}\n{body}", request.path),
        names,
    )
}

fn credential_scope(date: &str, region: &str) -> String {
    let day = date.get(..8).unwrap_or_default();
    format!("{day}/{region}/rolesanywhere/aws4_request")
}

fn string_to_sign(algorithm: &str, date: &str, scope: &str, canonical: &str) -> String {
    let hashed = hex(digest(&SHA256, canonical.as_bytes()).as_ref());
    format!("{algorithm}\n{date}\n{scope}\n{hashed}")
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
            // writing to a String can't fail
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

#[cfg(test)]
mod tests;
