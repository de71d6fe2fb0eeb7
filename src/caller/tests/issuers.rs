//! Whose tokens are looked at: the look-alike issuers of the CVEs of 2023 and their kin must be
//! refused before anything is fetched.

use serde_json::{Value, json};

use super::support::{CERTS, DISCOVERY, Draft, Reply, Scene};

/// Issuers that only look as if they stood under `accounts.ondemand.com`.
const LOOK_ALIKES: &[&str] = &[
    "https://evil-accounts.ondemand.com",
    "https://my-accounts.ondemand.com",
    "https://a.b.accounts.ondemand.com",
    "https://x.accounts.ondemand.com.evil.invalid",
    "https://x.accounts.ondemand.com:8443",
    "https://x.accounts.ondemand.com:443",
    "https://x.accounts.ondemand.com:",
    "https://x.accounts.ondemand.com@evil.invalid",
    "https://evil.invalid@x.accounts.ondemand.com",
    "https://user:pass@x.accounts.ondemand.com",
    "https://evil.invalid/?x.accounts.ondemand.com",
    "https://evil.invalid/x.accounts.ondemand.com",
    "https://evil.invalid#x.accounts.ondemand.com",
    "https://evil.invalid\\x.accounts.ondemand.com",
    "https://x.accounts.ondemand.com%2eevil.invalid",
    "https://x%2eaccounts.ondemand.com",
    "https://x.accounts%2dondemand.com",
    "https://%78.accounts.ondemand.com",
    "http://x.accounts.ondemand.com",
    "HTTPS://x.accounts.ondemand.com",
    "ftp://x.accounts.ondemand.com",
    "file:///x.accounts.ondemand.com",
    "javascript:x.accounts.ondemand.com",
    "//x.accounts.ondemand.com",
    "https:///x.accounts.ondemand.com",
    "https:x.accounts.ondemand.com",
    "https://https://x.accounts.ondemand.com",
    "https://X.accounts.ondemand.com",
    "https://x.ACCOUNTS.ONDEMAND.COM",
    "https://x.accounts.ondemand.com.",
    "https://x..accounts.ondemand.com",
    "https://.accounts.ondemand.com",
    "https://x.accounts.ondemand.com//",
    "https://x.accounts.ondemand.com/path",
    "https://x.accounts.ondemand.com/.well-known",
    "https://x.accounts.ondemand.com?a=b",
    "https://x.accounts.ondemand.com#a",
    "https://x.accounts.ondemand.com ",
    " https://x.accounts.ondemand.com",
    "https://x\t.accounts.ondemand.com",
    "https://x\n.accounts.ondemand.com",
    "https://x.accounts.ondemand.com\0",
    "https://x.accounts.ondemand.com\r\nx: y",
    "https://\u{fc}.accounts.ondemand.com",
    "https://x\u{3002}accounts.ondemand.com",
    "https://x.accounts.ond\u{435}mand.com",
    "https://x\u{200b}.accounts.ondemand.com",
    "https://x_y.accounts.ondemand.com",
    "https://*.accounts.ondemand.com",
    "https://accounts.ondemand.co",
    "https://accountsxondemand.com",
    "https://ondemand.com",
    "https://com",
    "https://",
    "",
    "/",
    "https://169.254.169.254",
    "http://169.254.169.254/latest/meta-data",
    "http://127.0.0.1:9",
    "https://[::1]",
    "x.accounts.ondemand.com.evil.invalid",
    "evil.invalid/x.accounts.ondemand.com",
];

#[tokio::test]
async fn look_alike_issuers_are_refused_without_a_fetch() {
    let scene = Scene::new();
    for issuer in LOOK_ALIKES {
        assert_eq!(
            scene.verdict(|d| d.claim("iss", *issuer)).await,
            "issuer",
            "{issuer}"
        );
        assert_eq!(
            scene.verdict(|d| d.claim("ias_iss", *issuer)).await,
            "issuer",
            "{issuer}"
        );
    }
    let long = format!("https://{}.accounts.ondemand.com", "x".repeat(64));
    assert_eq!(
        scene.verdict(|d| d.claim("iss", long.as_str())).await,
        "issuer"
    );
    assert!(scene.asked().is_empty());
    assert!(scene.looked_for().is_empty(), "{:?}", scene.looked_for());
}

