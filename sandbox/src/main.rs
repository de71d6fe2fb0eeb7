//! `cargo run -p sandbox`: starts the stand-ins, builds the service and runs it against them,
//! opens the front door, says where everything is, and ends it all on Ctrl-C.

use std::io::{self, Write};
use std::process::ExitCode;

use sandbox::Sandbox;
use sandbox::aws::{self, WORKLOAD_AUDIENCE};
use sandbox::bindings::{Bindings, Callers, Delivery};
use sandbox::front_door::{FrontDoor, Page};
use serde_json::{Value, json};
use tokio::signal::unix::{Signal, SignalKind, signal};

#[path = "main/arguments.rs"]
mod arguments;
#[path = "main/build.rs"]
mod build;
#[path = "main/folder.rs"]
mod folder;
#[path = "main/report.rs"]
mod report;
#[path = "main/service.rs"]
mod service;

use arguments::{Arguments, Command};
use folder::{Folder, ReadyFile};
use report::Report;
use service::Service;

/// `EX_USAGE` of sysexits.h: the caller must change something, trying again does not help.
const UNUSABLE: u8 = 64;

/// Seconds that tokens live: the longest that the real service allows, so that the printed ones
/// last a working day.
const TOKEN_LIFE: i64 = 43_200;

fn main() -> ExitCode {
    let (mut out, mut log) = (io::stdout(), io::stderr());
    let command = match Arguments::parse(std::env::args_os().skip(1)) {
        Ok(command) => command,
        Err(problem) => {
            return finish(
                writeln!(log, "{problem}; --help lists the options"),
                UNUSABLE,
            );
        }
    };
    let arguments = match command {
        Command::Help => return finish(write!(out, "{}", arguments::HELP), 0),
        Command::Version => {
            let version = env!("CARGO_PKG_VERSION");
            return finish(writeln!(out, "sandbox {version}"), 0);
        }
        Command::Run(arguments) => arguments,
    };
    if std::env::var_os("VCAP_APPLICATION").is_some() {
        let refusal = "the sandbox does not run on Cloud Foundry (VCAP_APPLICATION is set): \
                       its users have no passwords and its keys are worth nothing";
        return finish(writeln!(log, "{refusal}"), UNUSABLE);
    }
    match run(&arguments, &mut out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => finish(writeln!(log, "sandbox: {error}"), 1),
    }
}

/// An exit code, or 1 if the last words could not be written.
fn finish(written: io::Result<()>, code: u8) -> ExitCode {
    written.map_or(ExitCode::FAILURE, |()| ExitCode::from(code))
}

#[tokio::main]
async fn run(arguments: &Arguments, out: &mut impl Write) -> io::Result<()> {
    let mut end = End::new()?;
    let ready_file = arguments.ready_file.as_deref().map(ReadyFile::new);
    let _goes_at_the_end = ready_file.transpose()?;
    let folder = Folder::new()?;
    writeln!(out, "Starting the stand-ins …")?;
    let sandbox = start(arguments).await?;
    let port = service::free_port()?;
    // Before the build, so that a port that is taken is told at once.
    let page = Page::of(&build::workspace())?;
    let door = open_door(arguments, &sandbox, port, page.clone()).await?;
    writeln!(out, "Building the service …")?;
    let program = tokio::select! {
        built = build::service() => built?,
        () = end.asked() => return Ok(()),
    };
    let bindings = Bindings::new(&sandbox, arguments.source)
        .callers(Callers::Both)
        .set("aws_callers", aws_callers(&sandbox))
        .set("fileshare", "true");
    let environment = bindings.environment(Delivery::Variable, folder.path(), port)?;
    let mut service = Service::start(program, &environment, port)?;
    let report = Report {
        sandbox: &sandbox,
        source: arguments.source,
        service: service.url(),
        page: door.url(),
        page_is_built: page.is_built(),
        environment: &environment,
        folder: &folder,
    };
    let ended = tokio::select! {
        finished = keep(arguments, &report, &mut service, out) => finished,
        () = end.asked() => Ok(()),
    };
    writeln!(out, "Ending …")?;
    service.end().await?;
    ended
}

/// Roles of the account may read, so that `aws-token` can be tried.
fn aws_callers(sandbox: &Sandbox) -> Value {
    json!([{
        "issuer": sandbox.aws.outbound.issuer(),
        "audience": WORKLOAD_AUDIENCE,
        "accounts": [sandbox.aws.account.id],
        "scope": "Read",
    }])
}

async fn start(arguments: &Arguments) -> io::Result<Sandbox> {
    let options = aws::Options {
        data: arguments.data.clone(),
        demo_buckets: true,
        ..aws::Options::default()
    };
    let sandbox = Sandbox::start(&options).await?;
    sandbox.identity.set_token_life(TOKEN_LIFE);
    sandbox.xsuaa.set_token_life(TOKEN_LIFE);
    // xs-security.json grants the catalogue's own client nothing; so its token can be tried.
    sandbox.xsuaa.grant_authorities(&["Read"]);
    Ok(sandbox)
}

async fn open_door(
    arguments: &Arguments,
    sandbox: &Sandbox,
    port: u16,
    page: Page,
) -> io::Result<FrontDoor> {
    let (core, identity) = (&sandbox.core, &sandbox.identity);
    let service = service::url(port);
    let door = FrontDoor::start(core, identity, arguments.port, &service, page).await;
    door.map_err(|error| {
        let port = arguments.port;
        let advice = format!(
            "port {port} can't be had ({error}); choose another: cargo run -p sandbox -- --port 0"
        );
        io::Error::other(advice)
    })
}

/// Runs until the service ends, which it should not.
async fn keep(
    arguments: &Arguments,
    report: &Report<'_>,
    service: &mut Service,
    out: &mut impl Write,
) -> io::Result<()> {
    service.wait_until_ready(out).await?;
    if let Some(ready_file) = &arguments.ready_file {
        report.write_ready_file(ready_file)?;
    }
    report.print(out)?;
    let status = service.ended().await?;
    let sentence = format!("the service ended by itself ({status})");
    Err(io::Error::other(sentence))
}

/// Ctrl-C or SIGTERM, also while something else is waited for.
struct End {
    interrupt: Signal,
    terminate: Signal,
}

impl End {
    fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
