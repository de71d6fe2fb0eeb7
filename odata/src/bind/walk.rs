//! Walking from a row to others while an expression is evaluated: single
//! navigation, counts, and lambda operators.

use std::cell::Cell;

use super::evaluate::{Failure, Node};
use crate::{Related, Row, Value};

/// Most rows that lambda operators and conditions inside paths look at while
/// one query is applied: nested lambdas multiply.
const MAX_STEPS: u32 = 1_000_000;

/// Most comparisons of characters that patterns make while one query is
/// applied.
const MAX_COMPARISONS: usize = 50_000_000;

/// How much more an application of a query may cost.
#[derive(Debug)]
pub(crate) struct Fuel {
    rows: Cell<u32>,
    comparisons: Cell<usize>,
}

impl Fuel {
    pub(crate) const fn full() -> Self {
        Self {
            rows: Cell::new(MAX_STEPS),
            comparisons: Cell::new(MAX_COMPARISONS),
        }
    }

    fn spend(&self) -> Result<(), Failure> {
        let left = self.rows.get().checked_sub(1).ok_or(Failure::TooMuch)?;
        self.rows.set(left);
        Ok(())
    }

    /// Takes what matching a pattern costs.
    pub(super) fn burn(&self, comparisons: usize) -> Result<(), Failure> {
        let left = self.comparisons.get().checked_sub(comparisons);
        self.comparisons.set(left.ok_or(Failure::TooMuch)?);
        Ok(())
    }
}

/// What the names of an expression refer to while it is evaluated.
pub(crate) struct Env<'e, R: ?Sized> {
    /// The instance at hand.
    pub(super) this: &'e R,
    /// `$it`, where that is another one.
    it: Option<&'e dyn Row>,
    variables: Option<&'e Variable<'e>>,
    pub(super) fuel: &'e Fuel,
}

/// The value of a lambda variable; outer ones follow.
struct Variable<'e> {
    row: &'e dyn Row,
    outer: Option<&'e Self>,
}

impl<'e, R: Row + ?Sized> Env<'e, R> {
    pub(crate) const fn new(this: &'e R, it: Option<&'e dyn Row>, fuel: &'e Fuel) -> Self {
        Self {
            this,
            it,
            variables: None,
            fuel,
        }
    }

    fn variable(&self, depth: u16) -> Option<&'e dyn Row> {
        let mut variable = self.variables;
        for _ in 0..depth {
            variable = variable?.outer;
        }
        variable.map(|variable| variable.row)
    }
}

/// Where a way starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    This,
    It,
    /// A lambda variable, by how many others are further in.
    Variable(u16),
}

/// A way over navigation properties, of which all but the last are
/// single-valued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) start: Start,
    pub(super) steps: Vec<&'static str>,
}

impl Way {
    fn follow<'e, R: Row + ?Sized>(&self, env: &Env<'e, R>) -> Result<Related<'e>, Failure> {
        let mut steps = self.steps.iter();
        let from = match self.start {
            Start::This => {
                let this: &'e R = env.this;
                let Some(first) = steps.next() else {
                    return Ok(Related::NotLoaded);
                };
                loaded(this.related(first))?
            }
            Start::It => one(env.it),
            Start::Variable(depth) => one(env.variable(depth)),
        };
        steps.try_fold(from, |related, step| match related {
            Related::One(row) => loaded(row.related(step)),
            Related::Many(_) => Err(Failure::NotLoaded),
            Related::None | Related::NotLoaded => Ok(Related::None),
        })
    }

    /// The value of a property at the end of the way; null if the way leads
    /// to nothing.
    pub(super) fn value<'e, R: Row + ?Sized>(
        &self,
        property: &str,
        env: &Env<'e, R>,
    ) -> Result<Value<'e>, Failure> {
        Ok(match self.follow(env)? {
            Related::One(row) => row.get(property),
            Related::None | Related::NotLoaded | Related::Many(_) => Value::Null,
        })
    }

    /// True if the way leads to an entity, and null if it does not.
    pub(super) fn presence<'e, R: Row + ?Sized>(
        &self,
        env: &Env<'e, R>,
    ) -> Result<Value<'e>, Failure> {
        Ok(match self.follow(env)? {
            Related::One(_) | Related::Many(_) => Value::Boolean(true),
            Related::None | Related::NotLoaded => Value::Null,
        })
    }
}

fn one(row: Option<&dyn Row>) -> Related<'_> {
    row.map_or(Related::None, Related::One)
}

fn loaded(related: Related<'_>) -> Result<Related<'_>, Failure> {
    if matches!(related, Related::NotLoaded) {
        return Err(Failure::NotLoaded);
    }
    Ok(related)
}

/// Entities at the end of a way, all or those that satisfy a condition.
#[derive(Debug, Clone)]
pub(super) struct Collection {
    pub(super) way: Way,
    /// In terms of the entities themselves.
    pub(super) conditions: Vec<Node>,
}

impl Collection {
    /// How many there are; null if the way there leads to nothing.
    pub(super) fn count<'e, R: Row + ?Sized>(
        &self,
        env: &Env<'e, R>,
    ) -> Result<Value<'e>, Failure> {
        let rows = match self.way.follow(env)? {
            Related::Many(rows) => rows,
            Related::None | Related::NotLoaded | Related::One(_) => return Ok(Value::Null),
        };
        let count = match rows.size_hint() {
            (least, Some(most)) if least == most && self.conditions.is_empty() => least,
            _ => {
                let mut count = 0;
                for row in rows {
                    count += usize::from(self.admits(row, env)?);
                }
                count
            }
        };
        Ok(Value::Integer(i64::try_from(count).unwrap_or(i64::MAX)))
    }

    /// Whether the condition is true for any of them.
    pub(super) fn any<R: Row + ?Sized>(
        &self,
        condition: Option<&Node>,
        env: &Env<'_, R>,
    ) -> Result<bool, Failure> {
        self.decide(condition, env, true)
    }

    /// Whether the condition is true for all of them.
    pub(super) fn all<R: Row + ?Sized>(
        &self,
        condition: &Node,
        env: &Env<'_, R>,
    ) -> Result<bool, Failure> {
        self.decide(Some(condition), env, false)
    }

    /// Looks for a row for which the condition holds or not, as the operator
    /// asks; finding one decides it.
    fn decide<R: Row + ?Sized>(
        &self,
        condition: Option<&Node>,
        env: &Env<'_, R>,
        wanted: bool,
    ) -> Result<bool, Failure> {
        let Related::Many(rows) = self.way.follow(env)? else {
            return Ok(!wanted);
        };
        for row in rows {
            if !self.admits(row, env)? {
                continue;
            }
            let variable = Variable {
                row,
                outer: env.variables,
            };
            let inner = Env {
                variables: Some(&variable),
                ..*env
            };
            let holds = match condition {
                Some(condition) => condition.truth(&inner)? == Some(true),
                None => true,
            };
            if holds == wanted {
                return Ok(wanted);
            }
        }
        Ok(!wanted)
    }

    fn admits<R: Row + ?Sized>(&self, row: &dyn Row, env: &Env<'_, R>) -> Result<bool, Failure> {
        env.fuel.spend()?;
        let inner = Env {
            this: row,
            it: env.it,
            variables: env.variables,
            fuel: env.fuel,
        };
        for condition in &self.conditions {
            if condition.truth(&inner)? != Some(true) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
