#![no_main]

use libfuzzer_sys::fuzz_target;
use odata::edm::{EntityType, Model, Primitive, Property};
use odata::{DateTimeOffset, Query, Row, Value, Version};

static MODEL: Model = Model::new("T").entity_types(&[EntityType::new(
    "Thing",
    &["id"],
    &[
        Property::new("id", Primitive::Int32).required(),
        Property::new("text", Primitive::String),
        Property::new("at", Primitive::DateTimeOffset),
    ],
)]);

struct Thing(i64, Option<&'static str>);

impl Row for Thing {
    fn get(&self, property: &str) -> Value<'_> {
        match property {
            "id" => self.0.into(),
            "text" => self.1.into(),
            "at" => DateTimeOffset::from_unix(self.0, 5).into(),
            _ => Value::Null,
        }
    }
}

fuzz_target!(|raw: &str| {
    let rows = [Thing(1, Some("Ünicode")), Thing(2, None)];
    for version in [Version::V40, Version::V401] {
        let Ok(query) = Query::parse(raw, 0, version) else {
            continue;
        };
        if let Some(filter) = &query.filter {
            let written = filter.to_string();
            let encoded: String = written.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let again = Query::parse(&format!("$filter={encoded}"), 0, version).expect(&written);
            assert_eq!(again.filter.expect("one").to_string(), written);
        }
        let entity_type = MODEL.entity_type("Thing").expect("declared");
        if let Ok(plan) = query.plan(&MODEL, entity_type, None) {
            let _ = plan.apply(&rows, 1);
        }
    }
});
