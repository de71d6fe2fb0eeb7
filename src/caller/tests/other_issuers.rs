//! Keys of issuers beside the binding's own. Only https reaches them through a verifier, so they
//! are asked for here where the issuer was already found good.

use serde_json::json;

use super::support::{CERTS, CLIENT, DISCOVERY, Reply, Scene, TENANT, TRUSTED, jwk};
use crate::caller::keys::{Applicant, Asker, NoKey, Place};

fn asker(issuer: String, own: bool) -> Asker {
    Asker {
        place: Place::Discovered(issuer),
        own,
        party: Some(Applicant {
            client_id: CLIENT.to_owned(),
            tenant: Some(TENANT.to_owned()),
            authorized_party: None,
        }),
    }
}

/// Lets the provider speak for another issuer as well.
fn other_issuer(scene: &Scene, name: &str) -> Asker {
    let issuer = format!("{}/{name}", scene.url);
    let document = json!({"issuer": issuer, "jwks_uri": format!("{issuer}{CERTS}")});
    scene.answer(&format!("/{name}{DISCOVERY}"), Reply::json(&document));
    let keys = json!({"keys": [jwk("k1", &TRUSTED)]});
    scene.answer(&format!("/{name}{CERTS}"), Reply::json(&keys));
    asker(issuer, false)
}

/// Uses up what strangers may cost within a minute.
async fn exhaust_strangers(scene: &Scene) {
    for number in 0..25 {
        let stranger = asker(format!("{}/stranger-{number}", scene.url), false);
        let refused = scene.keys.key(&stranger, "k1").await;
        let many = matches!(refused, Err(NoKey::TooManyIssuers));
        assert_eq!(many, number >= 20, "{number}: {refused:?}");
    }
}

#[tokio::test]
async fn another_issuer_that_answered_once_may_have_an_outage() {
    let scene = Scene::new();
    let other = other_issuer(&scene, "t");
    assert!(scene.keys.key(&other, "k1").await.is_ok());
    scene.answer(&format!("/t{CERTS}"), Reply::status(503));
    scene.advance(60);
    let down = scene.keys.key(&other, "k2").await;
    assert!(matches!(down, Err(NoKey::Unavailable(_))), "{down:?}");
    assert!(scene.keys.key(&other, "k1").await.is_ok());
    scene.advance(24 * 3600);
    let forgotten = scene.keys.key(&other, "k1").await;
    assert!(
        matches!(forgotten, Err(NoKey::Unreached(_))),
        "{forgotten:?}"
    );
}

#[tokio::test]
async fn keys_of_another_issuer_are_renewed_whatever_strangers_do() {
    let scene = Scene::new();
    let other = other_issuer(&scene, "t");
    assert!(scene.keys.key(&other, "k1").await.is_ok());
    scene.advance(30 * 60);
    exhaust_strangers(&scene).await;
    assert!(scene.keys.key(&other, "k1").await.is_ok());
    assert_eq!(scene.fetches(&format!("/t{CERTS}")), 2);
}

#[tokio::test]
async fn many_issuers_push_out_the_oldest_but_never_our_own() {
    let scene = Scene::new();
    let own = asker(scene.url.clone(), true);
    assert!(scene.keys.key(&own, "k1").await.is_ok());
    for number in 0..40 {
        scene.advance(4);
        let other = other_issuer(&scene, &format!("t{number}"));
        assert!(scene.keys.key(&other, "k1").await.is_ok(), "{number}");
    }
    assert!(scene.keys.key(&own, "k1").await.is_ok());
    assert_eq!(scene.fetches(CERTS), 1, "our own keys are still there");
    let newest = other_issuer(&scene, "t39");
    assert!(scene.keys.key(&newest, "k1").await.is_ok());
    assert_eq!(scene.fetches(&format!("/t39{CERTS}")), 1);
    let oldest = other_issuer(&scene, "t0");
    assert!(scene.keys.key(&oldest, "k1").await.is_ok());
    assert_eq!(scene.fetches(&format!("/t0{CERTS}")), 2);
}
