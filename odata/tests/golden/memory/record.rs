//! Rows, made of JSON.

use std::borrow::Cow;
use std::sync::OnceLock;

use odata::edm::{EntityType, Multiplicity, NavigationProperty, Primitive};
use odata::{Decimal, Related, Row, Value};

/// An entity: its values, property by property, and where it leads to.
pub(crate) struct Record {
    values: Vec<(&'static str, Value<'static>)>,
    pub(super) links: OnceLock<Vec<(&'static NavigationProperty, Vec<&'static Record>)>>,
}

impl Record {
    /// Reads the members of a JSON object that the type has properties for.
    pub(crate) fn read(entity_type: &'static EntityType, json: &serde_json::Value) -> Self {
        let properties = entity_type.properties.iter();
        let value = |primitive, name| value(primitive, json.get(name)?);
        let read = |property: &odata::edm::Property| {
            let value = property
                .primitive()
                .and_then(|of| value(of, property.name))
                .unwrap_or(Value::Null);
            (property.name, value)
        };
        Self {
            values: properties.map(read).collect(),
            links: OnceLock::new(),
        }
    }

    /// Whether each of these properties has the value of its counterpart.
    pub(super) fn refers(
        &self,
        other: &Self,
        pairs: impl IntoIterator<Item = (&'static str, &'static str)>,
    ) -> bool {
        let same = |(own, referenced): (&str, &str)| {
            self.get(own)
                .compare(&other.get(referenced))
                .is_some_and(std::cmp::Ordering::is_eq)
        };
        pairs.into_iter().all(same)
    }
}

impl Row for Record {
    fn get(&self, property: &str) -> Value<'_> {
        let found = self.values.iter().find(|(name, _)| *name == property);
        found.map_or(Value::Null, |(_, value)| value.reborrow())
    }

    fn etag(&self) -> Option<Cow<'_, str>> {
        let Value::Integer(version) = self.get("Version") else {
            return None;
        };
        Some(format!("W/\"{version}\"").into())
    }

    fn related(&self, navigation: &str) -> Related<'_> {
        let mut links = self.links.get().into_iter().flatten();
        match links.find(|(property, _)| property.name == navigation) {
            None => Related::NotLoaded,
            Some((property, rows)) if property.multiplicity == Multiplicity::One => {
                Related::one(rows.first().copied())
            }
            Some((_, rows)) => Related::many(rows.iter().copied()),
        }
    }
}

fn value(primitive: Primitive, json: &serde_json::Value) -> Option<Value<'static>> {
    let text = json.as_str();
    match primitive {
        Primitive::Boolean => json.as_bool().map(Value::Boolean),
        Primitive::Double | Primitive::Single => json.as_f64().map(Value::Double),
        Primitive::Decimal => {
            let number = json.to_string();
            let number: Decimal = text.unwrap_or(&number).parse().ok()?;
            Some(Value::Decimal(number))
        }
        Primitive::String => Some(Value::String(text?.to_owned().into())),
        Primitive::Date => Some(Value::Date(text?.parse().ok()?)),
        Primitive::TimeOfDay => Some(Value::TimeOfDay(text?.parse().ok()?)),
        Primitive::DateTimeOffset => Some(Value::DateTimeOffset(text?.parse().ok()?)),
        Primitive::Duration => Some(Value::Duration(text?.parse().ok()?)),
        Primitive::Guid => {
            let digits = text?.replace('-', "");
            let number = u128::from_str_radix(&digits, 16).ok()?;
            Some(Value::Guid(odata::Guid(number)))
        }
        Primitive::Binary => Some(Value::Binary(text?.as_bytes().to_vec().into())),
        Primitive::Stream => None,
        Primitive::Byte
        | Primitive::SByte
        | Primitive::Int16
        | Primitive::Int32
        | Primitive::Int64 => json.as_i64().map(Value::Integer),
    }
}
