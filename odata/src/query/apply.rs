//! `$apply`: transformations of a collection
//! ([Data Aggregation, 3](https://docs.oasis-open.org/odata/odata-data-aggregation-ext/v4.0/odata-data-aggregation-ext-v4.0.html)).
//!
//! What the extension knows and this library does not is refused as
//! unsupported as soon as its name is read.

use std::fmt::{self, Display, Formatter};
use std::ops::Range;

use super::{Computed, OrderBy, Search};
use crate::Error;
use crate::expression::{Expression, Parser, separated};

/// A set transformation.
#[derive(Debug, Clone, PartialEq)]
pub enum Transformation {
    /// `aggregate(…)`
    Aggregate(Vec<Aggregate>),
    /// `compute(…)`
    Compute(Vec<Computed>),
    /// `concat(…,…)`, two sequences or more.
    Concat(Vec<Vec<Transformation>>),
    /// `filter(…)`
    Filter(Expression),
    /// `groupby((…),…)`; without a sequence there is one row a group.
    GroupBy(Vec<Grouping>, Option<Vec<Transformation>>),
    /// `identity`
    Identity,
    /// `orderby(…)`
    OrderBy(Vec<OrderBy>),
    /// `topcount(number,expression)` and its like.
    Rank(Rank, Expression, Expression),
    /// `search(…)`
    Search(Search),
    /// `skip(…)`
    Skip(u64),
    /// `top(…)`
    Top(u64),
}

/// Which rows have the greatest or the least values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rank {
    /// Whether the greatest are meant.
    pub top: bool,
    /// How it is said how many.
    pub until: Until,
}

/// How it is said how many rows are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// This many.
    Count,
    /// As many as it takes for their values to have this sum.
    Sum,
    /// As many as it takes for this part of the sum of all values.
    Percent,
}

impl Rank {
    const ALL: [(&str, Self); 6] = [
        ("topcount", Self::new(true, Until::Count)),
        ("topsum", Self::new(true, Until::Sum)),
        ("toppercent", Self::new(true, Until::Percent)),
        ("bottomcount", Self::new(false, Until::Count)),
        ("bottomsum", Self::new(false, Until::Sum)),
        ("bottompercent", Self::new(false, Until::Percent)),
    ];

    const fn new(top: bool, until: Until) -> Self {
        Self { top, until }
    }

    fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|(it, _)| *it == name).map(|(_, rank)| rank)
    }
}

impl Display for Rank {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let found = Self::ALL.iter().find(|(_, rank)| rank == self);
        f.write_str(found.map_or("", |(name, _)| name))
    }
}

/// A property that rows are grouped by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grouping {
    /// The property, or a path to it.
    pub path: String,
    /// Byte range in the raw URL.
    pub span: Range<usize>,
}

/// An item of `aggregate`.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    /// What is aggregated.
    pub what: Aggregated,
    /// The name of the result; that of the custom aggregate without it.
    pub name: Option<String>,
    /// Byte range in the raw URL.
    pub span: Range<usize>,
}

/// What is aggregated.
#[derive(Debug, Clone, PartialEq)]
pub enum Aggregated {
    /// `$count`: the rows.
    Rows,
    /// `… with …`: the values of an expression.
    Values(Expression, Method),
    /// A custom aggregate, or the number of related entities.
    Custom(Expression),
}

/// How values become one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Method {
    /// `sum`
    Sum,
    /// `min`
    Min,
    /// `max`
    Max,
    /// `average`
    Average,
    /// `countdistinct`
    CountDistinct,
    /// One that the service defines, by its qualified name.
    Custom(String),
}

/// Transformations that this library does not do.
const UNSUPPORTED: [&str; 8] = [
    "addnested",
    "ancestors",
    "descendants",
    "join",
    "nest",
    "outerjoin",
    "traverse",
    "rollup",
];

