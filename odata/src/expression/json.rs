//! Arrays and objects in URLs: JSON whose values may be expressions.

use super::parser::tallest;
use super::{Expression, Kind, Parser};
use crate::Error;
use crate::text::hex;

impl Parser<'_> {
    /// Reads `[…]`.
    pub(super) fn array(&mut self) -> Result<Expression, Error> {
        let start = self.at;
        self.expect(b'[')?;
        let mut items = Vec::new();
        self.members(b']', |parser| {
            items.push(parser.expression()?);
            Ok(())
        })?;
        let height = tallest(&items);
        self.node(Kind::List(items), start, height)
    }

    /// Reads `{…}`.
    pub(super) fn object(&mut self) -> Result<Expression, Error> {
        let start = self.at;
        self.expect(b'{')?;
        let mut members = Vec::new();
        self.members(b'}', |parser| {
            let name = parser.json_string()?;
            parser.skip_blanks();
            parser.expect(b':')?;
            parser.skip_blanks();
            members.push((name, parser.expression()?));
            Ok(())
        })?;
        let height = tallest(members.iter().map(|(_, value)| value));
        self.node(Kind::Object(members), start, height)
    }

    fn members(
        &mut self,
        close: u8,
        mut read: impl FnMut(&mut Self) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let outside = std::mem::replace(&mut self.json, true);
        self.skip_blanks();
        let mut first = true;
        while !self.take(close) {
            if !first {
                self.expect(b',')?;
                self.skip_blanks();
            }
            first = false;
            self.nested(&mut read)?;
            self.skip_blanks();
        }
        self.json = outside;
        Ok(())
    }

    /// Reads `"…"`.
    pub(super) fn json_string(&mut self) -> Result<String, Error> {
        self.expect(b'"')?;
        let mut text = String::new();
        loop {
            let plain = self.rest().find(['"', '\\']);
            let Some(length) = plain else {
                self.at = self.source.len();
                return Err(self.expected("a closing quote"));
            };
            text.push_str(self.rest().get(..length).unwrap_or_default());
            self.at += length;
            if self.take(b'"') {
                return Ok(text);
            }
            self.at += 1;
            text.push(self.json_escape()?);
        }
    }

    fn json_escape(&mut self) -> Result<char, Error> {
        let escape = self.peek();
        self.at += usize::from(escape.is_some_and(|byte| byte.is_ascii()));
        Ok(match escape {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.json_unicode(),
            Some(_) | None => return Err(self.expected("a JSON escape before")),
        })
    }

    fn json_unicode(&mut self) -> Result<char, Error> {
        let bad = Error::syntax(self.position(), "Expected four hexadecimal digits");
        let first = self.json_unit().ok_or_else(|| bad.clone())?;
        let high = u32::from(first);
        if let Some(character) = char::from_u32(high) {
            return Ok(character);
        }
        // A surrogate pair is written as two escapes.
        let low = (self.take(b'\\') && self.take(b'u'))
            .then(|| self.json_unit())
            .flatten()
            .ok_or_else(|| bad.clone())?;
        char::decode_utf16([first, low])
            .next()
            .and_then(Result::ok)
            .ok_or(bad)
    }

    fn json_unit(&mut self) -> Option<u16> {
        let mut unit = 0;
        for _ in 0..4 {
            unit = unit << 4 | u16::from(hex(self.peek()?)?);
            self.at += 1;
        }
        Some(unit)
    }
}
