//! `$compute`: expressions with names
//! ([URL Conventions, 5.1.10](https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html#sec_SystemQueryOptioncompute)).

use std::fmt::{self, Display, Formatter};

use crate::Error;
use crate::expression::{Expression, Parser};

/// An item of `$compute`.
#[derive(Debug, Clone, PartialEq)]
pub struct Computed {
    /// What to compute.
    pub expression: Expression,
    /// The name of the result.
    pub name: String,
}

impl Parser<'_> {
    /// Reads `expression as name,…`.
    pub(super) fn compute(&mut self) -> Result<Vec<Computed>, Error> {
        self.comma_separated(|parser| {
            let expression = parser.expression()?;
            let name = parser
                .alias()?
                .ok_or_else(|| parser.expected("an operator or \"as\""))?;
            Ok(Computed { expression, name })
        })
    }

    /// Reads `as name`, if that comes next.
    pub(super) fn alias(&mut self) -> Result<Option<String>, Error> {
        if !self.take_keyword("as") {
            return Ok(None);
        }
        self.simple_name("a name").map(Some)
    }

    /// Reads a name without a namespace.
    pub(super) fn simple_name(&mut self, what: &str) -> Result<String, Error> {
        let start = self.at;
        let name = self.word(what)?;
        if let Some(point) = name.find('.') {
            self.at = start + point;
            return Err(self.expected("the end of the name"));
        }
        Ok(name.to_owned())
    }

    /// Reads items with commas between them.
    pub(super) fn comma_separated<T>(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let mut items = Vec::new();
        loop {
            self.skip_blanks();
            items.push(read(self)?);
            self.skip_blanks();
            if !self.take(b',') {
                return Ok(items);
            }
        }
    }
}

impl Display for Computed {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} as {}", self.expression, self.name)
    }
}
