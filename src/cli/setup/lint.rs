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

use serde_json::Value;

use super::super::CommandFailed;
use super::help;
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

/// Runs the command; findings go to `out`.
pub(super) fn run(arguments: &[String], out: &mut impl Write) -> Result<String, CommandFailed> {
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
    let text =
        fs::read_to_string(file).map_err(|e| usage(&format!("{file} can't be read: {e}")))?;
    let findings = findings(&text).map_err(|fault| usage(&format!("{file} {fault}")))?;
    if findings.is_empty() {
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

/// Everything that is wrong with a policy.
///
/// # Errors
/// Why the text is no policy that can be judged here.
fn findings(text: &str) -> Result<Vec<Finding>, String> {
    let json: Value = serde_json::from_str(text).map_err(|e| format!("is no JSON ({e})"))?;
    let policy = inside(&json);
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
fn inside(json: &Value) -> &Value {
    let paths = [
        "/Role/AssumeRolePolicyDocument",
        "/PolicyDocument",
        "/PolicyVersion/Document",
    ];
    paths
        .iter()
        .find_map(|path| json.pointer(path))
        .unwrap_or(json)
}
