//! When an issuer is asked for its keys, how often, and which of them are taken.

use std::sync::Arc;

use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use futures_util::FutureExt as _;
use serde_json::json;

use super::support::{
    CERTS, CLIENT, DISCOVERY, Draft, FOREIGN, Reply, Scene, TENANT, TRUSTED, jwk, sign,
};
use super::verdict;

fn unknown_kid(number: usize) -> impl FnOnce(&mut Draft) {
    move |draft| draft.header("kid", format!("made-up-{number}"))
}

/// A token signed by the key that the issuer rotated to.
fn rotated(draft: &mut Draft) {
    draft.header("kid", "k2");
    draft.signer = Box::new(|message| sign(&FOREIGN, &RSA_PKCS1_SHA256, message));
}

#[tokio::test]
async fn keys_are_fetched_once_on_behalf_of_client_and_tenant() {
    let scene = Scene::new();
    for jti in 0..5 {
        assert_eq!(scene.verdict(|d| d.claim("jti", jti)).await, "accepted");
    }
    let asked = scene.asked();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0].path, DISCOVERY);
    assert!(!asked[0].headers.contains_key("x-client_id"));
    assert_eq!(asked[1].path, CERTS);
    assert_eq!(asked[1].headers["x-client_id"], CLIENT);
    assert_eq!(asked[1].headers["x-app_tid"], TENANT);
    assert_eq!(asked[1].headers["x-azp"], CLIENT);
    assert!(!asked[1].headers.contains_key("authorization"));
}

#[tokio::test]
async fn callers_that_come_together_share_one_fetch() {
    let scene = Arc::new(Scene::new());
    let token = scene.token(|_| {});
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let (scene, token) = (Arc::clone(&scene), token.clone());
            tokio::spawn(async move { verdict(scene.verify(&token).await) })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), "accepted");
    }
    assert_eq!(scene.asked().len(), 2);
}

#[tokio::test]
async fn sixty_unknown_keys_cost_one_fetch_a_minute() {
    let scene = Scene::new();
    for number in 0..60 {
        assert_eq!(scene.verdict(unknown_kid(number)).await, "unknown_key");
    }
    assert_eq!(
        scene.fetches(CERTS),
        2,
        "the first fetch, and one search in its minute"
    );
    scene.advance(60);
    for number in 0..60 {
        assert_eq!(scene.verdict(unknown_kid(number)).await, "unknown_key");
    }
    assert_eq!(scene.fetches(CERTS), 3);
    assert_eq!(scene.fetches(DISCOVERY), 1);
}

#[tokio::test]
async fn a_rotated_key_is_found_at_once() {
    let scene = Scene::new();
    assert_eq!(scene.verdict(|_| {}).await, "accepted");
    scene.publish(&[jwk("k1", &TRUSTED), jwk("k2", &FOREIGN)]);
    assert_eq!(scene.verdict(rotated).await, "accepted");
    assert_eq!(scene.fetches(CERTS), 2);
}

#[tokio::test]
async fn callers_with_a_rotated_key_share_one_search() {
    let scene = Arc::new(Scene::new());
    assert_eq!(scene.verdict(|_| {}).await, "accepted");
    scene.publish(&[jwk("k2", &FOREIGN)]);
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let scene = Arc::clone(&scene);
            let token = scene.token(rotated);
            tokio::spawn(async move { verdict(scene.verify(&token).await) })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), "accepted");
    }
    assert_eq!(scene.fetches(CERTS), 2);
}

#[tokio::test]
async fn whoever_comes_during_a_search_waits_for_what_it_brings() {
    let scene = Scene::new();
    assert_eq!(scene.verdict(|_| {}).await, "accepted");
    scene.publish(&[jwk("k2", &FOREIGN)]);
    let (first, second) = (scene.token(rotated), scene.token(rotated));
    let mut search = Box::pin(scene.verify(&first));
    assert!(
        (&mut search).now_or_never().is_none(),
        "the search is under way"
    );
    let (found, shared) = tokio::join!(search, scene.verify(&second));
    assert_eq!(
        (verdict(found), verdict(shared)),
        ("accepted".into(), "accepted".into())
    );
}

#[tokio::test]
async fn a_search_that_is_broken_off_does_not_count() {
    let scene = Scene::new();
    assert_eq!(scene.verdict(|_| {}).await, "accepted");
    scene.publish(&[jwk("k2", &FOREIGN)]);
    let token = scene.token(rotated);
    assert!(
        scene.verify(&token).now_or_never().is_none(),
        "the caller hangs up"
    );
    assert_eq!(verdict(scene.verify(&token).await), "accepted");
}

