//! The Destination service: destinations and certificates by name.
//!
//! What was read once is asked for again with its `ETag` and kept when the service is away:
//! an old certificate is better than none as long as it is valid. Sources:
//! SAP's "Destination Service REST API" and its resilience recommendations.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tracing::warn;

use super::BtpError;
use super::http::{Answer, HttpClients, Question};
use super::token::{ClientCredentials, SecretIn, Tokens};
use crate::settings::DestinationBinding;
use crate::telemetry::explain;

const SERVICE: &str = "the Destination service";

/// Reads destinations and certificates through one binding.
#[derive(Debug)]
pub(crate) struct Destinations {
    http: HttpClients,
    kept: Mutex<HashMap<String, Kept>>,
}

#[derive(Debug, Clone)]
struct Kept {
    etag: Option<String>,
    body: secrecy::SecretSlice<u8>,
}

/// A destination: its properties, and the key stores that the service sent along.
pub(crate) struct Destination {
    pub(crate) properties: BTreeMap<String, String>,
    certificates: Vec<NamedContent>,
}

/// Properties may be passwords: only their names are printed.
impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Destination")
            .field("properties", &self.properties.keys())
            .field("certificates", &self.certificates)
            .finish()
    }
}

/// The content of a file in the Destination service, base64 on the wire.
#[derive(Debug, Deserialize)]
struct NamedContent {
    #[serde(alias = "name", rename = "Name")]
    name: String,
    #[serde(alias = "content", rename = "Content")]
    content: secrecy::SecretString,
}

/// Only these members are read; properties of a destination are always strings.
#[derive(Deserialize)]
struct FindAnswer {
    #[serde(rename = "destinationConfiguration")]
    configuration: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    certificates: Vec<NamedContent>,
}

impl Destination {
    /// The key store that came with the destination under this name.
    pub(crate) fn certificate(&self, name: &str) -> Option<Result<Vec<u8>, BtpError>> {
        let found = self.certificates.iter().find(|c| c.name == name)?;
        Some(decode(found))
    }
}

impl Destinations {
    pub(crate) fn new(http: HttpClients) -> Self {
        Self {
            http,
            kept: Mutex::default(),
        }
    }

    /// Earns a token and lets it go, to see whether the binding is good.
    pub(crate) async fn token(
        &self,
        binding: &DestinationBinding,
        tokens: &Tokens,
    ) -> Result<(), BtpError> {
        tokens.get(&client_of(binding)).await.map(drop)
    }

