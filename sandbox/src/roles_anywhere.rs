//! IAM Roles Anywhere: `POST /sessions` (`CreateSession`) and nothing else. A request gets a session
//! only when its X.509 signature, certificate chain, date, ARNs and parameters are all right. The
//! answer to a bad one is as terse as AWS's; why it was refused stands in the ledger.
//!
//! <https://docs.aws.amazon.com/rolesanywhere/latest/userguide/authentication-sign-process.html>

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

use crate::iam::{Account, Role, Trust};
use crate::sessions::{Details, Grant, Session, Source};

mod certificate;
mod chain;
mod parameters;
mod refusal;
mod signature;

use certificate::Certificate;
use parameters::Parameters;
use refusal::Refusal;

/// Name in ledger and faults.
pub const NAME: &str = "roles-anywhere";

/// Bodies hold three ARNs, a number, a name and at most 50 short properties.
const LARGEST_BODY: usize = 64 * 1024;

/// Who may vouch for certificates.
#[derive(Debug, Clone)]
pub struct TrustAnchor {
    /// `arn:aws:rolesanywhere:REGION:ACCOUNT:trust-anchor/UUID`.
    pub arn: String,
    /// `arn:aws:rolesanywhere:REGION:ACCOUNT:alias/trust-anchor/NAME`.
    pub alias: Option<String>,
    /// CA certificates, DER; roots or intermediates.
    pub certificates: Vec<Vec<u8>>,
    pub enabled: bool,
    /// Serial numbers (big-endian) on the imported revocation list.
    pub revoked: Vec<Vec<u8>>,
}

/// Which roles sessions may have, and how long.
#[derive(Debug, Clone)]
pub struct Profile {
    /// `arn:aws:rolesanywhere:REGION:ACCOUNT:profile/UUID`.
    pub arn: String,
    /// `arn:aws:rolesanywhere:REGION:ACCOUNT:alias/profile/NAME`.
    pub alias: Option<String>,
    pub roles: Vec<String>,
    /// `durationSeconds`: an upper bound for every session.
    pub duration: Duration,
    pub accepts_role_session_name: bool,
    pub enabled: bool,
}

/// Trust anchors and profiles of an account; clones share them.
#[derive(Debug, Clone, Default)]
pub struct RolesAnywhere {
    book: Arc<Mutex<Book>>,
}

#[derive(Debug, Default)]
struct Book {
    anchors: Vec<TrustAnchor>,
    profiles: Vec<Profile>,
}

impl RolesAnywhere {
    /// Adds a trust anchor, or replaces the one with the same ARN.
    pub fn put_trust_anchor(&self, anchor: TrustAnchor) {
        let mut book = self.book();
        book.anchors.retain(|known| known.arn != anchor.arn);
        book.anchors.push(anchor);
    }

    /// Adds a profile, or replaces the one with the same ARN.
    pub fn put_profile(&self, profile: Profile) {
        let mut book = self.book();
        book.profiles.retain(|known| known.arn != profile.arn);
        book.profiles.push(profile);
    }

    /// A trust anchor by its ARN or alias ARN.
    pub fn trust_anchor(&self, arn: &str) -> Option<TrustAnchor> {
        let named =
            |anchor: &&TrustAnchor| anchor.arn == arn || anchor.alias.as_deref() == Some(arn);
        self.book().anchors.iter().find(named).cloned()
    }

