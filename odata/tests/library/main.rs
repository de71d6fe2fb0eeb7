//! What queries ask of related entities, asked over URLs.

#![cfg(test)]

mod aggregate;
mod expand;
mod navigation;
mod search;
mod service;

use service::get;

fn ids(target: &str) -> String {
    let mut ids = Vec::new();
    let mut next = target.to_owned();
    loop {
        let (status, body) = get(&next);
        assert_eq!(status, 200, "{target}: {body}");
        let json: serde_json::Value = serde_json::from_str(&body).unwrap();
        let rows = json["value"].as_array().unwrap();
        ids.extend(rows.iter().map(|row| row["id"].to_string()));
        let Some(link) = json["@odata.nextLink"].as_str() else {
            return ids.join(" ");
        };
        next = format!("/library/{link}");
    }
}

/// Checks that requests are refused with a status.
fn refused(targets: &[(&str, u16)]) {
    for (target, status) in targets {
        let (found, body) = get(target);
        assert_eq!(found, *status, "{target}: {body}");
    }
}
