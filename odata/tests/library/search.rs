//! `$search`.

use crate::{ids, refused};

#[test]
fn terms_are_found_and_combined() {
    for (search, expected) in [
        ("courage", "3"),
        ("COURAGE", "3"),
        ("strasse", "2"),
        ("ton OR tales", "2 5"),
        ("mother courage", "3"),
        ("mother AND courage", "3"),
        ("courage mother OR galileo", "3 4"),
        ("\"mother courage\"", "3"),
        ("\"courage mother\"", ""),
        ("NOT e", ""),
        ("NOT mother", "1 2 4 5"),
        ("(ton OR tales) NOT anonymous", "2"),
        ("NOT (ton OR tales)", "1 3 4"),
        ("galileo's", "4"),
        ("\"\\\"life\\\"\"", "4"),
        ("'\"life'", "4"),
        ("AND", ""),
        ("NOT", "1"),
        ("play", ""),
        ("notes engines", "1"),
    ] {
        let search = search.replace('"', "%22").replace('\\', "%5C");
        assert_eq!(
            ids(&format!("/library/Books?$search={search}")),
            expected,
            "{search}"
        );
    }
    assert_eq!(
        ids("/library/Books?$search=ton OR tales&$filter=pages eq 300&$top=1"),
        "2"
    );
    assert_eq!(ids("/library/Authors?$search=de"), "2 4");
    assert_eq!(
        crate::get("/library/Books/$count?$search=ton OR tales").1,
        "2"
    );
}

#[test]
fn broken_searches_are_refused() {
    refused(&[
        ("/library/Books?$search=", 400),
        ("/library/Books?$search=%22open", 400),
        ("/library/Books?$search=%22%22", 400),
        ("/library/Books?$search=(a", 400),
        ("/library/Books?$search=a)", 400),
        ("/library/Books?$search=a(b)", 400),
        ("/library/Books?$search=a;b", 400),
        ("/library/Books?$search='open", 400),
        ("/library/Books(1)?$search=a", 400),
    ]);
    let deep = "(".repeat(3000) + "a";
    let long = "NOT ".repeat(3000) + "a";
    let wide = vec!["a"; 3000].join(" ");
    for search in [deep, long, wide] {
        refused(&[(&format!("/library/Books?$search={search}"), 400)]);
    }
}
