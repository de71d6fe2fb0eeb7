//! Applying a plan: which rows pass, in which order, and which of them make
//! the page.

use std::cmp::Ordering;

use super::{Plan, Token, token};
use crate::bind::{Env, Failure, Fuel, sort_order};
use crate::{Error, Row, Value};

/// A part of a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<'r, R: ?Sized> {
    /// The rows, in their order.
    pub rows: Vec<&'r R>,
    /// How many there are in all pages, if the client asked for it.
    pub count: Option<u64>,
    /// The `$skiptoken` of the next page, if the server cut this one.
    pub next: Option<String>,
}

/// A row with the values it is ordered by.
struct Ranked<'k, 'r, R: ?Sized> {
    keys: &'k [Value<'k>],
    row: &'r R,
    /// Where it stood; the last resort that keeps the order stable.
    index: usize,
}

impl<'r, R: ?Sized> Page<'r, R> {
    /// All rows, of which there are no further pages.
    pub fn all(rows: impl IntoIterator<Item = &'r R>) -> Self {
        Self {
            rows: rows.into_iter().collect(),
            count: None,
            next: None,
        }
    }

    /// The same page with other rows in place of its own, one for one: for
    /// rows that know more, as [`Expanded`](crate::Expanded) ones do.
    pub fn with<'s, S>(&self, rows: impl IntoIterator<Item = &'s S>) -> Page<'s, S> {
        Page {
            rows: rows.into_iter().collect(),
            count: self.count,
            next: self.next.clone(),
        }
    }
}

impl Plan {
    /// How many rows satisfy `$filter` and `$search`: the answer to
    /// `/$count`.
    pub fn count_of<'r, R: Row + ?Sized + 'r>(
        &self,
        rows: impl IntoIterator<Item = &'r R>,
    ) -> Result<u64, Error> {
        Ok(as_count(self.filtered(rows, None)?.len()))
    }

