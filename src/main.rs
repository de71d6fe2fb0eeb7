//! `btp-s3-catalog [serve]`: arguments → settings → service → SIGTERM. Other commands are the cli's.

use std::collections::BTreeMap;
use std::error::Error;
use std::ffi::OsString;
use std::io::Write as _;
use std::panic::PanicHookInfo;
use std::path::Path;
use std::process::ExitCode;

use btp_s3_catalog::{
    App, Application, Clock, CommandFailed, Env, Settings, aws_token, check, credential_process,
    setup, subscriber,
};

/// `EX_USAGE` of sysexits.h: the caller must change something, a restart does not help.
const UNUSABLE: u8 = 64;

const HELP: &str = "\
btp-s3-catalog: an OData V4 catalogue over Amazon S3 for SAP BTP, with no AWS key anywhere

Usage: btp-s3-catalog [serve]
       btp-s3-catalog COMMAND [options]

Commands:
  serve                the service (default)
  check                walks the chain from the bindings to S3, says what is wrong and how to mend it
  credential-process   prints AWS credentials for the AWS CLI and SDKs
  aws-token            prints a token with which an AWS workload calls the service
  setup                writes the AWS and the BTP side of a set-up; reads trust policies

For serve everything comes from the environment: VCAP_SERVICES, VCAP_SERVICES_FILE_PATH or
SERVICE_BINDING_ROOT for the bindings, CATALOG_* for settings, PORT for the port. On your own
machine, with none of the first three set, from default-env.json in the working directory.
docs/reference/settings.md lists every setting.

Options:
  -h, --help     this text
  -V, --version  the version
";

#[expect(clippy::print_stderr, reason = "logging is not set up yet")]
fn main() -> ExitCode {
    let arguments = std::env::args_os().skip(1).map(OsString::into_string);
    let arguments: Vec<String> = match arguments.collect() {
        Ok(arguments) => arguments,
        Err(odd) => {
            eprintln!("the argument {} is not UTF-8", odd.display());
            return ExitCode::from(UNUSABLE);
        }
    };
    let command = arguments.first().map(String::as_str);
    match (command, arguments.get(1..).unwrap_or_default()) {
        (None, _) | (Some("serve"), []) => start(),
        (Some("-h" | "--help"), []) | (Some("serve"), [_]) if wants_help(&arguments) => {
            finish(Ok(HELP.to_owned()))
        }
        (Some("-V" | "--version"), []) => finish(Ok(format!(
            "btp-s3-catalog {}\n",
            env!("CARGO_PKG_VERSION")
        ))),
        (Some("aws-token"), rest) => finish(run(aws_token(rest.to_vec()))),
        (Some("setup"), rest) => {
            let (mut out, mut told) = (std::io::stdout(), std::io::stderr());
            finish(setup(rest.to_vec(), &mut out, &mut told))
        }
        (Some("credential-process"), rest) => {
            finish(run(credential_process(rest.to_vec(), environment())))
        }
        (Some("check"), rest) => {
            let mut out = std::io::stdout();
            match run(check(rest.to_vec(), environment(), &mut out)) {
                Ok(true) => ExitCode::SUCCESS,
                Ok(false) => ExitCode::FAILURE,
                Err(failure) => finish(Err(failure)),
            }
        }
        (Some(first), rest) => {
            let unknown = if first == "serve" {
                rest.first().map_or("", String::as_str)
            } else {
                first
            };
            eprintln!("unknown argument \"{unknown}\"; btp-s3-catalog --help lists them");
            ExitCode::from(UNUSABLE)
        }
    }
}

/// Starts the service with what the environment says.
#[expect(clippy::print_stderr, reason = "logging is not set up yet")]
fn start() -> ExitCode {
    let settings = match Settings::load(environment()) {
        Ok(settings) => settings,
        Err(unusable) => {
            eprintln!("{unusable}");
            return ExitCode::from(UNUSABLE);
        }
    };
    match serve(settings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Settings(problem)) => {
            eprintln!("{problem}");
            ExitCode::from(UNUSABLE)
        }
        Err(Failure::Running(error)) => {
            let mut text = error.to_string();
            let mut cause = error.source();
            while let Some(next) = cause {
                text = format!("{text}: {next}");
                cause = next.source();
            }
            eprintln!("{text}");
            ExitCode::FAILURE
        }
    }
}

