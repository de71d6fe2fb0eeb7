//! Which certificates may take the role: what the trust policy pins, and what it must pin.

use super::certificate::{Bundle, is_of_sap};
use super::stack::Pair;

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
    let of_subject = pins
        .iter()
        .any(|(key, _)| !key.as_str().starts_with("x509Issuer/"));
    if of_sap {
        let told = |key| named(&pins, key).is_some_and(|value| has_uuid(&value));
        let whose = told("x509Subject/L") || told("x509Subject/OU");
        if !whose || named(&pins, "x509Subject/CN").is_none() {
            return Err("the CA is SAP's and gives certificates with any CN to every SAP customer: pin what SAP sets as well. Give the service's own certificate in --certificate, or --pin x509Subject/CN=… with --pin x509Subject/L=…/<GUID> or --pin x509Subject/OU=…/<GUID>, exactly as the certificate says them".to_owned());
        }
    } else if !of_subject {
        return Err("every certificate of the CA could take the role: give the service's own certificate in --certificate, or --pin x509Subject/CN=… as it will say it".to_owned());
    } else if pins.len() < 2 {
        return Err("one field is too little, because whoever asks a CA for a certificate may choose it: give the certificate with its CA in --certificate, or a second one such as --pin x509Issuer/CN=…".to_owned());
    }
    Ok(pins)
}

/// Whether a pinned field says that the CA is SAP's; AWS does not look at the case of keys.
pub(super) fn names_sap(field: &str, value: &str) -> bool {
    match field.to_ascii_lowercase().as_str() {
        "x509issuer/cn" => is_of_sap(Some(value), None),
        "x509issuer/o" | "x509subject/o" => is_of_sap(None, Some(value)),
        "x509subject/ou" => value.starts_with("SAP "),
        _ => false,
    }
}

/// Whether a GUID is in the text; SAP puts those of subaccount and instance there.
pub(super) fn has_uuid(text: &str) -> bool {
    let is_uuid = |candidate: &[u8]| {
        candidate.iter().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => *b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
    };
    text.as_bytes().windows(36).any(is_uuid)
}
