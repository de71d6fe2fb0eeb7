//! What was written is read back, and nothing that is sent does any harm.

use odata::body::Writer;
use odata::write::{BodyReader, Mode};
use odata::{Data, DateTimeOffset, Decimal, Record, Selection, Value};
use proptest::prelude::*;

use crate::{CATALOG, data, json};

fn pairs() -> impl Strategy<Value = Data<'static>> {
    let pair = ("\\PC{0,8}", any::<String>());
    let pair = pair.prop_map(|(key, value)| Record::new().with("key", key).with("value", value));
    proptest::collection::vec(pair, 0..4).prop_map(Data::collection)
}

fn optional(of: impl Strategy<Value = Value<'static>>) -> impl Strategy<Value = Data<'static>> {
    proptest::option::of(of).prop_map(|it| Data::Value(it.unwrap_or(Value::Null)))
}

prop_compose! {
    fn object()(
        key in "\\PC{0,16}",
        class in optional("[ -~]{0,9}".prop_map(Value::from)),
        days in optional(any::<i16>().prop_map(|it| Value::Integer(it.into()))),
        cost in optional(any::<i64>().prop_map(|it| Value::Decimal(Decimal::new(it.into(), 2).unwrap()))),
        expires in optional((0..4_000_000_000_i64, 0..1_000_000_000_u32).prop_map(|(seconds, nanos)| {
            DateTimeOffset::from_unix(seconds, nanos).into()
        })),
        words in proptest::collection::vec(optional(any::<String>().prop_map(Value::from)), 0..3),
        metadata in pairs(),
        tags in pairs(),
    ) -> Record<'static> {
        Record::new()
            .with("bucket_id", "b").with("objectKey", key).with("storageClass", class)
            .with("retainDays", days).with("cost", cost).with("expires", expires)
            .with("words", Data::Collection(words)).with("metadata", metadata).with("tags", tags)
    }
}

proptest! {
    #[test]
    fn written_values_read_back(object in object(), ieee in any::<bool>(), full in any::<bool>()) {
        let path = data("/Objects");
        let selection = Selection::all(path.entity_type);
        let format = json(&format!(
            "application/json;odata.metadata={};IEEE754Compatible={ieee}",
            if full { "full" } else { "minimal" },
        ));
        let writer = Writer::created(&CATALOG, &path, &selection, format);
        let body = writer.entity(&object).unwrap();
        let content_type = format.content_type();
        let reader = BodyReader::new(&CATALOG, Some(&content_type));
        let read = reader.entity(path.entity_type, &body, Mode::Create).unwrap();
        prop_assert_eq!(&read, &object);
    }

    #[test]
    fn any_text_is_read_or_refused(
        text in r#"([\[\]{}:,"\\eE+.\-0-9tu \n]|true|null|"objectKey":|"tags":|"key":|"value":|"@a"|"[a-z]*"){0,20}"#
    ) {
        let of = CATALOG.entity_type("Objects").unwrap();
        let reader = BodyReader::new(&CATALOG, Some("application/json"));
        for mode in [Mode::Create, Mode::Update] {
            if let Ok(record) = reader.entity(of, text.as_bytes(), mode) {
                let json: serde_json::Value = serde_json::from_str(&text).unwrap();
                for (name, _) in record.iter() {
                    prop_assert!(json.get(name).is_some());
                }
            }
        }
    }

    #[test]
    fn numbers_agree_with_another_parser(text in "-?[0-9]{1,20}(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,3})?") {
        let body = format!(r#"{{"bucket_id":"b","objectKey":"k","retainDays":{text}}}"#);
        let of = CATALOG.entity_type("Objects").unwrap();
        let read = BodyReader::new(&CATALOG, Some("application/json")).entity(of, body.as_bytes(), Mode::Create);
        let other = serde_json::from_str::<serde_json::Value>(&body).ok();
        let other = other.and_then(|it| it["retainDays"].as_i64()).and_then(|it| i16::try_from(it).ok());
        let read = read.ok().and_then(|it| it.integer("retainDays"));
        // a zero with a sign is a double there
        if !text.starts_with("-0") {
            prop_assert_eq!(read, other.map(i64::from), "{}", text);
        }
    }
}
