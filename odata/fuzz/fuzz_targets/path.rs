#![no_main]

use libfuzzer_sys::fuzz_target;
use odata::edm::{EntitySet, EntityType, Model, NavigationProperty, Primitive, Property};
use odata::{Resource, Url, Version};

static MODEL: Model = Model::new("T")
    .entity_types(&[EntityType::new(
        "Thing",
        &["id", "at"],
        &[
            Property::new("id", Primitive::String).required(),
            Property::new("at", Primitive::DateTimeOffset).required(),
            Property::new("stream", Primitive::Stream),
        ],
    )
    .navigation(&[NavigationProperty::many("things", "Thing")])])
    .entity_sets(&[EntitySet::new("Things", "Thing").bindings(&[("things", "Things")])]);

fuzz_target!(|target: &str| {
    for version in [Version::V40, Version::V401] {
        if let Ok(url) = Url::parse(&MODEL, "", target, version)
            && let Resource::Data(path) = &url.resource
        {
            // A canonical path addresses the same thing.
            let canonical = format!("/{}", path.canonical());
            let again = Url::parse(&MODEL, "", &canonical, version).expect(&canonical);
            let Resource::Data(again) = &again.resource else {
                panic!("{canonical}");
            };
            assert_eq!(again.canonical(), path.canonical());
        }
    }
});
