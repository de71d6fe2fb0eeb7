//! The parser's place in its text: looking, stepping, and saying what was
//! expected there.

use std::ops::Range;

use super::Parser;
use crate::{Error, Version};

impl<'t> Parser<'t> {
    pub(crate) fn peek(&self) -> Option<u8> {
        self.byte(self.at)
    }

    pub(crate) fn byte(&self, index: usize) -> Option<u8> {
        self.source.as_bytes().get(index).copied()
    }

    /// The text that is not yet read.
    pub(crate) fn rest(&self) -> &'t str {
        self.rest_from(self.at)
    }

    /// The text from `index` on.
    pub(crate) fn rest_from(&self, index: usize) -> &'t str {
        self.source.get(index..).unwrap_or_default()
    }

    /// What was read since `start`.
    pub(crate) fn read_since(&self, start: usize) -> &'t str {
        self.source.get(start..self.at).unwrap_or_default()
    }

    /// Skips blanks, if there are any.
    pub(crate) fn skip_blanks(&mut self) {
        self.at = self.after_blanks(self.at);
    }

    pub(crate) fn after_blanks(&self, mut index: usize) -> usize {
        while matches!(self.byte(index), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            index += 1;
        }
        index
    }

    /// Reads `asc` or `desc` after an expression; whether it is `desc`.
    pub(crate) fn direction(&mut self) -> bool {
        let start = self.after_blanks(self.at);
        let word = self.word_at(start).filter(|_| start > self.at);
        let is = |direction: &str| {
            word.is_some_and(|word| {
                word == direction
                    || (self.version == Version::V401 && word.eq_ignore_ascii_case(direction))
            })
        };
        let descending = is("desc");
        if descending || is("asc") {
            self.at = start + word.map_or(0, str::len);
        }
        descending
    }

    /// Reads the word `word` with blanks around it, as in `name as alias`.
    pub(crate) fn take_keyword(&mut self, word: &str) -> bool {
        let start = self.after_blanks(self.at);
        let end = start + word.len();
        let after = self.after_blanks(end);
        let found = start > self.at && after > end && self.word_at(start) == Some(word);
        if found {
            self.at = after;
        }
        found
    }

    /// Reads `byte` if it comes next.
    pub(crate) fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Reads `byte`, which has to come next.
    pub(crate) fn expect(&mut self, byte: u8) -> Result<(), Error> {
        if self.take(byte) {
            return Ok(());
        }
        Err(self.expected(&format!("\"{}\"", char::from(byte))))
    }

    /// Whether everything is read.
    pub(crate) fn is_done(&self) -> bool {
        self.at >= self.source.len()
    }

    /// Checks that everything is read.
    pub(crate) fn end(&mut self, expected: &str) -> Result<(), Error> {
        if self.is_done() {
            return Ok(());
        }
        let behind = self.after_blanks(self.at);
        if behind < self.source.len() {
            self.at = behind;
        }
        Err(self.expected(expected))
    }

    /// `Expected … but … found`, here.
    pub(crate) fn expected(&self, what: &str) -> Error {
        let found = match self.rest().chars().next() {
            Some(character) => format!("\"{character}\""),
            None => "end of input".to_owned(),
        };
        let hint = if found == "\"\"\"" {
            "; texts stand in single quotes"
        } else {
            ""
        };
        Error::syntax(
            self.position(),
            format!("Expected {what} but {found} found{hint}"),
        )
    }

    /// `… not supported`, here.
    pub(crate) fn unsupported(&self, what: &str) -> Error {
        Error::not_implemented(format!("{what} not supported")).at(self.position())
    }

    /// Where the next byte stands in the raw URL.
    pub(crate) fn position(&self) -> usize {
        self.text.position(self.at)
    }

    pub(super) fn span(&self, start: usize) -> Range<usize> {
        self.text.position(start)..self.text.position(self.at)
    }
}
