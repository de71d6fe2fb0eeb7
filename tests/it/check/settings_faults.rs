//! Faults of bindings and settings: what is missing, contradictory or misspelt.

use sandbox::bindings::{Authentication, Bindings, Callers, CredentialSource};
use sandbox::pki::Leaf;
use serde_json::{Value, json};
use time::Duration;

use super::{Variables, blames};
use crate::support::sandbox;

/// Bindings that are not there, not readable, or several where one is meant.
#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn faults_of_bindings_are_found_first() {
    let sandbox = sandbox().await;
    let usual = Bindings::new(&sandbox, CredentialSource::RolesAnywhere);
    let none = |env: &mut Variables| {
        env.remove("VCAP_SERVICES");
    };
    blames(
        &sandbox,
        &usual,
        none,
        "bindings",
        &["no binding was found", "cf bind-service"],
    )
    .await;
    blames(
        &sandbox,
        &usual,
        |env| drop(env.insert("VCAP_SERVICES".to_owned(), "{\"destination\": [".to_owned())),
        "bindings",
        &["it breaks at line 1", "VCAP_SERVICES"],
    )
    .await;
    blames(
        &sandbox,
        &usual,
        |env| {
            let nowhere = "/nowhere/vcap".to_owned();
            env.insert("VCAP_SERVICES_FILE_PATH".to_owned(), nowhere);
        },
        "bindings",
        &["can't be read", "VCAP_SERVICES_FILE_PATH, /nowhere/vcap"],
    )
    .await;
    blames(
        &sandbox,
        &usual,
        |env| {
            edit(env, |services| {
                let mut second = services["destination"][0].clone();
                second["name"] = "another".into();
                second["instance_name"] = "another".into();
                services["destination"].as_array_mut().unwrap().push(second);
            });
        },
        "bindings",
        &["\"another\"", "CATALOG_DESTINATION_SERVICE"],
    )
    .await;
    blames(
        &sandbox,
        &usual,
        |env| {
            edit(env, |services| {
                let credentials = &mut services["destination"][0]["credentials"];
                credentials.as_object_mut().unwrap().remove("key");
            });
        },
        "bindings",
        &["\"clientsecret\" is missing", "s3-catalog-destination"],
    )
    .await;
    blames(
        &sandbox,
        &usual,
        |env| {
            edit(env, |services| {
                services["privatelink"][0]["credentials"]["hostname"] =
                    "*.vpce-0a-1.dynamodb.eu-central-1.vpce.amazonaws.com".into();
            });
        },
        "bindings",
        &["is an endpoint for dynamodb, not for S3"],
    )
    .await;
}

/// A binding's certificate lives 30 days; an ended one is told before anybody refuses it.
#[tokio::test]
async fn an_ended_certificate_of_a_binding_is_told_with_its_instance() {
    let sandbox = sandbox().await;
    let now = sandbox.core.clock.utc();
    let leaf = Leaf::new(&sandbox.core.clock, "ended")
        .valid(now - Duration::days(31), now - Duration::days(1));
    let ended = sandbox.core.pki.issue(&leaf).unwrap();
    ENDED.set(ended.certificate_pem).unwrap();
    let change = |env: &mut Variables| {
        edit(env, |services| {
            services["identity"][0]["credentials"]["certificate"] =
                ENDED.get().unwrap().as_str().into();
        });
    };
    let bindings = Bindings::new(&sandbox, CredentialSource::Oidc);
    let parts = [
        "identity \"s3-catalog-identity\" ended on",
        "cf unbind-service btp-s3-catalog s3-catalog-identity",
    ];
    blames(&sandbox, &bindings, change, "bindings", &parts).await;
}

static ENDED: std::sync::OnceLock<String> = std::sync::OnceLock::new();

/// Settings that contradict each other or what is bound.
#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn faults_of_settings_name_setting_and_place() {
    let sandbox = sandbox().await;
    let of = |source| Bindings::new(&sandbox, source);
    let (oidc, anywhere) = (CredentialSource::Oidc, CredentialSource::RolesAnywhere);
    let cases: Vec<(Bindings<'_>, Vec<&str>)> = vec![
        (
            of(oidc).set("credential_source", Value::Null),
            vec![
                "\"credential_source\" is not set",
                "roles-anywhere, oidc or credential-store",
            ],
        ),
        (
            of(oidc).set("credential_source", "role-anywhere"),
            vec!["\"credential_source\" can't be used", "s3-catalog-config"],
        ),
        (
            of(oidc).set("role_arn", "arn:aws:iam::1:role/x"),
            vec!["\"role_arn\" can't be used", "arn:aws:iam::<account>:role/"],
        ),
        (
            of(anywhere).set(
                "trust_anchor_arn",
                "arn:aws:rolesanywhere:us-east-1:111122223333:trust-anchor/a",
            ),
            vec![
                "two regions are named: eu-central-1 and us-east-1",
                "privatelink",
            ],
        ),
        (
            of(oidc).set("region", "eu-west-1"),
            vec!["two regions are named: eu-west-1 and eu-central-1"],
        ),
        (
            of(oidc).set("sts_endpoint", "http://sts.eu-central-1.amazonaws.com"),
            vec!["https"],
        ),
        (
            of(anywhere).set("session_policy", "{\"Statement\":[]}"),
            vec!["a session policy belongs to the profile"],
        ),
        (
            of(oidc).set("role_anr", "x"),
            vec!["\"role_anr\" is no setting", "role_arn"],
        ),
        (
            of(oidc).set("session_duration_seconds", 60),
            vec!["\"session_duration_seconds\" can't be used", "900 to 43200"],
        ),
        (
            of(oidc).callers(Callers::Xsuaa),
            vec!["oidc needs a usable binding with label \"identity\""],
        ),
        (
            of(CredentialSource::CredentialStore).callers(Callers::Nobody),
            vec!["nobody could call this service"],
        ),
        (
            of(oidc).set("ca_bundle", "/nowhere/ca.pem"),
            vec!["/nowhere/ca.pem"],
        ),
        (
            of(CredentialSource::CredentialStore)
                .set("session_tags", json!({"a": "b"}))
                .set("transitive_tag_keys", "c"),
            vec!["\"c\" must be one of session_tags"],
        ),
    ];
    for (bindings, parts) in cases {
        let change = |env: &mut Variables| {
            // where the user-provided service shall decide
            env.remove("CATALOG_STS_ENDPOINT");
            env.remove("CATALOG_CA_BUNDLE");
        };
        blames(&sandbox, &bindings, change, "settings", &parts).await;
    }
    let mut public = of(oidc);
    public.private_link = false;
    let without = |env: &mut Variables| {
        env.remove("CATALOG_S3_ENDPOINT");
    };
    blames(
        &sandbox,
        &public,
        without,
        "settings",
        &["bind an SAP Private Link instance", "allow_public_s3"],
    )
    .await;
    let mut unbound = of(anywhere);
    unbound.destination = Authentication::Secret;
    let change = |env: &mut Variables| {
        edit(env, |services| {
            services.as_object_mut().unwrap().remove("destination");
        });
    };
    blames(
        &sandbox,
        &unbound,
        change,
        "settings",
        &["binding with label \"destination\""],
    )
    .await;
}

/// Changes the content of `VCAP_SERVICES`.
fn edit(env: &mut Variables, change: impl FnOnce(&mut Value)) {
    let mut services: Value = serde_json::from_str(&env["VCAP_SERVICES"]).unwrap();
    change(&mut services);
    env.insert("VCAP_SERVICES".to_owned(), services.to_string());
}
