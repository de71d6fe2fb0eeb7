//! Buckets and objects as AWS's SDK sees them.

use aws_credential_types::Credentials;
use aws_sdk_s3::config::{BehaviorVersion, Region};
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::operation::list_buckets::ListBucketsOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use sandbox::Core;
use sandbox::aws::{Aws, Options};
use time::macros::datetime;

use crate::s3::{session, with_session};
use crate::signed::Signed;

pub(crate) async fn sdk() -> (Core, Aws, aws_sdk_s3::Client) {
    let (core, aws, session) = with_session().await;
    let credentials = Credentials::new(
        &session.access_key_id,
        &session.secret_access_key,
        Some(session.session_token.clone()),
        None,
        "test",
    );
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .endpoint_url(&aws.s3.http)
        .force_path_style(true)
        .credentials_provider(credentials)
        .build();
    (core, aws, aws_sdk_s3::Client::from_conf(config))
}

pub(crate) fn add(aws: &Aws, names: &[&str], region: &str) {
    for name in names {
        assert!(
            aws.storage
                .buckets()
                .with_bucket(name, region, datetime!(2024-05-06 07:08:09 UTC))
                .unwrap()
        );
    }
}

#[tokio::test]
async fn a_plain_list_has_all_buckets_with_dates_and_without_regions() {
    let (_, aws, s3) = sdk().await;
    add(&aws, &["b-two", "a-one"], "eu-central-1");
    add(&aws, &["c-far"], "us-west-2");
    let list = s3.list_buckets().send().await.unwrap();
    let names: Vec<&str> = list
        .buckets()
        .iter()
        .filter_map(|bucket| bucket.name())
        .collect();
    assert_eq!(names, ["a-one", "b-two", "c-far"]);
    assert_eq!(
        list.buckets()[0].creation_date().unwrap().secs(),
        1_714_979_289
    );
    assert!(list.buckets()[0].bucket_region().is_none());
    assert!(list.continuation_token().is_none());
}

#[tokio::test]
async fn a_list_comes_in_pages_with_regions() {
    let (core, aws, s3) = sdk().await;
    add(
        &aws,
        &["a1", "a2", "a3", "a4", "a5"]
            .map(|name| ["logs-", name].concat())
            .each_ref()
            .map(String::as_str),
        "eu-central-1",
    );
    add(&aws, &["logs-a0"], "us-west-2");
    add(&aws, &["other"], "eu-central-1");
    let pages = s3
        .list_buckets()
        .prefix("logs-")
        .bucket_region("eu-central-1")
        .into_paginator()
        .page_size(2)
        .send();
    let pages = pages.collect::<Result<Vec<_>, _>>().await.unwrap();
    assert_eq!(
        pages
            .iter()
            .map(|page| page.buckets().len())
            .collect::<Vec<_>>(),
        [2, 2, 1]
    );
    assert_eq!(pages[0].prefix(), Some("logs-"));
    assert!(
        pages
            .iter()
            .flat_map(ListBucketsOutput::buckets)
            .all(|bucket| bucket.bucket_region() == Some("eu-central-1"))
    );
    assert_eq!(core.ledger.count("s3", "ListBuckets"), 3);
}

#[tokio::test]
async fn a_token_is_good_only_for_its_own_list() {
    let (_, aws, s3) = sdk().await;
    add(&aws, &["logs-1", "logs-2", "logs-3"], "eu-central-1");
    let page = s3
        .list_buckets()
        .max_buckets(1)
        .prefix("logs-")
        .send()
        .await
        .unwrap();
    let token = page.continuation_token().unwrap();
    assert!(!token.contains("logs"));
    let same = s3
        .list_buckets()
        .prefix("logs-")
        .continuation_token(token)
        .send()
        .await
        .unwrap();
    assert_eq!(same.buckets().len(), 2);
    for (token, prefix) in [(token, "lo"), ("made-up", "logs-")] {
        let error = s3
            .list_buckets()
            .prefix(prefix)
            .continuation_token(token)
            .send()
            .await
            .unwrap_err();
        assert_eq!(error.code(), Some("InvalidArgument"));
    }
}

#[tokio::test]
async fn bad_list_parameters_are_refused() {
    let (_core, _aws, s3) = sdk().await;
    for size in [0, 10_001] {
        let error = s3
            .list_buckets()
            .max_buckets(size)
            .send()
            .await
            .unwrap_err();
        assert_eq!(error.code(), Some("InvalidArgument"));
    }
    let error = s3
        .list_buckets()
        .bucket_region("us-west-2")
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some("InvalidArgument"));
}

