//! Point 2: what was read once is asked for by its entity tag, and kept while the service is away.

use std::time::Duration;

use sandbox::WORKLOAD_CERTIFICATE;
use sandbox::bindings::{CredentialSource, DESTINATION};
use sandbox::fault::Fault;

use super::{by_name, started, until_sessions};
use crate::support::{ready, sandbox, sessions, start};

/// What has not changed is not sent again.
#[tokio::test]
async fn the_entity_tag_is_shown_at_the_next_renewal() {
    let sandbox = sandbox().await;
    sandbox
        .aws
        .account
        .sessions
        .life_cap(Some(Duration::from_secs(2)));
    let service = ready(&sandbox, CredentialSource::RolesAnywhere).await;
    until_sessions(&sandbox, 3).await;
    let path = format!("GET /destination-configuration/v1/destinations/{DESTINATION}");
    let count = |status| {
        sandbox
            .core
            .ledger
            .count("destination", &format!("{path} {status}"))
    };
    assert_eq!(count(200), 1);
    assert!(count(304) >= 2);
    assert!(service.never_failed());
}

/// An old certificate is better than none as long as it is valid.
#[tokio::test]
async fn what_was_read_is_kept_while_the_service_is_away() {
    let sandbox = sandbox().await;
    sandbox
        .aws
        .account
        .sessions
        .life_cap(Some(Duration::from_secs(2)));
    let service = ready(&sandbox, CredentialSource::RolesAnywhere).await;
    sandbox.core.faults.always("destination", Fault::Reset);
    let before = sessions(&sandbox).len();
    until_sessions(&sandbox, before + 2).await;
    service
        .until_told(&[
            DESTINATION,
            "going on with the kept one",
            "could not be reached",
        ])
        .await;
    assert_eq!(service.get_as("bob", "/catalog/Buckets").await.status, 200);
    assert!(service.never_failed());
}

/// The same for a certificate by name: the level that had it the last time is remembered.
#[tokio::test]
async fn a_certificate_by_name_is_kept_while_the_service_is_away() {
    let sandbox = sandbox().await;
    sandbox
        .aws
        .account
        .sessions
        .life_cap(Some(Duration::from_secs(2)));
    let service = start(&sandbox, &by_name(&sandbox, WORKLOAD_CERTIFICATE)).await;
    service.until_ready().await;
    sandbox.core.faults.always("destination", Fault::Reset);
    let before = sessions(&sandbox).len();
    until_sessions(&sandbox, before + 2).await;
    assert!(service.never_failed());
}

/// A page of a proxy in between is no destination, and does not push out what is kept.
#[tokio::test]
async fn a_page_instead_of_a_destination_is_told_and_not_kept() {
    let sandbox = sandbox().await;
    let page = || Fault::status(200, "text/html", "<html>Please log in</html>");
    sandbox.core.faults.once("destination", page());
    let service = started(&sandbox).await;
    service
        .until_told(&[
            "no AWS session",
            "Destination service",
            "not the documented JSON",
        ])
        .await;
    sandbox
        .aws
        .account
        .sessions
        .life_cap(Some(Duration::from_secs(2)));
    service.until_ready().await;
    sandbox.core.faults.once("destination", page());
    sandbox.core.faults.always("destination", Fault::Reset);
    let before = sessions(&sandbox).len();
    until_sessions(&sandbox, before + 2).await;
}
