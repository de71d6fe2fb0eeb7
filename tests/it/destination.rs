//! Point 2: certificates and connection properties from the Destination service.

use std::time::Duration;

use sandbox::bindings::{Authentication, Bindings, CredentialSource, DESTINATION};
use sandbox::destination::Level;
use sandbox::fault::Fault;
use sandbox::pki::Leaf;
use sandbox::{Sandbox, WORKLOAD_CERTIFICATE};
use serde_json::Value;

use crate::support::{Service, ready, sandbox, sessions, start};

mod kept;
mod key_stores;

/// The usual bindings, with a certificate named by setting `certificate` and no destination.
pub(crate) fn by_name<'a>(sandbox: &'a Sandbox, certificate: &str) -> Bindings<'a> {
    let aws = &sandbox.aws;
    Bindings::new(sandbox, CredentialSource::RolesAnywhere)
        .set("destination", Value::Null)
        .set("certificate", certificate)
        .set("role_arn", aws.role_arn.as_str())
        .set("trust_anchor_arn", aws.trust_anchor_arn.as_str())
        .set("profile_arn", aws.profile_arn.as_str())
}

/// Puts a destination on instance level, where it goes before the one of the usual bindings;
/// an empty value takes a property away.
pub(crate) fn own_destination(sandbox: &Sandbox, changed: &[(&str, &str)]) {
    let aws = &sandbox.aws;
    let usual = [
        ("Type", "HTTP"),
        ("URL", "https://rolesanywhere.eu-central-1.amazonaws.com"),
        ("Authentication", "ClientCertificateAuthentication"),
        ("KeyStoreLocation", WORKLOAD_CERTIFICATE),
        ("aws.role_arn", &aws.role_arn),
        ("aws.trust_anchor_arn", &aws.trust_anchor_arn),
        ("aws.profile_arn", &aws.profile_arn),
    ];
    let kept = usual
        .into_iter()
        .filter(|(key, _)| changed.iter().all(|(name, _)| name != key));
    let given = changed
        .iter()
        .copied()
        .filter(|(_, value)| !value.is_empty());
    let properties: Vec<(&str, &str)> = kept.chain(given).collect();
    sandbox
        .destination
        .put_destination(Level::Instance, DESTINATION, &properties);
}

/// A key store with key and chain below the trust anchor, for this common name.
fn key_store(sandbox: &Sandbox, common_name: &str) -> String {
    let issued = sandbox
        .aws
        .authority
        .issue(&Leaf::new(&sandbox.core.clock, common_name))
        .unwrap();
    sandbox.core.ledger.secret(&issued.key_pem);
    format!("{}{}", issued.key_pem, issued.certificate_and_chain_pem())
}

/// The service, started with Roles Anywhere through the usual destination.
async fn started(sandbox: &Sandbox) -> Service<'_> {
    start(
        sandbox,
        &Bindings::new(sandbox, CredentialSource::RolesAnywhere),
    )
    .await
}

/// Whose certificate earned the last session.
fn last_identity(sandbox: &Sandbox) -> String {
    let last = sessions(sandbox).pop().unwrap();
    let (_, identity) = last.split_once("source-identity=").unwrap();
    identity.split(' ').next().unwrap().to_owned()
}

fn error_body(message: &str) -> String {
    serde_json::json!({ "ErrorMessage": message }).to_string()
}

/// Both kinds of binding earn the token; the service checks what it is shown.
#[tokio::test]
async fn the_token_is_earned_by_secret_and_by_certificate() {
    let sandbox = sandbox().await;
    for authentication in [Authentication::Secret, Authentication::Certificate] {
        let mut bindings = Bindings::new(&sandbox, CredentialSource::RolesAnywhere);
        bindings.destination = authentication;
        let service = start(&sandbox, &bindings).await;
        service.until_ready().await;
        assert!(service.never_failed(), "{authentication:?}");
    }
    assert_eq!(
        sandbox.core.ledger.count("xsuaa", "POST /oauth/token 200"),
        2
    );
}

