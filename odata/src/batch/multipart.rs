//! Batches as `multipart/mixed`
//! ([RFC 2046, 5.1](https://www.rfc-editor.org/rfc/rfc2046#section-5.1)),
//! read as clients write them: line ends are CRLF or LF, text before the
//! first and after the last delimiter is ignored, the blank after a colon and
//! the HTTP version may be missing.
//!
//! The closing delimiter may not: without it nobody knows whether the last
//! change arrived in full.

use std::borrow::Cow;

use super::request::find;
use super::{Answer, BatchError, Grouping, Item, Limits, Request, ServiceLocation, malformed};
use crate::negotiate::Range;

type Headers<'b> = Vec<(Cow<'b, str>, Cow<'b, str>)>;

/// The longest boundary that RFC 2046 allows.
const LONGEST_BOUNDARY: usize = 70;

pub(super) fn read<'b>(
    media: &Range<'_>,
    body: &'b [u8],
    service: ServiceLocation<'_>,
    limits: Limits,
) -> Result<Vec<Item<'b>>, BatchError> {
    let mut reader = Reader {
        service,
        limit: limits.parts,
        parts: 0,
    };
    let parts = reader.split(body, boundary(media)?)?;
    let items = parts.into_iter().enumerate().map(|(index, part)| {
        reader.item(part).map_err(|error| match error {
            BatchError::Malformed(text) => malformed(format!("Part {}: {text}", index + 1)),
            BatchError::TooLarge(_) | BatchError::UnsupportedMediaType(_) => error,
        })
    });
    items.collect()
}

fn boundary<'m>(media: &Range<'m>) -> Result<&'m str, BatchError> {
    let given = media.parameter("boundary").unwrap_or_default();
    let printable = given.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if given.is_empty() || given.len() > LONGEST_BOUNDARY || !printable {
        return Err(malformed(
            "Content-Type multipart/mixed needs a boundary of 1 to 70 characters",
        ));
    }
    Ok(given)
}

struct Reader<'s> {
    service: ServiceLocation<'s>,
    limit: usize,
    parts: usize,
}

impl Reader<'_> {
    /// What stands between the delimiters.
    fn split<'b>(&mut self, body: &'b [u8], boundary: &str) -> Result<Vec<&'b [u8]>, BatchError> {
        let mut parts = Vec::new();
        let mut start = None;
        let mut at = 0;
        for line in body.split_inclusive(|byte| *byte == b'\n') {
            let end = at;
            at += line.len();
            let Some(delimiter) = delimiter(line, boundary) else {
                continue;
            };
            if let Some(part) = start.and_then(|start| body.get(start..end)) {
                self.parts += 1;
                if self.parts > self.limit {
                    return Err(BatchError::TooLarge(format!(
                        "The batch has more than {} parts",
                        self.limit
                    )));
                }
                // The line end before a delimiter belongs to the delimiter.
                parts.push(without_line_end(part));
            }
            if delimiter == b"--" {
                return Ok(parts);
            }
            start = Some(at);
        }
        Err(malformed(if start.is_none() {
            "The boundary does not occur in the body"
        } else {
            "The closing boundary is missing"
        }))
    }

    fn item<'b>(&mut self, part: &'b [u8]) -> Result<Item<'b>, BatchError> {
        let (mime, content) = headers(part)?;
        let media = media(&mime)?;
        if media.is("multipart", "mixed") {
            return self.change_set(boundary(&media)?, content);
        }
        let mut item = Item::new(Grouping::Single);
        item.push(self.request(&media, &mime, content)?);
        Ok(item)
    }

    fn change_set<'b>(
        &mut self,
        boundary: &str,
        content: &'b [u8],
    ) -> Result<Item<'b>, BatchError> {
        let mut item = Item::new(Grouping::ChangeSet);
        for part in self.split(content, boundary)? {
            let (mime, content) = headers(part)?;
            let (request, refusal) = self.request(&media(&mime)?, &mime, content)?;
            if request.is_safe() {
                item.refuse(Answer::bad_request("A change set must not contain reads"));
            }
            item.push((request, refusal));
        }
        Ok(item)
    }

    fn request<'b>(
        &self,
        media: &Range<'_>,
        mime: &Headers<'b>,
        content: &'b [u8],
    ) -> Result<(Request<'b>, Option<Answer>), BatchError> {
        if !media.is("application", "http") {
            return Err(malformed("Expected Content-Type application/http"));
        }
        let (method, url, rest) = request_line(content)?;
        let (headers, body) = headers(rest)?;
        // .NET writes it with the headers of the request.
        let id = find(mime, "content-id").or_else(|| find(&headers, "content-id"));
        // The delimiter ends it, whatever Content-Length says: clients count
        // characters, or before they insert line ends.
        let body = Cow::Borrowed(body);
        let method = Cow::Borrowed(method);
        Ok(Request::new(
            id.cloned(),
            method,
            url,
            headers,
            body,
            self.service,
        ))
    }
}

/// What follows the boundary in a delimiter line: nothing, or `--` in the
/// closing one.
fn delimiter<'b>(line: &'b [u8], boundary: &str) -> Option<&'b [u8]> {
    let rest = line
        .strip_prefix(b"--")?
        .strip_prefix(boundary.as_bytes())?;
    // Anything else is a longer boundary that starts like this one.
    Some(rest.trim_ascii_end()).filter(|end| matches!(*end, b"" | b"--"))
}

fn without_line_end(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.strip_suffix(b"\r").unwrap_or(text)
}

/// The first line, without its end, and the rest.
fn line(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| *byte == b'\n');
    let (line, rest) = text.split_at(end.map_or(text.len(), |end| end + 1));
    (without_line_end(line), rest)
}

fn utf8(line: &[u8]) -> Result<&str, BatchError> {
    let text = str::from_utf8(line).ok();
    text.filter(|text| !text.contains(|c: char| c.is_control() && c != '\t'))
        .ok_or_else(|| malformed("Expected printable UTF-8 in a header"))
}

/// Header fields up to the blank line, and what follows it.
fn headers(mut text: &[u8]) -> Result<(Headers<'_>, &[u8]), BatchError> {
    let mut headers = Vec::new();
    while !text.is_empty() {
        let (field, rest) = line(text);
        text = rest;
        if field.is_empty() {
            break;
        }
        let (name, value) = utf8(field)?
            .split_once(':')
            .filter(|(name, _)| is_token(name))
            .ok_or_else(|| malformed("Expected a header field or a blank line"))?;
        headers.push((Cow::Borrowed(name), Cow::Borrowed(value.trim())));
    }
    Ok((headers, text))
}

fn is_token(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(allowed)
}

fn media<'h>(mime: &'h Headers<'_>) -> Result<Range<'h>, BatchError> {
    find(mime, "content-type")
        .and_then(|text| Range::parse(text))
        .ok_or_else(|| malformed("Expected a header Content-Type"))
}

/// Method, URL, and what follows the line. Blank lines before it are skipped.
fn request_line(content: &[u8]) -> Result<(&str, &str, &[u8]), BatchError> {
    let (text, rest) = line(content.trim_ascii_start());
    let mut words = utf8(text)?.split_ascii_whitespace();
    let is_version = |word: &str| word.starts_with("HTTP/");
    match (words.next(), words.next(), words.next(), words.next()) {
        (Some(method), Some(url), version, None)
            if is_token(method) && !is_version(url) && version.is_none_or(is_version) =>
        {
            Ok((method, url, rest))
        }
        _ => Err(malformed("Expected a method, an encoded URL and HTTP/1.1")),
    }
}
