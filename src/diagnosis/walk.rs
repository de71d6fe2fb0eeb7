//! Steps, what came of them, and the report that they add up to.

use std::collections::BTreeMap;
use std::pin::Pin;

use serde::Serialize;
use tokio::time::Instant;

use crate::aws::session::timestamp;
use crate::clock::Clock;

/// A step of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name {
    id: &'static str,
    title: &'static str,
}

const fn name(id: &'static str, title: &'static str) -> Name {
    Name { id, title }
}

pub(super) const BINDINGS: Name = name("bindings", "Bindings");
pub(super) const SETTINGS: Name = name("settings", "Settings");
pub(super) const DESTINATION: Name = name("destination", "Destination service");
pub(super) const CERTIFICATE: Name = name("certificate", "Certificate");
pub(super) const IDENTITY: Name = name("identity", "Identity service");
pub(super) const CREDENTIAL_STORE: Name = name("credential-store", "Credential Store");
pub(super) const SESSION: Name = name("session", "AWS session");
pub(super) const PRIVATE_LINK: Name = name("private-link", "Private Link");
pub(super) const S3: Name = name("s3", "Amazon S3");
pub(super) const UPLOADS: Name = name("uploads", "Unfinished uploads");
pub(super) const PROBE: Name = name("probe-write", "Write, read, delete");

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    Ok,
    /// It works, and somebody should look at it.
    Warning,
    Failed,
    /// It could not be tried, because an earlier step failed.
    Skipped,
}

/// One step of the chain, as people and programs read it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Step {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) outcome: Outcome,
    /// The evidence, or what is wrong and where that comes from.
    pub(crate) seen: String,
    pub(crate) facts: BTreeMap<&'static str, String>,
    /// What mends it.
    pub(crate) remedy: Option<String>,
    /// Commands or policy statements that do.
    pub(crate) commands: Vec<String>,
    pub(crate) duration_ms: u64,
}

/// The whole chain.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    /// Whether no step failed.
    pub(crate) ok: bool,
    version: &'static str,
    checked_at: String,
    credential_source: Option<&'static str>,
    pub(crate) steps: Vec<Step>,
}

/// What a step found, or why it found nothing. Secrets never go in here: all of it is shown.
#[derive(Debug, Clone, Default)]
pub(super) struct Words {
    pub(super) seen: String,
    pub(super) facts: BTreeMap<&'static str, String>,
    pub(super) remedy: Option<String>,
    pub(super) commands: Vec<String>,
}

impl Words {
    pub(super) fn new(seen: impl Into<String>) -> Self {
        Self {
            seen: seen.into(),
            ..Self::default()
        }
    }

    pub(super) fn fact(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.facts.insert(name, value.into());
        self
    }

    pub(super) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    pub(super) fn command(mut self, command: impl Into<String>) -> Self {
        self.commands.push(command.into());
        self
    }
}

/// A step that found what the next ones need.
#[derive(Debug)]
pub(super) struct Found<T> {
    value: T,
    outcome: Outcome,
    words: Words,
}

impl<T> Found<T> {
    pub(super) fn new(value: T, words: Words) -> Self {
        Self {
            value,
            outcome: Outcome::Ok,
            words,
        }
    }

    /// What is found works, but the words say what to look at.
    pub(super) fn warning(value: T, words: Words) -> Self {
        Self {
            outcome: Outcome::Warning,
            ..Self::new(value, words)
        }
    }

    /// There is nothing to find, as the words say.
    pub(super) fn nothing(value: T, words: Words) -> Self {
        Self {
            outcome: Outcome::Skipped,
            ..Self::new(value, words)
        }
    }
}

/// Goes through steps, tells each as soon as it ended, and keeps them for the report.
pub(super) struct Walk<'a> {
    clock: &'a Clock,
    tell: &'a mut dyn FnMut(&Step),
    steps: Vec<Step>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(clock: &'a Clock, tell: &'a mut dyn FnMut(&Step)) -> Self {
        Self {
            clock,
            tell,
            steps: Vec::new(),
        }
    }

    /// Tries a step; without one, because an earlier step failed, it is skipped.
    ///
    /// Boxed, because the steps' futures are large and all of them would lie side by side.
    pub(super) fn step<'s, T>(
        &'s mut self,
        name: Name,
        step: Option<impl Future<Output = Result<Found<T>, Words>> + 's>,
    ) -> Pin<Box<dyn Future<Output = Option<T>> + 's>> {
        let step = step.map(Box::pin);
        Box::pin(async move {
            let Some(step) = step else {
                self.skip(&[name]);
                return None;
            };
            let begun = Instant::now();
            let (value, outcome, words) = match step.await {
                Ok(found) => (Some(found.value), found.outcome, found.words),
                Err(words) => (None, Outcome::Failed, words),
            };
            let took = begun.elapsed().as_millis();
            let took = u64::try_from(took).unwrap_or(u64::MAX);
            self.add(name, outcome, &words, took);
            value
        })
    }

    /// Names steps that can't be tried.
    pub(super) fn skip(&mut self, names: &[Name]) {
        for name in names {
            let words = Words::new("not tried, because an earlier step failed");
            self.add(*name, Outcome::Skipped, &words, 0);
        }
    }

    fn add(&mut self, name: Name, outcome: Outcome, words: &Words, duration_ms: u64) {
        let step = Step {
            id: name.id,
            title: name.title,
            outcome,
            seen: clean(&words.seen),
            facts: words
                .facts
                .iter()
                .map(|(name, it)| (*name, clean(it)))
                .collect(),
            remedy: words.remedy.as_deref().map(clean),
            commands: words.commands.iter().map(|it| clean(it)).collect(),
            duration_ms,
        };
        (self.tell)(&step);
        self.steps.push(step);
    }

    pub(super) fn report(self, credential_source: Option<&'static str>) -> Report {
        Report {
            ok: self.steps.iter().all(|it| it.outcome != Outcome::Failed),
            version: env!("CARGO_PKG_VERSION"),
            checked_at: timestamp(self.clock.now()),
            credential_source,
            steps: self.steps,
        }
    }
}

/// Names and upstream texts must not steer the terminal that they are printed on. Lines of ours
/// stay lines.
fn clean(text: &str) -> String {
    let harmless = |c: char| {
        if c.is_control() && c != '\n' {
            '\u{fffd}'
        } else {
            c
        }
    };
    text.chars().map(harmless).collect()
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn nothing_that_is_told_steers_a_terminal() {
        let told = clean("a\u{1b}[2Jb\rc\nd\u{9b}");
        assert_eq!(told, "a\u{fffd}[2Jb\u{fffd}c\nd\u{fffd}");
    }
}
