//! Permissions of a role.

use serde_json::{Value, json};

use super::{assert_found, with};

fn role(action: &Value, resource: &str) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resource, "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-068c84244a1b70734"}}})
}

#[test]
fn permissions_that_are_too_wide_are_found() {
    let objects = "arn:aws:s3:::my-documents/*";
    let get = || json!("s3:GetObject");
    assert_found(&[
        (role(&json!("s3:*"), objects), "Action \"s3:*\""),
        (role(&json!("s3:Get*"), objects), "Action \"s3:Get*\""),
        (
            role(&json!("s3:DeleteBucket"), "arn:aws:s3:::my-documents"),
            "never asks for it",
        ),
        (role(&get(), "*"), "Resource \"*\""),
        (
            role(&get(), "arn:aws:s3:::*/*"),
            "Resource \"arn:aws:s3:::*/*\"",
        ),
        (role(&get(), "arn:aws:s3:::my-*/*"), "nobody thought of"),
        (
            with(role(&get(), objects), "Condition", json!({})),
            "aws:SourceVpce is not pinned",
        ),
        (
            with(
                role(&get(), objects),
                "Condition",
                json!({"StringLike": {"aws:SourceVpce": "vpce-*"}}),
            ),
            "a pattern",
        ),
        (
            with(
                role(&get(), objects),
                "NotResource",
                json!("arn:aws:s3:::x"),
            ),
            "Allow with NotResource",
        ),
        (
            json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}),
            "Resource \"*\"",
        ),
    ]);
}
