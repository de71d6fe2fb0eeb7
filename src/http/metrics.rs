//! `/metrics`: what a monitoring system reads, in the text format of `OpenMetrics` 1.0, which
//! Prometheus reads as well. For administrators, because shapes of requests tell what is used.

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use super::Service;
use super::error::{ApiError, only_reads};
use super::guard::Admin;
use crate::aws::SessionStanding;

/// Upper bounds in seconds: from a shared list to an upload of some minutes.
const SECONDS: [f64; 10] = [0.001, 0.005, 0.025, 0.1, 0.25, 1.0, 5.0, 12.0, 60.0, 300.0];

type Labels = Vec<(&'static str, String)>;

/// Counters of this process.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Labels, Counter>,
    durations: Family<Labels, Histogram>,
    session_end: Gauge,
    session_attempts: Gauge,
    session_failures: Gauge,
    memory: Gauge,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

impl Metrics {
    pub(super) fn new() -> Self {
        let mut registry = Registry::with_prefix("s3_catalog");
        let requests = Family::default();
        let durations = Family::new_with_constructor(histogram as fn() -> Histogram);
        let [session_end, session_attempts, session_failures, memory] =
            std::array::from_fn(|_| Gauge::default());
        let version = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "Which version runs", version);
        registry.register(
            "requests",
            "Answered requests, by method, path without keys, and status",
            requests.clone(),
        );
        registry.register_with_unit(
            "request_duration",
            "Time until the head of the answer",
            Unit::Seconds,
            durations.clone(),
        );
        registry.register_with_unit(
            "aws_session_end_timestamp",
            "When the AWS session ends, since 1970; 0 without one",
            Unit::Seconds,
            session_end.clone(),
        );
        registry.register(
            "aws_session_attempts",
            "Attempts to open an AWS session, since the start",
            session_attempts.clone(),
        );
        registry.register(
            "aws_session_failures",
            "How many of these attempts failed",
            session_failures.clone(),
        );
        registry.register_with_unit(
            "resident_memory",
            "Memory that the process holds",
            Unit::Bytes,
            memory.clone(),
        );
        Self {
            registry,
            requests,
            durations,
            session_end,
            session_attempts,
            session_failures,
            memory,
        }
    }

    /// Counts an answer. Labels must be few: methods are of a short list, and a shape has no keys.
    pub(super) fn count(&self, method: &str, shape: &str, status: u16, took: Duration) {
        let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
        let method = known
            .into_iter()
            .find(|it| *it == method)
            .unwrap_or("other");
        let request = ("request", shape.to_owned());
        let labels = vec![
            ("method", method.to_owned()),
            request.clone(),
            ("status", status.to_string()),
        ];
        self.requests.get_or_create(&labels).inc();
        let durations = self.durations.get_or_create(&vec![request]);
        durations.observe(took.as_secs_f64());
    }

    /// All figures as text.
    fn text(&self, standing: &SessionStanding) -> Result<String, fmt::Error> {
        let end = standing
            .until
            .and_then(|it| it.duration_since(UNIX_EPOCH).ok());
        let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        self.session_end
            .set(end.map_or(0, |it| whole(it.as_secs())));
        self.session_attempts.set(whole(standing.attempts));
        self.session_failures.set(whole(standing.failures));
        self.memory.set(resident_memory().unwrap_or_default());
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

fn histogram() -> Histogram {
    Histogram::new(SECONDS)
}

/// Bytes, as Linux tells them (proc(5), "statm"); pages have 4 KiB where this runs.
fn resident_memory() -> Option<i64> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: i64 = pages.split_ascii_whitespace().nth(1)?.parse().ok()?;
    pages.checked_mul(4096)
}

/// Answers `GET /metrics`.
pub(super) async fn answer(
    _: Admin,
    request: HttpRequest,
    service: Data<Service>,
) -> Result<HttpResponse, ApiError> {
    only_reads(&request)?;
    let text = service.metrics.text(&service.catalog.standing());
    let mut answer = HttpResponse::Ok();
    answer.insert_header((
        CONTENT_TYPE,
        "application/openmetrics-text; version=1.0.0; charset=utf-8",
    ));
    // writing into a text can't fail
    Ok(answer.body(text.unwrap_or_default()))
}
