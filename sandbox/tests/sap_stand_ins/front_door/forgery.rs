use serde_json::Value;

use super::Setup;

#[tokio::test]
async fn the_plain_page_is_whole_and_knows_its_user_until_logout() {
    let setup = Setup::new().await;
    let cookie = setup.cookie("editor").await;
    let page = setup.get("/simple.html", &cookie).await;
    assert_eq!(page.status(), 200);
    let text = page.text().await.unwrap();
    assert!(text.contains("Load Buckets"));
    assert!(
        !text.contains("=\"http") && !text.contains("=\"//"),
        "nothing from elsewhere"
    );
    for part in ["/simple.js", "/simple.css"] {
        assert_eq!(setup.get(part, &cookie).await.status(), 200);
    }
    let user: Value = setup
        .get("/user-api/currentUser", &cookie)
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(
        (&user["firstname"], &user["lastname"]),
        (&"Carol".into(), &"Castro".into())
    );

    let leave = |token: &str| {
        let request = setup.http.post(setup.url("/do/logout"));
        request
            .header("cookie", &cookie)
            .header("x-csrf-token", token)
    };
    assert_eq!(leave("guessed").send().await.unwrap().status(), 403);
    let asked = setup
        .http
        .get(setup.url("/do/logout"))
        .header("cookie", &cookie);
    let asked = asked.header("x-csrf-token", "fetch").send().await.unwrap();
    let token = asked.headers()["x-csrf-token"].to_str().unwrap();
    let left = leave(token).send().await.unwrap();
    assert_eq!(left.status(), 200);
    assert_eq!(left.text().await.unwrap(), "/login");
    assert_eq!(
        setup.get("/user-api/currentUser", &cookie).await.status(),
        401
    );
    assert_eq!(setup.get("/catalog/", &cookie).await.status(), 401);
}

#[tokio::test]
async fn changes_must_bring_the_token_of_their_session() {
    let setup = Setup::new().await;
    let (cookie, other) = (setup.cookie("alice").await, setup.cookie("alice").await);
    let token = setup.csrf(&cookie).await;
    assert_eq!(setup.csrf(&cookie).await, token);
    let put = async |token: &str| {
        let request = setup
            .http
            .put(setup.url("/catalog/x"))
            .header("cookie", &cookie);
        request.header("x-csrf-token", token).send().await.unwrap()
    };
    for wrong in ["", "fetch", &setup.csrf(&other).await] {
        let refused = put(wrong).await;
        assert_eq!(refused.status(), 403, "{wrong}");
        assert_eq!(refused.headers()["x-csrf-token"], "Required");
    }
    assert_eq!(put(&token).await.status(), 200);
    assert!(!setup.last().1.contains_key("x-csrf-token"));
}
