//! Options of `setup aws` and `setup btp` → values that need no further check, or all problems at once.

use std::fs;
use std::path::PathBuf;

use super::arguments::Arguments;
use super::btp::{Btp, Given, Origin};
use super::certificate::{self, Bundle};
use super::names::{self, Checked};
use super::pins::pins;
use super::stack::{Anchor, Pair, Source, Stack};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Aws,
    Btp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Read,
    ReadWrite,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    CloudFormation,
    Terraform,
}

/// What was asked for.
#[derive(Debug)]
pub(super) enum Asked {
    Help,
    Stack(Stack, Format, Output),
    Script(Btp, Output),
}

/// Where the text goes.
#[derive(Debug, Default)]
pub(super) struct Output {
    /// The folder; none is stdout.
    pub(super) folder: Option<PathBuf>,
    pub(super) overwrite: bool,
}

/// IAM takes 10,240 characters of policies in a role; these are two names each.
const MOST_BUCKETS: usize = 40;
const MOST_TAGS: usize = 40;

/// Reads the arguments behind `setup aws` or `setup btp`.
///
/// # Errors
/// Every problem, each for a line of its own.
pub(super) fn read(side: Side, arguments: Vec<String>) -> Result<Asked, Vec<String>> {
    let mut given = Arguments::default();
    if given.collect(side, arguments) {
        return Ok(Asked::Help);
    }
    if given.one("out").is_some_and(|folder| folder.is_empty()) {
        given.problem("--out names no folder: write . for this one");
    }
    let output = Output {
        folder: given.one("out").map(PathBuf::from),
        overwrite: given.flags.contains(&"force"),
    };
    let asked = match side {
        Side::Aws => given
            .stack()
            .map(|(stack, format)| Asked::Stack(stack, format, output)),
        Side::Btp => given.script().map(|script| Asked::Script(script, output)),
    };
    match asked {
        Some(asked) if given.problems.is_empty() => Ok(asked),
        Some(_) | None => Err(given.problems),
    }
}

impl Arguments {
    fn mode(&mut self) -> Option<Mode> {
        let choices = [("read", Mode::Read), ("readwrite", Mode::ReadWrite)];
        self.choice("mode", &choices, Some(Mode::Read))
    }

    fn format(&mut self) -> Option<Format> {
        let choices = [
            ("cloudformation", Format::CloudFormation),
            ("terraform", Format::Terraform),
        ];
        self.choice("format", &choices, Some(Format::CloudFormation))
    }

    fn name(&mut self) -> Option<Checked> {
        if self.one("name").is_some() {
            self.checked("name", names::resource)
        } else {
            names::resource("btp-s3-catalog").ok()
        }
    }

    fn buckets(&mut self) -> Vec<Checked> {
        let mut buckets = self.all("bucket", names::bucket);
        if !self.values.contains_key("bucket") {
            self.problem("--bucket is missing: name each bucket that the service may reach");
        }
        buckets.sort();
        buckets.dedup();
        if buckets.len() > MOST_BUCKETS {
            self.problem(format!("--bucket is given more than {MOST_BUCKETS} times: IAM has no room for more in a role"));
        }
        buckets
    }

    fn tags(&mut self) -> Vec<Pair> {
        let tags = self.all("tag", names::tag);
        if twice(&tags) {
            self.problem("--tag names one key twice: IAM does not look at the case of keys");
        }
        if with_ours(tags.clone()).len() > MOST_TAGS {
            self.problem(format!("--tag is given more than {MOST_TAGS} times"));
        }
        tags
    }

    fn stack(&mut self) -> Option<(Stack, Format)> {
        let source = self.source();
        let (mode, format, name, buckets) =
            (self.mode(), self.format(), self.name(), self.buckets());
        let tags = with_ours(self.tags());
        let endpoint = self.checked("vpc-endpoint", names::vpc_endpoint);
        let of_host = self.checked("private-link-host", names::private_link_host);
        if let (Some(one), Some(other)) = (&endpoint, &of_host)
            && one != other
        {
            self.problem("--vpc-endpoint and --private-link-host name different endpoints");
        }
        let source = match source? {
            "roles-anywhere" => self.roles_anywhere(),
            "oidc" => self.oidc(),
            _ => Some(Source::CredentialStore {
                external_id: self.checked("external-id", names::external_id),
            }),
        };
        let stack = Stack {
            name: name?,
            source: source?,
            mode: mode?,
            buckets,
            buckets_are_new: !self.flags.contains(&"existing-buckets"),
            tags,
            vpc_endpoint: endpoint.or(of_host),
        };
        Some((stack, format?))
    }

    fn roles_anywhere(&mut self) -> Option<Source> {
        let existing = self.checked("trust-anchor-arn", |text| {
            names::arn(text, "rolesanywhere", "trust-anchor/")
        });
        let given = self.all("pin", names::pin);
        if twice(&given) {
            self.problem("--pin names one field twice: join several values of a field with /");
        }
        let bundle = match self.one("certificate") {
            Some(path) => {
                let read = fs::read(&path).map_err(|e| format!("can't be read ({e})"));
                let bundle = read.and_then(|file| certificate::read(&file));
                bundle
                    .map_err(|fault| self.problem(format!("--certificate {path} {fault}")))
                    .ok()?
            }
            None => Bundle::default(),
        };
        if !bundle.dropped.is_empty() {
            self.problem(format!("--certificate has characters in {} which AWS does not take into tags, so they can't be pinned: use a certificate of letters, digits, blanks and _.:/=+-@", bundle.dropped.join(", ")));
        }
        let pins = pins(given, &bundle)
            .map_err(|fault| self.problem(fault))
            .ok();
        let anchor = match (existing, bundle.anchor) {
            (Some(arn), _) => Some(Anchor::Existing(arn)),
            (None, Some(pem)) => Some(Anchor::New { pem }),
            (None, None) => {
                self.problem("no CA to trust: add the CA's certificate to the file of --certificate, or name a trust anchor that exists in --trust-anchor-arn");
                None
            }
        };
        Some(Source::RolesAnywhere {
            anchor: anchor?,
            pins: pins?,
        })
    }