/// All variables, in a hybrid run with those of the file beside. A value that is not UTF-8 is kept as
/// far as it is: what was meant to narrow something must not count as unset.
fn environment() -> Env {
    let texts = std::env::vars_os().filter_map(|(name, value)| {
        Some((
            name.into_string().ok()?,
            value.to_string_lossy().into_owned(),
        ))
    });
    Env::new(texts).with_default_env(Path::new("default-env.json"))
}

/// A command's text goes to stdout, or nothing does and one line to stderr.
#[expect(
    clippy::print_stderr,
    reason = "commands are read by people and scripts, not by a log"
)]
fn finish(result: Result<String, CommandFailed>) -> ExitCode {
    match result {
        Ok(text) => match std::io::stdout().write_all(text.as_bytes()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("the result can't be written: {error}");
                ExitCode::FAILURE
            }
        },
        Err(failure) => {
            eprintln!("{failure}");
            match failure {
                CommandFailed::Usage(_) => ExitCode::from(UNUSABLE),
                CommandFailed::Failed(_) => ExitCode::FAILURE,
            }
        }
    }
}

fn run<T>(command: impl Future<Output = T>) -> T {
    actix_web::rt::System::new().block_on(command)
}

fn wants_help(arguments: &[String]) -> bool {
    let last = arguments.last().map(String::as_str);
    matches!(last, Some("-h" | "--help"))
}

enum Failure {
    Settings(String),
    Running(Box<dyn Error>),
}

fn serve(settings: Settings) -> Result<(), Failure> {
    let clock = Clock::system();
    let component = component(settings.application.as_ref());
    let subscriber = subscriber(
        &settings.log_level,
        component,
        clock.clone(),
        std::io::stdout(),
    )
    .map_err(|e| Failure::Settings(e.to_string()))?;
    let running = |e: Box<dyn Error>| Failure::Running(e);
    tracing::subscriber::set_global_default(subscriber).map_err(|e| running(e.into()))?;
    std::panic::set_hook(Box::new(tell_of_panic));
    keep_memory_to_itself();
    for warning in &settings.warnings {
        tracing::warn!("{warning}");
    }
    actix_web::rt::System::new().block_on(async {
        let app = App::start(settings, clock).map_err(|e| running(e.into()))?;
        app.run_until(stopped())
            .await
            .map_err(|e| running(e.into()))
    })
}

/// A panic's message may have a value in it, and the value may be a secret: only a message that
/// stands in the code as it is gets into the log, and always the place.
fn tell_of_panic(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string);
    let place = place.as_deref().unwrap_or("an unknown place");
    let message = panic.payload().downcast_ref::<&'static str>();
    let message = message.unwrap_or(&"its message is withheld, because it may contain data");
    tracing::error!("a defect at {place}: {message}");
}

/// No core dump and no debugger of the same user gets at the secrets in memory.
fn keep_memory_to_itself() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    if let Err(error) = setrlimit(Resource::Core, none) {
        tracing::warn!("core dumps can't be switched off: {error}");
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
            tracing::warn!("core dumps can't be switched off: {error}");
        }
    }
}

/// Resolves at SIGTERM (the platform) or SIGINT (a person at a keyboard).
async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut term), Ok(mut int)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) else {
        tracing::error!("signals can't be watched: the service will not stop gracefully");
        return std::future::pending().await;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
}

/// The fields that every log line carries, as SAP's logging libraries name them.
fn component(application: Option<&Application>) -> BTreeMap<&'static str, String> {
    let mut fields = BTreeMap::from([
        ("component_type", "application".to_owned()),
        ("layer", "[RUST]".to_owned()),
    ]);
    if let Some(application) = application {
        fields.extend(application.log_fields());
    }
    fields
}
