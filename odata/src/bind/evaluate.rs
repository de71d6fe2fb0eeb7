//! Evaluation of bound expressions over rows, with the three-valued logic of
//! [URL Conventions, 5.1.1.1](https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html#sec_LogicalOperators).

use std::cmp::Ordering;

use super::arithmetic::{self, Arithmetic};
use super::{Bound, Function};
use crate::{Error, Row, Value};

/// Why a row cannot be evaluated; the request fails then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    DivisionByZero,
    OutOfRange,
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self::bad_request(match failure {
            Failure::DivisionByZero => "An expression divides by zero",
            Failure::OutOfRange => "An expression leaves the range of its type",
        })
    }
}

#[derive(Debug, Clone)]
pub(super) enum Node {
    Constant(Value<'static>),
    Property(&'static str),
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
    pub(crate) fn holds<R: Row + ?Sized>(&self, row: &R) -> Result<bool, Failure> {
        Ok(self.node.truth(row)? == Some(true))
    }

    /// The value for a row.
    pub(crate) fn value<'r, R: Row + ?Sized>(&'r self, row: &'r R) -> Result<Value<'r>, Failure> {
        self.node.value(row)
    }
}

impl Node {
    /// A call of constants is made once.
    pub(super) fn folded(self) -> Result<Self, Error> {
        let Self::Call(_, arguments) = &self else {
            return Ok(self);
        };
        if arguments.iter().all(|it| matches!(it, Self::Constant(_))) {
            return Ok(Self::Constant(self.value(&NoRow)?.into_owned()));
        }
        Ok(self)
    }

    fn truth<R: Row + ?Sized>(&self, row: &R) -> Result<Option<bool>, Failure> {
        match self {
            Self::And(operands) => kleene(operands, row, false),
            Self::Or(operands) => kleene(operands, row, true),
            Self::Not(operand) => Ok(operand.truth(row)?.map(|truth| !truth)),
            Self::Compare(comparison, operands) => {
                let (left, right) = &**operands;
                Ok(Some(
                    comparison.holds(&left.value(row)?, &right.value(row)?),
                ))
            }
            Self::In(needle, list) => {
                let needle = needle.value(row)?;
                for item in list {
                    if equal(&needle, &item.value(row)?) {
                        return Ok(Some(true));
                    }
                }
                Ok(Some(false))
            }
            Self::Constant(_)
            | Self::Property(_)
            | Self::Negate(_)
            | Self::Arithmetic(..)
            | Self::Call(..) => Ok(self.value(row)?.as_bool()),
        }
    }

    fn value<'r, R: Row + ?Sized>(&'r self, row: &'r R) -> Result<Value<'r>, Failure> {
        match self {
            Self::Constant(value) => Ok(value.reborrow()),
            Self::Property(name) => Ok(row.get(name)),
            Self::Negate(operand) => arithmetic::negate(&operand.value(row)?),
            Self::Arithmetic(operator, operands) => {
                let (left, right) = &**operands;
                operator.apply(&left.value(row)?, &right.value(row)?)
            }
            Self::Call(function, arguments) => match &**arguments {
                [] => function.apply(&[]),
                [one] => function.apply(&[one.value(row)?]),
                [one, two] => function.apply(&[one.value(row)?, two.value(row)?]),
                more => {
                    let values = more
                        .iter()
                        .map(|argument| argument.value(row))
                        .collect::<Result<Vec<_>, _>>()?;
                    function.apply(&values)
                }
            },
            Self::Not(_) | Self::And(_) | Self::Or(_) | Self::Compare(..) | Self::In(..) => {
                Ok(self.truth(row)?.into())
            }
        }
    }
}

/// `and` and `or`: one operand decides at once, an unknown one leaves the
/// whole unknown.
fn kleene<R: Row + ?Sized>(
    operands: &[Node],
    row: &R,
    decisive: bool,
) -> Result<Option<bool>, Failure> {
    let mut whole = Some(!decisive);
    for operand in operands {
        match operand.truth(row)? {
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
