//! Tokens that are bound to a certificate, and requests that show one or don't.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::json;

use super::support::{CLIENT, Scene, TENANT, base64url};
use super::verdict;
use crate::caller::ias::{Groups, IdentityRules};
use crate::caller::{Caller, Rejection, Trust};
use crate::settings::ProofOfPossession;

/// What stands for a certificate: only its bytes are hashed.
const DER: &[u8] = b"the client's certificate";

fn scene(possession: ProofOfPossession) -> Scene {
    Scene::trusting(|url| Trust {
        identity: IdentityRules::new(CLIENT, url, &[], Some(TENANT), Groups::default()).ok(),
        possession,
        ..Trust::default()
    })
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// A token that names the certificate, shown with these headers.
async fn shown(scene: &Scene, bound: bool, headers: &[&str]) -> Result<Arc<Caller>, Rejection> {
    let token = scene.token(|d| {
        if bound {
            let thumbprint = base64url(digest(&SHA256, DER));
            d.claim("cnf", json!({"x5t#S256": thumbprint}));
        }
    });
    let headers: Vec<&[u8]> = headers.iter().map(|it| it.as_bytes()).collect();
    let bearer = format!("Bearer {token}");
    scene.verifier.verify(&[bearer.as_bytes()], &headers).await
}

#[tokio::test]
async fn a_bound_token_is_good_only_with_its_certificate() {
    let (own, other) = (base64(DER), base64(b"another certificate"));
    let cases: &[(ProofOfPossession, bool, &[&str], &str)] = &[
        (ProofOfPossession::Off, true, &[], "accepted"),
        (ProofOfPossession::Off, true, &[&other], "accepted"),
        (ProofOfPossession::WhenBound, false, &[], "accepted"),
        (ProofOfPossession::WhenBound, false, &[&other], "accepted"),
        (ProofOfPossession::WhenBound, true, &[&own], "accepted"),
        (
            ProofOfPossession::WhenBound,
            true,
            &[],
            "no_client_certificate",
        ),
        (
            ProofOfPossession::WhenBound,
            true,
            &[&own, &own],
            "no_client_certificate",
        ),
        (
            ProofOfPossession::WhenBound,
            true,
            &[&other],
            "other_client_certificate",
        ),
        (
            ProofOfPossession::WhenBound,
            true,
            &["%%%"],
            "unusable_client_certificate",
        ),
        (ProofOfPossession::Always, true, &[&own], "accepted"),
        (
            ProofOfPossession::Always,
            false,
            &[&own],
            "not_bound_to_a_certificate",
        ),
        (
            ProofOfPossession::Always,
            true,
            &[],
            "no_client_certificate",
        ),
    ];
    for (wanted, bound, headers, expected) in cases {
        let result = shown(&scene(*wanted), *bound, headers).await;
        assert_eq!(verdict(result), *expected, "{wanted:?} {bound} {headers:?}");
    }
}

#[tokio::test]
async fn a_remembered_token_is_checked_against_each_requests_certificate() {
    let scene = scene(ProofOfPossession::WhenBound);
    let own = base64(DER);
    assert_eq!(verdict(shown(&scene, true, &[&own]).await), "accepted");
    let thief = shown(&scene, true, &[]).await;
    assert_eq!(verdict(thief), "no_client_certificate");
    assert_eq!(verdict(shown(&scene, true, &[&own]).await), "accepted");
}

#[tokio::test]
async fn a_binding_that_cannot_be_checked_is_refused_where_it_counts() {
    for cnf in [
        json!({"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}),
        json!({"x5t#S256": "short"}),
        json!({"x5t#S256": 7}),
        json!({}),
        json!("x"),
        json!(null),
    ] {
        for (wanted, expected) in [
            (ProofOfPossession::Off, "accepted"),
            (ProofOfPossession::WhenBound, "unusable_cnf"),
            (ProofOfPossession::Always, "unusable_cnf"),
        ] {
            let verdict = scene(wanted).verdict(|d| d.claim("cnf", cnf.clone())).await;
            assert_eq!(verdict, expected, "{cnf} {wanted:?}");
        }
    }
}
