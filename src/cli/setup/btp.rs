//! The BTP side: a shell script with the commands of the cf CLI and their JSON.
//!
//! The functions stand in `script/`; what depends on the options is written before them as variables.

use serde_json::json;

use super::document::{Node, Reference, Text};
use super::names::{self, Checked};
use super::options::{Format, Mode};
use super::policies;
use super::stack::Pair;
use crate::shell::{quoted, word};

/// What the script is for.
#[derive(Debug)]
pub(super) struct Btp {
    pub(super) source: &'static str,
    pub(super) mode: Mode,
    /// Of the stack.
    pub(super) name: Checked,
    pub(super) buckets: Vec<Checked>,
    /// For the AWS side only, like the tags.
    pub(super) buckets_are_new: bool,
    pub(super) tags: Vec<Pair>,
    pub(super) region: Checked,
    pub(super) key_store: Checked,
    pub(super) origin: Origin,
}

/// Where the script gets the settings that AWS decides.
#[derive(Debug)]
pub(super) enum Origin {
    Stack(Format),
    Options(Given),
}

#[derive(Debug)]
pub(super) struct Given {
    pub(super) role_arn: Checked,
    pub(super) trust_anchor_arn: Option<Checked>,
    pub(super) profile_arn: Option<Checked>,
    pub(super) external_id: Option<Checked>,
}

const IDENTITY: &str = include_str!("../../../deploy/cf/identity.json");
const COMMON: &str = include_str!("script/common.sh");
const ROLES_ANYWHERE: &str = include_str!("script/roles-anywhere.sh");
const OIDC: &str = include_str!("script/oidc.sh");
const CREDENTIAL_STORE: &str = include_str!("script/credential-store.sh");
/// As in manifest.yml; a test compares them.
const IDENTITY_BINDING: &str = r#"{"credential-type":"X509_GENERATED","key-length":2048,"validity":30,"validity-type":"DAYS","app-identifier":"s3-catalog"}"#;
const DESTINATION_BINDING: &str = r#"{"xsuaa":{"credential-type":"x509","x509":{"key-length":2048,"validity":30,"validity-type":"DAYS"}}}"#;
/// The destination that names the key store.
const DESTINATION: &str = "s3-catalog-aws";

/// The whole script.
pub(super) fn script(btp: &Btp) -> String {
    let variables = variables(btp).into_iter();
    let variables = variables.map(|(name, value)| format!("readonly {name}={}", quoted(&value)));
    let steps = match btp.source {
        "roles-anywhere" => ROLES_ANYWHERE,
        "oidc" => OIDC,
        _ => CREDENTIAL_STORE,
    };
    format!(
        "#!/usr/bin/env bash\n{}set -euo pipefail\n\n{}\n\n{COMMON}\nstack_settings() {{\n{}}}\n\n{steps}",
        head(btp),
        variables.collect::<Vec<_>>().join("\n"),
        stack_settings(btp),
    )
}

/// The order of work; also what the script says of itself.
fn head(btp: &Btp) -> String {
    let name = &btp.name;
    let deploy = match btp.origin {
        Origin::Stack(Format::Terraform) => {
            "terraform init && terraform apply   (here, where step 5 runs)".to_owned()
        }
        Origin::Stack(Format::CloudFormation) | Origin::Options(_) => format!(
            "aws cloudformation deploy --stack-name {name} --template-file {name}.yaml \\\n#        --capabilities CAPABILITY_NAMED_IAM --region {}",
            btp.region
        ),
    };
    let fourth = match btp.source {
        "roles-anywhere" => {
            "./btp.sh certificate FILE   uploads the key store (PEM, PKCS#12, JKS); it asks for its\n#      password. Without FILE: the Destination service generated the certificate itself"
        }
        "oidc" => "nothing: there is no secret to bring over",
        _ => {
            "make a key (aws iam create-access-key --user-name NAME) and write its two halves into the\n#      Credential Store: BTP cockpit, instance catalog-credstore, namespace s3-catalog, password\n#      credentials accessKeyId and secretAccessKey. No file and no command of this script sees them"
        }
    };
    let fourth = fourth.replace("NAME", name.as_str());
    let unread = match btp.source {
        "roles-anywhere" => "",
        _ => {
            "take catalog-destination with its parameters out of\n#      manifest.yml, because no step here makes it; then "
        }
    };
    let source = btp.source;
    format!(
        "# SAP BTP's side of btp-s3-catalog with {source}, in the space that the cf CLI targets. In this order:
#
#   0. write the approuter's route into identity_parameters below, as in deploy/cf/vars.yml
#   1. ./btp.sh services   makes the service instances; Private Link takes minutes
#   2. ./btp.sh facts      prints the command that writes the AWS side, with what AWS must know
#   3. that command, then: {deploy}
#   4. {fourth}
#   5. ./btp.sh settings   makes or updates the user-provided service
#   6. in the unpacked release: {unread}cf push --vars-file deploy/cf/vars.yml --no-start
#   7. ./btp.sh bindings; cf start btp-s3-catalog; cf start btp-s3-catalog-approuter
#
# Needs cf (8 or newer), jq and, for step 5, {}. Each step may be repeated.
",
        match btp.origin {
            Origin::Stack(Format::CloudFormation) => "aws with the right to read the stack",
            Origin::Stack(Format::Terraform) => "terraform",
            Origin::Options(_) => "nothing else",
        }
    )
}

