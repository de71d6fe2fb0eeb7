//! `…/content`: the bytes of an object, with what HTTP has for them: ranges, conditions, names.
//!
//! Whatever lies in a bucket may have been put there by somebody who means harm: content is an
//! attachment unless the client asks for it inline and its type is harmless, it is never sniffed,
//! and a page made of it could do nothing. Nor is it ever a script of the page that serves it: the
//! policy of such a page trusts its own origin, and so whatever lies here.

use actix_web::body::SizedStream;
use actix_web::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE,
    CONTENT_RANGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, Charset, ContentDisposition,
    DispositionParam, DispositionType, ETAG, ExtendedValue, HeaderName, HttpDate, LAST_MODIFIED,
};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, HttpResponseBuilder};
use odata::DataPath;

use super::changes::place;
use super::entities::no;
use super::{Call, rows};
use crate::catalog::{Content, Facts, Fetched, Wanted};
use crate::http::error::ApiError;

/// Types that a browser shows without running anything in them.
const HARMLESS: [&str; 14] = [
    "application/json",
    "application/pdf",
    "audio/mpeg",
    "audio/ogg",
    "audio/wav",
    "image/avif",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/webp",
    "text/csv",
    "text/plain",
    "video/mp4",
    "video/webm",
];

/// What browsers want to run, or to dress a page with: the script-like destinations of the Fetch
/// standard (2.2.5), style sheets, and transformations.
const CODE: [&str; 8] = [
    "audioworklet",
    "paintworklet",
    "script",
    "serviceworker",
    "sharedworker",
    "style",
    "worker",
    "xslt",
];

/// Even if a browser took it for a page: no scripts, no forms, no origin.
const SANDBOXED: &str = "sandbox; default-src 'none'";

impl Call<'_> {
    /// The content of the object that the path leads to.
    pub(super) async fn content(&self, path: &DataPath) -> Result<HttpResponse, ApiError> {
        if (self.header("sec-fetch-dest")).is_some_and(|wanted| CODE.contains(&wanted)) {
            return Err(ApiError::NeverCode);
        }
        let caller = self.caller;
        let place = place(path)?;
        let (bucket, key) = (place.bucket.as_str(), place.key.as_str());
        let version = rows::version_of(path);
        let catalog = &self.service.catalog;
        let (mut wanted, whole) = self.wanted();
        // S3 takes one tag; of several, it is looked here whether one fits
        if [&wanted.if_match, &wanted.if_none_match]
            .iter()
            .any(|tags| tags.as_ref().is_some_and(|tags| tags.contains(',')))
        {
            let head = Wanted {
                head: true,
                ..Wanted::default()
            };
            let known = catalog.content(caller, bucket, key, version, &head).await;
            let known = known
                .map_err(ApiError::Catalog)?
                .ok_or_else(|| no("object"))?;
            let etag = match &known {
                Fetched::Content(content) => content.facts.etag.as_deref(),
                Fetched::NotModified(_) | Fetched::Changed | Fetched::OutOfRange(_) => None,
            };
            if let Some(answer) = self.unmet(etag) {
                return answer;
            }
            (wanted.if_match, wanted.if_none_match) = (etag.map(str::to_owned), None);
        }
        let fetched = catalog.content(caller, bucket, key, version, &wanted).await;
        let mut fetched = fetched.map_err(ApiError::Catalog)?;
        // If-Range: when the object is another, the whole of it is wanted instead of the part
        if let (Some(Fetched::Changed), Some(whole)) = (&fetched, whole) {
            let again = catalog.content(caller, bucket, key, version, &whole).await;
            fetched = again.map_err(ApiError::Catalog)?;
        }
        match fetched.ok_or_else(|| no("object"))? {
            Fetched::Content(content) => Ok(self.deliver(content, key)),
            Fetched::NotModified(facts) => {
                let mut response = HttpResponse::NotModified();
                describe(&mut response, &facts);
                Ok(response.finish())
            }
            Fetched::Changed => Err(ApiError::PreconditionFailed),
            Fetched::OutOfRange(part) => Err(ApiError::RangeNotSatisfiable(part)),
        }
    }

    /// What S3 is asked for; with `If-Range`, also what it is asked for when that fails.
    fn wanted(&self) -> (Wanted, Option<Wanted>) {
        let text = |name: &str| self.header(name).map(str::to_owned);
        // our tags are S3's, marked as weak where they stand for an entity
        let tags = |name: &str| text(name).map(|tags| tags.replace("W/", ""));
        let plain = Wanted {
            head: self.method == Method::HEAD,
            range: None,
            if_match: tags("if-match"),
            if_none_match: tags("if-none-match"),
            if_modified_since: self.date("if-modified-since").map(|it| it.to_string()),
            if_unmodified_since: self.date("if-unmodified-since").map(|it| it.to_string()),
        };
        // S3 takes one range; whoever asks for several, or for nonsense, is given all (RFC 9110, 14.2)
        let Some(range) = text("range").filter(|range| is_one_range(range)) else {
            return (plain, None);
        };
        let part = Wanted {
            range: Some(range),
            ..plain.clone()
        };
        match self.header("if-range") {
            None => (part, None),
            // a weak tag never stands for the same bytes
            Some(tag) if tag.starts_with("W/") => (plain, None),
            Some(tag) if tag.starts_with('"') => (
                Wanted {
                    if_match: Some(tag.to_owned()),
                    ..part
                },
                Some(plain),
            ),
            Some(date) => match date.parse::<HttpDate>() {
                Ok(date) => (
                    Wanted {
                        if_unmodified_since: Some(date.to_string()),
                        ..part
                    },
                    Some(plain),
                ),
                // fits no object, so the range is not meant for this one
                Err(_) => (plain, None),
            },
        }
    }

    /// A date in any form that HTTP has, of which S3 knows one; what is none does not count
    /// (RFC 9110, 5.6.7 and 13.1.3).
    pub(super) fn date(&self, name: &str) -> Option<HttpDate> {
        self.header(name)?.trim().parse().ok()
    }

    fn deliver(&self, content: Content, key: &str) -> HttpResponse {
        let status = match content.part {
            Some(_) => StatusCode::PARTIAL_CONTENT,
            None => StatusCode::OK,
        };
        let mut response = HttpResponse::build(status);
        describe(&mut response, &content.facts);
        let kind = content.facts.content_type.as_deref();
        response
            .insert_header((CONTENT_TYPE, kind.unwrap_or("application/octet-stream")))
            .insert_header((CONTENT_DISPOSITION, disposition(self.inline(kind), key)))
            .insert_header((CONTENT_SECURITY_POLICY, SANDBOXED))
            .insert_header((ACCEPT_RANGES, "bytes"));
        let more: [(HeaderName, &Option<String>); 3] = [
            (CONTENT_RANGE, &content.part),
            (CONTENT_ENCODING, &content.facts.content_encoding),
            (CONTENT_LANGUAGE, &content.facts.content_language),
        ];
        for (name, value) in more {
            if let Some(value) = value {
                response.insert_header((name, value.as_str()));
            }
        }
        response.body(SizedStream::new(content.length, content.into_stream()))
    }

    /// Whether the object is to be shown in place, which is asked for and harmless.
    fn inline(&self, kind: Option<&str>) -> bool {
        let kind = kind
            .unwrap_or_default()
            .split(';')
            .next()
            .unwrap_or_default();
        let kind = kind.trim().to_ascii_lowercase();
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        let asked = query.split('&').any(|option| option == "inline=true");
        asked && HARMLESS.contains(&kind.as_str())
    }
}

