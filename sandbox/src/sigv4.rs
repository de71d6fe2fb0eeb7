//! AWS Signature Version 4 as a verifier reads it: the Authorization header, the canonical request
//! and the string to sign. Used with HMAC keys by STS and with certificates by Roles Anywhere; S3
//! leaves the signature to s3s and takes only the header's parts from here.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use std::fmt::Write as _;

use aws_lc_rs::{digest, hmac};
use axum::http::{HeaderMap, HeaderName};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

/// All but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The parts of an Authorization header.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Authorization<'a> {
    pub(crate) algorithm: &'a str,
    /// Access key id, or a certificate's serial number.
    pub(crate) credential: &'a str,
    pub(crate) date: &'a str,
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
    pub(crate) signed_headers: Vec<&'a str>,
    pub(crate) signature: &'a str,
}

impl<'a> Authorization<'a> {
    /// Reads `ALGORITHM Credential=a/date/region/service/aws4_request, SignedHeaders=…, Signature=…`.
    ///
    /// `None` when a part is missing, doubled or unknown, or when the signed headers are not
    /// sorted, lower-case and different.
    pub(crate) fn parse(header: &'a str) -> Option<Self> {
        let (algorithm, rest) = header.split_once(' ')?;
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for part in rest.split(',') {
            let (name, value) = part.trim().split_once('=')?;
            let place = match name {
                "Credential" => &mut credential,
                "SignedHeaders" => &mut signed_headers,
                "Signature" => &mut signature,
                _ => return None,
            };
            if place.replace(value).is_some() {
                return None;
            }
        }
        let mut scope = credential?.split('/');
        let (credential, date, region, service) =
            (scope.next()?, scope.next()?, scope.next()?, scope.next()?);
        if scope.next() != Some("aws4_request") || scope.next().is_some() {
            return None;
        }
        let signed_headers: Vec<&str> = signed_headers?.split(';').collect();
        let lower_case = signed_headers
            .iter()
            .all(|name| !name.bytes().any(|byte| byte.is_ascii_uppercase()));
        let sorted = signed_headers.is_sorted_by(|before, after| before < after);
        let signature = signature.filter(|_| lower_case && sorted)?;
        Some(Self {
            algorithm,
            credential,
            date,
            region,
            service,
            signed_headers,
            signature,
        })
    }

    /// `date/region/service/aws4_request`.
    pub(crate) fn scope(&self) -> String {
        format!(
            "{}/{}/{}/aws4_request",
            self.date, self.region, self.service
        )
    }

    /// A header that is there and must be signed, but is not.
    pub(crate) fn unsigned_header(&self, headers: &HeaderMap) -> Option<String> {
        let must_be = |name: &str| {
            name == "host"
                || name == "content-type"
                // SDKs leave this one out, as intermediaries may rewrite it.
                || (name.starts_with("x-amz-") && name != "x-amz-user-agent")
        };
        let mut present = headers.keys().map(HeaderName::as_str);
        present
            .find(|&name| must_be(name) && !self.signed_headers.contains(&name))
            .map(str::to_owned)
    }
}

/// Everything of a request that goes into its signature.
pub(crate) struct Canonical<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    /// Already canonical, see [`canonical_query`].
    pub(crate) query: &'a str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) payload_hash: &'a str,
}

impl Canonical<'_> {
    /// The canonical request; `None` when a signed header is missing or is not text.
    pub(crate) fn request(&self, signed_headers: &[&str]) -> Option<String> {
        let mut text = format!("{}\n{}\n{}\n", self.method, self.path, self.query);
        for &name in signed_headers {
            let values: Vec<String> = self
                .headers
                .get_all(name)
                .iter()
                .map(|value| value.to_str().map(collapse))
                .collect::<Result<_, _>>()
                .ok()?;
            if values.is_empty() {
                return None;
            }
            text.push_str(name);
            text.push(':');
            text.push_str(&values.join(","));
            text.push('\n');
        }
        Some(format!(
            "{text}\n{}\n{}",
            signed_headers.join(";"),
            self.payload_hash
        ))
    }
}

