//! Certificates of an own CA and of one that calls itself SAP's, made here.

use std::fs;

use proptest::prelude::*;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

use super::super::{CommandFailed, certificate, setup};
use super::{ANCHOR, problems, run};

pub(super) struct Ca {
    params: CertificateParams,
    key: KeyPair,
    pub(super) pem: String,
}

fn params(name: &[(DnType, &str)]) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    for (kind, value) in name {
        params.distinguished_name.push(kind.clone(), *value);
    }
    params
}

fn ca_params(name: &[(DnType, &str)]) -> CertificateParams {
    let mut params = params(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

fn root_of(name: &[(DnType, &str)]) -> Ca {
    let (params, key) = (ca_params(name), KeyPair::generate().unwrap());
    let pem = params.self_signed(&key).unwrap().pem();
    Ca { params, key, pem }
}

impl Ca {
    fn below(&self, name: &[(DnType, &str)]) -> Self {
        let (params, key) = (ca_params(name), KeyPair::generate().unwrap());
        let issuer = Issuer::from_params(&self.params, &self.key);
        let pem = params.signed_by(&key, &issuer).unwrap().pem();
        Self { params, key, pem }
    }

    fn leaf(&self, name: &[(DnType, &str)], usage: KeyUsagePurpose) -> String {
        let mut params = params(name);
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![usage];
        let issuer = Issuer::from_params(&self.params, &self.key);
        let key = KeyPair::generate().unwrap();
        params.signed_by(&key, &issuer).unwrap().pem()
    }
}

const CN: DnType = DnType::CommonName;
const O: DnType = DnType::OrganizationName;
const OU: DnType = DnType::OrganizationalUnitName;
const L: DnType = DnType::LocalityName;
const SIGN: KeyUsagePurpose = KeyUsagePurpose::DigitalSignature;
const GUID: &str = "0d700f46-994b-4007-83b8-3e2f463b116f";

pub(super) fn own() -> (Ca, String) {
    let root = root_of(&[(O, "Example"), (CN, "Example Root")]);
    let issuing = root.below(&[(O, "Example"), (CN, "Example Issuing CA")]);
    let leaf = issuing.leaf(&[(O, "Example"), (CN, "btp-s3-catalog")], SIGN);
    let chain = format!("{leaf}{}{}", issuing.pem, root.pem);
    (root, chain)
}

/// As the Destination service gets them. rcgen keeps one value of a kind, so OU is one text here.
fn sap(leaf: &[(DnType, &str)]) -> (String, String) {
    let root = root_of(&[(O, "SAP SE"), (CN, "SAP Cloud Root CA")]);
    let issuing = root.below(&[(O, "SAP SE"), (CN, "SAP PKI Certificate Service Client CA")]);
    let cas = format!("{}{}", issuing.pem, root.pem);
    (issuing.leaf(leaf, SIGN) + &cas, cas)
}

/// `setup aws` with a file of certificates.
pub(super) fn with(pem: &str, more: &str) -> Result<String, CommandFailed> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("certificates.pem");
    fs::write(&file, pem).unwrap();
    run(&format!(
        "aws --source roles-anywhere --bucket b-1 --certificate {} {more}",
        file.display()
    ))
}

#[test]
fn the_topmost_ca_becomes_the_anchor_and_the_subject_is_pinned() {
    let (root, chain) = own();
    let template = with(&chain, "").unwrap();
    let indented = root
        .pem
        .trim()
        .lines()
        .map(|line| format!("            {}\n", line.trim()));
    assert!(
        template.contains(&indented.collect::<String>()),
        "{template}"
    );
    assert_eq!(template.matches("BEGIN CERTIFICATE").count(), 1);
    for pin in [
        "aws:SourceArn: !GetAtt TrustAnchor.TrustAnchorArn",
        "aws:PrincipalTag/x509Issuer/CN: \"Example Issuing CA\"",
        "aws:PrincipalTag/x509Subject/CN: btp-s3-catalog",
        "aws:PrincipalTag/x509Subject/O: Example",
    ] {
        assert!(template.contains(pin), "{pin} in\n{template}");
    }
    let other = with(&chain, "--pin x509Subject/CN=other").unwrap();
    assert!(other.contains("x509Subject/CN: other") && !other.contains("CN: btp-s3-catalog"));
    let existing = with(&chain, &format!("--trust-anchor-arn {ANCHOR}")).unwrap();
    assert!(existing.contains(&format!("aws:SourceArn: {ANCHOR}")) && !existing.contains("BEGIN"));
}

/// Every customer of SAP's gets certificates of these CAs, with a CN of their choice.
#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn the_shared_ca_of_sap_is_trusted_only_with_what_sap_sets() {
    let whose = format!("destination-configuration.cfapps.eu10.hana.ondemand.com/{GUID}");
    let unit = format!("SAP Cloud Platform Clients/EU10/{GUID}");
    let cn = (CN, "btp-s3-catalog");
    let (bare, cas) = sap(&[(O, "SAP SE"), cn.clone()]);
    let (vague, _) = sap(&[
        (O, "SAP SE"),
        (OU, "SAP Cloud Platform Clients"),
        (L, "EU10"),
        cn.clone(),
    ]);
    let (nameless, _) = sap(&[(O, "SAP SE"), (L, &whose)]);
    let leaf_alone = bare
        .split_inclusive("-----END CERTIFICATE-----\n")
        .next()
        .unwrap()
        .to_owned();
    for (pem, more) in [
        (&bare, ""),
        (&vague, ""),
        (&nameless, ""),
        (&cas, ""),
        (&cas, "--pin x509Subject/CN=btp-s3-catalog"),
        (
            &cas,
            "--pin x509Subject/CN=a --pin x509Subject/O=SAP --pin x509Subject/L=EU10",
        ),
        (&leaf_alone, &format!("--trust-anchor-arn {ANCHOR}")),
    ] {
        match with(pem, more) {
            Err(CommandFailed::Usage(said)) => {
                assert!(
                    said.contains("the CA is SAP's") && said.contains("--pin x509Subject/L"),
                    "{said}"
                );
            }
            other => panic!("{more}: {other:?}"),
        }
    }
    let (good, _) = sap(&[(O, "SAP SE"), (L, &whose), (OU, &unit), cn]);
    let template = with(&good, "").unwrap();
    assert!(
        template.contains(&format!("x509Subject/L: {whose}")),
        "{template}"
    );
    assert!(
        template.contains(&format!("x509Subject/OU: \"{unit}\"")),
        "{template}"
    );
    assert!(
        !template.contains("x509Issuer"),
        "SAP changes its issuing CAs: {template}"
    );
    let pinned = format!("--pin x509Subject/CN=a --pin x509Subject/L=x/{GUID}");
    with(&cas, &pinned).unwrap();
    for issuer in [
        "x509Issuer/O=SAP SE",
        "x509Issuer/CN=SAP Cloud Root CA",
        "x509Subject/OU=SAP BTP Clients",
    ] {
        let line = format!(
            "aws --source roles-anywhere --bucket b-1 --trust-anchor-arn {ANCHOR} --pin x509Subject/CN=a --pin"
        );
        let arguments = line
            .split_whitespace()
            .chain([issuer])
            .map(str::to_owned)
            .collect();
        let Err(CommandFailed::Usage(said)) = setup(arguments, &mut Vec::new(), &mut Vec::new())
        else {
            panic!("{issuer}")
        };
        assert!(said.contains("the CA is SAP's"), "{said}");
    }
}

