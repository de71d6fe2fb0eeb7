//! Where everything is: for people on standard output, for programs in the ready file.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use sandbox::Sandbox;
use sandbox::bindings::{CredentialSource, private_link_host};
use sandbox::people::PEOPLE;
use sandbox::pki::Key;
use serde_json::{Map, Value, json};

use super::folder::{Folder, write_private};

#[derive(Debug)]
pub(crate) struct Report<'a> {
    pub(crate) sandbox: &'a Sandbox,
    pub(crate) source: CredentialSource,
    pub(crate) service: String,
    pub(crate) page: &'a str,
    pub(crate) environment: &'a BTreeMap<String, String>,
    pub(crate) folder: &'a Folder,
}

impl Report<'_> {
    fn urls(&self) -> [(&'static str, String); 11] {
        let Sandbox {
            aws,
            identity,
            destination,
            credential_store,
            ..
        } = self.sandbox;
        [
            ("s3", aws.s3.https.clone()),
            ("s3_http", aws.s3.http.clone()),
            ("sts", aws.sts.https.clone()),
            ("sts_http", aws.sts.http.clone()),
            ("roles_anywhere", aws.roles_anywhere.https.clone()),
            ("roles_anywhere_http", aws.roles_anywhere.http.clone()),
            ("identity", identity.issuer().to_owned()),
            ("destination", destination.uri().to_owned()),
            ("destination_tokens", destination.token_url().to_owned()),
            ("credential_store", credential_store.url()),
            (
                "credential_store_certificate",
                credential_store.certificate_url(),
            ),
        ]
    }

    fn tokens(&self) -> Map<String, Value> {
        let token = |person| json!(self.sandbox.identity.user_token(person));
        PEOPLE
            .iter()
            .map(|person| (person.id.to_owned(), token(person)))
            .collect()
    }

    /// Writes the ready file; a reader sees all of it or nothing.
    pub(crate) fn write_ready_file(&self, path: &Path) -> io::Result<()> {
        let aws = &self.sandbox.aws;
        let urls: Map<String, Value> = self
            .urls()
            .into_iter()
            .map(|(name, url)| (name.to_owned(), json!(url)))
            .collect();
        // Another one than the service's, for other programs.
        let intermediate = aws
            .authority
            .intermediate("Sandbox Workload Intermediate CA", Key::P256)?;
        let issued = intermediate.issue(&self.sandbox.workload_leaf())?;
        self.sandbox.core.ledger.secret(&issued.key_pem);
        let content = json!({
            "service": self.service,
            "page": self.page,
            "token": self.tokens(),
            "urls": urls,
            "ca": self.ca(),
            "credential_source": self.source.as_str(),
            "identity": {
                "issuer": self.sandbox.identity.issuer(),
                "client_id": self.sandbox.identity.client_id(),
                "app_tid": self.sandbox.identity.app_tid(),
            },
            "aws": {
                "region": aws.account.region,
                "account": aws.account.id,
                "role_arn": aws.role_arn,
                "trust_anchor_arn": aws.trust_anchor_arn,
                "profile_arn": aws.profile_arn,
                "external_id": aws.external_id,
            },
            "workload": {
                "certificate": self.folder.write("workload.pem", &issued.certificate_pem)?,
                "private_key": self.folder.write("workload.key", &issued.key_pem)?,
                "intermediates": self.folder.write("workload-chain.pem", &issued.chain_pem)?,
            },
            "environment": self.environment,
        });
        write_private(path, &format!("{content:#}\n"))
    }

    fn ca(&self) -> &str {
        self.environment
            .get("CATALOG_CA_BUNDLE")
            .map(String::as_str)
            .unwrap_or_default()
    }

    /// Prints everything that somebody needs to go on.
    pub(crate) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let (page, service) = (self.page, &self.service);
        writeln!(
            out,
            "\nThe S3 catalogue runs. Open the page:\n\n    {page}\n"
        )?;
        writeln!(out, "Users (no passwords), and what they may do:")?;
        for person in PEOPLE {
            writeln!(out, "    {:<6} {}", person.id, person.may)?;
        }
        writeln!(out, "\nService          {service}/catalog/")?;
        writeln!(out, "Credentials by   {}", self.source)?;
        writeln!(
            out,
            "\nStand-ins, all on loopback, all verifying what they are sent:"
        )?;
        for (name, url) in self.urls() {
            writeln!(out, "    {name:<29} {url}")?;
        }
        writeln!(out, "    {:<29} {}", "certificate authority", self.ca())?;
        self.print_simulated(out)?;
        let token = self.tokens().remove("alice").unwrap_or_default();
        let token = token.as_str().unwrap_or_default();
        writeln!(
            out,
            "\nTry it as alice (a token of this sandbox, worth nothing elsewhere):\n\n\
             curl -H 'Authorization: Bearer {token}' '{service}/catalog/Buckets'\n\n\
             Ctrl-C ends everything."
        )?;
        out.flush()
    }

    fn print_simulated(&self, out: &mut impl Write) -> io::Result<()> {
        let host = private_link_host(&self.sandbox.aws.account.region);
        writeln!(
            out,
            "\nSimulated: AWS (S3, STS, IAM Roles Anywhere), SAP Destination service with XSUAA,\n\
             SAP Cloud Identity Services, SAP Credential Store, the approuter. The Private Link\n\
             binding names {host};\n\
             nothing answers there, CATALOG_S3_ENDPOINT leads to the stand-in instead. Real are the\n\
             service, the protocols, the signatures and the certificates."
        )
    }
}
