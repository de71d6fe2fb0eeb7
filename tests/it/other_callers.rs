//! Callers beside users of Cloud Identity Services: XSUAA's users, and workloads in AWS.

use std::collections::BTreeMap;

use sandbox::Sandbox;
use sandbox::aws::WORKLOAD_AUDIENCE;
use sandbox::bindings::{Bindings, Callers, CredentialSource};
use sandbox::fault::Fault;
use sandbox::outbound::Algorithm;
use serde_json::{Value, json};

use crate::support::{Answer, Service, command, person, ready, sandbox, start};

async fn ask(service: &Service<'_>, token: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    service
        .get_with("/catalog/Buckets", &[("authorization", &bearer)])
        .await
}

fn xsuaa(sandbox: &Sandbox) -> Bindings<'_> {
    Bindings::new(sandbox, CredentialSource::CredentialStore).callers(Callers::Xsuaa)
}

/// Role collections of the deployed descriptor decide what users of XSUAA may do.
#[tokio::test]
async fn users_of_xsuaa_may_what_their_role_collections_say() {
    let sandbox = sandbox().await;
    let service = start(&sandbox, &xsuaa(&sandbox)).await;
    service.until_ready().await;
    for (id, status) in [("alice", 200), ("bob", 200), ("carol", 200), ("dave", 403)] {
        let token = sandbox.xsuaa.user_token(person(id));
        assert_eq!(ask(&service, &token).await.status, status, "{id}");
    }
    service.until_logged(person("alice").scim_id).await;
    assert!(!service.logged("\"caller.issuer\":\"xsuaa\"").is_empty());
    // a token of a service that is not bound is refused without a question
    let identity = sandbox.identity.user_token(person("alice"));
    let before = sandbox.core.ledger.count("identity", "GET");
    assert_eq!(ask(&service, &identity).await.status, 401);
    assert_eq!(sandbox.core.ledger.count("identity", "GET"), before);
    service.until_logged("no_binding_for_identity").await;
}

/// Whoever is bound to identity only takes no token of XSUAA, and never asks for its keys.
#[tokio::test]
async fn tokens_without_their_binding_are_refused_before_any_key_is_fetched() {
    let sandbox = sandbox().await;
    let service = ready(&sandbox, CredentialSource::Oidc).await;
    let token = sandbox.xsuaa.user_token(person("alice"));
    assert_eq!(ask(&service, &token).await.status, 401);
    let arn = sandbox.aws.account.role_arn("nightly-job");
    let outbound = &sandbox.aws.outbound;
    let claims = outbound.claims(&arn, &sandbox.aws.account.id, &[WORKLOAD_AUDIENCE], 300);
    let token = outbound.sign(Algorithm::Es384, &claims);
    assert_eq!(ask(&service, &token).await.status, 401);
    assert_eq!(sandbox.core.ledger.count("application-xsuaa", "GET"), 0);
    assert_eq!(sandbox.core.ledger.count("outbound", "GET"), 0);
}

/// One thing wrong with a token of XSUAA is enough, and nobody is told which.
#[tokio::test]
async fn flawed_tokens_of_xsuaa_are_refused() {
    let sandbox = sandbox().await;
    let service = start(&sandbox, &xsuaa(&sandbox)).await;
    service.until_ready().await;
    let honest = sandbox.xsuaa.user_claims(person("bob"));
    let now = sandbox.core.clock.unix();
    let changes: [(&str, Value); 7] = [
        ("zid", json!("99999999-0000-4000-8000-000000000000")),
        ("exp", json!(now - 61)),
        ("exp", json!("soon")),
        ("nbf", json!(now + 3600)),
        ("iss", json!("https://evil.example/oauth/token")),
        ("sub", json!("")),
        ("azp", json!("sb-other!t1")),
    ];
    for (claim, value) in changes {
        let mut claims = honest.clone();
        claims[claim] = value;
        let answer = ask(&service, &sandbox.xsuaa.sign(&claims)).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (401, "Unauthenticated"),
            "{claim}"
        );
        assert_eq!(
            answer.json()["error"]["message"],
            "The bearer token is not accepted"
        );
    }
    let mut claims = honest;
    claims["aud"] = json!(["other!t1"]);
    for name in ["azp", "cid", "client_id"] {
        claims[name] = json!("sb-other!t1");
    }
    assert_eq!(
        ask(&service, &sandbox.xsuaa.sign(&claims)).await.status,
        401
    );
}

/// The key in the binding serves while the landscape's keys can't be had; a rotated one doesn't.
#[tokio::test]
async fn the_key_in_the_binding_is_the_fall_back() {
    let sandbox = sandbox().await;
    let service = start(&sandbox, &xsuaa(&sandbox)).await;
    service.until_ready().await;
    let away = Fault::status(503, "text/html", "<html>down</html>");
    sandbox
        .core
        .faults
        .always("application-xsuaa/token_keys", away);
    let token = sandbox.xsuaa.user_token(person("bob"));
    assert_eq!(ask(&service, &token).await.status, 200);
    sandbox.xsuaa.rotate_signing_key().unwrap();
    let newer = sandbox.xsuaa.user_token(person("carol"));
    let blind = ask(&service, &newer).await;
    assert_eq!(
        (blind.status, blind.code().as_str()),
        (503, "IdentityUnavailable")
    );
    sandbox.core.faults.clear("application-xsuaa/token_keys");
    assert_eq!(ask(&service, &newer).await.status, 200);
}

