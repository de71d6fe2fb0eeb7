//! Batches as JSON
//! ([JSON Format, 19.1](https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html#sec_BatchRequest)).
//!
//! Bodies that are JSON themselves are handed on as they stand, digit by
//! digit.

use std::borrow::Cow;
use std::collections::HashSet;

use super::request::find;
use super::{Answer, BatchError, Grouping, Item, Limits, Request, ServiceLocation, malformed};
use crate::base64;
use crate::json::Reader;
use crate::negotiate::Range;

pub(super) fn read<'b>(
    body: &'b [u8],
    service: ServiceLocation<'_>,
    limits: Limits,
) -> Result<Vec<Item<'b>>, BatchError> {
    let text = str::from_utf8(body).map_err(|_| malformed("Expected UTF-8"))?;
    // .NET's encoders like to start with a byte order mark.
    let mut reader = Reader::new(text.strip_prefix('\u{feff}').unwrap_or(text));
    let mut requests = None;
    reader.object(|reader, name| {
        if name != "requests" {
            reader.value()?;
            return Ok(());
        }
        let mut found = Vec::new();
        reader.array(|reader| {
            if found.len() == limits.parts {
                let text = format!("The batch has more than {} requests", limits.parts);
                return Err(BatchError::TooLarge(text));
            }
            found.push(Members::read(reader)?);
            Ok(())
        })?;
        set(&mut requests, found, "requests")
    })?;
    reader.end()?;
    let requests = requests.ok_or_else(|| malformed("Expected an array \"requests\""))?;
    group(requests, service)
}

/// Puts neighbours of one atomicity group together.
fn group<'b>(
    requests: Vec<Members<'b>>,
    service: ServiceLocation<'_>,
) -> Result<Vec<Item<'b>>, BatchError> {
    let mut items: Vec<Item<'b>> = Vec::new();
    let mut groups = HashSet::new();
    for mut members in requests {
        let grouping = match members.group.take() {
            Some(name) => Grouping::AtomicityGroup(name),
            None => Grouping::Single,
        };
        let joins = |item: &&mut Item<'_>| item.is_atomic() && item.grouping == grouping;
        if let Some(item) = items.last_mut().filter(joins) {
            members.add_to(item, service)?;
            continue;
        }
        if let Grouping::AtomicityGroup(name) = &grouping
            && !groups.insert(name.clone())
        {
            return Err(malformed(format!(
                "The requests of the atomicity group \"{name}\" must stand together"
            )));
        }
        let mut item = Item::new(grouping);
        members.add_to(&mut item, service)?;
        items.push(item);
    }
    Ok(items)
}

/// A request object.
#[derive(Debug, Default)]
struct Members<'b> {
    id: Option<Cow<'b, str>>,
    method: Option<Cow<'b, str>>,
    url: Option<Cow<'b, str>>,
    group: Option<Cow<'b, str>>,
    depends_on: Option<Vec<Cow<'b, str>>>,
    condition: Option<&'b str>,
    headers: Option<Vec<(Cow<'b, str>, Cow<'b, str>)>>,
    body: Option<&'b str>,
}

impl<'b> Members<'b> {
    fn read(reader: &mut Reader<'b>) -> Result<Self, BatchError> {
        let mut it = Self::default();
        reader.object(|reader, name| match name {
            "id" => set(&mut it.id, printable(reader.string()?)?, name),
            "method" => set(&mut it.method, printable(reader.string()?)?, name),
            "url" => set(&mut it.url, printable(reader.string()?)?, name),
            "atomicityGroup" => set(&mut it.group, printable(reader.string()?)?, name),
            "if" => set(&mut it.condition, reader.value()?, name),
            "body" => set(&mut it.body, reader.value()?, name),
            "dependsOn" => {
                let mut names = Vec::new();
                reader.array(|reader| {
                    names.push(printable(reader.string()?)?);
                    Ok::<(), BatchError>(())
                })?;
                set(&mut it.depends_on, names, name)
            }
            "headers" => {
                let mut headers = Vec::new();
                reader.object(|reader, name| {
                    let name = printable(Cow::Owned(name.to_owned()))?;
                    headers.push((name, printable(reader.string()?)?));
                    Ok::<(), BatchError>(())
                })?;
                set(&mut it.headers, headers, name)
            }
            _ => {
                reader.value()?;
                Ok(())
            }
        })?;
        Ok(it)
    }

    fn add_to(self, item: &mut Item<'b>, service: ServiceLocation<'_>) -> Result<(), BatchError> {
        let missing = |name: &str| malformed(format!("A request has no \"{name}\""));
        let id = self.id.filter(|id| !id.is_empty());
        let id = id.ok_or_else(|| missing("id"))?;
        let method = self.method.ok_or_else(|| missing("method"))?;
        let url = self.url.ok_or_else(|| missing("url"))?;
        let mut headers = self.headers.unwrap_or_default();
        let body = decode(self.body, &mut headers)?;
        let method = Cow::Owned(method.to_ascii_uppercase());
        let (mut request, refusal) = Request::new(Some(id), method, &url, headers, body, service);
        request.depends_on = self.depends_on.unwrap_or_default();
        item.push((request, refusal));
        if self.condition.is_some_and(|text| text != "null") {
            // What a service answers that cannot evaluate conditions.
            let text = "Conditions (\"if\") are not supported";
            item.refuse(Answer::failed_dependency(text));
        }
        Ok(())
    }
}

/// Stores a member that must not come twice (RFC 7493).
fn set<T>(place: &mut Option<T>, value: T, name: &str) -> Result<(), BatchError> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(malformed(format!("\"{name}\" is given twice"))),
    }
}

/// Refuses what could not stand in an HTTP message.
fn printable(text: Cow<'_, str>) -> Result<Cow<'_, str>, BatchError> {
    if text.contains(char::is_control) {
        return Err(malformed("Expected a text without control characters"));
    }
    Ok(text)
}

/// The bytes that a member `body` stands for, by the media type in `headers`.
fn decode<'b>(
    body: Option<&'b str>,
    headers: &mut Vec<(Cow<'b, str>, Cow<'b, str>)>,
) -> Result<Cow<'b, [u8]>, BatchError> {
    let Some(raw) = body.filter(|raw| *raw != "null") else {
        return Ok(Cow::Borrowed(b""));
    };
    let Some(content_type) = find(headers, "content-type") else {
        // The examples of the specification leave it out.
        headers.push(("content-type".into(), "application/json".into()));
        return Ok(Cow::Borrowed(raw.as_bytes()));
    };
    let encoding = Encoding::of(content_type);
    if encoding == Encoding::Json {
        return Ok(Cow::Borrowed(raw.as_bytes()));
    }
    let text = Reader::new(raw).string()?;
    Ok(match (encoding, text) {
        (Encoding::Binary, text) => Cow::Owned(base64::decode(&text).ok_or_else(|| {
            malformed(format!("Expected base64url as body of type {content_type}"))
        })?),
        (_, Cow::Borrowed(text)) => Cow::Borrowed(text.as_bytes()),
        (_, Cow::Owned(text)) => Cow::Owned(text.into_bytes()),
    })
}

/// How a JSON batch holds a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// As it is.
    Json,
    /// As a string.
    Text,
    /// As a string of base64url.
    Binary,
}

impl Encoding {
    pub(super) fn of(content_type: &str) -> Self {
        match Range::parse(content_type) {
            Some(it) if it.is("application", "json") || it.subtype.ends_with("+json") => Self::Json,
            Some(it) if it.kind.eq_ignore_ascii_case("text") => Self::Text,
            Some(_) | None => Self::Binary,
        }
    }
}
