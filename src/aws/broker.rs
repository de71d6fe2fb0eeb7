//! Opens one session the way the operator chose; everything is read anew each time.
//!
//! So a rotated certificate, key, secret or role takes effect at the next renewal, without
//! a restart.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;

use tracing::warn;

use super::stored_key::{self, Key};
use super::sts::StsHttp;
use super::web_identity::WebIdentity;
use super::{Session, SessionError, roles_anywhere};
use crate::btp::BtpError;
use crate::btp::credstore::CredentialStore;
use crate::btp::destination::{Destination, Destinations};
use crate::btp::http::HttpClients;
use crate::btp::identity::{Identity, IssuedToken};
use crate::btp::keystore::{self, KeyStore};
use crate::btp::token::Tokens;
use crate::clock::Clock;
use crate::settings::{
    Bindings, Connection, DestinationBinding, RolesAnywhere, Settings, StoredKey, Strategy,
    unknown_properties,
};

/// Holds what every strategy needs.
#[derive(Debug)]
pub(crate) struct Broker {
    settings: Settings,
    http: HttpClients,
    sts: StsHttp,
    tokens: Tokens,
    destinations: Destinations,
    identity: Identity,
    credential_store: CredentialStore,
    clock: Clock,
    /// The last bindings that could be read.
    bindings: Mutex<Bindings>,
}

impl Broker {
    pub(crate) fn new(
        settings: Settings,
        http: HttpClients,
        clock: Clock,
    ) -> Result<Self, SessionError> {
        Ok(Self {
            sts: StsHttp::new(&settings.ca_bundle)?,
            tokens: Tokens::new(http.clone(), clock.clone()),
            destinations: Destinations::new(http.clone()),
            identity: Identity::new(http.clone()),
            credential_store: CredentialStore::new(http.clone(), clock.clone()),
            bindings: Mutex::new(settings.bindings.clone()),
            settings,
            http,
            clock,
        })
    }

    /// Reads bindings, destination and key anew, and opens a session with them.
    pub(crate) async fn open_session(&self) -> Result<Session, SessionError> {
        let bindings = self.bindings();
        let destination = self.destination(&bindings).await?;
        let connection = self.connection(&bindings, destination.as_ref())?;
        self.open(&bindings, destination.as_ref(), &connection)
            .await
    }

    /// Opens a session of this connection.
    pub(crate) async fn open(
        &self,
        bindings: &Bindings,
        destination: Option<&Destination>,
        connection: &Connection,
    ) -> Result<Session, SessionError> {
        match &connection.strategy {
            Strategy::RolesAnywhere(spec) => {
                let keystore = self.keystore(bindings, spec, destination).await?;
                roles_anywhere::open(self.http.plain(), connection, spec, &keystore, &self.clock)
                    .await
            }
            Strategy::Oidc(spec) => {
                let web_identity = WebIdentity {
                    http: &self.sts,
                    identity: &self.identity,
                    tokens: &self.tokens,
                    binding: bound(bindings.identity.as_ref(), "the identity service")?,
                    connection,
                    spec,
                };
                web_identity.open().await
            }
            Strategy::CredentialStore(spec) => {
                let key = self.stored_key(bindings, spec).await?;
                stored_key::open(&self.sts, key, connection, spec).await
            }
        }
    }

    /// A token of the Destination service, to see whether the binding is good.
    pub(crate) async fn destination_token(&self, bindings: &Bindings) -> Result<(), SessionError> {
        let binding = destination_binding(bindings)?;
        Ok(self.destinations.token(binding, &self.tokens).await?)
    }

    /// The application's own token, and what the tenant says of its issuer.
    pub(crate) async fn identity_token(
        &self,
        bindings: &Bindings,
    ) -> Result<IssuedToken, SessionError> {
        let binding = bound(bindings.identity.as_ref(), "the identity service")?;
        Ok(self.identity.issued(binding, &self.tokens).await?)
    }

