//! Keeps one session alive: opened at start, renewed ahead of its end, never asked twice.
//!
//! One task opens sessions; everybody else watches. So renewals are single by
//! construction, and no request waits for one while a session is alive. This replaces the
//! SDK's identity cache, which drops a session that still lives when its renewal fails.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::FutureExt;
use tokio::sync::{Notify, watch};
use tokio::time::{sleep, timeout};
use tracing::{error, info, warn};

use super::{Session, SessionError};
use crate::clock::Clock;

/// How long a request without any session waits for an attempt that is under way.
const PATIENCE: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Even an upstream that asks for more is tried again after this time.
const LONGEST_RETRY_AFTER: Duration = Duration::from_mins(2);

/// The live session, and the task that keeps it fresh; dropping it ends the task.
#[derive(Debug)]
pub(crate) struct Rotating {
    state: watch::Receiver<State>,
    demand: Arc<Notify>,
    clock: Clock,
    task: tokio::task::JoinHandle<()>,
}

/// What is known right now.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    pub(crate) session: Option<Arc<Session>>,
    /// Why the last attempt failed; gone after the next success.
    pub(crate) failure: Option<Arc<SessionError>>,
    /// Attempts that have ended.
    attempts: u64,
    /// How many of them failed.
    failures: u64,
    attempting: bool,
}

/// What monitoring and diagnosis are told of the session.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SessionStanding {
    /// The end of the live session.
    pub(crate) until: Option<SystemTime>,
    /// Attempts to open one that have ended.
    pub(crate) attempts: u64,
    /// How many of them failed.
    pub(crate) failures: u64,
}

impl State {
    fn live(&self, now: SystemTime) -> Option<&Arc<Session>> {
        self.session.as_ref().filter(|s| s.is_alive(now))
    }
}

impl Rotating {
    /// Starts the task that opens sessions with `open`; needs a tokio runtime.
    pub(crate) fn start<F, Fut>(open: F, clock: Clock) -> Self
    where
        F: Fn() -> Fut + Send + 'static,
        Fut: Future<Output = Result<Session, SessionError>> + Send + 'static,
    {
        let (sender, state) = watch::channel(State::default());
        let demand = Arc::new(Notify::new());
        let task = tokio::spawn(keep_fresh(open, sender, Arc::clone(&demand), clock.clone()));
        Self {
            state,
            demand,
            clock,
            task,
        }
    }

    /// The live session; waits only if there is none and one is being opened.
    pub(crate) async fn session(&self) -> Result<Arc<Session>, Arc<SessionError>> {
        let attempts = {
            let known = self.state.borrow();
            if let Some(live) = known.live(self.clock.now()) {
                return Ok(Arc::clone(live));
            }
            match &known.failure {
                // somebody just learned that there is none: no use in asking again at once
                Some(failure) if !known.attempting => return Err(Arc::clone(failure)),
                _ => {
                    if !known.attempting && known.attempts > 0 {
                        self.demand.notify_one();
                    }
                    known.attempts
                }
            }
        };
        self.after_attempt(attempts, None).await
    }

    /// A session other than `stale`, which S3 calls expired; opens one if need be.
    pub(crate) async fn renewed(&self, stale: &Session) -> Result<Arc<Session>, Arc<SessionError>> {
        let attempts = {
            let known = self.state.borrow();
            if let Some(live) = known.live(self.clock.now())
                && live.access_key_id != stale.access_key_id
            {
                return Ok(Arc::clone(live));
            }
            // while it is borrowed, so that nothing is asked for that has come meanwhile
            self.demand.notify_one();
            known.attempts
        };
        self.after_attempt(attempts, Some(&stale.access_key_id))
            .await
    }

    /// Whether a session is alive.
    pub(crate) fn is_ready(&self) -> bool {
        self.state.borrow().live(self.clock.now()).is_some()
    }

    /// How it stands with the session.
    pub(crate) fn standing(&self) -> SessionStanding {
        let known = self.state.borrow();
        SessionStanding {
            until: known.live(self.clock.now()).map(|it| it.expires),
            attempts: known.attempts,
            failures: known.failures,
        }
    }

