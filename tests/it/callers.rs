//! The route is public: this service itself is the gate.

use sandbox::bindings::{Bindings, CredentialSource};
use sandbox::fault::Fault;
use sandbox::identity::Flaw;
use serde_json::json;

use crate::support::{person, ready, sandbox, start};

/// A token with any flaw opens nothing, and the answer does not say which flaw.
#[tokio::test]
async fn flawed_tokens_are_refused_without_a_reason() {
    let sandbox = sandbox().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    assert_eq!(service.get_as("bob", "/catalog/Buckets").await.status, 200);
    for flaw in Flaw::ALL {
        let token = sandbox
            .identity
            .flawed_user_token(person("bob"), *flaw)
            .unwrap();
        let bearer = format!("Bearer {token}");
        let answer = service
            .get_with("/catalog/Buckets", &[("authorization", &bearer)])
            .await;
        assert_eq!(answer.status, 401, "{flaw:?}");
        assert_eq!(
            answer.header("www-authenticate"),
            "Bearer error=\"invalid_token\""
        );
        assert_eq!(
            answer.json()["error"]["message"],
            "The bearer token is not accepted"
        );
    }
}

/// Only the Authorization header counts, and only one of them.
#[tokio::test]
async fn tokens_elsewhere_or_twice_do_not_count() {
    let sandbox = sandbox().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let token = sandbox.identity.user_token(person("bob"));
    let bearer = format!("Bearer {token}");
    let query = format!("/catalog/Buckets?access_token={token}");
    assert_eq!(service.get_with(&query, &[]).await.status, 401);
    let cookie = format!("token={token}");
    assert_eq!(
        service
            .get_with("/catalog/Buckets", &[("cookie", &cookie)])
            .await
            .status,
        401
    );
    let twice = [
        ("authorization", bearer.as_str()),
        ("authorization", bearer.as_str()),
    ];
    assert_eq!(
        service.get_with("/catalog/Buckets", &twice).await.status,
        401
    );
    let lower = format!("bearer {token}");
    assert_eq!(
        service
            .get_with("/catalog/Buckets", &[("authorization", &lower)])
            .await
            .status,
        200
    );
    for path in [
        "/catalog/$metadata",
        "/catalog/",
        "/catalog/Nope",
        "/catalog/$batch",
    ] {
        assert_eq!(service.get_with(path, &[]).await.status, 401, "{path}");
    }
}

/// Groups of the tenant give rights; the operator names them.
#[tokio::test]
async fn groups_are_the_operators_choice() {
    let sandbox = sandbox().await;
    let bindings = Bindings::new(&sandbox, CredentialSource::Oidc).set("ias_read_groups", "*");
    let service = start(&sandbox, &bindings).await;
    service.until_ready().await;
    for caller in ["alice", "bob", "carol", "dave"] {
        assert_eq!(
            service.get_as(caller, "/catalog/Buckets").await.status,
            200,
            "{caller}"
        );
    }
}

/// The tenant's keys rotate, and its key endpoint may be away: callers don't notice.
#[tokio::test]
async fn rotated_and_unreachable_keys_are_coped_with() {
    let sandbox = sandbox().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let away = Fault::status(500, "text/html", "<html>down</html>");
    sandbox
        .core
        .faults
        .always("identity/oauth2/certs", away.clone());
    let blind = service.get_as("bob", "/catalog/Buckets").await;
    assert_eq!(
        (blind.status, blind.code().as_str()),
        (503, "IdentityUnavailable")
    );
    sandbox.core.faults.clear("identity/oauth2/certs");
    assert_eq!(service.get_as("bob", "/catalog/Buckets").await.status, 200);
    sandbox.identity.rotate_signing_key().unwrap();
    assert_eq!(service.get_as("bob", "/catalog/Buckets").await.status, 200);
    sandbox.core.faults.always("identity/oauth2/certs", away);
    assert_eq!(
        service.get_as("carol", "/catalog/Buckets").await.status,
        200
    );
}

/// Everybody with a good token is told whom he is taken for; the audit trail keeps out of it.
#[tokio::test]
async fn callers_are_told_what_they_may() {
    let sandbox = sandbox().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    for (id, scopes) in [
        ("alice", json!(["Read", "Write", "Admin"])),
        ("carol", json!(["Read", "Write"])),
        ("bob", json!(["Read"])),
        ("dave", json!([])),
    ] {
        let answer = service.get_as(id, "/catalog/me").await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.header("content-type"), "application/json");
        let me = answer.json();
        assert_eq!(me["scopes"], scopes, "{me}");
        assert_eq!(
            (&me["kind"], &me["issuer"]),
            (&json!("user"), &json!("ias"))
        );
        assert!(me["id"].as_str().is_some_and(|id| !id.is_empty()), "{me}");
    }
    assert_eq!(service.get_with("/catalog/me", &[]).await.status, 401);
    let bearer = service.bearer("alice");
    let headers = [("authorization", bearer.as_str())];
    let posted = service.send("POST", "/catalog/me", &headers);
    assert_eq!(posted.await.status, 405);
    let refused = service.get_as("dave", "/catalog/Buckets").await;
    assert_eq!(refused.status, 403);
    service.until_logged("\"audit.resource\"").await;
    assert_eq!(service.logged("\"audit.resource\"").len(), 1);
}
