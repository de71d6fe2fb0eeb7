//! Where everything is: for people on standard output, for programs in the ready file.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use sandbox::Sandbox;
use sandbox::aws::WORKLOAD_AUDIENCE;
use sandbox::bindings::{CredentialSource, private_link_host};
use sandbox::people::{PEOPLE, Person, named};
use sandbox::pki::Key;
use serde_json::{Map, Value, json};

use super::folder::{Folder, write_private};

#[derive(Debug)]
pub(crate) struct Report<'a> {
    pub(crate) sandbox: &'a Sandbox,
    pub(crate) source: CredentialSource,
    pub(crate) service: String,
    pub(crate) page: &'a str,
    pub(crate) page_is_built: bool,
    pub(crate) environment: &'a BTreeMap<String, String>,
    pub(crate) folder: &'a Folder,
}

impl Report<'_> {
    fn urls(&self) -> [(&'static str, String); 13] {
        let Sandbox {
            aws,
            identity,
            xsuaa,
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
            ("outbound_issuer", aws.outbound.issuer().to_owned()),
            ("identity", identity.issuer().to_owned()),
            ("xsuaa", xsuaa.url().to_owned()),
            ("destination", destination.uri().to_owned()),
            ("destination_tokens", destination.token_url().to_owned()),
            ("credential_store", credential_store.url()),
            (
                "credential_store_certificate",
                credential_store.certificate_url(),
            ),
        ]
    }

    /// A token for each person, by one of the two services that give some.
    fn tokens(token: impl Fn(&'static Person) -> String) -> Map<String, Value> {
        PEOPLE
            .iter()
            .map(|person| (person.id.to_owned(), json!(token(person))))
            .collect()
    }

    /// What an AWS workload has in its environment.
    fn workload_environment(&self) -> [(&'static str, String); 5] {
        let aws = &self.sandbox.aws;
        let session = aws.workload_session();
        [
            ("AWS_REGION", aws.account.region.clone()),
            ("AWS_ENDPOINT_URL_STS", aws.sts.http.clone()),
            ("AWS_ACCESS_KEY_ID", session.access_key_id),
            ("AWS_SECRET_ACCESS_KEY", session.secret_access_key),
            ("AWS_SESSION_TOKEN", session.session_token),
        ]
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
            "token": Self::tokens(|person| self.sandbox.identity.user_token(person)),
            "xsuaa": {
                "url": self.sandbox.xsuaa.url(),
                "client_id": self.sandbox.xsuaa.client_id(),
                "client_secret": self.sandbox.xsuaa.client_secret(),
                "app_name": self.sandbox.xsuaa.app_name(),
                "zone_id": self.sandbox.xsuaa.zone_id(),
                "technical": self.sandbox.xsuaa.technical_token(),
                "token": Self::tokens(|person| self.sandbox.xsuaa.user_token(person)),
            },
            "aws_workload": {
                "audience": WORKLOAD_AUDIENCE,
                "environment": Map::from_iter(
                    self.workload_environment().map(|(name, value)| (name.to_owned(), json!(value))),
                ),
            },
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
                "outbound_issuer": aws.outbound.issuer(),
                "workload_token": aws.outbound.workload_token(WORKLOAD_AUDIENCE),
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

    /// Prints everything that somebody needs to go on, last what most look for.
    pub(crate) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        self.print_calls(out)?;
        self.print_page(out)?;
        writeln!(out, "\nCtrl-C ends everything.")?;
        out.flush()
    }

    fn print_calls(&self, out: &mut impl Write) -> io::Result<()> {
        let service = &self.service;
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
        let Some(alice) = named("alice") else {
            return Ok(());
        };
        let tokens = [
            (
                "with a token of Cloud Identity Services",
                self.sandbox.identity.user_token(alice),
            ),
            (
                "with a token of XSUAA",
                self.sandbox.xsuaa.user_token(alice),
            ),
        ];
        writeln!(
            out,
            "\nTry it as alice (tokens of this sandbox, worth nothing elsewhere):"
        )?;
        for (by, token) in tokens {
            writeln!(
                out,
                "\n{by}:\n\ncurl -H 'Authorization: Bearer {token}' '{service}/catalog/Buckets'"
            )?;
        }
        let workload = self.workload_environment();
        let lines = workload.map(|(name, value)| format!("export {name}='{value}'\n"));
        let file = self.folder.write("aws-workload.env", &lines.concat())?;
        writeln!(
            out,
            "\nAs a job in AWS would, with a token of AWS:\n\n\
             (. {}; T=$(cargo run --quiet -- aws-token --audience {WORKLOAD_AUDIENCE}); \
             curl -H \"Authorization: Bearer $T\" '{service}/catalog/Buckets')",
            file.display(),
        )
    }

    fn print_page(&self, out: &mut impl Write) -> io::Result<()> {
        let page = self.page;
        writeln!(
            out,
            "\nThe S3 catalogue runs. Open the page:\n\n    {page}\n"
        )?;
        if !self.page_is_built {
            writeln!(
                out,
                "It is the plain page: webapp/dist is not there. (cd webapp && npm ci && npm run build)\n"
            )?;
        }
        writeln!(out, "Users (no passwords), and what they may do:")?;
        for person in PEOPLE {
            writeln!(
                out,
                "    {:<6} {:<7} {}",
                person.id, person.role, person.may
            )?;
        }
        Ok(())
    }

    fn print_simulated(&self, out: &mut impl Write) -> io::Result<()> {
        let host = private_link_host(&self.sandbox.aws.account.region);
        writeln!(
            out,
            "\nSimulated: AWS (S3, STS, IAM Roles Anywhere), SAP Destination service, XSUAA, SAP Cloud\n\
             Identity Services, SAP Credential Store, the approuter. The Private Link\n\
             binding names {host};\n\
             nothing answers there, CATALOG_S3_ENDPOINT leads to the stand-in instead. Real are the\n\
             service, the protocols, the signatures and the certificates."
        )
    }
}
