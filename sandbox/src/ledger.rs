//! What happened in the sandbox: who was asked for what, and every secret that was handed out.
//! Tests count requests with it and search logs for the secrets. Nothing is ever forgotten.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Secrets shorter than this would be found in innocent text.
const SHORTEST_SECRET: usize = 8;

/// One thing that a stand-in saw or did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Name of the stand-in, for example `sts`.
    pub stand_in: &'static str,
    /// What happened, for example `POST /sessions 201`.
    pub what: String,
}

/// The shared book of one sandbox; clones write into the same one.
#[derive(Clone, Default)]
pub struct Ledger {
    book: Arc<Mutex<Book>>,
}

#[derive(Default)]
struct Book {
    entries: Vec<Entry>,
    secrets: Vec<String>,
}

impl Ledger {
    /// Notes that `stand_in` saw or did something.
    pub fn record(&self, stand_in: &'static str, what: impl Into<String>) {
        let what = what.into();
        tracing::debug!(stand_in, what, "sandbox");
        self.book().entries.push(Entry { stand_in, what });
    }

    /// Everything so far, oldest first.
    pub fn entries(&self) -> Vec<Entry> {
        self.book().entries.clone()
    }

    /// What one stand-in saw and did, oldest first.
    pub fn of(&self, stand_in: &str) -> Vec<String> {
        let book = self.book();
        let own = book
            .entries
            .iter()
            .filter(|entry| entry.stand_in == stand_in);
        own.map(|entry| entry.what.clone()).collect()
    }

    /// How many notes of a stand-in start with `prefix`.
    pub fn count(&self, stand_in: &str, prefix: &str) -> usize {
        let book = self.book();
        let matches = |entry: &&Entry| entry.stand_in == stand_in && entry.what.starts_with(prefix);
        book.entries.iter().filter(matches).count()
    }

    /// Notes a string that must never show up in a log or an answer of the service.
    ///
    /// Of a PEM block the body is what counts, so each of its lines is noted.
    pub fn secret(&self, secret: &str) {
        let lines = secret.lines().filter(|line| !line.starts_with("-----"));
        let worth = lines
            .map(str::trim)
            .filter(|line| line.len() >= SHORTEST_SECRET);
        let mut book = self.book();
        for line in worth {
            if !book.secrets.iter().any(|known| known == line) {
                book.secrets.push(line.to_owned());
            }
        }
    }

    /// Every secret the sandbox has handed out: tokens, keys, passwords, lines of private keys.
    pub fn secrets(&self) -> Vec<String> {
        self.book().secrets.clone()
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let book = self.book();
        f.debug_struct("Ledger")
            .field("entries", &book.entries.len())
            .field("secrets", &book.secrets.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_by_stand_in_and_prefix() {
        let ledger = Ledger::default();
        ledger.record("sts", "POST / 200");
        ledger.record("sts", "POST / 400");
        ledger.record("s3", "POST / 200");
        assert_eq!(ledger.count("sts", "POST /"), 2);
        assert_eq!(ledger.of("s3"), ["POST / 200"]);
    }

    #[test]
    fn the_lines_of_a_private_key_are_secrets_and_its_armour_is_not() {
        let ledger = Ledger::default();
        let label = "PRIVATE KEY";
        let lines = "no-real-key\nend";
        ledger.secret(&format!(
            "-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n"
        ));
        assert_eq!(ledger.secrets(), ["no-real-key"]);
    }
}
