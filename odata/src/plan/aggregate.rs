//! `$apply`: binding transformations to the type of the rows.

mod outcome;
mod run;

use std::cmp::Ordering;

use super::{Derived, Order, Plan, Planner, order};
use crate::bind::{
    Added, Aliases, Binder, Bound, It, Member, Needs, Reduction, Scope, Shape, no_property,
    sort_order,
};
use crate::edm::{EntityType, Model, Primitive, Property};
use crate::expression::{Budget, Expression, Kind, Root, Step as PathStep};
use crate::query::{Aggregate, Aggregated, Computed, Grouping, Rank, Transformation};
use crate::{DateTimeOffset, Error, Query, Row};
use outcome::{check_name, keep, with_groups};
use run::Run;

/// Most transformations of a request: each may look at all rows.
const MAX_STEPS: usize = 32;

/// `$apply` and what the other options make of its outcome.
#[derive(Debug, Clone)]
pub struct Aggregation {
    entity_type: &'static EntityType,
    steps: Vec<Step>,
    plan: Plan,
    needs: Needs,
}

/// A transformation whose names and types are settled.
#[derive(Debug, Clone)]
enum Step {
    Aggregate(Vec<Item>),
    Compute(Vec<(String, Bound)>),
    Concat(Vec<Vec<Step>>),
    Filter(Bound),
    GroupBy(Vec<String>, Option<Vec<Step>>),
    OrderBy(Vec<Order>),
    Rank(Rank, Bound, Bound),
    Skip(usize),
    Top(usize),
}

/// What becomes of many rows; without an expression they are counted.
#[derive(Debug, Clone)]
struct Item {
    name: String,
    of: Option<(Bound, Reduction)>,
}

impl Query {
    /// Binds `$apply` and, to its outcome, the other options; `None` without
    /// `$apply`, in which case there is [`plan`](Self::plan).
    pub fn aggregation(
        &self,
        model: &'static Model,
        entity_type: &'static EntityType,
        now: Option<DateTimeOffset>,
    ) -> Result<Option<Aggregation>, Error> {
        let Some(sequence) = &self.apply else {
            return Ok(None);
        };
        let mut binding = Binding {
            planner: Planner {
                model,
                now,
                budget: Budget::default(),
            },
            aliases: Aliases::of(&self.aliases),
            needs: Needs::default(),
            steps: 0,
        };
        let (steps, shape) = binding
            .sequence(sequence, Shape::derived(entity_type))
            .map_err(|error| error.about("$apply"))?;
        let aliases = Aliases::of(&self.aliases);
        let plan = binding.planner.plan(self, &shape, It::This, aliases)?;
        Ok(Some(Aggregation {
            entity_type,
            steps,
            plan,
            needs: binding.needs,
        }))
    }
}

impl Aggregation {
    /// The plan for the outcome, to be applied to what
    /// [`apply`](Self::apply) returns.
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The navigation paths that rows have to know, see [`Plan::related`].
    pub fn related(&self) -> impl Iterator<Item = &str> {
        let paths = self.needs.related.iter().chain(self.plan.related());
        paths.map(String::as_str)
    }

    /// Transforms rows.
    pub fn apply<'r, R: Row + 'r>(
        &self,
        rows: impl IntoIterator<Item = &'r R>,
    ) -> Result<Vec<Derived<'r>>, Error> {
        let entity = |row: &'r R| Derived::entity(row, self.entity_type);
        let mut rows: Vec<_> = rows.into_iter().map(entity).collect();
        let by_key = |a: &Derived<'_>, b: &Derived<'_>| {
            let mut keys = self.entity_type.key.iter();
            let different = keys.find_map(|name| {
                let order = sort_order(&a.get(name), &b.get(name));
                order.is_ne().then_some(order)
            });
            different.unwrap_or(Ordering::Equal)
        };
        if !rows.is_sorted_by(|a, b| by_key(a, b).is_le()) {
            rows.sort_by(by_key);
        }
        let mut rows = Run::over(rows.len())
            .sequence(&self.steps, rows)
            .map_err(|error| error.about("$apply"))?;
        for (position, row) in rows.iter_mut().enumerate() {
            row.set_position(position);
        }
        Ok(rows)
    }
}

