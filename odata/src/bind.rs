//! From syntax to meaning: binds an [`Expression`] to an entity type, finds
//! every type error before a row is looked at, and yields a [`Bound`]
//! expression that can be evaluated.
//!
//! What is valid OData and not done here is answered with
//! [`NotImplemented`](crate::ErrorKind::NotImplemented): navigation inside
//! expressions, lambdas, enumerations, geography, casts.

mod arithmetic;
mod evaluate;
mod function;

use crate::edm::{EntityType, Model, Primitive};
use crate::expression::{Argument, Budget, Expression, Kind, Operator, Path, Root, Step};
use crate::{DateTimeOffset, Error, Value};

use evaluate::{Comparison, Node};
pub(crate) use evaluate::{Failure, sort_order};
use function::Function;

/// How many aliases may refer to each other in a row.
const MAX_ALIASES: u8 = 8;

/// What names in an expression refer to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope<'a> {
    /// The model.
    pub(crate) model: &'static Model,
    /// The type of `$it`.
    pub(crate) entity_type: &'static EntityType,
    /// Values of parameter aliases, without their `@`.
    pub(crate) aliases: &'a [(String, Expression)],
    /// What `now()` returns; without it, `now()` is not supported.
    pub(crate) now: Option<DateTimeOffset>,
}

/// An expression whose names and types are settled.
#[derive(Debug, Clone)]
pub(crate) struct Bound {
    node: Node,
    primitive: Option<Primitive>,
}

impl Bound {
    /// Binds any expression.
    pub(crate) fn new(expression: &Expression, scope: &Scope<'_>) -> Result<Self, Error> {
        let mut binder = Binder {
            scope: *scope,
            budget: Budget::default(),
            aliases: 0,
        };
        binder.bind(expression)
    }

    /// Binds a condition.
    pub(crate) fn condition(expression: &Expression, scope: &Scope<'_>) -> Result<Self, Error> {
        let bound = Self::new(expression, scope)?;
        match bound.primitive {
            Some(Primitive::Boolean) | None => Ok(bound),
            Some(other) => Err(Error::bad_request(format!(
                "Expected a condition but an expression of type {} found",
                other.name()
            ))
            .at(expression.span.start)),
        }
    }

    /// The property, if the expression is nothing else.
    pub(crate) const fn property(&self) -> Option<&'static str> {
        if let Node::Property(name) = self.node {
            Some(name)
        } else {
            None
        }
    }

    /// The type; `None` for the null literal.
    pub(crate) const fn primitive(&self) -> Option<Primitive> {
        self.primitive
    }
}

struct Binder<'a> {
    scope: Scope<'a>,
    budget: Budget,
    aliases: u8,
}

