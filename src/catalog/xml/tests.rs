mod against_sdk;

use super::{buckets, error};

const PAGE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Owner><ID>o</ID></Owner><Buckets>
<Bucket><Name>a-b</Name><CreationDate>2024-05-06T07:08:09.000Z</CreationDate><BucketRegion>eu-central-1</BucketRegion></Bucket>
<Bucket><CreationDate>2020-01-01T00:00:00Z</CreationDate><Name>x&amp;&#65;y</Name></Bucket></Buckets>
<ContinuationToken>t&lt;1</ContinuationToken></ListAllMyBucketsResult>"#;

#[test]
fn a_page_is_read_with_entities_and_in_any_member_order() {
    let page = buckets(PAGE).unwrap();
    assert_eq!(page.buckets.len(), 2);
    assert_eq!(page.buckets[0].name, "a-b");
    assert_eq!(page.buckets[0].region.as_deref(), Some("eu-central-1"));
    assert_eq!(
        page.buckets[0].created.unwrap().unix_timestamp(),
        1_714_979_289
    );
    assert_eq!(page.buckets[1].name, "x&Ay");
    assert_eq!(page.next.as_deref(), Some("t<1"));
}

#[test]
fn an_empty_account_is_an_empty_list() {
    for xml in [
        "<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>",
        "<ListAllMyBucketsResult><Buckets></Buckets></ListAllMyBucketsResult>",
        "<ListAllMyBucketsResult/>",
    ] {
        let read = buckets(xml);
        if xml.ends_with("Result/>") {
            assert!(read.is_err(), "an empty root says nothing about buckets");
        } else {
            assert!(read.unwrap().buckets.is_empty(), "{xml}");
        }
    }
}

#[test]
fn what_is_not_a_list_is_refused() {
    for (xml, reason) in [
        ("", "it ends too early"),
        (
            "<html><body>hello</body></html>",
            "its root is not ListAllMyBucketsResult",
        ),
        (&PAGE[..PAGE.len() - 10], "not well-formed"),
        (&PAGE[..300], "it ends too early"),
        (
            "<!DOCTYPE a [<!ENTITY e 'x'>]><ListAllMyBucketsResult></ListAllMyBucketsResult>",
            "a document type is not accepted",
        ),
        (
            "<ListAllMyBucketsResult><Buckets><Bucket></Bucket></Buckets></ListAllMyBucketsResult>",
            "a bucket has no name",
        ),
        (
            "<ListAllMyBucketsResult><Buckets><Bucket><Name>a</Name><CreationDate>soon</CreationDate></Bucket></Buckets></ListAllMyBucketsResult>",
            "a date is none",
        ),
        (
            "<ListAllMyBucketsResult><Buckets><Bucket><Name>&bomb;</Name></Bucket></Buckets></ListAllMyBucketsResult>",
            "an unknown entity",
        ),
    ] {
        let told = buckets(xml).unwrap_err().to_string();
        assert!(told.starts_with(reason), "{xml}: {told}");
    }
    assert!(buckets("<ListAllMyBucketsResult></Buckets></ListAllMyBucketsResult>").is_err());
    assert!(
        buckets("<ListAllMyBucketsResult></ListAllMyBucketsResult><ListAllMyBucketsResult>")
            .is_err()
    );
}

#[test]
fn an_error_document_gives_code_message_and_region() {
    let xml = "<Error><Code>PermanentRedirect</Code><Message>m &amp; n</Message><Region>us-east-1</Region><X><Code>no</Code></X></Error>";
    let read = error(xml).unwrap();
    assert_eq!(
        (read.code.as_str(), read.message.as_str()),
        ("PermanentRedirect", "m & n")
    );
    assert_eq!(read.region.as_deref(), Some("us-east-1"));
}
