//! From the Authorization header to a caller: one place that puts the rules in order, the cheap
//! ones and those that need no network first. Which rules apply is decided by the bindings this
//! application has: a kind of token without its binding is refused before any key is fetched.

use std::fmt;
use std::sync::Arc;

use super::ias::{Claimed, IdentityRules};
use super::keys::{Asker, KeyRing, NoKey};
use super::refusal::{Reason, Refusal};
use super::remembered::{Remembered, fingerprint};
use super::strict_json::Object;
use super::token::{Token, bearer};
use super::{Caller, Rejection};
use crate::clock::Clock;

/// Makes callers out of bearer tokens; one for the whole service.
pub(crate) struct Verifier {
    identity: Option<IdentityRules>,
    keys: Arc<KeyRing>,
    remembered: Remembered,
    clock: Clock,
}

/// Who issues a kind of token.
enum TokenKind {
    Identity,
    Xsuaa,
}

impl Verifier {
    /// `identity`: rules of the identity binding, if there is one. `http` must not follow
    /// redirects.
    pub(crate) fn new(
        identity: Option<IdentityRules>,
        http: reqwest::Client,
        clock: Clock,
    ) -> Self {
        Self {
            identity,
            keys: Arc::new(KeyRing::new(http, clock.clone())),
            remembered: Remembered::default(),
            clock,
        }
    }

    /// Who calls, judged by all values of the `Authorization` header as they came in.
    pub(crate) async fn verify(&self, authorization: &[&[u8]]) -> Result<Arc<Caller>, Rejection> {
        let text = bearer(authorization)?;
        let fingerprint = fingerprint(text);
        if let Some(caller) = self.remembered.recall(&fingerprint, self.clock.now()) {
            return Ok(caller);
        }
        let token = Token::parse(text).map_err(Refusal::from)?;
        let rules = self.rules(&token.claims)?;
        let now = self.clock.now();
        let claimed = rules.check(&token.claims, now)?;
        self.check_signature(rules, &token, &claimed).await?;
        let left = claimed.left;
        let caller = Arc::new(Caller::from(claimed));
        self.remembered
            .keep(fingerprint, Arc::clone(&caller), now, left);
        Ok(caller)
    }

    /// The rules for this kind of token. A token that lies about its kind only picks the rules
    /// that refuse it.
    fn rules(&self, claims: &Object) -> Result<&IdentityRules, Refusal> {
        match kind(claims) {
            TokenKind::Identity => self
                .identity
                .as_ref()
                .ok_or_else(|| Reason::NoBinding("identity").into()),
            TokenKind::Xsuaa => Err(Reason::NoBinding("xsuaa").into()),
        }
    }

    /// The key is looked up by issuer and name, and by nothing else that the token says.
    async fn check_signature(
        &self,
        rules: &IdentityRules,
        token: &Token<'_>,
        claimed: &Claimed,
    ) -> Result<(), Rejection> {
        let asker = Asker {
            issuer: claimed.issuer.as_str().to_owned(),
            own: claimed.issuer.is_own(),
            client_id: rules.client_id().to_owned(),
            tenant: claimed.tenant.clone(),
            authorized_party: claimed.authorized_party.clone(),
        };
        let found = match self.keys.key(&asker, &token.kid).await {
            Ok(found) => found,
            Err(none) => return Err(no_key(none, &token.kid, &asker.issuer)),
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
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("identity", &self.identity)
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}

impl From<Claimed> for Caller {
    fn from(claimed: Claimed) -> Self {
        Self {
            id: claimed.id,
            kind: claimed.kind,
            scope: claimed.scope,
        }
    }
}

/// XSUAA marks its tokens; everything else must pass as an IAS token.
fn kind(claims: &Object) -> TokenKind {
    if claims.nested_text("ext_attr", "enhancer") == Some("XSUAA") {
        TokenKind::Xsuaa
    } else {
        TokenKind::Identity
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
