//! What STS does with an identity provider: discovery, keys, and the token's signature. Nothing is
//! cached, so a fault at the provider always shows.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html>

use std::io;
use std::time::Duration;

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde_json::{Map, Value};

use super::answer::Refusal;
use crate::Core;
use crate::iam::OidcProvider;

/// AWS gives up on a provider that takes longer.
const PATIENCE: Duration = Duration::from_secs(5);

const ACCEPTED: [Algorithm; 5] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::ES256,
    Algorithm::ES384,
];

/// More keys than this (of either type) make AWS refuse the whole set.
const MOST_KEYS: usize = 100;

/// The claims of a token whose signature is right.
pub(super) type Claims = Map<String, Value>;

/// A client that trusts the sandbox's root and nobody else.
pub(super) struct Oidc {
    http: reqwest::Client,
}

impl Oidc {
    pub(super) fn new(core: &Core) -> io::Result<Self> {
        let root = reqwest::Certificate::from_pem(core.pki.root_pem().as_bytes())
            .map_err(io::Error::other)?;
        let http = reqwest::Client::builder()
            .tls_certs_only([root])
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .build()
            .map_err(io::Error::other)?;
        Ok(Self { http })
    }

    /// The claims, if one of the provider's keys has signed the token.
    pub(super) async fn verify(
        &self,
        token: &str,
        header: &Header,
        provider: &OidcProvider,
    ) -> Result<Claims, Refusal> {
        if !ACCEPTED.contains(&header.alg) {
            let message = format!("Unsupported signature algorithm {:?}", header.alg);
            return Err(Refusal::invalid_token(message));
        }
        let keys = self.keys(provider).await?;
        let key = choose(&keys, header)?;
        let mut validation = Validation::new(header.alg);
        // Times and audience are judged by the sandbox's clock and texts, not by the library's.
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        let verified = jsonwebtoken::decode::<Claims>(token, &key, &validation);
        verified.map(|token| token.claims).map_err(|error| {
            Refusal::invalid_token("The ID Token provided is not a valid JWT signature.")
                .because(error.to_string())
        })
    }

    async fn keys(&self, provider: &OidcProvider) -> Result<Vec<Value>, Refusal> {
        let base = provider.reachable_at.as_deref().unwrap_or(&provider.issuer);
        let discovery = self
            .get(&format!(
                "{}/.well-known/openid-configuration",
                base.trim_end_matches('/')
            ))
            .await?;
        if discovery.get("issuer").and_then(Value::as_str) != Some(provider.issuer.as_str()) {
            return Err(unreadable("discovery document names another issuer"));
        }
        let address = discovery.get("jwks_uri").and_then(Value::as_str);
        let set = self
            .get(address.ok_or_else(|| unreadable("discovery document has no jwks_uri"))?)
            .await?;
        match set.get("keys").and_then(Value::as_array) {
            Some(keys) if (1..=2 * MOST_KEYS).contains(&keys.len()) => Ok(keys.clone()),
            _ => Err(unreadable("key set is empty or too large")),
        }
    }

    async fn get(&self, url: &str) -> Result<Value, Refusal> {
        let response = self
            .http
            .get(url)
            .send()
            .await
            .map_err(|error| unreadable(&error.to_string()))?;
        let status = response.status();
        if !status.is_success() {
            return Err(Refusal::bad_request(
                "IDPCommunicationError",
                "Unable to communicate with the identity provider",
            )
            .because(format!("{url} answered {status}")));
        }
        response
            .json()
            .await
            .map_err(|error| unreadable(&error.to_string()))
    }
}

/// What AWS answers when a provider is slow, closed or over-asked: it is worth another try.
fn unreadable(reason: &str) -> Refusal {
    Refusal::invalid_token(
        "Couldn't retrieve verification key from your identity provider,  \
         please reference AssumeRoleWithWebIdentity documentation for requirements",
    )
    .because(reason)
}

fn choose(keys: &[Value], header: &Header) -> Result<DecodingKey, Refusal> {
    let named = |key: &&Value| match &header.kid {
        Some(kid) => key.get("kid").and_then(Value::as_str) == Some(kid),
        None => keys.len() == 1,
    };
    let for_signing = |key: &&Value| {
        key.get("use")
            .and_then(Value::as_str)
            .is_none_or(|usage| usage == "sig")
    };
    let unknown =
        || Refusal::invalid_token("No matching key found in the identity provider's key set");
    let key = keys
        .iter()
        .filter(for_signing)
        .find(named)
        .ok_or_else(unknown)?;
    let key: Jwk = serde_json::from_value(key.clone())
        .map_err(|error| unknown().because(error.to_string()))?;
    DecodingKey::from_jwk(&key).map_err(|error| unknown().because(error.to_string()))
}