/// `attachment`, or `inline`, with the object's name.
pub(super) fn disposition(inline: bool, key: &str) -> ContentDisposition {
    let name = key.trim_end_matches('/');
    let name = name.rsplit('/').next().unwrap_or_default();
    let shown = |c: char| c.is_ascii() && !c.is_ascii_control() && !['"', '\\', '%'].contains(&c);
    let plain: String = name
        .chars()
        .map(|c| if shown(c) { c } else { '_' })
        .collect();
    let mut parameters = vec![DispositionParam::Filename(plain.clone())];
    if plain != name {
        parameters.push(DispositionParam::FilenameExt(ExtendedValue {
            charset: Charset::Ext("UTF-8".to_owned()),
            language_tag: None,
            value: name.as_bytes().to_vec(),
        }));
    }
    ContentDisposition {
        disposition: if inline {
            DispositionType::Inline
        } else {
            DispositionType::Attachment
        },
        parameters,
    }
}

/// `bytes=5-9`, `bytes=5-` or `bytes=-5`, with numbers that mean something.
fn is_one_range(range: &str) -> bool {
    let number = |text: &str| {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u64>().ok().filter(|_| digits)
    };
    let ends = range
        .strip_prefix("bytes=")
        .and_then(|it| it.split_once('-'));
    ends.is_some_and(|(first, last)| match (number(first), number(last)) {
        (Some(first), Some(last)) => first <= last,
        (Some(_), None) => last.is_empty(),
        (None, Some(_)) => first.is_empty(),
        (None, None) => false,
    })
}

/// Headers that are the same with and without a body. A client may keep what it got, but must ask
/// each time whether it may still use it.
fn describe(response: &mut HttpResponseBuilder, facts: &Facts) {
    response.insert_header((CACHE_CONTROL, "private, no-cache"));
    for (name, value) in [(ETAG, &facts.etag), (LAST_MODIFIED, &facts.last_modified)] {
        if let Some(value) = value {
            response.insert_header((name, value.as_str()));
        }
    }
}