/// An instance may overrule what its subaccount holds.
#[tokio::test]
async fn a_certificate_is_found_on_both_levels_and_the_instance_wins() {
    let sandbox = sandbox().await;
    let put = |level, common_name: &str| {
        let store = key_store(&sandbox, common_name);
        sandbox
            .destination
            .put_certificate(level, "mine", store.as_bytes());
    };
    put(Level::Subaccount, "of-subaccount");
    let service = start(&sandbox, &by_name(&sandbox, "mine")).await;
    service.until_ready().await;
    assert_eq!(last_identity(&sandbox), "CN=of-subaccount");
    put(Level::Instance, "of-instance");
    let service = start(&sandbox, &by_name(&sandbox, "mine")).await;
    service.until_ready().await;
    assert_eq!(last_identity(&sandbox), "CN=of-instance");
}

/// A name with blanks, slashes or umlauts is a name as well.
#[tokio::test]
async fn names_are_escaped_in_requests() {
    let sandbox = sandbox().await;
    for name in ["my key.pem", "a%2Fb?c#d", "schlüssel.p12"] {
        let store = key_store(&sandbox, "odd");
        sandbox
            .destination
            .put_certificate(Level::Subaccount, name, store.as_bytes());
        let service = start(&sandbox, &by_name(&sandbox, name)).await;
        service.until_ready().await;
    }
}

/// An administrator keeps all of the connection in the destination, in either spelling.
#[tokio::test]
async fn properties_of_a_destination_describe_the_connection_in_both_spellings() {
    let sandbox = sandbox().await;
    let aws = &sandbox.aws;
    let camel = [
        ("aws.role_arn", ""),
        ("aws.trust_anchor_arn", ""),
        ("aws.profile_arn", ""),
        ("aws.roleArn", aws.role_arn.as_str()),
        ("aws.trustAnchorArn", &aws.trust_anchor_arn),
        ("aws.profileArn", &aws.profile_arn),
        ("aws.sessionDurationSeconds", "1200"),
        ("aws.credential_source", "roles-anywhere"),
        ("aws.rolArn", "typo"),
    ];
    own_destination(&sandbox, &camel);
    let bindings = Bindings::new(&sandbox, CredentialSource::RolesAnywhere);
    let service = start(&sandbox, &bindings.set("credential_source", Value::Null)).await;
    service.until_ready().await;
    assert!(sessions(&sandbox)[0].contains(" for 1200 s "));
    service.until_told(&["aws.rolArn", "role_arn"]).await;

    own_destination(&sandbox, &[("aws.session_duration_seconds", "1300")]);
    ready(&sandbox, CredentialSource::RolesAnywhere).await;
    assert!(sessions(&sandbox)[1].contains(" for 1300 s "));
}

/// What a destination lacks or gets wrong is told with the property and the destination.
#[tokio::test]
async fn a_destination_that_does_not_fit_is_told_property_by_property() {
    let sandbox = sandbox().await;
    own_destination(
        &sandbox,
        &[("aws.role_arn", ""), ("aws.session_duration_seconds", "5")],
    );
    let service = started(&sandbox).await;
    let destination = format!("destination \"{DESTINATION}\"");
    service
        .until_told(&["\"role_arn\" is not set", &destination, "aws.role_arn"])
        .await;
    service
        .until_told(&[
            "session_duration_seconds",
            &destination,
            "from 900 to 43200",
        ])
        .await;
    service.refuses().await;
    own_destination(&sandbox, &[]);
    service.until_ready().await;

    own_destination(&sandbox, &[("KeyStoreLocation", "")]);
    let service = started(&sandbox).await;
    service
        .until_told(&["the destination", "KeyStoreLocation", "\"certificate\""])
        .await;
}

/// The log names service, name and remedy; the next attempt finds what was added.
#[tokio::test]
async fn a_missing_destination_is_named_and_found_once_it_is_there() {
    let sandbox = sandbox().await;
    let bindings = Bindings::new(&sandbox, CredentialSource::RolesAnywhere);
    let service = start(&sandbox, &bindings.set("destination", "elsewhere")).await;
    let said = ["the destination \"elsewhere\" does not exist in the Destination service"];
    service
        .until_told(&[said[0], "create it", "setting \"destination\""])
        .await;
    service.refuses().await;
    let aws = &sandbox.aws;
    let properties = [
        ("KeyStoreLocation", WORKLOAD_CERTIFICATE),
        ("Authentication", "ClientCertificateAuthentication"),
        ("aws.role_arn", &aws.role_arn),
        ("aws.trust_anchor_arn", &aws.trust_anchor_arn),
        ("aws.profile_arn", &aws.profile_arn),
    ];
    sandbox
        .destination
        .put_destination(Level::Subaccount, "elsewhere", &properties);
    service.until_ready().await;
}

