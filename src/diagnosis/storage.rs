//! What S3 lets the session do.

use std::time::{Duration, SystemTime};

use serde_json::json;

use super::walk::{Found, Words};
use super::{Ready, Wanted};
use crate::aws::S3;
use crate::aws::session::timestamp;
use crate::catalog::{Failure, Unfinished, probe};
use crate::globs::Globs;
use crate::telemetry::{explain, one_line};

/// How many buckets are looked into for unfinished uploads.
const MOST_BUCKETS: usize = 20;
/// How many unfinished uploads are named.
const MOST_NAMED: usize = 10;
/// Younger uploads are taken for such as still run.
const STILL_RUNNING: Duration = Duration::from_hours(24);

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

/// Uploads in parts that were begun and not ended.
#[derive(Default)]
struct Begun<'a> {
    count: usize,
    /// Each with its bucket, key and time.
    told: Vec<String>,
    /// A bucket with one that is older than what still runs.
    left_in: Option<&'a str>,
    /// Buckets whose uploads the role may not see.
    unseen: usize,
}

impl<'a> Begun<'a> {
    async fn find(s3: &S3, buckets: &'a [String], now: SystemTime) -> Result<Self, Words> {
        let mut begun = Self::default();
        for bucket in buckets {
            let (found, more) = match probe::unfinished(s3, bucket).await {
                Ok(found) => found,
                // a role that may only read needs no right to see uploads
                Err(Failure::Denied { .. }) => {
                    begun.unseen += 1;
                    continue;
                }
                Err(failure) => {
                    let arn = format!("arn:aws:s3:::{bucket}");
                    return Err(refused(&failure, "s3:ListBucketMultipartUploads", &arn));
                }
            };
            let is_left = |upload: &Unfinished| {
                let age = upload.begun.and_then(|at| now.duration_since(at).ok());
                age.is_some_and(|age| age > STILL_RUNNING)
            };
            if more || found.iter().any(is_left) {
                begun.left_in.get_or_insert(bucket);
            }
            begun.count += found.len();
            begun.told.extend(found.iter().map(|it| named(bucket, it)));
            if more {
                begun
                    .told
                    .push(format!("{bucket}: more than {}", found.len()));
            }
        }
        Ok(begun)
    }

    fn names(&self) -> String {
        let first: Vec<&str> = self
            .told
            .iter()
            .take(MOST_NAMED)
            .map(String::as_str)
            .collect();
        let rest = if self.told.len() > MOST_NAMED {
            ", …"
        } else {
            ""
        };
        first.join(", ") + rest
    }
}

/// Names uploads in parts that were begun and not ended: S3 keeps and bills their parts. Those of the
/// last day are no reason to worry.
pub(super) async fn uploads(
    ready: &Ready,
    s3: &S3,
    buckets: &[String],
) -> Result<Found<()>, Words> {
    let buckets = buckets.get(..MOST_BUCKETS).unwrap_or(buckets);
    let begun = Begun::find(s3, buckets, ready.clock.now()).await?;
    let (count, looked_at) = (begun.count, buckets.len() - begun.unseen);
    let words = |seen: String| {
        let words = Words::new(seen).fact("uploads", count.to_string());
        words.fact("bucketsLookedAt", looked_at.to_string())
    };
    if begun.unseen > 0 && looked_at == 0 {
        let seen = "the role may not see uploads (s3:ListBucketMultipartUploads), which only those need that write";
        return Ok(Found::nothing((), words(seen.to_owned())));
    }
    let (names, uploads) = (begun.names(), if count == 1 { "upload" } else { "uploads" });
    let Some(bucket) = begun.left_in else {
        let seen = match count {
            0 => "no upload was left unfinished".to_owned(),
            _ => format!("{count} {uploads} in parts, begun within a day: {names}"),
        };
        return Ok(Found::new((), words(seen)));
    };
    let seen = format!("{count} unfinished {uploads} in parts, some older than a day: {names}");
    Ok(Found::warning((), words(seen)
        .remedy("a lifecycle rule clears away what nobody comes back for (resumable uploads last seven days); the command replaces the rules that the bucket has, so add it to them where there are some; the file is a part of the release and of the sources")
        .command(format!(
            "aws s3api put-bucket-lifecycle-configuration --bucket {bucket} --lifecycle-configuration file://deploy/lifecycle.json"
        ))))
}

/// Whoever may write chooses keys, so they are cleaned for the terminal.
fn named(bucket: &str, upload: &Unfinished) -> String {
    let key = one_line(&upload.key);
    let begun = upload.begun.map(timestamp).unwrap_or_default();
    format!("{bucket}/{key} (begun {begun})")
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
