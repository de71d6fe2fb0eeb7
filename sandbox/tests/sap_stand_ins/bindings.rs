use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sandbox::Sandbox;
use sandbox::aws::Options;
use sandbox::bindings::{
    Authentication, Bindings, Callers, CredentialSource, DESTINATION, Delivery, StoreAuthentication,
};
use serde_json::{Value, json};

use super::{armour, client};

async fn sandbox() -> Sandbox {
    Sandbox::start(&Options::default()).await.unwrap()
}

fn credentials<'a>(services: &'a Value, label: &str) -> &'a Value {
    let list = services[label].as_array().unwrap();
    assert_eq!(list.len(), 1, "{label}");
    assert_eq!(list[0]["label"], label);
    &list[0]["credentials"]
}

/// A folder of its own for a test, gone when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("bindings-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn text(&self, path: &str) -> String {
        std::fs::read_to_string(self.0.join(path)).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

#[tokio::test]
async fn each_source_brings_the_bindings_it_needs() {
    let sandbox = sandbox().await;
    for (source, labels) in [
        (CredentialSource::RolesAnywhere, vec!["destination"]),
        (CredentialSource::Oidc, vec![]),
        (CredentialSource::CredentialStore, vec!["credstore"]),
    ] {
        let services = Bindings::new(&sandbox, source).vcap_services();
        let mut expected = labels;
        expected.extend(["identity", "privatelink", "user-provided"]);
        let found: Vec<&str> = services
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(found, expected);
        let own = credentials(&services, "user-provided");
        assert_eq!(own["credential_source"], source.as_str());
        let entry = &services["user-provided"][0];
        assert_eq!(entry["tags"], json!(["s3-catalog"]));
        assert_eq!(
            entry.get("plan"),
            None,
            "user-provided services have no plan"
        );
        let link = credentials(&services, "privatelink");
        let host = "*.vpce-0sandbox00000000-abcdefgh.s3.eu-central-1.vpce.amazonaws.com";
        assert_eq!(link, &json!({ "hostname": host }));
    }
}

#[tokio::test]
async fn the_destination_leads_to_the_certificate() {
    let sandbox = sandbox().await;
    let bindings = Bindings::new(&sandbox, CredentialSource::RolesAnywhere);
    let services = bindings.vcap_services();
    let binding = credentials(&services, "destination");
    assert_eq!(binding["credential-type"], "x509");
    assert!(
        binding["key"]
            .as_str()
            .unwrap()
            .starts_with(&armour("RSA PRIVATE KEY"))
    );
    let http = client(
        &sandbox.core,
        Some(&sandbox.destination.client_certificate()),
    );
    let token_url = format!("{}/oauth/token", binding["certurl"].as_str().unwrap());
    let id = binding["clientid"].as_str().unwrap();
    let fields = [("grant_type", "client_credentials"), ("client_id", id)];
    let answer = http.post(token_url).form(&fields).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    let base = binding["uri"].as_str().unwrap();
    let url = format!("{base}/destination-configuration/v1/destinations/{DESTINATION}");
    let request = http
        .get(url)
        .bearer_auth(answer["access_token"].as_str().unwrap());
    let found: Value = request.send().await.unwrap().json().await.unwrap();
    let configuration = &found["destinationConfiguration"];
    assert_eq!(configuration["aws.role_arn"], sandbox.aws.role_arn);
    assert_eq!(
        configuration["aws.trust_anchor_arn"],
        sandbox.aws.trust_anchor_arn
    );
    assert_eq!(
        found["certificates"][0]["Name"],
        configuration["KeyStoreLocation"]
    );
}

