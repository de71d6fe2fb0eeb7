//! What the rules for all kinds of tokens have in common: times, ids, and what a token comes to
//! when its claims fit. Pure: it looks at claims and asks nobody.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::keys::Asker;
use super::refusal::Reason;
use super::strict_json::Object;
use super::{Kind, Scope};

/// How far clocks may differ, in seconds.
const LEEWAY: f64 = 60.0;

/// Longest id of a user, client or tenant; real ones are UUIDs or shorter than this.
const LONGEST_ID: usize = 128;

/// A token whose claims fit, as long as its signature does.
#[derive(Debug)]
pub(super) struct Claimed {
    /// Whose key must have signed it.
    pub(super) asker: Asker,
    /// How the issuer may call itself in its discovery document.
    pub(super) issuer_names: [String; 2],
    /// Id of the user or application.
    pub(super) id: String,
    /// User or application.
    pub(super) kind: Kind,
    /// What the caller may do.
    pub(super) scope: Option<Scope>,
    /// How long the token still lives, without any leeway.
    pub(super) left: Duration,
}

/// Checks `exp`, `nbf` and `iat`, and says how long the token still lives.
pub(super) fn time_left(claims: &Object, now: SystemTime) -> Result<Duration, Reason> {
    let now = seconds(now);
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

/// Refuses a token that lives longer than `most`. Together with its end that bounds its age.
pub(super) fn check_life(claims: &Object, most: Duration) -> Result<(), Reason> {
    let issued = claims.number("iat")?.ok_or(Reason::Missing("iat"))?;
    let end = claims.number("exp")?.ok_or(Reason::Missing("exp"))?;
    if end - issued > most.as_secs_f64() {
        return Err(Reason::LongLived);
    }
    Ok(())
}

fn seconds(now: SystemTime) -> f64 {
    now.duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs_f64()
}

/// The user's id by the first of `names` that a token has. An administrator may make the e-mail
/// address the subject; logs then get a pseudonym, which is stable as well and names nobody.
pub(super) fn user_id(
    claims: &Object,
    names: &[&'static str],
    subject: &str,
) -> Result<String, Reason> {
    for name in names {
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
pub(super) fn usable_id<'a>(name: &'static str, id: &'a str) -> Result<&'a str, Reason> {
    if id.is_empty() || id.len() > LONGEST_ID || id.chars().any(char::is_control) {
        return Err(Reason::Unusable(name));
    }
    Ok(id)
}

/// An id that is sent to the issuer as a header when its keys are fetched.
pub(super) fn header_safe(name: &'static str, id: Option<&str>) -> Result<Option<String>, Reason> {
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
