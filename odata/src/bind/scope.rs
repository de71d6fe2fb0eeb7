//! What names refer to: the model, the instance at hand, and names that stand
//! for whole expressions.

use super::{Binder, Bound, Shape, constant, no_property, unsupported};
use crate::edm::{EntityType, Model};
use crate::expression::Expression;
use crate::query::Computed;
use crate::{DateTimeOffset, Error, Value};

/// How many aliases may refer to each other in a row.
pub(super) const MAX_ALIASES: u8 = 8;

/// What names in an expression refer to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope<'a> {
    /// The model.
    pub(crate) model: &'static Model,
    /// What names without a prefix belong to.
    pub(crate) this: &'a Shape,
    /// What `$it` is.
    pub(crate) it: It,
    /// Values of parameter aliases.
    pub(crate) aliases: Aliases<'a>,
    /// `$compute`
    pub(crate) computed: &'a [Computed],
    /// What `now()` returns; without it, `now()` is not supported.
    pub(crate) now: Option<DateTimeOffset>,
}

/// What `$it` is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum It {
    /// The instance at hand.
    This,
    /// The instance that this one is expanded from, of this type.
    Other(&'static EntityType),
    /// Out of reach.
    Lost,
}

/// Parameter aliases without their `@`: those of the options at hand, then
/// those of the options around them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Aliases<'a> {
    own: &'a [(String, Expression)],
    outer: Option<&'a Aliases<'a>>,
}

impl<'a> Aliases<'a> {
    pub(crate) const fn of(own: &'a [(String, Expression)]) -> Self {
        Self { own, outer: None }
    }

    pub(crate) const fn with<'b>(&'b self, own: &'b [(String, Expression)]) -> Aliases<'b> {
        Aliases {
            own,
            outer: Some(self),
        }
    }

    /// All of them, those of the options at hand first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &'a (String, Expression)> {
        let mut level = Some(*self);
        std::iter::from_fn(move || {
            let now = level?;
            level = now.outer.copied();
            Some(now.own)
        })
        .flatten()
    }

    pub(super) fn find(&self, name: &str) -> Option<&'a Expression> {
        let found = self.all().find(|(alias, _)| alias == name);
        found.map(|(_, value)| value)
    }
}

impl Binder<'_> {
    /// Binds what a parameter alias stands for.
    pub(super) fn alias(&mut self, name: &str) -> Result<Bound, Error> {
        match self.scope.aliases.find(name) {
            // https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html#sec_ParameterAliases
            None => Ok(constant(Value::Null)),
            Some(_) if self.aliases >= MAX_ALIASES => Err(Error::bad_request(format!(
                "The parameter alias \"@{name}\" refers to too many others"
            ))),
            Some(expression) => {
                self.aliases += 1;
                let bound = self.apart(expression);
                self.aliases -= 1;
                bound
            }
        }
    }

    /// Binds an expression that was written elsewhere, where no lambda
    /// variable is known.
    fn apart(&mut self, expression: &Expression) -> Result<Bound, Error> {
        let variables = std::mem::take(&mut self.variables);
        let bound = self.bind(expression);
        self.variables = variables;
        bound
    }

    /// Aliases are written in terms of the resource; in nested options they
    /// cannot speak of properties.
    pub(super) fn check_alias(&self) -> Result<(), Error> {
        if self.aliases > 0 && !matches!(self.scope.it, It::This) {
            return Err(unsupported(
                "A path as parameter alias of nested options is",
            ));
        }
        Ok(())
    }

    /// Binds a property of `$compute`, if there is one with this name; its
    /// expression may refer to those before it.
    pub(crate) fn computed(&mut self, name: &str) -> Result<Option<Bound>, Error> {
        let visible = self.scope.computed;
        let Some(index) = visible.iter().position(|it| it.name == name) else {
            return Ok(None);
        };
        let (before, from) = visible.split_at(index);
        let Some(item) = from.first() else {
            return Ok(None);
        };
        self.scope.computed = before;
        let bound = self.apart(&item.expression);
        self.scope.computed = visible;
        bound.map(Some)
    }

    /// Finds errors in `$compute`, whether its properties are used or not.
    pub(crate) fn check_computed(&mut self) -> Result<(), Error> {
        let all = self.scope.computed;
        for (index, item) in all.iter().enumerate() {
            let at = |error: Error| error.at(item.expression.span.start);
            let before = all.get(..index).unwrap_or_default();
            let taken = self.scope.this.member(&item.name).is_some()
                || before.iter().any(|it| it.name == item.name);
            if taken {
                return Err(at(Error::bad_request(format!(
                    "\"{}\" is the name of another property",
                    item.name
                ))));
            }
            self.computed(&item.name)?;
        }
        Ok(())
    }

    /// The names that `$compute` defines.
    pub(crate) fn computed_names(&self) -> Vec<String> {
        let computed = self.scope.computed.iter();
        computed.map(|it| it.name.clone()).collect()
    }

    /// The property of `$compute` that a path leads to, or why there is none.
    pub(super) fn computed_or_missing(
        &mut self,
        name: &str,
        owner: &str,
        ends: bool,
    ) -> Result<Bound, Error> {
        match self.computed(name)? {
            Some(bound) if ends => Ok(bound),
            Some(_) => Err(Error::bad_request(format!(
                "The property \"{name}\" has no properties"
            ))),
            None => Err(no_property(name, &self.scope.model.qualified(owner))),
        }
    }
}
