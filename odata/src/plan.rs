//! What a query means for a collection of one entity type, and doing it:
//! filter, search, count, order, skip, top, select, expand and server-driven
//! paging over rows in memory.

mod aggregate;
mod derived;
mod expand;
mod page;
mod push_down;
mod select;
mod token;

pub use aggregate::Aggregation;
pub use derived::Derived;
pub use expand::Expansion;
use expand::Outer;
pub use page::Page;
pub use select::Selection;
pub(crate) use select::{Column, Origin};
use token::Token;

use crate::bind::{Aliases, Binder, Bound, It, Needs, Scope, Shape};
use crate::edm::{EntityType, Model, Primitive};
use crate::expression::Budget;
use crate::query::OrderBy;
use crate::{DateTimeOffset, Error, Query};

/// A query bound to an entity type, free of errors that need no data.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Names of the properties that tell rows apart.
    key: &'static [&'static str],
    filter: Option<Bound>,
    search: Option<Bound>,
    order: Vec<Order>,
    selection: Selection,
    skip: usize,
    top: Option<usize>,
    count: bool,
    after: Option<Token>,
    needs: Needs,
}

#[derive(Debug, Clone)]
struct Order {
    by: Bound,
    descending: bool,
}

impl Query {
    /// Binds the query to the type of the entities it is about.
    ///
    /// `now` is what `now()` returns; without it that function is refused.
    /// `$apply` is refused here: see [`aggregation`](Self::aggregation).
    pub fn plan(
        &self,
        model: &'static Model,
        entity_type: &'static EntityType,
        now: Option<DateTimeOffset>,
    ) -> Result<Plan, Error> {
        if self.apply.is_some() {
            let error = Error::not_implemented("System query option \"$apply\" is not supported");
            return Err(error.about("$apply"));
        }
        let mut planner = Planner {
            model,
            now,
            budget: Budget::default(),
        };
        let shape = Shape::of(entity_type);
        let aliases = Aliases::of(&self.aliases);
        planner.plan(self, &shape, It::This, aliases)
    }
}

impl Plan {
    /// What bodies show.
    pub const fn selection(&self) -> &Selection {
        &self.selection
    }

    /// The navigation paths, such as `objects` or `bucket/objects`, that
    /// conditions, order and computed properties follow.
    ///
    /// Rows have to know them: a provider loads them before it applies the
    /// plan, or refuses.
    pub fn related(&self) -> &[String] {
        &self.needs.related
    }

    /// The related entities that bodies show; rows have to know them when
    /// they are written.
    pub fn expansions(&self) -> &[Expansion] {
        self.selection.expansions()
    }
}

/// Turns a query and the options nested in it into plans.
struct Planner {
    model: &'static Model,
    now: Option<DateTimeOffset>,
    /// What is left for all of them.
    budget: Budget,
}

impl Planner {
    fn plan(
        &mut self,
        query: &Query,
        shape: &Shape,
        it: It,
        aliases: Aliases<'_>,
    ) -> Result<Plan, Error> {
        let scope = Scope {
            model: self.model,
            this: shape,
            it,
            aliases,
            computed: &query.compute,
            now: self.now,
        };
        let mut binder = Binder::new(scope, std::mem::take(&mut self.budget));
        binder
            .check_computed()
            .map_err(|error| error.about("$compute"))?;
        let filter = query.filter.as_ref();
        let filter = filter
            .map(|filter| binder.condition(filter))
            .transpose()
            .map_err(|error| error.about("$filter"))?;
        let search = query.search.as_ref().map(|search| binder.search(search));
        let order = order(&query.orderby, &mut binder).map_err(|error| error.about("$orderby"))?;
        let mut chosen = select::columns(query.select.as_deref(), &mut binder)
            .map_err(|error| error.about("$select"))?;
        let (mut needs, budget) = binder.finish();
        self.budget = budget;
        let outer = Outer {
            entity_type: shape.entity_type(),
            it,
            aliases,
        };
        let nested = std::mem::take(&mut chosen.nested);
        if !query.expand.is_empty() && !shape.is_whole() {
            let error = Error::bad_request("What is aggregated has no related entities");
            return Err(error.about("$expand"));
        }
        let expansions = self
            .expansions(&query.expand, nested, outer)
            .map_err(|error| error.about("$expand"))?;
        needs.it |= expansions.iter().any(|it| it.plan().needs.it);
        let after = query
            .skiptoken
            .as_deref()
            .map(|text| Token::read(text, &order, shape))
            .transpose()
            .map_err(|error| error.about("$skiptoken"))?;
        let limit = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        Ok(Plan {
            key: shape.key(),
            filter,
            search,
            order,
            selection: Selection::new(chosen, expansions, shape.listed(), query.version),
            skip: query.skip.map_or(0, limit),
            top: query.top.map(limit),
            count: query.count,
            after,
            needs,
        })
    }
}

fn order(items: &[OrderBy], binder: &mut Binder<'_>) -> Result<Vec<Order>, Error> {
    items
        .iter()
        .map(|item| {
            let by = binder.bind(&item.expression)?;
            if by.primitive() == Some(Primitive::Stream) {
                let error = Error::bad_request("Streams have no order");
                return Err(error.at(item.expression.span.start));
            }
            Ok(Order {
                by,
                descending: item.descending,
            })
        })
        .collect()
}
