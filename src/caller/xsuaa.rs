//! What makes a token of SAP's XSUAA a caller of this application: subaccount, audience, times,
//! and the scopes of xs-security.json. Pure: it looks at claims and asks nobody.
//!
//! Keys are those of the landscape in the binding; what the token says about where they are (`jku`)
//! is not even read. All subaccounts of a landscape share them, so the subaccount (`zid`) and the
//! audience decide whose token it is.

use std::sync::Arc;
use std::time::SystemTime;

use jsonwebtoken::{Algorithm, DecodingKey};
use reqwest::Url;
use tracing::warn;

use super::claims::{Claimed, time_left, usable_id, user_id};
use super::ias::{is_label, is_loopback};
use super::keys::{Asker, Key, Place};
use super::refusal::{Reason, Refusal};
use super::strict_json::Object;
use super::{Kind, Scope};
use crate::settings::XsuaaBinding;

/// Path under which an XSUAA issues tokens, the end of every issuer.
const TOKEN_PATH: &str = "/oauth/token";

/// End of the issuers that XSUAA wrote for years, a host that nobody ever asked.
const OLD_ISSUER: &str = ".localhost:8080/uaa/oauth/token";

/// Mark of a client of plan broker; clones of such an application have its name after a `|`.
const BROKER: &str = "!b";

/// The XSUAA binding as rules for tokens.
#[derive(Debug)]
pub(crate) struct XsuaaRules {
    client_id: String,
    app_name: String,
    zone: String,
    domain: String,
    own_issuer: String,
    keys_at: String,
    /// The key in the binding, for when the keys can't be had.
    verification_key: Option<Arc<Key>>,
}

impl XsuaaRules {
    /// The rules of a binding.
    pub(super) fn new(binding: &XsuaaBinding) -> Self {
        let domain = &binding.domain;
        // on this machine the keys may be where the tokens come from, without TLS
        let local = Url::parse(&format!("http://{domain}")).is_ok_and(|url| is_loopback(&url));
        let plain = local && binding.url.starts_with("http://");
        let scheme = if plain { "http" } else { "https" };
        let verification_key = binding.verification_key.as_deref().map(key);
        if matches!(verification_key, Some(None)) {
            warn!(
                "the verificationkey in the xsuaa binding is no RSA key in PEM; it would serve while XSUAA's own keys can't be had"
            );
        }
        Self {
            client_id: binding.client_id.clone(),
            app_name: binding.app_name.clone(),
            zone: binding.zone.clone(),
            domain: domain.clone(),
            own_issuer: format!("{}{TOKEN_PATH}", binding.url),
            keys_at: format!("{scheme}://{domain}/token_keys?zid={}", binding.zone),
            verification_key: binding
                .verification_key
                .as_deref()
                .and_then(key)
                .map(Arc::new),
        }
    }

    /// The key in the binding.
    pub(super) fn verification_key(&self) -> Option<&Arc<Key>> {
        self.verification_key.as_ref()
    }

    /// Checks everything that can be checked without a key.
    pub(super) fn check(&self, claims: &Object, now: SystemTime) -> Result<Claimed, Refusal> {
        self.check_issuer(claims.required_text("iss")?)?;
        if claims.required_text("zid")? != self.zone {
            return Err(Reason::Tenant.into());
        }
        let client = client(claims)?;
        let scopes = claims.texts("scope")?;
        if !self.is_meant(&claims.texts("aud")?, &scopes, client) {
            return Err(Reason::Audience.into());
        }
        let left = time_left(claims, now)?;
        let subject = usable_id("sub", claims.required_text("sub")?)?;
        let kind = match claims.text("grant_type")? {
            Some("client_credentials") => Kind::Technical,
            Some(_) | None => Kind::User,
        };
        Ok(Claimed {
            asker: Asker {
                place: Place::Fixed(self.keys_at.clone()),
                own: true,
                party: None,
            },
            issuer_names: [self.keys_at.clone(), self.keys_at.clone()],
            id: match kind {
                Kind::Technical => subject.to_owned(),
                Kind::User => user_id(claims, &["user_id", "user_uuid"], subject)?,
            },
            kind,
            scope: self.scope(&scopes),
            left,
        })
    }

    /// The binding's own issuer, or that of another name of the subaccount in this landscape.
    fn check_issuer(&self, issuer: &str) -> Result<(), Refusal> {
        let below = |domain: &str| {
            let host = issuer
                .strip_prefix("https://")
                .and_then(|rest| rest.strip_suffix(TOKEN_PATH));
            host.and_then(|host| host.strip_suffix(domain)?.strip_suffix('.'))
                .is_some_and(is_label)
        };
        let old = issuer
            .strip_prefix("http://")
            .and_then(|rest| rest.strip_suffix(OLD_ISSUER))
            .is_some_and(is_label);
        if issuer == self.own_issuer || below(&self.domain) || old {
            return Ok(());
        }
        Err(Refusal::seeing(Reason::Issuer, issuer))
    }

    /// The audience rule of SAP's libraries: an entry counts up to its first dot; where there is
    /// no audience the scopes stand for it; the client that got the token counts as well.
    fn is_meant(&self, audience: &[&str], scopes: &[&str], client: Option<&str>) -> bool {
        let head = |text: &&str| text.split('.').next().unwrap_or_default().to_owned();
        let named: Vec<String> = if audience.is_empty() {
            let qualified = scopes.iter().filter(|scope| scope.contains('.'));
            qualified.map(head).collect()
        } else {
            audience.iter().map(head).collect()
        };
        let clone = format!("|{}", self.app_name);
        let is_ours = |name: &str| {
            name == self.client_id
                || name == self.app_name
                || (self.client_id.contains(BROKER) && name.ends_with(&clone))
        };
        named.iter().any(|name| is_ours(name)) || client.is_some_and(is_ours)
    }

    fn scope(&self, scopes: &[&str]) -> Option<Scope> {
        let held = |scope: Scope| {
            let name = format!("{}.{scope}", self.app_name);
            scopes.contains(&name.as_str())
        };
        [Scope::Admin, Scope::Write, Scope::Read]
            .into_iter()
            .find(|scope| held(*scope))
    }
}

/// The client that got the token; its names must not contradict each other.
fn client(claims: &Object) -> Result<Option<&str>, Reason> {
    let mut named = None;
    for name in ["azp", "cid", "client_id"] {
        let Some(client) = claims.text(name)? else {
            continue;
        };
        if named.is_some_and(|other| other != client) {
            return Err(Reason::Unusable(name));
        }
        named = Some(client);
    }
    Ok(named)
}

/// A public key in PEM; bindings often have it in one line.
fn key(pem: &str) -> Option<Key> {
    let (begin, end) = ("-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----");
    let inner = pem.trim().strip_prefix(begin)?.strip_suffix(end)?;
    let base64: String = inner.replace("\\n", "").split_whitespace().collect();
    let framed = format!("{begin}\n{base64}\n{end}\n");
    Some(Key {
        algorithm: Algorithm::RS256,
        verifying: DecodingKey::from_rsa_pem(framed.as_bytes()).ok()?,
    })
}
