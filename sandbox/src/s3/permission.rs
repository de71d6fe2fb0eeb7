//! What a session may do: IAM actions of S3 operations, and inline session policies. Conditions
//! and managed policies are not evaluated.

use serde_json::Value;

/// The IAM action that an operation needs.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html>
pub(super) fn action(operation: &str) -> String {
    let name = match operation {
        "ListBuckets" => "ListAllMyBuckets",
        "HeadBucket" | "ListObjects" | "ListObjectsV2" => "ListBucket",
        "ListObjectVersions" => "ListBucketVersions",
        "ListMultipartUploads" => "ListBucketMultipartUploads",
        "HeadObject" => "GetObject",
        "CopyObject"
        | "CreateMultipartUpload"
        | "UploadPart"
        | "UploadPartCopy"
        | "CompleteMultipartUpload" => "PutObject",
        "DeleteObjects" => "DeleteObject",
        "ListParts" => "ListMultipartUploadParts",
        other => other,
    };
    format!("s3:{name}")
}

/// Whether an inline session policy lets an action through; none means no restriction.
pub(super) fn allows(policy: Option<&str>, action: &str, resource: &str) -> bool {
    let Some(policy) = policy else { return true };
    // STS has checked the shape.
    let policy: Value = serde_json::from_str(policy).unwrap_or_default();
    let statements = many(policy.get("Statement"));
    let with_effect = |effect: &str| {
        statements.iter().any(|statement| {
            statement.get("Effect").and_then(Value::as_str) == Some(effect)
                && concerns(statement, "Action", "NotAction", action)
                && concerns(statement, "Resource", "NotResource", resource)
        })
    };
    with_effect("Allow") && !with_effect("Deny")
}

fn concerns(statement: &Value, name: &str, inverse: &str, value: &str) -> bool {
    let listed = |name: &str| {
        many(statement.get(name))
            .iter()
            .filter_map(|pattern| pattern.as_str())
            .any(|pattern| fits(pattern, value))
    };
    if statement.get(inverse).is_some() {
        !listed(inverse)
    } else {
        listed(name)
    }
}

/// Policies write one value without its array.
fn many(value: Option<&Value>) -> Vec<&Value> {
    match value {
        Some(Value::Array(several)) => several.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    }
}

/// `*` stands for any characters, `?` for one; actions are compared without case.
fn fits(pattern: &str, value: &str) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None => value.is_empty(),
        Some('*') => value
            .char_indices()
            .map(|(at, _)| at)
            .chain([value.len()])
            .any(|at| {
                value
                    .get(at..)
                    .is_some_and(|tail| fits(rest.as_str(), tail))
            }),
        Some(expected) => {
            let mut others = value.chars();
            let equal = |actual: char| expected == '?' || expected.eq_ignore_ascii_case(&actual);
            others.next().is_some_and(equal) && fits(rest.as_str(), others.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: &str = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":["s3:Get*","s3:ListBucket"],"Resource":"arn:aws:s3:::reports*"},
        {"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::reports/secret/*"}]}"#;

    #[test]
    fn a_session_policy_narrows_what_a_session_may_do() {
        assert!(allows(
            Some(READ),
            "s3:GetObject",
            "arn:aws:s3:::reports/a.txt"
        ));
        assert!(!allows(
            Some(READ),
            "s3:PutObject",
            "arn:aws:s3:::reports/a.txt"
        ));
        assert!(!allows(
            Some(READ),
            "s3:GetObject",
            "arn:aws:s3:::other/a.txt"
        ));
        assert!(!allows(
            Some(READ),
            "s3:GetObject",
            "arn:aws:s3:::reports/secret/a.txt"
        ));
        assert!(!allows(Some(READ), "s3:ListAllMyBuckets", "arn:aws:s3:::*"));
    }

    #[test]
    fn without_a_session_policy_nothing_is_narrowed() {
        assert!(allows(None, "s3:DeleteBucket", "arn:aws:s3:::reports"));
    }
}
