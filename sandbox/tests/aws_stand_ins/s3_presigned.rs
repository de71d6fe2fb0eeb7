//! Presigned URLs: made by AWS's SDK, good for their time and no longer than their session.

use std::time::Duration;

use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use sandbox::Core;
use sandbox::aws::Aws;

use crate::s3_buckets::{add, sdk};
use crate::signed::element;

async fn presigned() -> (Core, Aws, String) {
    let (core, aws, s3) = sdk().await;
    add(&aws, &["docs"], "eu-central-1");
    let body = ByteStream::from_static(b"hello");
    let put = s3.put_object().bucket("docs").key("a b.txt").body(body);
    put.send().await.unwrap();
    let times = PresigningConfig::expires_in(Duration::from_mins(2)).unwrap();
    let get = s3.get_object().bucket("docs").key("a b.txt");
    let url = get.presigned(times).await.unwrap().uri().to_owned();
    (core, aws, url)
}

/// Status and error code of a plain GET.
async fn get(url: &str) -> (u16, String) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let response = client.get(url).send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, element(&text, "Code").to_owned())
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[tokio::test]
async fn a_presigned_url_opens_its_object_until_it_ends() {
    let (core, _aws, url) = presigned().await;
    assert_eq!(get(&url).await.0, 200);
    core.clock.set_offset(121);
    assert_eq!(get(&url).await, refused(403, "AccessDenied"));
}

#[tokio::test]
async fn a_presigned_url_ends_with_its_session() {
    let (_core, aws, url) = presigned().await;
    aws.account.sessions.expire_all();
    assert_eq!(get(&url).await, refused(400, "ExpiredToken"));
}

#[tokio::test]
async fn a_presigned_url_for_another_object_or_time_is_refused() {
    let (_core, _aws, url) = presigned().await;
    for (part, other) in [
        ("a%20b.txt", "b.txt"),
        ("X-Amz-Expires=120", "X-Amz-Expires=600"),
    ] {
        assert!(url.contains(part), "{url}");
        let spoilt = get(&url.replace(part, other)).await;
        assert_eq!(spoilt, refused(403, "SignatureDoesNotMatch"));
    }
}

#[tokio::test]
async fn a_presigned_url_needs_its_session_token() {
    let (_core, _aws, url) = presigned().await;
    let (start, rest) = url.split_once("X-Amz-Security-Token=").unwrap();
    let rest = rest.split_once('&').map_or("", |(_, rest)| rest);
    let without = get(&format!("{start}{rest}")).await;
    assert_eq!(without, refused(403, "InvalidAccessKeyId"));
}
