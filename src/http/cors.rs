//! Web pages of other origins: only those that an operator lists, never with cookies.

use actix_cors::Cors;
use actix_web::http::Method;

/// Headers that OData and tus clients send.
const SENT: [&str; 24] = [
    "accept",
    "accept-language",
    "authorization",
    "cache-control",
    "content-digest",
    "content-md5",
    "content-type",
    "digest",
    "if-match",
    "if-none-match",
    "odata-maxversion",
    "odata-version",
    "prefer",
    "range",
    "repr-digest",
    "tus-resumable",
    "upload-checksum",
    "upload-length",
    "upload-metadata",
    "upload-offset",
    "x-correlation-id",
    "x-csrf-token",
    "x-http-method-override",
    "x-requested-with",
];

/// Headers of answers that a page may read.
const READ: [&str; 20] = [
    "content-disposition",
    "content-range",
    "etag",
    "last-modified",
    "location",
    "odata-entityid",
    "odata-version",
    "preference-applied",
    "retry-after",
    "tus-extension",
    "tus-max-size",
    "tus-resumable",
    "tus-version",
    "upload-expires",
    "upload-length",
    "upload-metadata",
    "upload-offset",
    "www-authenticate",
    "x-correlation-id",
    "x-csrf-token",
];

/// How long a browser may remember what it was allowed, in seconds.
const REMEMBERED: usize = 600;

/// Lets pages of these origins call, and answers the questions that browsers ask before.
pub(crate) fn cors(origins: &[String]) -> Cors {
    let cors = Cors::default()
        .allowed_methods([
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ])
        .allowed_headers(SENT)
        .expose_headers(READ)
        .max_age(REMEMBERED);
    origins
        .iter()
        .fold(cors, |cors, origin| cors.allowed_origin(origin))
}
