//! The X.509 signature of a request: `AWS4-X509-RSA-SHA256` and `AWS4-X509-ECDSA-SHA256`.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA256_ASN1, ECDSA_P521_SHA256_ASN1,
    RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use axum::http::request::Parts;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use time::{Duration, OffsetDateTime};

use super::certificate::{Certificate, PublicKey};
use super::refusal::Refusal;
use crate::sigv4::{self, Authorization, Canonical};

/// How far a request's date may be off; the real limit is not documented.
const MAX_SKEW: Duration = Duration::minutes(5);

/// What a signature proved.
pub(super) struct Signed {
    /// The certificate whose key signed.
    pub(super) certificate: Certificate,
    /// Further certificates that were sent, in their order.
    pub(super) chain: Vec<Certificate>,
}

/// Verifies everything that is in the headers; whether the certificate is trusted comes later.
pub(super) fn verify(
    parts: &Parts,
    body: &[u8],
    region: &str,
    now: OffsetDateTime,
) -> Result<Signed, Refusal> {
    let header = sigv4::single(&parts.headers, "authorization").ok_or_else(|| {
        Refusal::denied(
            "Missing Authentication Token",
            "no single Authorization header",
        )
    })?;
    let authorization = Authorization::parse(header)
        .ok_or_else(|| Refusal::signature("malformed Authorization header"))?;
    let signed = certificates(parts)?;
    let algorithm = check_claims(&authorization, &signed.certificate, region)?;
    let date = check_date(parts, &authorization, now)?;
    if let Some(name) = authorization.unsigned_header(&parts.headers) {
        return Err(Refusal::signature(format!("header {name} is not signed")));
    }
    let canonical = Canonical {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        // "If a value contains '=', double-encode it": %3D becomes %253D.
        query: &sigv4::canonical_query(parts.uri.query().unwrap_or_default(), |value| {
            value.replace("%3D", "%253D")
        }),
        headers: &parts.headers,
        payload_hash: &sigv4::sha256_hex(body),
    };
    let request = canonical
        .request(&authorization.signed_headers)
        .ok_or_else(|| Refusal::signature("a signed header is missing"))?;
    let text = sigv4::string_to_sign(
        authorization.algorithm,
        date,
        &authorization.scope(),
        &request,
    );
    let signature = lower_hex(authorization.signature)
        .ok_or_else(|| Refusal::signature("signature is not lower-case hexadecimal"))?;
    UnparsedPublicKey::new(algorithm, signed.certificate.key_bytes())
        .verify(text.as_bytes(), &signature)
        .map_err(|_| Refusal::signature("signature does not match"))?;
    Ok(signed)
}

fn certificates(parts: &Parts) -> Result<Signed, Refusal> {
    let leaf = sigv4::single(&parts.headers, "x-amz-x509").ok_or_else(|| {
        Refusal::denied("Missing signing certificate", "no single X-Amz-X509 header")
    })?;
    let certificate = certificate(leaf)?;
    let chain = match parts.headers.get("x-amz-x509-chain") {
        None => Vec::new(),
        Some(_) => sigv4::single(&parts.headers, "x-amz-x509-chain")
            .ok_or_else(|| Refusal::untrusted("more than one X-Amz-X509-Chain header".to_owned()))?
            .split(',')
            .map(self::certificate)
            .collect::<Result<_, _>>()?,
    };
    Ok(Signed { certificate, chain })
}

/// Standard base64 of DER; PEM or base64url here is a mistake clients make.
fn certificate(base64: &str) -> Result<Certificate, Refusal> {
    let der = STANDARD
        .decode(base64)
        .map_err(|_| Refusal::untrusted("certificate is not standard base64".to_owned()))?;
    Certificate::parse(&der).map_err(Refusal::untrusted)
}

fn check_claims(
    authorization: &Authorization<'_>,
    certificate: &Certificate,
    region: &str,
) -> Result<&'static dyn VerificationAlgorithm, Refusal> {
    if (authorization.service, authorization.region) != ("rolesanywhere", region) {
        return Err(Refusal::denied(
            "Credential should be scoped to a valid region and service",
            format!("scope is {}", authorization.scope()),
        ));
    }
    if authorization.credential != certificate.serial_decimal() {
        let reason = format!(
            "credential {} is not the certificate's serial number",
            authorization.credential
        );
        return Err(Refusal::signature(reason));
    }
    match (authorization.algorithm, certificate.public_key()) {
        ("AWS4-X509-RSA-SHA256", PublicKey::Rsa) => Ok(&RSA_PKCS1_2048_8192_SHA256),
        ("AWS4-X509-ECDSA-SHA256", PublicKey::P256) => Ok(&ECDSA_P256_SHA256_ASN1),
        ("AWS4-X509-ECDSA-SHA256", PublicKey::P384) => Ok(&ECDSA_P384_SHA256_ASN1),
        ("AWS4-X509-ECDSA-SHA256", PublicKey::P521) => Ok(&ECDSA_P521_SHA256_ASN1),
        (algorithm, key) => Err(Refusal::signature(format!(
            "algorithm {algorithm} for a {key:?} key"
        ))),
    }
}

fn check_date<'a>(
    parts: &'a Parts,
    authorization: &Authorization<'_>,
    now: OffsetDateTime,
) -> Result<&'a str, Refusal> {
    let text = sigv4::single(&parts.headers, "x-amz-date")
        .ok_or_else(|| Refusal::signature("no X-Amz-Date"))?;
    let date = sigv4::amz_date(text).ok_or_else(|| Refusal::signature("malformed X-Amz-Date"))?;
    if !text.starts_with(authorization.date) || authorization.date.len() != 8 {
        return Err(Refusal::signature(
            "scope and X-Amz-Date have different days",
        ));
    }
    if (now - date).abs() > MAX_SKEW {
        return Err(Refusal::signature(format!(
            "date is {} s off",
            (now - date).whole_seconds()
        )));
    }
    Ok(text)
}

fn lower_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| {
            if let [high, low] = pair {
                Some(digit(*high)? * 16 + digit(*low)?)
            } else {
                None
            }
        })
        .collect()
}
