//! Point 5: a key in the SAP Credential Store assumes the role, and does nothing else.

use std::time::Duration;

use sandbox::Sandbox;
use sandbox::bindings::{Bindings, CredentialSource, Delivery, StoreAuthentication};
use sandbox::credential_store::Flaw;
use sandbox::fault::Fault;
use serde_json::json;

use crate::destination::until_sessions;
use crate::support::{Service, sandbox, sessions, start, start_with};

const PLACE: &str = "credential-store";
const KINDS: [StoreAuthentication; 3] = [
    StoreAuthentication::Basic,
    StoreAuthentication::Certificate,
    StoreAuthentication::Token,
];

fn usual(sandbox: &Sandbox) -> Bindings<'_> {
    Bindings::new(sandbox, CredentialSource::CredentialStore)
}

async fn started(sandbox: &Sandbox) -> Service<'_> {
    start(sandbox, &usual(sandbox)).await
}

/// The service fails with a line that tells all of this.
async fn assert_refused(service: &Service<'_>, parts: &[&str]) {
    service
        .until_told(&[&["no AWS session"], parts].concat())
        .await;
    service.refuses().await;
}

/// All three kinds of binding, with payloads encrypted and plain.
#[tokio::test]
async fn every_kind_of_binding_reads_encrypted_and_plain_payloads() {
    let sandbox = sandbox().await;
    for encrypted in [true, false] {
        sandbox.credential_store.set_encrypted(encrypted);
        for kind in KINDS {
            let mut bindings = usual(&sandbox);
            bindings.credential_store = kind;
            let service = start(&sandbox, &bindings).await;
            service.until_ready().await;
            assert!(service.never_failed(), "{kind:?} encrypted={encrypted}");
        }
    }
    assert_eq!(sessions(&sandbox).len(), 6);
    assert_eq!(sandbox.core.ledger.count(PLACE, "refused"), 0);
}

/// Payloads that were changed, are too old or are meant for others open nothing.
#[tokio::test]
async fn flawed_payloads_are_told_apart_and_never_used() {
    let sandbox = sandbox().await;
    for (flaw, said) in [
        (Flaw::StaleTime, "180 s old; check this machine's clock"),
        (Flaw::FutureTime, "check this machine's clock"),
        (Flaw::NoTime, "no compact JWE"),
        (
            Flaw::WrongAlgorithm,
            "not encrypted with RSA-OAEP-256 and A256GCM",
        ),
        (
            Flaw::WrongEncryption,
            "not encrypted with RSA-OAEP-256 and A256GCM",
        ),
        (Flaw::TamperedTag, "was changed on its way"),
        (Flaw::TamperedText, "was changed on its way"),
        (Flaw::OtherRecipient, "does not fit the key of the binding"),
        (Flaw::PartMissing, "no compact JWE"),
    ] {
        sandbox.credential_store.set_flaw(Some(flaw));
        let service = started(&sandbox).await;
        assert_refused(&service, &["the Credential Store", "\"accessKeyId\"", said]).await;
    }
    sandbox.credential_store.set_flaw(None);
    started(&sandbox).await.until_ready().await;
    assert_eq!(sessions(&sandbox).len(), 1);
}

/// A binding that expects encryption takes nothing else, and the other way round.
#[tokio::test]
async fn encryption_must_be_what_the_binding_says() {
    let sandbox = sandbox().await;
    let with_key = usual(&sandbox).vcap_services().to_string();
    sandbox.credential_store.set_encrypted(false);
    let variables = [("VCAP_SERVICES", with_key.as_str())];
    let service = start_with(&sandbox, &usual(&sandbox), Delivery::Variable, &variables).await;
    assert_refused(&service, &["the Credential Store", "no compact JWE"]).await;

    let without_key = usual(&sandbox).vcap_services().to_string();
    sandbox.credential_store.set_encrypted(true);
    let variables = [("VCAP_SERVICES", without_key.as_str())];
    let service = start_with(&sandbox, &usual(&sandbox), Delivery::Variable, &variables).await;
    assert_refused(&service, &["encrypted", "no encryption.client_private_key"]).await;
}

