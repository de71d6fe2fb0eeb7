//! SAP Cloud Identity Services as our own identity provider: a token for AWS STS.
//!
//! Only the client-credentials token of the bound application; tokens of callers are
//! verified in the caller room.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;

use super::BtpError;
use super::http::{HttpClients, Question};
use super::token::{ClientCredentials, SecretIn, Tokens};
use crate::settings::{ClientAuthentication, IdentityBinding};

const SERVICE: &str = "the identity service";

/// Earns the application's own token at the bound tenant.
#[derive(Debug)]
pub(crate) struct Identity {
    http: HttpClients,
    /// What discovery said, by tenant URL. Endpoints of a tenant don't move.
    discovered: tokio::sync::Mutex<HashMap<String, Discovered>>,
}

/// The members of the discovery document that matter here (`OpenID` Connect Discovery, section 3).
#[derive(Debug, Clone, Deserialize)]
struct Discovered {
    #[serde(default)]
    issuer: Option<String>,
    token_endpoint: String,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
    #[serde(default)]
    mtls_endpoint_aliases: Option<MtlsAliases>,
}

/// RFC 8705, section 5.
#[derive(Debug, Clone, Deserialize)]
struct MtlsAliases {
    token_endpoint: Option<String>,
}

/// The application's own token, and what the tenant says of its issuer.
#[derive(Debug)]
pub(crate) struct IssuedToken {
    pub(crate) token: SecretString,
    /// `issuer` of the discovery document.
    pub(crate) discovered_issuer: Option<String>,
}

/// Header and claims of a token that comes from its issuer's own mouth; nothing is verified.
pub(crate) fn header_and_claims(token: &SecretString) -> Option<(Value, Value)> {
    let mut parts = token.expose_secret().split('.').map(|part| {
        let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
        serde_json::from_slice(&bytes).ok()
    });
    Some((parts.next()??, parts.next()??))
}

impl Identity {
    pub(crate) fn new(http: HttpClients) -> Self {
        Self {
            http,
            discovered: tokio::sync::Mutex::default(),
        }
    }

    /// The JWT that says who this application is, kept until near its end.
    ///
    /// Always the access token: client credentials yield no ID token at SAP's tenants.
    pub(crate) async fn token(
        &self,
        binding: &IdentityBinding,
        tokens: &Tokens,
    ) -> Result<SecretString, BtpError> {
        let endpoint = self.endpoint(binding).await?;
        tokens.get(&client(binding, &endpoint)?).await
    }

    /// The token together with what AWS will look at.
    pub(crate) async fn issued(
        &self,
        binding: &IdentityBinding,
        tokens: &Tokens,
    ) -> Result<IssuedToken, BtpError> {
        Ok(IssuedToken {
            token: self.token(binding, tokens).await?,
            discovered_issuer: self.discover(binding).await?.issuer,
        })
    }

    /// Drops the kept token, because STS said that it is over.
    pub(crate) async fn forget(
        &self,
        binding: &IdentityBinding,
        tokens: &Tokens,
    ) -> Result<(), BtpError> {
        let endpoint = self.endpoint(binding).await?;
        tokens.forget(&client(binding, &endpoint)?).await;
        Ok(())
    }

    async fn endpoint(&self, binding: &IdentityBinding) -> Result<Endpoint, BtpError> {
        let discovered = self.discover(binding).await?;
        // The host that gets our secret comes from the binding, never from a document alone:
        // a tenant that names a token endpoint elsewhere is not followed (CVE-2026-58230's kind).
        let named = match (&binding.authentication, &discovered.mtls_endpoint_aliases) {
            (
                Some(ClientAuthentication::Certificate(_)),
                Some(MtlsAliases {
                    token_endpoint: Some(alias),
                }),
            ) => alias,
            _ => &discovered.token_endpoint,
        };
        if !same_host(named, &binding.url) {
            // a document that is no good is not remembered either
            self.discovered.lock().await.remove(&binding.url);
            return Err(BtpError::Unreadable {
                service: SERVICE,
                what: "discovery".to_owned(),
                detail: format!(
                    "its token endpoint is not on the host of the binding's url {}",
                    binding.url
                ),
            });
        }
        let methods = &discovered.token_endpoint_auth_methods_supported;
        let offers = |method: &str| methods.iter().any(|m| m == method);
        // OpenID Connect Discovery: nothing said means client_secret_basic
        let secret_in = if offers("client_secret_post") {
            SecretIn::Body
        } else {
            SecretIn::BasicHeader
        };
        Ok(Endpoint {
            url: named.clone(),
            secret_in,
        })
    }

    async fn discover(&self, binding: &IdentityBinding) -> Result<Discovered, BtpError> {
        let mut discovered = self.discovered.lock().await;
        if let Some(known) = discovered.get(&binding.url) {
            return Ok(known.clone());
        }
        let url = format!("{}/.well-known/openid-configuration", binding.url);
        let question = Question {
            service: SERVICE,
            what: "discovery",
            url: &url,
        };
        let answer = question.ask(|| self.http.plain().get(&url)).await?;
        let found: Discovered =
            serde_json::from_slice(&answer.body).map_err(|e| BtpError::Unreadable {
                service: SERVICE,
                what: "discovery".to_owned(),
                detail: format!(
                    "no token_endpoint found (line {}, column {})",
                    e.line(),
                    e.column()
                ),
            })?;
        discovered.insert(binding.url.clone(), found.clone());
        Ok(found)
    }
}

struct Endpoint {
    url: String,
    secret_in: SecretIn,
}

fn client<'a>(
    binding: &'a IdentityBinding,
    endpoint: &'a Endpoint,
) -> Result<ClientCredentials<'a>, BtpError> {
    let authentication = binding
        .authentication
        .as_ref()
        .ok_or_else(|| BtpError::Missing {
            service: SERVICE,
            what: format!(
                "a secret or certificate in the binding \"{}\"",
                binding.name
            ),
            remedy: "bind with credential-type X509_GENERATED or SECRET".to_owned(),
        })?;
    Ok(ClientCredentials {
        service: SERVICE,
        token_endpoint: &endpoint.url,
        client_id: &binding.client_id,
        authentication,
        secret_in: endpoint.secret_in,
        fields: &[("token_format", "jwt")],
    })
}

/// Same host; the port may differ, as it does for mutual TLS on one machine.
fn same_host(a: &str, b: &str) -> bool {
    let host = |url: &str| {
        reqwest::Url::parse(url)
            .ok()
            .map(|u| (u.scheme() == "https", u.host_str().map(str::to_owned)))
    };
    match (host(a), host(b)) {
        // https may not turn into http; the other way round is only met on loopback
        (Some((a_tls, a)), Some((b_tls, b))) => a.is_some() && a == b && (a_tls || !b_tls),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::same_host;

    #[test]
    fn a_token_endpoint_elsewhere_is_not_followed() {
        let tenant = "https://t.accounts.ondemand.com";
        assert!(same_host(
            "https://t.accounts.ondemand.com/oauth2/token",
            tenant
        ));
        assert!(same_host(
            "https://127.0.0.1:9443/oauth2/token",
            "http://127.0.0.1:9080"
        ));
        for elsewhere in [
            "https://evil.example/oauth2/token",
            "http://t.accounts.ondemand.com/oauth2/token",
            "https://t.accounts.ondemand.com@evil.example/oauth2/token",
            "https://t.accounts.ondemand.com.evil.example/",
            "nonsense",
        ] {
            assert!(!same_host(elsewhere, tenant), "{elsewhere}");
        }
    }
}