impl Parser<'_> {
    /// Reads transformations with slashes between them.
    pub(super) fn apply(&mut self) -> Result<Vec<Transformation>, Error> {
        let mut sequence = Vec::new();
        loop {
            self.skip_blanks();
            self.spend()?;
            sequence.push(self.nested(Self::transformation)?);
            self.skip_blanks();
            if !self.take(b'/') {
                return Ok(sequence);
            }
        }
    }

    fn transformation(&mut self) -> Result<Transformation, Error> {
        let start = self.at;
        let name = self.word("a transformation")?;
        if name == "identity" {
            return Ok(Transformation::Identity);
        }
        if name.contains('.') || UNSUPPORTED.contains(&name) {
            self.at = start;
            return Err(self.unsupported(&format!("Transformation \"{name}\" is")));
        }
        if let Some(rank) = Rank::named(name) {
            return self.rank(rank);
        }
        let read: fn(&mut Self) -> Result<Transformation, Error> = match name {
            "aggregate" => |it| {
                Ok(Transformation::Aggregate(
                    it.comma_separated(Self::aggregate)?,
                ))
            },
            "compute" => |it| Ok(Transformation::Compute(it.compute()?)),
            "concat" => Self::concat,
            "filter" => |it| Ok(Transformation::Filter(it.expression()?)),
            "groupby" => Self::group_by,
            "orderby" => |it| Ok(Transformation::OrderBy(it.order_by()?)),
            "search" => |it| Ok(Transformation::Search(it.search()?)),
            "skip" => |it| Ok(Transformation::Skip(it.natural_number()?)),
            "top" => |it| Ok(Transformation::Top(it.natural_number()?)),
            _ => {
                self.at = start;
                return Err(self.expected("a transformation"));
            }
        };
        self.expect(b'(')?;
        self.skip_blanks();
        let transformation = read(self)?;
        self.skip_blanks();
        self.expect(b')')?;
        Ok(transformation)
    }

    fn rank(&mut self, rank: Rank) -> Result<Transformation, Error> {
        self.expect(b'(')?;
        self.skip_blanks();
        let number = self.expression()?;
        self.skip_blanks();
        self.expect(b',')?;
        self.skip_blanks();
        let by = self.expression()?;
        self.skip_blanks();
        self.expect(b')')?;
        Ok(Transformation::Rank(rank, number, by))
    }

    fn concat(&mut self) -> Result<Transformation, Error> {
        let sequences = self.comma_separated(Self::apply)?;
        if sequences.len() < 2 {
            return Err(self.expected("\",\" and another sequence"));
        }
        Ok(Transformation::Concat(sequences))
    }

    fn group_by(&mut self) -> Result<Transformation, Error> {
        self.expect(b'(')?;
        let groupings = self.comma_separated(Self::grouping)?;
        self.expect(b')')?;
        self.skip_blanks();
        let sequence = self.take(b',').then(|| self.apply()).transpose()?;
        Ok(Transformation::GroupBy(groupings, sequence))
    }

    fn grouping(&mut self) -> Result<Grouping, Error> {
        let (from, start) = (self.at, self.position());
        self.spend()?;
        let first = self.word("a property name")?;
        if matches!(first, "rollup" | "rolluprecursive") && self.peek() == Some(b'(') {
            return Err(self.unsupported(&format!("\"{first}\" is")));
        }
        let mut last = first;
        while self.take(b'/') {
            self.spend()?;
            last = self.word("a property name")?;
        }
        if last.contains('.') {
            return Err(self.expected("a property of the type"));
        }
        Ok(Grouping {
            path: self.read_since(from).to_owned(),
            span: start..self.position(),
        })
    }

    fn aggregate(&mut self) -> Result<Aggregate, Error> {
        let start = self.position();
        let rows = self.rest().starts_with("$count");
        let (what, must_have_name) = if rows {
            self.at += "$count".len();
            (Aggregated::Rows, true)
        } else {
            let expression = self.expression()?;
            if self.take_keyword("with") {
                (Aggregated::Values(expression, self.method()?), true)
            } else {
                let counts = expression.is_count();
                (Aggregated::Custom(expression), counts)
            }
        };
        if self.take_keyword("from") {
            return Err(self.unsupported("\"from\" is"));
        }
        let name = self.alias()?;
        if must_have_name && name.is_none() {
            return Err(self.expected("\"as\" and a name"));
        }
        Ok(Aggregate {
            what,
            name,
            span: start..self.position(),
        })
    }

    fn method(&mut self) -> Result<Method, Error> {
        let start = self.at;
        Ok(match self.word("an aggregation method")? {
            "sum" => Method::Sum,
            "min" => Method::Min,
            "max" => Method::Max,
            "average" => Method::Average,
            "countdistinct" => Method::CountDistinct,
            custom if custom.contains('.') => Method::Custom(custom.to_owned()),
            _ => {
                self.at = start;
                return Err(self.expected("an aggregation method"));
            }
        })
    }
}

impl Display for Transformation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let call =
            |f: &mut Formatter<'_>, name: &str, inside: &dyn Display| write!(f, "{name}({inside})");
        match self {
            Self::Aggregate(items) => call(f, "aggregate", &Listed(items)),
            Self::Compute(items) => call(f, "compute", &Listed(items)),
            Self::Concat(sequences) => {
                let sequences: Vec<_> = sequences.iter().map(|it| Sequence(it)).collect();
                call(f, "concat", &Listed(&sequences))
            }
            Self::Filter(condition) => call(f, "filter", condition),
            Self::GroupBy(groupings, None) => write!(f, "groupby(({}))", Listed(groupings)),
            Self::GroupBy(groupings, Some(sequence)) => {
                write!(f, "groupby(({}),{})", Listed(groupings), Sequence(sequence))
            }
            Self::Identity => f.write_str("identity"),
            Self::OrderBy(items) => call(f, "orderby", &Listed(items)),
            Self::Rank(rank, number, by) => write!(f, "{rank}({number},{by})"),
            Self::Search(search) => call(f, "search", search),
            Self::Skip(number) => call(f, "skip", number),
            Self::Top(number) => call(f, "top", number),
        }
    }
}

/// Items with commas between them.
pub(super) struct Listed<'a, T>(pub(super) &'a [T]);

impl<T: Display> Display for Listed<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        separated(f, self.0, |f, item| item.fmt(f))
    }
}

/// Transformations with slashes between them.
pub(super) struct Sequence<'a>(pub(super) &'a [Transformation]);

impl Display for Sequence<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (index, transformation) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("/")?;
            }
            transformation.fmt(f)?;
        }
        Ok(())
    }
}

impl Display for Grouping {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

impl Display for Aggregate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.what {
            Aggregated::Rows => f.write_str("$count")?,
            Aggregated::Values(expression, method) => write!(f, "{expression} with {method}")?,
            Aggregated::Custom(expression) => expression.fmt(f)?,
        }
        match &self.name {
            Some(name) => write!(f, " as {name}"),
            None => Ok(()),
        }
    }
}

impl Display for Method {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sum => "sum",
            Self::Min => "min",
            Self::Max => "max",
            Self::Average => "average",
            Self::CountDistinct => "countdistinct",
            Self::Custom(name) => name,
        })
    }
}
