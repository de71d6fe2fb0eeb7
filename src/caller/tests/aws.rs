//! Tokens of AWS accounts: each starts from a good one and changes one thing.

use std::sync::{Arc, LazyLock};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256,
};
use serde_json::{Value, json};

use super::support::{DISCOVERY, Draft, NOW, Reply, Scene, TRUSTED, base64url, jwk, sign};
use crate::caller::aws::AwsRules;
use crate::caller::{Caller, Issuer, Kind, Scope, Trust};
use crate::globs::Globs;
use crate::settings::AwsCaller;

const ACCOUNT: &str = "123456789012";
const ROLE: &str = "arn:aws:iam::123456789012:role/jobs/nightly";
const AUDIENCE: &str = "s3-catalog";
const OWN: &str = "https://sts.amazonaws.com/";
const CERTS: &str = "/.well-known/jwks.json";

static EC: LazyLock<EcdsaKeyPair> =
    LazyLock::new(|| EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap());

fn ec_jwk(kid: &str) -> Value {
    let point = EC.public_key().as_ref();
    json!({"kty": "EC", "crv": "P-384", "use": "sig", "alg": "ES384", "kid": kid,
           "x": base64url(&point[1..49]), "y": base64url(&point[49..])})
}

fn entry(issuer: &str) -> AwsCaller {
    AwsCaller {
        issuer: issuer.to_owned(),
        audience: AUDIENCE.to_owned(),
        accounts: vec![ACCOUNT.to_owned()],
        org_id: None,
        subjects: Globs::new(&[]),
        users: false,
        scope: Scope::Read,
    }
}

fn scene_of(entries: impl FnOnce(AwsCaller) -> Vec<AwsCaller>) -> Scene {
    let scene = Scene::trusting(|url| Trust {
        aws: AwsRules::new(&entries(entry(url))),
        ..Trust::default()
    });
    // as AWS writes it: none of the members that only logins need
    let document = json!({"issuer": scene.url, "jwks_uri": format!("{}{CERTS}", scene.url),
        "subject_types_supported": ["public"], "claims_supported": ["sub"],
        "id_token_signing_alg_values_supported": ["RS256", "ES384"]});
    scene.answer(DISCOVERY, Reply::json(&document));
    let mut rsa = jwk("RSA_0", &TRUSTED);
    rsa.as_object_mut().unwrap().remove("alg");
    scene.answer(
        CERTS,
        Reply::json(&json!({"keys": [rsa, ec_jwk("EC384_0")]})),
    );
    scene
}

fn scene() -> Scene {
    scene_of(|entry| vec![entry])
}

/// Makes the good IAS token of the scene a good AWS token, signed with ES384.
fn aws(scene: &Scene, draft: &mut Draft) {
    let claims = json!({
        "iss": scene.url, "aud": AUDIENCE, "sub": ROLE, "iat": NOW, "exp": NOW + 300,
        "jti": "0e5b6f1d", OWN: {"aws_account": ACCOUNT, "org_id": "o-abc123",
        "principal_id": ROLE, "request_tags": {"scope": "Admin"}}
    });
    draft.claims = claims.as_object().unwrap().clone();
    draft.header("alg", "ES384");
    draft.header("kid", "EC384_0");
    draft.signer = Box::new(|message| {
        let signature = EC.sign(&SystemRandom::new(), message).unwrap();
        signature.as_ref().to_vec()
    });
}

fn signed_with_rsa(draft: &mut Draft) {
    draft.header("alg", "RS256");
    draft.header("kid", "RSA_0");
    draft.signer = Box::new(|message| sign(&TRUSTED, &RSA_PKCS1_SHA256, message));
}

async fn verdict(scene: &Scene, change: impl FnOnce(&mut Draft)) -> String {
    let draft = |d: &mut Draft| {
        aws(scene, d);
        change(d);
    };
    scene.verdict(draft).await
}

async fn caller(scene: &Scene, change: impl FnOnce(&mut Draft)) -> Arc<Caller> {
    let token = scene.token(|d| {
        aws(scene, d);
        change(d);
    });
    scene.verify(&token).await.unwrap()
}

