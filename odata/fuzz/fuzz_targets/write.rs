#![no_main]

use libfuzzer_sys::fuzz_target;
use odata::body::Writer;
use odata::edm::{ComplexType, EntitySet, EntityType, Model, Primitive, Property};
use odata::write::{BodyReader, Mode};
use odata::{JsonFormat, Resource, Selection, Url, Version};

static MODEL: Model = Model::new("T")
    .entity_types(&[EntityType::new(
        "Thing",
        &["id"],
        &[
            Property::new("id", Primitive::String).required(),
            Property::new("n", Primitive::Int64),
            Property::new("d", Primitive::Decimal),
            Property::new("at", Primitive::DateTimeOffset),
            Property::new("span", Primitive::Duration),
            Property::new("guid", Primitive::Guid),
            Property::new("bytes", Primitive::Binary),
            Property::complex("in", "Inner"),
            Property::complex("all", "Inner").many(),
        ],
    )])
    .complex_types(&[ComplexType::new(
        "Inner",
        &[
            Property::new("a", Primitive::String).required(),
            Property::complex("in", "Inner"),
        ],
    )])
    .entity_sets(&[EntitySet::new("Things", "Thing")]);

fuzz_target!(|body: &[u8]| {
    let url = Url::parse(&MODEL, "", "/Things", Version::V40).expect("a set");
    let Resource::Data(path) = &url.resource else {
        panic!("a set is data");
    };
    let reader = BodyReader::new(&MODEL, Some("application/json"));
    if let Ok(read) = reader.entity(path.entity_type, body, Mode::Create) {
        // What was read is written so that it reads the same.
        let selection = Selection::all(path.entity_type);
        let writer = Writer::created(&MODEL, path, &selection, JsonFormat::default());
        let written = writer.entity(&read).expect("nothing is computed");
        let again = reader
            .entity(path.entity_type, &written, Mode::Create)
            .expect("what we write we read");
        for (name, value) in read.iter() {
            assert_eq!(again.get(name), Some(value), "{name}");
        }
    }
});
