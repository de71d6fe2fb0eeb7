//! What a source may leave to the plan and what it can do by itself: a source
//! that delivers rows in an order of its own, piece by piece, asks here how
//! far it has to go.

use super::{Plan, Token};
use crate::bind::{Env, Fuel};
use crate::{Error, Row};

impl Plan {
    /// Whether the row passes `$filter` and `$search`.
    pub fn admits<R: Row + ?Sized>(&self, row: &R) -> Result<bool, Error> {
        let passed = self.passes(&Env::new(row, None, &Fuel::full()));
        passed.map_err(|(failure, option)| Error::from(failure).about(option))
    }

    /// Whether rows in ascending order of `property` are in the order that
    /// is asked for.
    ///
    /// `constant` names properties that are equal in all rows; `property`
    /// has to be different in all of them.
    pub fn keeps_order_of(&self, property: &str, constant: &[&str]) -> bool {
        let explicit = self
            .order
            .iter()
            .map(|it| (it.by.property(), it.descending));
        let implicit = self.key.iter().map(|name| (Some(*name), false));
        explicit
            .chain(implicit)
            .find(|(name, _)| name.is_none_or(|name| !constant.contains(&name)))
            .is_none_or(|first| first == (Some(property), false))
    }

    /// The value of a key property in the last row of the page before this,
    /// unless the rows before it are still to be counted.
    pub fn resumes_after(&self, key_property: &str) -> Option<&str> {
        if self.has_to_count() {
            return None;
        }
        let index = self.key.iter().position(|it| *it == key_property)?;
        self.after.as_ref()?.key.get(index)?.as_str()
    }

    /// How many rows that pass and stand behind the page before this one
    /// decide about a page of at most `page_size` rows, when they come in
    /// order; `None` if all rows have to be seen, to count them.
    pub fn needed(&self, page_size: usize) -> Option<usize> {
        let (skip, top) = match &self.after {
            Some(Token { left, .. }) => (0, *left),
            None => (self.skip, self.top),
        };
        // One row more tells whether there is a next page.
        let size = top.unwrap_or(usize::MAX).min(page_size.saturating_add(1));
        (!self.has_to_count()).then(|| skip.saturating_add(size))
    }

    /// Whether `$count` is asked for and the page before did not tell it.
    fn has_to_count(&self) -> bool {
        let told = self.after.as_ref().and_then(|token| token.count);
        self.count && told.is_none()
    }
}
