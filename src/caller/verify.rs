//! From the Authorization header to a caller: one place that puts the rules in order, the cheap
//! ones and those that need no network first. Which rules apply is decided by the bindings this
//! application has: a kind of token without its binding is refused before any key is fetched.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use jsonwebtoken::Algorithm;

use super::aws::{self, AwsRules};
use super::claims::Claimed;
use super::ias::{IdentityRules, UnusableIdentity};
use super::keys::{Key, KeyRing, NoKey};
use super::possession::{self, Bound};
use super::refusal::{Reason, Refusal};
use super::remembered::{Remembered, fingerprint};
use super::strict_json::Object;
use super::token::{Token, bearer};
use super::xsuaa::XsuaaRules;
use super::{Caller, Issuer, Rejection};
use crate::clock::Clock;
use crate::settings::{ProofOfPossession, Settings};

/// Longest e-mail address (<https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1>).
const LONGEST_EMAIL: usize = 254;

/// Whose tokens are accepted, and what they must come with.
#[derive(Debug, Default)]
pub(crate) struct Trust {
    /// Rules of the identity binding.
    pub(super) identity: Option<IdentityRules>,
    /// Rules of the xsuaa binding.
    pub(super) xsuaa: Option<XsuaaRules>,
    /// Rules of `aws_callers`.
    pub(super) aws: Option<AwsRules>,
    /// Whether tokens must be shown by the client that they were issued to.
    pub(super) possession: ProofOfPossession,
    /// Whether e-mail addresses of users are kept, for audit lines.
    pub(super) emails: bool,
}

impl Trust {
    /// What bindings and settings say.
    pub(crate) fn from_settings(settings: &Settings) -> Result<Self, UnusableIdentity> {
        Ok(Self {
            identity: IdentityRules::from_settings(settings)?,
            xsuaa: settings.bindings.xsuaa.as_ref().map(XsuaaRules::new),
            aws: AwsRules::new(&settings.callers.aws),
            possession: settings.callers.proof_of_possession,
            emails: settings.callers.audit_email,
        })
    }

    /// Applies the rules for tokens of this issuer. A token that lies about its issuer only picks
    /// the rules that refuse it.
    pub(super) fn check(
        &self,
        issuer: Issuer,
        token: &Token<'_>,
        now: SystemTime,
    ) -> Result<Claimed, Refusal> {
        let claims = &token.claims;
        if issuer != Issuer::Aws && token.algorithm != Algorithm::RS256 {
            return Err(Reason::Algorithm.into());
        }
        let checked = match issuer {
            Issuer::Ias => self.identity.as_ref().map(|it| it.check(claims, now)),
            Issuer::Xsuaa => self.xsuaa.as_ref().map(|it| it.check(claims, now)),
            Issuer::Aws => self.aws.as_ref().map(|it| it.check(claims, now)),
        };
        checked.unwrap_or_else(|| Err(Reason::NoBinding(issuer.binding()).into()))
    }
}

/// Makes callers out of bearer tokens; one for the whole service.
pub(crate) struct Verifier {
    trust: Trust,
    keys: Arc<KeyRing>,
    remembered: Remembered,
    clock: Clock,
}

impl Verifier {
    /// `http` must not follow redirects.
    pub(crate) fn new(trust: Trust, http: reqwest::Client, clock: Clock) -> Self {
        Self {
            trust,
            keys: Arc::new(KeyRing::new(http, clock.clone())),
            remembered: Remembered::default(),
            clock,
        }
    }

    /// Who calls, judged by all values of the headers `Authorization` and
    /// `X-Forwarded-Client-Cert` as they came in.
    pub(crate) async fn verify(
        &self,
        authorization: &[&[u8]],
        client_certificate: &[&[u8]],
    ) -> Result<Arc<Caller>, Rejection> {
        let caller = self.caller(bearer(authorization)?).await?;
        possession::check(self.trust.possession, caller.bound, client_certificate)
            .map_err(Refusal::from)?;
        Ok(caller)
    }