#[tokio::test]
async fn an_issuer_must_be_a_string() {
    let scene = Scene::new();
    let url = scene.url.clone();
    let wrong = [
        json!([url]),
        json!({"x": url}),
        Value::Null,
        json!(1),
        json!(true),
    ];
    for issuer in wrong {
        let verdict = scene.verdict(|d| d.claim("iss", issuer.clone())).await;
        assert_eq!(verdict, "wrong_type_iss", "{issuer}");
        let verdict = scene.verdict(|d| d.claim("ias_iss", issuer.clone())).await;
        assert_eq!(verdict, "wrong_type_ias_iss", "{issuer}");
    }
    let missing = |draft: &mut Draft| {
        draft.claims.remove("iss");
    };
    assert_eq!(scene.verdict(missing).await, "missing_iss");
    assert!(scene.asked().is_empty());
}

/// Nothing answers under these names, so that passing the rules shows as a failed fetch.
#[tokio::test]
async fn one_label_under_a_domain_passes_when_the_tenant_is_ours() {
    let scene = Scene::new();
    let label = format!("https://{}.sap.invalid", "x".repeat(63));
    let good = [
        "https://t-1.sap.invalid",
        "https://sap.invalid",
        "t.sap.invalid",
        &label,
    ];
    for issuer in good {
        let verdict = scene.verdict(|d| d.claim("iss", issuer)).await;
        assert_eq!(verdict, "issuer_unreached", "{issuer}");
    }
    let names = scene.looked_for();
    let ours = |name: &String| name == "sap.invalid" || name.ends_with(".sap.invalid");
    assert!(
        names.len() == good.len() && names.iter().all(ours),
        "{names:?}"
    );
    let elsewhere = |draft: &mut Draft| {
        draft.claim("iss", "https://t.sap.invalid");
        draft.claim("app_tid", "99999999-2222-3333-4444-555555555555");
    };
    assert_eq!(scene.verdict(elsewhere).await, "tenant");
}

#[tokio::test]
async fn without_a_tenant_in_the_binding_only_its_own_issuer_is_left() {
    let scene = Scene::bound(None);
    assert_eq!(scene.verdict(|_| {}).await, "accepted");
    let anonymous = |draft: &mut Draft| {
        draft.claims.remove("app_tid");
    };
    assert_eq!(scene.verdict(anonymous).await, "accepted");
    assert_eq!(
        scene
            .verdict(|d| d.claim("iss", "https://t.sap.invalid"))
            .await,
        "tenant"
    );
}

#[tokio::test]
async fn made_up_issuers_cannot_make_us_ask_without_end() {
    let scene = Scene::new();
    let mut verdicts = Vec::new();
    for number in 0..30 {
        let issuer = format!("https://t{number}.sap.invalid");
        verdicts.push(scene.verdict(|d| d.claim("iss", issuer)).await);
    }
    assert_eq!(
        verdicts.iter().filter(|v| *v == "issuer_unreached").count(),
        20
    );
    assert_eq!(
        verdicts.iter().filter(|v| *v == "too_many_issuers").count(),
        10
    );
    assert_eq!(
        scene.verdict(|_| {}).await,
        "accepted",
        "our own issuer is not counted"
    );
    scene.advance(60);
    let next = scene
        .verdict(|d| d.claim("iss", "https://t0.sap.invalid"))
        .await;
    assert_eq!(next, "issuer_unreached");
}

