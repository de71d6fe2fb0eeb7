//! What is no policy, and what only looks like one.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{certificate, findings, key, policy, with};

#[test]
fn what_is_no_such_policy_is_refused() {
    for (text, told) in [
        ("", "is no JSON"),
        ("{", "is no JSON"),
        ("[]", "no Statement"),
        ("{}", "no Statement"),
        (r#"{"Statement": []}"#, "no Statement"),
        (r#"{"Statement": [1]}"#, "statement 1 has no keys"),
        (r#"{"Statement": {"Effect": "allow"}}"#, "no Effect"),
        (
            r#"{"Statement": {"Effect": "Allow", "Action": {}}}"#,
            "no readable Action",
        ),
        (
            r#"{"Statement": {"Effect": "Allow", "Principal": 1}}"#,
            "no readable Principal",
        ),
        (
            r#"{"Statement": {"Effect": "Allow", "Condition": []}}"#,
            "no readable Condition",
        ),
        (
            r#"{"Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}}"#,
            "the policy of a bucket",
        ),
    ] {
        let said = findings(text).expect_err(text);
        assert!(said.contains(told), "{text}: {said}");
    }
    let old = json!({"Version": "2008-10-17", "Statement": key(&json!({"StringEquals": {"sts:ExternalId": "random"}}))});
    let found = findings(&old.to_string()).unwrap();
    assert!(
        found.len() == 1 && found[0].to_string().contains("the Version"),
        "{found:?}"
    );
}

/// Another reader could take the other one.
#[test]
fn what_could_be_read_in_two_ways_is_refused() {
    for (text, told) in [
        (
            r#"{"Statement": [], "Statement": []}"#,
            "\"Statement\" occurs twice",
        ),
        (
            r#"{"Statement": {"Effect": "Deny", "Effect": "Allow"}}"#,
            "\"Effect\" occurs twice",
        ),
        (
            r#"{"Statement": {"Effect": "Allow", "Condition": {"StringEquals": {"a": "b"}, "StringEquals": {}}}}"#,
            "\"StringEquals\" occurs twice",
        ),
        (
            r#"{"PolicyDocument": {"Statement": []}, "Statement": []}"#,
            "several policies",
        ),
        (
            r#"{"PolicyDocument": {"Statement": []}, "Role": {"AssumeRolePolicyDocument": {}}}"#,
            "several policies",
        ),
    ] {
        let said = findings(text).expect_err(text);
        assert!(said.contains(told), "{text}: {said}");
    }
    let mut more: Value =
        serde_json::from_str(include_str!("../../../../../deploy/aws/trust-oidc.json")).unwrap();
    more["statement"] = json!([]);
    let found = findings(&more.to_string()).unwrap();
    assert!(
        found.len() == 1 && found[0].what == "statement is no key of a policy",
        "{found:?}"
    );
}

#[test]
fn a_trust_policy_in_which_somebody_unnamed_is_let_in_is_found() {
    let good = key(&json!({"StringEquals": {"sts:ExternalId": "random"}}));
    for open in [
        json!({"Effect": "Allow", "Action": "*"}),
        json!({"Effect": "Allow", "Action": "sts:AssumeRole"}),
        json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {}}),
        json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": []}}),
    ] {
        let both = json!({"Version": "2012-10-17", "Statement": [good, open]});
        let found = findings(&both.to_string()).unwrap();
        assert!(
            found.len() == 1 && found[0].what == "Allow without a Principal",
            "{both}: {found:?}"
        );
    }
}

/// A name in a policy must not look like a line of ours.
#[test]
fn a_finding_is_one_line_whatever_stands_in_the_policy() {
    let named = with(key(&json!({})), "Sid", json!("a\nb\u{1b}[31m"));
    let found = findings(&policy(&named)).unwrap();
    assert!(!found[0].to_string().contains(|c: char| c.is_control()));
}

proptest! {
    /// Whatever stands where a policy has texts, lists and objects: findings or a refusal.
    #[test]
    fn any_json_is_judged(key in "Effect|Principal|NotPrincipal|Action|Resource|Condition|Sid", value in any_json()) {
        let mut statement = certificate(&json!({}));
        statement[key] = value;
        let _ = findings(&policy(&statement));
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[*?:/${}a-zA-Zé]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(
                "AWS|Service|Federated|StringLike|aws:SourceArn|[a-z:]{0,9}",
                inner,
                0..4
            )
            .prop_map(|map| map.into_iter().collect()),
        ]
    })
}
