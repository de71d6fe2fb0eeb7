//! Navigation inside expressions.

use odata::Version;

use crate::service::{MODEL, get};
use crate::{ids, refused};

#[test]
fn conditions_follow_single_navigation_and_nothing_is_null() {
    for (filter, expected) in [
        ("author/name eq 'Bertolt'", "2 3 4"),
        ("author/name ne 'Bertolt'", "1 5"),
        ("author/country eq null", "5"),
        ("author/teacher/name eq 'Ada'", "2 3 4"),
        ("author/teacher/teacher/name eq null", "1 2 3 4 5"),
        ("author eq null", "5"),
        ("null ne author", "1 2 3 4"),
        ("author/teacher ne null", "2 3 4"),
        ("$it/author/name eq 'Ada'", "1"),
        ("contains(author/name,'er') and pages gt 100", "2"),
        ("author/Library.Author/name eq 'Ada'", "1"),
    ] {
        assert_eq!(
            ids(&format!("/library/Books?$filter={filter}")),
            expected,
            "{filter}"
        );
    }
}

#[test]
fn collections_are_counted_and_asked_by_any_and_all() {
    for (filter, expected) in [
        ("books/$count gt 1", "2"),
        ("books/$count eq 0", "3 4"),
        ("books/$count($filter=genre eq 'play') ge 2", "2"),
        ("books/$count($search=street OR strasse) eq 1", "2"),
        ("books/$filter(pages gt 100)/$count eq 1", "1 2"),
        ("books/any()", "1 2"),
        ("not books/any()", "3 4"),
        ("books/any(b:b/pages gt 200)", "2"),
        ("books/all(b:b/pages gt 50)", "1 3 4"),
        ("books/all(b:b/pages ne 90)", "1 3 4"),
        (
            "pupils/any(p:p/books/any(b:b/title eq 'Mother Courage'))",
            "1",
        ),
        ("pupils/any(p:p/country eq country)", ""),
        ("pupils/any(p:p/country eq $it/country)", ""),
        ("pupils/any(p:p/pupils/any(q:q/name gt p/name))", "1"),
        ("pupils/any(name:name/name eq 'Bertolt')", "1"),
        ("pupils/any(p:p eq null)", ""),
        ("teacher/pupils/$count eq 2", "2 4"),
        ("books/any(b:b/author/name eq name)", "1 2"),
        ("books/$filter(pages gt 100)/any(b:b/genre eq 'novel')", "2"),
    ] {
        assert_eq!(
            ids(&format!("/library/Authors?$filter={filter}")),
            expected,
            "{filter}"
        );
    }
}

#[test]
fn order_follows_navigation_and_counts() {
    for (target, expected) in [
        (
            "/library/Books?$orderby=author/name desc,title",
            "4 3 2 1 5",
        ),
        (
            "/library/Authors?$orderby=books/$count desc,id desc",
            "2 1 4 3",
        ),
    ] {
        assert_eq!(ids(target), expected, "{target}");
    }
}

#[test]
fn wrong_paths_are_told_apart_from_unsupported_ones() {
    refused(&[
        ("/library/Books?$filter=author/nope eq 1", 400),
        ("/library/Books?$filter=author/$count gt 1", 400),
        ("/library/Books?$filter=author/any()", 400),
        ("/library/Books?$filter=author eq 1", 400),
        ("/library/Books?$filter=author gt null", 400),
        ("/library/Authors?$filter=books/title eq 'x'", 400),
        ("/library/Authors?$filter=books/any(b:x/title eq 'x')", 400),
        ("/library/Authors?$filter=books/any(b:b/pages)", 400),
        ("/library/Authors?$filter=books/any(title eq 'x')", 400),
        ("/library/Authors?$filter=books/all()", 400),
        ("/library/Authors?$filter=books/$count($top=1) gt 1", 400),
        ("/library/Books?$filter=author eq author", 501),
        ("/library/Authors?$filter=books eq null", 501),
        ("/library/Authors?$filter=books(1)/title eq 'x'", 501),
        ("/library/Authors?$filter=$root/Books(1)/title eq 'x'", 501),
        (
            "/library/Authors?$filter=books/$filter($it/name eq title)/any()",
            501,
        ),
        ("/library/Books?$filter=$it eq null", 501),
    ]);
}

#[test]
fn a_plan_tells_which_navigation_it_follows() {
    let related = |set: &str, raw: &str| {
        let query = odata::Query::parse(&raw.replace(' ', "%20"), 0, Version::V40).unwrap();
        let entity_type = MODEL.entity_type(set).unwrap();
        query
            .plan(&MODEL, entity_type, None)
            .unwrap()
            .related()
            .join(" ")
    };
    for (set, raw, expected) in [
        ("Book", "$filter=id eq 1", ""),
        (
            "Book",
            "$filter=author/teacher/name eq 'x'&$orderby=author/name",
            "author author/teacher",
        ),
        (
            "Author",
            "$filter=books/any(b:b/author/name eq name)",
            "books books/author",
        ),
        (
            "Author",
            "$filter=books/$filter(author/name eq 'x')/any()",
            "books books/author",
        ),
        ("Author", "$compute=books/$count as n&$orderby=n", "books"),
    ] {
        assert_eq!(related(set, raw), expected, "{raw}");
    }
}

#[test]
fn lambdas_cannot_multiply_without_bound() {
    let mut filter = "true".to_owned();
    for level in 0..40 {
        filter = format!("pupils/all(v{level}:{filter})");
    }
    assert_eq!(get(&format!("/library/Authors?$filter={filter}")).0, 501);
    let deep = "pupils/any(p:".repeat(70);
    assert_eq!(get(&format!("/library/Authors?$filter={deep}")).0, 400);
}
