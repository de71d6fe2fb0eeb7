//! Nothing that holds what an operator wrote down prints a secret of it.

use serde_json::json;

use super::super::{Connection, Env, Settings, vcap};

const SECRET: &str = "hush";

/// Every binding with a secret, and a password among the settings.
fn env() -> Env {
    let services = json!({
        "identity": [{"name": "ias", "credentials": {"clientid": "c", "url": "https://t.example", "clientsecret": SECRET}}],
        "xsuaa": [{"name": "uaa", "credentials": {"clientid": "sb-a!t1", "clientsecret": SECRET, "xsappname": "a!t1",
            "url": "https://s.uaa.example", "uaadomain": "uaa.example", "identityzoneid": "z"}}],
        "destination": [{"name": "d", "credentials": {"clientid": "c", "uri": "https://d.example", "certurl": "https://u.example",
            "certificate": "-----BEGIN CERTIFICATE-----", "key": SECRET}}],
        "credstore": [{"name": "s", "credentials": {"url": "https://s.example", "username": "u", "password": SECRET,
            "encryption": {"client_private_key": SECRET}}}],
        "user-provided": [{"name": "s3-catalog-config", "credentials": {
            "certificate": "c", "certificate_password": SECRET, "credential_source": "roles-anywhere",
            "role_arn": "arn:aws:iam::123456789012:role/r", "allow_public_s3": true,
            "trust_anchor_arn": "arn:aws:rolesanywhere:eu-central-1:123456789012:trust-anchor/t",
            "profile_arn": "arn:aws:rolesanywhere:eu-central-1:123456789012:profile/p"}}],
    });
    Env::new([("VCAP_SERVICES".to_owned(), services.to_string())])
}

#[test]
fn neither_settings_nor_bindings_nor_variables_print_a_secret() {
    let settings = Settings::load(env()).unwrap();
    let raw = vcap::read(&env()).unwrap();
    assert_eq!(raw.len(), 5);
    let bindings = &settings.bindings;
    let connection = Connection::resolve(&settings.layers, None, None).unwrap();
    let printed = [
        format!("{settings:?} {settings:#?}"),
        format!("{:?} {:#?}", env(), env()),
        format!("{raw:?} {raw:#?}"),
        format!("{bindings:?} {bindings:#?}"),
        format!("{:?} {:#?}", settings.layers, settings.layers),
        format!("{connection:?} {connection:#?}"),
    ];
    for text in printed {
        assert!(!text.is_empty() && !text.contains(SECRET), "{text}");
    }
}

#[test]
fn problems_do_not_repeat_what_was_written() {
    let services = json!({"destination": [{"name": "d", "credentials": {"clientid": "c", "clientsecret": SECRET}}],
        "user-provided": [{"name": "s3-catalog-config", "credentials": {"certificate_password": SECRET, "role_arn": "x"}}]});
    let env = Env::new([("VCAP_SERVICES".to_owned(), services.to_string())]);
    let unusable = Settings::load(env).unwrap_err();
    assert!(!format!("{unusable} {unusable:?}").contains(SECRET));
}
