//! Logs as SAP's Cloud Logging reads them: one JSON object a line, on the writer handed in.
//!
//! Field names are those of SAP's `cf-nodejs-logging-support`. Nobody logs a token, a key or
//! a user's query values; this room can't check that, the test harness does.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{EnvFilter, Registry};

use crate::clock::Clock;

/// Target of the one line per request; it gets `"type":"request"`.
pub(crate) const REQUEST: &str = "request";
/// Target of the events that say who accessed what.
pub(crate) const AUDIT: &str = "audit";

/// The log level can't be understood.
#[derive(Debug, thiserror::Error)]
#[error("log_level \"{level}\" is neither a level nor a list of target=level")]
pub struct BadLevel {
    level: String,
}

/// Builds the subscriber that writes JSON lines.
///
/// `component` stands in every line: the application's name, instance, space and so on.
///
/// # Errors
/// `level` is not in `RUST_LOG` syntax.
pub fn subscriber(
    level: &str,
    component: BTreeMap<&'static str, String>,
    clock: Clock,
    out: impl Write + Send + 'static,
) -> Result<impl Subscriber + Send + Sync, BadLevel> {
    let bad = || BadLevel {
        level: level.to_owned(),
    };
    // a lone word that is no level would count as the name of a module, and nothing be logged
    let says_a_level = |part: &str| part.contains('=') || part.parse::<LevelFilter>().is_ok();
    let mut parts = level.split(',').map(str::trim).filter(|it| !it.is_empty());
    if !parts.any(says_a_level) {
        return Err(bad());
    }
    // actix tells at info how many workers it starts; the audit trail must not depend on how much
    // else is logged; that somebody sends no HTTP is no error of ours. An operator's own word on
    // any of them comes last and wins.
    let filter = format!("actix_server=warn,actix_http=off,{AUDIT}=info,{level}");
    let filter = filter.parse::<EnvFilter>().map_err(|_| bad())?;
    let lines = JsonLines {
        component,
        clock,
        out: Mutex::new(out),
    };
    Ok(Registry::default().with(filter).with(lines))
}

/// Text of an upstream for a log line or message: one line, at most 200 characters.
pub(crate) fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(200)
        .collect()
}

/// An error with its chain of causes on one line.
pub(crate) fn explain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text.replace(['\n', '\r'], "; ")
}

struct JsonLines<W> {
    component: BTreeMap<&'static str, String>,
    clock: Clock,
    out: Mutex<W>,
}

/// Fields of a span, kept for the events inside.
struct SpanFields(Map<String, Value>);

impl<S, W> Layer<S> for JsonLines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Write + Send + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(SpanFields(fields.0));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        if let Some(scope) = context.event_scope(event) {
            for span in scope.from_root() {
                if let Some(SpanFields(known)) = span.extensions().get() {
                    fields.0.extend(known.clone());
                }
            }
        }
        event.record(&mut fields);
        let line = self.line(event, fields.0);
        // A full disk or closed pipe must not stop the service: a lost line is lost.
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
    }
}

impl<W> JsonLines<W> {
    fn line(&self, event: &Event<'_>, mut fields: Map<String, Value>) -> String {
        let meta = event.metadata();
        let now = OffsetDateTime::from(self.clock.now());
        let kind = if meta.target() == REQUEST {
            "request"
        } else {
            "log"
        };
        let message = fields.remove("message").unwrap_or_else(|| json!(""));
        let mut line = Map::new();
        line.insert("type".to_owned(), json!(kind));
        line.insert(
            "level".to_owned(),
            json!(meta.level().as_str().to_ascii_lowercase()),
        );
        line.insert("logger".to_owned(), json!(meta.target()));
        line.insert("msg".to_owned(), message);
        line.insert(
            "written_at".to_owned(),
            json!(now.format(&Rfc3339).unwrap_or_default()),
        );
        line.insert(
            "written_ts".to_owned(),
            json!(i64::try_from(now.unix_timestamp_nanos()).unwrap_or_default()),
        );
        line.extend(
            self.component
                .iter()
                .map(|(name, value)| ((*name).to_owned(), json!(value))),
        );
        line.extend(fields);
        let mut text = Value::Object(line).to_string();
        text.push('\n');
        text
    }
}

#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        self.0.insert(field.name().to_owned(), value);
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, json!(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, json!(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, json!(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, json!(value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, json!(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, json!(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::time::{Duration, SystemTime};

    #[derive(Clone, Default)]
    struct Captured(Arc<Mutex<Vec<u8>>>);

    impl Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_has_the_fields_of_saps_logging_and_those_of_its_span() {
        let captured = Captured::default();
        let clock =
            Clock::from_fn(|| SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_256_130_123));
        let component = BTreeMap::from([("component_name", "catalog".to_owned())]);
        let subscriber = subscriber("info", component, clock, captured.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, || {
            let span = tracing::info_span!("request", correlation_id = "c-1");
            span.in_scope(|| tracing::info!(bucket.name = "b", "two\nlines"));
            tracing::debug!("not written");
        });
        let text = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 1);
        let line: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["type"], "log");
        assert_eq!(line["level"], "info");
        assert_eq!(line["msg"], "two\nlines");
        assert_eq!(line["written_at"], "2026-11-21T10:15:30.123Z");
        assert_eq!(line["written_ts"], 1_795_256_130_123_000_000_i64);
        assert_eq!(line["correlation_id"], "c-1");
        assert_eq!(line["bucket.name"], "b");
        assert_eq!(line["component_name"], "catalog");
    }

    #[test]
    fn a_level_that_means_nothing_is_refused() {
        let clock = Clock::from_fn(|| SystemTime::UNIX_EPOCH);
        let refused = |level: &str| {
            subscriber(level, BTreeMap::new(), clock.clone(), std::io::sink()).is_err()
        };
        for level in ["info=what=ever", "warning", "verbose", "debg", ""] {
            assert!(refused(level), "{level}");
        }
        for level in [
            "info",
            "WARN",
            "off",
            "info,btp_s3_catalog::aws=debug",
            "mine=trace",
        ] {
            assert!(!refused(level), "{level}");
        }
    }
}