fn variables(btp: &Btp) -> Vec<(&'static str, String)> {
    let region = &btp.region;
    let service = format!("com.amazonaws.{region}.s3");
    let partition = names::partition(region);
    let policy = policies::endpoint(btp.mode, &btp.buckets).with(Reference::Partition, partition);
    let privatelink = Node::map([
        ("serviceName", service.as_str().into()),
        ("policyDocument", policy),
    ]);
    let buckets: Vec<&str> = btp.buckets.iter().map(Checked::as_str).collect();
    let mut own = json!({ "buckets": buckets });
    let mut more = Vec::new();
    if let Some(own) = own.as_object_mut() {
        match btp.source {
            "roles-anywhere" => {
                own.insert("destination".to_owned(), DESTINATION.into());
                let destination = json!({
                    "Name": DESTINATION,
                    "Description": "Names the key store with which btp-s3-catalog earns its AWS session",
                    "Type": "HTTP",
                    "URL": format!("https://rolesanywhere.{region}.{}", names::domain(region)),
                    "ProxyType": "Internet",
                    "Authentication": "ClientCertificateAuthentication",
                    "KeyStoreLocation": btp.key_store.as_str(),
                });
                more.push(("destination", pretty(&destination)));
                more.push(("destination_binding", DESTINATION_BINDING.to_owned()));
            }
            "oidc" => {}
            _ => {
                own.insert("credential_namespace".to_owned(), "s3-catalog".into());
            }
        }
    }
    let mut variables = vec![
        ("setup_aws", setup_aws(btp)),
        ("identity_parameters", IDENTITY.trim().to_owned()),
        ("identity_binding", IDENTITY_BINDING.to_owned()),
        ("privatelink_parameters", pretty(&privatelink)),
        ("own_settings", own.to_string()),
    ];
    variables.extend(more);
    variables
}

/// The command that writes the AWS side, but for what only the service instances know.
fn setup_aws(btp: &Btp) -> String {
    let mode = match btp.mode {
        Mode::Read => "read",
        Mode::ReadWrite => "readwrite",
    };
    let format = match btp.origin {
        Origin::Stack(Format::Terraform) => "terraform",
        Origin::Stack(Format::CloudFormation) | Origin::Options(_) => "cloudformation",
    };
    let buckets: Vec<&str> = btp.buckets.iter().map(Checked::as_str).collect();
    let buckets = buckets.join(" --bucket ");
    let mut command = format!(
        "btp-s3-catalog setup aws --out . --source {} --name {} --bucket {buckets} --mode {mode} --format {format}",
        btp.source, btp.name
    );
    if !btp.buckets_are_new {
        command += " --existing-buckets";
    }
    for (key, value) in &btp.tags {
        command += " --tag ";
        command += &word(&format!("{key}={value}"));
    }
    command
}

/// The body of the function that prints the settings which AWS decides.
fn stack_settings(btp: &Btp) -> String {
    let query = "Stacks[0].Outputs[?OutputKey=='Settings'].OutputValue | [0]";
    match &btp.origin {
        Origin::Stack(Format::CloudFormation) => format!(
            "  aws cloudformation describe-stacks --stack-name {} --region {} \\\n    --query {} --output text\n",
            quoted(btp.name.as_str()),
            quoted(btp.region.as_str()),
            format_args!("\"{query}\""),
        ),
        Origin::Stack(Format::Terraform) => "  terraform output -json settings\n".to_owned(),
        Origin::Options(given) => {
            let mut settings = vec![
                ("credential_source", Text::from(btp.source)),
                ("region", (&btp.region).into()),
                ("role_arn", (&given.role_arn).into()),
            ];
            let more = [
                ("trust_anchor_arn", &given.trust_anchor_arn),
                ("profile_arn", &given.profile_arn),
                ("external_id", &given.external_id),
            ];
            settings.extend(
                more.into_iter()
                    .filter_map(|(key, value)| Some((key, value.as_ref()?.into()))),
            );
            let settings = settings
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value.into()));
            format!(
                "  cat <<'JSON'\n{}\nJSON\n",
                pretty(&Node::Map(settings.collect()))
            )
        }
    }
}

fn pretty(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}
