//! `credential-process`: a session for the AWS CLI and SDKs, from the bindings or from files.
//!
//! With options it stands in for the command of the same name of AWS's `aws_signing_helper`
//! (IAM Roles Anywhere user guide, "Get temporary security credentials"). The output is what the
//! SDKs reference guide, "Process credential provider", asks for.

use std::fs;

use lexopt::prelude::{Long, Short, Value, ValueExt as _};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;

use super::{CommandFailed, Help};
use crate::aws::broker::Broker;
use crate::aws::{Session, roles_anywhere};
use crate::btp::http::HttpClients;
use crate::btp::keystore::{self, KeyStore};
use crate::clock::Clock;
use crate::settings::{Connection, Env, Layers, Settings, Strategy, TrustRoots};
use crate::telemetry::explain;

const HELP: Help = "\
Prints AWS credentials for the setting credential_process of the AWS CLI and SDKs

Usage: btp-s3-catalog credential-process
       btp-s3-catalog credential-process --certificate FILE --private-key FILE
           --trust-anchor-arn ARN --profile-arn ARN --role-arn ARN [options]

Without options everything comes from the bindings and settings of the service. With options it
takes the place of \"aws_signing_helper credential-process\":
      --certificate FILE         PEM, PKCS#12 or JKS; may hold the key and the chain as well
      --private-key FILE         PEM
      --intermediates FILE       PEM
      --pkcs8-password P         password of the private key or key store
      --trust-anchor-arn ARN, --profile-arn ARN, --role-arn ARN
      --session-duration S       seconds, 900 to 43200 (default 3600)
      --role-session-name N
      --region R                 (default: the trust anchor's)
      --endpoint URL             another endpoint of IAM Roles Anywhere
      --with-proxy, --debug      accepted; a proxy of the environment is always used
  -h, --help                     this text

Exit codes: 0, or 1 with one line on stderr and nothing on stdout
";

/// Options of AWS's helper that lead to hardware and operating systems' stores.
const NOT_HERE: [&str; 9] = [
    "cert-selector",
    "system-store-name",
    "use-latest-expiring-certificate",
    "pkcs11-lib",
    "reuse-pin",
    "tpm-key-password",
    "no-tpm-key-password",
    "no-verify-ssl",
    "pkcs11-pin",
];

/// What the command line says of files and ARNs.
#[derive(Debug, Default)]
struct Options {
    /// Settings, with the option that each stands in.
    settings: Vec<(&'static str, String, &'static str)>,
    certificate: Option<String>,
    private_key: Option<String>,
    intermediates: Option<String>,
    password: Option<SecretString>,
}

/// Runs the command; the text is for stdout.
///
/// # Errors
/// One line: wrong arguments, unusable settings or files, or what AWS refuses.
pub async fn credential_process(arguments: Vec<String>, env: Env) -> Result<String, CommandFailed> {
    let failed = |text: String| CommandFailed::Failed(text.replace('\n', "; "));
    let session = if arguments.is_empty() {
        from_bindings(env).await
    } else {
        let options = parsed(arguments).map_err(|e| {
            failed(format!(
                "{e}; btp-s3-catalog credential-process --help tells more"
            ))
        })?;
        match options {
            Some(options) => from_files(&options).await,
            None => return Ok(HELP.to_owned()),
        }
    };
    let session = session.map_err(failed)?;
    let text = serde_json::to_string(&Output::of(&session));
    Ok(text.map_err(|e| failed(e.to_string()))? + "\n")
}

async fn from_bindings(env: Env) -> Result<Session, String> {
    let settings = Settings::load_for_credentials(env).map_err(|e| e.to_string())?;
    let http = HttpClients::new(&settings.ca_bundle).map_err(|e| explain(&e))?;
    let broker = Broker::new(settings, http, Clock::system()).map_err(|e| e.explain())?;
    broker.open_session().await.map_err(|e| e.explain())
}

async fn from_files(options: &Options) -> Result<Session, String> {
    let layers = Layers::of_options(&options.settings);
    let connection = Connection::resolve(&layers, None, None).map_err(|e| e.to_string())?;
    let Strategy::RolesAnywhere(spec) = &connection.strategy else {
        return Err("only IAM Roles Anywhere is reached by options".to_owned());
    };
    let clock = Clock::system();
    let keystore = keystore(options, &clock)?;
    let http = HttpClients::new(&TrustRoots::default()).map_err(|e| explain(&e))?;
    roles_anywhere::open(http.plain(), &connection, spec, &keystore, &clock)
        .await
        .map_err(|e| e.explain())
}

/// Key, certificate and chain, which may lie in one file or in three.
fn keystore(options: &Options, clock: &Clock) -> Result<KeyStore, String> {
    let files = [
        ("--certificate", &options.certificate),
        ("--private-key", &options.private_key),
        ("--intermediates", &options.intermediates),
    ];
    let mut content = Vec::new();
    let mut names = Vec::new();
    for (option, path) in files {
        let Some(path) = path else { continue };
        let file = fs::read(path).map_err(|e| format!("{option}: {path} can't be read: {e}"))?;
        // PEM blocks begin on a line of their own; other formats hold everything in one file
        if !content.is_empty() {
            content.push(b'\n');
        }
        content.extend_from_slice(&file);
        names.push(path.as_str());
    }
    keystore::open(&content, options.password.as_ref(), clock.now())
        .map_err(|e| format!("{} can't be used: {e}", names.join(", ")))
}

/// Options that are settings: the option, and the setting's key.
const SETTINGS: [(&str, &str); 7] = [
    ("trust-anchor-arn", "trust_anchor_arn"),
    ("profile-arn", "profile_arn"),
    ("role-arn", "role_arn"),
    ("session-duration", "session_duration_seconds"),
    ("role-session-name", "session_name"),
    ("region", "region"),
    ("endpoint", "roles_anywhere_endpoint"),
];

/// What every connection has to say, and what is taken unless an option says otherwise.
const DEFAULTS: [(&str, &str); 4] = [
    ("session_duration_seconds", "3600"),
    ("credential_source", "roles-anywhere"),
    ("certificate", "file"),
    ("allow_public_s3", "true"),
];

/// `None` when help is wanted.
fn parsed(arguments: Vec<String>) -> Result<Option<Options>, lexopt::Error> {
    let mut options = Options::default();
    let mut parser = lexopt::Parser::from_args(arguments);
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(None),
            Long("certificate") => options.certificate = Some(parser.value()?.string()?),
            Long("private-key") => options.private_key = Some(parser.value()?.string()?),
            Long("intermediates") => options.intermediates = Some(parser.value()?.string()?),
            Long("pkcs8-password") => options.password = Some(parser.value()?.string()?.into()),
            Long("with-proxy" | "debug") => {}
            Long(name) if NOT_HERE.contains(&name) => {
                return Err(format!("--{name} is not supported: keys come from files or from the bindings, and certificates of servers are always verified").into());
            }
            Long(name) => match SETTINGS.iter().find(|(option, _)| *option == name) {
                Some((option, key)) => {
                    let value = parser.value()?.string()?;
                    options.settings.push((key, value, option));
                }
                None => return Err(argument.unexpected()),
            },
            Short(_) => return Err(argument.unexpected()),
            // not repeated, because it may be a password that lost its option
            Value(_) => return Err("a value follows no option that takes it".into()),
        }
    }
    if options.certificate.is_none() {
        return Err("--certificate is missing".into());
    }
    let given = |options: &Options, key| options.settings.iter().any(|(it, ..)| *it == key);
    for (option, key) in SETTINGS.iter().take(3) {
        if !given(&options, *key) {
            return Err(format!("--{option} is missing").into());
        }
    }
    for (key, value) in DEFAULTS {
        if !given(&options, key) {
            options.settings.push((key, value.to_owned(), key));
        }
    }
    Ok(Some(options))
}