    /// How many of the rows that are related to `it` satisfy the conditions.
    pub(crate) fn count_related<'r>(
        &self,
        rows: impl IntoIterator<Item = &'r dyn Row>,
        it: &'r dyn Row,
    ) -> Result<u64, Error> {
        Ok(as_count(self.filtered(rows, Some(it))?.len()))
    }

    /// The page of `rows` the query asks for, of at most `page_size` rows.
    ///
    /// Rows are ordered by `$orderby` and then by key, so that pages neither
    /// overlap nor leave rows out.
    pub fn apply<'r, R: Row + ?Sized>(
        &self,
        rows: impl IntoIterator<Item = &'r R>,
        page_size: usize,
    ) -> Result<Page<'r, R>, Error> {
        self.page(rows, None, page_size)
    }

    /// The page of rows that are related to `it`.
    pub(crate) fn page<'r, R: Row + ?Sized>(
        &self,
        rows: impl IntoIterator<Item = &'r R>,
        it: Option<&'r dyn Row>,
        page_size: usize,
    ) -> Result<Page<'r, R>, Error> {
        let rows = self.filtered(rows, it)?;
        let known = self.after.as_ref().and_then(|token| token.count);
        let count = self
            .count
            .then(|| known.unwrap_or_else(|| as_count(rows.len())));
        let fuel = Fuel::full();
        let keys = self.sort_keys(&rows, it, &fuel)?;
        let width = self.order.len();
        let mut ranked: Vec<_> = rows
            .iter()
            .enumerate()
            .map(|(index, row)| Ranked {
                keys: keys
                    .get(index * width..(index + 1) * width)
                    .unwrap_or_default(),
                row: *row,
                index,
            })
            .collect();
        let mut top = self.top;
        let mut skip = self.skip;
        if let Some(token) = &self.after {
            ranked.retain(|it| self.is_after(it, token));
            // A token says what is left of the $top of the first page.
            top = token.left;
            skip = 0;
        }
        let size = top.unwrap_or(usize::MAX).min(page_size);
        self.sort(&mut ranked, skip.saturating_add(size));
        let available = ranked.len().saturating_sub(skip);
        let page: Vec<_> = ranked.into_iter().skip(skip).take(size).collect();
        let cut = available > page.len() && top.is_none_or(|top| page.len() < top);
        let next = match page.last() {
            Some(last) if cut => {
                let left = top.map(|top| top - page.len());
                Some(token::write(left, count, last.keys, &self.key_of(last.row)))
            }
            Some(_) | None => None,
        };
        Ok(Page {
            rows: page.into_iter().map(|it| it.row).collect(),
            count,
            next,
        })
    }

    fn filtered<'r, R: Row + ?Sized + 'r>(
        &self,
        rows: impl IntoIterator<Item = &'r R>,
        it: Option<&'r dyn Row>,
    ) -> Result<Vec<&'r R>, Error> {
        let rows = rows.into_iter();
        if self.filter.is_none() && self.search.is_none() {
            return Ok(rows.collect());
        }
        let fuel = Fuel::full();
        rows.filter_map(|row| match self.passes(&Env::new(row, it, &fuel)) {
            Ok(true) => Some(Ok(row)),
            Ok(false) => None,
            Err(failure) => Some(Err(failure)),
        })
        .collect::<Result<_, _>>()
        .map_err(|(failure, option)| Error::from(failure).about(option))
    }

    /// Whether a row satisfies `$filter` and `$search`; the option that
    /// cannot be evaluated otherwise.
    #[inline]
    pub(super) fn passes<R: Row + ?Sized>(
        &self,
        env: &Env<'_, R>,
    ) -> Result<bool, (Failure, &'static str)> {
        if let Some(filter) = &self.filter
            && !filter.holds(env).map_err(|failure| (failure, "$filter"))?
        {
            return Ok(false);
        }
        match &self.search {
            Some(search) => search.holds(env).map_err(|failure| (failure, "$search")),
            None => Ok(true),
        }
    }

    /// The values of `$orderby` for all rows, one after the other.
    fn sort_keys<'k, R: Row + ?Sized>(
        &'k self,
        rows: &[&'k R],
        it: Option<&'k dyn Row>,
        fuel: &'k Fuel,
    ) -> Result<Vec<Value<'k>>, Error> {
        let mut keys = Vec::with_capacity(rows.len() * self.order.len());
        for row in rows {
            let env = Env::new(*row, it, fuel);
            for order in &self.order {
                let value = order.by.value(&env);
                keys.push(value.map_err(|failure| Error::from(failure).about("$orderby"))?);
            }
        }
        Ok(keys)
    }

    /// Sorts as far as the first `needed` rows go; drops the others only if
    /// one of them is left, so that the caller sees that there are more.
    fn sort<R: Row + ?Sized>(&self, ranked: &mut Vec<Ranked<'_, '_, R>>, needed: usize) {
        let by = |a: &Ranked<'_, '_, R>, b: &Ranked<'_, '_, R>| self.compare(a, b);
        // Sources often deliver in key order already.
        if ranked.is_sorted_by(|a, b| by(a, b) != Ordering::Greater) {
            return;
        }
        let kept = needed.saturating_add(1);
        if kept < ranked.len() / 2 {
            ranked.select_nth_unstable_by(kept, by);
            ranked.truncate(kept);
        }
        ranked.sort_unstable_by(by);
    }

    fn compare<R: Row + ?Sized>(&self, a: &Ranked<'_, '_, R>, b: &Ranked<'_, '_, R>) -> Ordering {
        self.compare_keys(a.keys, b.keys)
            .then_with(|| {
                let names = self.key.iter();
                first_difference(names.map(|name| sort_order(&a.row.get(name), &b.row.get(name))))
            })
            .then(a.index.cmp(&b.index))
    }

    fn compare_keys(&self, a: &[Value<'_>], b: &[Value<'_>]) -> Ordering {
        let pairs = self.order.iter().zip(a.iter().zip(b));
        first_difference(pairs.map(|(order, (a, b))| {
            let ordering = sort_order(a, b);
            if order.descending {
                ordering.reverse()
            } else {
                ordering
            }
        }))
    }

    fn is_after<R: Row + ?Sized>(&self, row: &Ranked<'_, '_, R>, token: &Token) -> bool {
        let order = self.compare_keys(row.keys, &token.order).then_with(|| {
            let keys = self.key_of(row.row);
            first_difference(keys.iter().zip(&token.key).map(|(a, b)| sort_order(a, b)))
        });
        order == Ordering::Greater
    }

    fn key_of<'r, R: Row + ?Sized>(&self, row: &'r R) -> Vec<Value<'r>> {
        let names = self.key.iter();
        names.map(|name| row.get(name)).collect()
    }
}

fn first_difference(mut orderings: impl Iterator<Item = Ordering>) -> Ordering {
    orderings
        .find(|ordering| ordering.is_ne())
        .unwrap_or(Ordering::Equal)
}

fn as_count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
