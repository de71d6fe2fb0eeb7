//! What makes a token of SAP Cloud Identity Services (IAS) a caller of this application: issuer,
//! tenant, audience, times, kind, and the groups or APIs that give scopes. Pure: it looks at
//! claims and asks nobody; the keys are somebody else's business.
//!
//! The rule set is the strictest of SAP's own libraries. Its first rule, the issuer, is the one
//! whose suffix match was CVE-2023-49583 and its three sisters.

mod issuer;

use std::time::SystemTime;

use issuer::IssuerRules;
pub(super) use issuer::{Issuer, is_label, is_loopback, normalised};

use super::claims::{Claimed, header_safe, time_left, usable_id, user_id};
use super::keys::{Applicant, Asker, Place};
use super::refusal::{Reason, Refusal};
use super::strict_json::Object;
use super::{Kind, Scope};
use crate::settings::Settings;

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

impl IdentityRules {
    /// The rules of the identity binding, if there is one, with the groups of the settings.
    pub(crate) fn from_settings(settings: &Settings) -> Result<Option<Self>, UnusableIdentity> {
        let Some(binding) = &settings.bindings.identity else {
            return Ok(None);
        };
        let groups = Groups {
            read: settings.callers.ias_read_groups.clone(),
            write: settings.callers.ias_write_groups.clone(),
            admin: settings.callers.ias_admin_groups.clone(),
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
        let party = Applicant {
            client_id: self.client_id.clone(),
            tenant: header_safe("app_tid", tenant)?,
            authorized_party: header_safe("azp", authorized_party)?,
        };
        Ok(Claimed {
            asker: Asker {
                own: issuer.is_own(),
                place: Place::Discovered(issuer.as_str().to_owned()),
                party: Some(party),
            },
            issuer_names,
            id: match kind {
                Kind::Technical => subject.to_owned(),
                Kind::User => user_id(claims, &["user_uuid", "scim_id"], subject)?,
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
