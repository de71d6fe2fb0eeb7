//! Reads a JSON object the strict way: valid UTF-8 as a whole, no name twice at any depth, no
//! number beyond a double, nothing after the end. Readers of JSON disagree on exactly these points,
//! and a token that two readers understand differently is an attack
//! (<https://www.rfc-editor.org/rfc/rfc8725#section-2.4>).

use serde_json::{Map, Value};

use super::refusal::Reason;
use crate::json::Strict;

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
