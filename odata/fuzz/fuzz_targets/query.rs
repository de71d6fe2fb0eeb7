#![no_main]

use libfuzzer_sys::fuzz_target;
use odata::edm::{EntityType, Model, NavigationProperty, Primitive, Property};
use odata::{DateTimeOffset, Query, Row, Value, Version};

static MODEL: Model = Model::new("T").entity_types(&[EntityType::new(
    "Thing",
    &["id"],
    &[
        Property::new("id", Primitive::Int32).required(),
        Property::new("text", Primitive::String),
        Property::new("at", Primitive::DateTimeOffset),
    ],
)
.navigation(&[
    NavigationProperty::one("up", "Thing"),
    NavigationProperty::many("parts", "Thing"),
])]);

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
        let written = query.to_string();
        let again = Query::parse(&written, 0, version).expect(&written);
        assert_eq!(again.to_string(), written);
        let entity_type = MODEL.entity_type("Thing").expect("declared");
        if let Ok(plan) = query.plan(&MODEL, entity_type, None) {
            let _ = plan.apply(&rows, 1);
        }
        if let Ok(Some(aggregation)) = query.aggregation(&MODEL, entity_type, None)
            && let Ok(derived) = aggregation.apply(&rows)
        {
            let _ = aggregation.plan().apply(&derived, 1);
        }
    }
});
