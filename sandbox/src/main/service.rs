//! The service as a child process: started with nothing but the sandbox's environment, watched
//! until it is ready, its log passed on, ended as Cloud Foundry ends applications.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::Client;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

/// How long the service may take to hold its first AWS session before advice is given.
const PATIENCE: Duration = Duration::from_secs(30);
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);
/// Cloud Foundry's time between SIGTERM and SIGKILL.
const GRACE: Duration = Duration::from_secs(10);
/// Log lines that are shown again when something went wrong.
const REMEMBERED: usize = 20;
/// What the service may take from the caller's environment; nothing that leads out of the
/// sandbox.
const PASSED_ON: [&str; 4] = ["CATALOG_LOG_LEVEL", "RUST_BACKTRACE", "PATH", "TMPDIR"];

#[derive(Debug)]
pub(crate) struct Service {
    child: Child,
    port: u16,
    log: Arc<Mutex<VecDeque<String>>>,
    http: Client,
}

/// A port of 127.0.0.1 that is free now.
pub(crate) fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}

/// Where a service on this port answers.
pub(crate) fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

impl Service {
    /// Starts `program`; its log goes to standard error.
    pub(crate) fn start(
        program: PathBuf,
        environment: &BTreeMap<String, String>,
        port: u16,
    ) -> io::Result<Self> {
        let passed_on = PASSED_ON
            .iter()
            .filter_map(|name| Some((name, std::env::var_os(name)?)));
        let mut child = Command::new(program)
            .env_clear()
            .envs(passed_on)
            .envs(environment)
            // Ctrl-C in a terminal reaches this process alone, which then ends the service in order.
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let log = Arc::default();
        tokio::spawn(pass_on(child.stdout.take(), Arc::clone(&log)));
        tokio::spawn(pass_on(child.stderr.take(), Arc::clone(&log)));
        let http = Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(2))
            .build()
            .map_err(io::Error::other)?;
        Ok(Self {
            child,
            port,
            log,
            http,
        })
    }

    pub(crate) fn url(&self) -> String {
        url(self.port)
    }

    /// Returns when the service is alive and ready. Gives advice when that takes long, and goes
    /// on waiting, so that the stand-ins can be looked at.
    pub(crate) async fn wait_until_ready(&mut self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "Waiting for the service …")?;
        if timeout(PATIENCE, self.ready())
            .await
            .map_or(Ok(false), |ready| ready.map(|()| true))?
        {
            return Ok(());
        }
        let seconds = PATIENCE.as_secs();
        writeln!(
            out,
            "The service is not ready after {seconds} seconds. Its last log lines:"
        )?;
        self.show_log(out)?;
        writeln!(
            out,
            "Its log tells which step to AWS fails. More of it: CATALOG_LOG_LEVEL=debug. \
             The sandbox goes on waiting; Ctrl-C ends it."
        )?;
        self.ready().await
    }

    async fn ready(&mut self) -> io::Result<()> {
        for path in ["/health/live", "/health/ready"] {
            let url = format!("{}{path}", self.url());
            while !self.answers(&url).await {
                if let Some(status) = self.child.try_wait()? {
                    // The last lines may still be on their way.
                    sleep(BETWEEN_LOOKS).await;
                    return Err(io::Error::other(format!(
                        "the service ended before it was ready ({status}); its log is above"
                    )));
                }
                sleep(BETWEEN_LOOKS).await;
            }
        }
        Ok(())
    }

    async fn answers(&self, url: &str) -> bool {
        let answer = self.http.get(url).send().await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }

    fn show_log(&self, out: &mut impl Write) -> io::Result<()> {
        let lines = self
            .log
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        lines.iter().try_for_each(|line| writeln!(out, "  {line}"))
    }

    /// Returns when the service has ended by itself.
    pub(crate) async fn ended(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// SIGTERM, ten seconds, SIGKILL; nothing if it has ended already.
    pub(crate) async fn end(&mut self) -> io::Result<()> {
        let Some(pid) = self.child.id() else {
            return Ok(());
        };
        // Sending a signal without unsafe code: every shell has a kill of its own.
        let asked = Command::new("sh")
            .args(["-c", &format!("kill -TERM {pid}")])
            .status()
            .await;
        if asked.is_ok_and(|status| status.success())
            && timeout(GRACE, self.child.wait()).await.is_ok()
        {
            return Ok(());
        }
        self.child.kill().await
    }
}

/// Copies the service's lines to standard error and remembers the last ones.
async fn pass_on(from: Option<impl AsyncRead + Unpin>, log: Arc<Mutex<VecDeque<String>>>) {
    let Some(from) = from else { return };
    let mut lines = BufReader::new(from).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        // Nobody reads standard error any more: the lines are remembered all the same.
        let _ = writeln!(io::stderr(), "{line}");
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        if log.len() == REMEMBERED {
            log.pop_front();
        }
        log.push_back(line);
    }
}
