//! What makes a token of SAP Cloud Identity Services (IAS) a caller of this application: issuer,
//! tenant, audience, times, kind, and the groups or APIs that give scopes. Pure: it looks at
//! claims and asks nobody; the keys are somebody else's business.
//!
//! The rule set is the strictest of SAP's own libraries. Its first rule, the issuer, is the one
//! whose suffix match was CVE-2023-49583 and its three sisters.

mod issuer;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use issuer::IssuerRules;
pub(super) use issuer::{Issuer, is_loopback, normalised};

use super::refusal::{Reason, Refusal};
use super::strict_json::Object;
use super::{Kind, Scope};
use crate::settings::Settings;

/// How far clocks may differ, in seconds.
const LEEWAY: f64 = 60.0;

/// Longest id of a user, client or tenant; IAS's are UUIDs or shorter than this.
const LONGEST_ID: usize = 128;

/// The group that stands for every user of the application.
const EVERY_USER: &str = "*";

/// An identity binding that no token can be checked against.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnusableIdentity {
    /// No client id, so no audience.
    #[error("the identity binding has an empty client id")]
    ClientId,
    /// Not https, not loopback, or with parts that an issuer can't have.
    #[error("the identity binding's url is not an https origin: {0}")]
    Url(String),
    /// Would trust more than it says.
    #[error("the identity binding has an unusable entry in domains: {0:?}")]
    Domain(String),
}

/// IAS groups that give scopes to users; `*` means every user of the application.
#[derive(Debug, Clone, Default)]
pub(super) struct Groups {
    /// Groups that may read.
    pub(super) read: Vec<String>,
    /// Groups that may write (and read).
    pub(super) write: Vec<String>,
    /// Groups that may administer (and write, and read).
    pub(super) admin: Vec<String>,
}

/// The identity binding as rules for tokens.
#[derive(Debug)]
pub(crate) struct IdentityRules {
    client_id: String,
    tenant: Option<String>,
    issuers: IssuerRules,
    groups: Groups,
}

/// A token whose claims fit, as long as its signature does.
#[derive(Debug)]
pub(super) struct Claimed {
    /// Whose key must have signed it.
    pub(super) issuer: Issuer,
    /// How the issuer may call itself in its discovery document.
    pub(super) issuer_names: [String; 2],
    /// Tenant that the keys are asked for.
    pub(super) tenant: Option<String>,
    /// Application that the token was given to.
    pub(super) authorized_party: Option<String>,
    /// Id of the user or application.
    pub(super) id: String,
    /// User or application.
    pub(super) kind: Kind,
    /// What the groups or APIs allow.
    pub(super) scope: Option<Scope>,
    /// How long the token still lives, without any leeway.
    pub(super) left: Duration,
}

impl IdentityRules {
    /// The rules of the identity binding, if there is one, with the groups of the settings.
    pub(crate) fn from_settings(settings: &Settings) -> Result<Option<Self>, UnusableIdentity> {
        let Some(binding) = &settings.bindings.identity else {
            return Ok(None);
        };
        let groups = Groups {
            read: settings.ias_read_groups.clone(),
            write: settings.ias_write_groups.clone(),
            admin: settings.ias_admin_groups.clone(),
        };
        let tenant = binding.app_tid.as_deref();
        let domains = &binding.domains;
        Self::new(&binding.client_id, &binding.url, domains, tenant, groups).map(Some)
    }

    /// Turns `clientid`, `url`, `domains` and `app_tid` of an identity binding into rules.
    pub(super) fn new(
        client_id: &str,
        url: &str,
        domains: &[String],
        app_tid: Option<&str>,
        groups: Groups,
    ) -> Result<Self, UnusableIdentity> {
        if client_id.is_empty() {
            return Err(UnusableIdentity::ClientId);
        }
        Ok(Self {
            client_id: client_id.to_owned(),
            tenant: app_tid.map(str::to_owned),
            issuers: IssuerRules::new(url, domains)?,
            groups,
        })
    }

    /// Client id of the binding, which is the audience of its tokens.
    pub(super) fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Checks everything that can be checked without a key.
    pub(super) fn check(&self, claims: &Object, now: SystemTime) -> Result<Claimed, Refusal> {
        let (issuer, issuer_names) = self.issuers.of(claims)?;
        let tenant = claims.text("app_tid")?;
        self.check_tenant(&issuer, tenant)?;
        let audience = claims.texts("aud")?;
        if !claims.has("aud") {
            return Err(Reason::Missing("aud").into());
        }
        if !audience.contains(&self.client_id.as_str()) {
            return Err(Reason::Audience.into());
        }
        let left = time_left(claims, now)?;
        let subject = usable_id("sub", claims.required_text("sub")?)?;
        let authorized_party = claims.text("azp")?;
        let kind = kind(claims, subject, authorized_party)?;
        Ok(Claimed {
            issuer,
            issuer_names,
            tenant: header_safe("app_tid", tenant)?,
            authorized_party: header_safe("azp", authorized_party)?,
            id: match kind {
                Kind::Technical => subject.to_owned(),
                Kind::User => user_id(claims, subject)?,
            },
            kind,
            scope: self.scope(claims, kind)?,
            left,
        })
    }

