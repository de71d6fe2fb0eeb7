//! Tokens that were verified a short while ago, so that the RSA check isn't paid per request. Only
//! the digest of a token is kept, and only of good ones, so nobody without a good token can fill
//! or sweep this memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_lc_rs::digest::{SHA256, digest};

use super::Caller;

/// Most tokens remembered at a time; bounds the memory.
const MOST: usize = 1_000;

/// A removed key or group is noticed at the latest after this long.
const LONGEST: Duration = Duration::from_mins(5);

/// SHA-256 of a token.
pub(super) type Fingerprint = [u8; 32];

/// What a token is remembered by.
pub(super) fn fingerprint(token: &str) -> Fingerprint {
    let mut fingerprint = Fingerprint::default();
    fingerprint.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    fingerprint
}

/// The memory; each entry with the moment at which it is forgotten.
#[derive(Debug, Default)]
pub(super) struct Remembered(Mutex<HashMap<Fingerprint, (Arc<Caller>, SystemTime)>>);

impl Remembered {
    /// The caller of a token that was verified and is still remembered.
    pub(super) fn recall(&self, token: &Fingerprint, now: SystemTime) -> Option<Arc<Caller>> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (caller, until) = entries.get(token)?;
        (now < *until).then(|| Arc::clone(caller))
    }

    /// Remembers a verified token that has `left` to live.
    pub(super) fn keep(
        &self,
        token: Fingerprint,
        caller: Arc<Caller>,
        now: SystemTime,
        left: Duration,
    ) {
        let until = now + left.min(LONGEST);
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MOST {
            entries.retain(|_, (_, until)| now < *until);
        }
        if entries.len() >= MOST {
            let next = entries.iter().min_by_key(|(_, (_, until))| *until);
            if let Some(next) = next.map(|(token, _)| *token) {
                entries.remove(&next);
            }
        }
        entries.insert(token, (caller, until));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caller::possession::Bound;
    use crate::caller::{Issuer, Kind};

    fn keep(remembered: &Remembered, number: usize, now: SystemTime, seconds: u64) {
        let caller = Caller {
            id: number.to_string(),
            email: None,
            issuer: Issuer::Ias,
            kind: Kind::User,
            scope: None,
            bound: Bound::Nobody,
        };
        let token = fingerprint(&number.to_string());
        let left = Duration::from_secs(seconds);
        remembered.keep(token, Arc::new(caller), now, left);
    }

    fn recalls(remembered: &Remembered, number: usize, now: SystemTime) -> bool {
        let found = remembered.recall(&fingerprint(&number.to_string()), now);
        found.is_some_and(|caller| caller.id() == number.to_string())
    }

    #[test]
    fn a_full_memory_gives_up_what_ends_first() {
        let (remembered, now) = (Remembered::default(), SystemTime::UNIX_EPOCH);
        keep(&remembered, 0, now, 200);
        keep(&remembered, 1, now, 100);
        for number in 2..=MOST {
            keep(&remembered, number, now, 250);
        }
        assert_eq!(remembered.0.lock().unwrap().len(), MOST);
        assert!(!recalls(&remembered, 1, now));
        assert!(recalls(&remembered, 0, now) && recalls(&remembered, MOST, now));
    }

    #[test]
    fn a_full_memory_is_swept_of_what_has_ended() {
        let (remembered, now) = (Remembered::default(), SystemTime::UNIX_EPOCH);
        for number in 0..MOST {
            keep(&remembered, number, now, 10 + (number % 2) as u64 * 100);
        }
        keep(&remembered, MOST, now + Duration::from_secs(10), 10);
        assert_eq!(remembered.0.lock().unwrap().len(), MOST / 2 + 1);
    }
}
