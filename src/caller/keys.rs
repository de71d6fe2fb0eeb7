//! The issuers' signing keys: fetched when a token of a trusted issuer first needs them, kept, and
//! renewed before they are old. One fetch at a time per issuer; what an unknown sender can make us
//! fetch is bounded. Whether an issuer is trusted was decided before anyone asks here.

mod fetch;
mod jwks;
mod slot;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

pub(crate) use fetch::KeysUnavailable;
pub(super) use jwks::Key;

/// How many usable keys a key set has, for the fuzz targets.
pub(super) fn key_set_length(body: &[u8]) -> usize {
    jwks::read(body).ok().flatten().map_or(0, |keys| keys.len())
}

use crate::clock::Clock;
use slot::{Sight, Slot};

/// Issuers beside the binding's own whose keys are kept at a time.
const MOST_ISSUERS: usize = 32;

/// Fetches a minute from issuers beside the binding's own that never gave us keys: any name under
/// the trusted domains may be made up, and each would be a request of ours to somebody.
const STRANGERS_PER_MINUTE: u32 = 20;

const MINUTE: Duration = Duration::from_mins(1);

/// Where an issuer's keys are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Place {
    /// Where the discovery document of this issuer (a URL without trailing slash) says.
    Discovered(String),
    /// At this very address.
    Fixed(String),
}

impl Place {
    /// The address that is asked first; it names the issuer in the log.
    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Discovered(url) | Self::Fixed(url) => url,
        }
    }
}

/// Whose keys are asked for, and on whose behalf.
#[derive(Debug, Clone)]
pub(super) struct Asker {
    /// Where the keys are.
    pub(super) place: Place,
    /// Whether an operator named this issuer, be it in a binding or in a setting.
    pub(super) own: bool,
    /// For an issuer that judges who asks: on whose behalf.
    pub(super) party: Option<Applicant>,
}

/// On whose behalf IAS is asked for keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Applicant {
    /// Client id of the binding.
    pub(super) client_id: String,
    /// Tenant of the token.
    pub(super) tenant: Option<String>,
    /// Application that the token was given to.
    pub(super) authorized_party: Option<String>,
}

/// A key, and the name that its issuer gives itself.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// The public key.
    pub(super) key: Arc<Key>,
    /// `issuer` of the discovery document, normalised; without one, the place of the keys.
    pub(super) issuer: Arc<str>,
}

/// Why there is no key.
#[derive(Debug)]
pub(super) enum NoKey {
    /// The issuer was asked lately and has no such key.
    Unknown,
    /// The issuer answered that it doesn't serve this client and tenant.
    NotAccepted,
    /// Too many unknown issuers within a minute.
    TooManyIssuers,
    /// An issuer beside the binding's own that has never answered.
    Unreached(KeysUnavailable),
    /// Keys can't be had now.
    Unavailable(KeysUnavailable),
}

/// Keys of all issuers.
pub(super) struct KeyRing {
    http: reqwest::Client,
    clock: Clock,
    slots: Mutex<HashMap<Place, Arc<Slot>>>,
    strangers: Mutex<Strangers>,
}

/// Fetches from strangers within the minute that began at `since`.
struct Strangers {
    since: SystemTime,
    fetches: u32,
}

impl KeyRing {
    /// `http` must not follow redirects: the place of the keys is the issuer's, nobody else's.
    pub(super) fn new(http: reqwest::Client, clock: Clock) -> Self {
        Self {
            http,
            clock,
            slots: Mutex::default(),
            strangers: Mutex::new(Strangers {
                since: SystemTime::UNIX_EPOCH,
                fetches: 0,
            }),
        }
    }

