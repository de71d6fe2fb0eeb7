//! What is known about one issuer's keys, and what follows from their age. All times come from
//! the clock handed in; nothing here waits or fetches.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use super::fetch::{Answer, Discovered};
use super::{Applicant, Asker, Found, KeysUnavailable, MINUTE, NoKey, jwks, since};

/// From this age on keys are renewed in the background.
const AGING: Duration = Duration::from_mins(15);

/// From this age on the issuer is asked before keys are used, so that a withdrawn key dies.
const OLD: Duration = Duration::from_mins(30);

/// How long keys are good while the issuer can't be asked.
const LAST_RESORT: Duration = Duration::from_hours(24);

/// How long "this client is not accepted" is remembered.
const REFUSED_FOR: Duration = Duration::from_mins(5);

/// Most refusals remembered for one issuer.
const MOST_REFUSED: usize = 64;

/// One issuer's keys.
#[derive(Debug)]
pub(super) struct Slot {
    /// Whether this is the binding's own issuer, whose keys are never given up for another's.
    pub(super) own: bool,
    /// Held by whoever is asking the issuer.
    pub(super) turn: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    keys: Option<Kept>,
    /// Where keys are, and since when we know it.
    discovered: Option<(Discovered, SystemTime)>,
    /// Last time the issuer answered a question for a name that its keys of then didn't have.
    searched: Option<SystemTime>,
    /// Last time the issuer gave no usable answer, since it last did.
    failed: Option<(KeysUnavailable, SystemTime)>,
    /// Attempts that failed; tells one failure from the next.
    failures: u64,
    refused: Vec<(Option<Applicant>, SystemTime)>,
}

#[derive(Debug)]
struct Kept {
    keys: jwks::Keys,
    issuer: Arc<str>,
    at: SystemTime,
}

/// What a look into the slot says.
#[derive(Debug)]
pub(super) enum Sight {
    /// Here it is.
    Fresh(Found),
    /// Here it is, and it should be renewed soon.
    Aging(Found),
    /// The issuer doesn't serve this client and tenant.
    Refused,
    /// The issuer was searched for an unknown key within the last minute.
    Unknown,
    /// The issuer must be asked.
    Ask {
        /// Failed attempts so far.
        failures: u64,
    },
}

impl Slot {
    pub(super) fn new(own: bool) -> Self {
        Self {
            own,
            turn: tokio::sync::Mutex::default(),
            state: Mutex::default(),
        }
    }

    /// What to do about a key of that name.
    pub(super) fn look(&self, asker: &Asker, kid: &str, now: SystemTime) -> Sight {
        let state = self.state();
        if state.refuses(asker, now) {
            return Sight::Refused;
        }
        let ask = Sight::Ask {
            failures: state.failures,
        };
        let Some((kept, age)) = state.kept(now) else {
            return ask;
        };
        let Some(found) = kept.find(kid) else {
            // An unknown name costs the issuer one request a minute, however many are made up.
            // Other fetches don't count, or a key rotated right after one would be refused.
            let searched = state.searched.is_some_and(|at| since(at, now) < MINUTE);
            return if searched { Sight::Unknown } else { ask };
        };
        if age < AGING || state.failed_lately(now) {
            Sight::Fresh(found)
        } else if age < OLD {
            Sight::Aging(found)
        } else {
            ask
        }
    }

    /// Whether keys are there, but none of that name: asking the issuer is then a search.
    pub(super) fn lacks(&self, kid: &str, now: SystemTime) -> bool {
        let state = self.state();
        state
            .kept(now)
            .is_some_and(|(kept, _)| kept.find(kid).is_none())
    }

    /// Whether the issuer doesn't serve this client and tenant.
    pub(super) fn refuses(&self, asker: &Asker, now: SystemTime) -> bool {
        self.state().refuses(asker, now)
    }

    /// Writes down that a search is over; one that failed doesn't count.
    pub(super) fn note_search(&self, now: SystemTime) {
        let mut state = self.state();
        if state.failed.is_none() {
            state.searched = Some(now);
        }
    }

    /// What an attempt that is over came to, for all who waited for it.
    pub(super) fn result(&self, asker: &Asker, kid: &str, now: SystemTime) -> Result<Found, NoKey> {
        let state = self.state();
        if state.refuses(asker, now) {
            return Err(NoKey::NotAccepted);
        }
        let kept = state.kept(now);
        if let Some(found) = kept.and_then(|(kept, _)| kept.find(kid)) {
            return Ok(found);
        }
        match &state.failed {
            Some((failure, _)) if self.own || kept.is_some() => {
                Err(NoKey::Unavailable(failure.clone()))
            }
            Some((failure, _)) => Err(NoKey::Unreached(failure.clone())),
            None => Err(NoKey::Unknown),
        }
    }

    /// Writes down what the issuer answered. Keys survive a failure and a refusal: the one is the
    /// network's, the other may be the fault of a forged token.
    pub(super) fn note(&self, asker: &Asker, answer: Answer, now: SystemTime) {
        let mut state = self.state();
        match answer {
            Answer::Keys(discovered, keys) => {
                state.keys = Some(Kept {
                    keys,
                    issuer: Arc::clone(&discovered.issuer),
                    at: now,
                });
                state.answer(discovered, now);
            }
            Answer::NotAccepted(discovered) => {
                state.answer(discovered, now);
                state.refused.retain(|(_, until)| now < *until);
                if state.refused.len() >= MOST_REFUSED {
                    state.refused.remove(0);
                }
                state.refused.push((asker.party.clone(), now + REFUSED_FOR));
            }
            Answer::Unavailable(failure) => {
                // The keys may have moved; look again next time.
                state.discovered = None;
                state.failed = Some((failure, now));
                state.failures += 1;
            }
        }
    }

    /// Where the keys are, if that was found out a short while ago.
    pub(super) fn discovered(&self, now: SystemTime) -> Option<Discovered> {
        let state = self.state();
        let (discovered, at) = state.discovered.as_ref()?;
        (since(*at, now) < OLD).then(|| discovered.clone())
    }

    /// Whether the issuer never gave keys, or so long ago that they are void.
    pub(super) fn is_empty(&self, now: SystemTime) -> bool {
        self.state().kept(now).is_none()
    }

    /// When keys last came, `None` (which sorts first) if never.
    pub(super) fn renewed(&self) -> Option<SystemTime> {
        self.state().keys.as_ref().map(|kept| kept.at)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn refuses(&self, asker: &Asker, now: SystemTime) -> bool {
        let mut refused = self.refused.iter();
        refused.any(|(refused, until)| *refused == asker.party && now < *until)
    }

    /// Keys with their age, unless they are void.
    fn kept(&self, now: SystemTime) -> Option<(&Kept, Duration)> {
        let kept = self.keys.as_ref()?;
        let age = since(kept.at, now);
        (age < LAST_RESORT).then_some((kept, age))
    }

    /// While the issuer is down, old keys serve without a new attempt for each request.
    fn failed_lately(&self, now: SystemTime) -> bool {
        let failed = self.failed.as_ref();
        failed.is_some_and(|(_, at)| since(*at, now) < MINUTE)
    }

    fn answer(&mut self, discovered: Discovered, now: SystemTime) {
        if self.discovered.is_none() {
            self.discovered = Some((discovered, now));
        }
        self.failed = None;
    }
}

impl Kept {
    fn find(&self, kid: &str) -> Option<Found> {
        Some(Found {
            key: Arc::clone(self.keys.get(kid)?),
            issuer: Arc::clone(&self.issuer),
        })
    }
}
