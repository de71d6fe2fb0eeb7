//! Point 6: a session that stays fresh, whatever is rotated or down meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::{join, join_all, join3};
use sandbox::Sandbox;
use sandbox::bindings::{Authentication, Bindings, CredentialSource, Delivery};
use sandbox::fault::Fault;
use sandbox::pki::{Key, Leaf};
use tokio::time::{Instant, sleep, timeout};

use crate::support::{Answer, Service, ready, sandbox, sessions, start, start_with};

/// Every request asks S3, so that an outdated session could not hide behind a shared list.
fn unshared(sandbox: &Sandbox, source: CredentialSource) -> Bindings<'_> {
    Bindings::new(sandbox, source).set("list_freshness_ms", 0)
}

async fn ready_unshared(sandbox: &Sandbox, source: CredentialSource) -> Service<'_> {
    let service = start(sandbox, &unshared(sandbox, source)).await;
    service.until_ready().await;
    service
}

fn cap_sessions(sandbox: &Sandbox, seconds: u64) {
    sandbox
        .aws
        .account
        .sessions
        .life_cap(Some(Duration::from_secs(seconds)));
}

async fn list(service: &Service<'_>) -> Answer {
    service.get_as("bob", "/catalog/Buckets").await
}

/// Requests one after the other until told to stop; every one of them must succeed.
async fn steady_load(service: &Service<'_>, stop: &AtomicBool) -> usize {
    let mut count = 0;
    while !stop.load(Ordering::Relaxed) {
        let answer = list(service).await;
        assert_eq!(answer.status, 200, "request {count}: {}", answer.body);
        count += 1;
        sleep(Duration::from_millis(20)).await;
    }
    count
}

/// Runs `change` under steady load, and on until `done` sees its effect and half a second more.
async fn under_load(service: &Service<'_>, change: impl FnOnce(), done: impl Fn() -> bool) {
    let stop = AtomicBool::new(false);
    let steered = async {
        sleep(Duration::from_millis(300)).await;
        change();
        let seen = timeout(Duration::from_secs(15), async {
            while !done() {
                sleep(Duration::from_millis(20)).await;
            }
        });
        let seen = seen.await.is_ok();
        sleep(Duration::from_millis(500)).await;
        stop.store(true, Ordering::Relaxed);
        assert!(
            seen,
            "no effect; sessions: {:#?}",
            sessions(service.sandbox())
        );
    };
    let ((), count) = join(steered, steady_load(service, &stop)).await;
    assert!(count >= 10, "only {count} requests");
    assert!(service.never_failed());
}

/// Nobody notices that sessions come and go, whichever way they are earned.
#[tokio::test]
async fn sessions_of_seconds_serve_a_steady_load_without_a_failed_request() {
    let sandbox = sandbox().await;
    cap_sessions(&sandbox, 3);
    let [anywhere, oidc, stored] =
        CredentialSource::ALL.map(|source| ready_unshared(&sandbox, source));
    let (anywhere, oidc, stored) = join3(anywhere, oidc, stored).await;
    let stop = Arc::new(AtomicBool::new(false));
    let clock = async {
        sleep(Duration::from_secs(10)).await;
        stop.store(true, Ordering::Relaxed);
    };
    let loads = join3(
        steady_load(&anywhere, &stop),
        steady_load(&oidc, &stop),
        steady_load(&stored, &stop),
    );
    let ((), counts) = join(clock, loads).await;
    for (service, count, name) in [
        (&anywhere, counts.0, " by roles-anywhere "),
        (&oidc, counts.1, " by web-identity "),
        (&stored, counts.2, " by assume-role "),
    ] {
        let renewals = sessions(&sandbox)
            .iter()
            .filter(|session| session.contains(name))
            .count();
        assert!(
            service.never_failed() && count > 100 && renewals >= 4,
            "{name}: {count}, {renewals}"
        );
        assert!(renewals <= 12, "renewed too eagerly: {renewals}");
    }
}

