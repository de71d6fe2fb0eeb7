//! Bindings with types: found by label, chosen by name, checked before anybody uses them.
//!
//! Sources: the binding pages of SAP's services. Unknown members are ignored, because
//! services add some without notice.

mod select;
mod typed;

use secrecy::SecretString;

use super::vcap::{self, RawBinding};
use super::{Env, Problem, Unusable};

/// The bound services that this application uses.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bindings {
    pub(crate) destination: Option<DestinationBinding>,
    pub(crate) identity: Option<IdentityBinding>,
    pub(crate) xsuaa: Option<XsuaaBinding>,
    pub(crate) private_link: Option<PrivateLinkBinding>,
    pub(crate) credential_store: Option<CredentialStoreBinding>,
}

/// A certificate for mutual TLS.
#[derive(Debug, Clone)]
pub(crate) struct ClientCertificate {
    /// PEM, leaf first.
    pub(crate) certificate: String,
    /// PEM.
    pub(crate) key: SecretString,
}

/// How a client proves who it is.
#[derive(Debug, Clone)]
pub(crate) enum ClientAuthentication {
    Secret(SecretString),
    Certificate(ClientCertificate),
}

/// Label `destination`.
#[derive(Debug, Clone)]
pub(crate) struct DestinationBinding {
    pub(crate) name: String,
    pub(crate) client_id: String,
    pub(crate) authentication: ClientAuthentication,
    pub(crate) token_url: String,
    /// Base URL without trailing slash.
    pub(crate) uri: String,
}

/// Label `identity`.
#[derive(Debug, Clone)]
pub(crate) struct IdentityBinding {
    pub(crate) name: String,
    pub(crate) client_id: String,
    /// `None` for credential types that keep the key elsewhere.
    pub(crate) authentication: Option<ClientAuthentication>,
    /// Tenant URL without trailing slash.
    pub(crate) url: String,
    /// Domains below which tenants live.
    pub(crate) domains: Vec<String>,
    pub(crate) app_tid: Option<String>,
}

/// Label `xsuaa`, plan application or broker; only what verifying its tokens needs.
#[derive(Debug, Clone)]
pub(crate) struct XsuaaBinding {
    pub(crate) client_id: String,
    /// Name of the application, with the suffix that XSUAA gave it (`!t1234`).
    pub(crate) app_name: String,
    /// Base URL of the subaccount's XSUAA, without trailing slash.
    pub(crate) url: String,
    /// Host that has the keys of all subaccounts of the landscape.
    pub(crate) domain: String,
    /// Id of the subaccount's identity zone.
    pub(crate) zone: String,
    /// Public key as PEM, for when the keys can't be had.
    pub(crate) verification_key: Option<String>,
}

/// Label `privatelink`, for S3.
#[derive(Debug, Clone)]
pub(crate) struct PrivateLinkBinding {
    pub(crate) name: String,
    /// Without the leading `*.`.
    pub(crate) hostname: String,
    /// From the host name, if it has the form of an S3 interface endpoint.
    pub(crate) region: Option<String>,
}

/// Label `credstore`.
#[derive(Debug, Clone)]
pub(crate) struct CredentialStoreBinding {
    pub(crate) name: String,
    /// URL of the credentials, without trailing slash.
    pub(crate) url: String,
    pub(crate) username: String,
    pub(crate) authentication: CredentialStoreAuthentication,
    /// Base64 of PKCS#8 DER; `None` when payloads are not encrypted.
    pub(crate) client_private_key: Option<SecretString>,
}

/// How the Credential Store is asked.
#[derive(Debug, Clone)]
pub(crate) enum CredentialStoreAuthentication {
    Basic(SecretString),
    Mtls(ClientCertificate),
    OauthMtls {
        certificate: ClientCertificate,
        token_url: String,
    },
}

impl Bindings {
    /// A secret that all instances of this application share, to derive keys from.
    pub(crate) fn shared_secret(&self) -> Option<&SecretString> {
        let identity = self.identity.as_ref();
        let identity = identity.and_then(|binding| binding.authentication.as_ref());
        let destination = self.destination.as_ref().map(|it| &it.authentication);
        let shown = identity.or(destination).map(|shown| match shown {
            ClientAuthentication::Secret(secret) => secret,
            ClientAuthentication::Certificate(certificate) => &certificate.key,
        });
        let stored = self
            .credential_store
            .as_ref()
            .map(|it| match &it.authentication {
                CredentialStoreAuthentication::Basic(secret) => secret,
                CredentialStoreAuthentication::Mtls(certificate)
                | CredentialStoreAuthentication::OauthMtls { certificate, .. } => &certificate.key,
            });
        shown.or(stored)
    }

    /// The bindings of an environment.
    ///
    /// # Errors
    /// What is wrong with them.
    pub(crate) fn load(env: &Env) -> Result<Self, Unusable> {
        let mut problems = Vec::new();
        let raw = vcap::read(env).map_err(|problem| Unusable::with(vec![problem]))?;
        let bindings = Self::read(env, &raw, &mut problems);
        Unusable::unless_empty(problems, &[])?;
        Ok(bindings)
    }

    /// Picks our bindings out of all and reads them.
    pub(super) fn read(env: &Env, all: &[RawBinding], problems: &mut Vec<Problem>) -> Self {
        let mut pick = |label: &str| match select::by_label(env, all, label) {
            Ok(found) => found,
            Err(problem) => {
                problems.push(problem);
                None
            }
        };
        let [destination, identity, xsuaa, private_link, credstore] = [
            "destination",
            "identity",
            "xsuaa",
            "privatelink",
            "credstore",
        ]
        .map(&mut pick);
        Self {
            destination: destination.and_then(|raw| typed::destination(raw, problems)),
            identity: identity.and_then(|raw| typed::identity(raw, problems)),
            xsuaa: xsuaa.and_then(|raw| typed::xsuaa(raw, problems)),
            private_link: private_link.and_then(|raw| typed::private_link(raw, problems)),
            credential_store: credstore.and_then(|raw| typed::credential_store(raw, problems)),
        }
    }
}