/// What is not there is named with namespace, name and the settings that choose them.
#[tokio::test]
async fn a_missing_credential_is_named() {
    let sandbox = sandbox().await;
    sandbox
        .credential_store
        .remove_password("app", "secretAccessKey");
    let service = started(&sandbox).await;
    let said = ["\"secretAccessKey\" in namespace \"app\" does not exist in the Credential Store"];
    assert_refused(&service, &[said[0], "create it", "secret_access_key_name"]).await;

    let elsewhere = usual(&sandbox).set("credential_namespace", "other");
    let service = start(&sandbox, &elsewhere).await;
    assert_refused(
        &service,
        &[
            "\"accessKeyId\" in namespace \"other\"",
            "credential_namespace",
        ],
    )
    .await;
}

/// Namespace and names are the operator's choice.
#[tokio::test]
async fn the_key_may_lie_in_any_namespace_under_any_names() {
    let sandbox = sandbox().await;
    let key = &sandbox.aws.user;
    sandbox
        .credential_store
        .put_password("aws/prod", "the id", &key.access_key_id);
    sandbox
        .credential_store
        .put_password("aws/prod", "geheim&ß", &key.secret_access_key);
    let bindings = usual(&sandbox)
        .set("credential_namespace", "aws/prod")
        .set("access_key_id_name", "the id")
        .set("secret_access_key_name", "geheim&ß");
    start(&sandbox, &bindings).await.until_ready().await;
    assert_eq!(sessions(&sandbox).len(), 1);
}

/// A binding without permission or with an old password is told as such.
#[tokio::test]
async fn refusals_of_the_store_are_told_in_its_words() {
    let sandbox = sandbox().await;
    for kind in KINDS {
        let mut bindings = usual(&sandbox);
        bindings.credential_store = kind;
        let old = bindings.vcap_services().to_string();
        sandbox.credential_store.replace_password();
        sandbox.core.clock.set_offset(120);
        sandbox
            .credential_store
            .replace_client_certificate()
            .unwrap();
        sandbox.core.clock.set_offset(0);
        let variables = [("VCAP_SERVICES", old.as_str())];
        let service = start_with(&sandbox, &bindings, Delivery::Variable, &variables).await;
        assert_refused(&service, &["the Credential Store answered 401"]).await;
    }
    sandbox.credential_store.forbid_namespace("app");
    let service = started(&sandbox).await;
    assert_refused(
        &service,
        &["the Credential Store answered 403", "No permission"],
    )
    .await;
}

/// A token that the store no longer takes is replaced, as for every other service.
#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let sandbox = sandbox().await;
    sandbox
        .aws
        .account
        .sessions
        .life_cap(Some(Duration::from_secs(2)));
    sandbox.credential_store.set_encrypted(false);
    let mut bindings = usual(&sandbox);
    bindings.credential_store = StoreAuthentication::Token;
    let service = start(&sandbox, &bindings).await;
    service.until_ready().await;
    // for the store its tokens are over; for the service they still have minutes to live
    sandbox
        .core
        .faults
        .once("credential-store/api/v1/credentials", unauthorized());
    let before = sessions(&sandbox).len();
    until_sessions(&sandbox, before + 1).await;
    assert!(service.never_failed());
    assert_eq!(
        sandbox.core.ledger.count(PLACE, "POST /api/v1/token 200"),
        2
    );

    sandbox
        .core
        .faults
        .always("credential-store/api/v1/credentials", unauthorized());
    service
        .until_told(&["the Credential Store answered 401"])
        .await;
    let tokens = sandbox.core.ledger.count(PLACE, "POST /api/v1/token 200");
    assert!(tokens >= 3, "{tokens}");
}

fn unauthorized() -> Fault {
    Fault::status(
        401,
        "application/json",
        json!({ "message": "Unauthorized" }).to_string(),
    )
}

