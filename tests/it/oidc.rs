//! Point 4: the application's own token becomes a session at STS.

use std::time::Duration;

use sandbox::Sandbox;
use sandbox::bindings::{Authentication, Bindings, CredentialSource, Delivery};
use sandbox::fault::Fault;
use sandbox::iam::{OidcProvider, Role, Trust};
use serde_json::json;

use crate::destination::until_sessions;
use crate::support::{Service, sandbox, sessions, start, start_with};

fn usual(sandbox: &Sandbox) -> Bindings<'_> {
    Bindings::new(sandbox, CredentialSource::Oidc)
}

async fn started(sandbox: &Sandbox) -> Service<'_> {
    start(sandbox, &usual(sandbox)).await
}

/// An error document as STS writes it.
fn sts_error(status: u16, code: &str, message: &str) -> Fault {
    let body = format!(
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
         <Code>{code}</Code><Message>{message}</Message></Error><RequestId>r-1</RequestId></ErrorResponse>"
    );
    Fault::status(status, "text/xml", body)
}

fn tokens(sandbox: &Sandbox) -> usize {
    sandbox
        .core
        .ledger
        .count("identity", "POST /oauth2/token 200")
}

/// How often STS was asked, honest or not.
fn asked(sandbox: &Sandbox) -> usize {
    sandbox.core.ledger.count("sts", "POST /")
}

const NO_KEY: &str = "Couldn't retrieve verification key from your identity provider,  \
    please reference AssumeRoleWithWebIdentity documentation for requirements";

/// Both kinds of binding earn the token, once for many renewals.
#[tokio::test]
async fn the_token_is_earned_by_secret_and_by_certificate_and_kept() {
    let sandbox = sandbox().await;
    sandbox
        .aws
        .account
        .sessions
        .life_cap(Some(Duration::from_secs(2)));
    for (authentication, count) in [
        (Authentication::Secret, 1),
        (Authentication::Certificate, 2),
    ] {
        let mut bindings = usual(&sandbox);
        bindings.identity = authentication;
        let service = start(&sandbox, &bindings).await;
        service.until_ready().await;
        let before = sessions(&sandbox).len();
        until_sessions(&sandbox, before + 1).await;
        assert!(service.never_failed(), "{authentication:?}");
        assert_eq!(tokens(&sandbox), count, "one token serves several sessions");
    }
}

/// A token that is about to end is not shown any more.
#[tokio::test]
async fn a_token_near_its_end_is_replaced_before_it_is_used() {
    let sandbox = sandbox().await;
    sandbox
        .aws
        .account
        .sessions
        .life_cap(Some(Duration::from_secs(2)));
    sandbox.identity.set_token_life(61);
    let service = started(&sandbox).await;
    service.until_ready().await;
    until_sessions(&sandbox, 3).await;
    assert!(service.never_failed());
    assert!(tokens(&sandbox) >= 2);
    assert_eq!(sandbox.core.ledger.count("sts", "refused"), 0);
}

/// An identity service that is down at start is waited for.
#[tokio::test]
async fn discovery_may_come_up_later_than_the_service() {
    let sandbox = sandbox().await;
    let place = "identity/.well-known/openid-configuration";
    sandbox.core.faults.always(place, Fault::Reset);
    let service = started(&sandbox).await;
    service
        .until_told(&[
            "no AWS session",
            "the identity service",
            "could not be reached",
        ])
        .await;
    assert_eq!(service.get_with("/health/live", &[]).await.status, 200);
    assert_eq!(service.get_with("/health/ready", &[]).await.status, 503);
    sandbox.core.faults.clear(place);
    service.until_ready().await;
    assert_eq!(service.get_as("bob", "/catalog/Buckets").await.status, 200);
}

/// A token that STS calls expired is replaced, once an attempt.
#[tokio::test]
async fn an_expired_token_is_replaced_once() {
    let sandbox = sandbox().await;
    let expired = || {
        sts_error(
            400,
            "ExpiredTokenException",
            "Token expired: current date/time …",
        )
    };
    sandbox.core.faults.once("sts", expired());
    let service = started(&sandbox).await;
    service.until_ready().await;
    assert!(service.never_failed());
    assert_eq!((tokens(&sandbox), asked(&sandbox)), (2, 2));

    sandbox.core.faults.always("sts", expired());
    let service = started(&sandbox).await;
    service
        .until_told(&["no AWS session", "ExpiredTokenException"])
        .await;
    assert_eq!(
        (tokens(&sandbox), asked(&sandbox)),
        (4, 4),
        "replaced once, then given up"
    );
    service.refuses().await;
}

