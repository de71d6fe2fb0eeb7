//! Whole texts from whole command lines.

mod certificates;
mod files;

use std::fs;

use serde_json::Value;

use super::document::Reference;
use super::options::{Asked, Side};
use super::{CommandFailed, cloudformation, options, policies, setup};
use certificates::{own, with};

/// Splits a command line at blanks and runs it.
fn run(line: &str) -> Result<String, CommandFailed> {
    let arguments = line.split_whitespace().map(str::to_owned).collect();
    let (mut out, mut told) = (Vec::new(), Vec::new());
    setup(arguments, &mut out, &mut told)
}

fn refused(line: &str) -> String {
    match run(line) {
        Err(CommandFailed::Usage(said)) => said,
        other => panic!("{line}: {other:?}"),
    }
}

/// The lines of a command that can't be run, but for the last, which points to the help.
fn problems(line: &str) -> Vec<String> {
    let said = refused(line);
    let mut lines: Vec<String> = said.lines().map(str::to_owned).collect();
    assert!(lines.pop().unwrap().contains("--help"), "{said}");
    lines
}

const OIDC: &str =
    "aws --source oidc --bucket my-documents --issuer https://t.accounts.ondemand.com";
const KEY: &str = "aws --source credential-store --bucket my-documents";
const ANCHOR: &str = "arn:aws:rolesanywhere:eu-central-1:123456789012:trust-anchor/1";

#[test]
fn the_same_options_give_the_same_bytes() {
    let (_, chain) = own();
    assert_eq!(with(&chain, "").unwrap(), with(&chain, "").unwrap());
    for line in [
        OIDC,
        &format!("{KEY} --format terraform"),
        "btp --source oidc --bucket b-1 --region eu-central-1",
    ] {
        assert_eq!(run(line).unwrap(), run(line).unwrap());
    }
    // the order in which buckets are named changes nothing, so that nothing is made anew
    let one = run(&format!("{OIDC} --bucket a-1 --bucket z-1")).unwrap();
    assert_eq!(
        one,
        run(&format!("{OIDC} --bucket z-1 --bucket a-1 --bucket z-1")).unwrap()
    );
}

#[test]
fn no_name_of_an_example_gets_into_a_stack() {
    let (_, chain) = own();
    for text in [
        with(&chain, "--mode readwrite").unwrap(),
        with(&chain, "--format terraform").unwrap(),
        run("aws --source oidc --bucket b-1 --issuer https://t.accounts.ondemand.com").unwrap(),
        run("aws --source credential-store --bucket b-1 --format terraform").unwrap(),
        run("btp --source roles-anywhere --bucket b-1 --region eu-west-1").unwrap(),
    ] {
        for example in [
            "my-documents",
            "vpce-068c",
            "123456789012",
            "mytenant",
            "1aa234ca",
            "replace-by",
        ] {
            assert!(!text.contains(example), "{example} in\n{text}");
        }
    }
}

#[test]
fn the_script_hands_on_what_only_aws_has_to_know() {
    let line = "btp --source oidc --bucket b-1 --region eu-central-1";
    let command = |line: &str| {
        let script = run(line).unwrap();
        let found = script
            .lines()
            .find(|l| l.starts_with("readonly setup_aws="));
        found.unwrap().to_owned()
    };
    let plain = command(line);
    assert!(!plain.contains("--existing-buckets") && !plain.contains("--tag"));
    let more = command(&format!("{line} --existing-buckets --tag b=2@x --tag a=1"));
    assert!(more.contains("--existing-buckets --tag "), "{more}");
    assert!(more.contains("b=2@x") && more.contains("a=1"), "{more}");
}

#[test]
fn a_given_tag_replaces_ours_in_whatever_case() {
    for (tags, ours) in [
        ("--tag Z=1", true),
        ("--tag Application=own --tag Z=1", false),
    ] {
        let stack = run(&format!(
            "aws --source oidc --bucket b-1 --issuer https://t.accounts.ondemand.com --format terraform {tags}"
        ));
        let stack = stack.unwrap();
        let lines = stack.lines().map(|line| line.trim().to_lowercase());
        let named: Vec<_> = lines
            .filter(|line| line.starts_with("application"))
            .collect();
        assert_eq!(named.len(), 1, "{named:?}");
        assert_eq!(named[0].contains("btp-s3-catalog"), ours, "{named:?}");
    }
}

#[test]
fn the_script_says_what_the_manifest_must_not_bind() {
    for (source, told) in [
        ("roles-anywhere", false),
        ("oidc", true),
        ("credential-store", true),
    ] {
        let script = run(&format!(
            "btp --source {source} --bucket b-1 --region eu-central-1"
        ));
        let says = script.unwrap().contains("take catalog-destination");
        assert_eq!(says, told, "{source}");
    }
}

