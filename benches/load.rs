//! What the whole service costs: time to the first answer, memory, and CPU per request.
//!
//! `cargo bench --bench load` starts the binary against the stand-ins, sends it requests over 64
//! connections and reads its CPU time from `/proc` (Linux only). Client and stand-ins share the
//! machine but not the figures. Compare ratios within one run, machines differ.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark tells what it measured, and says where it can't"
)]

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::header::AUTHORIZATION;
use sandbox::Sandbox;
use sandbox::aws::Options;
use sandbox::bindings::{Bindings, CredentialSource, Delivery};
use sandbox::people::PEOPLE;
use time::OffsetDateTime;

const CONNECTIONS: usize = 64;

struct Service {
    process: Child,
    url: String,
    token: String,
    first_answer: Duration,
    _folder: tempfile::TempDir,
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Service {
    async fn start(sandbox: &Sandbox, freshness: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let bindings =
            Bindings::new(sandbox, CredentialSource::Oidc).set("list_freshness_ms", freshness);
        let environment = bindings.environment(Delivery::Variable, folder.path(), port);
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let began = Instant::now();
        let mut process = Command::new(env!("CARGO_BIN_EXE_btp-s3-catalog"))
            .env_clear()
            .envs(environment.unwrap())
            .stdin(Stdio::null())
            .stdout(log)
            .spawn()
            .unwrap();
        let url = format!("http://127.0.0.1:{port}");
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answers = async |path: &str| {
            let answer = client.get(format!("{url}{path}")).send().await;
            answer.is_ok_and(|answer| answer.status() == 200)
        };
        while !answers("/health/live").await {
            assert!(process.try_wait().unwrap().is_none(), "the service ended");
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        let first_answer = began.elapsed();
        while !answers("/health/ready").await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let token = sandbox.identity.user_token(PEOPLE.first().unwrap());
        Self {
            process,
            url,
            token: format!("Bearer {token}"),
            first_answer,
            _folder: folder,
        }
    }

    /// CPU time of all threads since the start.
    fn cpu(&self) -> Duration {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.process.id())).unwrap();
        let spent = tasks.map(|task| {
            let text = std::fs::read_to_string(task.unwrap().path().join("schedstat")).unwrap();
            text.split(' ').next().unwrap().parse::<u64>().unwrap()
        });
        Duration::from_nanos(spent.sum())
    }

    /// Resident memory in MiB.
    fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()));
        let status = status.unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let kilobytes = line.unwrap().split_whitespace().nth(1).unwrap();
        kilobytes.parse::<f64>().unwrap() / 1024.0
    }

    /// Sends `each` requests over every connection; prints CPU and time per request.
    async fn load(&self, what: &str, path: &str, each: usize) {
        self.send(path, 3).await;
        let (cpu, began) = (self.cpu(), Instant::now());
        self.send(path, each).await;
        let requests = u32::try_from(each * CONNECTIONS).unwrap();
        println!(
            "{what}: {:?} CPU a request, {:.0} requests a second, {:.1} MiB",
            self.cpu().saturating_sub(cpu) / requests,
            f64::from(requests) / began.elapsed().as_secs_f64(),
            self.memory()
        );
    }

    async fn send(&self, path: &str, each: usize) {
        let clients = (0..CONNECTIONS).map(|_| {
            let (url, token) = (format!("{}{path}", self.url), self.token.clone());
            tokio::spawn(async move {
                let client = reqwest::Client::builder().no_proxy().build().unwrap();
                for _ in 0..each {
                    let request = client.get(&url).header(AUTHORIZATION, &token);
                    let answer = request.send().await.unwrap();
                    assert_eq!(answer.status(), 200);
                    assert!(answer.bytes().await.unwrap().len() > 100);
                }
            })
        });
        for client in clients.collect::<Vec<_>>() {
            client.await.unwrap();
        }
    }
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

async fn with_buckets(count: usize) -> Sandbox {
    let sandbox = Sandbox::start(&Options::default()).await.unwrap();
    let buckets = sandbox.aws.storage.buckets();
    for number in 0..count {
        let created = OffsetDateTime::UNIX_EPOCH + Duration::from_hours(number as u64);
        let name = format!("archive-{:05}", number * 7919 % 100_000);
        buckets.with_bucket(&name, "eu-central-1", created).unwrap();
    }
    sandbox
}

#[tokio::main]
async fn main() {
    let sandbox = with_buckets(100).await;
    let service = Service::start(&sandbox, "0").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    println!("first 200 after {:?}", service.first_answer);
    println!("idle: {:.1} MiB", service.memory());
    service
        .load("100 buckets, every request asks S3", "/catalog/Buckets", 40)
        .await;
    drop(service);
    let service = Service::start(&sandbox, "1000").await;
    service
        .load(
            "100 buckets, a list shared for 1 s",
            "/catalog/Buckets",
            200,
        )
        .await;
    drop(service);

    let sandbox = with_buckets(10_000).await;
    let service = Service::start(&sandbox, "1000").await;
    let query = "/catalog/Buckets?$filter=contains(name,'a')&$orderby=created%20desc&$top=20";
    service
        .load("10,000 buckets, filtered and sorted", query, 4)
        .await;
}