#[tokio::test]
async fn kinds_of_credentials_follow_the_choice() {
    let sandbox = sandbox().await;
    let mut bindings = Bindings::new(&sandbox, CredentialSource::CredentialStore);
    let has = |value: &Value, keys: &[&str]| keys.iter().all(|key| value.get(key).is_some());

    let x509 = credentials(&bindings.vcap_services(), "identity").clone();
    assert_eq!(x509["credential-type"], "X509_GENERATED");
    assert!(has(&x509, &["certificate", "key"]) && !has(&x509, &["clientsecret"]));
    bindings.identity = Authentication::Secret;
    let secret = credentials(&bindings.vcap_services(), "identity").clone();
    assert_eq!(secret["clientsecret"], sandbox.identity.client_secret());
    assert!(!has(&secret, &["key"]));

    let store =
        |bindings: &Bindings<'_>| credentials(&bindings.vcap_services(), "credstore").clone();
    assert!(has(
        &store(&bindings),
        &["certificate", "key", "encryption"]
    ));
    bindings.credential_store = StoreAuthentication::Basic;
    assert!(has(&store(&bindings), &["password", "encryption"]));
    bindings.credential_store = StoreAuthentication::Token;
    assert!(has(
        &store(&bindings),
        &["certificate", "key", "oauth_token_url"]
    ));
    sandbox.credential_store.set_encrypted(false);
    assert!(!has(&store(&bindings), &["encryption"]));
}

#[tokio::test]
async fn users_sign_in_with_the_services_that_are_chosen() {
    let sandbox = sandbox().await;
    let bindings = Bindings::new(&sandbox, CredentialSource::Oidc);
    for (callers, identity, xsuaa) in [
        (Callers::Identity, true, false),
        (Callers::Xsuaa, false, true),
        (Callers::Both, true, true),
        (Callers::Nobody, false, false),
    ] {
        let services = bindings.clone().callers(callers).vcap_services();
        assert_eq!(services.get("identity").is_some(), identity, "{callers:?}");
        assert_eq!(services.get("xsuaa").is_some(), xsuaa, "{callers:?}");
    }
}

#[tokio::test]
async fn the_xsuaa_binding_has_the_fields_of_the_real_one() {
    let sandbox = sandbox().await;
    let mut bindings = Bindings::new(&sandbox, CredentialSource::Oidc).callers(Callers::Xsuaa);
    let services = bindings.vcap_services();
    let secret = credentials(&services, "xsuaa");
    assert_eq!(services["xsuaa"][0]["plan"], "application");
    assert_eq!(secret["clientid"], "sb-btp-s3-catalog!t4711");
    assert_eq!(secret["xsappname"], "btp-s3-catalog!t4711");
    assert_eq!(secret["credential-type"], "binding-secret");
    assert_eq!(secret["clientsecret"], sandbox.xsuaa.client_secret());
    assert_eq!(secret.get("key"), None);
    let domain = secret["uaadomain"].as_str().unwrap();
    assert_eq!(secret["url"], format!("http://{domain}"));
    for id in ["identityzoneid", "zoneid", "tenantid", "subaccountid"] {
        assert_eq!(secret[id], sandbox.xsuaa.zone_id(), "{id}");
    }
    let key = secret["verificationkey"].as_str().unwrap();
    assert!(
        key.starts_with("-----BEGIN PUBLIC KEY-----M") && !key.contains('\n'),
        "one line: {key}"
    );
    bindings.xsuaa = Authentication::Certificate;
    let services = bindings.vcap_services();
    let x509 = credentials(&services, "xsuaa");
    assert_eq!(x509["credential-type"], "x509");
    assert_eq!(x509["certurl"], sandbox.xsuaa.certificate_url());
    assert_eq!(x509.get("clientsecret"), None);
}

#[tokio::test]
async fn settings_can_be_changed_and_private_link_left_out() {
    let sandbox = sandbox().await;
    let mut bindings = Bindings::new(&sandbox, CredentialSource::Oidc).set("scan_limit", 5);
    bindings.private_link = false;
    let services = bindings.vcap_services();
    assert_eq!(services.get("privatelink"), None);
    let own = credentials(&services, "user-provided");
    assert_eq!(own["scan_limit"], 5);
    assert_eq!(own["region"], "eu-central-1");
}

