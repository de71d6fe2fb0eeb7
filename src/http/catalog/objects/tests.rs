//! What is left to S3 changes no answer.

use std::collections::BTreeSet;

use odata::{Resource, Url, Version};
use proptest::prelude::*;

use super::super::CATALOG;
use super::{Search, Within, key_range};
use crate::catalog::Object;

const ROOT: &str = "/catalog";

fn object(key: &str) -> Object {
    Object {
        bucket: "b".into(),
        key: key.to_owned(),
        last_modified: None,
        etag: None,
        size: i64::try_from(key.len()).ok(),
        storage_class: None,
    }
}

/// All objects of a bucket that lists as S3 does.
fn listed(keys: &BTreeSet<String>, within: &Within) -> Vec<Object> {
    let below = keys.iter().filter_map(|key| {
        let rest = key.strip_prefix(&within.prefix)?;
        let end = rest.find('/').filter(|_| within.one_level);
        let shown = end.map_or(key.len(), |slash| within.prefix.len() + slash + 1);
        (*key > within.after).then(|| key[..shown].to_owned())
    });
    let shown: BTreeSet<String> = below.collect();
    shown.iter().map(|key| object(key)).collect()
}

/// The keys of all pages, one after the other.
fn pages(target: &str, size: usize, rows: impl Fn(&Url<'_>, usize) -> Vec<Object>) -> Vec<String> {
    let mut target = target.to_owned();
    let mut found = Vec::new();
    for _ in 0..100 {
        let url = Url::parse(&CATALOG, ROOT, &target, Version::V40).unwrap();
        let Resource::Data(path) = &url.resource else {
            panic!("{target}")
        };
        let plan = url.query.plan(&CATALOG, path.entity_type, None).unwrap();
        let rows = rows(&url, size);
        let page = plan.apply(&rows, size).unwrap();
        found.extend(page.rows.iter().map(|row| row.key.clone()));
        let Some(token) = page.next else {
            return found;
        };
        target = format!("{ROOT}/{}", url.next_link(&token));
    }
    panic!("{target} has no end")
}

fn with_push_down(target: &str, size: usize, keys: &BTreeSet<String>) -> Vec<String> {
    pages(target, size, |url, size| {
        let Resource::Data(path) = &url.resource else {
            panic!("{target}")
        };
        let plan = url.query.plan(&CATALOG, path.entity_type, None).unwrap();
        let mut search = Search::new(&url.query, &plan, Some(size));
        let all = listed(keys, &search.within);
        // S3 gives a few at a time
        for page in all.chunks(3) {
            if search.take(page.to_vec()).unwrap() {
                break;
            }
        }
        search
            .found
            .into_iter()
            .map(|listed| listed.object)
            .collect()
    })
}

fn without(target: &str, size: usize, keys: &BTreeSet<String>) -> Vec<String> {
    pages(target, size, |url, _| {
        let mut all = keys.clone();
        // one folder's list shows the folders in it, too
        if key_range(&url.query).is_some_and(|(_, one_level)| one_level) {
            for key in keys {
                let ends = key.match_indices('/').map(|(slash, _)| slash + 1);
                all.extend(ends.map(|end| key[..end].to_owned()));
            }
        }
        all.iter().map(|key| object(key)).collect()
    })
}

fn condition() -> impl Strategy<Value = String> {
    let text = "[ab/]{0,3}";
    let leaf = prop_oneof![
        (
            prop::sample::select(vec!["eq", "ne", "gt", "ge", "lt", "le"]),
            text
        )
            .prop_map(|(operator, text)| format!("objectKey {operator} '{text}'")),
        text.prop_map(|text| format!("startswith(objectKey,'{text}')")),
        "[ab]{0,2}".prop_map(|text| format!("contains(name,'{text}')")),
        "([ab]{1,2}/){0,2}".prop_map(|text| format!("folder eq '{text}'")),
        "[ab/]{0,2}".prop_map(|text| format!("startswith(folder,'{text}')")),
        Just("size gt 2".to_owned()),
        Just("isFolder eq false".to_owned()),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        let some = prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            some.clone()
                .prop_map(|all| format!("({})", all.join(" and "))),
            some.prop_map(|any| format!("({})", any.join(" or "))),
            inner.prop_map(|one| format!("not ({one})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(3000) })]

    #[test]
    fn the_answer_with_push_down_is_the_answer_without(
        keys in prop::collection::btree_set("[ab/]{1,5}", 0..25),
        filter in prop::option::of(condition()),
        order in prop::sample::select(vec!["", "objectKey", "objectKey desc", "size,objectKey", "bucket_id,objectKey", "name desc"]),
        top in prop::option::of(0_usize..8),
        skip in prop::option::of(0_usize..4),
        size in 1_usize..6,
    ) {
        let mut target = format!("{ROOT}/Buckets('b')/objects?sap-client=1");
        for (option, value) in [
            ("$filter", filter.unwrap_or_default()),
            ("$orderby", order.to_owned()),
            ("$top", top.map_or_else(String::new, |top| top.to_string())),
            ("$skip", skip.map_or_else(String::new, |skip| skip.to_string())),
        ] {
            if !value.is_empty() {
                target = format!("{target}&{option}={value}");
            }
        }
        prop_assert_eq!(
            with_push_down(&target, size, &keys),
            without(&target, size, &keys),
            "{}",
            target
        );
    }
}
