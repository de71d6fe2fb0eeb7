//! Which certificates may take the role: what the trust policy pins, and what it must pin.

use std::collections::BTreeSet;

use super::certificate::{Bundle, is_of_sap};
use super::stack::Pair;

/// Fields that can name one workload; one of them must be pinned.
const NAMES: [&str; 4] = [SUBJECT_CN, "x509san/dns", "x509san/uri", "x509san/name/cn"];
const SUBJECT_CN: &str = "x509subject/cn";

/// What pinned fields lack to mean one workload and nobody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lack {
    /// The CA is SAP's: the CN, and a GUID that SAP sets.
    OfSap,
    /// A field that names the workload.
    Name,
    /// A second field that says something.
    Second,
}

/// Given pins before those of the certificate.
///
/// # Errors
/// Why they let too many in, and what to give.
pub(super) fn pins(given: Vec<Pair>, bundle: &Bundle) -> Result<Vec<Pair>, String> {
    let named = |pins: &[Pair], key: &str| {
        pins.iter()
            .find(|(k, _)| k.as_str() == key)
            .map(|(_, v)| v.as_str().to_owned())
    };
    let of_sap = bundle.of_sap || given.iter().any(|(k, v)| names_sap(k.as_str(), v.as_str()));
    let mut pins = given;
    // SAP changes its issuing CAs with landscape and time, and what it sets in the subject says more
    let derived = bundle
        .subject
        .iter()
        .chain(bundle.issuer.iter().filter(|_| !of_sap));
    for (key, value) in derived {
        if named(&pins, key.as_str()).is_none() {
            pins.push((key.clone(), value.clone()));
        }
    }
    pins.sort();
    let told = pins
        .iter()
        .map(|(key, value)| (key.as_str().to_ascii_lowercase(), value.as_str()));
    match lack(&told.collect::<Vec<_>>(), of_sap) {
        None => Ok(pins),
        Some(Lack::OfSap) => Err("the CA is SAP's and gives certificates with any CN to every SAP customer: pin what SAP sets as well. Give the service's own certificate in --certificate, or --pin x509Subject/CN=… with --pin x509Subject/L=…/<GUID> or --pin x509Subject/OU=…/<GUID>, exactly as the certificate says them".to_owned()),
        Some(Lack::Name) => Err("every certificate of the CA could take the role, because no field that names the service is pinned: give a certificate with a CN in --certificate, or --pin x509Subject/CN=… (or x509SAN/DNS, x509SAN/URI) as it will say it".to_owned()),
        Some(Lack::Second) => Err("one field is too little, because whoever asks a CA for a certificate may choose it, and O, ST and C are the same for many: give the certificate with its CA in --certificate, or a second one such as --pin x509Issuer/CN=…".to_owned()),
    }
}

/// The rule for what must be pinned, of `setup aws` and `setup lint`: a name of the workload and a
/// second field that says something; with SAP's CA the CN, and a GUID in L or OU.
///
/// `pins` are fields in small letters, because AWS does not look at the case of keys, and values.
pub(super) fn lack(pins: &[(String, &str)], of_sap: bool) -> Option<Lack> {
    let of_sap = of_sap || pins.iter().any(|(field, value)| names_sap(field, value));
    let has_guid = |wanted: &str| {
        let mut values = pins.iter().filter(|(field, _)| field == wanted).peekable();
        values.peek().is_some() && values.all(|(_, value)| has_uuid(value))
    };
    let fields: BTreeSet<&str> = pins
        .iter()
        .map(|(field, _)| field.as_str())
        .filter(|field| !is_common(field))
        .collect();
    let whose = has_guid("x509subject/l") || has_guid("x509subject/ou");
    if of_sap && !(whose && fields.contains(SUBJECT_CN)) {
        Some(Lack::OfSap)
    } else if !NAMES.iter().any(|name| fields.contains(name)) {
        Some(Lack::Name)
    } else if fields.len() < 2 {
        Some(Lack::Second)
    } else {
        None
    }
}

/// Whether many certificates say the same in this field. The issuer's O at least tells whose CA it is.
fn is_common(field: &str) -> bool {
    let last = field.rsplit('/').next().unwrap_or_default();
    ["c", "st"].contains(&last) || (last == "o" && field != "x509issuer/o")
}

/// Whether a pinned field says that the CA is SAP's.
fn names_sap(field: &str, value: &str) -> bool {
    match field.to_ascii_lowercase().as_str() {
        "x509issuer/cn" => is_of_sap(Some(value), None),
        "x509issuer/o" | "x509subject/o" => is_of_sap(None, Some(value)),
        "x509subject/ou" => value.starts_with("SAP "),
        _ => false,
    }
}

/// Whether a GUID is in the text; SAP puts those of subaccount and instance there.
fn has_uuid(text: &str) -> bool {
    let is_uuid = |candidate: &[u8]| {
        candidate.iter().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => *b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
    };
    text.as_bytes().windows(36).any(is_uuid)
}
