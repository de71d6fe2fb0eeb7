//! Evaluation of bound expressions over rows, with the three-valued logic of
//! [URL Conventions, 5.1.1.1](https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html#sec_LogicalOperators).

use std::cmp::Ordering;

use super::arithmetic::{self, Arithmetic};
use super::cast;
use super::pattern::Pattern;
use super::search::Matcher;
use super::walk::{Collection, Env, Fuel, Way};
use super::{Bound, Function};
use crate::edm::Primitive;
use crate::{Error, Row, Value};

/// Why a row cannot be evaluated; the request fails then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    DivisionByZero,
    OutOfRange,
    /// A row does not know what a navigation property leads to.
    NotLoaded,
    /// Lambda operators visit too many rows, or patterns too many characters.
    TooMuch,
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::DivisionByZero => Self::bad_request("An expression divides by zero"),
            Failure::OutOfRange => Self::bad_request("An expression leaves the range of its type"),
            Failure::NotLoaded => {
                Self::not_implemented("Navigation inside expressions is not supported here")
            }
            Failure::TooMuch => Self::not_implemented("An expression costs more than supported"),
        }
    }
}

#[derive(Debug, Clone)]
pub(super) enum Node {
    Constant(Value<'static>),
    Property(&'static str),
    /// A property that the model does not declare.
    Dynamic(Box<str>),
    /// A property at the end of a way.
    Path(Way, &'static str),
    /// True where a way leads to an entity, otherwise null.
    Presence(Way),
    Count(Collection),
    Matches(Matcher),
    Pattern(Box<Node>, Pattern),
    Cast(Primitive, Box<Node>),
    IsOf(Primitive, Box<Node>),
    /// Conditions and results; the first that is true decides.
    Case(Box<[(Node, Node)]>),
    Any(Collection, Option<Box<Node>>),
    All(Collection, Box<Node>),
    Not(Box<Node>),
    Negate(Box<Node>),
    And(Box<[Node]>),
    Or(Box<[Node]>),
    Compare(Comparison, Box<(Node, Node)>),
    In(Box<Node>, Box<[Node]>),
    Arithmetic(Arithmetic, Box<(Node, Node)>),
    Call(Function, Box<[Node]>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Comparison {
    fn holds(self, left: &Value<'_>, right: &Value<'_>) -> bool {
        let order = left.compare(right);
        match self {
            Self::Equal => equal(left, right),
            Self::NotEqual => !equal(left, right),
            Self::Greater => order == Some(Ordering::Greater),
            Self::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
            Self::Less => order == Some(Ordering::Less),
            Self::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        }
    }
}

/// Null equals null and nothing else.
fn equal(left: &Value<'_>, right: &Value<'_>) -> bool {
    if left.is_null() || right.is_null() {
        return left.is_null() && right.is_null();
    }
    left.compare(right) == Some(Ordering::Equal)
}

impl Bound {
    /// Whether the condition is true for a row; unknown is not true.
    pub(crate) fn holds<R: Row + ?Sized>(&self, env: &Env<'_, R>) -> Result<bool, Failure> {
        Ok(self.node.truth(env)? == Some(true))
    }

    /// The value for a row.
    pub(crate) fn value<'r, R: Row + ?Sized>(
        &'r self,
        env: &Env<'r, R>,
    ) -> Result<Value<'r>, Failure> {
        self.node.value(env)
    }
}

impl Node {
    /// A call of constants is made once.
    pub(super) fn folded(self) -> Result<Self, Error> {
        let Self::Call(_, arguments) = &self else {
            return Ok(self);
        };
        if arguments.iter().all(|it| matches!(it, Self::Constant(_))) {
            let fuel = Fuel::full();
            let value = self.value(&Env::new(&NoRow, None, &fuel))?.into_owned();
            return Ok(Self::Constant(value));
        }
        Ok(self)
    }

    pub(super) fn truth<R: Row + ?Sized>(&self, env: &Env<'_, R>) -> Result<Option<bool>, Failure> {
        match self {
            Self::And(operands) => kleene(operands, env, false),
            Self::Or(operands) => kleene(operands, env, true),
            Self::Not(operand) => Ok(operand.truth(env)?.map(|truth| !truth)),
            Self::Compare(comparison, operands) => {
                let (left, right) = &**operands;
                Ok(Some(
                    comparison.holds(&left.value(env)?, &right.value(env)?),
                ))
            }
            Self::In(needle, list) => {
                let needle = needle.value(env)?;
                for item in list {
                    if equal(&needle, &item.value(env)?) {
                        return Ok(Some(true));
                    }
                }
                Ok(Some(false))
            }
            Self::Any(rows, condition) => rows.any(condition.as_deref(), env).map(Some),
            Self::All(rows, condition) => rows.all(condition, env).map(Some),
            Self::IsOf(primitive, of) => Ok(Some(cast::is_of(&of.value(env)?, *primitive))),
            Self::Matches(matcher) => Ok(Some(matcher.matches(env.this))),
            Self::Constant(_)
            | Self::Property(_)
            | Self::Dynamic(_)
            | Self::Path(..)
            | Self::Presence(_)
            | Self::Count(_)
            | Self::Pattern(..)
            | Self::Cast(..)
            | Self::Case(_)
            | Self::Negate(_)
            | Self::Arithmetic(..)
            | Self::Call(..) => Ok(self.value(env)?.as_bool()),
        }
    }

    fn value<'r, R: Row + ?Sized>(&'r self, env: &Env<'r, R>) -> Result<Value<'r>, Failure> {
        match self {
            Self::Constant(value) => Ok(value.reborrow()),
            Self::Property(name) => Ok(env.this.get(name)),
            Self::Dynamic(name) => Ok(env.this.get(name)),
            Self::Path(way, property) => way.value(property, env),
            Self::Presence(way) => way.presence(env),
            Self::Count(rows) => rows.count(env),
            Self::Pattern(of, pattern) => match of.value(env)?.as_str() {
                Some(text) => Ok(pattern.matches(text, env.fuel)?.into()),
                None => Ok(Value::Null),
            },
            Self::Cast(primitive, of) => Ok(cast::cast(&of.value(env)?, *primitive)),
            Self::Case(cases) => {
                for (condition, value) in cases {
                    if condition.truth(env)? == Some(true) {
                        return value.value(env);
                    }
                }
                Ok(Value::Null)
            }
            Self::Negate(operand) => arithmetic::negate(&operand.value(env)?),
            Self::Arithmetic(operator, operands) => {
                let (left, right) = &**operands;
                operator.apply(&left.value(env)?, &right.value(env)?)
            }
            Self::Call(function, arguments) => match &**arguments {
                [] => function.apply(&[]),
                [one] => function.apply(&[one.value(env)?]),
                [one, two] => function.apply(&[one.value(env)?, two.value(env)?]),
                more => {
                    let values = more
                        .iter()
                        .map(|argument| argument.value(env))
                        .collect::<Result<Vec<_>, _>>()?;
                    function.apply(&values)
                }
            },
            Self::Not(_)
            | Self::And(_)
            | Self::Or(_)
            | Self::Compare(..)
            | Self::In(..)
            | Self::Any(..)
            | Self::All(..)
            | Self::IsOf(..)
            | Self::Matches(_) => Ok(self.truth(env)?.into()),
        }
    }
}

/// `and` and `or`: one operand decides at once, an unknown one leaves the
/// whole unknown.
fn kleene<R: Row + ?Sized>(
    operands: &[Node],
    env: &Env<'_, R>,
    decisive: bool,
) -> Result<Option<bool>, Failure> {
    let mut whole = Some(!decisive);
    for operand in operands {
        match operand.truth(env)? {
            Some(truth) if truth == decisive => return Ok(Some(decisive)),
            Some(_) => {}
            None => whole = None,
        }
    }
    Ok(whole)
}

/// The order of `$orderby`: null first, then NaN, then the values.
pub(crate) fn sort_order(left: &Value<'_>, right: &Value<'_>) -> Ordering {
    let rank = |value: &Value<'_>| {
        if value.is_null() {
            0
        } else if matches!(value, Value::Double(number) if number.is_nan()) {
            1
        } else {
            2
        }
    };
    rank(left)
        .cmp(&rank(right))
        .then_with(|| left.compare(right).unwrap_or(Ordering::Equal))
}

/// For expressions that mention no property.
struct NoRow;

impl Row for NoRow {
    fn get(&self, _property: &str) -> Value<'_> {
        Value::Null
    }
}