    /// The two halves of the key in the Credential Store.
    pub(crate) async fn stored_key(
        &self,
        bindings: &Bindings,
        spec: &StoredKey,
    ) -> Result<Key, SessionError> {
        let binding = bound(bindings.credential_store.as_ref(), "the Credential Store")?;
        stored_key::read(&self.credential_store, &self.tokens, binding, spec).await
    }

    /// Bindings as files may have changed; bindings that can't be read now are kept.
    fn bindings(&self) -> Bindings {
        let mut known = self.bindings.lock().unwrap_or_else(PoisonError::into_inner);
        match self.settings.reread_bindings() {
            Ok(fresh) => *known = fresh,
            Err(error) => {
                warn!(error = %error, "the bindings can't be read again; going on with the known ones");
            }
        }
        known.clone()
    }

    /// The destination that the setting names, if it names one.
    pub(crate) async fn destination(
        &self,
        bindings: &Bindings,
    ) -> Result<Option<Destination>, SessionError> {
        let Some(name) = &self.settings.destination else {
            return Ok(None);
        };
        let binding = destination_binding(bindings)?;
        Ok(Some(
            self.destinations.find(binding, &self.tokens, name).await?,
        ))
    }

    /// How AWS is reached, by all layers of settings.
    pub(crate) fn connection(
        &self,
        bindings: &Bindings,
        destination: Option<&Destination>,
    ) -> Result<Connection, SessionError> {
        let properties: Option<BTreeMap<String, String>> = destination.map(|d| {
            let ours = d.properties.iter().filter_map(|(name, value)| {
                Some((name.strip_prefix("aws.")?.to_owned(), value.clone()))
            });
            ours.collect()
        });
        for warning in properties
            .iter()
            .flat_map(|p| unknown_properties(p.keys().map(String::as_str)))
        {
            warn!("in the destination, {warning}");
        }
        let named = self
            .settings
            .destination
            .as_deref()
            .zip(properties.as_ref());
        Connection::resolve(&self.settings.layers, bindings.private_link.as_ref(), named)
            .map_err(SessionError::Settings)
    }

    /// The key store: by name, or the one that the destination names.
    pub(crate) async fn keystore(
        &self,
        bindings: &Bindings,
        spec: &RolesAnywhere,
        destination: Option<&Destination>,
    ) -> Result<KeyStore, SessionError> {
        let property = |name: &str| {
            destination
                .and_then(|d| d.properties.get(name))
                .filter(|v| !v.is_empty())
        };
        let name = spec
            .certificate
            .as_ref()
            .or_else(|| property("KeyStoreLocation"));
        let name = name.ok_or_else(|| BtpError::Missing {
            service: "the destination",
            what: "a key store".to_owned(),
            remedy: "give the destination a KeyStoreLocation, or set \"certificate\"".to_owned(),
        })?;
        let content = match destination.and_then(|d| d.certificate(name)) {
            Some(content) => content?,
            None => {
                self.destinations
                    .certificate(destination_binding(bindings)?, &self.tokens, name)
                    .await?
            }
        };
        let from_destination = property("KeyStorePassword").map(|p| p.as_str().into());
        let password = spec.certificate_password.clone().or(from_destination);
        keystore::open(&content, password.as_ref(), self.clock.now()).map_err(|source| {
            SessionError::KeyStore {
                name: name.clone(),
                source,
            }
        })
    }
}

fn destination_binding(bindings: &Bindings) -> Result<&DestinationBinding, SessionError> {
    bound(bindings.destination.as_ref(), "the Destination service")
}

fn bound<'a, T>(binding: Option<&'a T>, service: &'static str) -> Result<&'a T, SessionError> {
    let missing = || BtpError::Missing {
        service,
        what: "a binding".to_owned(),
        remedy: "bind the service instance to this application".to_owned(),
    };
    Ok(binding.ok_or_else(missing)?)
}
