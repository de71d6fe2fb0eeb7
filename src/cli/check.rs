//! `check`: walks the chain from the bindings to S3 and says, step by step, what was seen or what
//! is wrong and how to mend it.

use std::io::{self, Write};

use lexopt::prelude::{Long, Short, Value, ValueExt as _};

use super::{CommandFailed, Help};
use crate::clock::Clock;
use crate::diagnosis::{self, Outcome, Report, Step, Wanted};
use crate::settings::Env;

const HELP: Help = "\
Walks the chain from the bindings to S3 and says what is wrong, and how to mend it

Usage: btp-s3-catalog check [options]

Reads what the service reads: VCAP_SERVICES, VCAP_SERVICES_FILE_PATH or SERVICE_BINDING_ROOT, and
CATALOG_*. On Cloud Foundry:
  cf run-task btp-s3-catalog --command './btp-s3-catalog check'
  cf logs btp-s3-catalog --recent        again until the summary line is there

Options:
      --bucket B       a bucket that must be there and may be listed
      --probe-write    writes, reads and deletes a small object in that bucket
      --json           one JSON document instead of lines
  -h, --help           this text

Exit codes: 0 no step failed, 1 a step failed, 64 wrong arguments
";

#[derive(Debug)]
enum Asked {
    Help,
    Check { wanted: Wanted, json: bool },
}

/// Runs the command, telling each step as soon as it ended; whether no step failed.
///
/// # Errors
/// Wrong arguments, or an output that can't be written.
pub async fn check(
    arguments: Vec<String>,
    env: Env,
    out: &mut impl Write,
) -> Result<bool, CommandFailed> {
    let asked = parsed(arguments).map_err(|e| {
        CommandFailed::Usage(format!("{e}; btp-s3-catalog check --help tells more"))
    })?;
    let written = match asked {
        Asked::Help => out.write_all(HELP.as_bytes()).map(|()| true),
        Asked::Check { wanted, json } => walk(&env, &wanted, json, out).await,
    };
    written.map_err(|e| CommandFailed::Failed(format!("the result can't be written: {e}")))
}

async fn walk(env: &Env, wanted: &Wanted, json: bool, out: &mut impl Write) -> io::Result<bool> {
    let mut written = Ok(());
    let mut tell = |step: &Step| {
        if !json && written.is_ok() {
            written = print(step, out);
        }
    };
    let report = diagnosis::walk(env, &Clock::system(), wanted, &mut tell).await;
    written?;
    if json {
        serde_json::to_writer_pretty(&mut *out, &report)?;
        writeln!(out)?;
    } else {
        sum_up(&report, out)?;
    }
    Ok(report.ok)
}

fn print(step: &Step, out: &mut impl Write) -> io::Result<()> {
    let word = match step.outcome {
        Outcome::Ok => "ok",
        Outcome::Warning => "look",
        Outcome::Failed => "FAIL",
        Outcome::Skipped => "-",
    };
    let seen = step.seen.replace('\n', "\n                            ");
    writeln!(out, "{word:<5} {:<20}  {seen}", step.title)?;
    if let Some(remedy) = &step.remedy {
        writeln!(out, "      {:<20}  {remedy}", "to mend it:")?;
    }
    for command in &step.commands {
        writeln!(out, "      {:<20}  {command}", "")?;
    }
    out.flush()
}

fn sum_up(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let count = |outcome| {
        report
            .steps
            .iter()
            .filter(|it| it.outcome == outcome)
            .count()
    };
    let (steps, failed) = (report.steps.len(), count(Outcome::Failed));
    if report.ok {
        let warnings = count(Outcome::Warning);
        return writeln!(out, "{steps} steps, none failed, {warnings} to look at");
    }
    writeln!(
        out,
        "{steps} steps, {failed} failed, {} not tried",
        count(Outcome::Skipped)
    )
}

fn parsed(arguments: Vec<String>) -> Result<Asked, lexopt::Error> {
    let (mut wanted, mut json) = (Wanted::default(), false);
    let mut parser = lexopt::Parser::from_args(arguments);
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(Asked::Help),
            Long("bucket") => wanted.bucket = Some(parser.value()?.string()?),
            Long("probe-write") => wanted.probe_write = true,
            Long("json") => json = true,
            Short(_) | Long(_) | Value(_) => return Err(argument.unexpected()),
        }
    }
    if wanted.probe_write && wanted.bucket.is_none() {
        return Err("--probe-write needs --bucket: name the bucket to write to".into());
    }
    Ok(Asked::Check { wanted, json })
}
