//! Reads S3's XML answers with a pull parser: fast, and strict enough for a hostile upstream.
//!
//! An answer that ends too early, has another root or a document type is no answer; CAP
//! would turn it into a list with an empty name.

mod objects;

pub(super) use objects::{Entry, ObjectPage, objects};

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Bucket;

/// Nesting that S3's answers stay far below.
const DEPTH: usize = 16;

/// What is wrong with an XML answer.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BadXml(String);

impl BadXml {
    pub(super) fn not_utf8() -> Self {
        Self("it is not UTF-8".to_owned())
    }
}

/// One page of a bucket list.
#[derive(Debug, Default)]
pub(super) struct BucketPage {
    pub(super) buckets: Vec<Bucket>,
    pub(super) next: Option<String>,
}

/// An error document; empty members when it says nothing.
#[derive(Debug, Default)]
pub(super) struct ErrorDocument {
    pub(super) code: String,
    pub(super) message: String,
    pub(super) region: Option<String>,
}

/// Reads a `ListAllMyBucketsResult`.
pub(super) fn buckets(xml: &str) -> Result<BucketPage, BadXml> {
    let mut page = BucketPage::default();
    let mut current: Option<Bucket> = None;
    walk(xml, "ListAllMyBucketsResult", |event| {
        match event {
            Step::Open(["Buckets", "Bucket"]) => {
                current = Some(Bucket {
                    name: String::new(),
                    created: None,
                    region: None,
                });
            }
            Step::Text(["Buckets", "Bucket", member], text) => {
                let Some(bucket) = current.as_mut() else {
                    return Ok(());
                };
                match *member {
                    "Name" => bucket.name = text,
                    "CreationDate" => bucket.created = Some(instant(&text)?),
                    "BucketRegion" => bucket.region = Some(text),
                    _ => {}
                }
            }
            Step::Close(["Buckets", "Bucket"]) => match current.take() {
                Some(bucket) if !bucket.name.is_empty() => page.buckets.push(bucket),
                _ => return Err(BadXml("a bucket has no name".to_owned())),
            },
            Step::Text(["ContinuationToken"], text) if !text.is_empty() => page.next = Some(text),
            Step::Open(_) | Step::Text(..) | Step::Close(_) => {}
        }
        Ok(())
    })?;
    Ok(page)
}

/// Reads an `Error` document.
pub(super) fn error(xml: &str) -> Result<ErrorDocument, BadXml> {
    let mut document = ErrorDocument::default();
    walk(xml, "Error", |event| {
        if let Step::Text([member], text) = event {
            match *member {
                "Code" => document.code = text,
                "Message" => document.message = text,
                "Region" => document.region = Some(text),
                _ => {}
            }
        }
        Ok(())
    })?;
    Ok(document)
}

fn instant(text: &str) -> Result<OffsetDateTime, BadXml> {
    OffsetDateTime::parse(text, &Rfc3339).map_err(|_| BadXml("a date is none".to_owned()))
}

/// What the walk meets; paths start below the root.
enum Step<'a> {
    Open(&'a [&'a str]),
    /// An element without children, with its text.
    Text(&'a [&'a str], String),
    Close(&'a [&'a str]),
}

fn walk(
    xml: &str,
    root: &str,
    mut meet: impl FnMut(Step<'_>) -> Result<(), BadXml>,
) -> Result<(), BadXml> {
    let mut reader = Reader::from_str(xml);
    let mut path: Vec<&str> = Vec::with_capacity(4);
    let mut text = String::new();
    let mut leaf = false;
    let mut seen_root = false;
    loop {
        let before = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        match reader
            .read_event()
            .map_err(|e| BadXml(format!("not well-formed: {e}")))?
        {
            Event::Start(start) => {
                let length = start.name().as_ref().len();
                // borrowed from the document itself: "<" and the name, wherever the reader stands
                let name = xml.get(before + 1..before + 1 + length).unwrap_or_default();
                if path.is_empty() && (name != root || seen_root) {
                    return Err(BadXml(format!("its root is not {root}")));
                }
                if path.len() == DEPTH {
                    return Err(BadXml("nested too deeply".to_owned()));
                }
                seen_root = true;
                path.push(name);
                text.clear();
                leaf = true;
                meet(Step::Open(below_root(&path)))?;
            }
            Event::End(_) => {
                if leaf {
                    meet(Step::Text(below_root(&path), std::mem::take(&mut text)))?;
                }
                leaf = false;
                meet(Step::Close(below_root(&path)))?;
                path.pop();
            }
            Event::Empty(_) if path.is_empty() => {
                return Err(BadXml(format!("its root is not {root}")));
            }
            Event::Text(part) if !path.is_empty() => text.push_str(&part),
            Event::Text(part) if !part.trim().is_empty() => {
                return Err(BadXml("text outside of the document".to_owned()));
            }
            Event::CData(part) => text.push_str(&part),
            Event::GeneralRef(entity) => text.push_str(&resolve(&entity)?),
            Event::DocType(_) => return Err(BadXml("a document type is not accepted".to_owned())),
            Event::Eof if seen_root && path.is_empty() => return Ok(()),
            Event::Eof => return Err(BadXml("it ends too early".to_owned())),
            Event::Empty(_)
            | Event::Text(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_) => {}
        }
    }
}

fn below_root<'a>(path: &'a [&'a str]) -> &'a [&'a str] {
    path.get(1..).unwrap_or_default()
}

fn resolve(entity: &quick_xml::events::BytesRef<'_>) -> Result<String, BadXml> {
    let unknown = || BadXml("an unknown entity".to_owned());
    if let Some(character) = entity.resolve_char_ref().map_err(|_| unknown())? {
        return Ok(character.to_string());
    }
    Ok(resolve_predefined_entity(entity)
        .ok_or_else(unknown)?
        .to_owned())
}

#[cfg(test)]
mod tests;
