//! Parameters of the Query protocol: scalars, `Name.member.N` lists and their constraints.

use std::time::Duration;

use axum::http::request::Parts;
use percent_encoding::percent_decode_str;

use super::answer::Refusal;
use crate::iam::Role;
use crate::sessions::is_session_name;

/// A decoded form; every name occurs once.
#[derive(Debug)]
pub(super) struct Form {
    pairs: Vec<(String, String)>,
}

impl Form {
    pub(super) fn read(parts: &Parts, body: &[u8]) -> Result<Self, Refusal> {
        let content_type = parts
            .headers
            .get("content-type")
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        if !content_type.starts_with("application/x-www-form-urlencoded") {
            return Err(Refusal::bad_request(
                "MalformedInput",
                "Content-Type is not application/x-www-form-urlencoded",
            ));
        }
        let text = std::str::from_utf8(body)
            .map_err(|_| Refusal::bad_request("MalformedInput", "not UTF-8"))?;
        let decode = |part: &str| {
            let spaced = part.replace('+', " ");
            percent_decode_str(&spaced)
                .decode_utf8()
                .map(std::borrow::Cow::into_owned)
        };
        let mut pairs = Vec::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (Ok(name), Ok(value)) = (decode(name), decode(value)) else {
                return Err(Refusal::bad_request("MalformedInput", "not UTF-8"));
            };
            if pairs.iter().any(|(known, _)| *known == name) {
                return Err(Refusal::bad_request(
                    "MalformedInput",
                    format!("{name} occurs twice"),
                ));
            }
            pairs.push((name, value));
        }
        Ok(Self { pairs })
    }

    pub(super) fn optional(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// A parameter whose length must be within bounds.
    pub(super) fn required(
        &self,
        name: &str,
        member: &str,
        least: usize,
        most: usize,
    ) -> Result<&str, Refusal> {
        let Some(value) = self.optional(name) else {
            return Err(Refusal::validation(format!(
                "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
            )));
        };
        if value.len() < least {
            let constraint = format!("Member must have length greater than or equal to {least}");
            return Err(Refusal::constraint(value, member, &constraint));
        }
        if value.len() > most {
            let constraint = format!("Member must have length less than or equal to {most}");
            return Err(Refusal::constraint("too long", member, &constraint));
        }
        Ok(value)
    }

    /// `RoleArn`, 20–2048 characters.
    pub(super) fn role_arn(&self) -> Result<&str, Refusal> {
        self.required("RoleArn", "roleArn", 20, 2048)
    }

    /// `RoleSessionName`, 2–64 characters of a small alphabet.
    pub(super) fn session_name(&self) -> Result<&str, Refusal> {
        let name = self.required("RoleSessionName", "roleSessionName", 2, 64)?;
        session_name(name, "roleSessionName")
    }

    /// `SourceIdentity`: as a session name, but `aws:` is reserved.
    pub(super) fn source_identity(&self) -> Result<Option<&str>, Refusal> {
        let Some(identity) = self.optional("SourceIdentity") else {
            return Ok(None);
        };
        session_name(identity, "sourceIdentity").map(Some)
    }

    /// `DurationSeconds`, 900–43200 and within the role's limit; an hour by default.
    pub(super) fn duration(&self, role: &Role) -> Result<Duration, Refusal> {
        let seconds = match self.optional("DurationSeconds") {
            None => 3600,
            Some(text) => duration_seconds(text)?,
        };
        let duration = Duration::from_secs(seconds);
        if duration > role.max_session {
            return Err(Refusal::validation(
                "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
            ));
        }
        Ok(duration)
    }

    /// Values of `name.member.1`, `name.member.2`, … (each followed by `suffix`), without gaps.
    pub(super) fn list(&self, name: &str, suffix: &str) -> Vec<&str> {
        (1..)
            .map_while(|number| self.optional(&format!("{name}.member.{number}{suffix}")))
            .collect()
    }
}

fn session_name<'a>(name: &'a str, member: &str) -> Result<&'a str, Refusal> {
    if is_session_name(name) {
        return Ok(name);
    }
    let constraint = "Member must satisfy regular expression pattern: [\\w+=,.@-]*";
    Err(Refusal::constraint(name, member, constraint))
}

fn duration_seconds(text: &str) -> Result<u64, Refusal> {
    let refuse = |constraint| Refusal::constraint(text, "durationSeconds", constraint);
    match text.parse() {
        Err(_) => Err(Refusal::bad_request(
            "MalformedInput",
            "DurationSeconds is not an integer",
        )),
        Ok(..900) => Err(refuse(
            "Member must have value greater than or equal to 900",
        )),
        Ok(43_201..) => Err(refuse("Member must have value less than or equal to 43200")),
        Ok(seconds) => Ok(seconds),
    }
}