/// The same for real: the kept token has become old in the eyes of STS.
#[tokio::test]
async fn a_kept_token_that_grew_old_at_sts_is_replaced() {
    let sandbox = sandbox().await;
    sandbox
        .aws
        .account
        .sessions
        .life_cap(Some(Duration::from_secs(2)));
    let service = started(&sandbox).await;
    service.until_ready().await;
    sandbox.core.clock.set_offset(3700);
    let before = sessions(&sandbox).len();
    until_sessions(&sandbox, before + 1).await;
    assert!(service.never_failed());
    assert_eq!(tokens(&sandbox), 2);
    assert_eq!(sandbox.core.ledger.count("sts", "refused"), 1);
}

/// STS could not reach the tenant for a moment: worth another try.
#[tokio::test]
async fn passing_troubles_between_sts_and_the_tenant_are_tried_again() {
    let sandbox = sandbox().await;
    for fault in [
        sts_error(
            400,
            "IDPCommunicationError",
            "An error occurred during communication",
        ),
        sts_error(400, "InvalidIdentityToken", NO_KEY),
        sts_error(400, "Throttling", "Rate exceeded"),
        sts_error(503, "ServiceUnavailable", "Busy"),
        sts_error(500, "InternalFailure", "Oops"),
        Fault::Reset,
    ] {
        let told = format!("{fault:?}");
        let before = sandbox.core.ledger.count("sts", "fault ");
        sandbox.core.faults.once("sts", fault.clone());
        sandbox.core.faults.once("sts", fault);
        let service = started(&sandbox).await;
        service.until_ready().await;
        assert!(service.never_failed(), "{told}");
        assert_eq!(
            sandbox.core.ledger.count("sts", "fault "),
            before + 2,
            "{told}"
        );
    }
}

/// The same for real: the tenant's keys can't be fetched once.
#[tokio::test]
async fn a_tenant_whose_keys_sts_could_not_fetch_is_asked_again() {
    let sandbox = sandbox().await;
    sandbox
        .core
        .faults
        .once("identity/oauth2/certs", Fault::Reset);
    let service = started(&sandbox).await;
    service.until_ready().await;
    service
        .until_told(&["could not fetch the tenant's signing keys"])
        .await;
    assert!(service.never_failed());
}

/// Other refusals of the token are final, and name what AWS must know.
#[tokio::test]
async fn a_token_that_the_provider_does_not_know_names_issuer_and_audience() {
    let sandbox = sandbox().await;
    let issuer = sandbox.identity.issuer();
    sandbox.aws.account.iam.put_provider(OidcProvider {
        issuer: issuer.to_owned(),
        client_ids: vec!["somebody-else".to_owned()],
        reachable_at: None,
    });
    let service = started(&sandbox).await;
    let audience = format!("aud \"{}\"", sandbox.identity.client_id());
    service
        .until_told(&[
            "InvalidIdentityToken",
            "IAM OIDC provider",
            issuer,
            &audience,
        ])
        .await;
    assert_eq!(asked(&sandbox), 1, "not asked twice");
    service.refuses().await;
}

/// A trust policy that does not fit: the log names the claims it has to match, not the token.
#[tokio::test]
async fn access_denied_names_aud_azp_and_sub_of_the_token() {
    let sandbox = sandbox().await;
    let role_arn = sandbox.aws.role_arn.as_str();
    let client_id = sandbox.identity.client_id();
    let trust = |subject: &str| {
        vec![Trust::WebIdentity {
            issuer: sandbox.identity.issuer().to_owned(),
            audiences: vec![client_id.to_owned()],
            subjects: vec![subject.to_owned()],
            may_tag: true,
            may_set_source_identity: true,
        }]
    };
    let put = |subject| {
        sandbox
            .aws
            .account
            .iam
            .put_role(Role::new(role_arn, trust(subject)));
    };
    put("somebody-else");
    let service = started(&sandbox).await;
    let claims = ["aud", "azp", "sub"].map(|claim| format!("{claim} \"{client_id}\""));
    let [aud, azp, sub] = claims.each_ref().map(String::as_str);
    let line = service
        .until_told(&["AccessDenied", role_arn, "trust policy", aud, azp, sub])
        .await;
    assert!(!line.contains("eyJ"), "{line}");
    service.refuses().await;
    put(client_id);
    service.until_ready().await;
}