#[test]
fn all_problems_are_told_at_once() {
    let lines = problems(
        "aws --source oidc --bucket My_Bucket --bucket x --mode write --format json --tag a --issuer http://x --client-id a\"b --vpc-endpoint vpc-1 --external-id x --nonsense 1 --name 1 extra",
    );
    let expected = [
        "invalid option '--nonsense'",
        "unexpected argument \"extra\"",
        "--external-id belongs to --source credential-store",
        "--mode is one of read, readwrite",
        "--format is one of",
        "--name \"1\" is no name",
        "--bucket \"My_Bucket\" is no bucket name",
        "--bucket \"x\" is no bucket name",
        "--tag \"a\" is no tag",
        "--vpc-endpoint \"vpc-1\" is no",
        "--client-id \"a\\\"b\" is no",
        "--issuer \"http://x\" is no issuer",
    ];
    for told in expected {
        assert!(
            lines.iter().any(|line| line.contains(told)),
            "{told} in\n{}",
            lines.join("\n")
        );
    }
    assert_eq!(lines.len(), expected.len(), "{}", lines.join("\n"));
}

#[test]
fn what_is_missing_or_contradicts_itself_is_told() {
    for (line, told) in [
        ("aws", "--source is missing"),
        ("aws --source oidc", "--bucket is missing"),
        ("aws --source oidc --bucket b-1", "--issuer is missing"),
        ("aws --source roles-anywhere --bucket b-1", "no CA to trust"),
        (
            "aws --source oidc --bucket b-1 --issuer https://a.example --oidc-provider-arn arn:aws:iam::123456789012:oidc-provider/b.example",
            "different issuers",
        ),
        (
            "aws --source oidc --bucket b-1 --issuer https://a.example --issuer https://b.example",
            "--issuer is given 2 times",
        ),
        (
            "aws --source credential-store --bucket b-1 --vpc-endpoint vpce-068c84244a1b70734 --private-link-host *.vpce-168c84244a1b70734-x.s3.eu-central-1.vpce.amazonaws.com",
            "different endpoints",
        ),
        (
            "aws --source credential-store --bucket b-1 --role-arn arn:aws:iam::123456789012:role/x",
            "invalid option '--role-arn'",
        ),
        ("aws --source credential-store --bucket", "missing argument"),
        ("btp --source oidc --bucket b-1", "--region is missing"),
        (
            "btp --source credential-store --bucket b-1 --region eu-central-1 --role-arn arn:aws:iam::123456789012:role/x",
            "--external-id is missing",
        ),
        (
            "btp --source roles-anywhere --bucket b-1 --region eu-west-1 --role-arn arn:aws:iam::123456789012:role/x --profile-arn arn:aws:rolesanywhere:eu-central-1:123456789012:profile/1 --trust-anchor-arn arn:aws:rolesanywhere:eu-west-1:123456789012:trust-anchor/1",
            "is in another region than --region eu-west-1",
        ),
        (
            "btp --source roles-anywhere --bucket b-1 --region eu-west-1 --certificate-name ../x.p12",
            "is no name of a key store",
        ),
    ] {
        let lines = problems(line);
        assert!(
            lines.iter().any(|l| l.contains(told)),
            "{told} in\n{}",
            lines.join("\n")
        );
    }
    let many: Vec<String> = (0..41).map(|n| format!(" --bucket bucket-{n}")).collect();
    let many = many.concat();
    assert!(problems(&format!("{KEY}{many}"))[0].contains("more than 40 times"));
    for line in ["", "nothing"] {
        assert!(refused(line).contains("setup aws, setup btp or setup lint"));
    }
    for line in ["-h", "aws -h", "btp --help", "lint -h"] {
        assert!(
            run(line).unwrap().contains("Usage: btp-s3-catalog setup"),
            "{line}"
        );
    }
}

#[test]
fn what_is_given_twice_or_empty_is_told() {
    for (line, told) in [
        (
            "aws --source credential-store --bucket b-1 --tag k=1 --tag K=2",
            "--tag names one key twice",
        ),
        (
            "aws --source roles-anywhere --bucket b-1 --trust-anchor-arn arn:aws:rolesanywhere:eu-central-1:123456789012:trust-anchor/1 --pin x509Subject/CN=a --pin x509Subject/CN=b --pin x509Issuer/CN=c",
            "--pin names one field twice",
        ),
        (
            "btp --source oidc --bucket b-1 --region eu-central-1 --tag k=1 --tag K=2",
            "--tag names one key twice",
        ),
        (
            "aws --source credential-store --bucket b-1 --out=",
            "--out names no folder",
        ),
    ] {
        assert_eq!(problems(line).len(), 1, "{line}");
        assert!(problems(line)[0].contains(told), "{line}");
    }
}

