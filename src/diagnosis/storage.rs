//! What S3 lets the session do.

use serde_json::json;

use super::walk::{Found, Words};
use super::{Ready, Wanted};
use crate::aws::S3;
use crate::catalog::{Failure, Unfinished, probe};
use crate::globs::Globs;
use crate::telemetry::{explain, one_line};

/// How many buckets are looked into for unfinished uploads.
const MOST_BUCKETS: usize = 20;
/// How many unfinished uploads are named.
const MOST_NAMED: usize = 10;

/// Lists the buckets; the names of those that callers see.
pub(super) async fn buckets(
    ready: &Ready,
    s3: &S3,
    wanted: &Wanted,
) -> Result<Found<Vec<String>>, Words> {
    let patterns = &ready.settings.buckets;
    let listed = probe::buckets(s3).await;
    let listed = listed.map_err(|e| refused(&e, "s3:ListAllMyBuckets", "*"))?;
    let visible = Globs::new(patterns);
    let names: Vec<String> = listed
        .iter()
        .filter(|it| visible.allow(&it.name))
        .map(|it| it.name.clone())
        .collect();
    let words = Words::new(format!(
        "{} buckets, {} of them visible",
        listed.len(),
        names.len()
    ))
    .fact("buckets", listed.len().to_string())
    .fact("visible", names.len().to_string());
    if let Some(bucket) = &wanted.bucket {
        if !names.contains(bucket) {
            let seen = format!("no visible bucket is called \"{bucket}\"");
            let remedy = if listed.iter().any(|it| it.name == *bucket) {
                "the setting \"buckets\" hides it: add its name there"
            } else {
                "it must lie in the account of the role and in the region of the endpoint; look for a misspelt name"
            };
            return Err(Words { seen, ..words }.remedy(remedy));
        }
        let arn = format!("arn:aws:s3:::{bucket}");
        let allowed = probe::lists(s3, bucket).await;
        allowed.map_err(|e| refused(&e, "s3:ListBucket", &arn))?;
        return Ok(Found::new(
            vec![bucket.clone()],
            words.fact("bucket", bucket),
        ));
    }
    Ok(if names.is_empty() {
        let remedy = if listed.is_empty() {
            "make a bucket in the region of the endpoint"
        } else {
            "the setting \"buckets\" hides all of them"
        };
        Found::warning(names, words.remedy(remedy))
    } else {
        Found::new(names, words)
    })
}

/// Names uploads in parts that were begun and never ended: S3 keeps and bills their parts.
pub(super) async fn uploads(s3: &S3, buckets: &[String]) -> Result<Found<()>, Words> {
    let (mut told, mut count, mut unseen, mut first) = (Vec::new(), 0, 0, None);
    let mut facts = Words::default();
    for bucket in buckets.iter().take(MOST_BUCKETS) {
        let (found, more) = match probe::unfinished(s3, bucket).await {
            Ok(found) => found,
            // a role that may only read needs no right to see uploads
            Err(Failure::Denied { .. }) => {
                unseen += 1;
                continue;
            }
            Err(failure) => {
                let arn = format!("arn:aws:s3:::{bucket}");
                return Err(refused(&failure, "s3:ListBucketMultipartUploads", &arn));
            }
        };
        count += found.len();
        if !found.is_empty() {
            first.get_or_insert(bucket);
        }
        told.extend(found.iter().map(|it| named(bucket, it)));
        if more {
            told.push(format!("{bucket}: more than {}", found.len()));
        }
    }
    facts = facts.fact("uploads", count.to_string()).fact(
        "bucketsLookedAt",
        (buckets.len().min(MOST_BUCKETS) - unseen).to_string(),
    );
    if unseen > 0 && unseen == buckets.len().min(MOST_BUCKETS) {
        let seen = "the role may not see uploads (s3:ListBucketMultipartUploads), which only those need that write";
        return Ok(Found::nothing(
            (),
            Words {
                seen: seen.to_owned(),
                ..facts
            },
        ));
    }
    if count == 0 {
        let seen = "no upload was left unfinished".to_owned();
        return Ok(Found::new((), Words { seen, ..facts }));
    }
    let names = told
        .iter()
        .take(MOST_NAMED)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    let rest = if told.len() > MOST_NAMED { ", …" } else { "" };
    let seen = format!(
        "{count} uploads in parts are unfinished (some may still be running): {names}{rest}"
    );
    let bucket = first.map_or("<bucket>", String::as_str);
    Ok(Found::warning((), Words { seen, ..facts }
        .remedy("a lifecycle rule clears away what nobody comes back for (resumable uploads last seven days); the command replaces the rules that the bucket has, so add it to them where there are some")
        .command(format!(
            "aws s3api put-bucket-lifecycle-configuration --bucket {bucket} --lifecycle-configuration file://deploy/lifecycle.json"
        ))))
}

/// Whoever may write chooses keys, so they are cleaned for the terminal.
fn named(bucket: &str, upload: &Unfinished) -> String {
    let key = one_line(&upload.key);
    format!("{bucket}/{key} (begun {})", upload.begun)
}

/// Writes, reads and deletes a small object below the hidden prefix.
pub(super) async fn probe(s3: &S3, bucket: &str) -> Result<Found<()>, Words> {
    let written = probe::writes(s3, bucket).await;
    let arn = format!("arn:aws:s3:::{bucket}/*");
    written.map_err(|(action, failure)| refused(&failure, action, &arn))?;
    let words = Words::new(format!("wrote, read and deleted an object in \"{bucket}\""));
    Ok(Found::new((), words.fact("bucket", bucket)))
}

/// What S3 did not do, and the statement that lets it.
fn refused(failure: &Failure, action: &str, resource: &str) -> Words {
    let words = Words::new(format!("{action}: {}", explain(failure)));
    match failure {
        Failure::Denied { .. } => {
            let statement = json!({"Effect": "Allow", "Action": action, "Resource": resource});
            words
                .remedy("allow it in the policy of the role, and see that neither the endpoint policy of the Private Link instance, the bucket's policy nor a session policy denies it")
                .command(statement.to_string())
        }
        Failure::WrongRegion { .. } => words.remedy("all must be in one region: the setting \"region\", the Private Link host and the buckets"),
        Failure::Skewed => words.remedy("set the clock"),
        Failure::SessionOver { .. } => words.remedy("the role's session was taken back in AWS: look at the role's policies (\"revoke sessions\") and at service control policies"),
        Failure::Busy { .. } | Failure::Away(_) => words.remedy("try again; if it lasts, look at AWS's status and at the state of the Private Link instance"),
        Failure::NoBucket => words.remedy("the bucket is gone, or lies in another region"),
        Failure::NoObject
        | Failure::Archived
        | Failure::Changed
        | Failure::Conflict
        | Failure::NoUpload
        | Failure::NoSession(_)
        | Failure::Unreadable(_)
        | Failure::Refused { .. } => words.remedy("see what answers at the S3 endpoint, and whether it is Amazon S3"),
    }
}