    async fn after_attempt(
        &self,
        attempts: u64,
        stale: Option<&str>,
    ) -> Result<Arc<Session>, Arc<SessionError>> {
        let mut changes = self.state.clone();
        let usable = |s: &State| {
            let live = s.live(self.clock.now())?;
            (Some(live.access_key_id.as_str()) != stale).then(|| Arc::clone(live))
        };
        let waited = timeout(
            PATIENCE,
            changes.wait_for(|s| usable(s).is_some() || s.attempts > attempts),
        )
        .await;
        let Ok(Ok(known)) = waited else {
            return Err(Arc::new(SessionError::Pending));
        };
        match (usable(&known), &known.failure) {
            (Some(session), _) => Ok(session),
            (None, Some(failure)) => Err(Arc::clone(failure)),
            (None, None) => Err(Arc::new(SessionError::Pending)),
        }
    }
}

impl Drop for Rotating {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn keep_fresh<F, Fut>(open: F, state: watch::Sender<State>, demand: Arc<Notify>, clock: Clock)
where
    F: Fn() -> Fut,
    Fut: Future<Output = Result<Session, SessionError>>,
{
    let mut failures = 0;
    loop {
        state.send_modify(|s| s.attempting = true);
        let opened = open().await;
        // within the change of the state: who asked for this attempt before it ended has its answer
        let answered = || _ = demand.notified().now_or_never();
        let now = clock.now();
        let pause = match opened {
            Ok(session) => {
                failures = 0;
                let pause = until_renewal(&session, now, fastrand::f64());
                info!(
                    aws.access_key_id = session.access_key_id,
                    expires = session.expires_text(),
                    "AWS session opened, valid until {}; next renewal in {} s",
                    session.expires_text(),
                    pause.as_secs()
                );
                state.send_modify(|s| {
                    *s = State {
                        session: Some(Arc::new(session)),
                        failure: None,
                        attempts: s.attempts + 1,
                        failures: s.failures,
                        attempting: false,
                    };
                    answered();
                });
                pause
            }
            Err(error) => {
                failures += 1;
                let pause = after_failure(&error, failures, fastrand::f64());
                let held = state.borrow().live(now).map(|s| s.expires_text());
                report(&error, held.as_deref(), pause);
                state.send_modify(|s| {
                    s.failure = Some(Arc::new(error));
                    s.attempts += 1;
                    s.failures += 1;
                    s.attempting = false;
                    answered();
                });
                // demands during this first part of the pause are not heard: an upstream
                // in trouble sees at most one attempt a second from us
                sleep(pause.min(FIRST_PAUSE)).await;
                pause.saturating_sub(FIRST_PAUSE)
            }
        };
        tokio::select! {
            () = sleep(pause) => {}
            () = demand.notified() => {}
        }
    }
}

fn report(error: &SessionError, held: Option<&str>, pause: Duration) {
    let (reason, seconds) = (error.explain(), pause.as_secs_f32());
    if let Some(until) = held {
        warn!(
            error = reason,
            "AWS session not renewed; the present one is valid until {until}; next attempt in {seconds:.1} s"
        );
    } else {
        error!(
            error = reason,
            "no AWS session; next attempt in {seconds:.1} s: {reason}"
        );
    }
}

/// Renewal is due at 50 to 80 % of the session's life, spread so that instances differ.
fn until_renewal(session: &Session, now: SystemTime, spread: f64) -> Duration {
    let life = session.expires.duration_since(now).unwrap_or_default();
    life.mul_f64(0.3f64.mul_add(spread, 0.5))
        .max(Duration::from_millis(200))
}

/// Doubling pauses with jitter, or what the upstream asks for.
fn after_failure(error: &SessionError, failures: u32, spread: f64) -> Duration {
    if let Some(asked) = error.retry_after() {
        return asked.clamp(FIRST_PAUSE, LONGEST_RETRY_AFTER);
    }
    let doubled = FIRST_PAUSE * 2u32.saturating_pow(failures.saturating_sub(1).min(8));
    doubled
        .min(LONGEST_PAUSE)
        .mul_f64(0.5f64.mul_add(spread, 0.5))
}

#[cfg(test)]
mod tests;
