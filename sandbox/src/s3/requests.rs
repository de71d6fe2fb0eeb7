//! What requests say of a body: how long it is, which checksums it has, what it is said to be.

use axum::http::header::CONTENT_ENCODING;
use axum::http::{HeaderMap, HeaderValue};

use super::shelf::Sums;

/// What a request says of an object beside its content.
macro_rules! described {
    ($input:expr) => {
        Described {
            content_type: $input.content_type.clone(),
            content_encoding: $input
                .content_encoding
                .clone()
                // how the body travelled, not what it is
                .map(|it| {
                    it.split(',')
                        .map(str::trim)
                        .filter(|it| *it != "aws-chunked")
                        .collect::<Vec<_>>()
                        .join(",")
                })
                .filter(|it| !it.is_empty()),
            content_language: $input.content_language.clone(),
            content_disposition: $input.content_disposition.clone(),
            cache_control: $input.cache_control.clone(),
            storage_class: $input
                .storage_class
                .as_ref()
                .map(|it| it.as_str().to_owned()),
            metadata: $input
                .metadata
                .clone()
                .unwrap_or_default()
                .into_iter()
                .collect(),
        }
    };
}
pub(super) use described;

/// What a request with a body promises of it.
macro_rules! promised {
    ($request:expr) => {{
        let input = &$request.input;
        Promised {
            length: length_of(&$request.headers),
            md5: input.content_md5.clone(),
            sums: sums_of([
                ("crc32", &input.checksum_crc32),
                ("crc32c", &input.checksum_crc32c),
                ("crc64nvme", &input.checksum_crc64nvme),
                ("sha1", &input.checksum_sha1),
                ("sha256", &input.checksum_sha256),
            ]),
            algorithm: algorithm_of(
                input.checksum_algorithm.as_ref().map(|it| it.as_str()),
                &$request.headers,
            ),
            trailers: $request.trailing_headers.clone() as Option<TrailingHeaders>,
        }
    }};
}
pub(super) use promised;

/// Sets the checksums of an answer.
macro_rules! set_sums {
    ($output:expr, $sums:expr) => {{
        let sums: &Sums = $sums;
        $output.checksum_crc32 = sums.get("crc32").cloned();
        $output.checksum_crc32c = sums.get("crc32c").cloned();
        $output.checksum_crc64nvme = sums.get("crc64nvme").cloned();
        $output.checksum_sha1 = sums.get("sha1").cloned();
        $output.checksum_sha256 = sums.get("sha256").cloned();
    }};
}
pub(super) use set_sums;

pub(super) fn sums_of<const N: usize>(given: [(&str, &Option<String>); N]) -> Sums {
    let given = given.into_iter();
    given
        .filter_map(|(name, sum)| Some((name.to_owned(), sum.clone()?)))
        .collect()
}

/// The algorithm that is named, or whose value is announced behind the body.
pub(super) fn algorithm_of(named: Option<&str>, headers: &HeaderMap) -> Option<String> {
    let trailer = headers.get("x-amz-trailer").and_then(|it| it.to_str().ok());
    let trailer = trailer.and_then(|it| it.trim().strip_prefix("x-amz-checksum-"));
    trailer.or(named).map(str::to_owned)
}

/// Length of the content, however it travels.
pub(super) fn length_of(headers: &HeaderMap) -> Option<u64> {
    let number = |name| headers.get(name)?.to_str().ok()?.parse().ok();
    if headers.contains_key("x-amz-decoded-content-length") {
        return number("x-amz-decoded-content-length");
    }
    number("content-length")
}

/// Several lines of `Content-Encoding` are one list (RFC 9110, 5.3); s3s refuses them, and the SDK
/// sends its `aws-chunked` in a line of its own. Joined as signatures see them.
pub(super) fn join_encodings(headers: &mut HeaderMap) {
    let lines = headers.get_all(CONTENT_ENCODING).iter();
    let lines: Vec<_> = lines.map(HeaderValue::as_bytes).collect();
    if lines.len() > 1
        && let Ok(list) = HeaderValue::from_bytes(&lines.join(&b","[..]))
    {
        headers.insert(CONTENT_ENCODING, list);
    }
}