    /// The application serves one tenant. Where the binding doesn't name it, only the binding's
    /// own issuer is left; another host of the same tenant needs the tenant's id as a witness.
    fn check_tenant(&self, issuer: &Issuer, tenant: Option<&str>) -> Result<(), Refusal> {
        match &self.tenant {
            Some(own) if tenant == Some(own) => Ok(()),
            Some(_) => Err(Reason::Tenant.into()),
            None if issuer.is_own() => Ok(()),
            None => Err(Refusal::seeing(Reason::Tenant, issuer.as_str())),
        }
    }

    /// Users get scopes by their groups, applications by the APIs they were granted; neither by
    /// the other's claim.
    fn scope(&self, claims: &Object, kind: Kind) -> Result<Option<Scope>, Reason> {
        let groups = claims.texts("groups")?;
        let apis = claims.texts("ias_apis")?;
        let holds = |scope| match kind {
            Kind::User => self
                .groups
                .of(scope)
                .iter()
                .any(|group| group == EVERY_USER || groups.contains(&group.as_str())),
            Kind::Technical => apis.contains(&api(scope)),
        };
        Ok([Scope::Admin, Scope::Write, Scope::Read]
            .into_iter()
            .find(|scope| holds(*scope)))
    }
}

impl Groups {
    fn of(&self, scope: Scope) -> &[String] {
        match scope {
            Scope::Read => &self.read,
            Scope::Write => &self.write,
            Scope::Admin => &self.admin,
        }
    }
}

/// The API that the identity service instance provides (`provided-apis`) for a scope.
fn api(scope: Scope) -> &'static str {
    match scope {
        Scope::Read => "read-catalog",
        Scope::Write => "write-catalog",
        Scope::Admin => "admin-catalog",
    }
}

/// Checks `exp`, `nbf` and `iat`, and says how long the token still lives.
fn time_left(claims: &Object, now: SystemTime) -> Result<Duration, Reason> {
    let now = now
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs_f64();
    let end = claims.number("exp")?.ok_or(Reason::Missing("exp"))?;
    if end + LEEWAY <= now {
        return Err(Reason::Expired);
    }
    if claims.number("nbf")?.is_some_and(|nbf| nbf > now + LEEWAY) {
        return Err(Reason::NotYetValid);
    }
    if claims.number("iat")?.is_some_and(|iat| iat > now + LEEWAY) {
        return Err(Reason::IssuedInFuture);
    }
    // Inside the leeway nothing is left; centuries ahead is as good as for ever.
    Ok(Duration::try_from_secs_f64((end - now).max(0.0)).unwrap_or(Duration::MAX))
}

/// IAS says it by `sap_id_type`; older tokens show an application by naming itself as subject.
fn kind(claims: &Object, subject: &str, party: Option<&str>) -> Result<Kind, Reason> {
    match claims.text("sap_id_type")? {
        Some("app") => Ok(Kind::Technical),
        Some("user") => Ok(Kind::User),
        Some(_) => Err(Reason::IdentityType),
        None if party == Some(subject) => Ok(Kind::Technical),
        None => Ok(Kind::User),
    }
}

/// The user's UUID where IAS tells it. Its administrators may make the e-mail address the subject;
/// logs then get a pseudonym, which is stable as well and names nobody.
fn user_id(claims: &Object, subject: &str) -> Result<String, Reason> {
    for name in ["user_uuid", "scim_id"] {
        if let Some(id) = claims.text(name)?.filter(|id| !id.contains('@')) {
            return usable_id(name, id).map(str::to_owned);
        }
    }
    if !subject.contains('@') {
        return Ok(subject.to_owned());
    }
    let hash = digest(&SHA256, subject.as_bytes());
    Ok(format!("user-{}", URL_SAFE_NO_PAD.encode(hash)))
}

/// An id that can stand in a log line.
fn usable_id<'a>(name: &'static str, id: &'a str) -> Result<&'a str, Reason> {
    if id.is_empty() || id.len() > LONGEST_ID || id.chars().any(char::is_control) {
        return Err(Reason::Unusable(name));
    }
    Ok(id)
}

/// An id that is sent to the issuer as a header when its keys are fetched.
fn header_safe(name: &'static str, id: Option<&str>) -> Result<Option<String>, Reason> {
    let Some(id) = id else {
        return Ok(None);
    };
    if !usable_id(name, id)?
        .bytes()
        .all(|byte| byte.is_ascii_graphic())
    {
        return Err(Reason::Unusable(name));
    }
    Ok(Some(id.to_owned()))
}