/// The same for a certificate, named by setting or by destination.
#[tokio::test]
async fn a_missing_certificate_is_named() {
    let sandbox = sandbox().await;
    sandbox
        .destination
        .remove_certificate(Level::Subaccount, WORKLOAD_CERTIFICATE);
    let service = started(&sandbox).await;
    let said = format!("the certificate \"{WORKLOAD_CERTIFICATE}\" does not exist");
    service
        .until_told(&[&said, "the Destination service", "upload it"])
        .await;
    service.refuses().await;
    let service = start(&sandbox, &by_name(&sandbox, "other.p12")).await;
    service
        .until_told(&[
            "the certificate \"other.p12\" does not exist",
            "\"certificate\"",
        ])
        .await;
}

/// Refusals are told in the service's own words, and each service by its name.
#[tokio::test]
async fn refusals_are_told_in_the_services_own_words() {
    let sandbox = sandbox().await;
    let json =
        |status, message: &str| Fault::status(status, "application/json", error_body(message));
    let html = || Fault::status(502, "text/html", "<html><h1>Bad Gateway</h1></html>");
    for (place, fault, parts) in [
        (
            "destination",
            json(401, "Token is not for us"),
            ["Destination service answered 401", "Token is not for us"],
        ),
        (
            "destination",
            json(403, "Not yours"),
            ["Destination service answered 403", "Not yours"],
        ),
        (
            "destination",
            json(500, "Oops"),
            ["Destination service answered 500", "Oops"],
        ),
        (
            "destination",
            html(),
            ["Destination service answered 502", "HTML page"],
        ),
        (
            "xsuaa",
            html(),
            [
                "token endpoint of the Destination service answered 502",
                "HTML page",
            ],
        ),
        (
            "xsuaa",
            Fault::status(200, "application/json", "{}"),
            ["token endpoint", "no access_token"],
        ),
    ] {
        sandbox.core.faults.always(place, fault);
        let service = started(&sandbox).await;
        service
            .until_told(&[&parts[..], &["no AWS session"]].concat())
            .await;
        let answer = service.refuses().await;
        assert!(!answer.body.contains("Destination") && !answer.body.contains("Oops"));
        sandbox.core.faults.clear(place);
    }
}

/// A secret that was replaced behind our back is told as what it is.
#[tokio::test]
async fn a_refused_client_is_told_as_such() {
    let sandbox = sandbox().await;
    let mut bindings = Bindings::new(&sandbox, CredentialSource::RolesAnywhere);
    bindings.destination = Authentication::Secret;
    let services = bindings.vcap_services().to_string();
    sandbox.destination.replace_client_secret();
    let variables = [("VCAP_SERVICES", services.as_str())];
    let delivery = sandbox::bindings::Delivery::Variable;
    let service = crate::support::start_with(&sandbox, &bindings, delivery, &variables).await;
    service
        .until_told(&["the token endpoint of the Destination service answered 401"])
        .await;
    service.refuses().await;
}

/// A token that is refused before its time is replaced, once.
#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let sandbox = sandbox().await;
    sandbox.core.faults.once(
        "destination",
        Fault::status(401, "text/plain", "Unauthorized"),
    );
    let service = ready(&sandbox, CredentialSource::RolesAnywhere).await;
    assert!(service.never_failed());
    assert_eq!(
        sandbox.core.ledger.count("xsuaa", "POST /oauth/token 200"),
        2
    );
}

/// Waits until AWS has given out this many sessions.
pub(crate) async fn until_sessions(sandbox: &Sandbox, count: usize) {
    let waited = tokio::time::timeout(Duration::from_secs(15), async {
        while sessions(sandbox).len() < count {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    assert!(
        waited.await.is_ok(),
        "only {} sessions",
        sessions(sandbox).len()
    );
}
