//! What callers see of the catalogue.

use sandbox::bindings::CredentialSource;

use crate::support::{ready, sandbox};

/// The main job: a token in, the buckets that S3 holds out, whichever way credentials come.
#[tokio::test]
async fn a_reader_lists_the_buckets_over_every_credential_source() {
    let sandbox = sandbox().await;
    for name in ["invoices", "archive"] {
        sandbox
            .aws
            .storage
            .buckets()
            .with_bucket(name, "eu-central-1", time::OffsetDateTime::UNIX_EPOCH)
            .unwrap();
    }
    for source in [
        CredentialSource::RolesAnywhere,
        CredentialSource::Oidc,
        CredentialSource::CredentialStore,
    ] {
        let service = ready(&sandbox, source).await;
        let answer = service.get_as("bob", "/catalog/Buckets").await;
        assert_eq!(answer.ids(), ["archive", "invoices"], "{source:?}");
        assert_eq!(answer.json()["value"][0]["created"], "1970-01-01T00:00:00Z");
    }
}

/// No token, no data; a token without permission is told apart from none.
#[tokio::test]
async fn only_permitted_callers_see_anything() {
    let sandbox = sandbox().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let anonymous = service.get_with("/catalog/Buckets", &[]).await;
    assert_eq!(
        (anonymous.status, anonymous.code().as_str()),
        (401, "Unauthenticated")
    );
    assert_eq!(anonymous.header("www-authenticate"), "Bearer");
    let forged = service
        .get_with("/catalog/Buckets", &[("authorization", "Bearer a.b.c")])
        .await;
    assert_eq!(
        forged.header("www-authenticate"),
        "Bearer error=\"invalid_token\""
    );
    let stranger = service.get_as("dave", "/catalog/Buckets").await;
    assert_eq!(
        (stranger.status, stranger.code().as_str()),
        (403, "Forbidden")
    );
    assert_eq!(
        sandbox.core.ledger.count("s3", "GET"),
        0,
        "S3 was never asked"
    );
}
