//! The stand-ins' clock. Tests move it to make sessions, tokens and certificates old without
//! waiting; it is the only place of the crate that reads the machine's time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;

/// A clock that all stand-ins of one sandbox share; clones move together.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    offset_seconds: Arc<AtomicI64>,
}

impl Clock {
    /// The time that the stand-ins believe it is.
    pub fn now(&self) -> SystemTime {
        let offset = self.offset_seconds.load(Ordering::Relaxed);
        let distance = Duration::from_secs(offset.unsigned_abs());
        let machine = machine_time();
        if offset < 0 {
            machine.checked_sub(distance).unwrap_or(UNIX_EPOCH)
        } else {
            machine.checked_add(distance).unwrap_or(machine)
        }
    }

    /// The same, as UTC date and time.
    pub fn utc(&self) -> OffsetDateTime {
        self.now().into()
    }

    /// The same, in whole seconds since 1970.
    pub fn unix(&self) -> i64 {
        self.utc().unix_timestamp()
    }

    /// Puts the stand-ins this many seconds ahead of the machine (negative: behind it).
    pub fn set_offset(&self, seconds: i64) {
        self.offset_seconds.store(seconds, Ordering::Relaxed);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "every other reader of the time asks this clock"
)]
fn machine_time() -> SystemTime {
    SystemTime::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_move_together() {
        let clock = Clock::default();
        let other = clock.clone();
        other.set_offset(-3600);
        assert!(clock.unix() <= Clock::default().unix() - 3599);
    }
}
