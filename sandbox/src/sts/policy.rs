//! Session policies: their shape and the limit on their packed size. What they allow is judged by
//! the service that the session is used at.

use serde_json::Value;

use super::answer::Refusal;
use super::form::Form;
use crate::sessions::Details;

/// Inline and managed policies and tags share this many characters; AWS packs them in a binary
/// form that is not documented, so this only comes near.
const ROOM: usize = 2048;

/// Reads `Policy` and `PolicyArns` into the details of a session.
pub(super) fn read(form: &Form, details: &mut Details) -> Result<(), Refusal> {
    if let Some(policy) = form.optional("Policy") {
        form.required("Policy", "policy", 1, ROOM)?;
        if !is_policy(policy) {
            return Err(Refusal::bad_request(
                "MalformedPolicyDocument",
                "Syntax errors in policy.",
            ));
        }
        details.policy = Some(policy.to_owned());
    }
    let arns = form.list("PolicyArns", ".arn");
    if arns.len() > 10 {
        let constraint = "Member must have length less than or equal to 10";
        return Err(Refusal::constraint("policyArns", "policyArns", constraint));
    }
    if let Some(bad) = arns.iter().find(|arn| !arn.starts_with("arn:aws")) {
        return Err(Refusal::validation(format!("ARN {bad} is not valid.")));
    }
    details.policy_arns = arns.into_iter().map(str::to_owned).collect();
    Ok(())
}

/// `PackedPolicySize` in percent, or the error when it exceeds 100.
pub(super) fn packed_size(details: &Details) -> Result<usize, Refusal> {
    let policies = details
        .policy
        .iter()
        .chain(&details.policy_arns)
        .map(String::len);
    let tags = details
        .tags
        .iter()
        .map(|(key, value)| key.len() + value.len());
    let used: usize = policies.chain(tags).sum();
    let percent = (used * 100).div_ceil(ROOM);
    if percent > 100 {
        let message = format!(
            "Packed policy consumes {percent}% of allotted space, please use smaller policy."
        );
        return Err(Refusal::bad_request("PackedPolicyTooLarge", message));
    }
    Ok(percent)
}

/// An object with a known version and statements that have an effect and actions.
fn is_policy(text: &str) -> bool {
    let Ok(Value::Object(policy)) = serde_json::from_str(text) else {
        return false;
    };
    let version = policy.get("Version").and_then(Value::as_str);
    let statements = match policy.get("Statement") {
        Some(Value::Array(statements)) => statements.as_slice(),
        Some(single @ Value::Object(_)) => std::slice::from_ref(single),
        _ => return false,
    };
    let is_statement = |statement: &Value| {
        let effect = statement.get("Effect").and_then(Value::as_str);
        matches!(effect, Some("Allow" | "Deny"))
            && (statement.get("Action").is_some() || statement.get("NotAction").is_some())
            && (statement.get("Resource").is_some() || statement.get("NotResource").is_some())
    };
    matches!(version, Some("2012-10-17" | "2008-10-17"))
        && !statements.is_empty()
        && statements.iter().all(is_statement)
}
