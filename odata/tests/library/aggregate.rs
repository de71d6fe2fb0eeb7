//! `$apply`.

use odata::{ErrorKind, Query, Version};

use crate::service::{BOOKS, MODEL, get};
use crate::{ids, refused};

/// The rows of the answer without its context.
fn rows(target: &str) -> String {
    let (status, body) = get(target);
    assert_eq!(status, 200, "{target}: {body}");
    let json: serde_json::Value = serde_json::from_str(&body).unwrap();
    json["value"]
        .to_string()
        .replace("\"@odata.id\":null,", "")
        .replace("\"@odata.id\":null", "")
}

#[test]
fn aggregated_rows_have_types_and_no_identity() {
    for (apply, expected) in [
        (
            "aggregate(pages with sum as total,$count as n)",
            r##"{"@odata.context":"$metadata#Books(total,n)","value":[{"@odata.id":null,"total@odata.type":"#Decimal","total":810,"n@odata.type":"#Decimal","n":5}]}"##,
        ),
        (
            "groupby((genre))",
            r#"{"@odata.context":"$metadata#Books(genre)","value":[{"@odata.id":null,"genre":null},{"@odata.id":null,"genre":"novel"},{"@odata.id":null,"genre":"play"},{"@odata.id":null,"genre":"science"}]}"#,
        ),
        (
            "filter(genre ne null)/groupby((genre),aggregate(pages with average as p,title with max as t))&$orderby=p desc,t&$top=2&$select=t",
            r#"{"@odata.context":"$metadata#Books(t)","value":[{"@odata.id":null,"t":"Straße und Ton"},{"@odata.id":null,"t":"Notes on engines"}]}"#,
        ),
        (
            "concat(aggregate($count as n),groupby((genre)))&$skip=3",
            r#"{"@odata.context":"$metadata#Books(@Core.AnyStructure)","value":[{"@odata.id":null,"genre":"play"},{"@odata.id":null,"genre":"science"}]}"#,
        ),
        (
            "filter(id lt 2)",
            r#"{"@odata.context":"$metadata#Books","value":[{"id":1,"title":"Notes on engines","genre":"science","pages":120}]}"#,
        ),
        (
            "top(1)/compute(pages add 1 as more)&$expand=author($select=name)&$select=id,more",
            r##"{"@odata.context":"$metadata#Books(id,more,author(name))","value":[{"id":1,"more@odata.type":"#Int64","more":121,"author":{"name":"Ada","id":1}}]}"##,
        ),
    ] {
        let target = format!("/library/Books?$apply={apply}");
        assert_eq!(get(&target), (200, expected.to_owned()), "{apply}");
    }
}

#[test]
fn transformations_follow_each_other() {
    for (apply, expected) in [
        (
            "aggregate(genre with countdistinct as d,pages with min as a,pages with max as b)",
            r##"[{"a":90,"a@odata.type":"#Int64","b":300,"b@odata.type":"#Int64","d":3,"d@odata.type":"#Decimal"}]"##,
        ),
        (
            "filter(false)/aggregate(pages with sum as s,$count as n)",
            r##"[{"n":0,"n@odata.type":"#Decimal","s":null,"s@odata.type":"#Decimal"}]"##,
        ),
        (
            "filter(false)/groupby((genre),aggregate($count as n))",
            "[]",
        ),
        (
            "groupby((genre),aggregate($count as n))/filter(n gt 1)/aggregate($count as m)",
            r##"[{"m":1,"m@odata.type":"#Decimal"}]"##,
        ),
        (
            "groupby((genre),aggregate(pages))/filter(pages gt 100)/groupby((pages))",
            r#"[{"pages":120},{"pages":300}]"#,
        ),
        (
            "compute(length(title) as len)/groupby((len),aggregate($count as n))/top(1)",
            r##"[{"len":14,"len@odata.type":"#Int32","n":2,"n@odata.type":"#Decimal"}]"##,
        ),
        (
            "search(courage OR tales)/aggregate($count as n)",
            r##"[{"n":2,"n@odata.type":"#Decimal"}]"##,
        ),
        (
            "aggregate(pages mul 2 with sum as s)",
            r##"[{"s":1620,"s@odata.type":"#Decimal"}]"##,
        ),
        (
            "aggregate(author/name with max as s)",
            r#"[{"s":"Bertolt"}]"#,
        ),
    ] {
        assert_eq!(
            rows(&format!("/library/Books?$apply={apply}")),
            expected,
            "{apply}"
        );
    }
}

#[test]
fn the_order_of_transformations_is_the_order_of_rows() {
    for (query, expected) in [
        ("$apply=orderby(pages desc,id)/top(3)", "2 5 1"),
        ("$apply=orderby(title)/skip(3)", "1 2"),
        ("$apply=identity", "1 2 3 4 5"),
        ("$apply=topcount(2,pages)", "2 5"),
        ("$apply=bottomcount(2,pages)", "3 1"),
        ("$apply=topsum(500,pages)", "2 5"),
        ("$apply=topsum(700,pages)", "2 5 1"),
        ("$apply=bottompercent(20,pages)", "3 1"),
        ("$apply=topcount(0,pages)", ""),
        (
            "$apply=groupby((genre),orderby(pages desc)/top(1))",
            "5 2 3 1",
        ),
        (
            "$apply=concat(filter(id eq 5),filter(id eq 1))&$filter=pages gt 1",
            "5 1",
        ),
        ("$apply=filter(id gt 1)&$orderby=id desc", "5 4 3 2"),
    ] {
        assert_eq!(ids(&format!("/library/Books?{query}")), expected, "{query}");
    }
    assert_eq!(get("/library/Books/$count?$apply=groupby((genre))").1, "4");
}

