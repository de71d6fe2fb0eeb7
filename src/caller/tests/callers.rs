//! What becomes of a good token: who calls, what he may do, and how long it is remembered.

use serde_json::{Value, json};

use super::support::{CLIENT, Draft, NOW, Scene, TENANT, USER};
use super::verdict;
use crate::caller::ias::{Groups, IdentityRules};
use crate::caller::{Kind, Rejection, Scope, Trust};

fn application(draft: &mut Draft) {
    draft.claim("sap_id_type", "app");
    draft.claim("sub", "caller-client");
    draft.claim("azp", "caller-client");
    draft.claims.remove("groups");
}

/// What the caller of a token may do, as letters.
async fn rights(scene: &Scene, change: impl FnOnce(&mut Draft)) -> String {
    let caller = scene.verify(&scene.token(change)).await.unwrap();
    [(Scope::Read, 'r'), (Scope::Write, 'w'), (Scope::Admin, 'a')]
        .into_iter()
        .filter_map(|(scope, letter)| caller.may(scope).then_some(letter))
        .collect()
}

#[tokio::test]
async fn groups_give_scopes_to_users() {
    let scene = Scene::new();
    let cases = [
        (json!([]), ""),
        (json!(["Everyone"]), ""),
        (json!(["S3CatalogReader"]), "r"),
        (json!("S3CatalogReader"), "r"),
        (json!(["x", "S3CatalogWriter"]), "rw"),
        (json!(["S3CatalogAdmin"]), "rwa"),
        (json!(["S3CatalogReader", "S3CatalogAdmin"]), "rwa"),
        (
            json!(["s3catalogadmin", "S3CatalogAdmin ", "S3CatalogAdmin,x", "*"]),
            "",
        ),
        (json!("S3CatalogReader S3CatalogAdmin"), ""),
    ];
    for (groups, expected) in cases {
        let held = rights(&scene, |d| d.claim("groups", groups.clone())).await;
        assert_eq!(held, expected, "{groups}");
    }
    let none = |draft: &mut Draft| {
        draft.claims.remove("groups");
    };
    assert_eq!(rights(&scene, none).await, "");
    let apis = |draft: &mut Draft| draft.claim("ias_apis", json!(["admin-catalog"]));
    assert_eq!(
        rights(&scene, apis).await,
        "r",
        "a granted API is not a user's group"
    );
}

#[tokio::test]
async fn granted_apis_give_scopes_to_applications() {
    let scene = Scene::new();
    let cases = [
        (json!([]), ""),
        (json!("read-catalog"), "r"),
        (json!(["write-catalog"]), "rw"),
        (json!(["read-catalog", "admin-catalog"]), "rwa"),
        (json!(["Read-Catalog", "admin-catalog-x", "*"]), ""),
    ];
    for (apis, expected) in cases {
        let change = |draft: &mut Draft| {
            application(draft);
            draft.claim("ias_apis", apis.clone());
        };
        assert_eq!(rights(&scene, change).await, expected, "{apis}");
    }
    let grouped = |draft: &mut Draft| {
        application(draft);
        draft.claim("groups", json!(["S3CatalogAdmin"]));
    };
    assert_eq!(rights(&scene, grouped).await, "", "groups are for users");
}

#[tokio::test]
async fn a_star_means_every_user_and_no_application() {
    let scene = Scene::open_to_users();
    let nobody = |draft: &mut Draft| {
        draft.claims.remove("groups");
    };
    assert_eq!(rights(&scene, nobody).await, "r");
    assert_eq!(rights(&scene, application).await, "");
}

#[tokio::test]
async fn the_kind_is_what_the_issuer_says() {
    let scene = Scene::new();
    let of = async |sap_id_type: Option<&str>, sub: &str, azp: Option<&str>| {
        let change = |draft: &mut Draft| {
            for (name, value) in [
                ("sap_id_type", sap_id_type),
                ("sub", Some(sub)),
                ("azp", azp),
            ] {
                match value {
                    Some(value) => draft.claim(name, value),
                    None => drop(draft.claims.remove(name)),
                }
            }
        };
        scene.verify(&scene.token(change)).await.unwrap().kind()
    };
    assert_eq!(of(Some("user"), USER, Some(CLIENT)).await, Kind::User);
    assert_eq!(of(Some("user"), CLIENT, Some(CLIENT)).await, Kind::User);
    assert_eq!(of(Some("app"), CLIENT, Some(CLIENT)).await, Kind::Technical);
    assert_eq!(of(Some("app"), USER, Some(CLIENT)).await, Kind::Technical);
    assert_eq!(of(None, CLIENT, Some(CLIENT)).await, Kind::Technical);
    assert_eq!(of(None, USER, Some(CLIENT)).await, Kind::User);
    assert_eq!(of(None, USER, None).await, Kind::User);
}

