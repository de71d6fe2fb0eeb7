//! Our reading of lists against that of AWS's SDK, over answers of many spellings.

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region, retry::RetryConfig};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::date_time::Format;
use proptest::prelude::*;

use super::super::{Entry, buckets, objects};

/// Name, creation second, region.
type Listed = (String, Option<i64>, Option<String>);

/// An upstream with one answer.
#[derive(Debug)]
struct Answering(String);

impl HttpConnector for Answering {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let ok = StatusCode::try_from(200).unwrap();
        let body = SdkBody::from(self.0.as_str());
        HttpConnectorFuture::ready(Ok(HttpResponse::new(ok, body)))
    }
}

/// Asks the SDK, whose upstream answers `xml`.
fn ask_the_sdk<T>(xml: &str, ask: impl AsyncFnOnce(Client) -> T) -> T {
    let connector = SharedHttpConnector::new(Answering(xml.to_owned()));
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::for_tests())
        .retry_config(RetryConfig::disabled())
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .build();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(ask(Client::from_conf(config)))
}

/// What the SDK makes of an answer to `ListBuckets`.
fn by_the_sdk(xml: &str) -> Option<(Vec<Listed>, Option<String>)> {
    let answer = ask_the_sdk(xml, async |s3| s3.list_buckets().send().await).ok()?;
    let listed = answer.buckets().iter().map(|bucket| {
        (
            bucket.name().unwrap_or_default().to_owned(),
            bucket.creation_date().map(aws_smithy_types::DateTime::secs),
            bucket.bucket_region().map(str::to_owned),
        )
    });
    let next = answer.continuation_token().filter(|next| !next.is_empty());
    Some((listed.collect(), next.map(str::to_owned)))
}

/// What the SDK makes of an answer to `ListObjectsV2`.
fn objects_by_the_sdk(xml: &str) -> Option<(Vec<Entry>, Option<String>)> {
    let ask = async |s3: Client| s3.list_objects_v2().bucket("bucket").send().await;
    let answer = ask_the_sdk(xml, ask).ok()?;
    let objects = answer.contents().iter().map(|object| Entry {
        key: object.key().unwrap_or_default().to_owned(),
        last_modified: object
            .last_modified()
            .map(|at| time::OffsetDateTime::from_unix_timestamp(at.secs()).unwrap()),
        etag: object.e_tag().map(str::to_owned),
        size: object.size(),
        storage_class: object.storage_class().map(|it| it.as_str().to_owned()),
    });
    let folders = answer.common_prefixes().iter().map(|folder| Entry {
        key: folder.prefix().unwrap_or_default().to_owned(),
        ..Entry::default()
    });
    let next = answer.next_continuation_token().map(str::to_owned);
    Some((objects.chain(folders).collect(), next))
}

fn by_us(xml: &str) -> Option<(Vec<Listed>, Option<String>)> {
    let page = buckets(xml).ok()?;
    let listed = page.buckets.into_iter().map(|bucket| {
        let created = bucket.created.map(time::OffsetDateTime::unix_timestamp);
        (bucket.name, created, bucket.region)
    });
    Some((listed.collect(), page.next))
}

/// Text as XML may spell it; the SDK passes CDATA sections over, so they are left out here.
fn spelled(text: &str, by_name: bool) -> String {
    if by_name {
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
    } else {
        text.chars().fold(String::new(), |spelled, character| {
            spelled + &format!("&#{};", u32::from(character))
        })
    }
}

fn page() -> impl Strategy<Value = String> {
    let text = || "[a-zA-Z0-9&<>'\"äß€😀._-]{1,12}";
    let bucket = (
        text(),
        proptest::option::of(0_i64..4_000_000_000),
        proptest::option::of(text()),
        any::<bool>(),
        any::<bool>(),
    );
    let bucket = bucket.prop_map(|(name, created, region, by_name, name_last)| {
        let name = format!("<Name>{}</Name>", spelled(&name, by_name));
        let created = created.map_or_else(String::new, |second| {
            let at = aws_smithy_types::DateTime::from_secs(second);
            format!("<CreationDate>{}</CreationDate>", at.fmt(Format::DateTime).unwrap())
        });
        let region = region.map_or_else(String::new, |region| {
            format!("<BucketRegion>{}</BucketRegion>", spelled(&region, !by_name))
        });
        let (first, last) = if name_last { (String::new(), name) } else { (name, String::new()) };
        format!("<Bucket>{first}{created}\n<!-- c --><Other><Name>x</Name></Other>{region}{last}</Bucket>")
    });
    let next = proptest::option::of(text());
    (proptest::collection::vec(bucket, 0..5), next).prop_map(|(buckets, next)| {
        let next = next.map_or_else(String::new, |next| {
            format!("<ContinuationToken>{}</ContinuationToken>", spelled(&next, true))
        });
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListAllMyBucketsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Owner><ID>me</ID></Owner><Buckets>{}</Buckets>{next}</ListAllMyBucketsResult>",
            buckets.concat()
        )
    })
}

