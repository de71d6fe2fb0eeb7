//! JSON as text.

use crate::{Value, base64};

/// Writes objects and arrays, commas where they belong.
#[derive(Debug)]
pub(crate) struct Json<'o> {
    out: &'o mut Vec<u8>,
}

impl<'o> Json<'o> {
    pub(crate) const fn new(out: &'o mut Vec<u8>) -> Self {
        Self { out }
    }

    pub(crate) fn begin_object(&mut self) {
        self.out.push(b'{');
    }

    pub(crate) fn end_object(&mut self) {
        self.out.push(b'}');
    }

    pub(crate) fn begin_array(&mut self) {
        self.out.push(b'[');
    }

    pub(crate) fn end_array(&mut self) {
        self.out.push(b']');
    }

    /// Starts a member.
    pub(crate) fn key(&mut self, name: &str) -> &mut Self {
        self.item();
        write_string(self.out, name);
        self.out.push(b':');
        self
    }

    /// Starts an item of an array.
    pub(crate) fn item(&mut self) -> &mut Self {
        if !matches!(self.out.last(), Some(b'{' | b'[')) {
            self.out.push(b',');
        }
        self
    }

    pub(crate) fn string(&mut self, text: &str) {
        write_string(self.out, text);
    }

    pub(crate) fn boolean(&mut self, value: bool) {
        self.out
            .extend_from_slice(if value { b"true" } else { b"false" });
    }

    /// A value that is JSON already.
    pub(crate) fn raw(&mut self, json: &str) {
        self.out.extend_from_slice(json.as_bytes());
    }

    pub(crate) fn number(&mut self, value: i64) {
        write_integer(self.out, value);
    }
}

/// Writes a primitive value; large numbers as strings if the client's own
/// numbers are doubles.
pub(crate) fn write_value(out: &mut Vec<u8>, value: &Value<'_>, ieee754_compatible: bool) {
    let quoted = |out: &mut Vec<u8>, write: &dyn Fn(&mut Vec<u8>)| {
        out.push(b'"');
        write(out);
        out.push(b'"');
    };
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Boolean(true) => out.extend_from_slice(b"true"),
        Value::Boolean(false) => out.extend_from_slice(b"false"),
        Value::String(text) => write_string(out, text),
        Value::Integer(number) => write_integer(out, *number),
        Value::Decimal(number) if ieee754_compatible => {
            quoted(out, &|out| {
                out.extend_from_slice(number.to_string().as_bytes());
            });
        }
        Value::Decimal(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Value::Double(number) => write_double(out, *number),
        Value::DateTimeOffset(value) => quoted(out, &|out| value.render(out)),
        Value::Date(value) => quoted(out, &|out| value.render(out)),
        Value::TimeOfDay(value) => quoted(out, &|out| value.render(out)),
        Value::Duration(value) => quoted(out, &|out| value.render(out)),
        Value::Guid(value) => {
            quoted(out, &|out| {
                out.extend_from_slice(value.to_string().as_bytes());
            });
        }
        Value::Binary(bytes) => quoted(out, &|out| base64::encode(out, bytes)),
    }
}

/// Writes a string with its quotes.
pub(crate) fn write_string(out: &mut Vec<u8>, text: &str) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(length) = rest.iter().position(|byte| needs_escape(*byte))
        && let Some((plain, [special, tail @ ..])) = rest.split_at_checked(length)
    {
        out.extend_from_slice(plain);
        escape(out, *special);
        rest = tail;
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

const fn needs_escape(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

fn escape(out: &mut Vec<u8>, byte: u8) {
    match byte {
        b'"' => out.extend_from_slice(b"\\\""),
        b'\\' => out.extend_from_slice(b"\\\\"),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        b'\t' => out.extend_from_slice(b"\\t"),
        control => out.extend_from_slice(format!("\\u{control:04x}").as_bytes()),
    }
}

fn write_integer(out: &mut Vec<u8>, number: i64) {
    if number < 0 {
        out.push(b'-');
    }
    let mut rest = number.unsigned_abs();
    let start = out.len();
    loop {
        out.push(b'0' + u8::try_from(rest % 10).unwrap_or_default());
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if let Some(digits) = out.get_mut(start..) {
        digits.reverse();
    }
}

fn write_double(out: &mut Vec<u8>, number: f64) {
    if number.is_finite() {
        out.extend_from_slice(format!("{number:?}").as_bytes());
    } else if number.is_nan() {
        out.extend_from_slice(b"\"NaN\"");
    } else {
        out.extend_from_slice(if number > 0.0 {
            b"\"INF\""
        } else {
            b"\"-INF\""
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: &Value<'_>, ieee754_compatible: bool) -> String {
        let mut out = Vec::new();
        write_value(&mut out, value, ieee754_compatible);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn values_are_written_as_the_json_format_asks() {
        for (value, expected) in [
            (Value::Null, "null"),
            (Value::Boolean(true), "true"),
            (Value::Integer(i64::MIN), "-9223372036854775808"),
            (Value::Integer(0), "0"),
            (Value::Double(5.0), "5.0"),
            (Value::Double(1e300), "1e300"),
            (Value::Double(f64::NEG_INFINITY), "\"-INF\""),
            (Value::Double(f64::NAN), "\"NaN\""),
            (Value::Decimal("1.50".parse().unwrap()), "1.5"),
            (
                Value::DateTimeOffset("2024-01-01T00:00:00Z".parse().unwrap()),
                "\"2024-01-01T00:00:00Z\"",
            ),
            (Value::Date("2024-01-01".parse().unwrap()), "\"2024-01-01\""),
            (Value::Duration("PT1H".parse().unwrap()), "\"PT1H\""),
            (Value::Binary(b"foo".as_slice().into()), "\"Zm9v\""),
        ] {
            assert_eq!(written(&value, false), expected);
        }
        assert_eq!(
            written(&Value::Decimal("1.5".parse().unwrap()), true),
            "\"1.5\""
        );
    }

    #[test]
    fn strings_survive_a_json_parser() {
        for text in [
            "",
            "plain",
            "o'neil",
            "a\"b\\c/d",
            "Üml-äut 😀",
            "\u{0}\u{1f}\n\r\t\u{7f}",
            "</script>",
        ] {
            let json = written(&text.into(), false);
            let back: String = serde_json::from_str(&json).unwrap();
            assert_eq!(back, text);
        }
    }
}
