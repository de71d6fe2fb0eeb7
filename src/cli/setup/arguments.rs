//! The command line of `setup aws` and `setup btp`, sorted by option; problems are collected.

use std::collections::BTreeMap;

use lexopt::prelude::{Long, Short, Value, ValueExt};

use super::names::{Checked, Named};
use super::options::Side;

const BOTH: &[Side] = &[Side::Aws, Side::Btp];
const AWS: &[Side] = &[Side::Aws];
const BTP: &[Side] = &[Side::Btp];
const ANY: &[&str] = &["roles-anywhere", "oidc", "credential-store"];
const CERTIFICATE: &[&str] = &["roles-anywhere"];
const TOKEN: &[&str] = &["oidc"];
const KEY: &[&str] = &["credential-store"];

/// Name, where it is taken, for which credential sources; those in `REPEATED` may come several times.
const OPTIONS: &[(&str, &[Side], &[&str])] = &[
    ("source", BOTH, ANY),
    ("bucket", BOTH, ANY),
    ("mode", BOTH, ANY),
    ("format", BOTH, ANY),
    ("name", BOTH, ANY),
    ("out", BOTH, ANY),
    ("tag", BOTH, ANY),
    ("vpc-endpoint", AWS, ANY),
    ("private-link-host", AWS, ANY),
    ("certificate", AWS, CERTIFICATE),
    ("trust-anchor-arn", BOTH, CERTIFICATE),
    ("pin", AWS, CERTIFICATE),
    ("issuer", AWS, TOKEN),
    ("client-id", AWS, TOKEN),
    ("oidc-provider-arn", AWS, TOKEN),
    ("external-id", BOTH, KEY),
    ("region", BTP, ANY),
    ("role-arn", BTP, ANY),
    ("profile-arn", BTP, CERTIFICATE),
    ("certificate-name", BTP, CERTIFICATE),
];
const REPEATED: &[&str] = &["bucket", "tag", "pin"];
/// What was written on the command line, and what is wrong with it.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    pub(super) values: BTreeMap<&'static str, Vec<String>>,
    pub(super) flags: Vec<&'static str>,
    pub(super) problems: Vec<String>,
}

impl Arguments {
    /// Sorts the arguments into values; `true` if help is wanted.
    pub(super) fn collect(&mut self, side: Side, arguments: Vec<String>) -> bool {
        let mut parser = lexopt::Parser::from_args(arguments);
        loop {
            let name = match parser.next() {
                Ok(None) => return false,
                Ok(Some(Short('h') | Long("help"))) => return true,
                Ok(Some(Long("force"))) => {
                    self.flags.push("force");
                    continue;
                }
                Ok(Some(Long("existing-buckets"))) => {
                    self.flags.push("existing-buckets");
                    continue;
                }
                Ok(Some(Long(name))) => name.to_owned(),
                Ok(Some(other @ (Short(_) | Value(_)))) => {
                    self.problems.push(other.unexpected().to_string());
                    continue;
                }
                Err(error) => {
                    self.problems.push(error.to_string());
                    continue;
                }
            };
            let known = OPTIONS
                .iter()
                .find(|(known, sides, _)| *known == name && sides.contains(&side));
            let value = parser.value().and_then(ValueExt::string);
            match (known, value) {
                (Some((known, ..)), Ok(value)) => self.values.entry(known).or_default().push(value),
                (Some(_), Err(error)) => self.problems.push(error.to_string()),
                (None, _) => self.problems.push(format!("invalid option '--{name}'")),
            }
        }
    }

    pub(super) fn problem(&mut self, problem: impl Into<String>) {
        self.problems.push(problem.into());
    }

    pub(super) fn one(&self, name: &str) -> Option<String> {
        self.values
            .get(name)
            .and_then(|values| values.last())
            .cloned()
    }

    /// The one value of an option, if it is there and what it should be.
    pub(super) fn checked(&mut self, name: &str, check: impl Fn(&str) -> Named) -> Option<Checked> {
        let text = self.one(name)?;
        let checked = check(&text);
        checked
            .map_err(|fault| self.problem(format!("--{name} {fault}")))
            .ok()
    }

    pub(super) fn required(
        &mut self,
        name: &str,
        what: &str,
        check: impl Fn(&str) -> Named,
    ) -> Option<Checked> {
        if self.one(name).is_none() {
            self.problem(format!("--{name} is missing: {what}"));
        }
        self.checked(name, check)
    }

    /// All values of an option that may be repeated.
    pub(super) fn all<T>(
        &mut self,
        name: &str,
        check: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<T> {
        let texts = self.values.get(name).cloned().unwrap_or_default();
        let mut all = Vec::new();
        for text in texts {
            match check(&text) {
                Ok(value) => all.push(value),
                Err(fault) => self.problem(format!("--{name} {fault}")),
            }
        }
        all
    }

    /// One of a few words.
    pub(super) fn choice<T: Copy>(
        &mut self,
        name: &str,
        choices: &[(&str, T)],
        default: Option<T>,
    ) -> Option<T> {
        let Some(text) = self.one(name) else {
            return default;
        };
        let found = choices.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
            self.problem(format!("--{name} is one of {}", words.join(", ")));
        }
        found.map(|(_, choice)| *choice)
    }

    /// The credential source; options of the others are problems.
    pub(super) fn source(&mut self) -> Option<&'static str> {
        let choices: Vec<(&str, &'static str)> = ANY.iter().map(|name| (*name, *name)).collect();
        if self.one("source").is_none() {
            self.problem(format!("--source is missing: {}", ANY.join(", ")));
        }
        let source = self.choice("source", &choices, None)?;
        for (name, _, sources) in OPTIONS {
            let values = self.values.get(name).map_or(0, Vec::len);
            if values > 0 && !sources.contains(&source) {
                self.problem(format!(
                    "--{name} belongs to --source {}",
                    sources.join(" or ")
                ));
            }
            if values > 1 && !REPEATED.contains(name) {
                self.problem(format!("--{name} is given {values} times"));
            }
        }
        Some(source)
    }
}
