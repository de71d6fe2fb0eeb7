//! Each binding's members, checked one by one.

use secrecy::SecretString;
use serde_json::{Map, Value};

use super::super::Problem;
use super::super::endpoint;
use super::super::vcap::RawBinding;
use super::{
    ClientAuthentication, ClientCertificate, CredentialStoreAuthentication, CredentialStoreBinding,
    DestinationBinding, IdentityBinding, PrivateLinkBinding, XsuaaBinding,
};

const REBIND: &str = "bind the service instance again";

/// Reads members of one binding and collects what is wrong with them.
struct Reader<'a> {
    raw: &'a RawBinding,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    fn text(&self, key: &str) -> Option<String> {
        text(&self.raw.credentials, key)
    }

    fn required(&mut self, key: &str) -> Option<String> {
        let found = self.text(key);
        if found.is_none() {
            self.report(key, "is missing", REBIND);
        }
        found
    }

    /// A required URL, without trailing slash.
    fn url(&mut self, key: &str) -> Option<String> {
        let url = self.required(key)?;
        self.checked_url(key, &url)
    }

    fn checked_url(&mut self, key: &str, url: &str) -> Option<String> {
        match endpoint::check(url) {
            Ok(url) => Some(url),
            Err(fault) => {
                self.report(key, &fault, REBIND);
                None
            }
        }
    }

    fn secret(&self, key: &str) -> Option<SecretString> {
        self.text(key).map(SecretString::from)
    }

    fn certificate(&self) -> Option<ClientCertificate> {
        Some(ClientCertificate {
            certificate: self.text("certificate")?,
            key: self.secret("key")?,
        })
    }

    fn report(&mut self, key: &str, fault: &str, remedy: &str) {
        let what = format!("\"{key}\" {fault}");
        let origin = format!(
            "binding \"{}\" with label \"{}\"",
            self.raw.name, self.raw.label
        );
        self.problems.push(Problem::new(what, origin, remedy));
    }
}