/// Everything that STS can note about a session reaches it.
#[tokio::test]
async fn identity_tags_policy_and_duration_reach_sts() {
    let sandbox = sandbox().await;
    let statement = json!({ "Effect": "Allow", "Action": "s3:*", "Resource": "*" });
    let policy = json!({ "Version": "2012-10-17", "Statement": statement });
    let bindings = usual(&sandbox)
        .set("source_identity", "btp-catalog")
        .set("session_tags", json!({ "team": "data", "cost": "42" }))
        .set("transitive_tag_keys", "team")
        .set("session_policy", policy.to_string())
        .set(
            "session_policy_arns",
            "arn:aws:iam::aws:policy/ReadOnlyAccess",
        )
        .set("session_duration_seconds", 1800);
    start(&sandbox, &bindings).await.until_ready().await;
    let session = sessions(&sandbox).pop().unwrap();
    for part in [
        " by assume-role for 1800 s as ",
        "assumed-role/s3-catalog/btp-s3-catalog ",
        " source-identity=btp-catalog ",
        " tags=cost=42,team=data ",
        " transitive=team ",
        &format!(" policy={policy} "),
        " policy-arns=arn:aws:iam::aws:policy/ReadOnlyAccess",
    ] {
        assert!(session.contains(part), "{part}: {session}");
    }
}

/// The trust policy asks for an external id: without the right one nobody gets in.
#[tokio::test]
async fn a_wrong_external_id_is_told_with_what_to_mend() {
    let sandbox = sandbox().await;
    let wrong = usual(&sandbox).set("external_id", "btp-wrong");
    let service = start(&sandbox, &wrong).await;
    let role = sandbox.aws.role_arn.as_str();
    assert_refused(
        &service,
        &[
            "AccessDenied",
            role,
            "trust policy",
            "with this external id",
        ],
    )
    .await;
    let none = usual(&sandbox).set("external_id", serde_json::Value::Null);
    let service = start(&sandbox, &none).await;
    assert_refused(
        &service,
        &["AccessDenied", role, "may ask for an external_id"],
    )
    .await;
}

/// A key that AWS does not know, or whose halves don't fit, is told with where it lies.
#[tokio::test]
async fn a_key_that_aws_refuses_is_told_with_its_place_in_the_store() {
    let sandbox = sandbox().await;
    let (id, secret) = ("accessKeyId", "secretAccessKey");
    let place = [
        "namespace \"app\"",
        "\"accessKeyId\"",
        "\"secretAccessKey\"",
    ];
    let key = &sandbox.aws.user;
    let put = |name, value: &str| sandbox.credential_store.put_password("app", name, value);
    put(secret, "0123456789012345678901234567890123456789");
    let service = started(&sandbox).await;
    assert_refused(&service, &[&["SignatureDoesNotMatch"], &place[..]].concat()).await;
    put(secret, &format!(" {}\n", key.secret_access_key));
    service.until_ready().await;

    put(id, "AKIAUNKNOWN000000000");
    let service = started(&sandbox).await;
    assert_refused(&service, &[&["InvalidClientTokenId"], &place[..]].concat()).await;
}

/// What passes in a moment is asked again at once; what lasts is told.
#[tokio::test]
async fn passing_troubles_of_the_store_are_tried_again() {
    let sandbox = sandbox().await;
    let busy = || Fault::status(503, "text/plain", "Busy");
    for fault in [
        busy(),
        Fault::Reset,
        Fault::Truncate(10),
        Fault::status(429, "text/plain", ""),
    ] {
        let told = format!("{fault:?}");
        sandbox.core.faults.once(PLACE, fault.clone());
        sandbox.core.faults.once(PLACE, fault);
        let service = started(&sandbox).await;
        service.until_ready().await;
        assert!(service.never_failed(), "{told}");
    }
    for (fault, said) in [
        (busy(), "answered 503"),
        (Fault::Reset, "could not be reached"),
        (
            Fault::status(200, "text/html", "<html>Log in</html>"),
            "no compact JWE",
        ),
    ] {
        sandbox.core.faults.always(PLACE, fault);
        let service = started(&sandbox).await;
        assert_refused(&service, &["the Credential Store", said]).await;
        sandbox.core.faults.clear(PLACE);
        service.until_ready().await;
    }
}
