//! Answers to changes and calls.

use odata::body::{self, Writer};
use odata::{Data, Key, Page, Record, Selection};

use crate::{CATALOG, FULL, NONE, call, data, json, text};

const OBJECT: &str = "/Buckets('b')/objects('k')";

fn object() -> Record<'static> {
    Record::new()
        .with("bucket_id", "b")
        .with("objectKey", "docs/ä'1")
}

#[test]
fn an_entity_has_a_canonical_url() {
    let object = object();
    let expected = "Objects(bucket_id='b',objectKey='docs%2F%C3%A4''1')";
    for target in ["/Buckets('b')/objects", "/Objects", OBJECT] {
        assert_eq!(data(target).entity_url(&object), expected, "{target}");
    }
    let key = Key::of(CATALOG.entity_type("Objects").unwrap(), &object);
    assert_eq!(format!("Objects{}", key.to_url()), expected);
    // what it says is what it leads to
    assert!(
        data(&format!("/{expected}"))
            .last_key()
            .unwrap()
            .matches(&object)
    );
}

#[test]
fn what_was_created_has_the_context_of_an_entity() {
    let path = data("/Buckets('b')/objects");
    let selection = Selection::all(path.entity_type);
    let writer = Writer::created(&CATALOG, &path, &selection, json("*/*"));
    assert_eq!(writer.context(), "../$metadata#Objects/$entity");
    assert!(text(writer.entity(&object()).unwrap()).contains("\"objectKey\":\"docs/ä'1\""));
}

#[test]
fn entities_are_results() {
    let of = CATALOG.entity_type("Objects").unwrap();
    let selection = Selection::by_default(of);
    let copy = call(&format!("{OBJECT}/CatalogService.copy"));
    let writer = Writer::result(&CATALOG, &copy, of, &selection, json("*/*"));
    assert!(
        writer
            .context()
            .starts_with("../../$metadata#Objects(bucket_id,")
    );
    assert!(writer.context().ends_with(")/$entity"));
    assert!(text(writer.entity(&object()).unwrap()).contains("\"bucket_id\":\"b\""));
    let all = Selection::all(of);
    let restore = call("/restore");
    let writer = Writer::result(&CATALOG, &restore, of, &all, json("*/*"));
    let object = object();
    let page = Page {
        rows: vec![&object],
        count: None,
        next: None,
    };
    let body = text(writer.collection(&page, None).unwrap());
    assert!(body.starts_with(r#"{"@odata.context":"$metadata#Objects","value":[{"bucket_id""#));
}

#[test]
fn other_results_have_the_context_of_their_type() {
    let written = |target: &str, data: Data<'_>, accept| {
        body::result(&CATALOG, &call(target), &data, json(accept)).map(text)
    };
    let delete = "/Buckets('b')/CatalogService.delete";
    assert_eq!(
        written(delete, 3.into(), "*/*").unwrap(),
        r#"{"@odata.context":"../$metadata#Edm.Int64","value":3}"#
    );
    assert_eq!(
        written(delete, 3.into(), FULL).unwrap(),
        r##"{"@odata.context":"../$metadata#Edm.Int64","@odata.type":"#Int64","value":3}"##
    );
    assert_eq!(written(delete, 3.into(), NONE).unwrap(), r#"{"value":3}"#);
    assert_eq!(written(delete, Data::NULL, "*/*"), None);
    let pair = || Record::new().with("key", "a").with("value", "b");
    let share = format!("{OBJECT}/CatalogService.share(seconds=1)");
    assert_eq!(
        written(&share, pair().into(), "*/*").unwrap(),
        r#"{"@odata.context":"../../$metadata#CatalogService.Pair","key":"a","value":"b"}"#
    );
    let share = format!("{OBJECT}/CatalogService.share(with=@w,rate=null)?@w=[]");
    assert_eq!(
        written(&share, Data::collection([pair()]), "*/*").unwrap(),
        r#"{"@odata.context":"../../$metadata#Collection(CatalogService.Pair)","value":[{"key":"a","value":"b"}]}"#
    );
    assert_eq!(written("/sweep", 3.into(), "*/*"), None);
}
