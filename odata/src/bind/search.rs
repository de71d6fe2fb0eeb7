//! `$search` over a row: a term matches if one of the searchable properties
//! contains it, whatever the case of its letters.

use std::borrow::Cow;

use super::{Binder, Bound, Node, Primitive, Shape, of_type};
use crate::Row;
use crate::fold;
use crate::query::Search;

/// A search expression and where it is looked for.
#[derive(Debug, Clone)]
pub(super) struct Matcher {
    properties: Vec<Cow<'static, str>>,
    search: Folded,
}

/// A search expression whose terms are case-folded.
#[derive(Debug, Clone)]
enum Folded {
    Term(String),
    Not(Box<Folded>),
    And(Vec<Folded>),
    Or(Vec<Folded>),
}

impl Binder<'_> {
    /// Binds a search expression.
    pub(crate) fn search(&self, search: &Search) -> Bound {
        let node = Node::Matches(Matcher::new(search, self.scope.this));
        of_type(Primitive::Boolean, node)
    }
}

impl Matcher {
    pub(super) fn new(search: &Search, shape: &Shape) -> Self {
        Self {
            properties: shape.searchable(),
            search: Folded::from(search),
        }
    }

    pub(super) fn matches<R: Row + ?Sized>(&self, row: &R) -> bool {
        self.search.matches(&|term| {
            let mut names = self.properties.iter();
            names.any(|name| {
                let value = row.get(name);
                value
                    .as_str()
                    .is_some_and(|text| fold::contains(text, term))
            })
        })
    }
}

impl Folded {
    fn matches(&self, found: &impl Fn(&str) -> bool) -> bool {
        match self {
            Self::Term(term) => found(term),
            Self::Not(inner) => !inner.matches(found),
            Self::And(all) => all.iter().all(|one| one.matches(found)),
            Self::Or(any) => any.iter().any(|one| one.matches(found)),
        }
    }
}

impl From<&Search> for Folded {
    fn from(search: &Search) -> Self {
        match search {
            Search::Term(term) => Self::Term(fold::fold(term)),
            Search::Not(inner) => Self::Not(Box::new(Self::from(&**inner))),
            Search::And(all) => Self::And(all.iter().map(Self::from).collect()),
            Search::Or(any) => Self::Or(any.iter().map(Self::from).collect()),
        }
    }
}