/// Transformations on their way to steps.
struct Binding<'a> {
    planner: Planner,
    aliases: Aliases<'a>,
    needs: Needs,
    steps: usize,
}

impl Binding<'_> {
    fn sequence(
        &mut self,
        sequence: &[Transformation],
        mut shape: Shape,
    ) -> Result<(Vec<Step>, Shape), Error> {
        let mut steps = Vec::with_capacity(sequence.len());
        for transformation in sequence {
            self.steps += 1;
            if self.steps > MAX_STEPS {
                return Err(Error::bad_request(format!(
                    "The request has more than {MAX_STEPS} transformations"
                )));
            }
            shape = self.step(transformation, shape, &mut steps)?;
        }
        Ok((steps, shape))
    }

    /// Adds the step for a transformation; returns the shape of its outcome.
    fn step(
        &mut self,
        transformation: &Transformation,
        mut shape: Shape,
        steps: &mut Vec<Step>,
    ) -> Result<Shape, Error> {
        let limit = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        steps.push(match transformation {
            Transformation::Identity => return Ok(shape),
            Transformation::Skip(number) => Step::Skip(limit(*number)),
            Transformation::Top(number) => Step::Top(limit(*number)),
            Transformation::Filter(condition) => {
                Step::Filter(self.bound(&shape, |binder| binder.condition(condition))?)
            }
            Transformation::Search(search) => {
                Step::Filter(self.bound(&shape, |binder| Ok(binder.search(search)))?)
            }
            Transformation::OrderBy(items) => {
                Step::OrderBy(self.bound(&shape, |binder| order(items, binder))?)
            }
            Transformation::Rank(rank, number, by) => {
                let number = self.bound(&shape, |binder| binder.number(number))?;
                let by = self.bound(&shape, |binder| binder.number(by))?;
                Step::Rank(*rank, number, by)
            }
            Transformation::Compute(items) => Step::Compute(self.compute(items, &mut shape)?),
            Transformation::Aggregate(items) => {
                let (items, aggregated) = self.aggregate(items, &shape)?;
                shape = aggregated;
                Step::Aggregate(items)
            }
            Transformation::GroupBy(groupings, sequence) => {
                let (step, grouped) = self.group_by(groupings, sequence.as_deref(), shape)?;
                shape = grouped;
                step
            }
            Transformation::Concat(sequences) => {
                let (step, concatenated) = self.concat(sequences, &shape)?;
                shape = concatenated;
                step
            }
        });
        Ok(shape)
    }

    fn bound<T>(
        &mut self,
        shape: &Shape,
        bind: impl FnOnce(&mut Binder<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let scope = Scope {
            model: self.planner.model,
            this: shape,
            it: It::This,
            aliases: self.aliases,
            computed: &[],
            now: self.planner.now,
        };
        let mut binder = Binder::new(scope, std::mem::take(&mut self.planner.budget));
        let bound = bind(&mut binder)?;
        let (needs, budget) = binder.finish();
        self.planner.budget = budget;
        self.needs.related.extend(needs.related);
        Ok(bound)
    }

    fn compute(
        &mut self,
        items: &[Computed],
        shape: &mut Shape,
    ) -> Result<Vec<(String, Bound)>, Error> {
        let mut computed = Vec::with_capacity(items.len());
        for item in items {
            let bound = self.bound(shape, |binder| binder.bind(&item.expression))?;
            check_name(&item.name, shape)?;
            shape.add(Added {
                name: item.name.clone(),
                primitive: bound.primitive(),
            });
            computed.push((item.name.clone(), bound));
        }
        Ok(computed)
    }

    fn aggregate(
        &mut self,
        items: &[Aggregate],
        shape: &Shape,
    ) -> Result<(Vec<Item>, Shape), Error> {
        let mut aggregated = Shape::aggregated(shape.entity_type(), Vec::new(), Vec::new());
        let mut bound = Vec::with_capacity(items.len());
        for item in items {
            let at = |error: Error| error.at(item.span.start);
            bound.push(self.item(item, shape, &mut aggregated).map_err(at)?);
        }
        Ok((bound, aggregated))
    }

    fn item(
        &mut self,
        item: &Aggregate,
        shape: &Shape,
        aggregated: &mut Shape,
    ) -> Result<Item, Error> {
        let (of, primitive) = match &item.what {
            Aggregated::Rows => (None, Some(Primitive::Decimal)),
            Aggregated::Values(expression, method) => {
                let bound = self.bound(shape, |binder| binder.bind(expression))?;
                let (reduction, result) = Reduction::new(method, bound.primitive())?;
                (Some((bound, reduction)), result)
            }
            Aggregated::Custom(expression) => {
                let name = simple_name(expression).ok_or_else(|| {
                    Error::not_implemented("Aggregating related entities is not supported")
                })?;
                if !matches!(
                    shape.member(name),
                    Some(Member::Property(_) | Member::Added(_))
                ) {
                    return Err(Error::bad_request(format!(
                        "Custom aggregate \"{name}\" does not exist"
                    )));
                }
                let bound = self.bound(shape, |binder| binder.bind(expression))?;
                let primitive = bound.primitive();
                let of = Some((bound, Reduction::by_default(primitive)));
                if item.name.is_none() {
                    keep(aggregated, shape, name)?;
                    return Ok(Item {
                        name: name.to_owned(),
                        of,
                    });
                }
                (of, primitive)
            }
        };
        let name = item.name.clone().unwrap_or_default();
        check_name(&name, shape)?;
        check_name(&name, aggregated)?;
        aggregated.add(Added {
            name: name.clone(),
            primitive,
        });
        Ok(Item { name, of })
    }

    fn group_by(
        &mut self,
        groupings: &[Grouping],
        sequence: Option<&[Transformation]>,
        shape: Shape,
    ) -> Result<(Step, Shape), Error> {
        let entity_type = shape.entity_type();
        let mut grouped = Shape::aggregated(entity_type, Vec::new(), Vec::new());
        let mut names: Vec<String> = Vec::with_capacity(groupings.len());
        for grouping in groupings {
            let at = |error: Error| error.at(grouping.span.start);
            let path = grouping.path.as_str();
            if names.iter().any(|name| name == path) {
                continue;
            }
            match shape.member(path) {
                Some(Member::Property(property)) if !groups(property) => {
                    return Err(at(unsupported_grouping(path)));
                }
                Some(Member::Navigation(_)) => return Err(at(unsupported_grouping(path))),
                Some(Member::Property(_) | Member::Added(_)) => {
                    keep(&mut grouped, &shape, path).map_err(at)?;
                }
                None if path.contains('/') => return Err(at(unsupported_grouping(path))),
                None => {
                    let owner = self.planner.model.qualified(entity_type.name);
                    return Err(at(no_property(path, &owner)));
                }
            }
            names.push(path.to_owned());
        }
        let Some(sequence) = sequence else {
            return Ok((Step::GroupBy(names, None), grouped));
        };
        let (steps, inner) = self.sequence(sequence, shape)?;
        let shape = with_groups(&grouped, inner)?;
        Ok((Step::GroupBy(names, Some(steps)), shape))
    }

    fn concat(
        &mut self,
        sequences: &[Vec<Transformation>],
        shape: &Shape,
    ) -> Result<(Step, Shape), Error> {
        let mut branches = Vec::with_capacity(sequences.len());
        let mut whole: Option<Shape> = None;
        for sequence in sequences {
            let (steps, outcome) = self.sequence(sequence, shape.clone())?;
            branches.push(steps);
            whole = Some(match whole {
                None => outcome,
                Some(before) => before.or(outcome).ok_or_else(|| {
                    Error::bad_request("A name has two types in the parts of \"concat\"")
                })?,
            });
        }
        let outcome = whole.unwrap_or_else(|| shape.clone());
        Ok((Step::Concat(branches), outcome))
    }
}

/// Whether rows can be grouped by a property.
fn groups(property: &Property) -> bool {
    property
        .primitive()
        .is_some_and(|it| it != Primitive::Stream)
}

fn unsupported_grouping(path: &str) -> Error {
    Error::not_implemented(format!("Grouping by \"{path}\" is not supported"))
}

/// The name, if the expression is nothing else.
fn simple_name(expression: &Expression) -> Option<&str> {
    let Kind::Path(path) = &expression.kind else {
        return None;
    };
    match (path.root, path.steps.as_slice()) {
        (Root::Instance, [PathStep::Name(name)]) => Some(name),
        _ => None,
    }
}
