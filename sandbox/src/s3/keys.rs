//! Lists of keys and of versions, page by page and in the order of bytes. A page costs what is on
//! it, not what the bucket holds: folders are stepped over.

use std::ops::Bound;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use s3s::dto::{
    CommonPrefix, DeleteMarkerEntry, ETag, ListObjectVersionsInput, ListObjectVersionsOutput,
    ListObjectsInput, ListObjectsOutput, ListObjectsV2Input, ListObjectsV2Output, Object,
    ObjectStorageClass, ObjectVersion, ObjectVersionStorageClass,
};
use s3s::{S3Error, S3ErrorCode, S3Response, S3Result};

use super::listing;
use super::objects::timestamp;
use super::shelf::{Content, Version};
use super::store::{Outcome, Store};

const PAGE: usize = 1000;
/// Sorts behind every character of a key.
const BEHIND: char = '\u{10FFFF}';

/// What is on a page.
enum Entry<'c> {
    Key(&'c str, &'c [Version]),
    Prefix(String),
}

/// A walk over the keys of a bucket.
struct Walk<'c> {
    content: &'c Content,
    prefix: &'c str,
    delimiter: Option<&'c str>,
    /// Whether deleted keys are left out.
    only_present: bool,
    from: Bound<String>,
}

impl<'c> Iterator for Walk<'c> {
    type Item = Entry<'c>;

    fn next(&mut self) -> Option<Entry<'c>> {
        loop {
            let range = (self.from.clone(), Bound::Unbounded);
            let (key, versions) = self.content.keys.range(range).next()?;
            let rest = key.strip_prefix(self.prefix)?;
            self.from = Bound::Excluded(key.clone());
            let there = versions.last().is_some_and(|it| !it.marker);
            if self.only_present && !there {
                continue;
            }
            let delimiter = self.delimiter.filter(|it| !it.is_empty());
            if let Some(at) = delimiter.and_then(|delimiter| rest.find(delimiter)) {
                let end = at + delimiter.map_or(0, str::len);
                let folder = format!("{}{}", self.prefix, rest.get(..end)?);
                self.from = Bound::Included(format!("{folder}{BEHIND}"));
                return Some(Entry::Prefix(folder));
            }
            return Some(Entry::Key(key, versions));
        }
    }
}

fn walk<'c>(
    content: &'c Content,
    prefix: Option<&'c String>,
    delimiter: Option<&'c String>,
    after: Option<&str>,
    only_present: bool,
) -> Walk<'c> {
    let prefix = prefix.map_or("", String::as_str);
    let from = match after {
        Some(after) if after >= prefix => Bound::Excluded(after.to_owned()),
        _ => Bound::Included(prefix.to_owned()),
    };
    Walk {
        content,
        prefix,
        delimiter: delimiter.map(String::as_str),
        only_present,
        from,
    }
}

/// Objects and folders of a page, and where the next one begins.
struct Page {
    objects: Vec<Object>,
    prefixes: Vec<CommonPrefix>,
    next: Option<String>,
}

fn page(walk: Walk<'_>, most: usize) -> Page {
    let mut page = Page {
        objects: Vec::new(),
        prefixes: Vec::new(),
        next: None,
    };
    let mut last = String::new();
    for entry in walk {
        if page.objects.len() + page.prefixes.len() == most {
            page.next = Some(last).filter(|_| most > 0);
            break;
        }
        match entry {
            Entry::Prefix(prefix) => {
                last = format!("{prefix}{BEHIND}");
                let prefix = Some(prefix);
                page.prefixes.push(CommonPrefix { prefix });
            }
            Entry::Key(key, versions) => {
                key.clone_into(&mut last);
                page.objects
                    .extend(versions.last().map(|it| object(key, it)));
            }
        }
    }
    page
}

fn object(key: &str, version: &Version) -> Object {
    let class = version.described.storage_class.clone();
    Object {
        key: Some(key.to_owned()),
        size: i64::try_from(version.size).ok(),
        e_tag: Some(ETag::Strong(version.etag.clone())),
        last_modified: Some(timestamp(version.modified)),
        storage_class: Some(ObjectStorageClass::from(
            class.unwrap_or_else(|| "STANDARD".to_owned()),
        )),
        ..Object::default()
    }
}

fn most(asked: Option<i32>) -> S3Result<usize> {
    match asked.map(usize::try_from) {
        None => Ok(PAGE),
        Some(Ok(most)) => Ok(most.min(PAGE)),
        Some(Err(_)) => {
            let message = "Argument maxKeys must be an integer between 0 and 2147483647";
            Err(S3Error::with_message(S3ErrorCode::InvalidArgument, message))
        }
    }
}

