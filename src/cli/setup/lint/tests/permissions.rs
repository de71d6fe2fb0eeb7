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

#[test]
fn patterns_and_variables_anywhere_in_an_arn_are_found() {
    let get = || json!("s3:GetObject");
    for wide in [
        "arn:aws:*:::b/*",
        "arn:*:s3:::b/*",
        "arn:aws-?:s3:::b/*",
        "*:::b/*",
        "a*:::b/*",
        "arn:aws:s3:*::b/*",
        "arn:aws:s3::*:b/*",
        "arn:aws:s3:::b?/*",
        "arn:aws:s3:eu-central-1:123456789012:accesspoint/*",
        "arn:aws:sts:::b/*",
    ] {
        assert_found(&[(role(&get(), wide), "nobody thought of")]);
    }
    for variable in [
        "arn:aws:s3:::${aws:username}",
        "arn:aws:s3:::${aws:PrincipalTag/bucket}/*",
        "arn:aws:s3:::my-documents/${saml:sub}/*",
        "arn:aws:s3:::my-documents/${*}",
    ] {
        assert_found(&[(role(&get(), variable), "a policy variable")]);
    }
    let role_of_caller = json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::123456789012:role/${aws:username}"});
    assert_found(&[(role_of_caller, "a policy variable")]);
}
