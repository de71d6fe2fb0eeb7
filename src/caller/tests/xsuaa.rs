//! Tokens of an XSUAA: each starts from a good one and changes one thing.

use serde_json::{Map, Value, json};

use super::support::{Draft, FOREIGN, NOW, Reply, Scene, TRUSTED, USER, jwk, sign};
use crate::caller::xsuaa::XsuaaRules;
use crate::caller::{Caller, Issuer, Kind, Scope, Trust};
use crate::settings::XsuaaBinding;

const CLIENT: &str = "sb-catalog!t4711";
const APP: &str = "catalog!t4711";
const ZONE: &str = "22222222-3333-4444-5555-666666666666";

/// The key as bindings have it: PEM in one line.
fn pem(key: &aws_lc_rs::rsa::KeyPair) -> String {
    use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
    use aws_lc_rs::signature::KeyPair as _;
    use base64::Engine as _;
    let der: PublicKeyX509Der<'_> = key.public_key().as_der().unwrap();
    let base64 = base64::engine::general_purpose::STANDARD.encode(der.as_ref());
    format!("-----BEGIN PUBLIC KEY-----{base64}-----END PUBLIC KEY-----")
}

fn binding(url: &str, client: &str, app: &str) -> XsuaaBinding {
    XsuaaBinding {
        client_id: client.to_owned(),
        app_name: app.to_owned(),
        url: url.to_owned(),
        domain: url.trim_start_matches("http://").to_owned(),
        zone: ZONE.to_owned(),
        verification_key: None,
    }
}

fn scene_of(client: &str, app: &str, key: Option<String>) -> Scene {
    let scene = Scene::trusting(|url| Trust {
        xsuaa: Some(XsuaaRules::new(&XsuaaBinding {
            verification_key: key,
            ..binding(url, client, app)
        })),
        ..Trust::default()
    });
    let keys = json!({"keys": [jwk("k1", &TRUSTED)]});
    scene.answer(&keys_path(), Reply::json(&keys));
    scene
}

fn keys_path() -> String {
    format!("/token_keys?zid={ZONE}")
}

fn scene() -> Scene {
    scene_of(CLIENT, APP, None)
}

/// Makes the good IAS token of the scene a good XSUAA token.
fn xsuaa(scene: &Scene, draft: &mut Draft) {
    let claims = json!({
        "iss": format!("{}/oauth/token", scene.url), "zid": ZONE, "sub": USER, "user_id": USER,
        "user_name": "jane.doe@example.com", "email": "jane.doe@example.com",
        "grant_type": "authorization_code", "client_id": CLIENT, "cid": CLIENT, "azp": CLIENT,
        "aud": [APP, "openid", CLIENT], "scope": [format!("{APP}.Read"), "openid"],
        "ext_attr": {"enhancer": "XSUAA"}, "iat": NOW, "exp": NOW + 3600
    });
    draft.claims = claims.as_object().unwrap().clone();
}

async fn verdict(scene: &Scene, change: impl FnOnce(&mut Draft)) -> String {
    let draft = |d: &mut Draft| {
        xsuaa(scene, d);
        change(d);
    };
    scene.verdict(draft).await
}

async fn caller(scene: &Scene, change: impl FnOnce(&mut Draft)) -> std::sync::Arc<Caller> {
    let token = scene.token(|d| {
        xsuaa(scene, d);
        change(d);
    });
    scene.verify(&token).await.unwrap()
}

fn without(claims: &mut Map<String, Value>, names: &[&str]) {
    for name in names {
        claims.remove(*name);
    }
}

#[tokio::test]
async fn a_good_token_is_accepted_and_its_keys_are_those_of_the_landscape() {
    let scene = scene();
    let caller = caller(&scene, |_| ()).await;
    assert_eq!(caller.id(), USER);
    assert_eq!(caller.issuer(), Issuer::Xsuaa);
    assert_eq!(caller.kind(), Kind::User);
    assert!(caller.may(Scope::Read) && !caller.may(Scope::Write));
    let asked = scene.asked();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(asked[0].path, keys_path());
    assert!(!asked[0].headers.contains_key("x-client_id"));
}

/// One change of a good token, and the verdict on it.
type Case = (&'static str, fn(&mut Draft), &'static str);

