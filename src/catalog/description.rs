//! What an object is said to be: type, language, user metadata and tags.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use time::OffsetDateTime;

use super::s3::{self, Place};
use super::{Catalog, CatalogError, is_hidden};
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
        if key.is_empty() || is_hidden(key) {
            return Ok(None);
        }
        let place = Place {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
        };
        let ask = async |s3| s3::describe(&s3, &place, version).await;
        self.ask(caller, ask).await
    }
}

impl Description {
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

const BEGIN: &str = "=?UTF-8?B?";
const END: &str = "?=";

/// Headers are ASCII: other values travel as RFC 2047 has it, which is also how S3 gives those
/// back that it can't put into a header
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html>).
fn encoded(value: &str) -> String {
    let plain = value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
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
