//! Doing transformations to rows in memory.

use std::cmp::Ordering;

use super::super::{Derived, Order};
use super::{Item, Step};
use crate::bind::{Bound, Env, Fuel, count_value, sort_order};
use crate::query::{Rank, Until};
use crate::{Error, Row, Value};

/// Transformations being done.
pub(super) struct Run {
    fuel: Fuel,
    /// Most rows of an outcome.
    most: usize,
}

impl Run {
    pub(super) const fn over(rows: usize) -> Self {
        Self {
            fuel: Fuel::full(),
            // Each concatenation repeats rows.
            most: rows.saturating_mul(4).saturating_add(1000),
        }
    }

    pub(super) fn sequence<'r>(
        &self,
        steps: &[Step],
        mut rows: Vec<Derived<'r>>,
    ) -> Result<Vec<Derived<'r>>, Error> {
        for step in steps {
            rows = self.step(step, rows)?;
        }
        Ok(rows)
    }

    fn step<'r>(&self, step: &Step, mut rows: Vec<Derived<'r>>) -> Result<Vec<Derived<'r>>, Error> {
        match step {
            Step::Aggregate(items) => {
                let values = items
                    .iter()
                    .map(|item| Ok((item.name.clone(), self.aggregate(item, &rows)?)));
                let values = values.collect::<Result<_, Error>>()?;
                Ok(vec![Derived::aggregated(values)])
            }
            Step::Compute(items) => {
                for row in &mut rows {
                    for (name, bound) in items {
                        let value = bound.value(&Env::new(row, None, &self.fuel));
                        let value = value?.into_owned();
                        row.add(name, value);
                    }
                }
                Ok(rows)
            }
            Step::Concat(branches) => {
                let mut all = Vec::new();
                for branch in branches {
                    all.extend(self.sequence(branch, rows.clone())?);
                    if all.len() > self.most {
                        return Err(Error::not_implemented(
                            "Concatenations make more rows than supported",
                        ));
                    }
                }
                Ok(all)
            }
            Step::Filter(condition) => {
                let mut passed = Vec::with_capacity(rows.len());
                for row in rows {
                    if condition.holds(&Env::new(&row, None, &self.fuel))? {
                        passed.push(row);
                    }
                }
                Ok(passed)
            }
            Step::GroupBy(names, steps) => self.group_by(names, steps.as_deref(), rows),
            Step::OrderBy(order) => self.order_by(order, rows),
            Step::Rank(rank, number, by) => self.rank(*rank, number, by, rows),
            Step::Skip(number) => Ok(rows.split_off((*number).min(rows.len()))),
            Step::Top(number) => {
                rows.truncate(*number);
                Ok(rows)
            }
        }
    }

    fn aggregate(&self, item: &Item, rows: &[Derived<'_>]) -> Result<Value<'static>, Error> {
        let Some((bound, reduction)) = &item.of else {
            return Ok(count_value(rows.len()));
        };
        let mut values = Vec::with_capacity(rows.len());
        for row in rows {
            let value = bound.value(&Env::new(row, None, &self.fuel))?;
            if !value.is_null() {
                values.push(value);
            }
        }
        Ok(reduction.of(values)?)
    }

    /// Groups come in the order of what they are grouped by.
    fn group_by<'r>(
        &self,
        names: &[String],
        steps: Option<&[Step]>,
        rows: Vec<Derived<'r>>,
    ) -> Result<Vec<Derived<'r>>, Error> {
        let key = |row: &Derived<'_>| -> Vec<(String, Value<'static>)> {
            let values = names.iter();
            values
                .map(|name| (name.clone(), row.get(name).into_owned()))
                .collect()
        };
        let mut keyed: Vec<_> = rows.into_iter().map(|row| (key(&row), row)).collect();
        keyed.sort_by(|(a, _), (b, _)| compare(a, b));
        let mut outcome = Vec::new();
        let mut keyed = keyed.into_iter().peekable();
        while let Some((group, first)) = keyed.next() {
            let mut members = vec![first];
            let same = |(key, _): &(Vec<_>, _)| compare(key, &group) == Ordering::Equal;
            while let Some((_, row)) = keyed.next_if(same) {
                members.push(row);
            }
            let Some(steps) = steps else {
                outcome.push(Derived::aggregated(group));
                continue;
            };
            for mut row in self.sequence(steps, members)? {
                row.set_group(&group);
                outcome.push(row);
            }
        }
        Ok(outcome)
    }

    fn order_by<'r>(
        &self,
        order: &[Order],
        rows: Vec<Derived<'r>>,
    ) -> Result<Vec<Derived<'r>>, Error> {
        let mut keyed = Vec::with_capacity(rows.len());
        for row in rows {
            let values = order.iter().map(|order| {
                let value = order.by.value(&Env::new(&row, None, &self.fuel))?;
                Ok(value.into_owned())
            });
            let values = values.collect::<Result<Vec<_>, Error>>()?;
            keyed.push((values, row));
        }
        keyed.sort_by(|(a, _), (b, _)| {
            let pairs = order.iter().zip(a.iter().zip(b));
            let mut orders = pairs.map(|(order, (a, b))| {
                let ordering = sort_order(a, b);
                if order.descending {
                    ordering.reverse()
                } else {
                    ordering
                }
            });
            orders.find(|it| it.is_ne()).unwrap_or(Ordering::Equal)
        });
        Ok(keyed.into_iter().map(|(_, row)| row).collect())
    }

    /// The rows with the greatest or least values, in that order; rows
    /// without a value do not count.
    fn rank<'r>(
        &self,
        rank: Rank,
        number: &Bound,
        by: &Bound,
        rows: Vec<Derived<'r>>,
    ) -> Result<Vec<Derived<'r>>, Error> {
        let number = match rows.first() {
            Some(row) => number.value(&Env::new(row, None, &self.fuel))?.as_f64(),
            None => return Ok(rows),
        };
        let number = number
            .filter(|number| *number >= 0.0)
            .ok_or_else(|| Error::bad_request("Expected a number that is not negative"))?;
        let mut ranked = Vec::with_capacity(rows.len());
        for row in rows {
            let value = by.value(&Env::new(&row, None, &self.fuel))?.into_owned();
            if !value.is_null() {
                ranked.push((value, row));
            }
        }
        ranked.sort_by(|(a, _), (b, _)| {
            let order = sort_order(a, b);
            if rank.top { order.reverse() } else { order }
        });
        let number_of = |value: &Value<'_>| value.as_f64().unwrap_or_default();
        let total: f64 = ranked.iter().map(|(value, _)| number_of(value)).sum();
        let (step, limit): (fn(f64) -> f64, f64) = match rank.until {
            Until::Count => (|_| 1.0, number),
            Until::Sum => (|value| value, number),
            Until::Percent => (|value| value, total * number / 100.0),
        };
        let mut reached = 0.0;
        let mut chosen = Vec::new();
        for (value, row) in ranked {
            if reached >= limit {
                break;
            }
            reached += step(number_of(&value));
            chosen.push(row);
        }
        Ok(chosen)
    }
}

fn compare(a: &[(String, Value<'_>)], b: &[(String, Value<'_>)]) -> Ordering {
    let pairs = a.iter().zip(b);
    let mut orders = pairs.map(|((_, a), (_, b))| sort_order(a, b));
    orders.find(|it| it.is_ne()).unwrap_or(Ordering::Equal)
}
