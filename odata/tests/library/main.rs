//! What queries ask of related entities, asked over URLs.

#![cfg(test)]

mod expand;
mod navigation;
mod search;
mod service;

use service::get;

fn ids(target: &str) -> String {
    let (status, body) = get(target);
    assert_eq!(status, 200, "{target}: {body}");
    let json: serde_json::Value = serde_json::from_str(&body).unwrap();
    let rows = json["value"].as_array().unwrap();
    let ids: Vec<_> = rows.iter().map(|row| row["id"].to_string()).collect();
    ids.join(" ")
}

/// Checks that requests are refused with a status.
fn refused(targets: &[(&str, u16)]) {
    for (target, status) in targets {
        let (found, body) = get(target);
        assert_eq!(found, *status, "{target}: {body}");
    }
}
