//! Percent-decoded pieces of a URL that remember where each byte came from.
//!
//! A URL is split at its delimiters first and decoded afterwards
//! ([OData URL Conventions, 2](https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html#sec_URLComponents));
//! error positions still have to point into the raw URL. Nothing here knows
//! what the text means.

use std::borrow::Cow;

use crate::Error;

/// What `+` stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plus {
    /// In a query, where form encoders write it for a blank.
    IsBlank,
    /// In a path.
    IsPlus,
}

/// A decoded text with the raw position of each of its bytes.
#[derive(Debug, Clone)]
pub(crate) struct Text<'a> {
    decoded: Cow<'a, str>,
    origin: Origin,
}

#[derive(Debug, Clone)]
enum Origin {
    /// Nothing was encoded: byte `i` stands at this position plus `i`.
    Plain(usize),
    /// Raw position of each decoded byte, and of the end.
    Mapped(Vec<usize>),
}

impl<'a> Text<'a> {
    /// Decodes `raw`, which starts at `position` of the URL.
    pub(crate) fn decode(raw: &'a str, position: usize, plus: Plus) -> Result<Self, Error> {
        let escaped = |byte: &u8| *byte == b'%' || (*byte == b'+' && plus == Plus::IsBlank);
        if !raw.as_bytes().iter().any(escaped) {
            return Ok(Self {
                decoded: Cow::Borrowed(raw),
                origin: Origin::Plain(position),
            });
        }
        let (bytes, positions) = unescape(raw.as_bytes(), position, plus)?;
        match String::from_utf8(bytes) {
            Ok(decoded) => Ok(Self {
                decoded: Cow::Owned(decoded),
                origin: Origin::Mapped(positions),
            }),
            Err(error) => {
                let bad = error.utf8_error().valid_up_to();
                Err(Error::syntax(
                    positions.get(bad).copied().unwrap_or(position),
                    "Expected UTF-8 but other bytes found",
                ))
            }
        }
    }

    /// Takes a text that never was part of a URL.
    pub(crate) const fn plain(text: &'a str) -> Self {
        Self {
            decoded: Cow::Borrowed(text),
            origin: Origin::Plain(0),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.decoded
    }

    /// Whether the decoded byte at `index` was percent-encoded.
    pub(crate) fn is_encoded(&self, index: usize) -> bool {
        self.position(index + 1) - self.position(index) > 1
    }

    /// Where the decoded byte at `index` stands in the raw URL.
    pub(crate) fn position(&self, index: usize) -> usize {
        match &self.origin {
            Origin::Plain(start) => start + index,
            Origin::Mapped(positions) => positions
                .get(index)
                .or(positions.last())
                .copied()
                .unwrap_or_default(),
        }
    }
}

fn unescape(raw: &[u8], start: usize, plus: Plus) -> Result<(Vec<u8>, Vec<usize>), Error> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut positions = Vec::with_capacity(raw.len() + 1);
    let mut rest = raw;
    while let Some((&first, tail)) = rest.split_first() {
        let position = start + raw.len() - rest.len();
        positions.push(position);
        let (byte, tail) = match first {
            b'%' => escape(tail).ok_or_else(|| {
                Error::syntax(position, "Expected two hexadecimal digits after \"%\"")
            })?,
            b'+' if plus == Plus::IsBlank => (b' ', tail),
            other => (other, tail),
        };
        bytes.push(byte);
        rest = tail;
    }
    positions.push(start + raw.len());
    Ok((bytes, positions))
}

fn escape(after_percent: &[u8]) -> Option<(u8, &[u8])> {
    let (&[high, low], tail) = after_percent.split_first_chunk()?;
    Some((hex(high)? << 4 | hex(low)?, tail))
}

/// The value of a hexadecimal digit.
pub(crate) fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(raw: &str, plus: Plus) -> Result<(String, Vec<usize>), Error> {
        let text = Text::decode(raw, 10, plus)?;
        let end = text.as_str().len();
        Ok((
            text.as_str().to_owned(),
            (0..=end).map(|i| text.position(i)).collect(),
        ))
    }

    #[test]
    fn plain_text_is_borrowed_and_keeps_its_positions() {
        assert_eq!(
            decode("ab", Plus::IsBlank),
            Ok(("ab".to_owned(), vec![10, 11, 12]))
        );
    }

    #[test]
    fn an_escape_counts_three_raw_bytes() {
        assert_eq!(
            decode("a%20b", Plus::IsPlus),
            Ok(("a b".to_owned(), vec![10, 11, 14, 15]))
        );
    }

    #[test]
    fn plus_is_a_blank_in_queries_only() {
        assert_eq!(decode("a+b", Plus::IsBlank).unwrap().0, "a b");
        assert_eq!(decode("a+b", Plus::IsPlus).unwrap().0, "a+b");
        assert_eq!(decode("a%2Bb", Plus::IsBlank).unwrap().0, "a+b");
    }

    #[test]
    fn broken_escapes_and_broken_utf8_are_refused_where_they_stand() {
        for (raw, position) in [
            ("ab%", 12),
            ("ab%2", 12),
            ("%zz", 10),
            ("a%C3%28", 11),
            ("x%ED%A0%80", 11),
            ("%+1", 10),
        ] {
            assert_eq!(
                decode(raw, Plus::IsBlank).unwrap_err().position(),
                Some(position),
                "{raw}"
            );
        }
    }
}
