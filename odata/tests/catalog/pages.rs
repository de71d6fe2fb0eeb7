//! Order, windows, counts and server-driven paging.

use crate::ids;
use crate::service::{get, get_with};

#[test]
fn order_skip_top_and_count_work_together() {
    for (query, expected) in [
        ("$orderby=name", "delta alpha beta gamma"),
        ("$orderby=name%20desc", "gamma beta alpha delta"),
        ("$orderby=created%20desc,id", "gamma beta alpha delta"),
        (
            "$orderby=length(id)%20asc,id%20desc",
            "beta gamma delta alpha",
        ),
        ("$top=2", "alpha beta"),
        ("$skip=1&$top=2", "beta delta"),
        ("$skip=9", ""),
        ("$top=0", ""),
        ("$orderby=id%20desc&$top=1", "gamma"),
    ] {
        assert_eq!(
            ids(&format!("/catalog/Buckets?{query}")),
            expected,
            "{query}"
        );
    }
    assert_eq!(get("/catalog/Objects?$orderby=content").status, 400);
    let counted = get("/catalog/Buckets?$count=true&$filter=name%20ne%20null&$top=1").json();
    assert_eq!(counted["@odata.count"], 3);
    assert_eq!(counted["value"].as_array().unwrap().len(), 1);
    assert_eq!(get("/catalog/Buckets/$count").body, "4");
    assert_eq!(
        get("/catalog/Buckets/$count?$filter=id%20eq%20'beta'").body,
        "1"
    );
}

#[test]
fn pages_are_linked_and_neither_overlap_nor_leave_rows_out() {
    for query in [
        "",
        "$orderby=name%20desc",
        "$top=3",
        "$orderby=created&$filter=true",
    ] {
        let whole = ids(&format!("/catalog/Buckets?{query}"));
        let mut target = format!("/catalog/Buckets?{query}");
        let mut seen = Vec::new();
        for _ in 0..5 {
            let answer = get_with(&target, &[("Prefer", "odata.maxpagesize=1")]).json();
            seen.extend(
                answer["value"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|row| row["id"].as_str().unwrap().to_owned()),
            );
            let Some(link) = answer["@odata.nextLink"].as_str() else {
                break;
            };
            target = format!("/catalog/{link}");
        }
        assert_eq!(seen.join(" "), whole, "{query}");
    }
    for token in ["abc", "%00", "WzEsMl0", "W251bGwsNV0"] {
        let answer = get(&format!("/catalog/Buckets?$skiptoken={token}"));
        assert_eq!(answer.status, 400, "{token}");
    }
}