#[test]
fn certificates_that_can_t_be_trusted_are_told_from_each_other() {
    let (root, chain) = own();
    let agreeing = root.leaf(&[(CN, "a")], KeyUsagePurpose::KeyAgreement);
    let stranger = root_of(&[(CN, "Other")]);
    for (pem, told) in [
        ("", "has no certificate"),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "no X.509 certificate",
        ),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n", "is damaged"),
        (&root.pem, "every certificate of the CA could take the role"),
        (
            &format!("{chain}{chain}"),
            "several end-entity certificates",
        ),
        (
            &format!("{}{}", root.pem, stranger.pem),
            "CAs of several chains",
        ),
        (
            &format!("{}{}", root.leaf(&[(CN, "a")], SIGN), stranger.pem),
            "none that issued",
        ),
        (
            &format!("{agreeing}{}", root.pem),
            "key usage lacks digitalSignature",
        ),
        (&root.leaf(&[(CN, "a")], SIGN), "no CA to trust"),
        (
            &format!("{}{}", root.leaf(&[(CN, "a\"b\n")], SIGN), root.pem),
            "characters in CN",
        ),
    ] {
        match with(pem, "") {
            Err(CommandFailed::Usage(said)) => assert!(said.contains(told), "{told}: {said}"),
            other => panic!("{told}: {other:?}"),
        }
    }
    assert!(
        problems("aws --source roles-anywhere --bucket b-1 --certificate /nowhere.pem")[0]
            .contains("can't be read")
    );
}

/// The rule of `setup lint`, for fields that are given by hand.
#[test]
fn pins_that_name_nobody_are_refused() {
    let line =
        format!("aws --source roles-anywhere --bucket b-1 --trust-anchor-arn {ANCHOR} --pin");
    let cn = "x509Subject/CN=a --pin";
    for (pins, told) in [
        (
            "x509Issuer/CN=CA --pin x509Subject/C=DE",
            "names the service",
        ),
        (
            "x509Issuer/CN=CA --pin x509Subject/O=Example",
            "names the service",
        ),
        (
            "x509Issuer/CN=CA --pin x509Subject/OU=Team",
            "names the service",
        ),
        (&format!("{cn} x509Subject/C=DE"), "one field is too little"),
        (
            &format!("{cn} x509Subject/O=Example"),
            "one field is too little",
        ),
    ] {
        let lines = problems(&format!("{line} {pins}"));
        assert!(lines[0].contains(told), "{pins}: {lines:?}");
    }
    for pins in [
        format!("{cn} x509Issuer/CN=CA"),
        format!("{cn} x509Issuer/O=Example"),
        "x509SAN/DNS=a.example --pin x509Issuer/CN=CA".to_owned(),
    ] {
        run(&format!("{line} {pins}")).unwrap();
    }
}

proptest! {
    #[test]
    fn any_bytes_are_a_certificate_or_refused(bytes in any::<Vec<u8>>(), at in 0_usize..2000, byte in any::<u8>()) {
        let _ = certificate::read(&bytes);
        // one byte of a good file changed
        let mut chain = own().1.into_bytes();
        if let Some(spoiled) = chain.get_mut(at) {
            *spoiled = byte;
        }
        let _ = certificate::read(&chain);
    }
}
