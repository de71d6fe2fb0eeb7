//! `GetWebIdentityToken`: a token with which a workload shows another service who it is.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html>

use time::Duration;

use super::answer::{Answer, Refusal};
use super::assume_role::check_tags;
use super::caller::Caller;
use super::form::Form;
use crate::iam::Account;
use crate::outbound::{Algorithm, Outbound, Token};

/// `DurationSeconds` when nobody says.
const USUAL_LIFE: i64 = 300;

pub(super) fn issue(
    account: &Account,
    outbound: &Outbound,
    caller: &Caller,
    form: &Form,
) -> Result<Answer, Refusal> {
    let audiences = audiences(form)?;
    let algorithm = algorithm(form)?;
    let life = Duration::seconds(duration_seconds(form)?);
    let (keys, values) = (form.list("Tags", ".Key"), form.list("Tags", ".Value"));
    check_tags(&keys, &values, &[])?;
    if !outbound.is_enabled() {
        let message = "Outbound web identity federation is not enabled for this account.";
        return Err(Refusal::forbidden(
            "OutboundWebIdentityFederationDisabledException",
            message,
        ));
    }
    let now = account.core.clock.utc();
    let session = match caller {
        Caller::User(_) => None,
        Caller::Session(session) => Some(session.as_ref()),
    };
    if session.is_some_and(|session| now + life > session.expires) {
        let message = "The requested token duration would extend the session beyond its original expiration time.";
        return Err(Refusal::forbidden(
            "SessionDurationEscalationException",
            message,
        ));
    }
    let tags: Vec<(&str, &str)> = keys.into_iter().zip(values).collect();
    let claims = outbound.claims_of(&Token {
        account: &account.id,
        principal_arn: caller.principal(),
        audiences: &audiences,
        life,
        session,
        request_tags: &tags,
    });
    let mut answer = Answer::new("GetWebIdentityToken");
    answer.text("WebIdentityToken", &outbound.sign(algorithm, &claims));
    let now = now.replace_nanosecond(0).unwrap_or(now);
    answer.time("Expiration", now + life);
    Ok(answer)
}

/// `Audience`: 1–10 of them, each with 1–1000 characters.
fn audiences(form: &Form) -> Result<Vec<&str>, Refusal> {
    form.required("Audience.member.1", "audience", 1, 1000)?;
    let audiences = form.list("Audience", "");
    if audiences.len() > 10 {
        let constraint = "Member must have length less than or equal to 10";
        let shown = format!("[{}]", audiences.join(", "));
        return Err(Refusal::constraint(&shown, "audience", constraint));
    }
    if let Some(wrong) = audiences.iter().find(|it| !(1..=1000).contains(&it.len())) {
        let constraint = "Member must satisfy constraint: [Member must have length less than or \
                          equal to 1000, Member must have length greater than or equal to 1]";
        return Err(Refusal::constraint(wrong, "audience", constraint));
    }
    Ok(audiences)
}

fn algorithm(form: &Form) -> Result<Algorithm, Refusal> {
    let asked = form.required("SigningAlgorithm", "signingAlgorithm", 5, 5)?;
    let known = Algorithm::ALL.into_iter().find(|it| it.as_str() == asked);
    known.ok_or_else(|| {
        let constraint = "Member must satisfy enum value set: [RS256, ES384]";
        Refusal::constraint(asked, "signingAlgorithm", constraint)
    })
}

fn duration_seconds(form: &Form) -> Result<i64, Refusal> {
    let Some(text) = form.optional("DurationSeconds") else {
        return Ok(USUAL_LIFE);
    };
    let refuse = |constraint| Err(Refusal::constraint(text, "durationSeconds", constraint));
    match text.parse() {
        Err(_) => Err(Refusal::bad_request(
            "MalformedInput",
            "DurationSeconds is not an integer",
        )),
        Ok(..60) => refuse("Member must have value greater than or equal to 60"),
        Ok(3601..) => refuse("Member must have value less than or equal to 3600"),
        Ok(seconds) => Ok(seconds),
    }
}
