//! Faults on the AWS side of the session: IAM Roles Anywhere, STS, trust policies.

use sandbox::bindings::{Bindings, CredentialSource};
use sandbox::destination::Level;
use sandbox::fault::Fault;
use sandbox::iam::{OidcProvider, Role, Trust};
use sandbox::pki::{Authority, Key, Leaf};

use super::{Variables, blames, nothing};
use crate::destination::by_name;
use crate::support::sandbox;

/// Anchor, profile and role, each wrong in its own way.
#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn faults_of_roles_anywhere_are_told_apart() {
    let sandbox = sandbox().await;
    let bindings = Bindings::new(&sandbox, CredentialSource::RolesAnywhere);
    let (aws, registry) = (&sandbox.aws, &sandbox.aws.registry);
    let anchor = registry.trust_anchor(&aws.trust_anchor_arn).unwrap();
    let profile = registry.profile(&aws.profile_arn).unwrap();

    let mut disabled = anchor.clone();
    disabled.enabled = false;
    registry.put_trust_anchor(disabled);
    blames(
        &sandbox,
        &bindings,
        nothing,
        "session",
        &["enable", &anchor.arn],
    )
    .await;
    registry.put_trust_anchor(anchor.clone());

    let foreign = Authority::root("Foreign CA", Key::P256, &sandbox.core.clock).unwrap();
    let mut elsewhere = anchor.clone();
    elsewhere.certificates = vec![foreign.certificate_der().to_vec()];
    registry.put_trust_anchor(elsewhere);
    blames(
        &sandbox,
        &bindings,
        nothing,
        "session",
        &[
            "does not chain to the trust anchor",
            "intermediate certificates",
        ],
    )
    .await;
    registry.put_trust_anchor(anchor.clone());

    let mut without = profile.clone();
    without.roles = Vec::new();
    registry.put_profile(without);
    blames(
        &sandbox,
        &bindings,
        nothing,
        "session",
        &["must be in", &profile.arn],
    )
    .await;
    let mut nameless = profile.clone();
    nameless.accepts_role_session_name = false;
    registry.put_profile(nameless);
    let named =
        Bindings::new(&sandbox, CredentialSource::RolesAnywhere).set("session_name", "mine");
    blames(
        &sandbox,
        &named,
        nothing,
        "session",
        &["acceptRoleSessionName"],
    )
    .await;
    registry.put_profile(profile);

    let unknown = by_name(&sandbox, sandbox::WORKLOAD_CERTIFICATE).set(
        "profile_arn",
        "arn:aws:rolesanywhere:eu-central-1:111122223333:profile/00000000-0000-4000-8000-000000000000",
    );
    blames(
        &sandbox,
        &unknown,
        nothing,
        "session",
        &["does not exist in eu-central-1"],
    )
    .await;

    let nobody = Trust::RolesAnywhere {
        source_arn: Some(anchor.arn.clone()),
        common_name: Some("somebody-else".to_owned()),
    };
    aws.account
        .iam
        .put_role(Role::new(&aws.role_arn, vec![nobody]));
    let policy = [
        "update-assume-role-policy --role-name s3-catalog",
        "aws:PrincipalTag/x509Subject/CN",
        "\"aws:SourceArn\":",
        "sts:SetSourceIdentity",
    ];
    blames(&sandbox, &bindings, nothing, "session", &policy).await;
}

/// A revoked certificate, a clock that is off, and an endpoint where something else answers.
#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn faults_on_the_way_to_roles_anywhere_are_told_apart() {
    let sandbox = sandbox().await;
    let bindings = Bindings::new(&sandbox, CredentialSource::RolesAnywhere);
    let place = "roles-anywhere";
    sandbox.core.faults.always(
        place,
        Fault::status(200, "text/html", "<html>Log in</html>"),
    );
    blames(
        &sandbox,
        &bindings,
        nothing,
        "session",
        &["HTML page", "proxy"],
    )
    .await;
    sandbox.core.faults.always(place, Fault::Reset);
    blames(
        &sandbox,
        &bindings,
        nothing,
        "session",
        &["could not be reached at", "curl"],
    )
    .await;
    let throttled = Fault::status(429, "application/json", "{\"message\":\"Rate exceeded\"}");
    sandbox.core.faults.always(place, throttled);
    blames(
        &sandbox,
        &bindings,
        nothing,
        "session",
        &["429", "Rate exceeded"],
    )
    .await;
    sandbox.core.faults.clear(place);
    let closed = |env: &mut Variables| {
        let nobody = "https://127.0.0.1:1".to_owned();
        env.insert("CATALOG_ROLES_ANYWHERE_ENDPOINT".to_owned(), nobody);
    };
    blames(
        &sandbox,
        &bindings,
        closed,
        "session",
        &["could not be reached at https://127.0.0.1:1"],
    )
    .await;

    let leaf = Leaf::new(&sandbox.core.clock, "revoked").serial(&[7]);
    let issued = sandbox.aws.authority.issue(&leaf).unwrap();
    sandbox.core.ledger.secret(&issued.key_pem);
    let file = format!("{}{}", issued.key_pem, issued.certificate_and_chain_pem());
    sandbox
        .destination
        .put_certificate(Level::Subaccount, "revoked", file.as_bytes());
    let mut anchor = sandbox
        .aws
        .registry
        .trust_anchor(&sandbox.aws.trust_anchor_arn)
        .unwrap();
    anchor.revoked = vec![vec![7]];
    sandbox.aws.registry.put_trust_anchor(anchor);
    blames(
        &sandbox,
        &by_name(&sandbox, "revoked"),
        nothing,
        "session",
        &["revoked", "new certificate"],
    )
    .await;

    // ten minutes: within the certificate's validity, and more than AWS tolerates
    sandbox.core.clock.set_offset(600);
    blames(
        &sandbox,
        &bindings,
        nothing,
        "session",
        &["clock is -", "set the clock"],
    )
    .await;
}

