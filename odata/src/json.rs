//! A pull reader for JSON ([RFC 8259](https://www.rfc-editor.org/rfc/rfc8259))
//! that keeps values as they are written.

use std::borrow::Cow;

use crate::text::hex;

/// Deeper values are refused, here and by most parsers that would read them.
const DEEPEST: usize = 100;

/// What is wrong with a text that is no JSON, or too deep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotJson(pub(crate) String);

type Read<T> = Result<T, NotJson>;

#[derive(Debug)]
pub(crate) struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    pub(crate) const fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// Checks that everything is read.
    pub(crate) fn end(&mut self) -> Read<()> {
        match self.next_token() {
            None => Ok(()),
            Some(_) => Err(self.expected("the end")),
        }
    }

    /// Reads an object; `read` gets the name of each member and reads its value.
    pub(crate) fn object<E: From<NotJson>>(
        &mut self,
        mut read: impl FnMut(&mut Self, &str) -> Result<(), E>,
    ) -> Result<(), E> {
        self.list(b'{', b'}', |reader| {
            let name = reader.name()?;
            read(reader, &name)
        })
    }

    /// Reads an array; `read` reads each item.
    pub(crate) fn array<E: From<NotJson>>(
        &mut self,
        read: impl FnMut(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        self.list(b'[', b']', read)
    }

    fn list<E: From<NotJson>>(
        &mut self,
        open: u8,
        close: u8,
        mut read: impl FnMut(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        self.expect(open)?;
        if self.take(close) {
            return Ok(());
        }
        loop {
            read(self)?;
            if !self.take(b',') {
                return Ok(self.expect(close)?);
            }
        }
    }

    /// Reads any value and gives its text.
    pub(crate) fn value(&mut self) -> Read<&'t str> {
        self.next_token();
        let start = self.at;
        self.skip(DEEPEST)?;
        Ok(self.text.get(start..self.at).unwrap_or_default())
    }

    fn skip(&mut self, depth: usize) -> Read<()> {
        let inside = depth.checked_sub(1);
        let inside = inside.ok_or_else(|| self.expected("less nesting"))?;
        match self.next_token() {
            Some(b'{') => self.object(|reader, _| reader.skip(inside)),
            Some(b'[') => self.array(|reader| reader.skip(inside)),
            Some(b'"') => self.string().map(drop),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => {
                let words = ["true", "false", "null"];
                let mut found = words.iter().filter(|it| self.rest().starts_with(**it));
                let word = found.next().ok_or_else(|| self.expected("a value"))?;
                self.at += word.len();
                Ok(())
            }
        }
    }

    fn number(&mut self) -> Read<()> {
        self.one_of(b"-");
        // A zero in front stands alone.
        if !self.one_of(b"0") {
            self.digits()?;
        }
        if self.one_of(b".") {
            self.digits()?;
        }
        if self.one_of(b"eE") {
            self.one_of(b"+-");
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Read<()> {
        let start = self.at;
        while self.one_of(b"0123456789") {}
        if self.at == start {
            return Err(self.expected("a digit"));
        }
        Ok(())
    }

    fn name(&mut self) -> Read<Cow<'t, str>> {
        let name = self.string()?;
        self.expect(b':')?;
        Ok(name)
    }

    /// Reads `"…"`.
    pub(crate) fn string(&mut self) -> Read<Cow<'t, str>> {
        self.expect(b'"')?;
        let mut text = Cow::Borrowed("");
        loop {
            let special = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
            let length = self.rest().bytes().position(special);
            let plain = length.and_then(|length| self.rest().get(..length));
            let plain = plain.ok_or_else(|| self.expected("a closing quote"))?;
            self.at += plain.len();
            // Borrows as long as there is nothing to append to.
            text += plain;
            if self.one_of(b"\"") {
                return Ok(text);
            }
            let escape = self.rest().strip_prefix('\\').and_then(escape);
            let (character, length) = escape.ok_or_else(|| self.expected("an escape"))?;
            text.to_mut().push(character);
            self.at += 1 + length;
        }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Skips blanks.
    pub(crate) fn next_token(&mut self) -> Option<u8> {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
        self.peek()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.next_token() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Reads one of these if it comes next, without blanks.
    fn one_of(&mut self, bytes: &[u8]) -> bool {
        let found = self.peek().is_some_and(|byte| bytes.contains(&byte));
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, byte: u8) -> Read<()> {
        if self.take(byte) {
            return Ok(());
        }
        Err(self.expected(&format!("\"{}\"", char::from(byte))))
    }

    fn expected(&self, what: &str) -> NotJson {
        NotJson(format!("Expected {what} at byte {} of the JSON", self.at))
    }
}

/// The character that follows a backslash as an escape, and the escape's length.
fn escape(text: &str) -> Option<(char, usize)> {
    let character = match text.bytes().next()? {
        byte @ (b'"' | b'\\' | b'/') => char::from(byte),
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return unicode(text),
        _ => return None,
    };
    Some((character, 1))
}

fn unicode(text: &str) -> Option<(char, usize)> {
    let unit = |at: usize| {
        let digits = text.get(at..at + 4)?;
        digits
            .bytes()
            .try_fold(0, |unit, digit| Some(unit << 4 | u16::from(hex(digit)?)))
    };
    let first = unit(1)?;
    if let Some(character) = char::from_u32(first.into()) {
        return Some((character, 5));
    }
    // A surrogate pair is written as two escapes.
    let second = text.get(5..7).filter(|it| *it == "\\u").and(unit(7))?;
    let character = char::decode_utf16([first, second]).next()?.ok()?;
    Some((character, 11))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value(text: &str) -> Option<&str> {
        let mut reader = Reader::new(text);
        let value = reader.value().ok()?;
        reader.end().ok().map(|()| value)
    }

    #[test]
    fn values_are_kept_as_written() {
        for text in [
            "1.50e+03",
            "-0",
            "true",
            "{}",
            "[ ]",
            r#"{"a" : [1, {"b":[[]]}] , "\u0063":null}"#,
            r#""a\/\ud83d\ude00""#,
        ] {
            assert_eq!(value(&format!(" {text}\n")), Some(text));
        }
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in [
            "",
            "{",
            "[1,]",
            "{\"a\"}",
            "{\"a\":}",
            "{a:1}",
            "01",
            "1.",
            "-",
            "1e",
            "nul",
            "tru",
            "\"",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\\ud800\"",
            "\"\\ud800\\u0041\"",
            "\"\n\"",
            "[1 2]",
            "}",
            "1 1",
            "[}",
            "{]",
            "\"a",
            "\u{a0}1",
            "{\"a\":1,}",
            "[1",
            "{\"a\":1",
        ] {
            assert_eq!(value(text), None, "{text}");
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(value(&nested(DEEPEST)).is_some());
        assert!(value(&nested(DEEPEST + 1)).is_none());
        assert!(value(&"{\"a\":".repeat(1_000_000)).is_none());
    }

    #[test]
    fn strings_are_decoded() {
        let text = |json| Reader::new(json).string().unwrap();
        assert_eq!(
            text(r#""\"\\\/\b\f\n\r\t\u00fc""#),
            "\"\\/\u{8}\u{c}\n\r\tü"
        );
        assert_eq!(text(r#""\ud83d\ude00 x""#), "😀 x");
        assert!(matches!(text("\"plain\""), Cow::Borrowed("plain")));
    }

    proptest! {
        #[test]
        fn it_agrees_with_another_parser(
            text in r#"([\[\]{}:,"\\eE+.\-0-9a-fnrtu \n]|true|null|"[a-z]*"|\{"a":|\\u00e4){0,12}"#
        ) {
            let other = serde_json::from_str::<serde_json::Value>(&text);
            prop_assert_eq!(value(&text).is_some(), other.is_ok(), "{}", text);
            if let Ok(serde_json::Value::String(other)) = other {
                prop_assert_eq!(Reader::new(&text).string().unwrap(), other);
            }
        }
    }
}
