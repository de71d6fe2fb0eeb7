//! Faults of the Credential Store and of what is kept in it.

use sandbox::STORED_KEY;
use sandbox::bindings::CredentialSource;
use sandbox::credential_store::Flaw;

use super::sap_faults::with_secret;
use super::{Variables, blames, nothing, outdate};
use crate::support::sandbox;

/// A key that is not there, not readable, or no key.
#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn faults_of_the_credential_store_are_told_apart() {
    let sandbox = sandbox().await;
    let bindings = with_secret(&sandbox, CredentialSource::CredentialStore);
    let (namespace, id, secret) = STORED_KEY;
    let store = &sandbox.credential_store;
    store.set_flaw(Some(Flaw::OtherRecipient));
    blames(
        &sandbox,
        &bindings,
        nothing,
        "credential-store",
        &["does not fit the key of the binding"],
    )
    .await;
    store.set_flaw(None);
    store.put_password(namespace, id, "not a key");
    blames(
        &sandbox,
        &bindings,
        nothing,
        "credential-store",
        &["hold no AWS access key"],
    )
    .await;
    store.put_password(namespace, id, "ASIAIOSFODNN7EXAMPLE");
    blames(
        &sandbox,
        &bindings,
        nothing,
        "credential-store",
        &["ASIA", "long-term key"],
    )
    .await;
    store.remove_password(namespace, secret);
    blames(
        &sandbox,
        &bindings,
        nothing,
        "credential-store",
        &[secret, "does not exist", "secret_access_key_name"],
    )
    .await;
    let elsewhere = with_secret(&sandbox, CredentialSource::CredentialStore)
        .set("credential_namespace", "typo");
    blames(
        &sandbox,
        &elsewhere,
        nothing,
        "credential-store",
        &["namespace \"typo\"", "does not exist"],
    )
    .await;
    let dead = |env: &mut Variables| outdate(env, "password");
    blames(
        &sandbox,
        &bindings,
        dead,
        "credential-store",
        &[
            "401",
            "cf unbind-service btp-s3-catalog s3-catalog-credstore",
        ],
    )
    .await;
}
