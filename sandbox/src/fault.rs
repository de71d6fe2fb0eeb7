//! Faults on demand: what a test wants a stand-in to do instead of, or on top of, its honest
//! answer. `serve` obeys them before the stand-in sees the request.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A way in which a network or a server fails its caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Answer this instead; the stand-in never sees the request.
    Status {
        code: u16,
        body: String,
        content_type: &'static str,
        headers: Vec<(&'static str, String)>,
    },
    /// Reset the connection without an answer.
    Reset,
    /// Keep silent for this long, then reset.
    Hang(Duration),
    /// Answer honestly, this much later.
    Slow(Duration),
    /// Announce the honest answer's length, send this many bytes of its body, then break off.
    Truncate(usize),
}

impl Fault {
    /// An answer with a status and a body, as a stand-in or a proxy in between may give it.
    pub fn status(code: u16, content_type: &'static str, body: impl Into<String>) -> Self {
        let body = body.into();
        Self::Status {
            code,
            body,
            content_type,
            headers: Vec::new(),
        }
    }

    /// The same with one more header; other faults are left as they are.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        if let Self::Status { headers, .. } = &mut self {
            headers.push((name, value.into()));
        }
        self
    }
}

/// The faults of one sandbox; clones share them.
///
/// A place is a stand-in's name (`sts`), or its name and the beginning of a path
/// (`identity/oauth2/token`). Faults that are queued with [`Faults::once`] come first.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    plans: Arc<Mutex<HashMap<String, Plan>>>,
}

#[derive(Debug, Default)]
struct Plan {
    once: VecDeque<Fault>,
    always: Option<Fault>,
}

impl Faults {
    /// Queues a fault for the next request at this place; several come one after the other.
    pub fn once(&self, place: &str, fault: Fault) {
        self.plans()
            .entry(place.to_owned())
            .or_default()
            .once
            .push_back(fault);
    }

    /// Lets every request at this place fail until [`Faults::clear`].
    pub fn always(&self, place: &str, fault: Fault) {
        self.plans().entry(place.to_owned()).or_default().always = Some(fault);
    }

    /// Makes a place honest again.
    pub fn clear(&self, place: &str) {
        self.plans().remove(place);
    }

    /// What a request to `path` of `stand_in` must suffer, if anything.
    pub(crate) fn next(&self, stand_in: &str, path: &str) -> Option<Fault> {
        let asked = format!("{stand_in}{path}");
        let mut plans = self.plans();
        let concerned =
            |place: &str| place == stand_in || (place.contains('/') && asked.starts_with(place));
        let mut places: Vec<String> = plans
            .keys()
            .filter(|place| concerned(place))
            .cloned()
            .collect();
        // The place that says most comes first.
        places.sort_by_key(|place| std::cmp::Reverse(place.len()));
        let queued = places
            .iter()
            .find_map(|place| plans.get_mut(place)?.once.pop_front());
        queued.or_else(|| {
            places
                .iter()
                .find_map(|place| plans.get(place)?.always.clone())
        })
    }

    fn plans(&self) -> MutexGuard<'_, HashMap<String, Plan>> {
        self.plans.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queued_faults_come_before_the_standing_one() {
        let faults = Faults::default();
        faults.always("sts", Fault::Reset);
        faults.once("sts", Fault::Truncate(3));
        assert_eq!(faults.next("sts", "/"), Some(Fault::Truncate(3)));
        assert_eq!(faults.next("sts", "/"), Some(Fault::Reset));
        faults.clear("sts");
        assert_eq!(faults.next("sts", "/"), None);
    }

    #[test]
    fn a_place_may_name_the_beginning_of_a_path() {
        let faults = Faults::default();
        faults.always("identity/oauth2/token", Fault::Reset);
        assert_eq!(faults.next("identity", "/oauth2/certs"), None);
        assert_eq!(faults.next("identity", "/oauth2/token"), Some(Fault::Reset));
        assert_eq!(faults.next("id", "/entity/oauth2/token"), None);
    }
}
