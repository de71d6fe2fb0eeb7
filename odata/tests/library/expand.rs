//! `$expand`, nested `$select` and `$compute`.

use odata::Version;
use odata::edm::EntityType;
use odata::{Expanded, Page, Query, Row, Value};

use crate::refused;
use crate::service::{AUTHORS, BOOKS, MODEL, get, get_in};

#[test]
fn related_entities_are_written_as_their_options_ask() {
    for (target, expected) in [
        (
            "/library/Books?$select=id&$expand=author($select=name)&$top=1",
            r#"{"@odata.context":"$metadata#Books(id,author(name))","value":[{"id":1,"author":{"name":"Ada","id":1}}]}"#,
        ),
        (
            "/library/Books(5)?$expand=author",
            r#"{"@odata.context":"$metadata#Books/$entity","id":5,"title":"Anonymous tales","genre":null,"pages":300,"author":null}"#,
        ),
        (
            "/library/Authors?$filter=id eq 2&$select=name&$expand=books($select=title;$filter=genre eq 'play';$orderby=title desc;$count=true;$top=1)",
            r#"{"@odata.context":"$metadata#Authors(name,books(title))","value":[{"name":"Bertolt","id":2,"books@odata.count":2,"books":[{"title":"Mother Courage","id":3}]}]}"#,
        ),
        (
            "/library/Authors(2)?$select=id&$expand=books/$count,teacher/$ref",
            r#"{"@odata.context":"$metadata#Authors(id)/$entity","id":2,"books@odata.count":3,"teacher":{"@odata.id":"Authors(1)"}}"#,
        ),
        (
            "/library/Authors(1)?$select=id&$expand=books/$count($filter=pages gt 500),pupils/$ref($top=1)",
            r#"{"@odata.context":"$metadata#Authors(id)/$entity","id":1,"books@odata.count":0,"pupils":[{"@odata.id":"Authors(2)"}]}"#,
        ),
        (
            "/library/Authors(2)?$select=id&$expand=books($select=title;$expand=author($select=country);$skip=1;$top=1)",
            r#"{"@odata.context":"$metadata#Authors(id,books(title,author(country)))/$entity","id":2,"books":[{"title":"Mother Courage","id":3,"author":{"country":"DE","id":2}}]}"#,
        ),
        (
            "/library/Authors(1)?$select=id&$expand=pupils($select=name;$levels=2;$top=1)",
            r#"{"@odata.context":"$metadata#Authors(id,pupils+(name))/$entity","id":1,"pupils":[{"name":"Bertolt","id":2,"pupils":[{"name":"Çelik","id":3}]}]}"#,
        ),
        (
            "/library/Authors(1)?$select=id,name&$expand=pupils($filter=country eq 'UK' or $it/country eq 'UK' and $this/id gt 3;$select=id)",
            r#"{"@odata.context":"$metadata#Authors(id,name,pupils(id))/$entity","id":1,"name":"Ada","pupils":[{"id":4}]}"#,
        ),
        (
            "/library/Books(1)?$select=id,author/name&$expand=author",
            r#"{"@odata.context":"$metadata#Books(id,author(name))/$entity","id":1,"author":{"name":"Ada","id":1}}"#,
        ),
        (
            "/library/Books(1)?$select=id,author($select=name)&$expand=author",
            r#"{"@odata.context":"$metadata#Books(id,author,author(name))/$entity","id":1,"author":{"name":"Ada","id":1}}"#,
        ),
        (
            "/library/Books(1)?$select=id&$expand=*",
            r#"{"@odata.context":"$metadata#Books(id)/$entity","id":1,"author":{"id":1,"name":"Ada","country":"UK"}}"#,
        ),
        (
            "/library/Authors(4)?$select=id&$expand=*/$ref,teacher($select=id)",
            r#"{"@odata.context":"$metadata#Authors(id,teacher(id))/$entity","id":4,"teacher":{"id":1},"books":[],"pupils":[]}"#,
        ),
    ] {
        assert_eq!(get(target), (200, expected.to_owned()), "{target}");
    }
    let (_, body) = get_in("/library/Books(5)?expand=author&SELECT=id", Version::V401);
    assert!(
        body.contains("$metadata#Books(id,author())/$entity"),
        "{body}"
    );
}

#[test]
fn what_does_not_fit_one_page_is_linked() {
    let target = "/library/Authors(2)?$select=id&$expand=books($select=title;$filter=id gt @n;$orderby=title)&@n=1";
    let (_, body) = get(target);
    let json: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(json["books"].as_array().unwrap().len(), 2);
    let link = json["books@odata.nextLink"].as_str().unwrap();
    let expected =
        "Authors(2)/books?@n=1&$filter=id%20gt%20@n&$orderby=title&$select=title&$skiptoken=";
    assert!(link.starts_with(expected), "{link}");
    let (status, rest) = get(&format!("/library/{link}"));
    assert_eq!(status, 200, "{rest}");
    assert!(
        rest.contains("Straße und Ton") && !rest.contains("Mother"),
        "{rest}"
    );
    // What no URL can say is not cut.
    let unspeakable = "/library/Authors(2)?$expand=books($filter=$it/id eq 2)";
    refused(&[(unspeakable, 501)]);
}