const CASES: &[Case] = &[
    ("another zone", |d| d.claim("zid", "other"), "tenant"),
    (
        "no zone",
        |d| without(&mut d.claims, &["zid"]),
        "missing_zid",
    ),
    (
        "no issuer",
        |d| without(&mut d.claims, &["iss"]),
        "missing_iss",
    ),
    (
        "issuer list",
        |d| d.claim("iss", json!(["a"])),
        "wrong_type_iss",
    ),
    (
        "foreign issuer",
        |d| d.claim("iss", "https://evil.example/oauth/token"),
        "issuer",
    ),
    (
        "no end",
        |d| without(&mut d.claims, &["exp"]),
        "missing_exp",
    ),
    ("ended", |d| d.claim("exp", NOW - 61), "expired"),
    ("not begun", |d| d.claim("nbf", NOW + 61), "not_yet_valid"),
    (
        "no subject",
        |d| without(&mut d.claims, &["sub"]),
        "missing_sub",
    ),
    ("scope as text", |d| d.claim("scope", 7), "wrong_type_scope"),
    (
        "clients disagree",
        |d| d.claim("cid", "sb-other!t1"),
        "unusable_cid",
    ),
    ("ES384", |d| d.header("alg", "ES384"), "algorithm"),
    ("unknown key", |d| d.header("kid", "k2"), "unknown_key"),
    (
        "signed by another",
        |d| d.signer = Box::new(|m| sign(&FOREIGN, &aws_lc_rs::signature::RSA_PKCS1_SHA256, m)),
        "signature",
    ),
    (
        "no mark",
        |d| without(&mut d.claims, &["ext_attr"]),
        "no_binding_for_identity",
    ),
];

#[tokio::test]
async fn one_thing_wrong_is_enough() {
    for (name, change, expected) in CASES {
        assert_eq!(verdict(&scene(), change).await, *expected, "{name}");
    }
}

#[tokio::test]
async fn the_audience_is_judged_as_saps_libraries_do() {
    let party = ["azp", "cid", "client_id"];
    let foreign = |aud: Value| {
        move |d: &mut Draft| {
            without(&mut d.claims, &party);
            d.claim("azp", "sb-other!t9");
            d.claim("aud", aud);
        }
    };
    for (aud, expected) in [
        (json!([APP]), "accepted"),
        (json!([CLIENT]), "accepted"),
        (json!(format!("{APP}.Read")), "accepted"),
        (json!(["catalog!t47110"]), "audience"),
        (json!(["catalog!t471"]), "audience"),
        (json!(["x-catalog!t4711"]), "audience"),
        (json!([format!("clone!b1|{APP}")]), "audience"),
        (json!(["openid"]), "audience"),
        (json!([]), "accepted"), // the scopes stand for it
    ] {
        let shown = aud.to_string();
        assert_eq!(verdict(&scene(), foreign(aud)).await, expected, "{shown}");
    }
    let no_scopes = |d: &mut Draft| {
        foreign(json!([]))(d);
        d.claim("scope", json!(["openid"]));
    };
    assert_eq!(verdict(&scene(), no_scopes).await, "audience");
    let to_us = |d: &mut Draft| d.claim("aud", json!(["openid"]));
    assert_eq!(verdict(&scene(), to_us).await, "accepted");
}

#[tokio::test]
async fn clones_of_a_broker_are_its_audience() {
    let app = "catalog!b404";
    let scene = scene_of("sb-catalog!b404", app, None);
    for (aud, expected) in [
        (format!("sb-0c!b1|{app}"), "accepted"),
        (format!("0c!b1|{app}"), "accepted"),
        ("0c!b1|catalog!b4040".to_owned(), "audience"),
        ("0c!b1|x-catalog!b404".to_owned(), "audience"),
    ] {
        let shown = verdict(&scene, |d| d.claim("aud", json!([&aud]))).await;
        assert_eq!(shown, expected, "{aud}");
    }
}

