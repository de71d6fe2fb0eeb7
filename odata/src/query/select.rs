//! `$select`: which properties bodies show
//! ([URL Conventions, 5.1.4](https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html#sec_SystemQueryOptionselect)).

use std::fmt::{self, Display, Formatter};
use std::ops::Range;

use super::{Place, Query};
use crate::Error;
use crate::expression::Parser;

/// An item of `$select`.
#[derive(Debug, Clone, PartialEq)]
pub struct Selected {
    /// `*`, a property, an operation, or a path.
    pub path: String,
    /// The options in parentheses after it.
    pub options: Option<Box<Query>>,
    /// Byte range in the raw URL.
    pub span: Range<usize>,
}

impl Parser<'_> {
    /// Reads the items of `$select`.
    pub(super) fn select(&mut self) -> Result<Vec<Selected>, Error> {
        self.comma_separated(Self::selected)
    }

    fn selected(&mut self) -> Result<Selected, Error> {
        let start = self.position();
        let mut path = self.item_path()?;
        let mut options = None;
        if self.peek() == Some(b'(') {
            if self.at_parameter_names() {
                path.push_str(&self.parameter_names()?);
            } else {
                options = Some(Box::new(self.options(Place::Select)?));
            }
        }
        Ok(Selected {
            path,
            options,
            span: start..self.position(),
        })
    }

    /// Reads the path of an item of `$select` or `$expand`, up to a segment
    /// that starts with `$`.
    pub(super) fn item_path(&mut self) -> Result<String, Error> {
        let start = self.at;
        loop {
            self.spend()?;
            if self.peek() == Some(b'@') {
                self.annotation()?;
            } else if !self.take(b'*') {
                self.word("a property name")?;
                if self.take(b'.') {
                    self.expect(b'*')?;
                }
            }
            if !self.rest().starts_with('/') || self.rest().starts_with("/$") {
                return Ok(self.read_since(start).to_owned());
            }
            self.at += 1;
        }
    }

    /// Whether `(name,name)` comes next: the parameters that tell overloads
    /// of a function apart.
    fn at_parameter_names(&self) -> bool {
        let inside = self.after_blanks(self.at + 1);
        let word = self.word_at(inside).unwrap_or_default();
        let after = self.after_blanks(inside + word.len());
        !word.is_empty() && matches!(self.byte(after), Some(b',' | b')'))
    }

    fn parameter_names(&mut self) -> Result<String, Error> {
        self.expect(b'(')?;
        let names = self.comma_separated(|parser| parser.simple_name("a parameter name"))?;
        self.expect(b')')?;
        Ok(format!("({})", names.join(",")))
    }
}

impl Display for Selected {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        match &self.options {
            Some(options) => write!(f, "({})", options.inside()),
            None => Ok(()),
        }
    }
}