#[tokio::test]
async fn both_algorithms_of_aws_are_accepted_each_with_its_key() {
    let scene = scene();
    let caller = caller(&scene, |_| ()).await;
    assert_eq!(caller.id(), ROLE);
    assert_eq!(caller.issuer(), Issuer::Aws);
    assert_eq!(caller.kind(), Kind::Technical);
    assert!(caller.may(Scope::Read) && !caller.may(Scope::Write));
    assert_eq!(verdict(&scene, signed_with_rsa).await, "accepted");
    let crossed = |d: &mut Draft| d.header("kid", "RSA_0");
    assert_eq!(verdict(&scene, crossed).await, "algorithm");
    let crossed = |d: &mut Draft| {
        signed_with_rsa(d);
        d.header("kid", "EC384_0");
    };
    assert_eq!(verdict(&scene, crossed).await, "algorithm");
}

/// One change of a good token, and the verdict on it.
type Case = (&'static str, fn(&mut Draft), &'static str);

const CASES: &[Case] = &[
    (
        "another issuer",
        |d| d.claim("iss", "https://5c2f.tokens.sts.global.api.aws"),
        "issuer",
    ),
    (
        "a slash after the issuer",
        |d| d.claim("iss", format!("{}/", d.claims["iss"].as_str().unwrap())),
        "issuer",
    ),
    ("another audience", |d| d.claim("aud", "other"), "audience"),
    (
        "no audience",
        |d| drop(d.claims.remove("aud")),
        "missing_aud",
    ),
    ("no age", |d| drop(d.claims.remove("iat")), "missing_iat"),
    (
        "too old",
        |d| {
            d.claim("iat", NOW - 3661);
            d.claim("exp", NOW - 50);
        },
        "long_lived",
    ),
    (
        "too long a life",
        |d| d.claim("exp", NOW + 3601),
        "long_lived",
    ),
    ("ended", |d| d.claim("exp", NOW - 61), "expired"),
    (
        "issued tomorrow",
        |d| {
            d.claim("iat", NOW + 61);
            d.claim("exp", NOW + 300);
        },
        "issued_in_future",
    ),
    (
        "no subject",
        |d| drop(d.claims.remove("sub")),
        "missing_sub",
    ),
    (
        "an assumed role",
        |d| d.claim("sub", "arn:aws:sts::123456789012:assumed-role/jobs/x"),
        "principal",
    ),
    (
        "the root",
        |d| d.claim("sub", "arn:aws:iam::123456789012:root"),
        "principal",
    ),
    (
        "a partition of nobody",
        |d| d.claim("sub", "arn:aws-evil:iam::123456789012:role/jobs"),
        "principal",
    ),
    ("no ARN", |d| d.claim("sub", "nightly"), "principal"),
    (
        "a line end in the ARN",
        |d| d.claim("sub", format!("{ROLE}\n")),
        "unusable_sub",
    ),
    (
        "the role of another account",
        |d| d.claim("sub", "arn:aws:iam::999999999999:role/jobs/nightly"),
        "account",
    ),
    (
        "another account than the role's",
        |d| d.claim(OWN, json!({"aws_account": "999999999999"})),
        "account",
    ),
    (
        "no account",
        |d| d.claim(OWN, json!({})),
        "missing_aws_account",
    ),
    (
        "an account that is a number",
        |d| d.claim(OWN, json!({"aws_account": 123_456_789_012_u64})),
        "wrong_type_aws_account",
    ),
    (
        "no object of AWS's",
        |d| d.claim(OWN, json!("x")),
        "wrong_type_https://sts.amazonaws.com/",
    ),
    ("RS384", |d| d.header("alg", "RS384"), "algorithm"),
    (
        "signed by nobody",
        |d| d.signer = Box::new(|_| vec![0; 96]),
        "signature",
    ),
];

#[tokio::test]
async fn one_thing_wrong_is_enough() {
    for (name, change, expected) in CASES {
        assert_eq!(verdict(&scene(), change).await, *expected, "{name}");
    }
}

/// A change of the entry, the subject of the token, and whether it may read.
type Entry = (&'static str, fn(&mut AwsCaller), &'static str, bool);

const USER: &str = "arn:aws:iam::123456789012:user/ci";

const ENTRIES: &[Entry] = &[
    ("any role", |_| (), ROLE, true),
    ("no users", |_| (), USER, false),
    (
        "users by pattern",
        |e| {
            e.subjects = Globs::new(&["arn:aws:iam::*:user/*".to_owned()]);
            e.users = true;
        },
        USER,
        true,
    ),
    (
        "the pattern",
        |e| {
            e.subjects = Globs::new(&["arn:aws:iam::123456789012:role/jobs/*".to_owned()]);
        },
        ROLE,
        true,
    ),
    (
        "another pattern",
        |e| {
            e.subjects = Globs::new(&["arn:aws:iam::123456789012:role/job".to_owned()]);
        },
        ROLE,
        false,
    ),
    (
        "another account",
        |e| e.accounts = vec!["999999999999".to_owned()],
        ROLE,
        false,
    ),
    (
        "the organisation",
        |e| e.org_id = Some("o-abc123".to_owned()),
        ROLE,
        true,
    ),
    (
        "another organisation",
        |e| e.org_id = Some("o-other".to_owned()),
        ROLE,
        false,
    ),
];

