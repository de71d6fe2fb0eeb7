//! Literals without a prefix: strings, numbers, dates, times and guids, and
//! the typed ones with it.

use std::borrow::Cow;

use super::{Kind, Parser};
use crate::base64;
use crate::value::{Guid, Scan};
use crate::{Date, DateTimeOffset, Decimal, Duration, Error, TimeOfDay, Value, Version};

impl Parser<'_> {
    /// Reads a literal that starts with a quote, a digit or a sign.
    pub(crate) fn literal(&mut self) -> Result<Value<'static>, Error> {
        if self.peek() == Some(b'\'') {
            return self.string().map(Value::from);
        }
        if let Some((value, length)) = self.guid().or_else(|| self.temporal()) {
            self.at += length;
            self.boundary()?;
            return Ok(value);
        }
        self.number()
    }

    /// A guid here, and its length.
    pub(super) fn guid(&self) -> Option<(Value<'static>, usize)> {
        let guid = Guid::scan(self.rest().as_bytes())?;
        Some((Value::Guid(guid), 36))
    }

    /// Whether the sign here belongs to a number.
    pub(super) fn starts_number(&self) -> bool {
        let digit = self
            .byte(self.at + 1)
            .is_some_and(|byte| byte.is_ascii_digit());
        digit || self.word_at(self.at + 1) == Some("INF")
    }

    /// Reads `'…'`, in which a quote is doubled.
    pub(crate) fn string(&mut self) -> Result<String, Error> {
        let start = self.at;
        self.expect(b'\'')?;
        let mut text = Cow::Borrowed("");
        while let Some((part, after)) = self.rest().split_once('\'') {
            self.at += part.len() + 1;
            text += part;
            if !after.starts_with('\'') {
                return Ok(text.into_owned());
            }
            self.at += 1;
            text += "'";
        }
        self.at = start;
        Err(Error::syntax(
            self.position(),
            "Expected a closing quote but end of input found",
        ))
    }

    /// The value of a literal with a prefix, of which the word is read.
    pub(super) fn prefixed(&mut self, prefix: &str) -> Result<Kind, Error> {
        let position = self.position();
        let content = self.string()?;
        let is = |name: &str| {
            prefix == name || (self.version == Version::V401 && prefix.eq_ignore_ascii_case(name))
        };
        let bad = |what: &str| {
            Error::syntax(
                position,
                format!("Expected {what} but \"'{content}'\" found"),
            )
        };
        if is("duration") {
            let duration: Duration = content.parse().map_err(|_| bad("a duration"))?;
            Ok(Kind::Literal(Value::Duration(duration)))
        } else if is("binary") {
            let bytes = base64::decode(&content).ok_or_else(|| bad("base64url digits"))?;
            Ok(Kind::Literal(Value::Binary(Cow::Owned(bytes))))
        } else if is("geography") || is("geometry") {
            Ok(Kind::Spatial(prefix.to_owned(), content))
        } else if prefix.contains('.') {
            Ok(Kind::Enumeration(prefix.to_owned(), content))
        } else {
            Err(bad("an operator or end of input"))
        }
    }

    fn temporal(&self) -> Option<(Value<'static>, usize)> {
        let source = Scan::new(self.rest().as_bytes());
        let mut scan = source;
        let value = if let Some(instant) = DateTimeOffset::scan(&mut scan) {
            Value::DateTimeOffset(instant)
        } else {
            scan = source;
            if let Some(date) = Date::scan(&mut scan) {
                Value::Date(date)
            } else {
                scan = source;
                match TimeOfDay::scan(&mut scan)? {
                    (time, false) => Value::TimeOfDay(time),
                    (_, true) => return None,
                }
            }
        };
        Some((value, source.remaining() - scan.remaining()))
    }

    fn number(&mut self) -> Result<Value<'static>, Error> {
        let start = self.at;
        if matches!(self.peek(), Some(b'+' | b'-')) {
            self.at += 1;
        }
        if self.rest().starts_with("INF") && self.byte(start) == Some(b'-') {
            self.at += 3;
            self.boundary()?;
            return Ok(Value::Double(f64::NEG_INFINITY));
        }
        self.digits()?;
        let mut whole = true;
        if self.take(b'.') {
            whole = false;
            self.digits()?;
        }
        let mut exact = true;
        if self.take(b'e') || self.take(b'E') {
            exact = false;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        self.boundary()?;
        let text = self.source.get(start..self.at).unwrap_or_default();
        if exact
            && whole
            && let Ok(number) = text.parse()
        {
            return Ok(Value::Integer(number));
        }
        if exact && let Ok(number) = text.parse::<Decimal>() {
            return Ok(Value::Decimal(number));
        }
        // More digits than a decimal holds, or an exponent.
        Ok(Value::Double(text.parse().unwrap_or(f64::NAN)))
    }

    fn digits(&mut self) -> Result<(), Error> {
        let digits = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            return Err(self.expected("a digit"));
        }
        self.at += digits;
        Ok(())
    }

    /// Checks that a literal does not run into a word.
    fn boundary(&self) -> Result<(), Error> {
        let goes_on = |character: char| {
            character.is_alphanumeric() || matches!(character, '_' | '.' | '\'' | '-' | ':' | '%')
        };
        // `case(x:1)` and `key:1` have a colon after literals.
        match self.rest().chars().next() {
            Some(':') => Ok(()),
            Some(character) if goes_on(character) => {
                Err(self.expected("an operator or end of input"))
            }
            Some(_) | None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::Budget;
    use crate::text::{Plus, Text};

    fn literal(raw: &str) -> Result<Kind, Error> {
        let text = Text::decode(raw, 0, Plus::IsBlank)?;
        let mut budget = Budget::default();
        let read = Parser::new(&text, Version::V40, &mut budget).whole()?;
        Ok(read.kind)
    }

    fn written(raw: &str) -> String {
        let written = format!("{:?}", literal(raw).unwrap());
        let inner = written.strip_prefix("Literal(");
        inner
            .and_then(|inner| inner.strip_suffix(')'))
            .unwrap_or(&written)
            .to_owned()
    }

    #[test]
    fn every_kind_of_literal_is_read() {
        for (raw, expected) in [
            ("null", "Null"),
            ("true", "Boolean(true)"),
            ("5", "Integer(5)"),
            ("-5", "Integer(-5)"),
            ("%2B42", "Integer(42)"),
            ("5e0", "Double(5.0)"),
            ("%2B0.314e%2B1", "Double(3.14)"),
            ("-INF", "Double(-inf)"),
            ("INF", "Double(inf)"),
            ("NaN", "Double(NaN)"),
            ("'O''Neil'", "String(\"O'Neil\")"),
            ("%27O'%27Neil'", "String(\"O'Neil\")"),
            ("''", "String(\"\")"),
            ("binary'Zm9v'", "Binary([102, 111, 111])"),
            ("binary'Zg=='", "Binary([102])"),
            ("binary''", "Binary([])"),
        ] {
            assert_eq!(written(raw), expected, "{raw}");
        }
        for (raw, start) in [
            ("3.14", "Decimal("),
            ("9223372036854775808", "Decimal("),
            ("2024-01-01", "Date("),
            ("11:22:33.4444444", "TimeOfDay("),
            ("2012-09-03T23%3A59%2B01%3A00", "DateTimeOffset("),
            ("01234567-89ab-cdef-0123-456789abcdef", "Guid("),
            ("a1234567-89ab-cdef-0123-456789abcdef", "Guid("),
            ("duration'P6DT23H59M59.9999S'", "Duration("),
            ("Sales.Pattern'Solid,Yellow'", "Enumeration("),
            ("geography'SRID=0;Point(142.1 64.1)'", "Spatial("),
        ] {
            assert!(written(raw).starts_with(start), "{raw}: {}", written(raw));
        }
    }

    #[test]
    fn broken_literals_are_refused_where_they_break() {
        for (raw, position) in [
            ("42.", 3),
            (".1", 0),
            ("-0.314e1e2", 8),
            ("5L", 1),
            ("'abc", 0),
            ("'O'Neil'", 3),
            ("binary'A'", 6),
            ("X'1a2B3c4D'", 1),
            ("duration'P1Y'", 8),
            ("2024-13-01", 4),
            ("\"x\"", 0),
            ("1e", 2),
        ] {
            assert_eq!(
                literal(raw).unwrap_err().position(),
                Some(position),
                "{raw}"
            );
        }
    }
}
