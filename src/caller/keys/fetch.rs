//! Asks an issuer where its keys are and for the keys. What comes back is treated as hostile: no
//! redirects, a short time, a small body, and keys only from the issuer's own origin.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, RequestBuilder, StatusCode, Url};
use serde::Deserialize;

use super::{Asker, Place, jwks};
use crate::caller::ias::{is_loopback, normalised};

/// Time for one answer, body included; what SAP's own library allows.
const PATIENCE: Duration = Duration::from_secs(2);

/// Largest answer in bytes.
const LARGEST: usize = 256 * 1024;

/// Why an issuer's keys can't be had now.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum KeysUnavailable {
    /// No answer, or it broke off.
    #[error("the issuer's {what} can't be reached")]
    Unreached {
        /// Discovery document or key set.
        what: &'static str,
        /// What the network said, without the address.
        #[source]
        source: Arc<reqwest::Error>,
    },
    /// An answer that is no success.
    #[error("the issuer's {what} answered with status {status}")]
    Status {
        /// Discovery document or key set.
        what: &'static str,
        /// HTTP status.
        status: u16,
    },
    /// More than such an answer can have.
    #[error("the issuer's {what} is too large")]
    TooLarge {
        /// Discovery document or key set.
        what: &'static str,
    },
    /// Not the JSON it should be.
    #[error("the issuer's {what} can't be read")]
    Unreadable {
        /// Discovery document or key set.
        what: &'static str,
        /// Where the JSON breaks.
        #[source]
        source: Arc<serde_json::Error>,
    },
    /// The answer came from another address than the one asked.
    #[error("the issuer's {what} was redirected")]
    Redirected {
        /// Discovery document or key set.
        what: &'static str,
    },
    /// `jwks_uri` points away from the issuer.
    #[error("the issuer's discovery document names keys at another origin")]
    ForeignKeys,
}

const DISCOVERY: &str = "discovery document";
const KEY_SET: &str = "key set";

/// What an issuer's discovery document told.
#[derive(Debug, Clone)]
pub(super) struct Discovered {
    /// What the issuer calls itself, normalised.
    pub(super) issuer: Arc<str>,
    keys_at: Url,
}

/// What an issuer answered.
#[derive(Debug)]
pub(super) enum Answer {
    /// Its keys.
    Keys(Discovered, jwks::Keys),
    /// It doesn't serve this client and tenant.
    NotAccepted(Discovered),
    /// Nothing usable.
    Unavailable(KeysUnavailable),
}

/// Fetches the keys; the discovery document only if it isn't known.
pub(super) async fn keys(http: &Client, asker: &Asker, known: Option<Discovered>) -> Answer {
    let discovered = match known {
        Some(discovered) => discovered,
        None => match locate(http, &asker.place).await {
            Ok(discovered) => discovered,
            Err(failure) => return Answer::Unavailable(failure),
        },
    };
    match key_set(http, asker, discovered.keys_at.clone()).await {
        Ok(Some(keys)) => Answer::Keys(discovered, keys),
        Ok(None) => Answer::NotAccepted(discovered),
        Err(failure) => Answer::Unavailable(failure),
    }
}

/// What is read of a discovery document.
#[derive(Deserialize)]
struct Document {
    issuer: String,
    jwks_uri: String,
}

async fn locate(http: &Client, place: &Place) -> Result<Discovered, KeysUnavailable> {
    match place {
        Place::Discovered(issuer) => discover(http, issuer).await,
        Place::Fixed(address) => Ok(Discovered {
            issuer: address.as_str().into(),
            keys_at: Url::parse(address).map_err(|_| KeysUnavailable::ForeignKeys)?,
        }),
    }
}

async fn discover(http: &Client, issuer: &str) -> Result<Discovered, KeysUnavailable> {
    let url = format!("{issuer}/.well-known/openid-configuration");
    let (status, body) = get(http.get(url), DISCOVERY).await?;
    if status != StatusCode::OK {
        return Err(failed(DISCOVERY, status));
    }
    let document: Document =
        serde_json::from_slice(&body).map_err(|source| unreadable(DISCOVERY, source))?;
    let (Ok(home), Ok(keys_at)) = (Url::parse(issuer), Url::parse(&document.jwks_uri)) else {
        return Err(KeysUnavailable::ForeignKeys);
    };
    if !belongs(&keys_at, &home) {
        return Err(KeysUnavailable::ForeignKeys);
    }
    Ok(Discovered {
        issuer: normalised(&document.issuer).into(),
        keys_at,
    })
}

