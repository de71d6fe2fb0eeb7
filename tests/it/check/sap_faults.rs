//! Faults on the SAP side: the Destination service, key stores, the identity service.

use std::time::Duration;

use sandbox::Sandbox;
use sandbox::bindings::{Authentication, Bindings, CredentialSource, StoreAuthentication};
use sandbox::destination::Level;
use sandbox::fault::Fault;
use sandbox::pki::Leaf;
use serde_json::json;

use super::{Variables, blames, nothing, outdate};
use crate::destination::{by_name, own_destination};
use crate::support::sandbox;

pub(super) fn with_secret(sandbox: &Sandbox, source: CredentialSource) -> Bindings<'_> {
    let mut bindings = Bindings::new(sandbox, source);
    bindings.destination = Authentication::Secret;
    bindings.identity = Authentication::Secret;
    bindings.credential_store = StoreAuthentication::Basic;
    bindings
}

/// A binding that no longer counts, a service that is away, a destination that is not there.
#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn faults_of_the_destination_service_are_told_apart() {
    let sandbox = sandbox().await;
    let bindings = with_secret(&sandbox, CredentialSource::RolesAnywhere);
    let dead = |env: &mut Variables| outdate(env, "clientsecret");
    let parts = [
        "the token endpoint of the Destination service",
        "cf unbind-service btp-s3-catalog s3-catalog-destination",
    ];
    blames(&sandbox, &bindings, dead, "destination", &parts).await;
    let missing = with_secret(&sandbox, CredentialSource::RolesAnywhere).set("destination", "typo");
    blames(
        &sandbox,
        &missing,
        nothing,
        "destination",
        &["\"typo\" does not exist in the Destination service"],
    )
    .await;
    let by_certificate = Bindings::new(&sandbox, CredentialSource::RolesAnywhere);
    let untrusted = |env: &mut Variables| {
        env.remove("CATALOG_CA_BUNDLE");
    };
    blames(
        &sandbox,
        &by_certificate,
        untrusted,
        "destination",
        &["could not be reached", "ca_bundle"],
    )
    .await;
    own_destination(&sandbox, &[("aws.role_arn", "role/mine")]);
    blames(
        &sandbox,
        &bindings,
        nothing,
        "destination",
        &["\"role_arn\" can't be used", "property \"aws.role_arn\""],
    )
    .await;
    own_destination(&sandbox, &[("aws.profile_arn", "")]);
    blames(
        &sandbox,
        &bindings,
        nothing,
        "destination",
        &["\"profile_arn\" is not set", "aws.profile_arn"],
    )
    .await;
    sandbox
        .core
        .faults
        .always("destination", Fault::status(503, "text/html", "<html>"));
    blames(
        &sandbox,
        &bindings,
        nothing,
        "destination",
        &["answered 503", "status page"],
    )
    .await;
    sandbox.core.faults.always("destination", Fault::Reset);
    blames(
        &sandbox,
        &bindings,
        nothing,
        "destination",
        &["could not be reached", "curl"],
    )
    .await;
}

/// A token endpoint that repeats what it was sent brings no secret to anybody's eyes.
#[tokio::test]
async fn what_an_upstream_repeats_is_withheld() {
    let sandbox = sandbox().await;
    let bindings = with_secret(&sandbox, CredentialSource::RolesAnywhere);
    let secret = sandbox.destination.client_secret();
    for repeated in [format!("got {secret}"), "got client_secret=x".to_owned()] {
        let body = json!({ "error_description": repeated }).to_string();
        let fault = Fault::status(401, "application/json", body);
        sandbox.core.faults.always("xsuaa", fault);
        // the harness looks for the secret in what is said
        let parts = ["its reason is withheld"];
        blames(&sandbox, &bindings, nothing, "destination", &parts).await;
    }
}

