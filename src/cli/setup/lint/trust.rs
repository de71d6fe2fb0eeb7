//! Trust policies: who may take the role.

use super::super::pins::{Lack, lack};
use super::Finding;
use super::statement::Statement;

const ROLES_ANYWHERE: &str = "rolesanywhere.amazonaws.com";
const TAG: &str = "aws:principaltag/";

pub(super) fn findings(statements: &[Statement]) -> Vec<Finding> {
    let allowing = statements.iter().filter(|s| s.allows);
    let mut findings: Vec<Finding> = allowing.flat_map(statement).collect();
    findings.extend(missing_actions(statements));
    findings
}

fn statement(statement: &Statement) -> Vec<Finding> {
    let mut findings = Vec::new();
    if statement.has("NotPrincipal") {
        findings.push(statement.finding(
            "Allow with NotPrincipal",
            "everybody else in the world may take the role",
            "name in Principal who may",
        ));
        return findings;
    }
    if statement.has("NotAction") {
        findings.push(statement.finding(
            "Allow with NotAction",
            "every other action is given",
            "name the actions in Action",
        ));
    }
    if statement.has("Resource") || statement.has("NotResource") {
        findings.push(statement.finding(
            "a Resource in a trust policy",
            "AWS takes none: the role is meant",
            "leave it out",
        ));
    }
    let named = statement.principal.as_ref().map(|p| p.0.as_slice());
    if named.is_none_or(<[_]>::is_empty) {
        findings.push(statement.finding(
            "Allow without a Principal",
            "in a trust policy it stands open who may take the role",
            "name the user, the OIDC provider or rolesanywhere.amazonaws.com",
        ));
    }
    for (kind, name) in named.unwrap_or_default() {
        findings.extend(match (kind.as_str(), name.as_str()) {
            (_, "*") => vec![statement.finding(
                "Principal \"*\"",
                "everybody with any AWS account may take the role, as far as conditions let them",
                "name the user, the OIDC provider or rolesanywhere.amazonaws.com",
            )],
            ("Service", ROLES_ANYWHERE) => certificate(statement),
            ("Federated", provider) if !provider.contains(":saml-provider/") => {
                token(statement, provider)
            }
            ("AWS", name) => key(statement, name),
            (kind, name) => vec![statement.finding(
                &format!("{kind} {name} may take the role"),
                "the catalogue needs nobody but Roles Anywhere, an OIDC provider or an IAM user",
                "give others a role of their own",
            )],
        });
    }
    findings
}

/// Roles Anywhere: the anchor, and fields of the certificate that its owner can't choose.
fn certificate(statement: &Statement) -> Vec<Finding> {
    let mut findings = actions(
        statement,
        &["sts:assumerole", "sts:tagsession", "sts:setsourceidentity"],
    );
    if !statement.gives("sts:assumerole") {
        return findings;
    }
    findings.extend(statement.unpinned(
        "aws:SourceArn",
        "every trust anchor of the account, also one made later, leads to the role",
        "write \"ArnEquals\": {\"aws:SourceArn\": \"arn:aws:rolesanywhere:<region>:<account>:trust-anchor/<id>\"}",
    ));
    let anchors = statement.on(|key| key == "aws:sourcearn");
    let strange = |arn: &&String| !arn.contains(":trust-anchor/");
    if let Some(arn) = anchors.iter().flat_map(|c| &c.values).find(strange) {
        findings.push(statement.finding(
            &format!("aws:SourceArn {arn}"),
            "Roles Anywhere sends the ARN of the trust anchor, so this never fits",
            "write the trust anchor's ARN",
        ));
    }
    findings.extend(fields(statement));
    findings
}

fn fields(statement: &Statement) -> Vec<Finding> {
    let conditions = statement.on(|key| key.starts_with("aws:principaltag/x509"));
    let (pins, weak): (Vec<_>, Vec<_>) =
        conditions.into_iter().partition(|c| c.weakness().is_none());
    let write = "write \"StringEquals\": {\"aws:PrincipalTag/x509Subject/CN\": \"…\", \"aws:PrincipalTag/x509Issuer/CN\": \"…\"} with the exact values";
    let mut findings: Vec<Finding> = weak
        .iter()
        .filter_map(|c| Some(statement.finding(&c.shown(), c.weakness()?, write)))
        .collect();
    let mut told = Vec::new();
    for pin in pins {
        let key = pin.key.to_ascii_lowercase();
        let field = key.strip_prefix(TAG).unwrap_or_default();
        told.extend(pin.values.iter().map(|v| (field.to_owned(), v.as_str())));
    }
    let (what, why, write) = match lack(&told, false) {
        None => return findings,
        Some(Lack::OfSap) => (
            "the CA is SAP's, and CN or what SAP sets is not pinned",
            "every SAP customer gets certificates of it with any CN",
            "add aws:PrincipalTag/x509Subject/CN, and /L and /OU with the GUIDs that the certificate says",
        ),
        Some(Lack::Name) => (
            "no field of the certificate that names the workload is pinned",
            "every certificate of the CA that says the same in the rest may take the role",
            write,
        ),
        Some(Lack::Second) => (
            "one field of the certificate is pinned",
            "whoever asks a CA for a certificate may choose it, and O, ST and C are the same for many",
            "add aws:PrincipalTag/x509Issuer/CN, or with SAP's CA x509Subject/L and x509Subject/OU",
        ),
    };
    findings.push(statement.finding(what, why, write));
    findings
}

