//! Permissions of a role or user: no more than the catalogue needs.

use super::super::policies::known_actions;
use super::Finding;
use super::statement::Statement;

const LIST: &str = "s3:listallmybuckets";

pub(super) fn findings(statement: &Statement) -> Vec<Finding> {
    if !statement.allows {
        return Vec::new();
    }
    let mut known = known_actions();
    known.push("sts:assumerole".to_owned());
    let lower = statement.lower_actions();
    let mut findings = Vec::new();
    for key in ["NotAction", "NotResource"] {
        if statement.has(key) {
            let write = format!("name what is meant in {}", key.trim_start_matches("Not"));
            findings.push(statement.finding(
                &format!("Allow with {key}"),
                "everything else is given, also what AWS adds later",
                &write,
            ));
        }
    }
    for action in &statement.actions {
        if action.contains(['*', '?']) {
            findings.push(statement.finding(&format!("Action \"{action}\""), "a pattern gives more than is needed", "write the actions of deploy/aws/role-permissions.json or role-permissions-write.json"));
        } else if !known.contains(&action.to_ascii_lowercase()) {
            findings.push(statement.finding(
                &format!("Action {action}"),
                "the catalogue never asks for it",
                "leave it out",
            ));
        }
    }
    let only_lists = !lower.is_empty() && lower.iter().all(|action| action == LIST);
    if !only_lists && let Some(resource) = statement.resources.iter().find(|arn| is_wide(arn)) {
        findings.push(statement.finding(
            &format!("Resource \"{resource}\""),
            "buckets or roles are meant that nobody thought of",
            "name each: arn:aws:s3:::<bucket>, arn:aws:s3:::<bucket>/*, or the role's ARN",
        ));
    }
    let variable = |arn: &&String| arn.contains("${");
    if let Some(resource) = statement.resources.iter().find(variable) {
        findings.push(statement.finding(
            &format!("Resource \"{resource}\""),
            "a policy variable takes its value from the caller",
            "write the name itself",
        ));
    }
    if lower
        .iter()
        .any(|action| action.starts_with("s3:") || action == "*")
    {
        findings.extend(statement.unpinned(
            "aws:SourceVpce",
            "a session that got lost is good from everywhere",
            "write \"StringEquals\": {\"aws:SourceVpce\": \"vpce-…\"} with the Private Link endpoint",
        ));
    }
    findings
}

/// Whether a pattern stands for more than the keys of one bucket's objects.
fn is_wide(resource: &str) -> bool {
    let parts: Vec<&str> = resource.splitn(6, ':').collect();
    let checked = match parts.as_slice() {
        ["arn", partition, "s3", "", "", name] => {
            let bucket = name.split('/').next().unwrap_or_default();
            [*partition, bucket]
        }
        _ => [resource, ""],
    };
    checked.iter().any(|part| part.contains(['*', '?']))
}
