//! `GetWebIdentityToken`: a signed token about the caller, for somebody outside AWS.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html>

use serde_json::{Map, Value, json};
use time::{Duration, OffsetDateTime};

use super::answer::{Answer, Refusal};
use super::caller::Caller;
use super::form::Form;
use crate::iam::Account;
use crate::outbound::{Algorithm, OWN_CLAIM, Outbound};

const MOST_AUDIENCES: usize = 10;
const LONGEST_AUDIENCE: usize = 1000;
const MOST_TAGS: usize = 50;

pub(super) fn issue(
    account: &Account,
    outbound: &Outbound,
    caller: &Caller,
    form: &Form,
) -> Result<Answer, Refusal> {
    let audience = audience(form)?;
    let algorithm = match form.required("SigningAlgorithm", "signingAlgorithm", 5, 5)? {
        "RS256" => Algorithm::Rs256,
        "ES384" => Algorithm::Es384,
        other => {
            let constraint = "Member must satisfy enum value set: [RS256, ES384]";
            return Err(Refusal::constraint(other, "signingAlgorithm", constraint));
        }
    };
    let seconds = seconds(form)?;
    let tags = tags(form)?;
    if !outbound.is_enabled() {
        return Err(Refusal::forbidden(
            "OutboundWebIdentityFederationDisabledException",
            "The outbound web identity federation feature is not enabled for this account",
        ));
    }
    let expires = account.core.clock.utc() + Duration::seconds(seconds);
    if let Caller::Session(session) = caller
        && expires > session.expires
    {
        return Err(Refusal::forbidden(
            "SessionDurationEscalationException",
            "The requested token duration would extend the session beyond its original expiration time",
        ));
    }
    let mut claims = outbound.claims(caller.principal(), &account.id, &audience, seconds);
    if let Some(Value::Object(own)) = claims.get_mut(OWN_CLAIM) {
        own.insert("request_tags".to_owned(), Value::Object(tags));
        own.insert("source_region".to_owned(), json!(account.region));
        if let Caller::Session(session) = caller {
            own.insert(
                "original_session_exp".to_owned(),
                json!(rfc3339(session.expires)),
            );
        }
    }
    let mut answer = Answer::new("GetWebIdentityToken");
    answer.text("WebIdentityToken", &outbound.sign(algorithm, &claims));
    answer.time("Expiration", expires);
    Ok(answer)
}

fn audience(form: &Form) -> Result<Vec<&str>, Refusal> {
    let audience = form.list("Audience", "");
    if audience.is_empty() {
        form.required("Audience", "audience", 1, 1)?;
    }
    if audience.len() > MOST_AUDIENCES {
        let constraint = "Member must have length less than or equal to 10";
        return Err(Refusal::constraint("too long", "audience", constraint));
    }
    let fits = |it: &&str| (1..=LONGEST_AUDIENCE).contains(&it.len());
    if !audience.iter().all(fits) {
        let constraint = "Member must have length between 1 and 1000";
        return Err(Refusal::constraint("…", "audience.member", constraint));
    }
    Ok(audience)
}

fn seconds(form: &Form) -> Result<i64, Refusal> {
    let Some(text) = form.optional("DurationSeconds") else {
        return Ok(300);
    };
    let seconds = text.parse().ok().filter(|it| (60..=3600).contains(it));
    seconds.ok_or_else(|| {
        let constraint = "Member must have value between 60 and 3600";
        Refusal::constraint(text, "durationSeconds", constraint)
    })
}

fn tags(form: &Form) -> Result<Map<String, Value>, Refusal> {
    let (keys, values) = (form.list("Tags", ".Key"), form.list("Tags", ".Value"));
    if keys.len() > MOST_TAGS || keys.len() != values.len() {
        return Err(Refusal::validation("Tags must be at most 50 pairs"));
    }
    let pairs = keys.iter().zip(values);
    Ok(pairs
        .map(|(key, value)| ((*key).to_owned(), json!(value)))
        .collect())
}

fn rfc3339(time: OffsetDateTime) -> String {
    let format = &time::format_description::well_known::Rfc3339;
    time.format(format).unwrap_or_default()
}