/// The new certificate is used from the next renewal on; the old one is revoked at once.
#[tokio::test]
async fn a_certificate_rotated_in_the_destination_service_is_picked_up() {
    let sandbox = sandbox().await;
    cap_sessions(&sandbox, 3);
    let old = sandbox
        .put_workload_certificate(&sandbox.workload_leaf())
        .unwrap();
    let service = ready_unshared(&sandbox, CredentialSource::RolesAnywhere).await;
    let rotate = || {
        let leaf = Leaf::new(&sandbox.core.clock, "renewed").key(Key::P384);
        sandbox.put_workload_certificate(&leaf).unwrap();
        let registry = &sandbox.aws.registry;
        let mut anchor = registry
            .trust_anchor(&sandbox.aws.trust_anchor_arn)
            .unwrap();
        anchor.revoked.push(old.serial.clone());
        registry.put_trust_anchor(anchor);
    };
    let used = || {
        sessions(&sandbox)
            .iter()
            .any(|session| session.contains("CN=renewed "))
    };
    under_load(&service, rotate, used).await;
}

/// The stored key is read anew at each renewal; the old one is deleted at AWS at once.
#[tokio::test]
async fn a_key_rotated_in_the_credential_store_is_picked_up() {
    let sandbox = sandbox().await;
    cap_sessions(&sandbox, 3);
    let service = ready_unshared(&sandbox, CredentialSource::CredentialStore).await;
    let old = sandbox.aws.user.access_key_id.clone();
    let before = sessions(&sandbox).len();
    let renewed = || sessions(&sandbox).len() > before + 1;
    under_load(&service, || drop(sandbox.rotate_user_key(&old)), renewed).await;
}

/// A secret that was replaced reaches us by the binding's file; the old one is refused at once.
#[tokio::test]
async fn a_replaced_secret_in_a_rewritten_binding_file_is_picked_up() {
    let sandbox = sandbox().await;
    cap_sessions(&sandbox, 3);
    for delivery in [Delivery::File, Delivery::Folders] {
        let mut bindings = unshared(&sandbox, CredentialSource::Oidc);
        bindings.identity = Authentication::Secret;
        let service = start_with(&sandbox, &bindings, delivery, &[]).await;
        service.until_ready().await;
        let tokens = || {
            sandbox
                .core
                .ledger
                .count("identity", "POST /oauth2/token 200")
        };
        let before = tokens();
        let replace = || {
            sandbox.identity.replace_client_secret();
            bindings.environment(delivery, service.folder(), 0).unwrap();
        };
        under_load(&service, replace, || tokens() > before).await;
    }
    assert_eq!(sandbox.core.ledger.count("identity", "token refused"), 0);
}

/// A file that is broken for a moment is no reason to give up what is known.
#[tokio::test]
async fn a_binding_file_that_breaks_is_told_and_the_known_bindings_are_kept() {
    let sandbox = sandbox().await;
    cap_sessions(&sandbox, 3);
    let bindings = unshared(&sandbox, CredentialSource::Oidc);
    let service = start_with(&sandbox, &bindings, Delivery::File, &[]).await;
    service.until_ready().await;
    let file = service.folder().join("vcap_services");
    let before = sessions(&sandbox).len();
    let spoil = || std::fs::write(&file, "{\"identity\": [").unwrap();
    under_load(&service, spoil, || sessions(&sandbox).len() > before + 1).await;
    service
        .until_told(&["bindings can't be read again", "VCAP_SERVICES_FILE_PATH"])
        .await;
}

/// A role or region changed in the destination takes effect without a restart, too.
#[tokio::test]
async fn a_changed_property_of_the_destination_takes_effect_at_the_next_renewal() {
    let sandbox = sandbox().await;
    cap_sessions(&sandbox, 3);
    let service = ready_unshared(&sandbox, CredentialSource::RolesAnywhere).await;
    let level = sandbox::destination::Level::Subaccount;
    let name = sandbox::bindings::DESTINATION;
    let change = || {
        assert!(
            sandbox
                .destination
                .set_property(level, name, "aws.session_name", "renamed")
        );
    };
    let named = || {
        sessions(&sandbox)
            .iter()
            .any(|session| session.contains("s3-catalog/renamed "))
    };
    under_load(&service, change, named).await;
}