#[tokio::test]
async fn ids_are_stable_and_no_mail_addresses() {
    let scene = Scene::new();
    let id = async |claims: Value| {
        let change = |draft: &mut Draft| draft.claims.extend(claims.as_object().unwrap().clone());
        let caller = scene.verify(&scene.token(change)).await.unwrap();
        caller.id().to_owned()
    };
    assert_eq!(id(json!({})).await, USER);
    assert_eq!(id(json!({"scim_id": "scim-1"})).await, "scim-1");
    assert_eq!(
        id(json!({"user_uuid": "uuid-1", "scim_id": "scim-1"})).await,
        "uuid-1"
    );
    let mails = json!({"user_uuid": "jane@example.com", "scim_id": "jane@example.com"});
    assert_eq!(id(mails).await, USER);
    let mail = json!({"sub": "jane.doe@example.com", "mail": "jane.doe@example.com"});
    let pseudonym = id(mail.clone()).await;
    assert!(
        pseudonym.starts_with("user-") && !pseudonym.contains("jane"),
        "{pseudonym}"
    );
    assert_eq!(id(mail).await, pseudonym);
    assert_ne!(id(json!({"sub": "john.doe@example.com"})).await, pseudonym);
    let app = json!({"sap_id_type": "app", "sub": "client-1", "azp": "client-1", "user_uuid": "x"});
    assert_eq!(id(app).await, "client-1");
}

#[tokio::test]
async fn what_is_printed_of_a_caller_is_its_id_and_scopes() {
    let scene = Scene::new();
    let token = scene.token(|d| d.claim("mail", "jane.doe@example.com"));
    let caller = scene.verify(&token).await.unwrap();
    let expected = format!("Caller {{ id: \"{USER}\", scopes: [Read], .. }}");
    assert_eq!(format!("{caller:?}"), expected);
    let printed = format!("{:?}", scene.verifier);
    assert!(!printed.contains(USER), "{printed}");
}

#[tokio::test]
async fn what_a_token_says_reaches_the_log_escaped_and_cut() {
    let scene = Scene::new();
    let show = async |change: fn(&mut Draft)| {
        let Err(Rejection::Invalid(refusal)) = scene.verify(&scene.token(change)).await else {
            panic!("the token is bad");
        };
        refusal.to_string()
    };
    let kid = show(|d| d.header("kid", "a\n\u{1b}[31m\"ü")).await;
    assert_eq!(kid, r#"unknown_key ("a\n\u{1b}[31m\"\u{fc}")"#);
    let long = show(|d| d.header("kid", "k".repeat(200))).await;
    assert_eq!(long, format!("unknown_key (\"{}\")", "k".repeat(64)));
    let secret = show(|d| d.claim("aud", "somebody-elses")).await;
    assert_eq!(secret, "audience");
}

#[tokio::test]
async fn a_verified_token_is_remembered_for_five_minutes_at_most() {
    let scene = Scene::new();
    let token = scene.token(|_| {});
    let first = scene.verify(&token).await.unwrap();
    scene.advance(4 * 60 + 59);
    let second = scene.verify(&token).await.unwrap();
    assert!(std::sync::Arc::ptr_eq(&first, &second));
    scene.advance(1);
    let third = scene.verify(&token).await.unwrap();
    assert!(!std::sync::Arc::ptr_eq(&first, &third));
}

#[tokio::test]
async fn a_remembered_token_still_ends_at_its_end() {
    let scene = Scene::new();
    let token = scene.token(|d| d.claim("exp", NOW + 30));
    assert_eq!(verdict(scene.verify(&token).await), "accepted");
    scene.advance(89);
    assert_eq!(
        verdict(scene.verify(&token).await),
        "accepted",
        "within the leeway"
    );
    scene.advance(1);
    assert_eq!(verdict(scene.verify(&token).await), "expired");
}

#[tokio::test]
async fn past_its_end_a_token_is_not_remembered() {
    let scene = Scene::new();
    let token = scene.token(|d| d.claim("exp", NOW + 30));
    let first = scene.verify(&token).await.unwrap();
    scene.advance(31);
    let second = scene.verify(&token).await.unwrap();
    assert!(!std::sync::Arc::ptr_eq(&first, &second));
}

#[tokio::test]
async fn a_remembered_token_stands_for_itself_only() {
    let scene = Scene::new();
    let token = scene.token(|_| {});
    assert_eq!(verdict(scene.verify(&token).await), "accepted");
    let (message, signature) = token.rsplit_once('.').unwrap();
    let flipped = if signature.starts_with('A') { "B" } else { "A" };
    let forged = format!("{message}.{flipped}{}", &signature[1..]);
    assert_eq!(verdict(scene.verify(&forged).await), "signature");
}

/// The address is kept only where the settings want it, and only if it could be one.
#[tokio::test]
async fn addresses_are_kept_for_the_audit_trail_only() {
    let kept = async |emails: bool, address: &str| {
        let scene = Scene::trusting(|url| Trust {
            identity: IdentityRules::new(CLIENT, url, &[], Some(TENANT), Groups::default()).ok(),
            emails,
            ..Trust::default()
        });
        let token = scene.token(|d| d.claim("email", address));
        let caller = scene.verify(&token).await.unwrap();
        caller.email().map(str::to_owned)
    };
    let address = "jane.doe@example.com";
    assert_eq!(kept(true, address).await.as_deref(), Some(address));
    assert_eq!(kept(false, address).await, None);
    let longest = format!("{}@example.com", "a".repeat(242));
    assert_eq!(kept(true, &longest).await, Some(longest.clone()));
    assert_eq!(kept(true, &format!("a{longest}")).await, None);
    assert_eq!(kept(true, "a\n@example.com").await, None);
}