/// Version 1 of what AWS's tools read.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Output<'a> {
    version: u8,
    access_key_id: &'a str,
    secret_access_key: &'a str,
    session_token: &'a str,
    expiration: String,
}

impl<'a> Output<'a> {
    fn of(session: &'a Session) -> Self {
        Self {
            version: 1,
            access_key_id: &session.access_key_id,
            secret_access_key: session.secret_access_key.expose_secret(),
            session_token: session.token.expose_secret(),
            expiration: session.expires_text(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::parsed;

    fn said(line: &str) -> String {
        let arguments = line.split_whitespace().map(str::to_owned).collect();
        match parsed(arguments) {
            Ok(_) => "ok".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn options_of_the_helper_are_taken_or_told_why_not() {
        let arns = "--trust-anchor-arn a --profile-arn p --role-arn r";
        for (line, expected) in [
            (format!("--certificate c --private-key k {arns}"), "ok"),
            (format!("--certificate=c --with-proxy --debug {arns}"), "ok"),
            ("--help".to_owned(), "ok"),
            (arns.to_owned(), "--certificate is missing"),
            (
                "--certificate c --profile-arn p --role-arn r".to_owned(),
                "--trust-anchor-arn is missing",
            ),
            (
                format!("--cert-selector x {arns}"),
                "--cert-selector is not supported",
            ),
            (
                format!("--no-verify-ssl {arns}"),
                "--no-verify-ssl is not supported",
            ),
            ("--nonsense".to_owned(), "invalid option '--nonsense'"),
            (
                format!("--certificate c {arns} hunter2"),
                "a value follows no option that takes it",
            ),
        ] {
            assert!(said(&line).starts_with(expected), "{line}: {}", said(&line));
        }
    }
}
