//! What goes wrong on demand goes wrong on the wire.

use std::error::Error;
use std::time::Duration;

use reqwest::Client;
use sandbox::Core;
use sandbox::fault::Fault;

use crate::aws;
use crate::signed::post;

fn client() -> Client {
    Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(5))
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_status_replaces_the_answer_once() {
    let (core, aws) = aws().await;
    let fault =
        Fault::status(429, "text/html", "<html>slow down</html>").with_header("retry-after", "2");
    core.faults.once("sts", fault);
    let answer = post(&aws.sts.http, &[("Action", "Nothing")]).await;
    assert_eq!(
        (answer.status, answer.text.as_str()),
        (429, "<html>slow down</html>")
    );
    assert_eq!(answer.headers["retry-after"], "2");
    assert_eq!(answer.headers["content-type"], "text/html");
    assert_eq!(
        post(&aws.sts.http, &[("Action", "Nothing")]).await.status,
        400
    );
    assert_eq!(core.ledger.count("sts", "fault Status"), 1);
}

#[tokio::test]
async fn a_reset_ends_the_connection_without_an_answer() {
    let (core, aws) = aws().await;
    core.faults.always("s3", Fault::Reset);
    for url in [&aws.s3.http, &aws.s3.https] {
        let client = Client::builder()
            .no_proxy()
            .tls_danger_accept_invalid_certs(true)
            .build()
            .unwrap();
        let error = client.get(url).send().await.unwrap_err();
        let mut cause: &dyn Error = &error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        let reset = cause
            .downcast_ref::<std::io::Error>()
            .map(std::io::Error::kind);
        assert_eq!(
            reset,
            Some(std::io::ErrorKind::ConnectionReset),
            "{url}: {cause}"
        );
    }
    core.faults.clear("s3");
    assert_eq!(
        client().get(&aws.s3.http).send().await.unwrap().status(),
        403
    );
}

#[tokio::test]
async fn every_stand_in_has_a_tls_address_under_the_sandboxs_root() {
    let (core, aws) = aws().await;
    let root = reqwest::Certificate::from_pem(core.pki.root_pem().as_bytes()).unwrap();
    let trusting = Client::builder().no_proxy().tls_certs_only([root]);
    let trusting = trusting.build().unwrap();
    let foreign = Core::new().unwrap().pki.root_pem();
    let foreign = reqwest::Certificate::from_pem(foreign.as_bytes()).unwrap();
    let suspicious = Client::builder().no_proxy().tls_certs_only([foreign]);
    let suspicious = suspicious.build().unwrap();
    for endpoint in [&aws.roles_anywhere, &aws.sts, &aws.s3] {
        assert!(endpoint.https.starts_with("https://127.0.0.1:"));
        assert!(trusting.get(&endpoint.https).send().await.is_ok());
        assert!(
            suspicious
                .get(&endpoint.https)
                .send()
                .await
                .unwrap_err()
                .is_connect()
        );
    }
}

#[tokio::test]
async fn a_hanging_stand_in_keeps_silent() {
    let (core, aws) = aws().await;
    core.faults.once("sts", Fault::Hang(Duration::from_mins(1)));
    let request = client()
        .get(&aws.sts.http)
        .timeout(Duration::from_millis(50));
    assert!(request.send().await.unwrap_err().is_timeout());
}

#[tokio::test]
async fn a_slow_answer_is_the_honest_one() {
    let (core, aws) = aws().await;
    core.faults
        .always("roles-anywhere", Fault::Slow(Duration::from_millis(20)));
    let url = format!("{}/sessions", aws.roles_anywhere.http);
    assert_eq!(client().get(&url).send().await.unwrap().status(), 404);
    let impatient = client()
        .get(&url)
        .timeout(Duration::from_millis(5))
        .send()
        .await;
    assert!(impatient.unwrap_err().is_timeout());
}

#[tokio::test]
async fn a_truncated_answer_announces_its_whole_length() {
    let (core, aws) = aws().await;
    core.faults.once("roles-anywhere", Fault::Truncate(5));
    let url = format!("{}/sessions", aws.roles_anywhere.http);
    let mut response = client().get(url).send().await.unwrap();
    assert_eq!(
        response.content_length(),
        Some("{\"message\":\"Unknown operation\"}".len() as u64)
    );
    assert_eq!(response.chunk().await.unwrap().unwrap(), "{\"mes");
    assert!(response.chunk().await.is_err());
}
