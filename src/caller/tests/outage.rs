//! What happens while an issuer refuses or can't be reached, and after.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use serde_json::json;

use super::support::{CERTS, DISCOVERY, Draft, FOREIGN, NOW, Reply, Scene, TRUSTED, jwk, sign};
use super::verdict;
use crate::caller::Rejection;

fn again(number: u64) -> impl FnOnce(&mut Draft) {
    move |draft| {
        draft.claim("jti", number);
        draft.claim("exp", NOW + 365 * 24 * 3600);
    }
}

#[tokio::test]
async fn an_outage_is_not_remembered() {
    for path in [DISCOVERY, CERTS] {
        for status in [401, 403, 404, 429, 500, 502, 503] {
            let scene = Scene::new();
            let healthy = if path == CERTS {
                Reply::json(&json!({"keys": [jwk("k1", &TRUSTED)]}))
            } else {
                let keys = format!("{}{CERTS}", scene.url);
                Reply::json(&json!({"issuer": scene.url, "jwks_uri": keys}))
            };
            scene.answer(path, Reply::status(status));
            assert_eq!(
                scene.verdict(|_| {}).await,
                "keys unavailable",
                "{path} {status}"
            );
            scene.answer(path, healthy);
            assert_eq!(scene.verdict(|_| {}).await, "accepted", "{path} {status}");
        }
    }
}

#[tokio::test]
async fn a_refused_client_is_remembered_for_five_minutes() {
    let scene = Scene::new();
    scene.answer(CERTS, Reply::status(400));
    assert_eq!(scene.verdict(|_| {}).await, "client_not_accepted");
    scene.publish(&[jwk("k1", &TRUSTED)]);
    for number in 0..20 {
        assert_eq!(scene.verdict(again(number)).await, "client_not_accepted");
    }
    assert_eq!(scene.fetches(CERTS), 1);
    scene.advance(5 * 60);
    assert_eq!(scene.verdict(|_| {}).await, "accepted");
}

#[tokio::test]
async fn one_refused_client_does_not_shut_out_the_others() {
    let scene = Scene::new();
    scene.answer(CERTS, Reply::status(400));
    let forged = |draft: &mut Draft| {
        draft.claim("azp", "forged");
        draft.signer = Box::new(|message| sign(&FOREIGN, &RSA_PKCS1_SHA256, message));
    };
    assert_eq!(scene.verdict(forged).await, "client_not_accepted");
    scene.publish(&[jwk("k1", &TRUSTED)]);
    assert_eq!(scene.verdict(|_| {}).await, "accepted");
    assert_eq!(scene.verdict(forged).await, "client_not_accepted");
}

#[tokio::test]
async fn known_keys_serve_a_day_while_the_issuer_is_down() {
    let scene = Scene::new();
    assert_eq!(scene.verdict(again(0)).await, "accepted");
    scene.answer(CERTS, Reply::status(503));
    scene.answer(DISCOVERY, Reply::status(503));
    for hour in 1..24 {
        scene.advance(3600);
        assert_eq!(scene.verdict(again(hour)).await, "accepted", "hour {hour}");
    }
    scene.advance(3600);
    assert_eq!(scene.verdict(again(24)).await, "keys unavailable");
}

#[tokio::test]
async fn during_an_outage_known_keys_cost_one_attempt_a_minute() {
    let scene = Scene::new();
    assert_eq!(scene.verdict(again(0)).await, "accepted");
    scene.answer(CERTS, Reply::status(503));
    scene.advance(31 * 60);
    let before = scene.asked().len();
    for number in 1..50 {
        assert_eq!(scene.verdict(again(number)).await, "accepted");
    }
    assert!(scene.asked().len() - before <= 2, "{:?}", scene.asked());
}

#[tokio::test]
async fn an_unknown_key_during_an_outage_is_an_outage() {
    let scene = Scene::new();
    assert_eq!(scene.verdict(again(0)).await, "accepted");
    scene.answer(CERTS, Reply::status(503));
    scene.advance(60);
    let rotated = |draft: &mut Draft| {
        draft.header("kid", "k2");
        draft.signer = Box::new(|message| sign(&FOREIGN, &RSA_PKCS1_SHA256, message));
    };
    assert_eq!(scene.verdict(rotated).await, "keys unavailable");
    scene.publish(&[jwk("k2", &FOREIGN)]);
    assert_eq!(
        scene.verdict(rotated).await,
        "accepted",
        "the outage is over"
    );
}

#[tokio::test]
async fn after_an_outage_an_unknown_key_is_a_bad_token_again() {
    let scene = Scene::new();
    scene.answer(CERTS, Reply::status(503));
    assert_eq!(scene.verdict(|_| {}).await, "keys unavailable");
    scene.publish(&[jwk("k2", &FOREIGN)]);
    assert_eq!(scene.verdict(|_| {}).await, "unknown_key");
}

#[tokio::test]
async fn a_failure_is_told_with_its_cause_and_without_the_address() {
    let scene = Scene::new();
    scene.answer(CERTS, Reply(200, String::new(), b"<html>".to_vec()));
    let Err(Rejection::KeysUnavailable(failure)) = scene.verify(&scene.token(|_| {})).await else {
        panic!("there are no keys");
    };
    assert_eq!(failure.to_string(), "the issuer's key set can't be read");
    let cause = std::error::Error::source(&failure).unwrap().to_string();
    assert!(cause.contains("line 1 column 1"), "{cause}");
    let error = scene
        .verify(&scene.token(|d| d.claim("iss", "https://t.sap.invalid")))
        .await;
    let Err(Rejection::Invalid(refusal)) = error else {
        panic!("nobody answers under that name");
    };
    assert_eq!(
        refusal.to_string(),
        "issuer_unreached (\"https://t.sap.invalid\")"
    );
    let cause = std::error::Error::source(&refusal).unwrap().to_string();
    assert_eq!(cause, "the issuer's discovery document can't be reached");
}

/// Takes the two seconds after which an issuer is given up.
#[tokio::test]
async fn an_issuer_that_says_nothing_is_an_outage() {
    let scene = Scene::new();
    scene.answer(DISCOVERY, Reply::silence());
    let verdict = tokio::time::timeout(Duration::from_secs(10), scene.verdict(|_| {})).await;
    assert_eq!(verdict.unwrap(), "keys unavailable");
}

#[tokio::test]
async fn many_who_wait_for_a_failing_issuer_fail_together() {
    let scene = Arc::new(Scene::new());
    scene.answer(DISCOVERY, Reply::status(503));
    let calls: Vec<_> = (0..20)
        .map(|number| {
            let scene = Arc::clone(&scene);
            let token = scene.token(again(number));
            tokio::spawn(async move { verdict(scene.verify(&token).await) })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), "keys unavailable");
    }
    assert_eq!(scene.asked().len(), 1);
}