#[tokio::test]
async fn issuers_of_the_landscape_are_compared_label_by_label() {
    let rules = |d: &mut Draft, iss: &str| d.claim("iss", iss);
    let scene = Scene::trusting(|url| Trust {
        xsuaa: Some(XsuaaRules::new(&XsuaaBinding {
            domain: "authentication.eu10.hana.ondemand.com".to_owned(),
            verification_key: Some(pem(&TRUSTED)),
            ..binding(url, CLIENT, APP)
        })),
        ..Trust::default()
    });
    let domain = "authentication.eu10.hana.ondemand.com";
    for (iss, good) in [
        (format!("https://my-subdomain.{domain}/oauth/token"), true),
        (
            "http://my-subdomain.localhost:8080/uaa/oauth/token".to_owned(),
            true,
        ),
        (format!("https://a.b.{domain}/oauth/token"), false),
        (format!("https://evil-{domain}/oauth/token"), false),
        (format!("https://evil.example/.{domain}/oauth/token"), false),
        (format!("https://evil.example#.{domain}/oauth/token"), false),
        (format!("http://my-subdomain.{domain}/oauth/token"), false),
        (format!("https://my-subdomain.{domain}/oauth/token/"), false),
        (format!("https://my-subdomain.{domain}"), false),
        (format!("https://.{domain}/oauth/token"), false),
    ] {
        let verdict = verdict(&scene, |d| rules(d, &iss)).await;
        assert_eq!(verdict == "accepted", good, "{iss}: {verdict}");
    }
}

#[tokio::test]
async fn scopes_are_exact_names_below_the_application() {
    for (scope, highest) in [
        ("Read", Some(Scope::Read)),
        ("Write", Some(Scope::Write)),
        ("Admin", Some(Scope::Admin)),
        ("read", None),
        ("Reader", None),
        ("Read.x", None),
    ] {
        let held = json!([format!("{APP}.{scope}"), "other!t1.Admin", "Admin"]);
        let caller = caller(&scene(), |d| d.claim("scope", held)).await;
        for asked in [Scope::Read, Scope::Write, Scope::Admin] {
            let may = highest.is_some_and(|it| it >= asked);
            assert_eq!(caller.may(asked), may, "{scope} {asked}");
        }
    }
}

#[tokio::test]
async fn an_application_is_told_from_a_user_by_its_grant() {
    let scene = scene();
    let application = caller(&scene, |d| {
        d.claim("grant_type", "client_credentials");
        d.claim("sub", CLIENT);
        without(&mut d.claims, &["user_id", "user_name", "email"]);
    });
    let application = application.await;
    assert_eq!(application.kind(), Kind::Technical);
    assert_eq!(application.id(), CLIENT);
    let address = caller(&scene, |d| {
        without(&mut d.claims, &["user_id"]);
        d.claim("sub", "jane.doe@example.com");
    });
    assert!(address.await.id().starts_with("user-"));
}

#[tokio::test]
async fn the_bindings_key_serves_while_the_keys_cannot_be_had() {
    let scene = scene_of(CLIENT, APP, Some(pem(&TRUSTED)));
    scene.answer(&keys_path(), Reply::status(500));
    assert_eq!(
        verdict(&scene, |d| d.header("kid", "any")).await,
        "accepted"
    );
    let forged = |d: &mut Draft| {
        d.signer = Box::new(|m| sign(&FOREIGN, &aws_lc_rs::signature::RSA_PKCS1_SHA256, m));
    };
    assert_eq!(verdict(&scene, forged).await, "keys unavailable");
    let without = scene_of(CLIENT, APP, None);
    without.answer(&keys_path(), Reply::status(400));
    assert_eq!(verdict(&without, |_| ()).await, "keys unavailable");
}

#[tokio::test]
async fn the_bindings_key_is_not_asked_when_the_keys_are_there() {
    let scene = scene_of(CLIENT, APP, Some(pem(&FOREIGN)));
    let forged = |d: &mut Draft| {
        d.signer = Box::new(|m| sign(&FOREIGN, &aws_lc_rs::signature::RSA_PKCS1_SHA256, m));
    };
    assert_eq!(verdict(&scene, forged).await, "signature");
}

#[tokio::test]
async fn without_a_binding_no_key_is_fetched() {
    let scene = Scene::new();
    assert_eq!(verdict(&scene, |_| ()).await, "no_binding_for_xsuaa");
    assert!(scene.asked().is_empty());
}