impl Binder<'_> {
    fn bind(&mut self, expression: &Expression) -> Result<Bound, Error> {
        let position = expression.span.start;
        self.budget.spend(position)?;
        let bound = match &expression.kind {
            Kind::Literal(value) => Ok(constant(value.clone())),
            Kind::Path(path) => self.path(path),
            Kind::Alias(name) => self.alias(name),
            Kind::Call(name, arguments) => self.call(name, arguments),
            Kind::Not(operand) => self
                .operand("not", operand, Primitive::Boolean)
                .map(|node| of_type(Primitive::Boolean, Node::Not(Box::new(node)))),
            Kind::Negate(operand) => self.negate(operand),
            Kind::And(operands) => self
                .conditions("and", operands)
                .map(|nodes| of_type(Primitive::Boolean, Node::And(nodes))),
            Kind::Or(operands) => self
                .conditions("or", operands)
                .map(|nodes| of_type(Primitive::Boolean, Node::Or(nodes))),
            Kind::Binary(operator, left, right) => self.binary(*operator, left, right),
            Kind::Enumeration(..) => Err(unsupported("Enumeration values are")),
            Kind::Spatial(..) => Err(unsupported("Geography and geometry are")),
            Kind::Case(_) => Err(unsupported("Function \"case\" is")),
            Kind::List(_) => Err(unsupported("A collection as an operand is")),
            Kind::Object(_) => Err(unsupported("An object as an operand is")),
        };
        bound.map_err(|error| error.at(position))
    }

    fn path(&self, path: &Path) -> Result<Bound, Error> {
        match path.root {
            Root::Instance | Root::It => {}
            Root::This => return Err(unsupported("\"$this\" is")),
            Root::Service => return Err(unsupported("\"$root\" is")),
        }
        let entity_type = self.scope.entity_type;
        let own_type = |step: &Step| matches!(step, Step::Name(name) if self.scope.model.unqualified(name) == Some(entity_type.name));
        let mut steps = path.steps.as_slice();
        while let Some((first, rest @ [_, ..])) = steps.split_first()
            && own_type(first)
        {
            steps = rest;
        }
        let (name, rest) = match steps {
            [Step::Name(name) | Step::Call(name, _), rest @ ..] => (name, rest),
            [Step::Annotation(_), ..] => {
                return Err(unsupported("An annotation in an expression is"));
            }
            [] => return Err(unsupported("An entity as an operand is")),
            _ => return Err(unsupported("This path is")),
        };
        if entity_type.navigation_property(name).is_some() {
            return Err(unsupported("Navigation inside expressions is"));
        }
        if let [Step::Call(name, _), ..] = steps {
            return Err(unsupported(&format!("Function \"{name}\" is")));
        }
        let Some(property) = entity_type.property(name) else {
            let owner = self.scope.model.qualified(entity_type.name);
            return Err(no_property(name, &owner));
        };
        match rest {
            [] => Ok(of_type(property.primitive, Node::Property(property.name))),
            [Step::Name(inner) | Step::Call(inner, _), ..] => {
                Err(no_property(inner, property.name))
            }
            _ => Err(Error::bad_request(format!(
                "Property \"{name}\" is no collection"
            ))),
        }
    }

    fn alias(&mut self, name: &str) -> Result<Bound, Error> {
        let aliases = self.scope.aliases;
        match aliases.iter().find(|(alias, _)| alias == name) {
            // https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html#sec_ParameterAliases
            None => Ok(constant(Value::Null)),
            Some(_) if self.aliases >= MAX_ALIASES => Err(Error::bad_request(format!(
                "The parameter alias \"@{name}\" refers to too many others"
            ))),
            Some((_, expression)) => {
                self.aliases += 1;
                let bound = self.bind(expression);
                self.aliases -= 1;
                bound
            }
        }
    }

    fn conditions(&mut self, name: &str, operands: &[Expression]) -> Result<Box<[Node]>, Error> {
        operands
            .iter()
            .map(|operand| self.operand(name, operand, Primitive::Boolean))
            .collect()
    }

    fn operand(
        &mut self,
        name: &str,
        operand: &Expression,
        expected: Primitive,
    ) -> Result<Node, Error> {
        let bound = self.bind(operand)?;
        match bound.primitive {
            Some(other) if other != expected => Err(Error::bad_request(format!(
                "The operator \"{name}\" needs {}, not {}",
                expected.name(),
                other.name()
            ))
            .at(operand.span.start)),
            Some(_) | None => Ok(bound.node),
        }
    }

    fn negate(&mut self, operand: &Expression) -> Result<Bound, Error> {
        let bound = self.bind(operand)?;
        match bound.primitive {
            Some(other) if !other.is_number() && other != Primitive::Duration => {
                return Err(Error::bad_request(format!(
                    "The operator \"-\" needs a number, not {}",
                    other.name()
                )));
            }
            Some(_) | None => {}
        }
        Ok(Bound {
            node: Node::Negate(Box::new(bound.node)),
            primitive: bound.primitive,
        })
    }

    fn binary(
        &mut self,
        operator: Operator,
        left: &Expression,
        right: &Expression,
    ) -> Result<Bound, Error> {
        use Operator as O;
        let comparison = match operator {
            O::Equal => Comparison::Equal,
            O::NotEqual => Comparison::NotEqual,
            O::Greater => Comparison::Greater,
            O::GreaterOrEqual => Comparison::GreaterOrEqual,
            O::Less => Comparison::Less,
            O::LessOrEqual => Comparison::LessOrEqual,
            O::Has => return Err(unsupported("Operator \"has\" is")),
            O::In => return self.membership(left, right),
            O::Add | O::Subtract | O::Multiply | O::Divide | O::DivideBy | O::Modulo => {
                let left = self.bind(left)?;
                let right = self.bind(right)?;
                return arithmetic::bind(operator, left, right);
            }
        };
        let left = self.bind(left)?;
        let right = self.bind(right)?;
        check_comparable(operator.name(), &left, &right)?;
        let operands = Box::new((left.node, right.node));
        Ok(of_type(
            Primitive::Boolean,
            Node::Compare(comparison, operands),
        ))
    }

    fn membership(&mut self, left: &Expression, right: &Expression) -> Result<Bound, Error> {
        let left = self.bind(left)?;
        let mut list = &right.kind;
        for _ in 0..MAX_ALIASES {
            let Kind::Alias(name) = list else { break };
            let aliases = self.scope.aliases;
            let Some((_, value)) = aliases.iter().find(|(alias, _)| alias == name) else {
                break;
            };
            list = &value.kind;
        }
        let Kind::List(items) = list else {
            let error = Error::bad_request("The operator \"in\" needs a list on its right");
            return Err(error.at(right.span.start));
        };
        let mut nodes = Vec::with_capacity(items.len());
        for item in items {
            let bound = self.bind(item)?;
            check_comparable("in", &left, &bound).map_err(|error| error.at(item.span.start))?;
            nodes.push(bound.node);
        }
        Ok(of_type(
            Primitive::Boolean,
            Node::In(Box::new(left.node), nodes.into()),
        ))
    }

    fn call(&mut self, name: &str, arguments: &[Argument]) -> Result<Bound, Error> {
        let positional = arguments.iter().all(|argument| argument.name.is_none());
        let Some(function) = Function::named(name).filter(|_| positional) else {
            return Err(unsupported(&format!("Function \"{name}\" is")));
        };
        let bound = arguments
            .iter()
            .map(|argument| self.bind(&argument.value))
            .collect::<Result<Vec<_>, _>>()?;
        if function == Function::Now {
            let now = self
                .scope
                .now
                .ok_or_else(|| unsupported("Function \"now\" is"))?;
            function.check(name, &bound)?;
            return Ok(constant(now.into()));
        }
        let primitive = function.check(name, &bound)?;
        let nodes = bound.into_iter().map(|it| it.node).collect();
        let node = Node::Call(function, nodes);
        Ok(Bound {
            node: node.folded()?,
            primitive,
        })
    }
}

fn check_comparable(operator: &str, left: &Bound, right: &Bound) -> Result<(), Error> {
    match (left.primitive, right.primitive) {
        (Some(a), Some(b)) if !a.comparable(b) => Err(Error::bad_request(format!(
            "The operator \"{operator}\" cannot compare {} with {}",
            a.name(),
            b.name()
        ))),
        (Some(_) | None, Some(_) | None) => Ok(()),
    }
}

const fn of_type(primitive: Primitive, node: Node) -> Bound {
    Bound {
        node,
        primitive: Some(primitive),
    }
}

fn constant(value: Value<'static>) -> Bound {
    Bound {
        primitive: Primitive::of(&value),
        node: Node::Constant(value),
    }
}

fn unsupported(what: &str) -> Error {
    Error::not_implemented(format!("{what} not supported"))
}

pub(crate) fn no_property(name: &str, owner: &str) -> Error {
    Error::bad_request(format!("Property \"{name}\" does not exist in \"{owner}\""))
}
