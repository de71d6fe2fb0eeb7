//! The SAP Credential Store: passwords by namespace and name, decrypted.
//!
//! Source: SAP Credential Store, "REST API". Payloads are JWE when the instance encrypts
//! them, plain JSON otherwise; both are accepted, but a binding that carries a decryption
//! key expects encryption.

use reqwest::{Client, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::BtpError;
use super::http::{HttpClients, Question};
use super::jwe;
use super::token::{ClientCredentials, SecretIn, Tokens};
use crate::clock::Clock;
use crate::settings::{
    ClientAuthentication, CredentialStoreAuthentication, CredentialStoreBinding,
};

const SERVICE: &str = "the Credential Store";

/// Reads password credentials.
#[derive(Debug)]
pub(crate) struct CredentialStore {
    http: HttpClients,
    clock: Clock,
}

/// A password credential; other members are not needed.
#[derive(Deserialize)]
struct Password {
    value: SecretString,
}

impl CredentialStore {
    pub(crate) fn new(http: HttpClients, clock: Clock) -> Self {
        Self { http, clock }
    }

    /// The value of the password `name` in `namespace`, read anew each time.
    pub(crate) async fn password(
        &self,
        binding: &CredentialStoreBinding,
        tokens: &Tokens,
        namespace: &str,
        name: &str,
    ) -> Result<SecretString, BtpError> {
        let what = format!("the password \"{name}\" in namespace \"{namespace}\"");
        let url = format!("{}/password", binding.url);
        let question = Question {
            service: SERVICE,
            what: &what,
            url: &url,
        };
        let ask = async || {
            let access = self.access(binding, tokens, namespace).await?;
            let request = || {
                access
                    .request(&url)
                    .query(&[("name", name)])
                    .header("sapcp-credstore-namespace", namespace)
                    .header("cache-control", "no-cache")
            };
            question.ask(request).await
        };
        let mut answer = ask().await;
        // a token may be refused before its time: another one is earned, once
        if answer.as_ref().is_err_and(BtpError::is_unauthorized)
            && forget_token(binding, tokens, namespace).await
        {
            answer = ask().await;
        }
        match answer {
            Ok(answer) => self.open(binding, &what, &answer.body),
            Err(error) if error.is_not_found() => Err(missing(binding, &what)),
            Err(error) => Err(error),
        }
    }

    async fn access<'a>(
        &self,
        binding: &'a CredentialStoreBinding,
        tokens: &Tokens,
        namespace: &str,
    ) -> Result<Access<'a>, BtpError> {
        match &binding.authentication {
            CredentialStoreAuthentication::Basic(password) => Ok(Access {
                http: self.http.plain().clone(),
                proof: Proof::Basic(&binding.username, password),
            }),
            CredentialStoreAuthentication::Mtls(shown) => Ok(Access {
                http: self.http.mutual_tls(SERVICE, shown)?,
                proof: Proof::Certificate,
            }),
            CredentialStoreAuthentication::OauthMtls {
                certificate,
                token_url,
            } => {
                let shown = ClientAuthentication::Certificate(certificate.clone());
                let fields = [("credstore_namespace", namespace)];
                let client = token_client(binding, token_url, &shown, &fields);
                Ok(Access {
                    http: self.http.plain().clone(),
                    proof: Proof::Token(tokens.get(&client).await?),
                })
            }
        }
    }

    fn open(
        &self,
        binding: &CredentialStoreBinding,
        what: &str,
        body: &[u8],
    ) -> Result<SecretString, BtpError> {
        let unreadable = |detail: String| BtpError::Unreadable {
            service: SERVICE,
            what: what.to_owned(),
            detail,
        };
        let decrypted;
        let json = match &binding.client_private_key {
            Some(key) => {
                let compact =
                    str::from_utf8(body).map_err(|_| unreadable("not a JWE".to_owned()))?;
                decrypted = jwe::decrypt(compact.trim(), key, self.clock.now())
                    .map_err(|e| unreadable(e.to_string()))?;
                decrypted.expose_secret()
            }
            None if body.trim_ascii_start().starts_with(b"{") => body,
            None => {
                return Err(unreadable(
                    "the payload is encrypted, but the binding has no encryption.client_private_key".to_owned(),
                ));
            }
        };
        let password: Password = serde_json::from_slice(json).map_err(|e| {
            unreadable(format!(
                "no value found (line {}, column {})",
                e.line(),
                e.column()
            ))
        })?;
        Ok(password.value)
    }
}

fn token_client<'a>(
    binding: &'a CredentialStoreBinding,
    token_url: &'a str,
    authentication: &'a ClientAuthentication,
    fields: &'a [(&'a str, &'a str)],
) -> ClientCredentials<'a> {
    ClientCredentials {
        service: "the token endpoint of the Credential Store",
        token_endpoint: token_url,
        client_id: &binding.username,
        authentication,
        secret_in: SecretIn::Body,
        fields,
    }
}

/// Drops the kept token; tells whether this kind of binding uses one.
async fn forget_token(binding: &CredentialStoreBinding, tokens: &Tokens, namespace: &str) -> bool {
    let CredentialStoreAuthentication::OauthMtls {
        certificate,
        token_url,
    } = &binding.authentication
    else {
        return false;
    };
    let shown = ClientAuthentication::Certificate(certificate.clone());
    let fields = [("credstore_namespace", namespace)];
    tokens
        .forget(&token_client(binding, token_url, &shown, &fields))
        .await;
    true
}

fn missing(binding: &CredentialStoreBinding, what: &str) -> BtpError {
    BtpError::Missing {
        service: SERVICE,
        what: what.to_owned(),
        remedy: format!(
            "create it in the instance of the binding \"{}\", or correct credential_namespace, \
             access_key_id_name or secret_access_key_name",
            binding.name
        ),
    }
}

struct Access<'a> {
    http: Client,
    proof: Proof<'a>,
}

enum Proof<'a> {
    Basic(&'a str, &'a SecretString),
    Certificate,
    Token(SecretString),
}

impl Access<'_> {
    fn request(&self, url: &str) -> RequestBuilder {
        let request = self.http.get(url);
        match &self.proof {
            Proof::Basic(user, password) => {
                request.basic_auth(user, Some(password.expose_secret()))
            }
            Proof::Certificate => request,
            Proof::Token(token) => request.bearer_auth(token.expose_secret()),
        }
    }
}