    /// Whose token this is, whoever shows it.
    async fn caller(&self, text: &str) -> Result<Arc<Caller>, Rejection> {
        let fingerprint = fingerprint(text);
        if let Some(caller) = self.remembered.recall(&fingerprint, self.clock.now()) {
            return Ok(caller);
        }
        let token = Token::parse(text).map_err(Refusal::from)?;
        let (issuer, now) = (issuer(&token.claims), self.clock.now());
        let claimed = self.trust.check(issuer, &token, now)?;
        self.check_signature(issuer, &token, &claimed).await?;
        let left = claimed.left;
        let caller = Arc::new(Caller {
            email: self.email(&token.claims),
            bound: Bound::of(&token.claims),
            id: claimed.id,
            issuer,
            kind: claimed.kind,
            scope: claimed.scope,
        });
        self.remembered
            .keep(fingerprint, Arc::clone(&caller), now, left);
        Ok(caller)
    }

    /// The key is looked up by issuer and name, and by nothing else that the token says.
    async fn check_signature(
        &self,
        issuer: Issuer,
        token: &Token<'_>,
        claimed: &Claimed,
    ) -> Result<(), Rejection> {
        let asker = &claimed.asker;
        let found = match self.keys.key(asker, &token.kid).await {
            Ok(found) => found,
            Err(NoKey::Unavailable(failure)) => {
                // The binding's own key may be an old one: if it doesn't fit, nobody can tell.
                let signed = self.key_at_hand(issuer).map(|key| token.signed_by(key));
                return matches!(signed, Some(Ok(())))
                    .then_some(())
                    .ok_or_else(|| failure.into());
            }
            Err(none) => return Err(no_key(none, &token.kid, asker.place.as_str())),
        };
        if !claimed
            .issuer_names
            .iter()
            .any(|name| **name == *found.issuer)
        {
            return Err(Refusal::seeing(Reason::IssuerMismatch, &found.issuer).into());
        }
        Ok(token.signed_by(&found.key).map_err(Refusal::from)?)
    }

    /// The key that came with the binding.
    fn key_at_hand(&self, issuer: Issuer) -> Option<&Arc<Key>> {
        match issuer {
            Issuer::Xsuaa => self.trust.xsuaa.as_ref()?.verification_key(),
            Issuer::Ias | Issuer::Aws => None,
        }
    }

    /// The user's e-mail address, if it is wanted and could be one.
    fn email(&self, claims: &Object) -> Option<String> {
        let email = claims.text("email").ok().flatten()?;
        let fits = email.len() <= LONGEST_EMAIL && !email.chars().any(char::is_control);
        (self.trust.emails && fits).then(|| email.to_owned())
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("trust", &self.trust)
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}

/// XSUAA and AWS mark their tokens; everything else must pass as an IAS token.
pub(super) fn issuer(claims: &Object) -> Issuer {
    if claims.nested_text("ext_attr", "enhancer") == Some("XSUAA") {
        Issuer::Xsuaa
    } else if claims.has(aws::OWN_CLAIM) {
        Issuer::Aws
    } else {
        Issuer::Ias
    }
}

/// Whether the fault is the token's or the network's.
fn no_key(none: NoKey, kid: &str, issuer: &str) -> Rejection {
    match none {
        NoKey::Unknown => Refusal::seeing(Reason::UnknownKey, kid).into(),
        NoKey::NotAccepted => Refusal::seeing(Reason::NotAccepted, issuer).into(),
        NoKey::TooManyIssuers => Refusal::seeing(Reason::TooManyIssuers, issuer).into(),
        // Most likely a name that somebody made up: that is a bad token, not an outage of ours.
        NoKey::Unreached(failure) => Refusal::seeing(Reason::IssuerUnreached, issuer)
            .because(failure)
            .into(),
        NoKey::Unavailable(failure) => failure.into(),
    }
}
