//! The sandbox's own command line.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use sandbox::bindings::CredentialSource;

pub(crate) const HELP: &str = "\
sandbox: the S3 catalogue on this machine, with stand-ins for AWS and SAP BTP that verify what
they are sent

Usage: cargo run -p sandbox -- [options]

Options:
      --credential-source S  how the service comes to AWS credentials:
                             roles-anywhere (default), oidc or credential-store
      --port N               port of the page (default 8080; 0 = any free one)
      --ready-file F         write the addresses and users' tokens to F as JSON,
                             once everything answers; F goes when the run ends
      --data DIR             keep buckets and objects in DIR (default: a temporary folder)
  -h, --help                 this text
  -V, --version              the version

Listens on 127.0.0.1 only. Ends on Ctrl-C.
";

/// What the caller wants.
#[derive(Debug)]
pub(crate) enum Command {
    Help,
    Version,
    Run(Arguments),
}

#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) source: CredentialSource,
    /// Of the front door.
    pub(crate) port: u16,
    pub(crate) ready_file: Option<PathBuf>,
    pub(crate) data: Option<PathBuf>,
}

/// Something wrong with the command line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problem(String);

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Arguments {
    /// Reads `--option value` and `--option=value`; the last of several wins.
    pub(crate) fn parse(words: impl Iterator<Item = OsString>) -> Result<Command, Problem> {
        let mut arguments = Self {
            source: CredentialSource::RolesAnywhere,
            port: 8080,
            ready_file: None,
            data: None,
        };
        let mut words = words;
        while let Some(word) = words.next() {
            let word = readable(word)?;
            let (option, joined) = match word.split_once('=') {
                Some((option, value)) => (option, Some(OsString::from(value))),
                None => (word.as_str(), None),
            };
            let mut value = || {
                joined
                    .clone()
                    .or_else(|| words.next())
                    .filter(|value| !value.is_empty())
                    .ok_or_else(|| Problem(format!("{option} needs a value")))
            };
            match option {
                "-h" | "--help" => return Ok(Command::Help),
                "-V" | "--version" => return Ok(Command::Version),
                "--credential-source" => {
                    let source = readable(value()?)?;
                    arguments.source = source
                        .parse()
                        .map_err(|error| Problem(format!("{error}")))?;
                }
                "--port" => arguments.port = port(&readable(value()?)?)?,
                "--ready-file" => arguments.ready_file = Some(value()?.into()),
                "--data" => arguments.data = Some(value()?.into()),
                unknown => return Err(Problem(format!("unknown option \"{unknown}\""))),
            }
        }
        Ok(Command::Run(arguments))
    }
}

fn readable(word: OsString) -> Result<String, Problem> {
    word.into_string()
        .map_err(|word| Problem(format!("\"{}\" is not UTF-8", word.display())))
}

fn port(text: &str) -> Result<u16, Problem> {
    text.parse()
        .map_err(|_| Problem(format!("\"{text}\" is no port: --port wants 0 to 65535")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Command, Problem> {
        Arguments::parse(words.iter().map(OsString::from))
    }

    #[test]
    fn without_options_the_defaults_of_the_contract_hold() {
        let Ok(Command::Run(arguments)) = parse(&[]) else {
            panic!("not run")
        };
        assert_eq!(arguments.source, CredentialSource::RolesAnywhere);
        assert_eq!(arguments.port, 8080);
        assert_eq!((arguments.ready_file, arguments.data), (None, None));
    }

    #[test]
    fn values_may_follow_or_be_joined() {
        let words = [
            "--credential-source",
            "oidc",
            "--port=0",
            "--data",
            "/d",
            "--ready-file=/r=1",
        ];
        let Ok(Command::Run(arguments)) = parse(&words) else {
            panic!("not run")
        };
        assert_eq!(arguments.source, CredentialSource::Oidc);
        assert_eq!(arguments.port, 0);
        assert_eq!(arguments.data, Some("/d".into()));
        assert_eq!(arguments.ready_file, Some("/r=1".into()));
    }

    #[test]
    fn mistakes_are_told_apart() {
        for (words, told) in [
            (vec!["--port"], "--port needs a value"),
            (vec!["--port="], "--port needs a value"),
            (vec!["--port", "70000"], "\"70000\" is no port"),
            (
                vec!["--credential-source", "keys"],
                "credential source \"keys\" is none of",
            ),
            (vec!["serve"], "unknown option \"serve\""),
        ] {
            let problem = parse(&words).unwrap_err();
            assert!(problem.0.starts_with(told), "{problem}");
        }
    }

    #[test]
    fn help_and_version_need_nothing_else() {
        assert!(matches!(parse(&["--help"]), Ok(Command::Help)));
        assert!(matches!(
            parse(&["--port", "1", "-V"]),
            Ok(Command::Version)
        ));
    }
}