/// AWS away: served to the session's last second, then 503, then served again, untouched.
#[tokio::test]
async fn an_upstream_that_is_down_is_noticed_only_after_the_session_has_ended() {
    let sandbox = sandbox().await;
    cap_sessions(&sandbox, 4);
    let service = ready_unshared(&sandbox, CredentialSource::RolesAnywhere).await;
    sandbox.core.faults.always("roles-anywhere", Fault::Reset);
    let ends = sandbox.aws.account.sessions.all().pop().unwrap().expires;
    let mut served = 0;
    let refused = loop {
        let asked = sandbox.core.clock.utc();
        let answer = list(&service).await;
        if answer.status != 200 {
            assert!(
                sandbox.core.clock.utc() >= ends,
                "refused before the end: {}",
                answer.body
            );
            break answer;
        }
        assert!(asked < ends, "served after the end");
        served += 1;
        sleep(Duration::from_millis(50)).await;
    };
    assert!(served > 10, "{served}");
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (503, "NoSession")
    );
    service.refuses().await;
    service
        .until_told(&["AWS session not renewed; the present one is valid until"])
        .await;
    sandbox.core.faults.clear("roles-anywhere");
    service.until_ready().await;
    assert_eq!(list(&service).await.status, 200);
}

/// Nothing works at first, and the service is there all the same.
#[tokio::test]
async fn a_service_without_any_upstream_comes_up_and_waits() {
    let sandbox = sandbox().await;
    for source in CredentialSource::ALL {
        let places = [
            "roles-anywhere",
            "sts",
            "destination",
            "xsuaa",
            "credential-store",
        ];
        for place in places {
            sandbox.core.faults.always(place, Fault::Reset);
        }
        let service = start(&sandbox, &unshared(&sandbox, source)).await;
        assert_eq!(service.get_with("/health/live", &[]).await.status, 200);
        service
            .until_told(&["no AWS session; next attempt in", "could not be reached"])
            .await;
        service.refuses().await;
        for place in places {
            sandbox.core.faults.clear(place);
        }
        service.until_ready().await;
        assert_eq!(list(&service).await.status, 200);
    }
}

/// Everybody who comes while the first session is being opened waits for that one.
#[tokio::test]
async fn many_requests_at_a_cold_start_open_exactly_one_session() {
    let sandbox = sandbox().await;
    sandbox
        .core
        .faults
        .once("roles-anywhere", Fault::Slow(Duration::from_millis(1500)));
    let service = start(
        &sandbox,
        &unshared(&sandbox, CredentialSource::RolesAnywhere),
    )
    .await;
    let before = Instant::now();
    let answers = join_all((0..40).map(|_| list(&service))).await;
    assert!(
        before.elapsed() > Duration::from_secs(1),
        "they came before the session did"
    );
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200; 40]);
    assert_eq!(sessions(&sandbox).len(), 1);
}

/// S3 calls a session over before its time: one renewal for all, and nobody hears of it.
#[tokio::test]
async fn a_session_that_s3_calls_expired_is_renewed_once_for_all_requests() {
    let sandbox = sandbox().await;
    for source in CredentialSource::ALL {
        let service = ready_unshared(&sandbox, source).await;
        let before = sessions(&sandbox).len();
        sandbox.aws.account.sessions.expire_all();
        let answers = join_all((0..20).map(|_| list(&service))).await;
        assert!(
            answers.iter().all(|answer| answer.status == 200),
            "{source}"
        );
        assert_eq!(sessions(&sandbox).len(), before + 1, "{source}");
    }
}

/// A session that S3 never accepts ends in an honest answer, not in a loop of renewals.
#[tokio::test]
async fn sessions_that_s3_always_calls_expired_are_renewed_once_a_request() {
    let sandbox = sandbox().await;
    let body = "<?xml version=\"1.0\"?><Error><Code>ExpiredToken</Code>\
                <Message>The provided token has expired.</Message></Error>";
    sandbox
        .core
        .faults
        .always("s3", Fault::status(400, "application/xml", body));
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let answer = list(&service).await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (503, "NoSession"),
        "{}",
        answer.body
    );
    assert_eq!(sessions(&sandbox).len(), 2);
    assert_eq!(sandbox.core.ledger.count("s3", "fault "), 2);
    sandbox.core.faults.clear("s3");
    assert_eq!(list(&service).await.status, 200);
}
