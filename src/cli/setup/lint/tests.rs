//! Policies with one fault each, beside those that have none.

mod hostile;
mod permissions;
mod pins;

use serde_json::{Value, json};

use super::findings;

const ANCHOR: &str = "arn:aws:rolesanywhere:eu-central-1:123456789012:trust-anchor/11111111-2222-3333-4444-555555555555";
const PROVIDER: &str = "arn:aws:iam::123456789012:oidc-provider/t.accounts.ondemand.com";
const USER: &str = "arn:aws:iam::123456789012:user/btp-s3-catalog";

fn policy(statement: &Value) -> String {
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

fn certificate(condition: &Value) -> Value {
    json!({
        "Effect": "Allow",
        "Principal": {"Service": "rolesanywhere.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
        "Condition": condition,
    })
}

fn token(condition: &Value) -> Value {
    json!({"Effect": "Allow", "Principal": {"Federated": PROVIDER}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": condition})
}

fn key(condition: &Value) -> Value {
    json!({"Effect": "Allow", "Principal": {"AWS": USER}, "Action": "sts:AssumeRole", "Condition": condition})
}

fn anchored(operator: &str, pins: &Value) -> Value {
    certificate(&json!({"ArnEquals": {"aws:SourceArn": ANCHOR}, operator: pins}))
}

fn pins() -> Value {
    json!({"aws:PrincipalTag/x509Subject/CN": "btp-s3-catalog", "aws:PrincipalTag/x509Issuer/CN": "Example Issuing CA"})
}

/// A statement with one key exchanged.
fn with(mut statement: Value, key: &str, value: Value) -> Value {
    statement[key] = value;
    statement
}

fn both(aud: &str, sub: &str) -> Value {
    json!({"t.accounts.ondemand.com:aud": aud, "t.accounts.ondemand.com:sub": sub})
}

#[test]
fn tight_policies_have_no_findings() {
    let sap = json!({
        "aws:PrincipalTag/x509Subject/CN": "btp-s3-catalog",
        "aws:PrincipalTag/x509Subject/L": "destination-configuration.cfapps.eu10.hana.ondemand.com/0d700f46-994b-4007-83b8-3e2f463b116f",
        "aws:PrincipalTag/x509Subject/OU": "SAP Cloud Platform Clients/EU10/14621357-a44b-4cd4-823c-e1f845116fd1",
    });
    let split = json!({"Version": "2012-10-17", "Statement": [
        with(anchored("StringEquals", &pins()), "Action", json!("sts:AssumeRole")),
        with(certificate(&json!({})), "Action", json!(["sts:TagSession", "sts:SetSourceIdentity"])),
    ]});
    let wrapped = json!({"Role": {"RoleName": "x", "AssumeRolePolicyDocument": serde_json::from_str::<Value>(&policy(&token(&json!({"StringEquals": both("a", "a")})))).unwrap()}});
    for text in [
        policy(&anchored("StringEquals", &pins())),
        policy(&anchored("StringEquals", &sap)),
        policy(&anchored("StringLike", &pins())),
        policy(&certificate(
            &json!({"StringEquals": {"AWS:sourcearn": ANCHOR, "aws:principaltag/X509Subject/CN": "a", "aws:PrincipalTag/x509SAN/DNS": "a.example"}}),
        )),
        policy(&token(&json!({"StringEquals": both("a", "a")}))),
        policy(&token(&json!({"ForAnyValue:StringEquals": both("a", "a")}))),
        policy(&key(&json!({"StringEquals": {"sts:ExternalId": "random"}}))),
        policy(&json!({"Effect": "Deny", "Principal": "*", "Action": "sts:*"})),
        split.to_string(),
        wrapped.to_string(),
        include_str!("../../../../deploy/aws/trust-oidc.json").to_owned(),
        include_str!("../../../../deploy/aws/trust-credential-store.json").to_owned(),
        include_str!("../../../../deploy/aws/trust-roles-anywhere-own-ca.json").to_owned(),
        include_str!("../../../../deploy/aws/trust-roles-anywhere-sap-ca.json").to_owned(),
        include_str!("../../../../deploy/aws/role-permissions.json").to_owned(),
        include_str!("../../../../deploy/aws/role-permissions-write.json").to_owned(),
        include_str!("../../../../deploy/aws/user-permissions-credential-store.json").to_owned(),
    ] {
        let found: Vec<String> = findings(&text)
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert!(found.is_empty(), "{text}\n{}", found.join("\n"));
    }
}

/// Each fault is the only one, and its line says what it is about.
fn assert_found(cases: &[(Value, &str)]) {
    for (statement, told) in cases {
        let found: Vec<String> = findings(&policy(statement))
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(found.len(), 1, "{told}: {statement}\n{}", found.join("\n"));
        assert!(found[0].contains(told), "{told}: {}", found[0]);
        assert_eq!(found[0].lines().count(), 1);
    }
}

#[test]
fn trust_in_certificates_that_is_too_wide_is_found() {
    let whose = || json!({"aws:PrincipalTag/x509Subject/CN": "a", "aws:PrincipalTag/x509Subject/L": "EU10", "aws:PrincipalTag/x509Issuer/CN": "SAP Cloud Platform Client CA"});
    let good = || anchored("StringEquals", &pins());
    let unanchored = |condition: Value| {
        let mut condition = condition;
        condition["StringEquals"] = pins();
        certificate(&condition)
    };
    assert_found(&[
        (unanchored(json!({})), "aws:SourceArn is not pinned"),
        (
            unanchored(json!({"StringEqualsIfExists": {"aws:SourceArn": ANCHOR}})),
            "with IfExists",
        ),
        (
            unanchored(json!({"ForAllValues:ArnEquals": {"aws:SourceArn": ANCHOR}})),
            "with ForAllValues",
        ),
        (
            unanchored(
                json!({"ArnLike": {"aws:SourceArn": "arn:aws:rolesanywhere:*:123456789012:trust-anchor/*"}}),
            ),
            "a pattern",
        ),
        (
            unanchored(
                json!({"ArnEquals": {"aws:SourceArn": [ANCHOR, "arn:aws:rolesanywhere:eu-central-1:123456789012:trust-anchor/*"]}}),
            ),
            "a pattern",
        ),
        (
            unanchored(json!({"ArnNotEquals": {"aws:SourceArn": ANCHOR}})),
            "only who may not",
        ),
        (
            unanchored(
                json!({"ArnEquals": {"aws:SourceArn": "arn:aws:rolesanywhere:eu-central-1:123456789012:profile/x"}}),
            ),
            "never fits",
        ),
        (anchored("StringEquals", &json!({})), "names the workload"),
        (
            anchored(
                "StringEquals",
                &json!({"aws:PrincipalTag/x509Issuer/CN": "Example"}),
            ),
            "names the workload",
        ),
        (
            anchored(
                "StringEquals",
                &json!({"aws:PrincipalTag/x509Subject/CN": "a"}),
            ),
            "one field",
        ),
        (anchored("StringEquals", &whose()), "the CA is SAP's"),
        (
            anchored(
                "StringEquals",
                &json!({"aws:PrincipalTag/x509Subject/CN": "a", "aws:PrincipalTag/x509Subject/O": "SAP SE"}),
            ),
            "the CA is SAP's",
        ),
        (
            with(
                good(),
                "Action",
                json!(["sts:AssumeRole", "sts:SetSourceIdentity"]),
            ),
            "sts:TagSession is missing",
        ),
        (
            with(
                good(),
                "Action",
                json!(["sts:AssumeRole", "sts:TagSession"]),
            ),
            "sts:SetSourceIdentity is missing",
        ),
        (with(good(), "Action", json!("sts:*")), "Action \"sts:*\""),
        (
            with(
                good(),
                "Action",
                json!([
                    "sts:AssumeRole",
                    "sts:TagSession",
                    "sts:SetSourceIdentity",
                    "sts:AssumeRoleWithSAML"
                ]),
            ),
            "no use for it",
        ),
        (
            with(good(), "NotPrincipal", json!({"AWS": "123456789012"})),
            "Allow with NotPrincipal",
        ),
        (
            with(good(), "Resource", json!("*")),
            "a Resource in a trust policy",
        ),
        (
            with(good(), "Conditions", json!({})),
            "Conditions is no key",
        ),
    ]);
    // weak and strong pins of one statement: the weak one is named, the strong one counts
    let like = json!({"aws:PrincipalTag/x509Subject/OU": "Team*"});
    let mut mixed = good();
    mixed["Condition"]["StringLike"] = like;
    assert_found(&[(mixed, "a pattern lets others pass")]);
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn trust_in_tokens_keys_and_strangers_that_is_too_wide_is_found() {
    let aud = || json!({"t.accounts.ondemand.com:aud": "a"});
    let good = || token(&json!({"StringEquals": both("a", "a")}));
    let id = || json!({"StringEquals": {"sts:ExternalId": "random"}});
    assert_found(&[
        (token(&json!({"StringEquals": aud()})), ":sub is not pinned"),
        (
            token(&json!({"StringEquals": {"t.accounts.ondemand.com:sub": "a"}})),
            ":aud is not pinned",
        ),
        (
            token(
                &json!({"StringEquals": aud(), "StringLike": {"t.accounts.ondemand.com:sub": "*"}}),
            ),
            "a pattern",
        ),
        (
            token(
                &json!({"StringEquals": aud(), "StringLike": {"t.accounts.ondemand.com:sub": "tea?"}}),
            ),
            "a pattern",
        ),
        (
            token(
                &json!({"StringEquals": aud(), "StringEqualsIfExists": {"t.accounts.ondemand.com:sub": "a"}}),
            ),
            "with IfExists",
        ),
        (
            token(
                &json!({"StringEquals": aud(), "ForAllValues:StringEquals": {"t.accounts.ondemand.com:sub": "a"}}),
            ),
            "with ForAllValues",
        ),
        (
            token(
                &json!({"StringEquals": aud(), "StringNotEquals": {"t.accounts.ondemand.com:sub": "b"}}),
            ),
            "only who may not",
        ),
        (
            token(&json!({"StringEquals": both("a", "${t.accounts.ondemand.com:aud}")})),
            "a policy variable",
        ),
        (
            token(
                &json!({"StringEquals": {"t.accounts.ondemand.com:aud": "a", "other.example:sub": "a"}}),
            ),
            ":sub is not pinned",
        ),
        (
            token(
                &json!({"StringEquals": {"t.accounts.ondemand.com:aud": "a", "t.accounts.ondemand.com:sub": []}}),
            ),
            "compares with nothing",
        ),
        (
            with(
                good(),
                "Action",
                json!(["sts:AssumeRoleWithWebIdentity", "sts:AssumeRole"]),
            ),
            "no use for it",
        ),
        (
            with(good(), "Action", json!("sts:TagSession")),
            "sts:AssumeRoleWithWebIdentity is missing",
        ),
        (key(&json!({})), "sts:ExternalId is not pinned"),
        (
            key(&json!({"StringLike": {"sts:ExternalId": "*"}})),
            "a pattern",
        ),
        (
            with(
                key(&id()),
                "Principal",
                json!({"AWS": "arn:aws:iam::123456789012:root"}),
            ),
            "a whole account",
        ),
        (
            with(key(&id()), "Principal", json!({"AWS": "123456789012"})),
            "a whole account",
        ),
        (with(key(&id()), "Principal", json!("*")), "Principal \"*\""),
        (
            with(key(&id()), "Principal", json!({"AWS": ["*"]})),
            "Principal \"*\"",
        ),
        (
            with(
                key(&id()),
                "Principal",
                json!({"Service": "ec2.amazonaws.com"}),
            ),
            "Service ec2.amazonaws.com may take the role",
        ),
        (
            with(
                good(),
                "Principal",
                json!({"Federated": "arn:aws:iam::123456789012:saml-provider/x"}),
            ),
            "saml-provider",
        ),
    ]);
    let missing: Vec<String> = findings(&policy(&token(&json!({}))))
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(missing.len(), 2, "{missing:?}");
}
