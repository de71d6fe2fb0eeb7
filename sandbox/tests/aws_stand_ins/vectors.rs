//! Requests that were signed elsewhere, sent as they are: their signatures must be found right.

use reqwest::Client;
use serde_json::Value;

use crate::{aws, reason};

const VECTORS: [&str; 3] = [
    include_str!("vectors/rsa-body.json"),
    include_str!("vectors/rsa-chain2.json"),
    include_str!("vectors/ec-p384-body.json"),
];

/// Sends a vector, with a function to spoil its body, and gives the refusal's message and reason.
async fn replay(vector: &Value, spoil: fn(String) -> String) -> (String, String) {
    let (core, aws) = aws().await;
    let date = vector["x_amz_date"].as_str().unwrap();
    assert_eq!(date, "20261121T120000Z");
    core.clock.set_offset(1_795_262_400 - core.clock.unix());
    let body = spoil(vector["body"].as_str().unwrap().to_owned());
    let query = vector["canonical_query"].as_str().unwrap();
    let url = format!("{}/sessions?{query}", aws.roles_anywhere.http);
    let mut request = Client::builder()
        .no_proxy()
        .build()
        .unwrap()
        .post(url)
        .body(body);
    for (name, value) in vector["headers"].as_object().unwrap() {
        request = request.header(name, value.as_str().unwrap());
    }
    let answer: Value = request
        .header("authorization", vector["authorization"].as_str().unwrap())
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    (
        answer["message"].as_str().unwrap().to_owned(),
        reason(&core, "roles-anywhere"),
    )
}

/// The vectors name an anchor that this account lacks, and that is found out after the signature.
#[tokio::test]
async fn the_signatures_of_the_vectors_are_right() {
    for vector in VECTORS {
        let vector: Value = serde_json::from_str(vector).unwrap();
        let (message, _) = replay(&vector, |body| body).await;
        assert!(
            message.starts_with("Trust anchor not found"),
            "{}: {message}",
            vector["name"]
        );
    }
}

#[tokio::test]
async fn a_vector_with_another_body_is_not() {
    for vector in VECTORS {
        let vector: Value = serde_json::from_str(vector).unwrap();
        let (message, why) = replay(&vector, |body| format!("{body} ")).await;
        assert_eq!(
            (message.as_str(), why.as_str()),
            ("Invalid signature", "signature does not match")
        );
    }
}
