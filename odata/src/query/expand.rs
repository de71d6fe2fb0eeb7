//! `$expand`: which related entities bodies show, and how
//! ([URL Conventions, 5.1.3](https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html#sec_SystemQueryOptionexpand)).

use std::fmt::{self, Display, Formatter};
use std::ops::Range;

use super::{Place, Query};
use crate::Error;
use crate::expression::Parser;

/// An item of `$expand`.
#[derive(Debug, Clone, PartialEq)]
pub struct Expand {
    /// A navigation property, `*`, `$value`, or a path.
    pub path: String,
    /// What of the entities is shown.
    pub show: Show,
    /// The options in parentheses after it.
    pub options: Query,
    /// Byte range in the raw URL.
    pub span: Range<usize>,
}

/// What of related entities is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// The entities.
    Entities,
    /// References to them: `/$ref`.
    References,
    /// How many there are: `/$count`.
    Count,
}

/// How often an expansion is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Levels {
    /// As often as this.
    Number(u64),
    /// As often as the service can.
    Max,
}

impl Parser<'_> {
    /// Reads the items of `$expand`.
    pub(super) fn expand(&mut self) -> Result<Vec<Expand>, Error> {
        self.comma_separated(Self::expanded)
    }

    fn expanded(&mut self) -> Result<Expand, Error> {
        let start = self.position();
        let media = self.rest().starts_with("$value");
        let path = if media {
            self.at += "$value".len();
            "$value".to_owned()
        } else {
            self.item_path()?
        };
        let mut show = Show::Entities;
        for (segment, shows) in [("/$ref", Show::References), ("/$count", Show::Count)] {
            if !media && self.rest().starts_with(segment) {
                self.at += segment.len();
                show = shows;
                break;
            }
        }
        let star = path == "*" || path.ends_with("/*");
        if star && show == Show::Count {
            return Err(self.expected("a navigation property before \"/$count\""));
        }
        let place = match show {
            Show::Entities if star => Some(Place::Star),
            Show::Entities => Some(Place::Expand),
            Show::References if star => None,
            Show::References => Some(Place::References),
            Show::Count => Some(Place::Count),
        };
        let options = match place.filter(|_| self.peek() == Some(b'(')) {
            Some(place) => self.options(place)?,
            None => Query {
                version: self.version,
                ..Query::default()
            },
        };
        Ok(Expand {
            path,
            show,
            options,
            span: start..self.position(),
        })
    }

    /// Reads the value of `$levels`.
    pub(super) fn levels(&mut self) -> Result<Levels, Error> {
        if self
            .word_at(self.at)
            .is_some_and(|word| self.is_keyword(word, "max"))
        {
            self.at += "max".len();
            return Ok(Levels::Max);
        }
        if self.peek() == Some(b'0') {
            return Err(self.expected("a positive integer or \"max\""));
        }
        self.natural_number().map(Levels::Number)
    }
}

impl Display for Expand {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        f.write_str(match self.show {
            Show::Entities => "",
            Show::References => "/$ref",
            Show::Count => "/$count",
        })?;
        match self.options.inside().to_string() {
            none if none.is_empty() => Ok(()),
            options => write!(f, "({options})"),
        }
    }
}

impl Display for Levels {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Max => f.write_str("max"),
        }
    }
}
