//! Roots and intermediates, and what they issue.

use std::io;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, SerialNumber,
};
use time::Duration;

use super::{Key, Leaf};
use crate::clock::Clock;

/// A certificate authority: a root, or an intermediate below one.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: Certificate,
    pem: String,
    /// This authority and those above it, without the root: what a leaf's chain shows.
    path: Vec<(String, Vec<u8>)>,
    clock: Clock,
}

/// An end-entity certificate with its key and its chain.
#[derive(Clone)]
pub struct Issued {
    /// The certificate, PEM.
    pub certificate_pem: String,
    /// The certificate, DER.
    pub certificate_der: Vec<u8>,
    /// Intermediates as PEM, the leaf's issuer first, without the root; may be empty.
    pub chain_pem: String,
    /// The same, DER each.
    pub chain_der: Vec<Vec<u8>>,
    /// Private key, PKCS#8 PEM.
    pub key_pem: String,
    /// Private key, PKCS#8 DER.
    pub key_der: Vec<u8>,
    /// Serial number, big-endian.
    pub serial: Vec<u8>,
}

impl Issued {
    /// The certificate followed by its intermediates, as TLS servers and key stores hold them.
    pub fn certificate_and_chain_pem(&self) -> String {
        format!("{}{}", self.certificate_pem, self.chain_pem)
    }
}

impl std::fmt::Debug for Issued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issued")
            .field("serial", &self.serial)
            .finish_non_exhaustive()
    }
}

impl Authority {
    /// A self-signed root, valid for ten years around now.
    pub fn root(common_name: &str, key: Key, clock: &Clock) -> io::Result<Self> {
        let pair = key.pair(ROOT_KEY_NUMBER)?;
        let params = ca_params(common_name, clock)?;
        let certificate = params.self_signed(&pair).map_err(io::Error::other)?;
        let pem = certificate.pem();
        Ok(Self {
            issuer: Issuer::new(params, pair),
            certificate,
            pem,
            path: Vec::new(),
            clock: clock.clone(),
        })
    }

    /// An intermediate below this authority.
    pub fn intermediate(&self, common_name: &str, key: Key) -> io::Result<Self> {
        let pair = key.pair(ROOT_KEY_NUMBER)?;
        let params = ca_params(common_name, &self.clock)?;
        let certificate = params
            .signed_by(&pair, &self.issuer)
            .map_err(io::Error::other)?;
        let pem = certificate.pem();
        let mut path = vec![(pem.clone(), certificate.der().to_vec())];
        path.extend_from_slice(&self.path);
        Ok(Self {
            issuer: Issuer::new(params, pair),
            certificate,
            pem,
            path,
            clock: self.clock.clone(),
        })
    }

    /// The last of `count` intermediates below this authority, each below the one before.
    pub fn intermediates(&self, count: usize, key: Key) -> io::Result<Option<Self>> {
        let mut last = None;
        for number in 1..=count {
            let above = last.as_ref().unwrap_or(self);
            last = Some(above.intermediate(&format!("Sandbox Intermediate {number}"), key)?);
        }
        Ok(last)
    }

    /// This authority's certificate, PEM.
    pub fn certificate_pem(&self) -> &str {
        &self.pem
    }

    /// This authority's certificate, DER.
    pub fn certificate_der(&self) -> &[u8] {
        self.certificate.der()
    }

    /// Issues an end-entity certificate.
    pub fn issue(&self, leaf: &Leaf) -> io::Result<Issued> {
        let pair = leaf.key.pair(leaf.key_number)?;
        let serial = match &leaf.serial {
            Some(serial) => serial.clone(),
            None => random_serial()?,
        };
        let mut params = CertificateParams::new(leaf.names.clone()).map_err(io::Error::other)?;
        params.distinguished_name = distinguished_name(&leaf.subject)?;
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        params.not_before = leaf.not_before;
        params.not_after = leaf.not_after;
        params.use_authority_key_identifier_extension = true;
        params.is_ca = if leaf.ca {
            IsCa::Ca(BasicConstraints::Unconstrained)
        } else {
            IsCa::ExplicitNoCa
        };
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        if !leaf.names.is_empty() {
            params
                .extended_key_usages
                .push(ExtendedKeyUsagePurpose::ServerAuth);
        }
        if leaf.digital_signature {
            params.key_usages.push(KeyUsagePurpose::DigitalSignature);
        }
        let certificate = params
            .signed_by(&pair, &self.issuer)
            .map_err(io::Error::other)?;
        Ok(Issued {
            certificate_pem: certificate.pem(),
            certificate_der: certificate.der().to_vec(),
            chain_pem: self.path.iter().map(|(pem, _)| pem.as_str()).collect(),
            chain_der: self.path.iter().map(|(_, der)| der.clone()).collect(),
            key_pem: pair.serialize_pem(),
            key_der: pair.serialize_der(),
            serial,
        })
    }
}

/// RSA authorities must not share a key with the leaves, whose numbers start at 0.
const ROOT_KEY_NUMBER: u8 = u8::MAX;

fn ca_params(common_name: &str, clock: &Clock) -> io::Result<CertificateParams> {
    let mut params = CertificateParams::default();
    params.distinguished_name = distinguished_name(&[
        ("C", "DE".to_owned()),
        ("O", "Sandbox".to_owned()),
        ("CN", common_name.to_owned()),
    ])?;
    params.serial_number = Some(SerialNumber::from_slice(&random_serial()?));
    params.not_before = clock.utc() - Duration::days(3650);
    params.not_after = clock.utc() + Duration::days(3650);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

fn distinguished_name(parts: &[(&str, String)]) -> io::Result<DistinguishedName> {
    let mut name = DistinguishedName::new();
    for (kind, value) in parts {
        let kind = match *kind {
            "C" => DnType::CountryName,
            "O" => DnType::OrganizationName,
            "OU" => DnType::OrganizationalUnitName,
            "L" => DnType::LocalityName,
            "ST" => DnType::StateOrProvinceName,
            "CN" => DnType::CommonName,
            other => {
                return Err(io::Error::other(format!(
                    "no relative distinguished name is called {other}"
                )));
            }
        };
        name.push(kind, value.clone());
    }
    Ok(name)
}

/// 16 octets, positive and without leading zeros.
fn random_serial() -> io::Result<Vec<u8>> {
    let mut serial = [0; 16];
    aws_lc_rs::rand::fill(&mut serial).map_err(|_| io::Error::other("no randomness"))?;
    if let Some(first) = serial.first_mut() {
        *first = (*first & 0x7f) | 0x40;
    }
    Ok(serial.to_vec())
}
