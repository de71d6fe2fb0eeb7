//! `setup lint FILE`: what is too wide in a trust policy, or in the permissions of a role or user.
//!
//! Sources: IAM user guide, "Condition operators" and "Policy evaluation logic"; IAM Roles Anywhere
//! user guide, "Trust policy". Each `Allow` is judged by itself, because any of them is enough.

mod permissions;
mod statement;
mod trust;

#[cfg(test)]
mod tests;

use std::fmt;
use std::fs;
use std::io::Write;

use serde_json::{Map, Value};

use super::super::CommandFailed;
use super::help;
use crate::json::Strict;
use statement::Statement;

/// What a policy lets in or allows that it should not, and what to write instead.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    /// The statement.
    place: String,
    what: String,
    why: String,
    write: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            place,
            what,
            why,
            write,
        } = self;
        let line = format!("{place}: {what}: {why}; {write}");
        // what stands in the policy must not write lines of its own
        line.chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .try_for_each(|c| write!(f, "{c}"))
    }
}

/// Runs the command; findings go to `out`, and that there are none to `told`.
pub(super) fn run(
    arguments: &[String],
    out: &mut impl Write,
    told: &mut impl Write,
) -> Result<String, CommandFailed> {
    let usage = |text: &str| {
        CommandFailed::Usage(format!(
            "{text}; btp-s3-catalog setup lint --help tells more"
        ))
    };
    let file = match arguments {
        [option] if option == "-h" || option == "--help" => return Ok(help::LINT.to_owned()),
        [file] if !file.starts_with('-') => file,
        _ => return Err(usage("write setup lint and one file")),
    };
    let bytes = fs::read(file).map_err(|e| usage(&format!("{file} can't be read: {e}")))?;
    let findings = text(&bytes).and_then(findings);
    let findings = findings.map_err(|fault| usage(&format!("{file} {fault}")))?;
    if findings.is_empty() {
        // the exit code says it too
        let _ = writeln!(told, "no findings in {file}");
        return Ok(String::new());
    }
    for finding in &findings {
        let written = writeln!(out, "{finding}");
        written.map_err(|e| CommandFailed::Failed(format!("stdout can't be written: {e}")))?;
    }
    let count = findings.len();
    let are = if count == 1 { "finding" } else { "findings" };
    Err(CommandFailed::Failed(format!("{count} {are} in {file}")))
}

/// The text of a file, without the byte order mark that Windows writes before it.
///
/// # Errors
/// Another encoding, as the end of a sentence about the file.
fn text(bytes: &[u8]) -> Result<&str, String> {
    // JSON begins with two ASCII characters, so a zero among the first two bytes is one half of one
    if bytes.starts_with(&[0xFF, 0xFE])
        || bytes.starts_with(&[0xFE, 0xFF])
        || bytes.iter().take(2).any(|b| *b == 0)
    {
        return Err(
            "is UTF-16: save it as UTF-8, in PowerShell with | Set-Content -Encoding utf8"
                .to_owned(),
        );
    }
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    str::from_utf8(bytes).map_err(|_| "is no UTF-8: save it as UTF-8".to_owned())
}

/// Everything that is wrong with a policy.
///
/// # Errors
/// Why the text is no policy that can be judged here.
fn findings(text: &str) -> Result<Vec<Finding>, String> {
    let Strict(json) =
        serde_json::from_str(text).map_err(|e| format!("is no JSON that can be judged ({e})"))?;
    let policy = inside(&json)?;
    let all = match policy.get("Statement") {
        Some(Value::Array(all)) if !all.is_empty() => all.as_slice(),
        Some(one @ Value::Object(_)) => std::slice::from_ref(one),
        _ => return Err("is no IAM policy: it has no Statement".to_owned()),
    };
    let read = |(index, json)| Statement::read(index, json);
    let statements = all
        .iter()
        .enumerate()
        .map(read)
        .collect::<Result<Vec<_>, _>>()?;
    let mut findings = Vec::new();
    if policy.get("Version").and_then(Value::as_str) != Some("2012-10-17") {
        findings.push(Finding {
            place: "policy".to_owned(),
            what: "the Version is not 2012-10-17".to_owned(),
            why: "it is read by the rules of 2008".to_owned(),
            write: "write \"Version\": \"2012-10-17\"".to_owned(),
        });
    }
    let keys = policy.as_object().into_iter().flat_map(Map::keys);
    for key in keys.filter(|key| !["Version", "Id", "Statement"].contains(&key.as_str())) {
        findings.push(Finding {
            place: "policy".to_owned(),
            what: format!("{key} is no key of a policy"),
            why: "nothing comes of what it says".to_owned(),
            write: "write Version, Id and Statement only".to_owned(),
        });
    }
    findings.extend(statements.iter().flat_map(Statement::malformed));
    if statements.iter().all(|s| s.principal.is_none()) {
        findings.extend(statements.iter().flat_map(permissions::findings));
    } else if statements.iter().any(Statement::is_about_roles) {
        findings.extend(trust::findings(&statements));
    } else {
        return Err("is the policy of a bucket or an endpoint: trust policies and permissions of roles can be judged".to_owned());
    }
    Ok(findings)
}

/// The policy inside of what the AWS CLI answers, or the text as it is.
///
/// # Errors
/// Several policies: it can't be known which is meant.
fn inside(json: &Value) -> Result<&Value, String> {
    let paths = [
        "/Role/AssumeRolePolicyDocument",
        "/PolicyDocument",
        "/PolicyVersion/Document",
    ];
    let wrapped: Vec<&Value> = paths.iter().filter_map(|path| json.pointer(path)).collect();
    match wrapped.as_slice() {
        [] => Ok(json),
        [one] if json.get("Statement").is_none() => Ok(one),
        _ => Err("has several policies: write each into a file of its own".to_owned()),
    }
}
