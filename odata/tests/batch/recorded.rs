//! What UI5 and Fiori elements sent.

use odata::batch::Item;
use serde_json::Value;

use crate::parse;

#[test]
fn every_recorded_batch_is_read() {
    let lines = include_str!("../data/batches.jsonl").lines();
    for line in lines {
        let recorded: Value = serde_json::from_str(line).unwrap();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let body = text(&recorded["body"]);
        let batch = parse(&text(&recorded["content_type"]), body.as_bytes()).unwrap();
        let requests: Vec<_> = batch
            .items()
            .iter()
            .flat_map(|item| &item.requests)
            .collect();
        let expected = recorded["requests"].as_array().unwrap();
        assert_eq!(requests.len(), expected.len(), "{body}");
        for (request, expected) in requests.iter().zip(expected) {
            assert_eq!(request.id.as_deref(), expected["id"].as_str());
            assert_eq!(request.method, text(&expected["method"]));
            assert_eq!(request.target, format!("/{}", text(&expected["url"])));
            let headers = u64::try_from(request.headers.len()).unwrap();
            assert_eq!(Some(headers), expected["headers"].as_u64());
            assert_eq!(request.body, text(&expected["body"]).as_bytes());
            let accept = request.header("accept").unwrap();
            assert!(accept.starts_with("application/json"), "{accept}");
        }
        let grouped = body.contains("changeset");
        assert_eq!(batch.items().iter().any(Item::is_atomic), grouped);
    }
}
