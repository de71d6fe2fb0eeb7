//! A service under test: the binary as a child, its log captured, its answers watched.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sandbox::Sandbox;
use sandbox::aws::Options;
use sandbox::bindings::{Bindings, CredentialSource, Delivery};
use sandbox::people::{PEOPLE, Person};
use serde_json::Value;
use tokio::time::{Instant, sleep};

/// How long a test waits for what must happen soon.
const SOON: Duration = Duration::from_secs(15);

/// All stand-ins, without demo buckets.
pub(crate) async fn sandbox() -> Sandbox {
    Sandbox::start(&Options::default()).await.unwrap()
}

/// The person with this short name.
pub(crate) fn person(id: &str) -> &'static Person {
    PEOPLE.iter().find(|person| person.id == id).unwrap()
}

/// Every session that AWS gave out, as the ledger tells it, oldest first.
pub(crate) fn sessions(sandbox: &Sandbox) -> Vec<String> {
    sandbox.core.ledger.of("sessions")
}

/// A running service; dropping it ends the process and looks for leaked secrets.
pub(crate) struct Service<'a> {
    sandbox: &'a Sandbox,
    process: Child,
    pub(crate) url: String,
    http: reqwest::Client,
    log: Arc<Mutex<Vec<String>>>,
    answers: RefCell<Vec<String>>,
    folder: tempfile::TempDir,
}

/// What the service answered, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// `error.code` of an OData error.
    pub(crate) fn code(&self) -> String {
        self.json()["error"]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// The ids of the listed buckets.
    pub(crate) fn ids(&self) -> Vec<String> {
        assert_eq!(self.status, 200, "{}", self.body);
        let rows = self.json()["value"].as_array().unwrap().clone();
        rows.iter()
            .map(|row| row["id"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// Starts the service with the usual bindings of a credential source and waits for a session.
pub(crate) async fn ready(sandbox: &Sandbox, source: CredentialSource) -> Service<'_> {
    let service = start(sandbox, &Bindings::new(sandbox, source)).await;
    service.until_ready().await;
    service
}

/// Starts the service with these bindings as `VCAP_SERVICES` and waits until it answers.
pub(crate) async fn start<'a>(sandbox: &'a Sandbox, bindings: &Bindings<'_>) -> Service<'a> {
    start_with(sandbox, bindings, Delivery::Variable, &[]).await
}

/// Starts the service with further variables.
pub(crate) async fn start_with<'a>(
    sandbox: &'a Sandbox,
    bindings: &Bindings<'_>,
    delivery: Delivery,
    variables: &[(&str, &str)],
) -> Service<'a> {
    let folder = tempfile::tempdir().unwrap();
    let mut environment = bindings.environment(delivery, folder.path(), 0).unwrap();
    environment.extend(
        variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    start_in(sandbox, folder, &environment).await
}

/// Starts the service in a folder, with nothing but these variables.
pub(crate) async fn start_in<'a>(
    sandbox: &'a Sandbox,
    folder: tempfile::TempDir,
    environment: &BTreeMap<String, String>,
) -> Service<'a> {
    let mut process = command(environment)
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let log = Arc::new(Mutex::new(Vec::new()));
    keep(process.stdout.take().unwrap(), &log);
    keep(process.stderr.take().unwrap(), &log);
    let mut service = Service {
        sandbox,
        process,
        url: String::new(),
        http: reqwest::Client::builder().no_proxy().build().unwrap(),
        log,
        answers: RefCell::default(),
        folder,
    };
    service.url = service.listening().await;
    service
}

/// The binary with nothing but these variables.
pub(crate) fn command(environment: &BTreeMap<String, String>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_btp-s3-catalog"));
    command.env_clear().envs(environment).stdin(Stdio::null());
    command
}

fn keep(stream: impl Read + Send + 'static, log: &Arc<Mutex<Vec<String>>>) {
    let log = Arc::clone(log);
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            log.lock().unwrap().push(line);
        }
    });
}