impl Store {
    pub(super) fn list_v2(&self, input: ListObjectsV2Input) -> Outcome<ListObjectsV2Output> {
        self.bucket(&input.bucket)?;
        let token = match &input.continuation_token {
            None => None,
            Some(token) => Some(opened(token)?),
        };
        let most = most(input.max_keys)?;
        let page = self.shelf.look(&input.bucket, |content| {
            let after = token.as_deref().or(input.start_after.as_deref());
            page(
                walk(
                    content,
                    input.prefix.as_ref(),
                    input.delimiter.as_ref(),
                    after,
                    true,
                ),
                most,
            )
        });
        let count = page.objects.len() + page.prefixes.len();
        let mut output = ListObjectsV2Output {
            name: Some(input.bucket),
            prefix: Some(input.prefix.unwrap_or_default()),
            delimiter: input.delimiter,
            max_keys: i32::try_from(most).ok(),
            key_count: i32::try_from(count).ok(),
            continuation_token: input.continuation_token,
            start_after: input.start_after,
            is_truncated: Some(page.next.is_some()),
            next_continuation_token: page.next.map(|last| URL_SAFE_NO_PAD.encode(last)),
            contents: Some(page.objects),
            common_prefixes: Some(page.prefixes),
            encoding_type: input.encoding_type,
            request_charged: None,
        };
        if output
            .encoding_type
            .as_ref()
            .is_some_and(|it| it.as_str() == "url")
        {
            listing::encode_keys(&mut output);
        }
        Ok(S3Response::new(output))
    }

    pub(super) fn list_v1(&self, input: ListObjectsInput) -> Outcome<ListObjectsOutput> {
        self.bucket(&input.bucket)?;
        let most = most(input.max_keys)?;
        let page = self.shelf.look(&input.bucket, |content| {
            let after = input.marker.as_deref();
            page(
                walk(
                    content,
                    input.prefix.as_ref(),
                    input.delimiter.as_ref(),
                    after,
                    true,
                ),
                most,
            )
        });
        Ok(S3Response::new(ListObjectsOutput {
            name: Some(input.bucket),
            prefix: input.prefix,
            delimiter: input.delimiter,
            marker: input.marker,
            max_keys: i32::try_from(most).ok(),
            is_truncated: Some(page.next.is_some()),
            next_marker: page.next,
            contents: Some(page.objects),
            common_prefixes: Some(page.prefixes),
            encoding_type: input.encoding_type,
            request_charged: None,
        }))
    }

    /// Versions of all keys, the latest first; pages end between keys only.
    pub(super) fn list_versions(
        &self,
        input: ListObjectVersionsInput,
    ) -> Outcome<ListObjectVersionsOutput> {
        self.bucket(&input.bucket)?;
        let most = most(input.max_keys)?;
        let mut output = ListObjectVersionsOutput {
            is_truncated: Some(false),
            max_keys: i32::try_from(most).ok(),
            ..ListObjectVersionsOutput::default()
        };
        let (mut versions, mut markers, mut prefixes) = (Vec::new(), Vec::new(), Vec::new());
        self.shelf.look(&input.bucket, |content| {
            let after = input.key_marker.as_deref().filter(|it| !it.is_empty());
            let walk = walk(
                content,
                input.prefix.as_ref(),
                input.delimiter.as_ref(),
                after,
                false,
            );
            let mut last = String::new();
            for entry in walk {
                if versions.len() + markers.len() + prefixes.len() >= most {
                    output.is_truncated = Some(true);
                    output.next_key_marker = Some(last);
                    break;
                }
                match entry {
                    Entry::Prefix(prefix) => {
                        last = format!("{prefix}{BEHIND}");
                        prefixes.push(CommonPrefix {
                            prefix: Some(prefix),
                        });
                    }
                    Entry::Key(key, all) => {
                        key.clone_into(&mut last);
                        for (index, version) in all.iter().enumerate().rev() {
                            let latest = index + 1 == all.len();
                            if version.marker {
                                markers.push(marker(key, version, latest));
                            } else {
                                versions.push(entry_of(key, version, latest));
                            }
                        }
                    }
                }
            }
        });
        output.versions = Some(versions);
        output.delete_markers = Some(markers);
        output.common_prefixes = Some(prefixes);
        output.name = Some(input.bucket);
        output.prefix = input.prefix;
        output.delimiter = input.delimiter;
        output.key_marker = input.key_marker;
        Ok(S3Response::new(output))
    }
}

fn marker(key: &str, version: &Version, latest: bool) -> DeleteMarkerEntry {
    DeleteMarkerEntry {
        is_latest: Some(latest),
        key: Some(key.to_owned()),
        last_modified: Some(timestamp(version.modified)),
        version_id: Some(version.id.clone()),
        ..DeleteMarkerEntry::default()
    }
}

fn entry_of(key: &str, version: &Version, latest: bool) -> ObjectVersion {
    let class = version.described.storage_class.clone();
    ObjectVersion {
        e_tag: Some(ETag::Strong(version.etag.clone())),
        is_latest: Some(latest),
        key: Some(key.to_owned()),
        last_modified: Some(timestamp(version.modified)),
        size: i64::try_from(version.size).ok(),
        storage_class: Some(ObjectVersionStorageClass::from(
            class.unwrap_or_else(|| "STANDARD".to_owned()),
        )),
        version_id: Some(version.id.clone()),
        ..ObjectVersion::default()
    }
}

fn opened(token: &str) -> S3Result<String> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok();
    bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| {
            let message = "The continuation token provided is incorrect";
            S3Error::with_message(S3ErrorCode::InvalidArgument, message)
        })
}