fn object_page() -> impl Strategy<Value = String> {
    let text = || "[a-zA-Z0-9&<>'\"äß€😀/._-]{1,12}";
    let object = (
        text(),
        proptest::option::of(0_i64..4_000_000_000),
        proptest::option::of(0_i64..i64::MAX),
        proptest::option::of("[0-9a-f]{4}"),
        proptest::option::of("[A-Z_]{1,9}"),
        any::<bool>(),
    );
    let object = object.prop_map(|(key, modified, size, etag, class, by_name)| {
        let at = modified.map(|second| {
            let at = aws_smithy_types::DateTime::from_secs(second);
            at.fmt(Format::DateTime).unwrap()
        });
        let etag = etag.map(|etag| spelled(&format!("\"{etag}\""), by_name));
        let members = [
            ("LastModified", at),
            ("ETag", etag),
            ("Size", size.map(|size| size.to_string())),
            ("StorageClass", class),
        ];
        let members = members
            .into_iter()
            .filter_map(|(name, text)| text.map(|text| format!("<{name}>{text}</{name}>")));
        let members: String = members.collect();
        let key = spelled(&key, by_name);
        format!("<Contents><Key>{key}</Key>{members}<Owner><ID>o</ID></Owner></Contents>")
    });
    let folder = text().prop_map(|text| {
        let prefix = spelled(&text, true);
        format!("<CommonPrefixes><Prefix>{prefix}</Prefix></CommonPrefixes>")
    });
    let objects = proptest::collection::vec(object, 0..5);
    let folders = proptest::collection::vec(folder, 0..3);
    (objects, folders, proptest::option::of(text())).prop_map(|(objects, folders, next)| {
        let truncated = next.is_some();
        let next = next.map_or_else(String::new, |next| {
            let token = spelled(&next, true);
            format!("<NextContinuationToken>{token}</NextContinuationToken>")
        });
        format!(
            "<?xml version=\"1.0\"?><ListBucketResult><Name>b</Name><Prefix></Prefix><IsTruncated>{truncated}</IsTruncated>{}{}{next}</ListBucketResult>",
            objects.concat(),
            folders.concat()
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn lists_are_read_as_the_sdk_reads_them(xml in page()) {
        let ours = by_us(&xml);
        prop_assert!(ours.is_some(), "{xml}");
        prop_assert_eq!(ours, by_the_sdk(&xml));
    }

    #[test]
    fn lists_of_objects_are_read_as_the_sdk_reads_them(xml in object_page()) {
        let ours = objects(&xml).ok().map(|page| (page.entries, page.next));
        prop_assert!(ours.is_some(), "{xml}");
        let (by_us, by_sdk) = (ours.unwrap(), objects_by_the_sdk(&xml).unwrap());
        prop_assert_eq!(&by_us.1, &by_sdk.1);
        let mut by_sdk = by_sdk.0;
        // equal keys have no order between them
        for entry in &by_us.0 {
            let found = by_sdk.iter().position(|it| it == entry);
            prop_assert!(found.is_some(), "{entry:?} in {xml}");
            by_sdk.remove(found.unwrap());
        }
        prop_assert!(by_sdk.is_empty());
    }

    /// What we accept of a damaged answer is what the SDK would have said too.
    #[test]
    fn a_damaged_answer_is_never_read_as_something_else(xml in page(), at in any::<prop::sample::Index>()) {
        let cut = at.index(xml.len());
        prop_assume!(xml.is_char_boundary(cut) && cut < xml.trim_end().len());
        prop_assert_eq!(by_us(&xml[..cut]), None);
    }
}