/// Providers, audiences and trust of STS.
#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn faults_of_web_identity_are_told_apart() {
    let sandbox = sandbox().await;
    let bindings = Bindings::new(&sandbox, CredentialSource::Oidc);
    let (aws, issuer) = (&sandbox.aws, sandbox.identity.issuer().to_owned());
    let client = sandbox.identity.client_id().to_owned();
    let provider = |clients: &[&str]| OidcProvider {
        issuer: issuer.clone(),
        client_ids: clients.iter().map(|&it| it.to_owned()).collect(),
        reachable_at: None,
    };
    aws.account.iam.put_provider(provider(&["another-client"]));
    blames(
        &sandbox,
        &bindings,
        nothing,
        "session",
        &["InvalidIdentityToken", "exactly this issuer", &issuer],
    )
    .await;
    aws.account.iam.put_provider(provider(&[&client]));

    let trust = |audience: &str, subject: &str| Trust::WebIdentity {
        issuer: issuer.clone(),
        audiences: vec![audience.to_owned()],
        subjects: vec![subject.to_owned()],
        may_tag: true,
        may_set_source_identity: true,
    };
    aws.account.iam.put_role(Role::new(
        &aws.role_arn,
        vec![trust(&client, "somebody-else")],
    ));
    let sub = format!(":sub\":\"{client}\"");
    let parts = [
        "AccessDenied",
        "sts:AssumeRoleWithWebIdentity",
        "oidc-provider/",
        &sub,
    ];
    blames(&sandbox, &bindings, nothing, "session", &parts).await;
    aws.account
        .iam
        .put_role(Role::new(&aws.role_arn, Vec::new()));
    blames(
        &sandbox,
        &bindings,
        nothing,
        "session",
        &["AccessDenied", "trust policy of"],
    )
    .await;
    aws.account
        .iam
        .put_role(Role::new(&aws.role_arn, vec![trust(&client, &client)]));
    let long =
        Bindings::new(&sandbox, CredentialSource::Oidc).set("session_duration_seconds", 7200);
    blames(
        &sandbox,
        &long,
        nothing,
        "session",
        &["ValidationError", "session_duration_seconds"],
    )
    .await;

    let disabled = "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Code>RegionDisabledException</Code><Message>STS is not activated in this region</Message></Error></ErrorResponse>";
    sandbox
        .core
        .faults
        .once("sts", Fault::status(403, "text/xml", disabled));
    blames(
        &sandbox,
        &bindings,
        nothing,
        "session",
        &["activate it in the IAM account settings"],
    )
    .await;
}

/// A key that AWS no longer takes, or a role that asks for more than it shows.
#[tokio::test]
async fn faults_of_stored_keys_are_told_apart() {
    let sandbox = sandbox().await;
    let usual = || Bindings::new(&sandbox, CredentialSource::CredentialStore);
    let wrong = usual().set("external_id", "not-this-one");
    let policy = [
        "AccessDenied",
        "external id",
        "\"sts:ExternalId\":\"not-this-one\"",
    ];
    blames(&sandbox, &wrong, nothing, "session", &policy).await;
    // payloads tell their age; where they are plain, S3 is the first to
    // refuse: the SDK sets its clock by what STS says
    sandbox.core.clock.set_offset(1200);
    let clock = ["clock", "set the clock"];
    blames(&sandbox, &usual(), nothing, "credential-store", &clock).await;
    sandbox.credential_store.set_encrypted(false);
    blames(&sandbox, &usual(), nothing, "s3", &clock).await;
    sandbox.core.clock.set_offset(0);
    let (namespace, _, secret) = sandbox::STORED_KEY;
    let other = "another/secret/key/of/forty/characters/xx";
    sandbox
        .credential_store
        .put_password(namespace, secret, other);
    blames(
        &sandbox,
        &usual(),
        nothing,
        "session",
        &["SignatureDoesNotMatch", "don't belong together"],
    )
    .await;
    sandbox
        .aws
        .account
        .iam
        .delete_key(&sandbox.aws.user.access_key_id);
    blames(
        &sandbox,
        &usual(),
        nothing,
        "session",
        &["InvalidClientTokenId", "unknown to AWS"],
    )
    .await;
}