/// The role can be narrowed for this application, and the session named.
#[tokio::test]
async fn session_policy_duration_and_name_reach_sts() {
    let sandbox = sandbox().await;
    let statement = json!({ "Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*" });
    let policy = json!({ "Version": "2012-10-17", "Statement": [statement] });
    let arns = [
        "arn:aws:iam::aws:policy/ReadOnlyAccess",
        "arn:aws:iam::111122223333:policy/x",
    ];
    let bindings = usual(&sandbox)
        .set("session_policy", policy.clone())
        .set("session_policy_arns", json!(arns))
        .set("session_duration_seconds", 3600)
        .set("session_name", "catalog@prod");
    start(&sandbox, &bindings).await.until_ready().await;
    let session = sessions(&sandbox).pop().unwrap();
    for part in [
        " by web-identity for 3600 s as ",
        "assumed-role/s3-catalog/catalog@prod ",
        &format!(" policy={policy} "),
        &format!(" policy-arns={}", arns.join(",")),
    ] {
        assert!(session.contains(part), "{part}: {session}");
    }
}

/// What STS refuses for other reasons is told with its code and what mends it.
#[tokio::test]
async fn other_refusals_of_sts_are_told_apart() {
    let sandbox = sandbox().await;
    for (fault, parts) in [
        (
            sts_error(403, "RegionDisabledException", "No"),
            vec!["RegionDisabledException", "activate it"],
        ),
        (
            sts_error(400, "PackedPolicyTooLarge", "101%"),
            vec!["PackedPolicyTooLarge", "shorten session_policy"],
        ),
        (
            sts_error(
                400,
                "ValidationError",
                "The requested DurationSeconds exceeds",
            ),
            vec!["session_duration_seconds"],
        ),
        (
            sts_error(400, "InvalidIdentityToken", NO_KEY),
            vec!["InvalidIdentityToken", "verification key"],
        ),
        (
            Fault::status(403, "text/html", "<html>Blocked</html>"),
            vec!["status 403"],
        ),
        (
            Fault::status(502, "text/html", "<html>Bad Gateway</html>"),
            vec!["status 502"],
        ),
        (
            Fault::status(200, "text/html", "<html>Log in</html>"),
            vec!["can't be read"],
        ),
        (
            Fault::status(200, "text/xml", "<AssumeRoleWithWebIdentityResponse/>"),
            vec!["can't be read"],
        ),
        (
            Fault::Reset,
            vec!["could not be reached at https://127.0.0.1"],
        ),
    ] {
        sandbox.core.faults.always("sts", fault);
        let service = started(&sandbox).await;
        service
            .until_told(&[&["no AWS session", "AWS STS"], &parts[..]].concat())
            .await;
        assert!(!service.refuses().await.body.contains("STS"));
    }
}

/// What the tenant refuses is told in its own words.
#[tokio::test]
async fn a_refused_client_is_told_in_the_tenants_words() {
    let sandbox = sandbox().await;
    let mut bindings = usual(&sandbox);
    bindings.identity = Authentication::Secret;
    let old = bindings.vcap_services().to_string();
    sandbox.identity.replace_client_secret();
    let variables = [("VCAP_SERVICES", old.as_str())];
    let service = start_with(&sandbox, &bindings, Delivery::Variable, &variables).await;
    let said = [
        "the identity service answered 400",
        "Client authentication failed",
    ];
    service
        .until_told(&[&said[..], &["no AWS session"]].concat())
        .await;
    service.refuses().await;
    assert_eq!(asked(&sandbox), 0);
}

/// Our secret goes to the binding's host and nowhere else, whatever a document says.
#[tokio::test]
async fn a_token_endpoint_on_another_host_is_not_followed() {
    let sandbox = sandbox().await;
    let place = "identity/.well-known/openid-configuration";
    let document = json!({
        "issuer": sandbox.identity.issuer(),
        "token_endpoint": "https://tokens.example.com/oauth2/token",
        "jwks_uri": format!("{}/oauth2/certs", sandbox.identity.issuer()),
    });
    let elsewhere = Fault::status(200, "application/json", document.to_string());
    sandbox.core.faults.always(place, elsewhere);
    let service = started(&sandbox).await;
    service
        .until_told(&["no AWS session", "token endpoint is not on the host"])
        .await;
    assert_eq!(sandbox.core.ledger.count("identity", "POST"), 0);
    sandbox.core.faults.clear(place);
    service.until_ready().await;
}