#[tokio::test]
async fn head_bucket_tells_the_region_and_redirects_to_another() {
    let (core, aws, s3) = sdk().await;
    add(&aws, &["near"], "eu-central-1");
    add(&aws, &["far-away"], "us-west-2");
    let head = s3.head_bucket().bucket("near").send().await.unwrap();
    assert_eq!(head.bucket_region(), Some("eu-central-1"));
    let url = format!("{}/far-away", aws.s3.http);
    let session = session(&core, &aws).await;
    for method in ["HEAD", "GET"] {
        let answer = Signed::s3(method, &url, &session, core.clock.now())
            .sign()
            .send()
            .await;
        assert_eq!(answer.status, 301);
        assert_eq!(answer.headers["x-amz-bucket-region"], "us-west-2");
    }
    let error = s3.head_bucket().bucket("nowhere").send().await.unwrap_err();
    assert_eq!(error.raw_response().unwrap().status().as_u16(), 404);
}

#[tokio::test]
async fn a_location_is_told_for_every_bucket() {
    let (_, aws, s3) = sdk().await;
    add(&aws, &["far-away"], "us-west-2");
    let location = s3
        .get_bucket_location()
        .bucket("far-away")
        .send()
        .await
        .unwrap();
    assert_eq!(
        location.location_constraint(),
        Some(&BucketLocationConstraint::UsWest2)
    );
}

#[tokio::test]
async fn buckets_are_made_in_this_region_and_deleted_when_empty() {
    let (_core, _aws, s3) = sdk().await;
    let error = s3
        .create_bucket()
        .bucket("new-one")
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some("IllegalLocationConstraintException"));
    let here = CreateBucketConfiguration::builder()
        .location_constraint(BucketLocationConstraint::EuCentral1)
        .build();
    let create = s3
        .create_bucket()
        .bucket("new-one")
        .create_bucket_configuration(here);
    create.clone().send().await.unwrap();
    assert_eq!(
        create.send().await.unwrap_err().code(),
        Some("BucketAlreadyOwnedByYou")
    );
    s3.put_object()
        .bucket("new-one")
        .key("a/b.txt")
        .body(ByteStream::from_static(b"hello"))
        .send()
        .await
        .unwrap();
    let error = s3
        .delete_bucket()
        .bucket("new-one")
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some("BucketNotEmpty"));
    s3.delete_object()
        .bucket("new-one")
        .key("a/b.txt")
        .send()
        .await
        .unwrap();
    s3.delete_bucket().bucket("new-one").send().await.unwrap();
    assert!(s3.list_buckets().send().await.unwrap().buckets().is_empty());
}

#[tokio::test]
async fn objects_are_stored_listed_and_read() {
    let (_, aws, s3) = sdk().await;
    add(&aws, &["docs"], "eu-central-1");
    for key in ["a.txt", "folder/b c.txt", "folder/ü.txt"] {
        s3.put_object()
            .bucket("docs")
            .key(key)
            .body(ByteStream::from_static(b"hello"))
            .send()
            .await
            .unwrap();
    }
    let list = s3
        .list_objects_v2()
        .bucket("docs")
        .delimiter("/")
        .send()
        .await
        .unwrap();
    assert_eq!(list.contents()[0].key(), Some("a.txt"));
    assert_eq!(list.common_prefixes()[0].prefix(), Some("folder/"));
    let object = s3
        .get_object()
        .bucket("docs")
        .key("folder/ü.txt")
        .range("bytes=1-3")
        .send()
        .await
        .unwrap();
    assert_eq!(object.body.collect().await.unwrap().into_bytes(), "ell");
    let error = s3
        .get_object()
        .bucket("nowhere")
        .key("a")
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some("NoSuchBucket"));
}

#[tokio::test]
async fn buckets_and_objects_outlive_a_sandbox_with_a_data_folder() {
    let folder = std::env::temp_dir().join(format!("sandbox-test-{}", std::process::id()));
    let options = Options {
        data: Some(folder.clone()),
        demo_buckets: true,
        ..Options::default()
    };
    let core = Core::new().unwrap();
    let first = Aws::start(&core, &options).await.unwrap();
    let seeded = first.storage.buckets().all();
    assert_eq!(seeded.len(), 6);
    first.storage.buckets().remove("plant-photos").unwrap();
    drop(first);
    let second = Aws::start(&core, &options).await.unwrap();
    assert_eq!(second.storage.buckets().all().len(), 5);
    let keys = second.storage.keys("sales-reports");
    assert!(
        keys.contains(&"2026/q1/übersicht.csv".to_owned()),
        "{keys:?}"
    );
    drop(second);
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn a_temporary_folder_goes_with_the_sandbox() {
    let (_, aws, _) = sdk().await;
    aws.storage
        .buckets()
        .with_bucket("docs", "eu-central-1", datetime!(2024-05-06 07:08:09 UTC))
        .unwrap();
    let folder = aws.storage.folder().to_owned();
    assert!(folder.is_dir());
    drop(aws);
    assert!(!folder.exists());
}