/// An entry of `aws_callers` for the account, with these members changed.
fn entry(sandbox: &Sandbox, change: Value) -> Value {
    let mut entry = json!({
        "issuer": sandbox.aws.outbound.issuer(), "audience": WORKLOAD_AUDIENCE,
        "accounts": [sandbox.aws.account.id], "scope": "Read",
    });
    if let (Value::Object(entry), Value::Object(change)) = (&mut entry, change) {
        entry.extend(change);
    }
    entry
}

/// `aws-token` in an AWS workload, the catalogue as its audience: the whole way.
#[tokio::test]
async fn a_workload_calls_with_a_token_of_aws() {
    let sandbox = sandbox().await;
    let pattern = sandbox.aws.account.role_arn("nightly-*");
    let entry = entry(&sandbox, json!({ "subjects": [pattern] }));
    let bindings = Bindings::new(&sandbox, CredentialSource::CredentialStore);
    let bindings = bindings
        .callers(Callers::Nobody)
        .set("aws_callers", json!([entry]));
    let service = start(&sandbox, &bindings).await;
    service.until_ready().await;
    for algorithm in ["ES384", "RS256"] {
        let (code, token, said) = aws_token(&sandbox, &["--algorithm", algorithm]).await;
        assert_eq!(code, Some(0), "{said}");
        let answer = ask(&service, token.trim()).await;
        assert_eq!(answer.status, 200, "{algorithm}: {}", answer.body);
    }
    let arn = sandbox.aws.account.role_arn("nightly-job");
    let line = service.until_logged("\"caller.issuer\":\"aws\"").await;
    assert!(line.contains(&arn), "{line}");
    let other = sandbox.aws.account.role_arn("other");
    let outbound = &sandbox.aws.outbound;
    let claims = outbound.claims(&other, &sandbox.aws.account.id, &[WORKLOAD_AUDIENCE], 300);
    let known = ask(&service, &outbound.sign(Algorithm::Es384, &claims)).await;
    assert_eq!((known.status, known.code().as_str()), (403, "Forbidden"));
    // RFC 6750, 3.1
    let challenge = known.header("www-authenticate");
    assert_eq!(challenge, "Bearer error=\"insufficient_scope\"");
    let elsewhere = outbound.claims(&arn, &sandbox.aws.account.id, &["other"], 300);
    let token = outbound.sign(Algorithm::Es384, &elsewhere);
    assert_eq!(ask(&service, &token).await.status, 401);
}

/// Runs the command with a workload's environment: exit code, stdout, stderr.
async fn aws_token(sandbox: &Sandbox, more: &[&str]) -> (Option<i32>, String, String) {
    let session = sandbox.aws.workload_session();
    let environment = BTreeMap::from(
        [
            ("AWS_REGION", sandbox.aws.account.region.clone()),
            ("AWS_ENDPOINT_URL_STS", sandbox.aws.sts.http.clone()),
            ("AWS_ACCESS_KEY_ID", session.access_key_id),
            ("AWS_SECRET_ACCESS_KEY", session.secret_access_key),
            ("AWS_SESSION_TOKEN", session.session_token),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    let mut arguments = vec!["aws-token", "--audience", WORKLOAD_AUDIENCE];
    arguments.extend(more);
    let mut command = command(&environment);
    command.args(arguments);
    let run = tokio::task::spawn_blocking(move || command.output());
    let output = run.await.unwrap().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// `--decode` shows what the token says; refusals are one line on stderr and nothing on stdout.
#[tokio::test]
async fn the_command_tells_what_it_got_or_why_not() {
    let sandbox = sandbox().await;
    let (code, told, _) = aws_token(&sandbox, &["--decode", "--duration", "900"]).await;
    assert_eq!(code, Some(0));
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["header"]["alg"], "ES384");
    assert_eq!(told["claims"]["aud"], WORKLOAD_AUDIENCE);
    let life = told["claims"]["exp"].as_i64().unwrap() - told["claims"]["iat"].as_i64().unwrap();
    assert_eq!(life, 900);

    sandbox.aws.outbound.set_enabled(false);
    let (code, token, said) = aws_token(&sandbox, &[]).await;
    assert_eq!((code, token.as_str()), (Some(1), ""));
    assert!(
        said.contains("enable-outbound-web-identity-federation"),
        "{said}"
    );
    assert_eq!(said.lines().count(), 1, "{said}");
    sandbox.aws.outbound.set_enabled(true);
    sandbox
        .aws
        .account
        .sessions
        .life_cap(Some(std::time::Duration::from_mins(1)));
    let (code, _, said) = aws_token(&sandbox, &["--duration", "3600"]).await;
    assert_eq!(code, Some(1));
    assert!(said.contains("smaller --duration"), "{said}");
    let (code, token, said) = aws_token(&sandbox, &["--duration", "1"]).await;
    assert_eq!((code, token.as_str()), (Some(64), ""));
    assert!(said.contains("60 to 3600"), "{said}");
}