/// A member as text; empty and null count as absent, numbers are taken as written.
fn text(members: &Map<String, Value>, key: &str) -> Option<String> {
    let text = match members.get(key)? {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    (!text.trim().is_empty()).then_some(text)
}

pub(super) fn destination(
    raw: &RawBinding,
    problems: &mut Vec<Problem>,
) -> Option<DestinationBinding> {
    let mut reader = Reader { raw, problems };
    let (uri, client_id) = (reader.url("uri"), reader.required("clientid"));
    let (base, authentication) = match (reader.certificate(), reader.secret("clientsecret")) {
        (Some(shown), _) => (
            reader.url("certurl"),
            ClientAuthentication::Certificate(shown),
        ),
        (None, Some(secret)) => (reader.url("url"), ClientAuthentication::Secret(secret)),
        (None, None) => {
            reader.report(
                "clientsecret",
                "is missing, and so are \"certificate\" and \"key\"",
                REBIND,
            );
            return None;
        }
    };
    Some(DestinationBinding {
        name: raw.name.clone(),
        client_id: client_id?,
        authentication,
        token_url: format!("{}/oauth/token", base?),
        uri: uri?,
    })
}

pub(super) fn identity(raw: &RawBinding, problems: &mut Vec<Problem>) -> Option<IdentityBinding> {
    let mut reader = Reader { raw, problems };
    let (url, client_id) = (reader.url("url"), reader.required("clientid"));
    let authentication = match (reader.certificate(), reader.secret("clientsecret")) {
        (Some(shown), _) => Some(ClientAuthentication::Certificate(shown)),
        (None, secret) => secret.map(ClientAuthentication::Secret),
    };
    let url = url?;
    Some(IdentityBinding {
        name: raw.name.clone(),
        client_id: client_id?,
        authentication,
        domains: domains(raw, &url),
        // bindings made before 2023 call the tenant a zone
        app_tid: reader.text("app_tid").or_else(|| reader.text("zone_uuid")),
        url,
    })
}

/// `domains`, else the older `domain`, else nothing but the tenant's own host.
fn domains(raw: &RawBinding, url: &str) -> Vec<String> {
    let listed: Vec<String> = match raw.credentials.get("domains") {
        Some(Value::Array(list)) => list
            .iter()
            .filter_map(|d| d.as_str().map(str::to_owned))
            .collect(),
        _ => Vec::new(),
    };
    let mut domains: Vec<String> = listed
        .into_iter()
        .filter(|d| !d.trim().is_empty())
        .collect();
    if domains.is_empty() {
        let host = || endpoint::host(url);
        domains.extend(text(&raw.credentials, "domain").or_else(host));
    }
    domains
}

pub(super) fn xsuaa(raw: &RawBinding, problems: &mut Vec<Problem>) -> Option<XsuaaBinding> {
    let mut reader = Reader { raw, problems };
    let (client_id, app_name) = (reader.required("clientid"), reader.required("xsappname"));
    let (url, domain) = (reader.url("url"), reader.required("uaadomain"));
    let zone = reader
        .text("identityzoneid")
        .or_else(|| reader.text("zoneid"))
        .or_else(|| reader.text("tenantid"));
    if zone.is_none() {
        reader.report("identityzoneid", "is missing", REBIND);
    }
    let domain = domain.filter(|domain| {
        let origin = format!("https://{domain}");
        let plain = endpoint::host(&origin).is_some_and(|host| domain.starts_with(&host))
            && !domain.contains(['/', '@', '?', '#', '%', '\\', '*']);
        if !plain {
            reader.report("uaadomain", "is no host name", REBIND);
        }
        plain
    });
    let zone = zone.filter(|zone| {
        let plain = zone.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if !plain {
            reader.report("identityzoneid", "is no id of an identity zone", REBIND);
        }
        plain
    });
    Some(XsuaaBinding {
        client_id: client_id?,
        app_name: app_name?,
        url: url?,
        domain: domain?,
        zone: zone?,
        verification_key: reader.text("verificationkey"),
    })
}

pub(super) fn private_link(
    raw: &RawBinding,
    problems: &mut Vec<Problem>,
) -> Option<PrivateLinkBinding> {
    let mut reader = Reader { raw, problems };
    let named = reader.required("hostname")?;
    let hostname = named
        .trim()
        .trim_start_matches("*.")
        .trim_end_matches('.')
        .to_ascii_lowercase();
    let odd = |c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '.');
    if hostname.is_empty() || hostname.contains(odd) {
        reader.report(
            "hostname",
            "is no host name of one S3 endpoint",
            "bind a Private Link instance for com.amazonaws.<region>.s3",
        );
        return None;
    }
    let labels: Vec<&str> = hostname.split('.').collect();
    let region = match labels.as_slice() {
        [_, "s3", region, "vpce", "amazonaws", "com" | "eu"]
        | [_, "s3", region, "vpce", "amazonaws", "com", "cn"] => Some((*region).to_owned()),
        [_, service, _, "vpce", "amazonaws", ..] => {
            reader.report(
                "hostname",
                &format!("is an endpoint for {service}, not for S3"),
                "name the binding of the S3 endpoint in CATALOG_PRIVATELINK_SERVICE",
            );
            return None;
        }
        _ => None,
    };
    Some(PrivateLinkBinding {
        name: raw.name.clone(),
        hostname,
        region,
    })
}

pub(super) fn credential_store(
    raw: &RawBinding,
    problems: &mut Vec<Problem>,
) -> Option<CredentialStoreBinding> {
    let mut reader = Reader { raw, problems };
    let (url, username) = (reader.url("url"), reader.required("username"));
    let encryption = raw.credentials.get("encryption").and_then(Value::as_object);
    let client_private_key = encryption
        .and_then(|e| text(e, "client_private_key"))
        .map(SecretString::from);
    let token_url = reader.text("oauth_token_url");
    let authentication = match (reader.certificate(), token_url, reader.secret("password")) {
        (Some(certificate), Some(token_url), _) => CredentialStoreAuthentication::OauthMtls {
            token_url: reader.checked_url("oauth_token_url", &token_url)?,
            certificate,
        },
        (Some(shown), None, _) => CredentialStoreAuthentication::Mtls(shown),
        (None, _, Some(password)) => CredentialStoreAuthentication::Basic(password),
        (None, _, None) => {
            reader.report(
                "password",
                "is missing, and so are \"certificate\" and \"key\"",
                REBIND,
            );
            return None;
        }
    };
    Some(CredentialStoreBinding {
        name: raw.name.clone(),
        url: url?,
        username: username?,
        authentication,
        client_private_key,
    })
}
