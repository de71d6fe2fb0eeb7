//! What an object is said to be: type, language, user metadata and tags.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use time::OffsetDateTime;

use super::s3::{self, Place};
use super::{Catalog, CatalogError, check_key, is_hidden};
use crate::caller::Caller;

/// What is written beside the content. Pairs are in the order of their keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Description {
    pub(crate) content_type: Option<String>,
    pub(crate) content_encoding: Option<String>,
    pub(crate) content_language: Option<String>,
    /// User metadata (`x-amz-meta-…`), without that prefix.
    pub(crate) metadata: Vec<(String, String)>,
    /// Object tags.
    pub(crate) tags: Vec<(String, String)>,
}

/// One object, as S3 knows it when it is asked for it alone.
#[derive(Debug, Clone)]
pub(crate) struct Described {
    /// S3's, with its quotes.
    pub(crate) etag: Option<String>,
    /// Where the bucket keeps versions.
    pub(crate) version: Option<String>,
    pub(crate) size: Option<i64>,
    pub(crate) last_modified: Option<OffsetDateTime>,
    pub(crate) storage_class: String,
    pub(crate) description: Description,
}

impl Catalog {
    /// What S3 says of an object, or of a version of it; `None` if there is none.
    pub(crate) async fn described(
        &self,
        caller: &Caller,
        bucket: &str,
        key: &str,
        version: Option<&str>,
    ) -> Result<Option<Described>, CatalogError> {
        if !self.shows(bucket) {
            return Err(CatalogError::NoBucket);
        }
        check_key(key)?;
        if key.is_empty() || is_hidden(key) {
            return Ok(None);
        }
        let place = Place::new(bucket, key);
        let ask = async |s3| s3::describe(&s3, &place, version).await;
        self.ask(caller, ask).await
    }
}

impl Description {
    /// Refuses what S3 would.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html> and
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html>
    pub(in crate::catalog) fn check(&self) -> Result<(), CatalogError> {
        let bad = |told| Err(CatalogError::BadDescription(told));
        let headers = [
            &self.content_type,
            &self.content_encoding,
            &self.content_language,
        ];
        let headers = || headers.iter().copied().flatten();
        if headers().any(|value| !is_printable(value)) {
            return bad("Type, encoding and language of content are printable ASCII");
        }
        if headers().map(String::len).sum::<usize>() > MOST_HEADERS {
            return bad("Type, encoding and language of content have 1 KB at most, together");
        }
        let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        let keys = self.metadata.iter().map(|(key, _)| key);
        if keys
            .clone()
            .any(|key| key.is_empty() || !key.chars().all(is_token))
        {
            return bad("Keys of metadata are names of headers: letters, digits, dashes");
        }
        if self.metadata.len() > MOST_PAIRS {
            return bad("Metadata has 64 keys at most");
        }
        let size = |(key, value): &(String, String)| key.len() + encoded(value).len();
        if self.metadata.iter().map(size).sum::<usize>() > MOST_METADATA {
            return bad("Metadata has 2 KB at most, keys and values together");
        }
        if has_twins(
            self.metadata
                .iter()
                .map(|(key, _)| key.to_ascii_lowercase()),
        ) {
            return bad("Each key of metadata stands for one value");
        }
        let is_tag = |c: char| c.is_alphanumeric() || " +-=._:/@".contains(c);
        let fits = |text: &str, most| text.chars().count() <= most && text.chars().all(is_tag);
        let tags = self.tags.iter();
        if self.tags.len() > 10 || has_twins(tags.clone().map(|(key, _)| key.clone())) {
            return bad("An object has ten tags at most, each with another key");
        }
        if tags
            .clone()
            .any(|(key, value)| key.is_empty() || !fits(key, 128) || !fits(value, 256))
        {
            return bad(
                "Tags are letters, digits, blanks and + - = . _ : / @; keys have 128 and values 256 characters at most",
            );
        }
        Ok(())
    }

    /// Whether user metadata says this.
    pub(in crate::catalog) fn says(&self, key: &str, value: &str) -> bool {
        let mut pairs = self.metadata.iter();
        pairs.any(|(known, said)| known == key && said == value)
    }

    /// User metadata as headers carry it.
    pub(in crate::catalog) fn metadata_headers(&self) -> Option<HashMap<String, String>> {
        let pairs = self.metadata.iter();
        let pairs = pairs.map(|(key, value)| (key.clone(), encoded(value)));
        (!self.metadata.is_empty()).then(|| pairs.collect())
    }

    /// Tags as the header `x-amz-tagging` carries them.
    pub(in crate::catalog) fn tags_query(&self) -> Option<String> {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&self.tags);
        (!self.tags.is_empty()).then(|| query.finish())
    }

    /// Sets user metadata from what headers carry.
    pub(in crate::catalog) fn set_metadata(&mut self, headers: Option<HashMap<String, String>>) {
        let pairs = headers.unwrap_or_default().into_iter();
        self.metadata = pairs.map(|(key, value)| (key, decoded(&value))).collect();
        self.metadata.sort_unstable();
    }
}

const MOST_METADATA: usize = 2048;
/// Each is a header, of which many servers and clients take a hundred in all.
const MOST_PAIRS: usize = 64;
/// Of the 2 KB that S3 takes for headers of its own, which have names too.
const MOST_HEADERS: usize = 1024;

fn is_printable(value: &str) -> bool {
    value.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

fn has_twins(keys: impl Iterator<Item = String>) -> bool {
    let mut keys: Vec<String> = keys.collect();
    keys.sort_unstable();
    keys.windows(2).any(|two| matches!(two, [a, b] if a == b))
}

const BEGIN: &str = "=?UTF-8?B?";
const END: &str = "?=";

/// Headers are ASCII: other values travel as RFC 2047 has it, which is also how S3 gives those
/// back that it can't put into a header
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html>).
fn encoded(value: &str) -> String {
    let plain = is_printable(value);
    // what looks encoded would come back decoded
    if plain && !value.contains("=?") && value.trim() == value {
        return value.to_owned();
    }
    format!("{BEGIN}{}{END}", STANDARD.encode(value))
}

fn decoded(value: &str) -> String {
    let inner = value
        .get(..BEGIN.len())
        .filter(|begin| begin.eq_ignore_ascii_case(BEGIN))
        .and_then(|_| value.get(BEGIN.len()..)?.strip_suffix(END))
        .and_then(|inner| STANDARD.decode(inner).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok());
    inner.unwrap_or_else(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{decoded, encoded};

    #[test]
    fn plain_values_travel_as_they_are_and_others_encoded() {
        assert_eq!(encoded("a b;c"), "a b;c");
        assert_eq!(encoded("ü"), "=?UTF-8?B?w7w=?=");
        assert_eq!(decoded("=?utf-8?B?w7w=?="), "ü");
        assert_eq!(decoded("=?UTF-8?B?*?="), "=?UTF-8?B?*?=");
    }

    proptest! {
        #[test]
        fn every_value_comes_back(value in ".*") {
            let sent = encoded(&value);
            prop_assert!(sent.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
            prop_assert_eq!(decoded(&sent), value);
        }
    }
}