#[tokio::test]
async fn a_made_up_application_does_not_use_up_the_search() {
    let scene = Scene::new();
    assert_eq!(scene.verdict(|_| {}).await, "accepted");
    scene.publish(&[jwk("k2", &FOREIGN)]);
    scene.refuse("made-up");
    let made_up = |draft: &mut Draft| {
        rotated(draft);
        draft.claim("azp", "made-up");
    };
    assert_eq!(scene.verdict(made_up).await, "client_not_accepted");
    assert_eq!(scene.verdict(rotated).await, "accepted");
    assert_eq!(scene.fetches(CERTS), 3);
}

#[tokio::test]
async fn keys_are_renewed_in_the_background_before_they_are_old() {
    let scene = Scene::new();
    assert_eq!(scene.verdict(|_| {}).await, "accepted");
    scene.advance(14 * 60);
    assert_eq!(scene.verdict(|d| d.claim("jti", 1)).await, "accepted");
    settle().await;
    assert_eq!(scene.fetches(CERTS), 1);
    scene.publish(&[jwk("k1", &TRUSTED), jwk("k2", &FOREIGN)]);
    scene.advance(60);
    assert_eq!(scene.verdict(|d| d.claim("jti", 2)).await, "accepted");
    while scene.fetches(CERTS) < 2 {
        settle().await;
    }
    assert_eq!(scene.verdict(rotated).await, "accepted");
}

#[tokio::test]
async fn a_withdrawn_key_is_dead_after_half_an_hour() {
    let scene = Scene::new();
    assert_eq!(scene.verdict(|_| {}).await, "accepted");
    scene.publish(&[jwk("k2", &FOREIGN)]);
    scene.advance(30 * 60);
    assert_eq!(scene.verdict(|_| {}).await, "unknown_key");
    assert_eq!(scene.verdict(rotated).await, "accepted");
}

#[tokio::test]
async fn keys_come_from_the_issuers_own_origin_only() {
    let places = [
        "https://evil.invalid/keys",
        "http://evil.invalid/keys",
        "http://169.254.169.254/keys",
        "http://127.0.0.1.evil.invalid/keys",
        "file:///etc/passwd",
        "ftp://127.0.0.1/keys",
        "/oauth2/certs",
        "",
    ];
    for place in places {
        let scene = Scene::new();
        let document = json!({"issuer": scene.url, "jwks_uri": place});
        scene.answer(DISCOVERY, Reply::json(&document));
        assert_eq!(scene.verdict(|_| {}).await, "keys unavailable", "{place}");
        assert_eq!(scene.fetches(CERTS), 0, "{place}");
        assert!(scene.looked_for().is_empty(), "{place}");
    }
}

#[tokio::test]
async fn an_address_of_keys_names_no_user() {
    for user in ["user@", "user:pass@", ":pass@"] {
        let scene = Scene::new();
        let place = scene.url.replace("http://", &format!("http://{user}")) + CERTS;
        let document = json!({"issuer": scene.url, "jwks_uri": place});
        scene.answer(DISCOVERY, Reply::json(&document));
        assert_eq!(scene.verdict(|_| {}).await, "keys unavailable", "{user}");
    }
}

#[tokio::test]
async fn keys_that_moved_are_found_again() {
    let scene = Scene::new();
    assert_eq!(scene.verdict(|_| {}).await, "accepted");
    let document = json!({"issuer": scene.url, "jwks_uri": format!("{}/new", scene.url)});
    scene.answer(DISCOVERY, Reply::json(&document));
    scene.answer("/new", Reply::json(&json!({"keys": [jwk("k2", &FOREIGN)]})));
    scene.answer(CERTS, Reply::status(404));
    scene.advance(60);
    assert_eq!(scene.verdict(rotated).await, "keys unavailable");
    assert_eq!(scene.verdict(rotated).await, "accepted");
}

#[tokio::test]
async fn redirects_are_not_followed() {
    for path in [DISCOVERY, CERTS] {
        let scene = Scene::new();
        scene.answer("/elsewhere", Reply::status(200));
        let location = format!("location: {}/elsewhere\r\n", scene.url);
        scene.answer(path, Reply(302, location, Vec::new()));
        assert_eq!(scene.verdict(|_| {}).await, "keys unavailable", "{path}");
        assert_eq!(scene.fetches("/elsewhere"), 0, "{path}");
    }
}

#[tokio::test]
async fn an_answer_that_is_no_key_set_is_an_outage() {
    let large = format!("{{\"keys\":[],\"x\":\"{}\"}}", "x".repeat(256 * 1024));
    for body in ["", "<html></html>", "[]", "{}", "{\"keys\":{}}", &large] {
        for path in [DISCOVERY, CERTS] {
            let scene = Scene::new();
            scene.answer(path, Reply(200, String::new(), body.as_bytes().to_vec()));
            assert_eq!(scene.verdict(|_| {}).await, "keys unavailable");
        }
    }
}

/// Lets background work of the runtime go on.
async fn settle() {
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
}
