//! The `credentials` of each binding, with the field names and the casing of the real services.

use serde_json::{Value, json};

use super::{Authentication, StoreAuthentication};
use crate::credential_store::CredentialStore;
use crate::destination::Destination;
use crate::identity::Identity;
use crate::xsuaa::{SUBDOMAIN, Xsuaa};

/// Adds the fields of `more` to those of `base`.
fn with(mut base: Value, more: Value) -> Value {
    if let (Value::Object(base), Value::Object(more)) = (&mut base, more) {
        base.extend(more);
    }
    base
}

pub(super) fn identity(identity: &Identity, authentication: Authentication) -> Value {
    let url = identity.issuer();
    // A domain has no port; the tenant itself is recognised by its whole address.
    let address = url.trim_start_matches("https://");
    let domain = address.split(':').next().unwrap_or(address);
    let base = json!({
        "clientid": identity.client_id(),
        "url": url,
        "domain": domain,
        "domains": [domain],
        "app_tid": identity.app_tid(),
        "authorization_endpoint": format!("{url}/oauth2/authorize"),
        "end_session_endpoint": format!("{url}/oauth2/logout"),
    });
    match (authentication, identity.client_certificate()) {
        (Authentication::Certificate, Some(bound)) => with(
            base,
            json!({
                "credential-type": "X509_GENERATED",
                "certificate": bound.certificate,
                "key": bound.key,
            }),
        ),
        (Authentication::Secret, _) | (_, None) => with(
            base,
            json!({ "credential-type": "SECRET", "clientsecret": identity.client_secret() }),
        ),
    }
}

pub(super) fn xsuaa(xsuaa: &Xsuaa, authentication: Authentication) -> Value {
    let (url, zone) = (xsuaa.url(), xsuaa.zone_id());
    let base = json!({
        "clientid": xsuaa.client_id(),
        "url": url,
        "uaadomain": xsuaa.domain(),
        "xsappname": xsuaa.app_name(),
        "identityzone": SUBDOMAIN,
        "identityzoneid": zone,
        "zoneid": zone,
        "tenantid": zone,
        "subaccountid": zone,
        "tenantmode": "dedicated",
        "serviceInstanceId": xsuaa.instance_id(),
        "verificationkey": xsuaa.verification_key(),
        // Hosts of their own in reality; what they are for is not simulated.
        "apiurl": url,
        "sburl": url,
    });
    match (authentication, xsuaa.client_certificate()) {
        (Authentication::Certificate, Some(bound)) => with(
            base,
            json!({
                "credential-type": "x509",
                "certurl": xsuaa.certificate_url(),
                "certificate": bound.certificate,
                "key": bound.key,
            }),
        ),
        (Authentication::Secret, _) | (_, None) => with(
            base,
            json!({
                "credential-type": "binding-secret",
                "clientsecret": xsuaa.client_secret(),
            }),
        ),
    }
}

pub(super) fn destination(destination: &Destination, authentication: Authentication) -> Value {
    let base = json!({
        "clientid": destination.client_id(),
        "uri": destination.uri(),
        "url": destination.token_url(),
        "uaadomain": destination.token_url().trim_start_matches("http://"),
        "instanceid": destination.instance_id(),
        "identityzone": "sandbox",
        "tenantid": destination.subaccount_id(),
        "xsappname": destination.client_id().trim_start_matches("sb-"),
        "verificationkey": destination.verification_key(),
    });
    match authentication {
        Authentication::Secret => with(
            base,
            json!({
                "credential-type": "binding-secret",
                "clientsecret": destination.client_secret(),
            }),
        ),
        Authentication::Certificate => {
            let bound = destination.client_certificate();
            with(
                base,
                json!({
                    "credential-type": "x509",
                    "certurl": destination.certificate_token_url(),
                    "certificate": bound.certificate,
                    "key": bound.key,
                }),
            )
        }
    }
}

pub(super) fn store(store: &CredentialStore, authentication: StoreAuthentication) -> Value {
    let basic = authentication == StoreAuthentication::Basic;
    let mut base = json!({ "username": store.username() });
    if store.is_encrypted() || basic {
        let keys = json!({
            "client_private_key": store.client_private_key(),
            "server_public_key": store.server_public_key(),
        });
        base = with(base, json!({ "encryption": keys }));
    }
    let bound = store.client_certificate();
    let certificate = json!({ "certificate": bound.certificate, "key": bound.key });
    match authentication {
        StoreAuthentication::Basic => with(
            base,
            json!({
                "url": store.url(),
                "password": store.password(),
                "parameters": { "authorization": { "default_permissions": ["read", "write"] } },
            }),
        ),
        StoreAuthentication::Certificate => with(
            with(base, certificate),
            json!({ "url": store.certificate_url() }),
        ),
        StoreAuthentication::Token => {
            let urls = json!({ "url": store.url(), "oauth_token_url": store.token_url() });
            with(with(base, certificate), urls)
        }
    }
}
