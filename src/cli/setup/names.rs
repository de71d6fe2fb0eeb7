//! Names of AWS, SAP and this project as options give them: checked once, here.
//!
//! Every function answers with the rest of a sentence that starts with what was given.

use std::fmt;

/// A text that one of the functions of this file has accepted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Checked(String);

impl Checked {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

pub(super) type Named = Result<Checked, String>;

/// A general purpose bucket. Source: S3 user guide, "Bucket naming rules".
pub(super) fn bucket(text: &str) -> Named {
    let alphanumeric =
        |b: Option<u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let fits = (3..=63).contains(&text.len())
        && made_of(text, |b| {
            b.is_ascii_lowercase() || b.is_ascii_digit() || b".-".contains(&b)
        })
        && alphanumeric(text.bytes().next())
        && alphanumeric(text.bytes().last())
        && !text.contains("..")
        && text.parse::<std::net::Ipv4Addr>().is_err()
        && !["xn--", "sthree-", "amzn-s3-demo-"]
            .iter()
            .any(|p| text.starts_with(p))
        && !["-s3alias", "--ol-s3", "--x-s3", "--table-s3", ".mrap"]
            .iter()
            .any(|s| text.ends_with(s));
    checked(
        fits,
        text,
        "is no bucket name: write 3 to 63 small letters, digits, dots and hyphens",
    )
}

/// Of resources in AWS, and of the stack.
pub(super) fn resource(text: &str) -> Named {
    let fits = (1..=60).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && made_of(text, |b| b.is_ascii_alphanumeric() || b == b'-');
    checked(
        fits,
        text,
        "is no name: write up to 60 letters, digits and hyphens, a letter first",
    )
}

pub(super) fn region(text: &str) -> Named {
    let parts: Vec<&str> = text.split('-').collect();
    let fits = (3..=4).contains(&parts.len())
        && parts
            .last()
            .is_some_and(|n| n.len() == 1 && made_of(n, |b| b.is_ascii_digit()))
        && parts
            .iter()
            .rev()
            .skip(1)
            .all(|part| made_of(part, |b| b.is_ascii_lowercase()));
    checked(
        fits,
        text,
        "is no AWS region: write one such as eu-central-1",
    )
}

/// The partition of a region's ARNs.
pub(super) fn partition(region: &Checked) -> &'static str {
    match region.as_str().split('-').collect::<Vec<_>>().as_slice() {
        ["cn", ..] => "aws-cn",
        ["us", "gov", ..] => "aws-us-gov",
        ["eusc", ..] => "aws-eusc",
        _ => "aws",
    }
}

/// The domain of a region's endpoints.
pub(super) fn domain(region: &Checked) -> &'static str {
    match partition(region) {
        "aws-cn" => "amazonaws.com.cn",
        "aws-eusc" => "amazonaws.eu",
        _ => "amazonaws.com",
    }
}

pub(super) fn vpc_endpoint(text: &str) -> Named {
    let fits = text.strip_prefix("vpce-").is_some_and(|id| {
        (8..=17).contains(&id.len()) && made_of(id, |b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    });
    checked(
        fits,
        text,
        "is no VPC endpoint id: write vpce- and 17 hexadecimal digits",
    )
}

/// The endpoint's id out of the binding's host name, `*.vpce-<id>-<text>.s3.<region>.vpce.…`.
pub(super) fn private_link_host(text: &str) -> Named {
    let wrong = || {
        format!(
            "\"{}\" is no host name of S3 over Private Link: write the binding's hostname, *.vpce-….s3.<region>.vpce.amazonaws.com",
            shown(text)
        )
    };
    let labels: Vec<&str> = text.strip_prefix("*.").unwrap_or(text).split('.').collect();
    let [first, "s3", of, "vpce", rest @ ..] = labels.as_slice() else {
        return Err(wrong());
    };
    let id = first.rsplit_once('-').map_or(*first, |(id, _)| id);
    let region = region(of).map_err(|_| wrong())?;
    if rest.join(".") != domain(&region) {
        return Err(wrong());
    }
    vpc_endpoint(id).map_err(|_| wrong())
}

/// An ARN of `service`, whose resource starts with `kind`.
pub(super) fn arn(text: &str, service: &str, kind: &str) -> Named {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let fits = if let ["arn", partition, of, place, account, rest] = parts.as_slice() {
        ["aws", "aws-cn", "aws-us-gov", "aws-eusc"].contains(partition)
            && *of == service
            && (if service == "iam" {
                place.is_empty()
            } else {
                region(place).is_ok()
            })
            && account.len() == 12
            && made_of(account, |b| b.is_ascii_digit())
            && rest.strip_prefix(kind).is_some_and(|name| {
                made_of(name, |b| {
                    b.is_ascii_alphanumeric() || b"_+=,.@/-".contains(&b)
                })
            })
            && text.len() <= 1011
    } else {
        false
    };
    let place = if service == "iam" { "" } else { "<region>" };
    let form = format!("is not of the form arn:aws:{service}:{place}:<account>:{kind}…");
    checked(fits, text, &form)
}

/// An issuer as IAM takes it: https, a path perhaps, no port and no query. Answers without `https://`,
/// because condition keys and provider ARNs begin like this.
pub(super) fn issuer(text: &str) -> Named {
    let bare = text.strip_prefix("https://").unwrap_or_default();
    let (host, path) = bare.split_once('/').unwrap_or((bare, "path"));
    let fits = text.len() <= 255
        && host.contains('.')
        && host.split('.').all(|label| {
            made_of(label, |b| {
                b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'
            })
        })
        && path
            .split('/')
            .all(|part| made_of(part, |b| b.is_ascii_alphanumeric() || b"._~-".contains(&b)));
    checked(
        fits,
        text,
        "is no issuer that IAM takes: write https://<tenant>.accounts.ondemand.com as the tenant's tokens say it, without a slash at the end",
    )?;
    Ok(Checked(bare.to_owned()))
}

pub(super) fn client_id(text: &str) -> Named {
    let fits =
        text.len() <= 255 && made_of(text, |b| b.is_ascii_alphanumeric() || b"._:/-".contains(&b));
    checked(
        fits,
        text,
        "is no client id: write the clientid of the identity binding",
    )
}

/// Source: AWS STS, `AssumeRole`.
pub(super) fn external_id(text: &str) -> Named {
    let fits = (2..=1224).contains(&text.len())
        && made_of(text, |b| {
            b.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&b)
        });
    checked(
        fits,
        text,
        "is no external id: write 2 to 1224 letters, digits or _+=,.@:/-",
    )
}