#[tokio::test]
async fn made_up_issuers_do_not_push_out_our_own() {
    let scene = Scene::new();
    assert_eq!(scene.verdict(|_| {}).await, "accepted");
    for number in 0..60 {
        let issuer = format!("https://t{number}.sap.invalid");
        let verdict = scene.verdict(|d| d.claim("iss", issuer)).await;
        assert_eq!(verdict, "issuer_unreached");
        scene.advance(4);
    }
    assert_eq!(scene.verdict(|_| {}).await, "accepted");
    assert_eq!(scene.fetches(CERTS), 1);
    assert!(format!("{:?}", scene.verifier).contains("issuers: 33"));
}

#[tokio::test]
async fn an_issuer_has_one_spelling_but_for_its_scheme() {
    let scene = Scene::new();
    let slash = format!("{}/", scene.url);
    assert_eq!(scene.verdict(|d| d.claim("iss", slash)).await, "issuer");
    let upper = scene.url.replace("http", "HTTP");
    assert_eq!(scene.verdict(|d| d.claim("iss", upper)).await, "issuer");
    let bare = scene.url.replace("http://", "");
    assert_eq!(
        scene.verdict(|d| d.claim("iss", bare)).await,
        "issuer",
        "no scheme means https"
    );
}

#[tokio::test]
async fn behind_a_custom_domain_ias_iss_decides() {
    let scene = Scene::new();
    let own = scene.url.clone();
    let custom = |iss: &'static str, own: String| {
        move |draft: &mut Draft| {
            draft.claim("iss", iss);
            draft.claim("ias_iss", own);
        }
    };
    assert_eq!(
        scene
            .verdict(custom("https://login.customer.invalid", own.clone()))
            .await,
        "accepted"
    );
    assert_eq!(
        scene
            .verdict(custom("login.customer.invalid", own.clone()))
            .await,
        "accepted"
    );
    for iss in [
        "http://login.customer.invalid",
        "https://a@b",
        "https://a/b",
        "https://a:1",
        "",
    ] {
        assert_eq!(
            scene.verdict(custom(iss, own.clone())).await,
            "issuer",
            "{iss}"
        );
    }
    let both = own.clone();
    assert_eq!(
        scene.verdict(|d| d.claim("ias_iss", both)).await,
        "accepted"
    );
    let evil = "https://evil.invalid".to_owned();
    assert_eq!(
        scene
            .verdict(custom("https://login.customer.invalid", evil))
            .await,
        "issuer"
    );
}

#[tokio::test]
async fn the_issuer_must_call_itself_so() {
    let scene = Scene::new();
    let keys = format!("{}/oauth2/certs", scene.url);
    let document = json!({"issuer": "https://other.accounts.ondemand.com", "jwks_uri": keys});
    scene.answer(DISCOVERY, Reply::json(&document));
    assert_eq!(scene.verdict(|_| {}).await, "issuer_mismatch");
}

#[tokio::test]
async fn a_tenant_may_publish_the_name_of_its_custom_domain() {
    let scene = Scene::new();
    let keys = format!("{}/oauth2/certs", scene.url);
    let document = json!({"issuer": "login.customer.invalid/", "jwks_uri": keys});
    scene.answer(DISCOVERY, Reply::json(&document));
    let own = scene.url.clone();
    let custom = |draft: &mut Draft| {
        draft.claim("iss", "https://login.customer.invalid");
        draft.claim("ias_iss", own);
    };
    assert_eq!(scene.verdict(custom).await, "accepted");
    assert_eq!(scene.verdict(|_| {}).await, "issuer_mismatch");
}

#[tokio::test]
async fn a_token_kind_without_its_binding_costs_no_fetch() {
    let unbound = Scene::unbound();
    assert_eq!(unbound.verdict(|_| {}).await, "no_binding_for_identity");
    assert!(unbound.asked().is_empty());
    let scene = Scene::new();
    let xsuaa = json!({"enhancer": "XSUAA"});
    let verdict = scene.verdict(|d| d.claim("ext_attr", xsuaa)).await;
    assert_eq!(verdict, "no_binding_for_xsuaa");
    assert!(scene.asked().is_empty());
}