/// Trims a header value and makes runs of blanks one blank.
fn collapse(value: &str) -> String {
    value
        .split(' ')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Sorted, RFC 3986 encoded pairs; `encode_value` has the last word on a value.
pub(crate) fn canonical_query(raw: &str, encode_value: fn(String) -> String) -> String {
    let encode = |part: &str| {
        utf8_percent_encode(&percent_decode_str(part).decode_utf8_lossy(), RESERVED).to_string()
    };
    let mut pairs: Vec<(String, String)> = raw
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (encode(name), encode_value(encode(value))))
        .collect();
    pairs.sort();
    let joined: Vec<String> = pairs
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    joined.join("&")
}

pub(crate) fn string_to_sign(
    algorithm: &str,
    amz_date: &str,
    scope: &str,
    canonical_request: &str,
) -> String {
    format!(
        "{algorithm}\n{amz_date}\n{scope}\n{}",
        sha256_hex(canonical_request.as_bytes())
    )
}

/// The signature that a holder of `secret` makes, lower-case hex.
pub(crate) fn hmac_signature(
    secret: &str,
    authorization: &Authorization<'_>,
    string_to_sign: &str,
) -> String {
    let first = format!("AWS4{secret}").into_bytes();
    let steps = [
        authorization.date,
        authorization.region,
        authorization.service,
        "aws4_request",
    ];
    let key = steps
        .iter()
        .fold(first, |key, step| hmac_sha256(&key, step.as_bytes()));
    hex(&hmac_sha256(&key, string_to_sign.as_bytes()))
}

fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message)
        .as_ref()
        .to_vec()
}

pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing into a String does not fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// Reads `20261121T120000Z`.
pub(crate) fn amz_date(text: &str) -> Option<OffsetDateTime> {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    PrimitiveDateTime::parse(text, format)
        .ok()
        .map(PrimitiveDateTime::assume_utc)
}

/// The value of a header that occurs exactly once and is text.
pub(crate) fn single<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    values
        .next()
        .is_none()
        .then(|| value.to_str().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
                          SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";

    /// Case get-vanilla of AWS's signature test suite.
    #[test]
    fn the_published_test_suite_is_met() {
        let authorization = Authorization::parse(HEADER).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("host", "example.amazonaws.com".parse().unwrap());
        headers.insert("x-amz-date", "20150830T123600Z".parse().unwrap());
        let hash = sha256_hex(b"");
        let canonical = Canonical {
            method: "GET",
            path: "/",
            query: "",
            headers: &headers,
            payload_hash: &hash,
        };
        let request = canonical.request(&authorization.signed_headers).unwrap();
        let text = string_to_sign(
            authorization.algorithm,
            "20150830T123600Z",
            &authorization.scope(),
            &request,
        );
        let signature = hmac_signature(
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            &authorization,
            &text,
        );
        assert_eq!(signature, authorization.signature);
    }

    #[test]
    fn a_header_with_unsorted_names_or_doubled_parts_is_malformed() {
        assert_eq!(
            Authorization::parse(&HEADER.replace("host;x-amz-date", "x-amz-date;host")),
            None
        );
        assert_eq!(
            Authorization::parse(&HEADER.replace("host;", "Host;")),
            None
        );
        assert_eq!(
            Authorization::parse(&format!("{HEADER}, Signature=00")),
            None
        );
        assert_eq!(
            Authorization::parse(&HEADER.replace("aws4_request", "aws4")),
            None
        );
    }

    #[test]
    fn queries_are_sorted_and_encoded() {
        assert_eq!(
            canonical_query("b=1&a=x:y%2Fz&c", |value| value),
            "a=x%3Ay%2Fz&b=1&c="
        );
    }

    #[test]
    fn blanks_inside_a_header_collapse() {
        assert_eq!(collapse("  a   b c "), "a b c");
    }
}
