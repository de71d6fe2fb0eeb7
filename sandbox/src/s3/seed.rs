//! Demo buckets: what a visitor of the sandbox sees first.

use std::io;

use time::OffsetDateTime;
use time::macros::datetime;

use super::S3;

/// Name and creation date of the buckets in this region.
const HERE: [(&str, OffsetDateTime); 5] = [
    ("contracts-archive", datetime!(2021-04-12 09:30:00 UTC)),
    ("invoices-2026", datetime!(2026-01-02 07:00:00 UTC)),
    ("plant-photos", datetime!(2023-09-18 14:22:41 UTC)),
    ("sales-reports", datetime!(2022-11-03 16:45:10 UTC)),
    ("shared-templates", datetime!(2024-06-30 11:05:59 UTC)),
];

/// One bucket that is elsewhere: it must not turn up where a region is asked for.
const ELSEWHERE: (&str, &str, OffsetDateTime) = (
    "us-marketing",
    "us-west-2",
    datetime!(2025-02-14 20:00:00 UTC),
);

/// The bucket that keeps versions, so that what is deleted can be brought back.
const VERSIONED: &str = "shared-templates";

/// Bucket, key, content type and content of the objects.
type Object = (&'static str, &'static str, &'static str, &'static [u8]);

/// What each kind of preview shows something for.
const OBJECTS: [Object; 13] = [
    (
        "contracts-archive",
        "2021/supplier-a.txt",
        "text/plain",
        b"Framework contract, supplier A\n",
    ),
    (
        "contracts-archive",
        "2021/supplier-b.txt",
        "text/plain",
        b"Framework contract, supplier B\n",
    ),
    (
        "contracts-archive",
        "2022/lease.pdf",
        "application/pdf",
        include_bytes!("../../demo/lease.pdf"),
    ),
    (
        "invoices-2026",
        "01/0001.json",
        "application/json",
        br#"{"number":1,"amount":"120.00","currency":"EUR"}"#,
    ),
    (
        "invoices-2026",
        "01/0002.json",
        "application/json",
        br#"{"number":2,"amount":"75.50","currency":"EUR"}"#,
    ),
    (
        "invoices-2026",
        "02/0003.json",
        "application/json",
        br#"{"number":3,"amount":"9.99","currency":"USD"}"#,
    ),
    (
        "plant-photos",
        "site.jpg",
        "image/jpeg",
        include_bytes!("../../demo/site.jpg"),
    ),
    (
        "plant-photos",
        "hall 1/line.svg",
        "image/svg+xml",
        include_bytes!("../../demo/line.svg"),
    ),
    (
        "sales-reports",
        "README.md",
        "text/markdown",
        b"# Sales reports\nOne folder a year.\n",
    ),
    (
        "sales-reports",
        "2025/q4.csv",
        "text/csv",
        b"region,amount\nEMEA,100\nAPJ,80\n",
    ),
    (
        "sales-reports",
        "2026/q1/übersicht.csv",
        "text/csv",
        b"region,amount\nEMEA,110\nAPJ,85\n",
    ),
    (
        "shared-templates",
        "letter.txt",
        "text/plain",
        b"Dear Sir or Madam\n",
    ),
    (
        "shared-templates",
        "letter.txt",
        "text/plain",
        "Dear …\n".as_bytes(),
    ),
];

pub(super) async fn fill(s3: &S3) -> io::Result<()> {
    if !s3.buckets().all().is_empty() {
        return Ok(());
    }
    let region = s3.buckets().region().to_owned();
    for (name, created) in HERE {
        s3.buckets().with_bucket(name, &region, created)?;
    }
    let (name, region, created) = ELSEWHERE;
    s3.buckets().with_bucket(name, region, created)?;
    s3.keep_versions(VERSIONED)?;
    for (bucket, key, content_type, content) in OBJECTS {
        s3.put(bucket, key, content_type, content).await?;
    }
    Ok(())
}
