//! Faults of the way to S3 and of what S3 allows, and uploads that were left behind.

use sandbox::Sandbox;
use sandbox::bindings::{Bindings, CredentialSource};
use sandbox::fault::Fault;
use serde_json::json;

use super::{Variables, blames, blames_with, bucket, nothing, report, step};
use crate::support::{ready, sandbox};

fn oidc(sandbox: &Sandbox) -> Bindings<'_> {
    Bindings::new(sandbox, CredentialSource::Oidc)
}

/// S3's error document.
fn s3_error(status: u16, code: &str) -> Fault {
    let body = format!("<Error><Code>{code}</Code><Message>no</Message></Error>");
    Fault::status(status, "application/xml", body)
}

/// A session policy that allows these actions on everything.
fn allowing(actions: &[&str]) -> String {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": actions, "Resource": "*"}
    ]})
    .to_string()
}

/// Names that do not resolve, and hosts where nobody or somebody else answers.
#[tokio::test]
async fn faults_on_the_way_to_s3_are_told_apart() {
    let sandbox = sandbox().await;
    let bindings = oidc(&sandbox);
    let through_the_link = |env: &mut Variables| {
        env.remove("CATALOG_S3_ENDPOINT");
    };
    let parts = [
        "does not resolve",
        "Private Link instance",
        "cf create-service privatelink",
        "com.amazonaws.eu-central-1.s3",
    ];
    blames(
        &sandbox,
        &bindings,
        through_the_link,
        "private-link",
        &parts,
    )
    .await;
    let closed = |env: &mut Variables| {
        env.insert(
            "CATALOG_S3_ENDPOINT".to_owned(),
            "https://127.0.0.1:1".to_owned(),
        );
    };
    blames(
        &sandbox,
        &bindings,
        closed,
        "private-link",
        &["127.0.0.1", "does not answer"],
    )
    .await;
    sandbox.core.faults.always("s3", Fault::Reset);
    blames(
        &sandbox,
        &bindings,
        nothing,
        "private-link",
        &["does not answer"],
    )
    .await;
}

/// What S3 refuses comes with the statement that allows it.
#[tokio::test]
async fn what_s3_refuses_comes_with_what_allows_it() {
    let sandbox = sandbox().await;
    bucket(&sandbox, "mine").await;
    let narrowed = |actions: &[&str]| oidc(&sandbox).set("session_policy", allowing(actions));
    let all = [
        "s3:ListAllMyBuckets",
        "s3:ListBucket",
        "s3:PutObject",
        "s3:GetObject",
    ];
    let statement = "{\"Action\":\"s3:ListAllMyBuckets\",\"Effect\":\"Allow\",\"Resource\":\"*\"}";
    blames(
        &sandbox,
        &narrowed(&["s3:GetObject"]),
        nothing,
        "s3",
        &[statement],
    )
    .await;
    let mine = ["--bucket", "mine"];
    let parts = ["s3:ListBucket", "arn:aws:s3:::mine"];
    blames_with(&sandbox, &narrowed(&all[..1]), nothing, &mine, "s3", &parts).await;
    let probe = ["--bucket", "mine", "--probe-write"];
    for (actions, denied) in [
        (&all[..2], "s3:PutObject"),
        (&all[..3], "s3:GetObject"),
        (&all[..], "s3:DeleteObject"),
    ] {
        let parts = [denied, "arn:aws:s3:::mine/*"];
        blames_with(
            &sandbox,
            &narrowed(actions),
            nothing,
            &probe,
            "probe-write",
            &parts,
        )
        .await;
    }
    let hidden = oidc(&sandbox).set("buckets", "others-*");
    blames_with(
        &sandbox,
        &hidden,
        nothing,
        &mine,
        "s3",
        &["the setting \"buckets\" hides it"],
    )
    .await;
    let typo = ["--bucket", "mien"];
    blames_with(
        &sandbox,
        &oidc(&sandbox),
        nothing,
        &typo,
        "s3",
        &["no visible bucket is called \"mien\""],
    )
    .await;
}

/// Regions, clocks, sessions that were taken back, and storage that is no S3.
#[tokio::test]
async fn other_answers_of_s3_are_told_apart() {
    let sandbox = sandbox().await;
    let moved = s3_error(301, "PermanentRedirect").with_header("x-amz-bucket-region", "us-east-1");
    for (fault, parts) in [
        (moved, vec!["us-east-1", "must be in one region"]),
        (s3_error(403, "RequestTimeTooSkewed"), vec!["set the clock"]),
        (s3_error(400, "ExpiredToken"), vec!["taken back"]),
        (s3_error(503, "SlowDown"), vec!["busy", "try again"]),
        (
            Fault::status(200, "text/html", "<html>hello</html>"),
            vec!["can't be read", "whether it is Amazon S3"],
        ),
    ] {
        // any answer is enough to see that the host is there
        sandbox.core.faults.always("s3", fault);
        blames(&sandbox, &oidc(&sandbox), nothing, "s3", &parts).await;
    }
}

/// Parts of uploads that nobody ended cost money and are seen nowhere else.
#[tokio::test]
async fn unfinished_uploads_are_named() {
    let sandbox = sandbox().await;
    bucket(&sandbox, "mine").await;
    let service = ready(&sandbox, CredentialSource::RolesAnywhere).await;
    let metadata = "bucket bWluZQ==,key bGVmdC5iaW4="; // mine, left.bin
    let bearer = service.bearer("carol");
    let headers = [
        ("authorization", bearer.as_str()),
        ("tus-resumable", "1.0.0"),
        ("upload-length", "100"),
        ("upload-metadata", metadata),
    ];
    let begun = service.send("POST", "/catalog/uploads", &headers).await;
    assert_eq!(begun.status, 201);
    assert_eq!(sandbox.aws.storage.open_uploads("mine").len(), 1);
    let (ok, young) = report(&sandbox, &oidc(&sandbox), nothing, &[]).await;
    let uploads = step(&young, "uploads");
    assert_eq!((ok, &uploads["outcome"]), (true, &json!("ok")), "{young:#}");
    let seen = uploads["seen"].as_str().unwrap();
    assert!(
        seen.contains("1 upload in parts, begun within a day: mine/left.bin"),
        "{seen}"
    );

    sandbox.aws.storage.age_uploads("mine", 90_000).unwrap();
    let (ok, report) = report(&sandbox, &oidc(&sandbox), nothing, &[]).await;
    assert!(ok, "{report:#}");
    let uploads = step(&report, "uploads");
    assert_eq!(uploads["outcome"], "warning", "{report:#}");
    assert_eq!(uploads["facts"]["uploads"], "1");
    let seen = uploads["seen"].as_str().unwrap();
    assert!(seen.contains("mine/left.bin (begun 20"), "{seen}");
    assert!(
        uploads["commands"][0]
            .as_str()
            .unwrap()
            .contains("put-bucket-lifecycle-configuration")
    );
}
