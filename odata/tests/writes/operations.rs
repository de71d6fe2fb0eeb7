//! Operations in paths.

use odata::{Data, ErrorKind, Operation, Resource, Value, Version};

use crate::{CATALOG, call, data, url};

const OBJECT: &str = "/Buckets('b')/objects('docs%2Fk')";

#[test]
fn bound_operations_tell_what_they_are_called_on() {
    let copy = call(&format!("{OBJECT}/CatalogService.copy"));
    assert!(matches!(copy.operation, Operation::Action(_)));
    assert_eq!(copy.operation.name(), "copy");
    let on = copy.binding.as_ref().unwrap();
    assert_eq!(on.names(), ["Buckets", "objects"]);
    assert_eq!(on.last_key().unwrap().text("objectKey"), Some("docs/k"));
    assert_eq!(copy.entity_set.unwrap().name, "Objects");
    assert_eq!(copy.entity_type(&CATALOG).unwrap().name, "Objects");
    let folder = call("/Buckets('b')/CatalogService.createFolder/");
    assert_eq!(folder.binding.unwrap().canonical(), "Buckets('b')");
    assert_eq!(
        folder.entity_set.unwrap().name,
        "Objects",
        "the only set of the type"
    );
    let direct = call("/Objects(bucket_id='b',objectKey='k')/CatalogService.copy");
    assert_eq!(direct.operation, copy.operation);
}

#[test]
fn overloads_are_told_apart_by_what_they_are_bound_to() {
    let returns = |target: &str| call(target).operation.returns().is_some();
    assert!(returns("/Buckets('b')/CatalogService.delete"));
    assert!(!returns("/Buckets('b')/objects/CatalogService.delete"));
    let error = url(&format!("{OBJECT}/CatalogService.delete"), Version::V40).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[test]
fn arguments_of_functions_are_typed() {
    let zip = call("/Buckets('b')/objects/CatalogService.zip(folder='docs%2F')");
    assert_eq!(zip.arguments.text("folder"), Some("docs/"));
    assert!(zip.binding.unwrap().is_collection());
    let zip = call("/Buckets('b')/objects/CatalogService.zip(folder=@f)?@f='a/b'");
    assert_eq!(zip.arguments.text("folder"), Some("a/b"));
    let share = call(&format!(
        "{OBJECT}/CatalogService.share(until=2026-01-01T00:00:00Z,seconds=5)"
    ));
    assert_eq!(share.arguments.integer("seconds"), Some(5));
    let names: Vec<_> = share.arguments.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["seconds", "until"]);
    let query = "@w=[{\"key\":\"a\",\"value\":\"b\"}]";
    let share = call(&format!(
        "{OBJECT}/CatalogService.share(with=@w,rate=1)?{query}"
    ));
    assert_eq!(share.arguments.value("rate"), Some(&Value::Double(1.0)));
    let with: Vec<_> = share.arguments.records("with").unwrap().collect();
    assert_eq!(with[0].text("value"), Some("b"));
    let share = call(&format!(
        "{OBJECT}/CatalogService.share(with=@w,rate=null)?@w=[]"
    ));
    assert!(share.arguments.get("rate").is_some_and(Data::is_null));
}

#[test]
fn imports_are_called_at_the_root() {
    let sweep = call("/sweep");
    assert!(sweep.binding.is_none() && sweep.entity_set.is_none());
    assert_eq!(call("/restore").entity_set.unwrap().name, "Objects");
    let newest = call("/newest(count=3)?$top=1");
    assert_eq!(newest.arguments.integer("count"), Some(3));
    assert_eq!(newest.entity_set.unwrap().name, "Objects");
}

#[test]
fn short_names_are_for_4_01() {
    let target = format!("{OBJECT}/copy");
    assert_eq!(call(&target).operation.name(), "copy");
    let error = url(&target, Version::V40).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    // what the entity has itself comes first
    let target = format!("{OBJECT}/tags");
    let tags = url(&target, Version::V401).unwrap();
    assert!(matches!(tags.resource, Resource::Data(_)));
}

/// `OBJECTS` and `OBJECT` stand for the paths of a collection and of an object.
const WRONG: &[(&str, ErrorKind, Option<&str>)] = &[
    (
        "OBJECTS/CatalogService.zip()",
        ErrorKind::BadRequest,
        Some("folder"),
    ),
    (
        "OBJECTS/CatalogService.zip",
        ErrorKind::BadRequest,
        Some("folder"),
    ),
    (
        "OBJECTS/CatalogService.zip(folder=1)",
        ErrorKind::BadRequest,
        Some("folder"),
    ),
    (
        "OBJECTS/CatalogService.zip(folder=null)",
        ErrorKind::BadRequest,
        Some("folder"),
    ),
    (
        "OBJECTS/CatalogService.zip(folder=@x)",
        ErrorKind::BadRequest,
        Some("folder"),
    ),
    (
        "OBJECTS/CatalogService.zip(folder=name)",
        ErrorKind::BadRequest,
        Some("folder"),
    ),
    (
        "OBJECTS/CatalogService.zip(dir='a')",
        ErrorKind::BadRequest,
        Some("dir"),
    ),
    (
        "OBJECTS/CatalogService.zip(folder='a',folder='b')",
        ErrorKind::BadRequest,
        Some("folder"),
    ),
    (
        "OBJECTS/CatalogService.zip('a')",
        ErrorKind::BadRequest,
        Some(""),
    ),
    (
        "OBJECTS/CatalogService.zip(folder='a'",
        ErrorKind::BadRequest,
        None,
    ),
    (
        "OBJECT/CatalogService.share(seconds=40000)",
        ErrorKind::BadRequest,
        Some("seconds"),
    ),
    (
        "OBJECT/CatalogService.share(seconds=1.5)",
        ErrorKind::BadRequest,
        Some("seconds"),
    ),
    (
        "OBJECT/CatalogService.zip(folder='a')",
        ErrorKind::NotFound,
        None,
    ),
    ("OBJECT/CatalogService.copy()", ErrorKind::NotFound, None),
    ("OBJECT/CatalogService.copy/size", ErrorKind::NotFound, None),
    ("OBJECT/CatalogService.nope", ErrorKind::NotFound, None),
    ("OBJECT/CatalogService.sweep", ErrorKind::NotFound, None),
    (
        "OBJECT/tags/CatalogService.copy",
        ErrorKind::NotImplemented,
        None,
    ),
    ("/sweep(1)", ErrorKind::NotFound, None),
    ("/CatalogService.sweep", ErrorKind::NotFound, None),
    ("/newest(count='a')", ErrorKind::BadRequest, Some("count")),
];

#[test]
fn wrong_calls_are_refused_and_name_the_parameter() {
    for (target, kind, about) in WRONG {
        let target = target.replace("OBJECTS", "/Buckets('b')/objects");
        let target = target.replace("OBJECT", OBJECT);
        let error = url(&target, Version::V40).unwrap_err();
        assert_eq!(error.kind(), *kind, "{target}: {error}");
        assert_eq!(error.target(), *about, "{target}");
    }
}

#[test]
fn paths_without_operations_stay_what_they_were() {
    assert_eq!(
        data("/Buckets('b')/objects").canonical(),
        "Buckets('b')/objects"
    );
}
