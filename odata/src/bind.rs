//! From syntax to meaning: binds an [`Expression`] to an entity type, finds
//! every type error before a row is looked at, and yields a [`Bound`]
//! expression that can be evaluated.
//!
//! What is valid OData and not done here is answered with
//! [`NotImplemented`](crate::ErrorKind::NotImplemented): keys and annotations
//! in paths, enumerations, geography.

mod arithmetic;
mod cast;
mod evaluate;
mod function;
mod method;
mod path;
mod pattern;
mod scope;
mod search;
mod shape;
mod walk;

use crate::edm::{Model, Primitive};
use crate::expression::{Argument, Budget, Expression, Kind, Operator};
use crate::{Error, Value};

use evaluate::{Comparison, Node};
pub(crate) use evaluate::{Failure, sort_order};
use function::Function;
pub(crate) use method::{Reduction, count_value};
use path::{Target, Variable};
use scope::MAX_ALIASES;
pub(crate) use scope::{Aliases, It, Scope};
pub(crate) use shape::{Added, Member, POSITION, Shape};
pub(crate) use walk::{Env, Fuel};

/// An expression whose names and types are settled.
#[derive(Debug, Clone)]
pub(crate) struct Bound {
    node: Node,
    primitive: Option<Primitive>,
}

impl Bound {
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

/// Binds the expressions of one query.
pub(crate) struct Binder<'a> {
    scope: Scope<'a>,
    budget: Budget,
    aliases: u8,
    /// Lambda variables, the innermost last.
    variables: Vec<Variable>,
    /// The way to the instance at hand, where conditions inside a path are
    /// bound.
    origin: String,
    /// Navigation paths that were followed.
    related: Vec<String>,
    refers_to_it: bool,
}

/// What expressions need of rows besides their properties.
#[derive(Debug, Clone, Default)]
pub(crate) struct Needs {
    /// Navigation paths that are followed.
    pub(crate) related: Vec<String>,
    /// Whether `$it` is another instance than the one at hand.
    pub(crate) it: bool,
}

impl<'a> Binder<'a> {
    pub(crate) const fn new(scope: Scope<'a>, budget: Budget) -> Self {
        Self {
            scope,
            budget,
            aliases: 0,
            variables: Vec::new(),
            origin: String::new(),
            related: Vec::new(),
            refers_to_it: false,
        }
    }

    /// What the expressions need, and what is left of the budget.
    pub(crate) fn finish(self) -> (Needs, Budget) {
        let needs = Needs {
            related: self.related,
            it: self.refers_to_it,
        };
        (needs, self.budget)
    }

    pub(crate) const fn shape(&self) -> &'a Shape {
        self.scope.this
    }

    pub(crate) const fn model(&self) -> &'static Model {
        self.scope.model
    }

    /// Binds a condition.
    pub(crate) fn condition(&mut self, expression: &Expression) -> Result<Bound, Error> {
        let bound = self.bind(expression)?;
        match bound.primitive {
            Some(Primitive::Boolean) | None => Ok(bound),
            Some(other) => Err(Error::bad_request(format!(
                "Expected a condition but an expression of type {} found",
                other.name()
            ))
            .at(expression.span.start)),
        }
    }

    /// Binds an expression whose value is a number.
    pub(crate) fn number(&mut self, expression: &Expression) -> Result<Bound, Error> {
        let bound = self.bind(expression)?;
        match bound.primitive {
            Some(other) if !other.is_number() => Err(Error::bad_request(format!(
                "Expected a number but an expression of type {} found",
                other.name()
            ))
            .at(expression.span.start)),
            Some(_) | None => Ok(bound),
        }
    }

    /// Binds an expression whose value is primitive.
    pub(crate) fn bind(&mut self, expression: &Expression) -> Result<Bound, Error> {
        match self.target(expression)? {
            Target::Value(bound) => Ok(bound),
            Target::Entity(_) => Err(unsupported("An entity as an operand is")),
        }
        .map_err(|error| error.at(expression.span.start))
    }

    /// Binds an expression that may lead to an entity.
    fn target(&mut self, expression: &Expression) -> Result<Target, Error> {
        let position = expression.span.start;
        self.budget.spend(position)?;
        let bound = match &expression.kind {
            Kind::Path(path) => return self.path(path).map_err(|error| error.at(position)),
            Kind::Literal(value) => Ok(constant(value.clone())),
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
            Kind::Case(cases) => self.case(cases),
            Kind::List(_) => Err(Error::bad_request("A collection can't stand here")),
            Kind::Object(_) => Err(Error::bad_request("An object can't stand here")),
        };
        bound.map(Target::Value).map_err(|error| error.at(position))
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
            O::Has => return self.has(left),
            O::In => return self.membership(left, right),
            O::Add | O::Subtract | O::Multiply | O::Divide | O::DivideBy | O::Modulo => {
                let left = self.bind(left)?;
                let right = self.bind(right)?;
                return arithmetic::bind(operator, left, right);
            }
        };
        let operands = match (self.target(left)?, self.target(right)?) {
            (Target::Value(left), Target::Value(right)) => {
                check_comparable(operator.name(), &left, &right)?;
                (left.node, right.node)
            }
            (Target::Entity(way), Target::Value(value))
            | (Target::Value(value), Target::Entity(way)) => {
                check_absence(comparison, &value)?;
                (Node::Presence(way), value.node)
            }
            (Target::Entity(_), Target::Entity(_)) => {
                return Err(unsupported("Comparing entities with each other is"));
            }
        };
        Ok(of_type(
            Primitive::Boolean,
            Node::Compare(comparison, Box::new(operands)),
        ))
    }

    /// There are no enumerations in models yet, so nothing can have one.
    fn has(&mut self, left: &Expression) -> Result<Bound, Error> {
        Err(match self.bind(left)?.primitive {
            Some(other) => Error::bad_request(format!(
                "The operator \"has\" needs an enumeration, not {}",
                other.name()
            )),
            None => unsupported("Operator \"has\" is"),
        })
    }

    fn membership(&mut self, left: &Expression, right: &Expression) -> Result<Bound, Error> {
        let left = self.bind(left)?;
        let mut list = &right.kind;
        for _ in 0..MAX_ALIASES {
            let Kind::Alias(name) = list else { break };
            let Some(value) = self.scope.aliases.find(name) else {
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
            if matches!(item.kind, Kind::Path(_)) {
                let error = Error::bad_request("The operator \"in\" needs a list of literals");
                return Err(error.at(item.span.start));
            }
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
        if let Some(bound) = self.type_function(name, arguments)? {
            return Ok(bound);
        }
        if let Some(bound) = self.pattern_function(name, arguments)? {
            return Ok(bound);
        }
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

/// Entities can be compared with null only, and only for equality.
fn check_absence(comparison: Comparison, value: &Bound) -> Result<(), Error> {
    let equality = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
    if equality && matches!(value.node, Node::Constant(Value::Null)) {
        return Ok(());
    }
    Err(Error::bad_request(
        "An entity can be compared with null only, by \"eq\" and \"ne\"",
    ))
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