    /// A profile by its ARN or alias ARN.
    pub fn profile(&self, arn: &str) -> Option<Profile> {
        let named =
            |profile: &&Profile| profile.arn == arn || profile.alias.as_deref() == Some(arn);
        self.book().profiles.iter().find(named).cloned()
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The stand-in's routes; everything but `POST /sessions` is 404.
pub fn router(account: &Account, registry: &RolesAnywhere) -> Router {
    let desk = Arc::new(Desk {
        account: account.clone(),
        registry: registry.clone(),
    });
    Router::new()
        .route(
            "/sessions",
            post(create_session).fallback(unknown_operation),
        )
        .fallback(unknown_operation)
        .with_state(desk)
}

struct Desk {
    account: Account,
    registry: RolesAnywhere,
}

async fn unknown_operation() -> Response {
    Refusal::unknown_operation().into_response()
}

async fn create_session(State(desk): State<Arc<Desk>>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let answer = match axum::body::to_bytes(body, LARGEST_BODY).await {
        Ok(body) => desk.create_session(&parts, &body),
        Err(_) => Err(Refusal::validation("The request body can't be read.")),
    };
    match answer {
        Ok(created) => (StatusCode::CREATED, axum::Json(created)).into_response(),
        Err(refusal) => {
            desk.account
                .core
                .ledger
                .record(NAME, format!("refused: {}", refusal.reason()));
            refusal.into_response()
        }
    }
}

impl Desk {
    fn create_session(&self, parts: &Parts, body: &Bytes) -> Result<Value, Refusal> {
        let now = self.account.core.clock.utc();
        let signed = signature::verify(parts, body, &self.account.region, now)?;
        let parameters = Parameters::read(parts.uri.query().unwrap_or_default(), body)?;
        let anchor = self.anchor(&parameters, &signed)?;
        let profile = self.profile(&parameters)?;
        let role = self.role(&parameters, &anchor, &profile, &signed.certificate)?;
        let duration = parameters
            .duration
            .map_or(profile.duration, |asked| asked.min(profile.duration));
        if duration > role.max_session {
            return Err(Refusal::role_duration(&role.arn));
        }
        let session_name = match &parameters.role_session_name {
            Some(_) if !profile.accepts_role_session_name => {
                return Err(Refusal::session_name_not_accepted());
            }
            Some(name) => name.clone(),
            None => signed.certificate.serial_hex(),
        };
        let session = self.account.sessions.issue(Grant {
            source: Source::RolesAnywhere,
            role: &role,
            session_name: &session_name,
            duration,
            details: Details {
                source_identity: Some(signed.certificate.source_identity()),
                ..Details::default()
            },
        });
        Ok(self.answer(&session, &signed.certificate))
    }

    fn anchor(
        &self,
        parameters: &Parameters,
        signed: &signature::Signed,
    ) -> Result<TrustAnchor, Refusal> {
        self.same_region(&parameters.trust_anchor_arn)?;
        let found = self.registry.trust_anchor(&parameters.trust_anchor_arn);
        let anchor = found
            .ok_or_else(|| Refusal::not_found("Trust anchor", &parameters.trust_anchor_arn))?;
        if !anchor.enabled {
            return Err(Refusal::denied(
                "Specified Trust Anchor is disabled.",
                "trust anchor disabled",
            ));
        }
        let now = self.account.core.clock.utc();
        chain::verify(
            &signed.certificate,
            &signed.chain,
            &anchor.certificates,
            now,
        )
        .map_err(Refusal::untrusted)?;
        if anchor
            .revoked
            .iter()
            .any(|serial| signed.certificate.has_serial(serial))
        {
            return Err(Refusal::denied(
                "Certificate revoked",
                "certificate on the revocation list",
            ));
        }
        Ok(anchor)
    }

    fn profile(&self, parameters: &Parameters) -> Result<Profile, Refusal> {
        self.same_region(&parameters.profile_arn)?;
        let found = self.registry.profile(&parameters.profile_arn);
        let profile =
            found.ok_or_else(|| Refusal::not_found("Profile", &parameters.profile_arn))?;
        if !profile.enabled {
            return Err(Refusal::denied(
                "Specified Profile is disabled.",
                "profile disabled",
            ));
        }
        Ok(profile)
    }

    fn role(
        &self,
        parameters: &Parameters,
        anchor: &TrustAnchor,
        profile: &Profile,
        certificate: &Certificate,
    ) -> Result<Role, Refusal> {
        let arn = &parameters.role_arn;
        if !profile.roles.contains(arn) {
            return Err(Refusal::role(arn, "role is not in the profile"));
        }
        let role = self
            .account
            .iam
            .role(arn)
            .ok_or_else(|| Refusal::role(arn, "no such role"))?;
        let trusted = role.trust.iter().any(|trust| match trust {
            Trust::RolesAnywhere {
                source_arn,
                common_name,
            } => {
                source_arn
                    .as_ref()
                    .is_none_or(|source| *source == anchor.arn)
                    && common_name
                        .as_deref()
                        .is_none_or(|name| certificate.common_name() == Some(name))
            }
            Trust::WebIdentity { .. } | Trust::User { .. } => false,
        });
        if trusted {
            Ok(role)
        } else {
            Err(Refusal::role(arn, "trust policy does not match"))
        }
    }

    /// Anchor and profile live in one region, and the request was signed for it.
    fn same_region(&self, arn: &str) -> Result<(), Refusal> {
        if arn.split(':').nth(3) == Some(self.account.region.as_str()) {
            return Ok(());
        }
        Err(Refusal::not_found("Resource", arn))
    }

    fn answer(&self, session: &Session, certificate: &Certificate) -> Value {
        let Account { id, region, .. } = &self.account;
        json!({
            "credentialSet": [{
                "assumedRoleUser": {"arn": session.assumed_role_arn, "assumedRoleId": session.assumed_role_id},
                "credentials": {
                    "accessKeyId": session.access_key_id,
                    "expiration": session.expires.format(&Rfc3339).unwrap_or_default(),
                    "secretAccessKey": session.secret_access_key,
                    "sessionToken": session.session_token,
                },
                "packedPolicySize": 1,
                "roleArn": session.role_arn,
                "sourceIdentity": session.details.source_identity,
            }],
            "subjectArn": format!("arn:aws:rolesanywhere:{region}:{id}:subject/{}", certificate.subject_id()),
        })
    }
}
