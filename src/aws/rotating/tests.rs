use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use secrecy::SecretString;

/// A clock that runs with tokio's paused time.
fn clock() -> Clock {
    let start = tokio::time::Instant::now();
    Clock::from_fn(move || SystemTime::UNIX_EPOCH + start.elapsed())
}

fn session(number: u64, expires: SystemTime) -> Session {
    Session {
        access_key_id: format!("ASIA{number}"),
        secret_access_key: SecretString::from("secret"),
        token: SecretString::from("token"),
        expires,
        region: "eu-central-1".to_owned(),
        s3_endpoint: "http://127.0.0.1:1".to_owned(),
    }
}

/// An upstream that takes 100 ms, and can be switched off.
#[derive(Clone)]
struct Upstream {
    calls: Arc<AtomicU64>,
    down: Arc<Mutex<bool>>,
    life: Duration,
    clock: Clock,
}

impl Upstream {
    fn new(life: u64) -> Self {
        Self {
            calls: Arc::default(),
            down: Arc::default(),
            life: Duration::from_secs(life),
            clock: clock(),
        }
    }

    fn start(&self) -> Arc<Rotating> {
        let upstream = self.clone();
        let open = move || {
            let upstream = upstream.clone();
            async move {
                let number = upstream.calls.fetch_add(1, Ordering::SeqCst) + 1;
                sleep(Duration::from_millis(100)).await;
                if *upstream.down.lock().unwrap() {
                    return Err(SessionError::Unreadable {
                        service: "upstream",
                        detail: "down".to_owned(),
                    });
                }
                Ok(session(number, upstream.clock.now() + upstream.life))
            }
        };
        Arc::new(Rotating::start(open, self.clock.clone()))
    }

    fn down(&self, down: bool) {
        *self.down.lock().unwrap() = down;
    }

    fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }
}

#[tokio::test(start_paused = true)]
async fn many_first_callers_open_one_session() {
    let upstream = Upstream::new(900);
    let rotating = upstream.start();
    let callers: Vec<_> = (0..20)
        .map(|_| {
            let rotating = Arc::clone(&rotating);
            tokio::spawn(async move { rotating.session().await.unwrap().access_key_id.clone() })
        })
        .collect();
    for caller in callers {
        assert_eq!(caller.await.unwrap(), "ASIA1");
    }
    assert_eq!(upstream.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_session_is_renewed_between_half_and_four_fifths_of_its_life_also_when_idle() {
    let upstream = Upstream::new(1000);
    let rotating = upstream.start();
    rotating.session().await.unwrap();
    sleep(Duration::from_secs(499)).await;
    assert_eq!(upstream.calls(), 1);
    sleep(Duration::from_secs(302)).await;
    assert_eq!(upstream.calls(), 2);
    assert_eq!(rotating.session().await.unwrap().access_key_id, "ASIA2");
}

#[tokio::test(start_paused = true)]
async fn a_failed_renewal_keeps_the_live_session_and_recovers() {
    let upstream = Upstream::new(1000);
    let rotating = upstream.start();
    rotating.session().await.unwrap();
    upstream.down(true);
    sleep(Duration::from_secs(990)).await;
    let before = tokio::time::Instant::now();
    assert_eq!(rotating.session().await.unwrap().access_key_id, "ASIA1");
    assert!(
        before.elapsed() < Duration::from_millis(1),
        "nobody waits while a session lives"
    );
    assert!(upstream.calls() > 3);
    sleep(Duration::from_secs(20)).await;
    assert!(
        rotating.session().await.is_err(),
        "a dead session is not handed out"
    );
    assert!(!rotating.is_ready());
    upstream.down(false);
    sleep(Duration::from_secs(31)).await;
    assert!(rotating.session().await.is_ok());
    assert!(rotating.is_ready());
}

#[tokio::test(start_paused = true)]
async fn an_upstream_in_trouble_is_not_stormed() {
    let upstream = Upstream::new(1000);
    upstream.down(true);
    let rotating = upstream.start();
    for _ in 0..6000 {
        let _ = rotating.session().await;
        sleep(Duration::from_millis(10)).await;
    }
    assert!(
        upstream.calls() < 15,
        "{} attempts in a minute",
        upstream.calls()
    );
}

#[tokio::test(start_paused = true)]
async fn a_session_that_s3_calls_expired_is_replaced_once_for_all_who_met_it() {
    let upstream = Upstream::new(1000);
    let rotating = upstream.start();
    let stale = rotating.session().await.unwrap();
    let callers: Vec<_> = (0..20)
        .map(|_| {
            let (rotating, stale) = (Arc::clone(&rotating), Arc::clone(&stale));
            tokio::spawn(async move {
                rotating
                    .renewed(&stale)
                    .await
                    .unwrap()
                    .access_key_id
                    .clone()
            })
        })
        .collect();
    for caller in callers {
        assert_eq!(caller.await.unwrap(), "ASIA2");
    }
    assert_eq!(
        rotating.renewed(&stale).await.unwrap().access_key_id,
        "ASIA2"
    );
    sleep(Duration::from_secs(5)).await;
    assert_eq!(upstream.calls(), 2);
}

/// Also who looks just before the new session is there, and asks just after.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_session_is_opened_for_who_comes_late() {
    const ROUNDS: u64 = 3000;
    let calls = Arc::new(AtomicU64::new(0));
    let upstream = Arc::clone(&calls);
    let clock = clock();
    let expires = clock.now() + Duration::from_hours(1);
    let open = move || {
        let number = upstream.fetch_add(1, Ordering::SeqCst) + 1;
        std::future::ready(Ok(session(number, expires)))
    };
    let rotating = Arc::new(Rotating::start(open, clock));
    let mut stale = rotating.session().await.unwrap();
    for _ in 0..ROUNDS {
        let callers: Vec<_> = (0..8)
            .map(|_| {
                let (rotating, stale) = (Arc::clone(&rotating), Arc::clone(&stale));
                tokio::spawn(async move { rotating.renewed(&stale).await.unwrap() })
            })
            .collect();
        for caller in callers {
            stale = caller.await.unwrap();
        }
    }
    sleep(Duration::from_millis(50)).await;
    assert_eq!(calls.load(Ordering::SeqCst), 1 + ROUNDS);
}

#[test]
fn pauses_double_with_jitter_and_obey_the_upstream() {
    let down = SessionError::Unreadable {
        service: "upstream",
        detail: String::new(),
    };
    assert_eq!(after_failure(&down, 1, 1.0), Duration::from_secs(1));
    assert_eq!(after_failure(&down, 1, 0.0), Duration::from_millis(500));
    assert_eq!(after_failure(&down, 4, 1.0), Duration::from_secs(8));
    assert_eq!(after_failure(&down, 60, 1.0), LONGEST_PAUSE);
    let busy = SessionError::Refused {
        service: "upstream",
        code: "429".to_owned(),
        message: String::new(),
        hint: None,
        retry_after: Some(Duration::from_secs(7)),
    };
    assert_eq!(after_failure(&busy, 1, 0.0), Duration::from_secs(7));
}