    fn oidc(&mut self) -> Option<Source> {
        let client_id = self.checked("client-id", names::client_id);
        let issuer = self.checked("issuer", names::issuer);
        let provider = self.checked("oidc-provider-arn", |text| {
            names::arn(text, "iam", "oidc-provider/")
        });
        let of_provider = provider.as_ref().and_then(|arn| {
            let (_, bare) = arn.as_str().split_once("oidc-provider/")?;
            Some(names::issuer(&format!("https://{bare}")))
        });
        let of_provider = match of_provider {
            Some(Err(fault)) => {
                self.problem(format!("--oidc-provider-arn: {fault}"));
                return None;
            }
            Some(Ok(issuer)) => Some(issuer),
            None => None,
        };
        if let (Some(one), Some(other)) = (&issuer, &of_provider)
            && one != other
        {
            self.problem("--issuer and --oidc-provider-arn name different issuers");
        }
        if self.one("issuer").is_none() && self.one("oidc-provider-arn").is_none() {
            self.problem("--issuer is missing: write the url of the identity binding, https://<tenant>.accounts.ondemand.com");
        }
        Some(Source::Oidc {
            issuer: issuer.or(of_provider)?,
            provider,
            client_id,
        })
    }

    fn script(&mut self) -> Option<Btp> {
        let source = self.source();
        let (mode, format, name, buckets) =
            (self.mode(), self.format(), self.name(), self.buckets());
        let tags = self.tags();
        let region = self.required(
            "region",
            "the AWS region of the buckets and of the BTP region, such as eu-central-1",
            names::region,
        );
        let key_store = match self.one("certificate-name") {
            Some(_) => self.checked("certificate-name", names::key_store),
            None => names::key_store("aws-rolesanywhere.p12").ok(),
        };
        let (source, region) = (source?, region?);
        let given = self.given(source, &region);
        let origin = match given {
            Some(given) => Origin::Options(given),
            None => Origin::Stack(format?),
        };
        Some(Btp {
            source,
            mode: mode?,
            name: name?,
            buckets,
            buckets_are_new: !self.flags.contains(&"existing-buckets"),
            tags,
            region,
            key_store: key_store?,
            origin,
        })
    }
    /// What stands in the options instead of the stack's outputs.
    fn given(&mut self, source: &str, region: &Checked) -> Option<Given> {
        let anywhere = |kind: &'static str| {
            move |text: &str| {
                let arn = names::arn(text, "rolesanywhere", kind)?;
                if arn.as_str().split(':').nth(3) != Some(region.as_str()) {
                    return Err(format!(
                        "\"{arn}\" is in another region than --region {region}"
                    ));
                }
                Ok(arn)
            }
        };
        let role_arn = self.checked("role-arn", |text| names::arn(text, "iam", "role/"));
        let trust_anchor_arn = self.checked("trust-anchor-arn", anywhere("trust-anchor/"));
        let profile_arn = self.checked("profile-arn", anywhere("profile/"));
        let external_id = self.checked("external-id", names::external_id);
        let wanted: &[&str] = match source {
            "roles-anywhere" => &["role-arn", "trust-anchor-arn", "profile-arn"],
            "oidc" => &["role-arn"],
            _ => &["role-arn", "external-id"],
        };
        let missing = wanted
            .iter()
            .copied()
            .filter(|name| self.one(name).is_none());
        let missing: Vec<&str> = missing.collect();
        if !missing.is_empty() && missing.len() < wanted.len() {
            self.problem(format!("--{} is missing: give all values of the stack, or none of them and the script asks the stack", missing.join(" and --")));
        }
        Some(Given {
            role_arn: role_arn?,
            trust_anchor_arn,
            profile_arn,
            external_id,
        })
    }
}

/// The tags with the one that is always made, unless it is given, in whatever case: AWS takes no
/// two keys that differ in it alone.
fn with_ours(mut tags: Vec<Pair>) -> Vec<Pair> {
    if let Ok(own) = names::tag("application=btp-s3-catalog") {
        let is_given = |(key, _): &Pair| key.as_str().eq_ignore_ascii_case(own.0.as_str());
        if !tags.iter().any(is_given) {
            tags.push(own);
        }
    }
    tags.sort_by(|a, b| a.0.cmp(&b.0));
    tags
}

/// Whether a key is there twice, in whatever case: AWS does not look at it.
fn twice(pairs: &[Pair]) -> bool {
    let mut keys: Vec<String> = pairs
        .iter()
        .map(|(key, _)| key.as_str().to_lowercase())
        .collect();
    keys.sort();
    keys.windows(2).any(|two| two.first() == two.last())
}
