//! OAuth tokens of our own: client credentials at a bound service's token endpoint, cached.
//!
//! Tokens of callers are no business of this file; see the caller room.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use reqwest::{Client, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::BtpError;
use super::http::{HttpClients, Question};
use crate::clock::Clock;
use crate::settings::ClientAuthentication;

/// A token that is about to end is not used any more.
const MARGIN: Duration = Duration::from_mins(1);
/// Assumed when a token endpoint does not say how long its token lives.
const ASSUMED_LIFE: Duration = Duration::from_mins(5);

/// How the client secret travels (RFC 6749, section 2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SecretIn {
    Body,
    BasicHeader,
}

/// Who asks which token endpoint.
#[derive(Debug)]
pub(crate) struct ClientCredentials<'a> {
    /// The service, for messages.
    pub(crate) service: &'static str,
    pub(crate) token_endpoint: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) authentication: &'a ClientAuthentication,
    pub(crate) secret_in: SecretIn,
    /// Further form fields, such as `token_format=jwt`.
    pub(crate) fields: &'a [(&'a str, &'a str)],
}

/// Gets tokens and keeps them until shortly before their end.
#[derive(Debug)]
pub(crate) struct Tokens {
    http: HttpClients,
    clock: Clock,
    /// Held while a token is fetched, so that one request serves all who wait for it.
    kept: tokio::sync::Mutex<HashMap<String, Kept>>,
}

#[derive(Debug)]
struct Kept {
    token: SecretString,
    until: SystemTime,
    /// Which secret or certificate earned it: a rotated one must earn its own.
    earned_with: SecretString,
}

/// The token endpoint's answer (RFC 6749, section 5.1).
#[derive(Deserialize)]
struct TokenAnswer {
    access_token: SecretString,
    #[serde(default)]
    expires_in: Option<serde_json::Value>,
}

impl Tokens {
    pub(crate) fn new(http: HttpClients, clock: Clock) -> Self {
        Self {
            http,
            clock,
            kept: tokio::sync::Mutex::default(),
        }
    }

    /// The token of a client; a kept one as long as it lives.
    pub(crate) async fn get(
        &self,
        client: &ClientCredentials<'_>,
    ) -> Result<SecretString, BtpError> {
        let mut kept = self.kept.lock().await;
        let now = self.clock.now();
        let earned_with = secret_of(client.authentication);
        if let Some(known) = kept.get(&key_of(client))
            && now + MARGIN < known.until
            && known.earned_with.expose_secret() == earned_with.expose_secret()
        {
            return Ok(known.token.clone());
        }
        let answer = self.fetch(client).await?;
        let life = answer
            .expires_in
            .as_ref()
            .and_then(seconds)
            .unwrap_or(ASSUMED_LIFE);
        let fresh = Kept {
            token: answer.access_token.clone(),
            until: now + life,
            earned_with,
        };
        kept.insert(key_of(client), fresh);
        Ok(answer.access_token)
    }

    /// Drops a kept token, because somebody refused it.
    pub(crate) async fn forget(&self, client: &ClientCredentials<'_>) {
        self.kept.lock().await.remove(&key_of(client));
    }

    async fn fetch(&self, client: &ClientCredentials<'_>) -> Result<TokenAnswer, BtpError> {
        let http = match client.authentication {
            ClientAuthentication::Secret(_) => self.http.plain().clone(),
            ClientAuthentication::Certificate(shown) => {
                self.http.mutual_tls(client.service, shown)?
            }
        };
        let question = Question {
            service: client.service,
            what: "the request for a token",
            url: client.token_endpoint,
        };
        let answer = question.ask(|| request(&http, client)).await;
        let answer = answer.map_err(|error| without_secret(error, client))?;
        serde_json::from_slice(&answer.body).map_err(|e| BtpError::Unreadable {
            service: client.service,
            what: question.what.to_owned(),
            // serde's message may quote the value it stumbled over: say the place only
            detail: format!(
                "no access_token found (line {}, column {})",
                e.line(),
                e.column()
            ),
        })
    }
}

/// A token endpoint that repeats what it was sent must not bring the secret into a log.
fn without_secret(mut error: BtpError, client: &ClientCredentials<'_>) -> BtpError {
    let ClientAuthentication::Secret(secret) = client.authentication else {
        return error;
    };
    let secret = secret.expose_secret();
    if let BtpError::Refused { message, .. } = &mut error
        && ["client_secret", secret, &form_encode(secret)]
            .iter()
            .any(|it| message.contains(it))
    {
        "its reason is withheld, because it repeats the request".clone_into(message);
    }
    error
}

fn request(http: &Client, client: &ClientCredentials<'_>) -> RequestBuilder {
    let mut form = vec![("grant_type", "client_credentials")];
    form.extend_from_slice(client.fields);
    let mut request = http
        .post(client.token_endpoint)
        .header("accept", "application/json");
    match (client.authentication, client.secret_in) {
        (ClientAuthentication::Secret(secret), SecretIn::BasicHeader) => {
            // RFC 6749 has both halves form-encoded before they are joined
            let id = form_encode(client.client_id);
            let secret = form_encode(secret.expose_secret());
            request = request.basic_auth(id, Some(secret));
        }
        (ClientAuthentication::Secret(secret), SecretIn::Body) => {
            form.push(("client_id", client.client_id));
            form.push(("client_secret", secret.expose_secret()));
        }
        (ClientAuthentication::Certificate(_), _) => form.push(("client_id", client.client_id)),
    }
    request.form(&form)
}

fn form_encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn key_of(client: &ClientCredentials<'_>) -> String {
    // the fields belong to it: a Credential Store token is good for one namespace only
    format!(
        "{} {} {:?}",
        client.token_endpoint, client.client_id, client.fields
    )
}

fn secret_of(authentication: &ClientAuthentication) -> SecretString {
    match authentication {
        ClientAuthentication::Secret(secret) => secret.clone(),
        ClientAuthentication::Certificate(shown) => shown.key.clone(),
    }
}

/// A life time as number or, as some SAP services write it, as string.
fn seconds(value: &serde_json::Value) -> Option<Duration> {
    let seconds = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
    Some(Duration::from_secs(seconds.min(86_400)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_token_is_not_printed() {
        let kept = Kept {
            token: "hush".into(),
            until: SystemTime::UNIX_EPOCH,
            earned_with: "hush".into(),
        };
        let printed = format!("{kept:?} {kept:#?}");
        assert!(!printed.contains("hush"), "{printed}");
    }
}
