//! Fields of certificates that are pinned, and still mean many.

use serde_json::{Value, json};

use super::{anchored, assert_found, certificate, findings, pins, policy};

const GUID: &str = "0d700f46-994b-4007-83b8-3e2f463b116f";

/// A condition with the anchor, and the tags of these fields under the operators.
fn pinned(operators: &[(&str, &[(&str, &str)])]) -> Value {
    let mut condition = json!({"ArnEquals": {"aws:SourceArn": super::ANCHOR}});
    for (operator, fields) in operators {
        for (field, value) in *fields {
            condition[*operator][format!("aws:PrincipalTag/{field}")] = json!(value);
        }
    }
    certificate(&condition)
}

#[test]
fn one_field_under_two_operators_is_one_field() {
    let cn: &[(&str, &str)] = &[("x509Subject/CN", "a")];
    for other in [
        "StringEqualsIgnoreCase",
        "StringLike",
        "ForAnyValue:StringEquals",
    ] {
        let twice = pinned(&[("StringEquals", cn), (other, cn)]);
        assert_found(&[(twice, "one field")]);
    }
    let cased = pinned(&[(
        "StringEquals",
        &[("x509Subject/CN", "a"), ("X509subject/cn", "a")],
    )]);
    assert_found(&[(cased, "one field")]);
}

#[test]
fn what_many_certificates_say_names_nobody() {
    let issuer = ("x509Issuer/CN", "Example Issuing CA");
    for field in [
        "x509Subject/C",
        "x509Subject/O",
        "x509Subject/ST",
        "x509Subject/L",
        "x509Subject/OU",
        "x509SAN/Name/O",
    ] {
        let shared = pinned(&[("StringEquals", &[issuer, (field, "x")])]);
        assert_found(&[(shared, "names the workload")]);
    }
    for field in ["x509Subject/C", "x509Subject/O", "x509Issuer/C"] {
        let alone = pinned(&[("StringEquals", &[("x509Subject/CN", "a"), (field, "x")])]);
        assert_found(&[(alone, "one field")]);
    }
    for name in [
        "x509Subject/CN",
        "x509SAN/DNS",
        "x509SAN/URI",
        "x509SAN/Name/CN",
    ] {
        let good = pinned(&[("StringEquals", &[issuer, (name, "a")])]);
        assert_eq!(findings(&policy(&good)).unwrap(), [], "{name}");
    }
}

#[test]
fn the_ca_of_sap_needs_the_cn_too() {
    let place = format!("destination/{GUID}");
    let sap = ("x509Subject/O", "SAP SE");
    let nameless = pinned(&[("StringEquals", &[sap, ("x509Subject/L", &place)])]);
    let other_name = pinned(&[(
        "StringEquals",
        &[sap, ("x509Subject/L", &place), ("x509SAN/DNS", "a")],
    )]);
    assert_found(&[
        (nameless, "the CA is SAP's"),
        (other_name, "the CA is SAP's"),
    ]);
}

#[test]
fn a_set_operator_that_aws_does_not_know_pins_nothing() {
    let mut strange = anchored("ForSome:StringEquals", &pins());
    strange["Condition"]["StringEquals"] = pins();
    let found = findings(&policy(&strange)).unwrap();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|f| f.why.contains("set operator")));
}