/// Keys come from the issuer's own origin, which is https unless it is on this machine; there
/// they may come from any port.
fn belongs(keys_at: &Url, home: &Url) -> bool {
    let plain = keys_at.username().is_empty() && keys_at.password().is_none();
    let near = if is_loopback(home) {
        is_loopback(keys_at) && matches!(keys_at.scheme(), "http" | "https")
    } else {
        keys_at.origin() == home.origin()
    };
    plain && near
}

/// IAS checks by these headers whether the client and tenant are its own, and answers 400 if not.
async fn key_set(
    http: &Client,
    asker: &Asker,
    url: Url,
) -> Result<Option<jwks::Keys>, KeysUnavailable> {
    let mut request = http.get(url);
    // IAS wants client and tenant both or none.
    if let Some(party) = &asker.party
        && let Some(tenant) = &party.tenant
    {
        request = request
            .header("x-client_id", &party.client_id)
            .header("x-app_tid", tenant);
        if let Some(party) = &party.authorized_party {
            request = request.header("x-azp", party);
        }
    }
    let (status, body) = get(request, KEY_SET).await?;
    match status {
        StatusCode::OK => match jwks::read(&body) {
            Ok(Some(keys)) => Ok(Some(keys)),
            Ok(None) => Err(KeysUnavailable::TooLarge { what: KEY_SET }),
            Err(source) => Err(unreadable(KEY_SET, source)),
        },
        StatusCode::BAD_REQUEST if asker.party.is_some() => Ok(None),
        status => Err(failed(KEY_SET, status)),
    }
}

/// Status and body of an answer, both within limits.
async fn get(
    request: RequestBuilder,
    what: &'static str,
) -> Result<(StatusCode, Vec<u8>), KeysUnavailable> {
    let unreached = |source: reqwest::Error| KeysUnavailable::Unreached {
        what,
        source: Arc::new(source.without_url()),
    };
    let (client, request) = request
        .timeout(PATIENCE)
        .header("accept", "application/json")
        .build_split();
    let request = request.map_err(unreached)?;
    let asked = request.url().clone();
    let mut response = client.execute(request).await.map_err(unreached)?;
    if *response.url() != asked {
        return Err(KeysUnavailable::Redirected { what });
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreached)? {
        if body.len() + chunk.len() > LARGEST {
            return Err(KeysUnavailable::TooLarge { what });
        }
        body.extend_from_slice(&chunk);
    }
    Ok((response.status(), body))
}

fn failed(what: &'static str, status: StatusCode) -> KeysUnavailable {
    if status.is_redirection() {
        return KeysUnavailable::Redirected { what };
    }
    KeysUnavailable::Status {
        what,
        status: status.as_u16(),
    }
}

fn unreadable(what: &'static str, source: serde_json::Error) -> KeysUnavailable {
    KeysUnavailable::Unreadable {
        what,
        source: Arc::new(source),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(home: &str, keys_at: &str) -> bool {
        belongs(&Url::parse(keys_at).unwrap(), &Url::parse(home).unwrap())
    }

    #[test]
    fn keys_of_an_https_issuer_come_from_its_origin() {
        let home = "https://t.accounts.ondemand.com";
        assert!(takes(home, "https://t.accounts.ondemand.com/oauth2/certs"));
        assert!(takes(home, "https://t.accounts.ondemand.com:443/keys"));
        for elsewhere in [
            "http://t.accounts.ondemand.com/oauth2/certs",
            "https://t.accounts.ondemand.com:8443/oauth2/certs",
            "https://u.accounts.ondemand.com/oauth2/certs",
            "https://accounts.ondemand.com/oauth2/certs",
            "https://user@t.accounts.ondemand.com/oauth2/certs",
            "https://:pass@t.accounts.ondemand.com/oauth2/certs",
            "https://127.0.0.1/oauth2/certs",
            "http://127.0.0.1:8080/oauth2/certs",
        ] {
            assert!(!takes(home, elsewhere), "{elsewhere}");
        }
    }

    #[test]
    fn keys_of_a_loopback_issuer_stay_on_the_machine() {
        for home in [
            "http://127.0.0.1:1",
            "http://localhost:1",
            "https://[::1]:1",
        ] {
            assert!(takes(home, "http://127.0.0.1:2/keys"));
            assert!(takes(home, "https://[::1]/keys"));
            assert!(!takes(home, "https://t.accounts.ondemand.com/keys"));
            assert!(!takes(home, "http://localhost.evil.invalid/keys"));
            assert!(!takes(home, "ftp://127.0.0.1/keys"));
        }
    }
}
