//! `--certificate FILE`: which CA becomes the trust anchor, and which fields a trust policy pins.
//!
//! Sources: IAM Roles Anywhere user guide, "Trust model" and "Trust policy" (what certificates must
//! be, how fields become tags). Nothing here checks signatures or dates: AWS does, at each session.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use x509_parser::pem::Pem;
use x509_parser::prelude::X509Certificate;

use super::names::{self, tag_text};
use super::stack::Pair;
use crate::btp::keystore::{tags, unfit};

/// What a file of certificates tells.
#[derive(Debug, Default)]
pub(super) struct Bundle {
    /// PEM of the topmost CA of the chain.
    pub(super) anchor: Option<String>,
    /// The leaf's subject.
    pub(super) subject: Vec<Pair>,
    /// The CN of whoever issues, or issued, the leaf.
    pub(super) issuer: Option<Pair>,
    /// Fields of the subject that have characters which AWS drops.
    pub(super) dropped: Vec<&'static str>,
    /// Whether the CA is one of SAP's, which every SAP customer gets certificates of.
    pub(super) of_sap: bool,
}

/// One certificate, as far as it matters here.
struct One {
    der: Vec<u8>,
    subject: Vec<u8>,
    issuer: Vec<u8>,
    is_ca: bool,
    fields: Vec<(&'static str, String)>,
    common_name: Option<String>,
    issuer_name: Option<String>,
    of_sap: bool,
}

/// Reads PEM in any order.
///
/// # Errors
/// What is wrong with it, as a sentence without its subject.
pub(super) fn read(file: &[u8]) -> Result<Bundle, String> {
    let mut all = Vec::new();
    for block in Pem::iter_from_buffer(file) {
        let block = block.map_err(|_| "is damaged: a PEM block can't be read".to_owned())?;
        if block.label == "CERTIFICATE" {
            let parsed = block.parse_x509();
            all.push(one(&parsed.map_err(|_| {
                "has a block that is no X.509 certificate".to_owned()
            })?)?);
        }
    }
    let (cas, leaves): (Vec<One>, Vec<One>) = all.into_iter().partition(|c| c.is_ca);
    if leaves.len() > 1 {
        return Err("has several end-entity certificates: leave the one that the service uses, with its CAs".to_owned());
    }
    let leaf = leaves.first();
    let lowest = match leaf {
        Some(leaf) => cas.iter().find(|ca| ca.subject == leaf.issuer),
        None => lowest(&cas)?,
    };
    if leaf.is_none() && lowest.is_none() {
        return Err(
            "has no certificate: write PEM, the service's certificate with its CAs".to_owned(),
        );
    }
    if lowest.is_none() && !cas.is_empty() {
        return Err("has CAs, but none that issued the certificate".to_owned());
    }
    let top = lowest.map(|lowest| topmost(lowest, &cas));
    let issuer = leaf
        .and_then(|leaf| leaf.issuer_name.as_deref())
        .or(lowest.and_then(|ca| ca.common_name.as_deref()));
    let fields = leaf.map(|leaf| leaf.fields.as_slice()).unwrap_or_default();
    let pin =
        |of: &str, field: &str, value: &str| names::pin(&format!("{of}/{field}={value}")).ok();
    Ok(Bundle {
        anchor: top.map(|ca| pem(&ca.der)),
        subject: fields
            .iter()
            .filter_map(|(field, value)| pin("x509Subject", field, value))
            .collect(),
        issuer: issuer.and_then(|name| pin("x509Issuer", "CN", name)),
        dropped: fields
            .iter()
            .filter(|(_, value)| !tag_text(value))
            .map(|(field, _)| *field)
            .collect(),
        of_sap: leaves.iter().chain(&cas).any(|c| c.of_sap),
    })
}

fn one(certificate: &X509Certificate<'_>) -> Result<One, String> {
    let is_ca = certificate.is_ca();
    let (subject, issuer) = (certificate.subject(), certificate.issuer());
    if let Some(fault) = unfit(certificate) {
        let name: String = subject
            .to_string()
            .chars()
            .flat_map(char::escape_debug)
            .collect();
        return Err(format!(
            "has a certificate that AWS refuses, \"{name}\": {fault}"
        ));
    }
    let (fields, of_issuer) = (tags(subject), tags(issuer));
    // a leaf that only says O=SAP SE of itself proves nothing; its issuer's name does
    let names: &[&[Field]] = if is_ca {
        &[&fields, &of_issuer]
    } else {
        &[&of_issuer]
    };
    let of_sap = names
        .iter()
        .any(|name| is_of_sap(value(name, "CN"), value(name, "O")));
    Ok(One {
        der: certificate.as_raw().to_vec(),
        subject: subject.as_raw().to_vec(),
        issuer: issuer.as_raw().to_vec(),
        is_ca,
        common_name: value(&fields, "CN").map(str::to_owned),
        issuer_name: value(&of_issuer, "CN").map(str::to_owned),
        of_sap,
        fields,
    })
}

type Field = (&'static str, String);

fn value<'a>(fields: &'a [Field], name: &str) -> Option<&'a str> {
    let found = fields.iter().find(|(it, _)| *it == name);
    found.map(|(_, value)| value.as_str())
}

/// "SAP Cloud Root CA", "SAP PKI Certificate Service Client CA", "SAP Cloud Platform Client CA", …
pub(super) fn is_of_sap(common_name: Option<&str>, organisation: Option<&str>) -> bool {
    let common_name = common_name.unwrap_or_default().to_lowercase();
    let organisation = organisation.unwrap_or_default().trim().to_lowercase();
    ["sap cloud ", "sap pki ", "sap passport "]
        .iter()
        .any(|name| common_name.starts_with(name))
        || ["sap se", "sap ag"].contains(&organisation.as_str())
}

/// The CA that has issued none of the others.
fn lowest(cas: &[One]) -> Result<Option<&One>, String> {
    let issues_another = |ca: &One| {
        cas.iter()
            .any(|other| other.issuer == ca.subject && other.subject != ca.subject)
    };
    let mut lowest = cas.iter().filter(|ca| !issues_another(ca));
    match (lowest.next(), lowest.next()) {
        (Some(_), Some(_)) => Err(
            "has CAs of several chains: leave the one that issued the service's certificate"
                .to_owned(),
        ),
        (first, _) => Ok(first),
    }
}

fn topmost<'a>(lowest: &'a One, cas: &'a [One]) -> &'a One {
    let mut top = lowest;
    // a ring of cross-signed CAs ends after as many steps as there are CAs
    for _ in cas {
        let above = cas
            .iter()
            .find(|ca| ca.subject == top.issuer && ca.subject != top.subject);
        top = above.unwrap_or(top);
    }
    top
}

fn pem(der: &[u8]) -> String {
    let encoded = STANDARD.encode(der);
    let mut lines = vec!["-----BEGIN CERTIFICATE-----"];
    let mut rest = encoded.as_str();
    while let Some((line, more)) = rest.split_at_checked(64) {
        lines.push(line);
        rest = more;
    }
    lines.extend((!rest.is_empty()).then_some(rest));
    lines.push("-----END CERTIFICATE-----");
    lines.join("\n")
}
