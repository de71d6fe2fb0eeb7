//! `…/content`, the other way round: PUT stores the bytes of an object, DELETE removes it.

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_TYPE, ETAG, HeaderName, LOCATION};
use actix_web::web::Payload;
use futures_util::stream::{self, StreamExt as _};
use odata::{DataPath, Error};

use super::Call;
use super::changes::place;
use crate::catalog::{BodyError, Condition, Description, Upload};
use crate::http::error::ApiError;
use crate::http::incoming::{self, Body, Digests};

/// Types that programs send when they don't know.
const SAYS_NOTHING: [&str; 4] = [
    "application/octet-stream",
    "application/x-www-form-urlencoded",
    "binary/octet-stream",
    "multipart/form-data",
];
const CONTENT_ENCODING: HeaderName = HeaderName::from_static("content-encoding");
const CONTENT_LANGUAGE: HeaderName = HeaderName::from_static("content-language");

impl Call<'_> {
    /// PUT: 201 if there was no such object, else 204.
    pub(super) async fn store(
        &self,
        path: &DataPath,
        payload: Payload,
    ) -> Result<HttpResponse, ApiError> {
        let place = place(path)?;
        let (bucket, key) = (place.bucket.as_str(), place.key.as_str());
        let most = self.service.limits.upload;
        let length = incoming::length(self.headers);
        if let Some(most) = most.filter(|most| length.is_some_and(|length| length > *most)) {
            return Err(BodyError::TooLarge(most).into());
        }
        if self.header("content-range").is_some() {
            let told = "A part of an object can't be replaced (RFC 9110, 14.5); see /catalog/uploads for uploads in pieces";
            return Err(ApiError::Query(
                Error::bad_request(told).about("Content-Range"),
            ));
        }
        let condition = self.condition()?;
        let digests = Digests::promised(self.headers)?;
        let mut body = incoming::stream(payload, most, digests);
        let kind = match self.kind(key)? {
            None => sniffed(&mut body).await?,
            known => known,
        };
        let text = |name: HeaderName| self.header(name.as_str()).map(str::to_owned);
        let encoding = text(CONTENT_ENCODING).filter(|it| {
            let it = it.trim();
            !it.is_empty() && !it.eq_ignore_ascii_case("identity")
        });
        let upload = Upload {
            bucket,
            key,
            length,
            description: Description {
                content_type: kind,
                content_encoding: encoding,
                content_language: text(CONTENT_LANGUAGE),
                ..Description::default()
            },
            condition,
        };
        let stored = self.service.catalog.upload(self.caller, upload, body).await;
        let stored = stored.map_err(ApiError::Catalog)?;
        let mut response = if stored.is_new {
            let mut response = HttpResponse::Created();
            response.insert_header((
                LOCATION,
                format!("{}/{}", self.model.root, path.canonical()),
            ));
            response
        } else {
            HttpResponse::NoContent()
        };
        if let Some(etag) = stored.etag {
            response.insert_header((ETAG, etag));
        }
        Ok(response.finish())
    }

    /// What the request's conditions ask of a change.
    pub(super) fn condition(&self) -> Result<Condition, ApiError> {
        incoming::condition(self.headers)
    }

    /// The type that the client names, else the one that the key's extension does.
    fn kind(&self, key: &str) -> Result<Option<String>, ApiError> {
        let sent = self.headers.get(CONTENT_TYPE);
        if sent.is_some_and(|it| it.to_str().is_err()) {
            let told = "Content-Type has to be printable ASCII";
            return Err(ApiError::Query(
                Error::bad_request(told).about("Content-Type"),
            ));
        }
        let named = self.header(CONTENT_TYPE.as_str()).filter(|named| {
            let essence = named.split(';').next().unwrap_or_default().trim();
            !essence.is_empty() && !SAYS_NOTHING.contains(&essence.to_ascii_lowercase().as_str())
        });
        let known = named.or_else(|| mime_guess::from_path(key).first_raw());
        Ok(known.map(str::to_owned))
    }
}

/// The type that the first bytes look like.
async fn sniffed(body: &mut Body) -> Result<Option<String>, ApiError> {
    let Some(first) = body.next().await else {
        return Ok(None);
    };
    let first = first?;
    let kind = infer::get(&first).map(|kind| kind.mime_type().to_owned());
    let kind = kind.or_else(|| looks_like_text(&first).then(|| "text/plain".to_owned()));
    let rest = std::mem::replace(body, Box::pin(stream::empty()));
    *body = Box::pin(stream::iter([Ok(first)]).chain(rest));
    Ok(kind.or_else(|| Some(SAYS_NOTHING[0].to_owned())))
}

/// UTF-8 without control characters; the last character may go on in the next piece.
fn looks_like_text(first: &[u8]) -> bool {
    let text = match std::str::from_utf8(first) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            let valid = first.get(..error.valid_up_to()).unwrap_or_default();
            std::str::from_utf8(valid).unwrap_or("\0")
        }
        Err(_) => return false,
    };
    !text
        .chars()
        .any(|c| c.is_control() && !"\t\r\n\u{c}".contains(c))
}

#[cfg(test)]
mod tests {
    use super::looks_like_text;

    #[test]
    fn text_is_told_from_bytes() {
        for (bytes, expected) in [
            (&b"a,b\r\n1,2\n"[..], true),
            ("ü".as_bytes(), true),
            (&"aü".as_bytes()[..2], true),
            (b"a\0b", false),
            (b"\xff\xfea", false),
            (b"", true),
        ] {
            assert_eq!(looks_like_text(bytes), expected, "{bytes:?}");
        }
    }
}
