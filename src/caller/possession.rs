//! Proof of possession: a token that names its client's certificate (`cnf.x5t#S256`, RFC 8705) is
//! good only together with that certificate, which the platform's router hands on in
//! `X-Forwarded-Client-Cert`. That header proves nothing by itself, because on ordinary routes a
//! client can send what it likes; it is only compared with what the issuer signed.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::percent_decode_str;

use super::refusal::Reason;
use super::strict_json::Object;
use crate::settings::ProofOfPossession;

/// Longest header in bytes; a certificate chain in PEM has some 6 KB.
const LONGEST: usize = 32 * 1024;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// What Envoy's form of the header may begin with.
const ENVOY: [&str; 7] = ["By", "Hash", "Cert", "Chain", "Subject", "URI", "DNS"];

/// SHA-256 of a certificate's DER.
type Thumbprint = [u8; 32];

/// What a token says about the client that may show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    /// To nobody: whoever holds it may show it.
    Nobody,
    /// To the client with this certificate.
    Certificate(Thumbprint),
    /// To something else, or in a way that can't be read.
    SomethingElse,
}

impl Bound {
    /// Reads the claim `cnf` (RFC 7800).
    pub(super) fn of(claims: &Object) -> Self {
        if !claims.has("cnf") {
            return Self::Nobody;
        }
        let named = claims.nested_text("cnf", "x5t#S256");
        let thumbprint = named.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
        thumbprint
            .and_then(|bytes| Thumbprint::try_from(bytes).ok())
            .map_or(Self::SomethingElse, Self::Certificate)
    }
}

/// Checks a verified token against the headers that came with it.
pub(super) fn check(
    wanted: ProofOfPossession,
    bound: Bound,
    forwarded: &[&[u8]],
) -> Result<(), Reason> {
    match (wanted, bound) {
        (ProofOfPossession::Off, _) | (ProofOfPossession::WhenBound, Bound::Nobody) => Ok(()),
        (ProofOfPossession::Always, Bound::Nobody) => Err(Reason::NotBound),
        (_, Bound::SomethingElse) => Err(Reason::Unusable("cnf")),
        (_, Bound::Certificate(named)) => {
            let [header] = forwarded else {
                return Err(Reason::NoCertificate);
            };
            let shown = thumbprint(header).ok_or(Reason::UnusableCertificate)?;
            if shown == named {
                Ok(())
            } else {
                Err(Reason::OtherCertificate)
            }
        }
    }
}

/// The certificate of the nearest client, in any of the forms that routers write: base64 without
/// a frame, PEM with escaped line ends, or Envoy's `Hash=…;Cert="…"`, where the last of several
/// elements is the nearest.
fn thumbprint(header: &[u8]) -> Option<Thumbprint> {
    if header.len() > LONGEST {
        return None;
    }
    let text = str::from_utf8(header).ok()?.trim();
    let name = text.split('=').next().unwrap_or_default();
    if ENVOY.iter().any(|known| name.eq_ignore_ascii_case(known)) {
        return envoy(text);
    }
    of_certificate(text)
}

/// SHA-256 of one certificate in base64, with or without PEM frame.
fn of_certificate(text: &str) -> Option<Thumbprint> {
    let unescaped = text.replace("\\n", "\n").replace("\\r", "");
    let inner = match unescaped.split_once(BEGIN) {
        Some((before, rest)) if before.trim().is_empty() => rest.split_once(END)?.0,
        Some(_) => return None,
        None => &unescaped,
    };
    let base64: String = inner.split_ascii_whitespace().collect();
    let der = STANDARD.decode(base64).ok().filter(|der| !der.is_empty())?;
    let mut thumbprint = Thumbprint::default();
    thumbprint.copy_from_slice(digest(&SHA256, &der).as_ref());
    Some(thumbprint)
}

/// Envoy's form: elements separated by commas, `key=value` pairs by semicolons, values perhaps
/// in quotes; the certificate URL-encoded PEM. Hash and certificate must agree.
fn envoy(text: &str) -> Option<Thumbprint> {
    let element = *split(text, ',')?.last()?;
    let (mut hash, mut certificate) = (None, None);
    for pair in split(element, ';')? {
        let (name, value) = pair.trim().split_once('=')?;
        let value = unquoted(value)?;
        let slot = match name.to_ascii_lowercase().as_str() {
            "hash" => &mut hash,
            "cert" => &mut certificate,
            _ => continue,
        };
        if slot.replace(value).is_some() {
            return None;
        }
    }
    let Some(certificate) = certificate else {
        return from_hex(hash?);
    };
    let pem = percent_decode_str(certificate).decode_utf8().ok()?;
    let shown = of_certificate(&pem)?;
    match hash {
        Some(hash) => (from_hex(hash)? == shown).then_some(shown),
        None => Some(shown),
    }
}

/// Parts between separators that stand outside quotes; `None` if a quote stays open.
fn split(text: &str, separator: char) -> Option<Vec<&str>> {
    let (mut parts, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if c == separator && !quoted => {
                parts.push(text.get(start..at)?);
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(text.get(start..)?);
    (!quoted).then_some(parts)
}

/// A value without the quotes around it, which must be a pair or absent.
fn unquoted(value: &str) -> Option<&str> {
    let Some(inner) = value.strip_prefix('"') else {
        return (!value.contains('"')).then_some(value);
    };
    inner.strip_suffix('"')
}

fn from_hex(text: &str) -> Option<Thumbprint> {
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut thumbprint = Thumbprint::default();
    for (byte, digits) in thumbprint.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(thumbprint)
}

#[cfg(test)]
mod tests;
