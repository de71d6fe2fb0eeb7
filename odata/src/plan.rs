//! What a query means for a collection of one entity type, and doing it:
//! filter, count, order, skip, top, select and server-driven paging over rows
//! in memory.

mod push_down;
mod select;
mod token;

use std::cmp::Ordering;

pub use select::Selection;
use token::Token;

use crate::bind::{Bound, Failure, Scope, sort_order};
use crate::edm::{EntityType, Model, Primitive};
use crate::{DateTimeOffset, Error, Query, Row, Value};

/// A query bound to an entity type, free of errors that need no data.
#[derive(Debug, Clone)]
pub struct Plan {
    entity_type: &'static EntityType,
    filter: Option<Bound>,
    order: Vec<Order>,
    selection: Selection,
    skip: usize,
    top: Option<usize>,
    count: bool,
    after: Option<Token>,
}

#[derive(Debug, Clone)]
struct Order {
    by: Bound,
    descending: bool,
}

/// A part of a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<'r, R> {
    /// The rows, in their order.
    pub rows: Vec<&'r R>,
    /// How many there are in all pages, if the client asked for it.
    pub count: Option<u64>,
    /// The `$skiptoken` of the next page, if the server cut this one.
    pub next: Option<String>,
}

impl Query {
    /// Binds the query to the type of the entities it is about.
    ///
    /// `now` is what `now()` returns; without it that function is refused.
    pub fn plan(
        &self,
        model: &'static Model,
        entity_type: &'static EntityType,
        now: Option<DateTimeOffset>,
    ) -> Result<Plan, Error> {
        let scope = Scope {
            model,
            entity_type,
            aliases: &self.aliases,
            now,
        };
        let filter = self
            .filter
            .as_ref()
            .map(|filter| Bound::condition(filter, &scope))
            .transpose()
            .map_err(|error| error.about("$filter"))?;
        let order = self
            .orderby
            .iter()
            .map(|item| {
                let by = Bound::new(&item.expression, &scope)?;
                if by.primitive() == Some(Primitive::Stream) {
                    let error = Error::bad_request("Streams have no order");
                    return Err(error.at(item.expression.span.start));
                }
                Ok(Order {
                    by,
                    descending: item.descending,
                })
            })
            .collect::<Result<Vec<_>, Error>>()
            .map_err(|error| error.about("$orderby"))?;
        let after = self
            .skiptoken
            .as_deref()
            .map(|text| Token::read(text, &order, entity_type))
            .transpose()
            .map_err(|error| error.about("$skiptoken"))?;
        let limit = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        Ok(Plan {
            entity_type,
            filter,
            order,
            selection: Selection::new(self.select.as_deref(), model, entity_type)
                .map_err(|error| error.about("$select"))?,
            skip: self.skip.map_or(0, limit),
            top: self.top.map(limit),
            count: self.count,
            after,
        })
    }
}

/// A row with the values it is ordered by.
struct Ranked<'k, 'r, R> {
    keys: &'k [Value<'k>],
    row: &'r R,
    /// Where it stood; the last resort that keeps the order stable.
    index: usize,
}

impl Plan {
    /// Which properties bodies show.
    pub const fn selection(&self) -> &Selection {
        &self.selection
    }

    /// How many rows satisfy `$filter`: the answer to `/$count`.
    pub fn count_of<'r, R: Row + 'r>(
        &self,
        rows: impl IntoIterator<Item = &'r R>,
    ) -> Result<u64, Error> {
        Ok(as_count(self.filtered(rows)?.len()))
    }

    /// The page of `rows` the query asks for, of at most `page_size` rows.
    ///
    /// Rows are ordered by `$orderby` and then by key, so that pages neither
    /// overlap nor leave rows out.
    pub fn apply<'r, R: Row>(
        &self,
        rows: impl IntoIterator<Item = &'r R>,
        page_size: usize,
    ) -> Result<Page<'r, R>, Error> {
        let rows = self.filtered(rows)?;
        let count = self.count.then(|| as_count(rows.len()));
        let keys = self.sort_keys(&rows)?;
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
                Some(token::write(left, last.keys, &self.key_of(last.row)))
            }
            Some(_) | None => None,
        };
        Ok(Page {
            rows: page.into_iter().map(|it| it.row).collect(),
            count,
            next,
        })
    }

    fn filtered<'r, R: Row + 'r>(
        &self,
        rows: impl IntoIterator<Item = &'r R>,
    ) -> Result<Vec<&'r R>, Error> {
        let rows = rows.into_iter();
        let Some(filter) = &self.filter else {
            return Ok(rows.collect());
        };
        rows.filter_map(|row| match filter.holds(row) {
            Ok(true) => Some(Ok(row)),
            Ok(false) => None,
            Err(failure) => Some(Err(failure)),
        })
        .collect::<Result<_, Failure>>()
        .map_err(|failure| Error::from(failure).about("$filter"))
    }

    /// The values of `$orderby` for all rows, one after the other.
    fn sort_keys<'k, R: Row>(&'k self, rows: &[&'k R]) -> Result<Vec<Value<'k>>, Error> {
        let mut keys = Vec::with_capacity(rows.len() * self.order.len());
        for row in rows {
            for order in &self.order {
                let value = order.by.value(*row);
                keys.push(value.map_err(|failure| Error::from(failure).about("$orderby"))?);
            }
        }
        Ok(keys)
    }

    /// Sorts as far as the first `needed` rows go; drops the others only if
    /// one of them is left, so that the caller sees that there are more.
    fn sort<R: Row>(&self, ranked: &mut Vec<Ranked<'_, '_, R>>, needed: usize) {
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

    fn compare<R: Row>(&self, a: &Ranked<'_, '_, R>, b: &Ranked<'_, '_, R>) -> Ordering {
        self.compare_keys(a.keys, b.keys)
            .then_with(|| {
                let names = self.entity_type.key.iter();
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

    fn is_after<R: Row>(&self, row: &Ranked<'_, '_, R>, token: &Token) -> bool {
        let order = self.compare_keys(row.keys, &token.order).then_with(|| {
            let keys = self.key_of(row.row);
            first_difference(keys.iter().zip(&token.key).map(|(a, b)| sort_order(a, b)))
        });
        order == Ordering::Greater
    }

    fn key_of<'r, R: Row>(&self, row: &'r R) -> Vec<Value<'r>> {
        let names = self.entity_type.key.iter();
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