/// Web identity: audience and subject of this provider's tokens.
fn token(statement: &Statement, provider: &str) -> Vec<Finding> {
    let mut findings = actions(
        statement,
        &[
            "sts:assumerolewithwebidentity",
            "sts:tagsession",
            "sts:setsourceidentity",
        ],
    );
    let issuer = provider
        .split_once(":oidc-provider/")
        .map_or(provider, |(_, issuer)| issuer);
    if issuer.contains('*') {
        findings.push(statement.finding(
            &format!("Federated {provider}"),
            "a pattern names no provider",
            "write the provider's ARN",
        ));
    }
    if !statement.gives("sts:assumerolewithwebidentity") {
        return findings;
    }
    for (claim, why) in [
        (
            "aud",
            "tokens for every application that the provider knows let in",
        ),
        (
            "sub",
            "every user of the application gets tokens with the same aud, and could take the role with them",
        ),
    ] {
        let key = format!("{issuer}:{claim}");
        let write = format!(
            "write \"StringEquals\": {{\"{key}\": \"<clientid of the identity binding>\"}}"
        );
        findings.extend(statement.unpinned(&key, why, &write));
    }
    findings
}

/// An IAM user, and the external id.
fn key(statement: &Statement, name: &str) -> Vec<Finding> {
    let mut findings = actions(
        statement,
        &["sts:assumerole", "sts:tagsession", "sts:setsourceidentity"],
    );
    let is_account = name.ends_with(":root") || name.bytes().all(|b| b.is_ascii_digit());
    if is_account {
        findings.push(statement.finding(
            &format!("AWS {name} is a whole account"),
            "whoever may do sts:AssumeRole in it may take the role",
            "name the user: arn:aws:iam::<account>:user/btp-s3-catalog",
        ));
    } else if name.contains(['*', '?']) {
        findings.push(statement.finding(
            &format!("AWS {name}"),
            "a pattern names nobody, and AWS refuses it",
            "name the user",
        ));
    }
    if statement.gives("sts:assumerole") {
        findings.extend(statement.unpinned(
            "sts:ExternalId",
            "the user's key alone is enough, also for somebody who found it",
            "write \"StringEquals\": {\"sts:ExternalId\": \"<random text>\"} and set external_id",
        ));
    }
    findings
}

/// Patterns, and actions that the way in has no use for.
fn actions(statement: &Statement, known: &[&str]) -> Vec<Finding> {
    let known_text = known.join(", ");
    let unknown = statement
        .actions
        .iter()
        .filter(|action| !known.contains(&action.to_ascii_lowercase().as_str()));
    let finding = |action: &String| {
        if action.contains(['*', '?']) {
            let write = format!("name what is needed of {known_text}");
            statement.finding(
                &format!("Action \"{action}\""),
                "a pattern gives more than is needed",
                &write,
            )
        } else {
            let write = format!("leave it out; {known_text} are all that can be needed");
            statement.finding(
                &format!("Action {action}"),
                "this way in has no use for it",
                &write,
            )
        }
    };
    unknown.map(finding).collect()
}

/// Without these the session is refused; they may stand in statements of their own.
fn missing_actions(statements: &[Statement]) -> Vec<Finding> {
    let of = |kind: &'static str, fits: fn(&str) -> bool| -> Vec<&Statement> {
        let names = |s: &&Statement| {
            let principal = s
                .principal
                .as_ref()
                .filter(|_| s.allows && !s.has("NotPrincipal"));
            principal.is_some_and(|p| p.0.iter().any(|(k, name)| k == kind && fits(name)))
        };
        statements.iter().filter(names).collect()
    };
    let groups: [(Vec<&Statement>, &[&str], &str); 2] = [
        (
            of("Service", |name| name == ROLES_ANYWHERE),
            &["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
            "CreateSession of Roles Anywhere is denied without it",
        ),
        (
            of("Federated", |name| !name.contains(":saml-provider/")),
            &["sts:AssumeRoleWithWebIdentity"],
            "the token can't be exchanged",
        ),
    ];
    let mut findings = Vec::new();
    for (group, needed, why) in groups {
        let Some(first) = group.first() else {
            continue;
        };
        for action in needed {
            if !group.iter().any(|s| s.gives(&action.to_ascii_lowercase())) {
                findings.push(first.finding(
                    &format!("{action} is missing"),
                    why,
                    &format!("add {action} to Action"),
                ));
            }
        }
    }
    findings
}
