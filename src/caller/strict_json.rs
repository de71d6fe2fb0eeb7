//! Reads a JSON object the strict way: valid UTF-8 as a whole, no name twice at any depth, no
//! number beyond a double, nothing after the end. Readers of JSON disagree on exactly these points,
//! and a token that two readers understand differently is an attack
//! (<https://www.rfc-editor.org/rfc/rfc8725#section-2.4>).

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::refusal::Reason;

/// A JSON object whose members are asked for by name and type.
#[derive(Debug)]
pub(super) struct Object(Map<String, Value>);

impl Object {
    /// Reads the whole of `bytes`; `part` names it in the reason.
    pub(super) fn read(bytes: &[u8], part: &'static str) -> Result<Self, Reason> {
        let text = str::from_utf8(bytes).map_err(|_| Reason::Json(part))?;
        match serde_json::from_str(text) {
            Ok(Strict(Value::Object(members))) => Ok(Self(members)),
            Ok(_) | Err(_) => Err(Reason::Json(part)),
        }
    }

    /// Whether a member of that name is there, of whatever type.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A string; any other type, null included, is refused.
    pub(super) fn text(&self, name: &'static str) -> Result<Option<&str>, Reason> {
        self.0
            .get(name)
            .map(|value| value.as_str().ok_or(Reason::WrongType(name)))
            .transpose()
    }

    /// A string that must be there.
    pub(super) fn required_text(&self, name: &'static str) -> Result<&str, Reason> {
        self.text(name)?.ok_or(Reason::Missing(name))
    }

    /// A number; any other type is refused.
    pub(super) fn number(&self, name: &'static str) -> Result<Option<f64>, Reason> {
        self.0
            .get(name)
            .map(|value| value.as_f64().ok_or(Reason::WrongType(name)))
            .transpose()
    }

    /// A string or an array of strings; absent is the same as empty.
    pub(super) fn texts(&self, name: &'static str) -> Result<Vec<&str>, Reason> {
        let wrong = Reason::WrongType(name);
        match self.0.get(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(values)) => values
                .iter()
                .map(|value| value.as_str().ok_or(wrong))
                .collect(),
            Some(value) => Ok(vec![value.as_str().ok_or(wrong)?]),
        }
    }

    /// An object; any other type is refused.
    pub(super) fn object(&self, name: &'static str) -> Result<Option<Self>, Reason> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::Object(members)) => Ok(Some(Self(members.clone()))),
            Some(_) => Err(Reason::WrongType(name)),
        }
    }

    /// The string at `outer.inner`, if both are what they should be.
    pub(super) fn nested_text(&self, outer: &str, inner: &str) -> Option<&str> {
        self.0.get(outer)?.get(inner)?.as_str()
    }
}

/// A JSON value in which no object has a name twice.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value without a name that occurs twice")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("a number must be finite"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Strict(value)) = items.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some((name, Strict(value))) = entries.next_entry::<String, Strict>()? {
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a name occurs twice"));
            }
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Object;

    #[test]
    fn what_is_read_is_what_was_written() {
        let text = r#"{"a":null,"b":true,"c":[1,-2,0.5,"x",{"d":{}}],"e":18446744073709551615}"#;
        let read = Object::read(text.as_bytes(), "payload").unwrap();
        let written =
            json!({"a": null, "b": true, "c": [1, -2, 0.5, "x", {"d": {}}], "e": u64::MAX});
        assert_eq!(serde_json::Value::Object(read.0), written);
    }
}