/// The name of a key store in the Destination service, with the ending that it asks for.
pub(super) fn key_store(text: &str) -> Named {
    let fits = text.len() <= 64
        && made_of(text, |b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        && text.rsplit_once('.').is_some_and(|(name, kind)| {
            !name.is_empty() && ["p12", "pfx", "jks", "pem", "crt", "cer"].contains(&kind)
        });
    checked(
        fits,
        text,
        "is no name of a key store: write up to 64 letters, digits, dots, hyphens or underscores with the ending .p12, .pfx, .jks or .pem",
    )
}

/// `key=value` of a resource tag.
pub(super) fn tag(text: &str) -> Result<(Checked, Checked), String> {
    let (key, value) = text.split_once('=').unwrap_or((text, "\n"));
    let fits = (1..=128).contains(&key.chars().count())
        && value.chars().count() <= 256
        && tag_text(key)
        && tag_text(value)
        && !key.to_ascii_lowercase().starts_with("aws:");
    checked(
        fits,
        text,
        "is no tag: write key=value of letters, digits, blanks or _.:/=+-@, the key not beginning with aws:",
    )?;
    Ok((Checked(key.to_owned()), Checked(value.to_owned())))
}

/// `x509Subject/CN=value`, a part of the tag that Roles Anywhere makes of a certificate.
pub(super) fn pin(text: &str) -> Result<(Checked, Checked), String> {
    let (key, value) = text.split_once('=').unwrap_or((text, ""));
    let fits = key.split_once('/').is_some_and(|(of, field)| match of {
        "x509Subject" | "x509Issuer" => FIELDS.contains(&field),
        "x509SAN" => ["DNS", "URI", "Name/CN"].contains(&field),
        _ => false,
    });
    let usable = fits && !value.is_empty() && tag_text(value);
    checked(
        usable,
        text,
        "is no pin: write x509Subject/CN=…, x509Subject/L=…, x509Subject/OU=…, x509Issuer/CN=… or x509SAN/DNS=… with the certificate's exact value; several values of one field are joined with /",
    )?;
    Ok((Checked(key.to_owned()), Checked(value.to_owned())))
}

/// The fields of a subject or issuer that become tags.
pub(super) const FIELDS: [&str; 6] = ["CN", "OU", "O", "L", "ST", "C"];

/// What a tag may consist of; Roles Anywhere drops a field that has anything else in it.
pub(super) fn tag_text(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c))
}

fn made_of(text: &str, allowed: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(allowed)
}

fn checked(fits: bool, text: &str, fault: &str) -> Named {
    if fits {
        Ok(Checked(text.to_owned()))
    } else {
        Err(format!("\"{}\" {fault}", shown(text)))
    }
}

/// A text in a message: no control characters, not endless.
fn shown(text: &str) -> String {
    text.chars()
        .take(120)
        .flat_map(char::escape_debug)
        .collect()
}

#[cfg(test)]
mod tests;