#[test]
fn late_values_are_parameters_with_the_given_ones_as_defaults() {
    let open = run(OIDC).unwrap();
    assert!(
        open.contains("aud: !Ref ClientId") || open.contains("aud\": !Ref ClientId"),
        "{open}"
    );
    assert!(
        open.contains("VpcEndpointId=… ClientId=…") && !open.contains("Default:"),
        "{open}"
    );
    let host = "*.vpce-068c84244a1b70734-r9rznuj8.s3.eu-central-1.vpce.amazonaws.com";
    let given = run(&format!(
        "{OIDC} --client-id 1aa2 --private-link-host {host}"
    ))
    .unwrap();
    assert!(
        given.contains("Default: vpce-068c84244a1b70734") && given.contains("Default: \"1aa2\""),
        "{given}"
    );
    assert!(!given.contains("parameter-overrides"), "{given}");
}

/// Buckets whose names differ only in what a logical id can't have keep ids of their own.
#[test]
fn every_bucket_has_its_own_logical_id() {
    let template = run(&format!("{KEY} --bucket my.documents --bucket mydocuments")).unwrap();
    let ids = template
        .lines()
        .filter(|line| line.starts_with("  Bucket") && !line.starts_with("  BucketPolicy"));
    let mut ids: Vec<&str> = ids.collect();
    assert_eq!(ids.len(), 3, "{ids:?}");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 3, "{ids:?}");
}

/// CloudFormation takes 51,200 bytes from a file.
#[test]
fn a_template_that_is_too_long_for_a_file_goes_by_a_bucket() {
    let template = |to: usize| {
        let longest = |n: usize| format!(" --bucket {}{n}", "a".repeat(61));
        let buckets: Vec<String> = (10..to).map(longest).collect();
        run(&format!("{KEY} --mode readwrite{}", buckets.concat())).unwrap()
    };
    for buckets in 11..49 {
        let text = template(buckets);
        assert!(
            text.len() <= 51_200 || text.contains("--s3-bucket"),
            "{buckets}"
        );
    }
    assert!(!template(20).contains("--s3-bucket"));
}

/// What is generated passes the own linter, and the linter is not blind: see its own tests.
#[test]
fn generated_policies_have_no_findings() {
    let (_, chain) = own();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("chain.pem");
    fs::write(&file, chain).unwrap();
    let certificate = format!(
        "aws --source roles-anywhere --bucket b-1 --certificate {}",
        file.display()
    );
    for line in [certificate.as_str(), OIDC, KEY] {
        let arguments = line.split_whitespace().skip(1).map(str::to_owned).collect();
        let Ok(Asked::Stack(stack, ..)) = options::read(Side::Aws, arguments) else {
            panic!("{line}")
        };
        for policy in [
            policies::trust(&stack.source),
            policies::permissions(stack.mode, &stack.buckets),
            policies::user_permissions(),
        ] {
            let filled = policy
                .with(Reference::TrustAnchorArn, ANCHOR)
                .with(
                    Reference::ProviderArn,
                    "arn:aws:iam::123456789012:oidc-provider/t.accounts.ondemand.com",
                )
                .with(
                    Reference::UserArn,
                    "arn:aws:iam::123456789012:user/btp-s3-catalog",
                )
                .with(
                    Reference::RoleArn,
                    "arn:aws:iam::123456789012:role/btp-s3-catalog",
                )
                .with(Reference::ClientId, "1aa2")
                .with(Reference::ExternalId, "random")
                .with(Reference::Partition, "aws")
                .with(Reference::VpcEndpointId, "vpce-068c84244a1b70734");
            let text = serde_json::to_string(&filled).unwrap();
            let file = folder.path().join("policy.json");
            fs::write(&file, &text).unwrap();
            assert_eq!(
                run(&format!("lint {}", file.display())).unwrap(),
                "",
                "{text}"
            );
        }
        // one resource more than nothing, and no reference that a template can't resolve
        assert!(!cloudformation::template(&stack, "").contains("AWS::NoValue"));
    }
}

/// Files of `deploy/` are read at compile time and parsed at run time: here it is seen that they can be.
#[test]
fn the_policies_of_deploy_are_readable() {
    assert_eq!(policies::lifecycle().len(), 2);
    assert!(policies::known_actions().len() > 10);
    let identity: Value =
        serde_json::from_str(include_str!("../../../deploy/cf/identity.json")).unwrap();
    assert!(identity.is_object());
}