#[test]
fn computed_properties_are_shown_filtered_and_ordered_by() {
    for (target, expected) in [
        (
            "/library/Books?$compute=pages div 10 as sheets,concat(title,'!') as loud&$select=id,sheets,loud&$orderby=sheets desc&$filter=sheets lt 20 and sheets ge 0",
            r##"{"@odata.context":"$metadata#Books(id,sheets,loud)","value":[{"id":1,"sheets@odata.type":"#Int64","sheets":12,"loud":"Notes on engines!"},{"id":3,"sheets@odata.type":"#Int64","sheets":9,"loud":"Mother Courage!"}]}"##,
        ),
        (
            "/library/Books(3)?$compute=pages mul 2 as a,a add 1 as b&$select=b",
            r##"{"@odata.context":"$metadata#Books(b)/$entity","b@odata.type":"#Int64","b":181,"id":3}"##,
        ),
        (
            "/library/Authors(1)?$compute=length(name) as n",
            r##"{"@odata.context":"$metadata#Authors/$entity","id":1,"name":"Ada","country":"UK","n@odata.type":"#Int32","n":3}"##,
        ),
        (
            "/library/Authors(1)?$select=id&$expand=books($compute=pages add 1 as more;$select=more;$filter=more gt 5)",
            r##"{"@odata.context":"$metadata#Authors(id,books(more))/$entity","id":1,"books":[{"more@odata.type":"#Int64","more":121,"id":1}]}"##,
        ),
    ] {
        assert_eq!(get(target), (200, expected.to_owned()), "{target}");
    }
    let doubling: Vec<_> = (1..60)
        .map(|n| format!("x{} add x{} as x{n}", n - 1, n - 1))
        .collect();
    refused(&[
        ("/library/Books?$compute=pages as id", 400),
        ("/library/Books?$compute=pages as author", 400),
        ("/library/Books?$compute=pages as a,pages as a", 400),
        ("/library/Books?$compute=b as a,pages as b", 400),
        ("/library/Books?$compute=a as a", 400),
        ("/library/Books?$compute=nope as a", 400),
        ("/library/Books?$compute=pages", 400),
        ("/library/Books?$compute=pages as a.b", 400),
        ("/library/Books?$compute=pages div 0 as a&$top=1", 400),
        (
            &format!("/library/Books?$compute=pages as x0,{}", doubling.join(",")),
            400,
        ),
    ]);
}

#[test]
fn wrong_expansions_are_told_apart_from_unsupported_ones() {
    refused(&[
        ("/library/Books?$expand=nope", 400),
        ("/library/Books?$expand=title", 400),
        ("/library/Books?$expand=author,author", 400),
        ("/library/Books?$expand=author($top=1)", 400),
        ("/library/Books?$expand=author($select=nope)", 400),
        ("/library/Books?$expand=author($format=json)", 400),
        ("/library/Books?$expand=author()", 400),
        ("/library/Books?$expand=author($select=id;$select=id)", 400),
        ("/library/Books?$expand=author($select=id", 400),
        ("/library/Books?$expand=author/$ref($select=id)", 400),
        ("/library/Books?$expand=author/$count($top=1)", 400),
        ("/library/Books?$expand=*($select=id)", 400),
        ("/library/Books?$levels=1", 400),
        ("/library/Books?$select=author/name", 400),
        ("/library/Books?$select=title($top=1)", 400),
        ("/library/Authors?$expand=pupils($levels=9)", 501),
        ("/library/Authors?$expand=pupils($levels=max)", 501),
        (
            "/library/Authors?$expand=books($apply=aggregate($count as n))",
            501,
        ),
        ("/library/Books?$expand=$value", 501),
        ("/library/Books?$expand=Library.Novel/author", 501),
    ]);
    let deep = "author($expand=".repeat(70);
    let wide = format!(
        "author($expand=books({}))",
        vec!["$expand=author"; 300].join(";")
    );
    let levels = "pupils($levels=8;$expand=teacher($expand=".repeat(8);
    for expand in [deep, wide, levels] {
        refused(&[(&format!("/library/Books?$expand={expand}"), 400)]);
    }
    let fan = format!(
        "{}books{}",
        "pupils($levels=8;$expand=teacher($expand=".repeat(6),
        "))".repeat(6)
    );
    refused(&[(&format!("/library/Authors?$expand={fan}"), 400)]);
}

#[test]
fn a_provider_may_hand_in_what_it_loaded_after_the_page_was_chosen() {
    struct Bare(&'static str);
    impl Row for Bare {
        fn get(&self, property: &str) -> Value<'_> {
            match property {
                "id" => 7.into(),
                "name" => self.0.into(),
                _ => Value::Null,
            }
        }
    }
    let author: &'static EntityType = MODEL.entity_type("Author").unwrap();
    let query = Query::parse("$select=name&$expand=books($select=title)", 0, Version::V40).unwrap();
    let plan = query.plan(&MODEL, author, None).unwrap();
    let wanted: Vec<_> = plan
        .expansions()
        .iter()
        .map(|it| it.navigation().name)
        .collect();
    assert_eq!(wanted, ["books"]);
    let rows = [Bare("x")];
    let page = plan.apply(&rows, 10).unwrap();
    let url = odata::Url::parse(&MODEL, "", "/Authors", Version::V40).unwrap();
    let odata::Resource::Data(path) = &url.resource else {
        panic!("a collection");
    };
    let writer =
        odata::body::Writer::new(&MODEL, path, plan.selection(), odata::JsonFormat::default());
    assert!(writer.collection(&page, None).is_err());
    let loaded: Vec<_> = page
        .rows
        .iter()
        .map(|row| Expanded::new(*row).many("books", BOOKS.iter().take(1)))
        .collect();
    let page: Page<'_, Expanded<'_>> = page.with(&loaded);
    assert_eq!(
        String::from_utf8(writer.collection(&page, None).unwrap()).unwrap(),
        r#"{"@odata.context":"$metadata#Authors(name,books(title))","value":[{"name":"x","id":7,"books":[{"title":"Notes on engines","id":1}]}]}"#
    );
    assert_eq!(AUTHORS.len(), 4);
}