#[tokio::test]
async fn who_is_known_but_not_let_in_has_no_right() {
    for (name, change, subject, allowed) in ENTRIES {
        let scene = scene_of(|mut entry| {
            change(&mut entry);
            vec![entry]
        });
        let caller = caller(&scene, |d| d.claim("sub", *subject)).await;
        assert_eq!(caller.may(Scope::Read), *allowed, "{name}");
    }
}

#[tokio::test]
async fn the_longest_life_and_the_longest_name_that_aws_gives_pass() {
    let hour = |d: &mut Draft| d.claim("exp", NOW + 3600);
    assert_eq!(verdict(&scene(), hour).await, "accepted");
    let arn = |length: usize| format!("{ROLE}{}", "x".repeat(length - ROLE.len()));
    let longest = |d: &mut Draft| d.claim("sub", arn(640));
    assert_eq!(verdict(&scene(), longest).await, "accepted");
    let longer = |d: &mut Draft| d.claim("sub", arn(641));
    assert_eq!(verdict(&scene(), longer).await, "unusable_sub");
}

#[tokio::test]
async fn the_highest_right_of_several_entries_counts() {
    let scene = scene_of(|entry| {
        let writer = AwsCaller {
            subjects: Globs::new(&[ROLE.to_owned()]),
            scope: Scope::Write,
            ..entry.clone()
        };
        let administrator = AwsCaller {
            audience: "other".to_owned(),
            scope: Scope::Admin,
            ..entry.clone()
        };
        vec![entry, writer, administrator]
    });
    let caller = caller(&scene, |_| ()).await;
    assert!(caller.may(Scope::Write) && !caller.may(Scope::Admin));
    let other = "arn:aws:iam::123456789012:role/other";
    let caller = self::caller(&scene, |d| d.claim("sub", other)).await;
    assert!(caller.may(Scope::Read) && !caller.may(Scope::Write));
}

#[tokio::test]
async fn an_unknown_issuer_costs_no_request() {
    let scene = scene();
    let foreign = |d: &mut Draft| d.claim("iss", "https://5c2f.tokens.sts.global.api.aws");
    assert_eq!(verdict(&scene, foreign).await, "issuer");
    assert!(scene.asked().is_empty() && scene.looked_for().is_empty());
    let unset = Scene::new();
    assert_eq!(verdict(&unset, |_| ()).await, "no_binding_for_aws_callers");
    assert!(unset.asked().is_empty());
}

#[tokio::test]
async fn the_discovery_document_must_name_the_issuer_and_keys_of_its_own() {
    let other = scene();
    let document =
        json!({"issuer": "https://other.example", "jwks_uri": format!("{}{CERTS}", other.url)});
    other.answer(DISCOVERY, Reply::json(&document));
    assert_eq!(verdict(&other, |_| ()).await, "issuer_mismatch");
    let away = scene();
    let document = json!({"issuer": away.url, "jwks_uri": "https://other.example/jwks"});
    away.answer(DISCOVERY, Reply::json(&document));
    assert_eq!(verdict(&away, |_| ()).await, "keys unavailable");
    let down = scene();
    down.answer(CERTS, Reply::status(400));
    assert_eq!(verdict(&down, |_| ()).await, "keys unavailable");
}

#[tokio::test]
async fn a_key_on_a_curve_has_two_whole_coordinates() {
    for (name, value) in [("x", "AAAA"), ("y", "AAAA"), ("x", "?"), ("crv", "P-256")] {
        let scene = scene();
        let mut key = ec_jwk("EC384_0");
        key[name] = json!(value);
        scene.answer(CERTS, Reply::json(&json!({"keys": [key]})));
        assert_eq!(
            verdict(&scene, |_| ()).await,
            "unknown_key",
            "{name} {value}"
        );
    }
    let scene = scene();
    assert_eq!(verdict(&scene, |_| ()).await, "accepted");
    let asker = crate::caller::keys::Asker {
        place: crate::caller::keys::Place::Discovered(scene.url.clone()),
        own: true,
        party: None,
    };
    let found = scene.keys.key(&asker, "EC384_0").await.unwrap();
    assert_eq!(format!("{:?}", found.key), "Key(ES384)");
}