#[test]
fn what_ui5_sends_for_an_analytical_table_is_answered() {
    let target = "/library/Books?$apply=groupby((genre),aggregate(pages))/concat(aggregate(pages with max as UI5max__pages,$count as UI5__count),top(2))&$format=application/json;IEEE754Compatible=true";
    assert_eq!(
        get(target).1,
        r##"{"@odata.context":"$metadata#Books(@Core.AnyStructure)","value":[{"@odata.id":null,"UI5max__pages@odata.type":"#Int64","UI5max__pages":"300","UI5__count@odata.type":"#Decimal","UI5__count":"4"},{"@odata.id":null,"genre":null,"pages":"300"},{"@odata.id":null,"genre":"novel","pages":"300"}]}"##
    );
}

#[test]
fn wrong_transformations_are_told_apart_from_unsupported_ones() {
    refused(&[
        ("/library/Books?$apply=", 400),
        ("/library/Books?$apply=foo(bar)", 400),
        ("/library/Books?$apply=groupby(genre)", 400),
        ("/library/Books?$apply=groupby((nope))", 400),
        ("/library/Books?$apply=groupby((genre),top)", 400),
        ("/library/Books?$apply=aggregate()", 400),
        ("/library/Books?$apply=aggregate(title with sum as s)", 400),
        ("/library/Books?$apply=aggregate(pages with sum)", 400),
        (
            "/library/Books?$apply=aggregate(pages with total as t)",
            400,
        ),
        (
            "/library/Books?$apply=aggregate(pages with sum as title)",
            400,
        ),
        (
            "/library/Books?$apply=aggregate(pages with sum as a,pages with max as a)",
            400,
        ),
        ("/library/Books?$apply=aggregate($count)", 400),
        ("/library/Books?$apply=aggregate(nope)", 400),
        (
            "/library/Books?$apply=groupby((pages),aggregate(pages))",
            400,
        ),
        (
            "/library/Books?$apply=groupby((genre))/filter(pages gt 1)",
            400,
        ),
        (
            "/library/Books?$apply=groupby((genre))&$filter=pages gt 1",
            400,
        ),
        ("/library/Books?$apply=groupby((genre))&$expand=author", 400),
        ("/library/Books?$apply=groupby((genre))&$select=pages", 400),
        ("/library/Books?$apply=concat(identity)", 400),
        (
            "/library/Books?$apply=concat(aggregate($count as n),aggregate(title with max as n))",
            400,
        ),
        ("/library/Books?$apply=top(x)", 400),
        ("/library/Books?$apply=topcount(-1,pages)", 400),
        ("/library/Books?$apply=topcount(2,title)", 400),
        ("/library/Books?$apply=topcount(2)", 400),
        ("/library/Books(1)?$apply=top(1)", 400),
    ]);
}

#[test]
fn unsupported_transformations_are_named() {
    refused(&[
        (
            "/library/Books?$apply=traverse($root/Books,H,id,preorder)",
            501,
        ),
        ("/library/Books?$apply=groupby((rollup(genre,pages)))", 501),
        ("/library/Books?$apply=groupby((author/name))", 501),
        ("/library/Books?$apply=groupby((author))", 501),
        (
            "/library/Books?$apply=aggregate(pages with sum from genre with max as m)",
            501,
        ),
        (
            "/library/Books?$apply=aggregate(pages with Custom.method as m)",
            501,
        ),
        ("/library/Books?$apply=aggregate(author/$count as m)", 501),
        ("/library/Books?$apply=Custom.condense()", 501),
    ]);
}

#[test]
fn hostile_transformations_are_refused() {
    let doubled = ["concat(identity,identity)"; 10].join("/");
    refused(&[(&format!("/library/Books?$apply={doubled}"), 501)]);
    let many = ["identity"; 40].join("/");
    refused(&[(&format!("/library/Books?$apply={many}"), 400)]);
    let deep = "concat(".repeat(3000);
    refused(&[(&format!("/library/Books?$apply={deep}"), 400)]);
}

#[test]
fn a_plan_alone_does_not_ignore_transformations() {
    let query = Query::parse("$apply=top(1)", 0, Version::V40).unwrap();
    let book = MODEL.entity_type("Book").unwrap();
    let refused = query.plan(&MODEL, book, None).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::NotImplemented);
    let aggregation = query.aggregation(&MODEL, book, None).unwrap().unwrap();
    assert_eq!(aggregation.apply(BOOKS.iter()).unwrap().len(), 1);
    assert_eq!(aggregation.related().count(), 0);
}