impl Service<'_> {
    /// The stand-ins that this service is bound to.
    pub(crate) fn sandbox(&self) -> &Sandbox {
        self.sandbox
    }

    /// The folder in which files of the bindings lie, for deliveries by file.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// The process id, for signals.
    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) {
        let sent = Command::new("kill").arg(self.pid().to_string()).status();
        assert!(sent.unwrap().success());
    }

    /// Whether the process still runs; its exit code if not.
    pub(crate) fn exit_code(&mut self) -> Option<i32> {
        self.process
            .try_wait()
            .unwrap()
            .and_then(|status| status.code())
    }

    /// All log lines so far.
    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// Log lines that contain this text.
    pub(crate) fn logged(&self, text: &str) -> Vec<String> {
        self.log()
            .into_iter()
            .filter(|line| line.contains(text))
            .collect()
    }

    /// Waits until a log line contains this text.
    pub(crate) async fn until_logged(&self, text: &str) -> String {
        let deadline = Instant::now() + SOON;
        loop {
            if let Some(line) = self.logged(text).pop() {
                return line;
            }
            assert!(
                Instant::now() < deadline,
                "never logged: {text}\n{}",
                self.log().join("\n")
            );
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// What the log tells people: sentence and error of each line, without JSON's escapes.
    pub(crate) fn told(&self) -> Vec<String> {
        let text = |line: &Value, field: &str| line[field].as_str().unwrap_or_default().to_owned();
        let lines = self.log();
        let lines = lines
            .iter()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines
            .map(|line| format!("{} {}", text(&line, "msg"), text(&line, "error")))
            .collect()
    }

    /// Waits until one line of the log tells all of these.
    pub(crate) async fn until_told(&self, parts: &[&str]) -> String {
        let deadline = Instant::now() + SOON;
        loop {
            let tells = |line: &&String| parts.iter().all(|part| line.contains(part));
            if let Some(line) = self.told().iter().find(tells) {
                return line.clone();
            }
            assert!(Instant::now() < deadline, "never told: {parts:?}");
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Clients learn that there is no session and when to come back, and nothing else.
    pub(crate) async fn refuses(&self) -> Answer {
        let answer = self.get_as("bob", "/catalog/Buckets").await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (503, "NoSession"),
            "{}",
            answer.body
        );
        assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1);
        let message = answer.json()["error"]["message"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(
            message.starts_with("The catalogue has no AWS session at the moment"),
            "{message}"
        );
        assert!(
            answer.body.len() < 250,
            "no detail belongs here: {}",
            answer.body
        );
        let ready = self.get_with("/health/ready", &[]).await;
        assert_eq!(
            (ready.status, ready.json()["code"].as_str()),
            (503, Some("NoSession"))
        );
        answer
    }

    /// Whether no attempt to open a session has failed so far.
    pub(crate) fn never_failed(&self) -> bool {
        self.logged("no AWS session").is_empty() && self.logged("not renewed").is_empty()
    }

    /// The Authorization header of a person.
    pub(crate) fn bearer(&self, id: &str) -> String {
        format!("Bearer {}", self.sandbox.identity.user_token(person(id)))
    }

    /// GET as a person.
    pub(crate) async fn get_as(&self, id: &str, path: &str) -> Answer {
        let token = self.sandbox.identity.user_token(person(id));
        self.get_with(path, &[("authorization", &format!("Bearer {token}"))])
            .await
    }

    /// GET with these headers and no others.
    pub(crate) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send("GET", path, headers).await
    }

    /// POST of a body with these headers and no others.
    pub(crate) async fn post(&self, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let request = self.http.post(format!("{}{path}", self.url)).body(body);
        self.ask(request, headers).await
    }

    /// PUT of a body with these headers and no others.
    pub(crate) async fn put(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        self.send_body("PUT", path, headers, body).await
    }

    /// Any method with these headers and a body.
    pub(crate) async fn send_body(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.http.request(method, format!("{}{path}", self.url));
        self.ask(request.body(body), headers).await
    }

    /// Any method with these headers.
    pub(crate) async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.http.request(method, format!("{}{path}", self.url));
        self.ask(request, headers).await
    }

    async fn ask(&self, mut request: reqwest::RequestBuilder, headers: &[(&str, &str)]) -> Answer {
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let answer = Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.text().await.unwrap(),
        };
        self.answers
            .borrow_mut()
            .push(format!("{:?} {}", answer.headers, answer.body));
        answer
    }

    /// Waits until a session is alive.
    pub(crate) async fn until_ready(&self) {
        let deadline = Instant::now() + SOON;
        while self.get_with("/health/ready", &[]).await.status != 200 {
            assert!(
                Instant::now() < deadline,
                "no session:\n{}",
                self.log().join("\n")
            );
            sleep(Duration::from_millis(20)).await;
        }
    }

    async fn listening(&mut self) -> String {
        let deadline = Instant::now() + SOON;
        loop {
            if let Some(line) = self.logged("listening on ").pop() {
                let line: Value = serde_json::from_str(&line).unwrap();
                return format!("http://{}", line["address"].as_str().unwrap());
            }
            let ended = self.exit_code();
            assert!(
                ended.is_none() && Instant::now() < deadline,
                "exit {ended:?}:\n{}",
                self.log().join("\n")
            );
            sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for Service<'_> {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if std::thread::panicking() {
            eprintln!("log of the service:\n{}", self.log().join("\n"));
            return;
        }
        let told = [self.log(), self.answers.take()].concat();
        for secret in self.sandbox.core.ledger.secrets() {
            let leak = told.iter().find(|line| line.contains(&secret));
            assert!(leak.is_none(), "a secret leaked: {}", leak.unwrap());
        }
    }
}
