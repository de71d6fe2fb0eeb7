//! Amazon Resource Names, as far as settings need them.
//!
//! Source: IAM Roles Anywhere, `CreateSession` (patterns, alias ARNs). Checked loosely: AWS
//! adds partitions and forms faster than anybody adapts a pattern.

/// The parts of an ARN that have to agree with other settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Arn {
    pub(super) region: String,
    pub(super) account: String,
}

const LONGEST: usize = 1011;

/// Reads an ARN of `service` whose resource starts with one of `kinds`.
pub(super) fn parse(text: &str, service: &str, kinds: &[&str]) -> Result<Arn, String> {
    let expected = || {
        let place = if service == "iam" { "" } else { "<region>" };
        let forms: Vec<String> = kinds
            .iter()
            .map(|kind| format!("arn:aws:{service}:{place}:<account>:{kind}…"))
            .collect();
        format!("write an ARN of the form {}", forms.join(" or "))
    };
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", partition, of, region, account, resource] = parts.as_slice() else {
        return Err(expected());
    };
    let fits = *of == service
        && (*partition == "aws" || partition.starts_with("aws-"))
        && account.len() == 12
        && account.bytes().all(|b| b.is_ascii_digit())
        && region.is_empty() == (service == "iam")
        && kinds.iter().any(|kind| {
            resource
                .strip_prefix(kind)
                .is_some_and(|rest| !rest.is_empty())
        })
        && text.len() <= LONGEST
        && text.bytes().all(|b| b.is_ascii_graphic());
    if !fits {
        return Err(expected());
    }
    Ok(Arn {
        region: (*region).to_owned(),
        account: (*account).to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn roles_anchors_profiles_and_their_aliases_are_told_apart() {
        let role = |text| parse(text, "iam", &["role/"]).is_ok();
        assert!(role("arn:aws:iam::123456789012:role/path/name"));
        assert!(role("arn:aws-eusc:iam::123456789012:role/name"));
        for wrong in [
            "arn:aws:iam::123456789012:user/name",
            "arn:aws:iam:eu-central-1:123456789012:role/name",
            "arn:aws:iam::12345678901:role/name",
            "arn:aws:iam::123456789012:role/",
            "arn:aws:iam::123456789012:role/na me",
            "role/name",
            "",
        ] {
            assert!(!role(wrong), "{wrong}");
        }
        let anchor = |text| {
            parse(
                text,
                "rolesanywhere",
                &["trust-anchor/", "alias/trust-anchor/"],
            )
        };
        let arn = anchor("arn:aws:rolesanywhere:eu-central-1:123456789012:alias/trust-anchor/btp")
            .unwrap();
        assert_eq!(
            (arn.region.as_str(), arn.account.as_str()),
            ("eu-central-1", "123456789012")
        );
        assert!(anchor("arn:aws:rolesanywhere:eu-central-1:123456789012:profile/x").is_err());
    }
}
