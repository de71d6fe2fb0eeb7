//! The members of `CreateSession`, from the query or the JSON body.
//!
//! <https://docs.aws.amazon.com/rolesanywhere/latest/userguide/authentication-create-session.html>

use std::time::Duration;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::refusal::Refusal;
use crate::sessions::is_session_name;

/// What the caller asks for; shapes are checked, existence is not.
#[derive(Debug)]
pub(super) struct Parameters {
    pub(super) trust_anchor_arn: String,
    pub(super) profile_arn: String,
    pub(super) role_arn: String,
    pub(super) duration: Option<Duration>,
    pub(super) role_session_name: Option<String>,
}

impl Parameters {
    /// Reads the ARNs from the query or else the body, the rest from the body.
    pub(super) fn read(query: &str, body: &[u8]) -> Result<Self, Refusal> {
        let body = object(body)?;
        check_instance_properties(&body)?;
        Ok(Self {
            trust_anchor_arn: arn(query, &body, "trustAnchorArn")?,
            profile_arn: arn(query, &body, "profileArn")?,
            role_arn: arn(query, &body, "roleArn")?,
            duration: duration(&body)?,
            role_session_name: role_session_name(&body)?,
        })
    }
}

fn object(body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err(Refusal::validation(
            "The request body is not a JSON object.",
        )),
    }
}

fn arn(query: &str, body: &Map<String, Value>, member: &str) -> Result<String, Refusal> {
    let in_query = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(name, _)| *name == member);
    let arn = match (in_query, optional(body, member)) {
        (Some((_, value)), _) => percent_decode_str(value).decode_utf8_lossy().into_owned(),
        (None, Some(Value::String(arn))) => arn.clone(),
        _ => {
            return Err(Refusal::constraint(
                "Value",
                member,
                "Member must not be null",
            ));
        }
    };
    // arn:partition:service:region:account:resource
    let looks_right =
        arn.len() <= 1011 && arn.starts_with("arn:aws") && arn.splitn(6, ':').count() == 6;
    if looks_right {
        return Ok(arn);
    }
    Err(Refusal::constraint(
        &format!("Value '{arn}'"),
        member,
        "Member must satisfy regular expression pattern",
    ))
}

fn duration(body: &Map<String, Value>) -> Result<Option<Duration>, Refusal> {
    let Some(value) = optional(body, "durationSeconds") else {
        return Ok(None);
    };
    let refuse = |constraint| {
        Refusal::constraint(&format!("Value '{value}'"), "durationSeconds", constraint)
    };
    match value.as_i64() {
        None => Err(refuse("Member must be an integer")),
        Some(..900) => Err(refuse(
            "Member must have value greater than or equal to 900",
        )),
        Some(43_201..) => Err(refuse("Member must have value less than or equal to 43200")),
        Some(seconds) => Ok(Some(Duration::from_secs(seconds.unsigned_abs()))),
    }
}

fn role_session_name(body: &Map<String, Value>) -> Result<Option<String>, Refusal> {
    let Some(value) = optional(body, "roleSessionName") else {
        return Ok(None);
    };
    let name = value.as_str().unwrap_or_default();
    if is_session_name(name) {
        return Ok(Some(name.to_owned()));
    }
    let pattern = "Member must satisfy regular expression pattern: [\\w+=,.@-]{2,64}";
    Err(Refusal::constraint(
        &format!("Value '{value}'"),
        "roleSessionName",
        pattern,
    ))
}

fn check_instance_properties(body: &Map<String, Value>) -> Result<(), Refusal> {
    let Some(value) = optional(body, "instanceProperties") else {
        return Ok(());
    };
    let fits = |text: &str| (1..=200).contains(&text.len());
    let good = value.as_object().is_some_and(|properties| {
        properties.len() <= 50
            && properties
                .iter()
                .all(|(name, value)| fits(name) && value.as_str().is_some_and(fits))
    });
    if good {
        return Ok(());
    }
    Err(Refusal::constraint(
        "Value",
        "instanceProperties",
        "Map of at most 50 strings of 1 to 200 characters",
    ))
}

/// A member that is there and not null; clients in the field send null for what they leave out.
fn optional<'a>(body: &'a Map<String, Value>, member: &str) -> Option<&'a Value> {
    body.get(member).filter(|value| !value.is_null())
}