    /// Finds a destination: instance level first, then subaccount, as the service does.
    pub(crate) async fn find(
        &self,
        binding: &DestinationBinding,
        tokens: &Tokens,
        name: &str,
    ) -> Result<Destination, BtpError> {
        let what = format!("the destination \"{name}\"");
        let path = format!(
            "/destination-configuration/v1/destinations/{}?$skipTokenRetrieval=true",
            encode(name)
        );
        let answer: FindAnswer = self.get(binding, tokens, &what, &path).await?.ok_or_else(|| BtpError::Missing {
            service: SERVICE,
            what: what.clone(),
            remedy: format!(
                "create it in the subaccount or in the instance \"{}\", or correct the setting \"destination\"",
                binding.name
            ),
        })?;
        // all values are strings, by the service's documentation; others are taken as written
        let text = |value: serde_json::Value| {
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned)
        };
        let properties = answer
            .configuration
            .into_iter()
            .map(|(key, value)| (key, text(value)));
        Ok(Destination {
            properties: properties.collect(),
            certificates: answer.certificates,
        })
    }

    /// Reads a certificate or key store by name: instance level first, then subaccount.
    pub(crate) async fn certificate(
        &self,
        binding: &DestinationBinding,
        tokens: &Tokens,
        name: &str,
    ) -> Result<Vec<u8>, BtpError> {
        let what = format!("the certificate \"{name}\"");
        let [of_instance, of_subaccount] = ["instanceCertificates", "subaccountCertificates"]
            .map(|level| format!("/destination-configuration/v1/{level}/{}", encode(name)));
        let found: Option<NamedContent> = match self.get(binding, tokens, &what, &of_instance).await
        {
            Ok(None) => self.get(binding, tokens, &what, &of_subaccount).await?,
            // while the service is away, the level that had it the last time stands for both
            Err(error) if error.is_transient() => {
                Some(self.instead(&what, &format!("{}{of_subaccount}", binding.uri), error)?)
            }
            answer => answer?,
        };
        if let Some(found) = found {
            return decode(&found);
        }
        Err(BtpError::Missing {
            service: SERVICE,
            what,
            remedy: format!(
                "upload it to the subaccount or to the instance \"{}\", or correct the setting \"certificate\"",
                binding.name
            ),
        })
    }

    /// One resource; `None` when the service says that it does not exist.
    async fn get<T: DeserializeOwned>(
        &self,
        binding: &DestinationBinding,
        tokens: &Tokens,
        what: &str,
        path: &str,
    ) -> Result<Option<T>, BtpError> {
        let url = format!("{}{path}", binding.uri);
        let etag = self.kept().get(&url).and_then(|k| k.etag.clone());
        match self
            .fetch(binding, tokens, what, &url, etag.as_deref())
            .await
        {
            Ok(Answer { status: 304, .. }) => self.known(what, &url).transpose(),
            // only what can be read is kept: a proxy's page must not push out what is good
            Ok(answer) => match parse(what, &answer.body) {
                Ok(read) => {
                    let body = answer.body.into_boxed_slice().into();
                    self.kept().insert(
                        url,
                        Kept {
                            etag: answer.etag,
                            body,
                        },
                    );
                    Ok(Some(read))
                }
                Err(error) => self.instead(what, &url, error).map(Some),
            },
            Err(BtpError::Refused { status: 404, .. }) => {
                self.kept().remove(&url);
                Ok(None)
            }
            Err(error) if error.is_transient() => self.instead(what, &url, error).map(Some),
            Err(error) => Err(error),
        }
    }

    /// What was read before, in place of what could not be read now; else the error.
    fn instead<T: DeserializeOwned>(
        &self,
        what: &str,
        url: &str,
        error: BtpError,
    ) -> Result<T, BtpError> {
        let Some(known) = self.known(what, url) else {
            return Err(error);
        };
        let error = explain(&error);
        warn!(
            error,
            "{what} could not be read again; going on with the kept one"
        );
        known
    }

    fn known<T: DeserializeOwned>(&self, what: &str, url: &str) -> Option<Result<T, BtpError>> {
        let kept = self.kept().get(url).cloned()?;
        Some(parse(what, kept.body.expose_secret()))
    }

    /// Asks with a token; a refused token is replaced once.
    async fn fetch(
        &self,
        binding: &DestinationBinding,
        tokens: &Tokens,
        what: &str,
        url: &str,
        etag: Option<&str>,
    ) -> Result<Answer, BtpError> {
        let client = client_of(binding);
        let question = Question {
            service: SERVICE,
            what,
            url,
        };
        let ask = async || {
            let token = tokens.get(&client).await?;
            let request = || {
                let request = self.http.plain().get(url);
                let request = request.bearer_auth(token.expose_secret());
                match etag {
                    Some(etag) => request.header("if-none-match", etag),
                    None => request,
                }
            };
            question.ask(request).await
        };
        match ask().await {
            Err(error) if error.is_unauthorized() => {
                tokens.forget(&client).await;
                ask().await
            }
            answer => answer,
        }
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, HashMap<String, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn client_of(binding: &DestinationBinding) -> ClientCredentials<'_> {
    ClientCredentials {
        service: "the token endpoint of the Destination service",
        token_endpoint: &binding.token_url,
        client_id: &binding.client_id,
        authentication: &binding.authentication,
        secret_in: SecretIn::Body,
        fields: &[],
    }
}

fn encode(name: &str) -> String {
    utf8_percent_encode(name, &PATH_SEGMENT).to_string()
}

/// RFC 3986 "unreserved" stays readable, everything else is escaped.
const PATH_SEGMENT: percent_encoding::AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

fn parse<T: DeserializeOwned>(what: &str, body: &[u8]) -> Result<T, BtpError> {
    serde_json::from_slice(body).map_err(|e| BtpError::Unreadable {
        service: SERVICE,
        what: what.to_owned(),
        detail: format!(
            "not the documented JSON (line {}, column {})",
            e.line(),
            e.column()
        ),
    })
}

/// The file's bytes; some producers store PEM text without the base64 around it.
fn decode(stored: &NamedContent) -> Result<Vec<u8>, BtpError> {
    let content = stored.content.expose_secret();
    if content.contains("-----BEGIN ") {
        return Ok(content.as_bytes().to_vec());
    }
    let compact: Vec<u8> = content
        .bytes()
        .filter(|b| !b.is_ascii_whitespace())
        .collect();
    STANDARD.decode(compact).map_err(|_| BtpError::Unreadable {
        service: SERVICE,
        what: format!("the certificate \"{}\"", stored.name),
        detail: "its content is not base64".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_prints_neither_passwords_nor_key_stores() {
        let destination = Destination {
            properties: BTreeMap::from([("KeyStorePassword".to_owned(), "hush".to_owned())]),
            certificates: vec![NamedContent {
                name: "store.p12".to_owned(),
                content: "hush".into(),
            }],
        };
        let printed = format!("{destination:?} {destination:#?}");
        assert!(printed.contains("KeyStorePassword") && printed.contains("store.p12"));
        assert!(!printed.contains("hush"), "{printed}");
    }
}
