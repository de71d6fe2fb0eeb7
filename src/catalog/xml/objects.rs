//! `ListBucketResult`: the objects and folders of a bucket, a page at a time.

use percent_encoding::percent_decode_str;

use super::{BadXml, Step, instant, walk};

/// An object or, without anything but a key, a folder.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::catalog) struct Entry {
    pub(in crate::catalog) key: String,
    pub(in crate::catalog) last_modified: Option<time::OffsetDateTime>,
    /// With its quotes.
    pub(in crate::catalog) etag: Option<String>,
    pub(in crate::catalog) size: Option<i64>,
    pub(in crate::catalog) storage_class: Option<String>,
}

/// One page of a list of objects.
#[derive(Debug, Default)]
pub(in crate::catalog) struct ObjectPage {
    /// Objects and folders in the order of their keys.
    pub(in crate::catalog) entries: Vec<Entry>,
    pub(in crate::catalog) next: Option<String>,
}

/// Reads a `ListBucketResult` (`ListObjectsV2`).
pub(in crate::catalog) fn objects(xml: &str) -> Result<ObjectPage, BadXml> {
    let mut page = ObjectPage::default();
    let mut current = Entry::default();
    let mut encoded = false;
    let mut truncated = false;
    walk(xml, "ListBucketResult", |event| {
        match event {
            Step::Open(["Contents" | "CommonPrefixes"]) => current = Entry::default(),
            Step::Text(["Contents", member], text) => match *member {
                "Key" => current.key = text,
                "LastModified" => current.last_modified = Some(instant(&text)?),
                "ETag" => current.etag = Some(text),
                "Size" => {
                    let size = text.parse();
                    current.size = Some(size.map_err(|_| BadXml("a size is no number".into()))?);
                }
                "StorageClass" => current.storage_class = Some(text),
                _ => {}
            },
            Step::Text(["CommonPrefixes", "Prefix"], text) => current.key = text,
            Step::Close(["Contents" | "CommonPrefixes"]) => {
                if current.key.is_empty() {
                    return Err(BadXml("an object has no key".to_owned()));
                }
                page.entries.push(std::mem::take(&mut current));
            }
            Step::Text(["EncodingType"], text) => encoded = text == "url",
            Step::Text(["IsTruncated"], text) => truncated = text == "true",
            Step::Text(["NextContinuationToken"], text) if !text.is_empty() => {
                page.next = Some(text);
            }
            Step::Open(_) | Step::Text(..) | Step::Close(_) => {}
        }
        Ok(())
    })?;
    if truncated != page.next.is_some() {
        return Err(BadXml("it does not say where it goes on".to_owned()));
    }
    if encoded {
        for entry in &mut page.entries {
            entry.key = decode(&entry.key)?;
        }
    }
    // S3 lists folders behind objects, each in order
    page.entries.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    Ok(page)
}

/// Undoes `encoding-type=url`: keys may hold characters that XML 1.0 can't.
fn decode(key: &str) -> Result<String, BadXml> {
    let blanks = key.replace('+', " ");
    let text = percent_decode_str(&blanks).decode_utf8();
    Ok(text.map_err(|_| BadXml::not_utf8())?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::objects;

    const PAGE: &str = "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
        <Name>b</Name><Prefix>docs/</Prefix><KeyCount>3</KeyCount><MaxKeys>3</MaxKeys><Delimiter>/</Delimiter>\
        <EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>\
        <Contents><Key>docs/a+b%2Bc%01.txt</Key><LastModified>2024-05-06T07:08:09.123Z</LastModified>\
        <ETag>&quot;0cc1&quot;</ETag><Size>5</Size><StorageClass>STANDARD</StorageClass></Contents>\
        <Contents><Key>docs/z</Key><Size>0</Size></Contents>\
        <CommonPrefixes><Prefix>docs/%C3%9C/</Prefix></CommonPrefixes>\
        <NextContinuationToken>1/x=</NextContinuationToken></ListBucketResult>";

    #[test]
    fn objects_and_folders_come_in_the_order_of_their_keys() {
        let page = objects(PAGE).unwrap();
        let keys: Vec<_> = page.entries.iter().map(|it| it.key.as_str()).collect();
        assert_eq!(keys, ["docs/a b+c\u{1}.txt", "docs/z", "docs/Ü/"]);
        let first = &page.entries[0];
        assert_eq!(first.etag.as_deref(), Some("\"0cc1\""));
        assert_eq!(first.size, Some(5));
        assert_eq!(first.storage_class.as_deref(), Some("STANDARD"));
        assert_eq!(first.last_modified.unwrap().millisecond(), 123);
        assert_eq!(page.next.as_deref(), Some("1/x="));
        assert_eq!(page.entries[2].size, None);
    }

    #[test]
    fn keys_are_decoded_only_where_the_server_encoded_them() {
        let plain = PAGE.replace("<EncodingType>url</EncodingType>", "");
        let keys: Vec<_> = objects(&plain)
            .unwrap()
            .entries
            .into_iter()
            .map(|it| it.key)
            .collect();
        assert_eq!(keys, ["docs/%C3%9C/", "docs/a+b%2Bc%01.txt", "docs/z"]);
    }

    #[test]
    fn a_page_that_does_not_say_what_it_should_is_refused() {
        for (from, to) in [
            ("<NextContinuationToken>1/x=</NextContinuationToken>", ""),
            ("<Key>docs/z</Key>", ""),
            ("<Size>0</Size>", "<Size>much</Size>"),
            ("%C3%9C", "%FF"),
            ("2024-05-06T07:08:09.123Z", "yesterday"),
            ("ListBucketResult", "ListVersionsResult"),
        ] {
            assert!(objects(&PAGE.replace(from, to)).is_err(), "{from}");
        }
        assert!(objects(&PAGE[..PAGE.len() - 30]).is_err());
        let empty = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";
        assert!(objects(empty).unwrap().entries.is_empty());
    }
}
