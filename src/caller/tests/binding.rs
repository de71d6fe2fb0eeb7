//! Which identity bindings can be turned into rules.

use serde_json::json;

use super::support::{CLIENT, Scene, TENANT};
use crate::caller::ias::Groups;
use crate::caller::ias::IdentityRules;
use crate::caller::{Scope, Trust};
use crate::settings::{Env, Settings};

#[test]
fn a_binding_that_would_trust_too_much_is_unusable() {
    let build = |client: &str, url: &str, domain: &str| {
        let domains = [domain.to_owned()];
        let rules = IdentityRules::new(client, url, &domains, Some(TENANT), Groups::default());
        rules.map_or_else(|problem| problem.to_string(), |_| "usable".to_owned())
    };
    let good = "https://t.accounts.ondemand.com";
    let domain = "accounts.ondemand.com";
    for url in [
        good,
        "https://t.accounts.ondemand.com/",
        "t.accounts.ondemand.com",
        "http://127.0.0.1:8081",
        "http://[::1]:8081",
        "http://localhost:1/ias",
    ] {
        assert_eq!(build("c", url, domain), "usable", "{url}");
    }
    assert_eq!(build("c", "http://[::1]:8081", "[::1]"), "usable");
    assert_eq!(
        build("", good, domain),
        "the identity binding has an empty client id"
    );
    for url in [
        "http://t.accounts.ondemand.com",
        "https://u@t.sap",
        "https://t.sap?x",
        "https://t.sap#x",
        "https://t.sap//",
        "ftp://127.0.0.1",
        "",
    ] {
        let problem = build("c", url, domain);
        assert!(
            problem.starts_with("the identity binding's url is not"),
            "{url}: {problem}"
        );
    }
    let long = ["x".repeat(60).as_str(); 5].join(".");
    for domain in [
        "",
        ".ondemand.com",
        "ondemand.com.",
        "a..b",
        "*.ondemand.com",
        "x/y",
        "x:1",
        "a b",
        &long,
    ] {
        let problem = build("c", good, domain);
        assert!(
            problem.starts_with("the identity binding has an unusable"),
            "{domain}: {problem}"
        );
    }
}

/// Settings with an identity binding for the provider, or with an XSUAA binding only.
fn settings(identity: Option<&str>) -> Settings {
    let services = match identity {
        Some(url) => json!({"identity": [{"name": "ias", "label": "identity", "credentials":
            {"clientid": CLIENT, "clientsecret": "s", "url": url, "app_tid": TENANT,
             "domains": ["accounts.ondemand.com"]}}]}),
        None => json!({"xsuaa": [{"name": "uaa", "label": "xsuaa", "credentials":
            {"clientid": "sb-c!t1", "xsappname": "c!t1", "url": "https://c.uaa.invalid",
             "uaadomain": "uaa.invalid", "identityzoneid": "z"}}]}),
    };
    let mut services = services;
    services["credstore"] = json!([{"name": "cs", "label": "credstore", "credentials":
        {"url": "https://credstore.invalid", "username": "u", "password": "p"}}]);
    let variables = [
        ("VCAP_SERVICES", services.to_string()),
        ("CATALOG_CREDENTIAL_SOURCE", "credential-store".to_owned()),
        (
            "CATALOG_ROLE_ARN",
            "arn:aws:iam::123456789012:role/r".to_owned(),
        ),
        ("CATALOG_REGION", "eu-central-1".to_owned()),
        ("CATALOG_ALLOW_PUBLIC_S3", "true".to_owned()),
        ("CATALOG_IAS_READ_GROUPS", "readers".to_owned()),
        ("CATALOG_IAS_WRITE_GROUPS", "writers".to_owned()),
        ("CATALOG_IAS_ADMIN_GROUPS", "admins".to_owned()),
    ];
    let named = variables.map(|(name, value)| (name.to_owned(), value));
    Settings::load(Env::new(named)).unwrap()
}

#[tokio::test]
async fn binding_and_group_settings_become_rules() {
    let scene = Scene::trusting(|url| Trust::from_settings(&settings(Some(url))).unwrap());
    for (group, highest) in [
        ("readers", Scope::Read),
        ("writers", Scope::Write),
        ("admins", Scope::Admin),
    ] {
        let token = scene.token(|d| d.claim("groups", group));
        let caller = scene.verify(&token).await.unwrap();
        for scope in [Scope::Read, Scope::Write, Scope::Admin] {
            assert_eq!(caller.may(scope), scope <= highest, "{group} {scope}");
        }
    }
    assert_eq!(scene.verdict(|d| d.claim("aud", "other")).await, "audience");
    assert_eq!(
        scene.verdict(|d| d.claim("app_tid", "other")).await,
        "tenant"
    );
    let domain = scene.verdict(|d| d.claim("iss", "https://t.accounts.ondemand.com"));
    assert_eq!(domain.await, "issuer_unreached");
}

#[test]
fn without_an_identity_binding_there_are_no_rules() {
    assert!(
        IdentityRules::from_settings(&settings(None))
            .unwrap()
            .is_none()
    );
}
