//! `AssumeRole`: a signed caller, a role that trusts it, and what the session shall carry.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>

use std::time::Duration;

use super::answer::{Answer, Refusal};
use super::caller::Caller;
use super::form::Form;
use super::{policy, session_answer};
use crate::iam::{Account, Role, Trust};
use crate::sessions::{Details, Grant, Source};

/// A session that assumes a role gets at most this ("role chaining").
const LONGEST_CHAINED: Duration = Duration::from_hours(1);

pub(super) fn assume_role(
    account: &Account,
    caller: &Caller,
    form: &Form,
) -> Result<Answer, Refusal> {
    let role_arn = form.role_arn()?;
    let session_name = form.session_name()?;
    let details = details(form)?;
    let role = trusting_role(account, caller, role_arn, form, &details)?;
    let duration = form.duration(&role)?;
    if matches!(caller, Caller::Session(_)) && duration > LONGEST_CHAINED {
        return Err(Refusal::validation(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        ));
    }
    let packed = policy::packed_size(&details)?;
    let grant = Grant {
        source: Source::AssumeRole,
        role: &role,
        session_name,
        duration,
        details,
    };
    Ok(session_answer(
        "AssumeRole",
        &account.sessions.issue(grant),
        packed,
    ))
}

fn details(form: &Form) -> Result<Details, Refusal> {
    let keys = form.list("Tags", ".Key");
    let values = form.list("Tags", ".Value");
    let transitive = form.list("TransitiveTagKeys", "");
    check_tags(&keys, &values, &transitive)?;
    let mut details = Details {
        source_identity: form.source_identity()?.map(str::to_owned),
        tags: keys
            .into_iter()
            .zip(values)
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect(),
        transitive_tag_keys: transitive.into_iter().map(str::to_owned).collect(),
        ..Details::default()
    };
    policy::read(form, &mut details)?;
    Ok(details)
}

pub(super) fn check_tags(
    keys: &[&str],
    values: &[&str],
    transitive: &[&str],
) -> Result<(), Refusal> {
    if keys.len() != values.len() {
        return Err(Refusal::validation("Every tag needs a key and a value"));
    }
    if keys.len() > 50 || transitive.len() > 50 {
        let constraint = "Member must have length less than or equal to 50";
        return Err(Refusal::constraint("tags", "tags", constraint));
    }
    if keys.iter().any(|key| !(1..=128).contains(&key.len()))
        || values.iter().any(|value| value.len() > 256)
    {
        return Err(Refusal::constraint(
            "tags",
            "tags",
            "Keys have 1 to 128 characters, values at most 256",
        ));
    }
    let same = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
    let repeated = keys
        .iter()
        .enumerate()
        .find(|(at, key)| keys.iter().skip(at + 1).any(|other| same(key, other)));
    if let Some((_, key)) = repeated {
        return Err(Refusal::bad_request(
            "InvalidParameterValue",
            format!("Duplicate tag keys found: {key}"),
        ));
    }
    if let Some(unknown) = transitive
        .iter()
        .find(|key| !keys.iter().any(|known| same(key, known)))
    {
        let message = format!(
            "The specified transitive tag key must be included in the requested tags: {unknown}"
        );
        return Err(Refusal::bad_request("InvalidParameterValue", message));
    }
    Ok(())
}

fn trusting_role(
    account: &Account,
    caller: &Caller,
    role_arn: &str,
    form: &Form,
    details: &Details,
) -> Result<Role, Refusal> {
    let denied = |action: &str, reason: &str| {
        let who = caller.arn();
        let message =
            format!("User: {who} is not authorized to perform: {action} on resource: {role_arn}");
        Refusal::forbidden("AccessDenied", message).because(reason)
    };
    let asked_external_id = external_id(form)?;
    let role = account
        .iam
        .role(role_arn)
        .ok_or_else(|| denied("sts:AssumeRole", "no such role"))?;
    let mut why = denied("sts:AssumeRole", "trust policy does not name the caller");
    for trust in &role.trust {
        let Trust::User {
            arn,
            external_id,
            may_tag,
            may_set_source_identity,
        } = trust
        else {
            continue;
        };
        if arn != caller.arn() {
            continue;
        }
        if external_id.is_some() && external_id.as_deref() != asked_external_id {
            why = denied("sts:AssumeRole", "external id missing or wrong");
        } else if !details.tags.is_empty() && !may_tag {
            why = denied("sts:TagSession", "trust policy lacks sts:TagSession");
        } else if details.source_identity.is_some() && !may_set_source_identity {
            why = denied(
                "sts:SetSourceIdentity",
                "trust policy lacks sts:SetSourceIdentity",
            );
        } else {
            return Ok(role);
        }
    }
    Err(why)
}

/// 2–1224 characters of `[\w+=,.@:\/-]`.
fn external_id(form: &Form) -> Result<Option<&str>, Refusal> {
    if form.optional("ExternalId").is_none() {
        return Ok(None);
    }
    let id = form.required("ExternalId", "externalId", 2, 1224)?;
    if id
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "_+=,.@:/-".contains(c))
    {
        return Ok(Some(id));
    }
    Err(Refusal::constraint(
        id,
        "externalId",
        "Member must satisfy regular expression pattern: [\\w+=,.@:\\/-]*",
    ))
}