    /// The key of that name, from memory if possible.
    pub(super) async fn key(self: &Arc<Self>, asker: &Asker, kid: &str) -> Result<Found, NoKey> {
        let slot = self.slot(asker);
        let failures = match slot.look(asker, kid, self.clock.now()) {
            Sight::Fresh(found) => return Ok(found),
            Sight::Aging(found) => {
                self.renew_in_background(&slot, asker);
                return Ok(found);
            }
            Sight::Refused => return Err(NoKey::NotAccepted),
            Sight::Unknown => return Err(NoKey::Unknown),
            Sight::Ask { failures } => failures,
        };
        // Held across the fetch on purpose: whoever waits here takes what the first one brings.
        let _turn = slot.turn.lock().await;
        match slot.look(asker, kid, self.clock.now()) {
            Sight::Fresh(found) | Sight::Aging(found) => return Ok(found),
            Sight::Refused => return Err(NoKey::NotAccepted),
            Sight::Unknown => return Err(NoKey::Unknown),
            Sight::Ask { failures: now } if now != failures => {}
            Sight::Ask { .. } => {
                let search = slot.lacks(kid, self.clock.now());
                self.ask(&slot, asker).await?;
                if search {
                    self.finish_search(&slot, asker).await?;
                }
            }
        }
        slot.result(asker, kid, self.clock.now())
    }

    /// Counts a search once it is over: whoever comes meanwhile waits for what it brings, and one
    /// that was broken off was none. The token is not verified yet, so a refusal may be due to an
    /// application that somebody made up; it must not use up the search of all others.
    async fn finish_search(&self, slot: &Slot, asker: &Asker) -> Result<(), NoKey> {
        if slot.refuses(asker, self.clock.now()) {
            let mut anybody = asker.clone();
            if let Some(party) = &mut anybody.party {
                party.authorized_party = None;
            }
            self.ask(slot, &anybody).await?;
        }
        slot.note_search(self.clock.now());
        Ok(())
    }

    /// Fetches once and writes down what came of it.
    async fn ask(&self, slot: &Slot, asker: &Asker) -> Result<(), NoKey> {
        let now = self.clock.now();
        if !asker.own && slot.is_empty(now) && !self.admits_stranger(now) {
            return Err(NoKey::TooManyIssuers);
        }
        let known = slot.discovered(now);
        let answer = fetch::keys(&self.http, asker, known).await;
        slot.note(asker, answer, self.clock.now());
        Ok(())
    }

    /// Renews keys that will soon be old, while requests go on with them.
    fn renew_in_background(self: &Arc<Self>, slot: &Arc<Slot>, asker: &Asker) {
        let (ring, slot, asker) = (Arc::clone(self), Arc::clone(slot), asker.clone());
        tokio::spawn(async move {
            // Whoever holds the turn is renewing them already.
            if let Ok(_turn) = slot.turn.try_lock() {
                // A stranger's limit can't be met here: this slot has keys.
                let _ = ring.ask(&slot, &asker).await;
            }
        });
    }

    /// The slot of an issuer; a new one takes the place of the least useful.
    fn slot(&self, asker: &Asker) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.get(&asker.place) {
            return Arc::clone(slot);
        }
        if slots.len() > MOST_ISSUERS {
            let removable = slots.iter().filter(|(_, slot)| !slot.own);
            let least = removable.min_by_key(|(_, slot)| slot.renewed());
            if let Some(place) = least.map(|(place, _)| place.clone()) {
                slots.remove(&place);
            }
        }
        let slot = Arc::new(Slot::new(asker.own));
        slots.insert(asker.place.clone(), Arc::clone(&slot));
        slot
    }

    /// Counts a fetch from an issuer that is not ours and has given us nothing yet.
    fn admits_stranger(&self, now: SystemTime) -> bool {
        let mut strangers = self
            .strangers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if since(strangers.since, now) >= MINUTE {
            strangers.since = now;
            strangers.fetches = 0;
        }
        strangers.fetches += 1;
        strangers.fetches <= STRANGERS_PER_MINUTE
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        f.debug_struct("KeyRing")
            .field("issuers", &slots.len())
            .finish_non_exhaustive()
    }
}

/// Time passed; a clock that was put back counts as none.
fn since(then: SystemTime, now: SystemTime) -> Duration {
    now.duration_since(then).unwrap_or_default()
}
