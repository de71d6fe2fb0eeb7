//! `setup`: what must exist in AWS and in BTP, written as files that people read before they run them.
//!
//! Nothing here asks anybody: options and a certificate in, text out, the same for the same input.

mod arguments;
mod btp;
mod certificate;
mod cloudformation;
mod document;
mod files;
mod help;
mod lint;
mod names;
mod options;
mod pins;
mod policies;
mod quote;
mod stack;
mod terraform;

#[cfg(test)]
mod tests;

use std::io::Write;

use super::CommandFailed;
use crate::shell::quoted;
use options::{Asked, Format, Side};
use stack::{Source, Stack};

/// Runs the command; what it answers with is for stdout, as are findings, which go to `out`. What
/// is for people only goes to `told`.
///
/// # Errors
/// Wrong arguments or files, or findings.
pub fn setup(
    arguments: Vec<String>,
    out: &mut impl Write,
    told: &mut impl Write,
) -> Result<String, CommandFailed> {
    let mut arguments = arguments.into_iter();
    let command = arguments.next();
    let rest: Vec<String> = arguments.collect();
    match command.as_deref() {
        Some("aws") => generate(Side::Aws, rest),
        Some("btp") => generate(Side::Btp, rest),
        Some("lint") => lint::run(&rest, out, told),
        Some("-h" | "--help") => Ok(help::SETUP.to_owned()),
        Some(_) | None => Err(CommandFailed::Usage(
            "write setup aws, setup btp or setup lint; btp-s3-catalog setup --help tells more"
                .to_owned(),
        )),
    }
}

fn generate(side: Side, arguments: Vec<String>) -> Result<String, CommandFailed> {
    let (name, help) = match side {
        Side::Aws => ("aws", help::AWS),
        Side::Btp => ("btp", help::BTP),
    };
    let asked = options::read(side, arguments).map_err(|problems| {
        let problems = problems.join("\n");
        CommandFailed::Usage(format!(
            "{problems}\nbtp-s3-catalog setup {name} --help tells more"
        ))
    })?;
    let (output, file, text) = match asked {
        Asked::Help => return Ok(help.to_owned()),
        Asked::Stack(stack, Format::CloudFormation, output) => {
            let template = cloudformation::template(&stack, &warning(&stack));
            let deploy = deploy_command(&stack, template.len());
            let text = head(&stack, &deploy) + &template;
            (output, format!("{}.yaml", stack.name), text)
        }
        Asked::Stack(stack, Format::Terraform, output) => {
            let text = head(&stack, "  terraform init && terraform apply\n")
                + &terraform::configuration(&stack, &warning(&stack));
            (output, "main.tf".to_owned(), text)
        }
        Asked::Script(script, output) => (output, "btp.sh".to_owned(), btp::script(&script)),
    };
    files::deliver(&output, &file, text).map_err(CommandFailed::Failed)
}

/// What a reader must know before the stack is made.
fn head(stack: &Stack, deploy: &str) -> String {
    let source = stack.source.name();
    let mut text = format!(
        "The AWS side of btp-s3-catalog with {source}.

Order of work: the Private Link instance comes first, because its endpoint id is needed here
(./btp.sh services, ./btp.sh facts; btp-s3-catalog setup btp writes that script). Then this:
"
    );
    text += deploy;
    text += "in the region of the Private Link endpoint. Last: ./btp.sh settings takes the outputs over.\n";
    if matches!(stack.source, Source::CredentialStore { .. }) {
        text += KEY_IS_MADE_BY_HAND;
    }
    if !stack.buckets_are_new {
        text += BUCKETS_EXIST;
    }
    let text = text
        .replace("<name>", stack.name.as_str())
        .replace("<lifecycle>", &quoted(&policies::lifecycle_as_json()));
    let commented = text.lines().map(|line| format!("# {line}"));
    let commented: Vec<String> = commented.map(|line| line.trim_end().to_owned()).collect();
    commented.join("\n") + "\n"
}

const KEY_IS_MADE_BY_HAND: &str = "
The user's access key is not made here, because it would stay readable in the stack's state:
  aws iam create-access-key --user-name <name>
Write its two halves into SAP Credential Store and nowhere else.
";

const BUCKETS_EXIST: &str = "
The buckets exist already. Their bucket policies are replaced by those below: merge what they
have before. Uploads that were never ended are cleared away by a lifecycle rule, which is set
once per bucket (it replaces the rules that the bucket has):
  aws s3api put-bucket-lifecycle-configuration --bucket NAME \\
    --lifecycle-configuration <lifecycle>
";

/// CloudFormation takes 51,200 bytes from a file; longer templates go by a bucket. The head has less
/// than 2,000.
const LONGEST_TEMPLATE: usize = 49_000;

fn deploy_command(stack: &Stack, length: usize) -> String {
    let name = &stack.name;
    let missing = stack.parameters().into_iter().filter(|p| p.given.is_none());
    let missing: Vec<String> = missing.map(|p| format!("{:?}=…", p.of)).collect();
    let mut command = format!(
        "  aws cloudformation deploy --stack-name {name} --template-file {name}.yaml \\\n    --capabilities CAPABILITY_NAMED_IAM"
    );
    if length > LONGEST_TEMPLATE {
        command += " --s3-bucket BUCKET-FOR-TEMPLATES";
    }
    if !missing.is_empty() {
        command += " \\\n    --parameter-overrides ";
        command += &missing.join(" ");
    }
    command + "\n"
}

/// Stands before the bucket policies.
fn warning(stack: &Stack) -> String {
    let kept = if stack.buckets_are_new {
        "\nThe bucket itself is never deleted with the stack."
    } else {
        ""
    };
    format!(
        "WARNING: content is denied to everybody who does not come through the VPC endpoint: to users
of the console, backups, replication and deployers too. Try it on one bucket. Settings of the
bucket, its policy among them, can still be changed by whoever has the right.{kept}"
    )
}