/// What people upload instead of a key store that works.
#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn faults_of_key_stores_are_told_apart() {
    let sandbox = sandbox().await;
    let upload = |content: &str| {
        sandbox
            .destination
            .put_certificate(Level::Subaccount, "store", content.as_bytes());
        by_name(&sandbox, "store")
    };
    let now = sandbox.core.clock.utc();
    let leaf = Leaf::new(&sandbox.core.clock, "workload");
    let issue = |leaf: &Leaf| {
        let issued = sandbox.aws.authority.issue(leaf).unwrap();
        sandbox.core.ledger.secret(&issued.key_pem);
        issued
    };
    let file = |leaf: &Leaf| {
        let issued = issue(leaf);
        format!("{}{}", issued.key_pem, issued.certificate_and_chain_pem())
    };
    let (day, month) = (time::Duration::days(1), time::Duration::days(30));
    let (good, other) = (issue(&leaf), issue(&leaf));
    let cases = [
        ("no key store".to_owned(), vec!["format is not recognised"]),
        (good.key_pem.clone(), vec!["no certificate"]),
        (good.certificate_and_chain_pem(), vec!["no private key"]),
        (
            format!("{}{}", other.key_pem, good.certificate_and_chain_pem()),
            vec![
                "fits none of its certificates",
                "CN=workload",
                "cat key.pem",
            ],
        ),
        (
            file(&leaf.clone().valid(now - month, now - day)),
            vec!["expired on", "renew it"],
        ),
        (
            file(&leaf.clone().valid(now + day, now + month)),
            vec!["is not valid before", "check the clock"],
        ),
        (
            file(&Leaf {
                digital_signature: false,
                ..leaf.clone()
            }),
            vec!["key usage lacks digitalSignature"],
        ),
        (
            file(&Leaf {
                ca: true,
                ..leaf.clone()
            }),
            vec!["certificate authority"],
        ),
    ];
    for (content, parts) in cases {
        blames(&sandbox, &upload(&content), nothing, "certificate", &parts).await;
    }
    let unknown = by_name(&sandbox, "nowhere.p12");
    blames(
        &sandbox,
        &unknown,
        nothing,
        "certificate",
        &[
            "the certificate \"nowhere.p12\" does not exist",
            "upload it",
        ],
    )
    .await;
}

/// Passwords of key stores: none, and a wrong one.
#[tokio::test]
async fn passwords_of_key_stores_are_told_apart() {
    let sandbox = sandbox().await;
    let file = std::fs::read("tests/keystores/modern.p12").unwrap();
    sandbox
        .destination
        .put_certificate(Level::Subaccount, "store.p12", &file);
    let bindings = by_name(&sandbox, "store.p12");
    blames(
        &sandbox,
        &bindings,
        nothing,
        "certificate",
        &["password", "certificate_password", "openssl pkcs12"],
    )
    .await;
    let wrong = bindings.set("certificate_password", "wrong horse");
    blames(
        &sandbox,
        &wrong,
        nothing,
        "certificate",
        &["its password is wrong"],
    )
    .await;
}

/// A tenant that AWS can't take for an identity provider, or that does not know us.
#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn faults_of_the_identity_service_are_told_apart() {
    let sandbox = sandbox().await;
    let bindings = with_secret(&sandbox, CredentialSource::Oidc);
    let dead = |env: &mut Variables| outdate(env, "clientsecret");
    let parts = [
        "the identity service answered 400",
        "cf unbind-service btp-s3-catalog s3-catalog-identity",
    ];
    blames(&sandbox, &bindings, dead, "identity", &parts).await;
    let answer = |token: String| {
        let body = json!({"access_token": token, "expires_in": 3600, "token_type": "bearer"});
        sandbox.core.faults.once(
            "identity/oauth2/token",
            Fault::status(200, "application/json", body.to_string()),
        );
    };
    let now = sandbox.core.clock.unix();
    let claims = |iss: &str, iat: i64| json!({"iss": iss, "aud": "c", "sub": "c", "iat": iat, "exp": now + 3600});
    let issuer = sandbox.identity.issuer();
    answer(
        sandbox
            .identity
            .sign(&claims("tenant.accounts.ondemand.com", now)),
    );
    blames(
        &sandbox,
        &bindings,
        nothing,
        "identity",
        &["without https://", "Tenant Settings"],
    )
    .await;
    answer(
        sandbox
            .identity
            .sign(&claims("https://old.accounts.ondemand.com", now)),
    );
    blames(
        &sandbox,
        &bindings,
        nothing,
        "identity",
        &["discovery document names", issuer],
    )
    .await;
    answer(sandbox.identity.sign(&claims(issuer, now - 600)));
    blames(
        &sandbox,
        &bindings,
        nothing,
        "identity",
        &["clock is 60", "set the clock"],
    )
    .await;
    answer(
        sandbox
            .identity
            .sign_with_header(&json!({"alg": "HS256"}), &claims(issuer, now)),
    );
    blames(
        &sandbox,
        &bindings,
        nothing,
        "identity",
        &["HS256", "RS256"],
    )
    .await;
    answer("opaque-token".to_owned());
    blames(
        &sandbox,
        &bindings,
        nothing,
        "identity",
        &["no JWT", "access-token-format"],
    )
    .await;
    sandbox.core.faults.always(
        "identity/.well-known",
        Fault::status(200, "text/html", "<html>"),
    );
    blames(
        &sandbox,
        &bindings,
        nothing,
        "identity",
        &["discovery", "can't be read"],
    )
    .await;
    sandbox
        .core
        .faults
        .always("identity/.well-known", Fault::Hang(Duration::from_mins(1)));
    blames(
        &sandbox,
        &bindings,
        nothing,
        "identity",
        &["could not be reached"],
    )
    .await;
}