#[tokio::test]
async fn the_environment_stays_on_loopback_and_pretends_no_cloud_foundry() {
    let sandbox = sandbox().await;
    let folder = Folder::new("environment");
    let bindings = Bindings::new(&sandbox, CredentialSource::RolesAnywhere);
    let environment = bindings
        .environment(Delivery::Variable, &folder.0, 4711)
        .unwrap();
    assert_eq!(environment["PORT"], "4711");
    assert_eq!(environment["CATALOG_BIND_ADDRESS"], "127.0.0.1");
    assert_eq!(environment.get("VCAP_APPLICATION"), None);
    for (name, value) in &environment {
        assert!(
            !name.ends_with("_ENDPOINT") || value.starts_with("https://127.0.0.1:"),
            "{value}"
        );
    }
    let ca = std::fs::read_to_string(&environment["CATALOG_CA_BUNDLE"]).unwrap();
    assert_eq!(ca, sandbox.core.pki.root_pem());
    let services: Value = serde_json::from_str(&environment["VCAP_SERVICES"]).unwrap();
    assert_eq!(services, bindings.vcap_services());
}

#[tokio::test]
async fn a_file_holds_what_the_variable_would() {
    let sandbox = sandbox().await;
    let folder = Folder::new("file");
    let bindings = Bindings::new(&sandbox, CredentialSource::Oidc);
    let environment = bindings.environment(Delivery::File, &folder.0, 1).unwrap();
    let read = |environment: &BTreeMap<String, String>| -> Value {
        let text = std::fs::read_to_string(&environment["VCAP_SERVICES_FILE_PATH"]).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    let before = read(&environment);
    assert_eq!(before, bindings.vcap_services());
    assert_eq!(environment.get("VCAP_SERVICES"), None);
    sandbox.identity.replace_client_certificate().unwrap();
    bindings.environment(Delivery::File, &folder.0, 1).unwrap();
    let after = read(&environment);
    assert_eq!(
        before["identity"][0]["instance_guid"],
        after["identity"][0]["instance_guid"]
    );
    assert_ne!(
        before["identity"], after["identity"],
        "written again after a rotation"
    );
}

#[tokio::test]
async fn folders_hold_one_file_a_key() {
    let sandbox = sandbox().await;
    let folder = Folder::new("folders");
    let bindings = Bindings::new(&sandbox, CredentialSource::Oidc);
    let environment = bindings
        .environment(Delivery::Folders, &folder.0, 1)
        .unwrap();
    assert_eq!(
        Path::new(&environment["SERVICE_BINDING_ROOT"]),
        folder.0.join("bindings")
    );
    let identity = "bindings/s3-catalog-identity";
    assert_eq!(folder.text(&format!("{identity}/label")), "identity");
    assert_eq!(
        folder.text(&format!("{identity}/clientid")),
        sandbox.identity.client_id()
    );
    assert_eq!(
        folder.text(&format!("{identity}/domains")),
        r#"["127.0.0.1"]"#
    );
    assert_eq!(
        folder.text(&format!("{identity}/instance-name")),
        "s3-catalog-identity"
    );
    assert!(!folder.0.join(identity).join(".metadata").exists());
    assert!(!folder.0.join("bindings/s3-catalog-config/plan").exists());
}

#[tokio::test]
async fn metadata_describes_the_files_beside_it() {
    let sandbox = sandbox().await;
    let folder = Folder::new("metadata");
    let bindings = Bindings::new(&sandbox, CredentialSource::CredentialStore);
    bindings
        .environment(Delivery::FoldersWithMetadata, &folder.0, 1)
        .unwrap();
    let path = "bindings/s3-catalog-credstore";
    let metadata: Value = serde_json::from_str(&folder.text(&format!("{path}/.metadata"))).unwrap();
    let mut formats = BTreeMap::new();
    for list in ["metaDataProperties", "credentialProperties"] {
        for property in metadata[list].as_array().unwrap() {
            let name = property["name"].as_str().unwrap();
            assert!(folder.0.join(path).join(name).exists(), "{name}");
            formats.insert(name.to_owned(), property["format"].clone());
        }
    }
    assert_eq!(formats["username"], "text");
    assert_eq!(formats["encryption"], "json");
    assert_eq!(formats["tags"], "json");
    assert_eq!(
        folder.text(&format!("{path}/instance_name")),
        "s3-catalog-credstore"
    );
}
