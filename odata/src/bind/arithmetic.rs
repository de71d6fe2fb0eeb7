//! `add`, `sub`, `mul`, `div`, `divby`, `mod` and `-`, on numbers, instants
//! and durations
//! ([URL Conventions, 5.1.1.2](https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html#sec_ArithmeticOperators)).

use super::evaluate::{Failure, Node};
use super::{Bound, Error, Operator, Primitive};
use crate::{Decimal, Duration, Value};

/// An operator whose operand types are known to fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    DivideBy,
    Modulo,
}

/// Checks the operand types and makes the node.
pub(super) fn bind(operator: Operator, left: Bound, right: Bound) -> Result<Bound, Error> {
    let (arithmetic, primitive) = match (left.primitive, right.primitive) {
        (Some(a), Some(b)) => match result(operator, a, b) {
            Some((arithmetic, primitive)) => (arithmetic, Some(primitive)),
            None => {
                return Err(Error::bad_request(format!(
                    "The operator \"{}\" cannot take {} and {}",
                    operator.name(),
                    a.name(),
                    b.name()
                )));
            }
        },
        // Null with anything is null.
        _ => {
            return Ok(Bound {
                node: Node::Constant(Value::Null),
                primitive: None,
            });
        }
    };
    Ok(Bound {
        node: Node::Arithmetic(arithmetic, Box::new((left.node, right.node))),
        primitive,
    })
}

fn result(operator: Operator, a: Primitive, b: Primitive) -> Option<(Arithmetic, Primitive)> {
    use Arithmetic as A;
    use Primitive as P;
    let arithmetic = match operator {
        Operator::Add => A::Add,
        Operator::Subtract => A::Subtract,
        Operator::Multiply => A::Multiply,
        Operator::Divide => A::Divide,
        Operator::DivideBy => A::DivideBy,
        Operator::Modulo => A::Modulo,
        Operator::Equal
        | Operator::NotEqual
        | Operator::Greater
        | Operator::GreaterOrEqual
        | Operator::Less
        | Operator::LessOrEqual
        | Operator::Has
        | Operator::In => return None,
    };
    let primitive = match (a, arithmetic, b) {
        (a, _, b) if a.is_number() && b.is_number() => promoted(arithmetic, a, b),
        (P::DateTimeOffset, A::Add | A::Subtract, P::Duration) => P::DateTimeOffset,
        (P::Date, A::Add | A::Subtract, P::Duration) => P::Date,
        (P::Duration, A::Add | A::Subtract, P::Duration) => P::Duration,
        (P::DateTimeOffset, A::Subtract, P::DateTimeOffset) => P::Duration,
        (P::Date, A::Subtract, P::Date) => P::Duration,
        (P::Duration, A::Multiply | A::Divide | A::DivideBy, b) if b.is_number() => P::Duration,
        (a, A::Multiply, P::Duration) if a.is_number() => P::Duration,
        _ => return None,
    };
    Some((arithmetic, primitive))
}

fn promoted(arithmetic: Arithmetic, a: Primitive, b: Primitive) -> Primitive {
    let double = |it| matches!(it, Primitive::Double | Primitive::Single);
    if double(a) || double(b) {
        Primitive::Double
    } else if a.is_integer() && b.is_integer() && arithmetic != Arithmetic::DivideBy {
        Primitive::Int64
    } else {
        Primitive::Decimal
    }
}

/// `-value`.
pub(super) fn negate<'v>(value: &Value<'_>) -> Result<Value<'v>, Failure> {
    if let Value::Duration(span) = value {
        return minus(*span).map(Value::Duration).ok_or(Failure::OutOfRange);
    }
    if value.is_null() {
        return Ok(Value::Null);
    }
    Arithmetic::Subtract.apply(&Value::Integer(0), value)
}

impl Arithmetic {
    /// The result for two values; null if one of them is null.
    pub(super) fn apply<'v>(
        self,
        left: &Value<'_>,
        right: &Value<'_>,
    ) -> Result<Value<'v>, Failure> {
        if left.is_null() || right.is_null() {
            return Ok(Value::Null);
        }
        if let Some(result) = self.temporal(left, right) {
            return result;
        }
        if let (Value::Integer(a), Value::Integer(b)) = (left, right)
            && let Some(number) = self.integers(*a, *b)?
        {
            return Ok(Value::Integer(number));
        }
        if let (Some(a), Some(b)) = (left.as_decimal(), right.as_decimal())
            && let Some(value) = self.decimals(a, b)?
        {
            return Ok(value);
        }
        match (left.as_f64(), right.as_f64()) {
            (Some(a), Some(b)) => Ok(Value::Double(self.doubles(a, b))),
            _ => Ok(Value::Null),
        }
    }

    /// `None` where the result has to be a decimal.
    fn integers(self, a: i64, b: i64) -> Result<Option<i64>, Failure> {
        if b == 0 && matches!(self, Self::Divide | Self::Modulo) {
            return Err(Failure::DivisionByZero);
        }
        Ok(match self {
            Self::Add => a.checked_add(b),
            Self::Subtract => a.checked_sub(b),
            Self::Multiply => a.checked_mul(b),
            Self::Divide => a.checked_div(b),
            Self::Modulo => a.checked_rem(b),
            Self::DivideBy => None,
        })
    }

    /// `None` where the result has to be a double.
    fn decimals(self, a: Decimal, b: Decimal) -> Result<Option<Value<'static>>, Failure> {
        if b.is_zero() {
            match self {
                Self::Divide | Self::Modulo => return Err(Failure::DivisionByZero),
                Self::DivideBy => return Ok(None),
                Self::Add | Self::Subtract | Self::Multiply => {}
            }
        }
        let number = match self {
            Self::Add => a.checked_add(b),
            Self::Subtract => a.checked_sub(b),
            Self::Multiply => a.checked_mul(b),
            Self::Divide | Self::DivideBy => a.checked_div(b),
            Self::Modulo => a.checked_rem(b),
        };
        Ok(number.map(Value::Decimal))
    }

    fn doubles(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Add => a + b,
            Self::Subtract => a - b,
            Self::Multiply => a * b,
            Self::Divide | Self::DivideBy => a / b,
            Self::Modulo => a % b,
        }
    }

    /// Instants and spans; `None` for numbers.
    fn temporal(
        self,
        left: &Value<'_>,
        right: &Value<'_>,
    ) -> Option<Result<Value<'static>, Failure>> {
        let result = match (left, self, right) {
            (Value::DateTimeOffset(at), Self::Add, Value::Duration(span)) => {
                at.checked_add(*span).map(Value::DateTimeOffset)
            }
            (Value::DateTimeOffset(at), Self::Subtract, Value::Duration(span)) => minus(*span)
                .and_then(|span| at.checked_add(span))
                .map(Value::DateTimeOffset),
            (Value::DateTimeOffset(a), Self::Subtract, Value::DateTimeOffset(b)) => {
                Some(Value::Duration(a.since(*b)))
            }
            // Today plus an hour is today, today minus an hour is yesterday.
            (Value::Date(date), Self::Add, Value::Duration(span)) => {
                date.checked_add(*span).map(Value::Date)
            }
            (Value::Date(date), Self::Subtract, Value::Duration(span)) => minus(*span)
                .and_then(|span| date.checked_add(span))
                .map(Value::Date),
            (Value::Date(a), Self::Subtract, Value::Date(b)) => Some(Value::Duration(a.since(*b))),
            (Value::Duration(a), Self::Add, Value::Duration(b)) => {
                a.picos().checked_add(b.picos()).map(span)
            }
            (Value::Duration(a), Self::Subtract, Value::Duration(b)) => {
                a.picos().checked_sub(b.picos()).map(span)
            }
            (Value::Duration(a), Self::Multiply, factor)
            | (factor, Self::Multiply, Value::Duration(a)) => {
                scale(*a, factor, Decimal::checked_mul)
            }
            (Value::Duration(a), Self::Divide | Self::DivideBy, divisor) => {
                scale(*a, divisor, Decimal::checked_div)
            }
            _ => return None,
        };
        Some(result.ok_or(Failure::OutOfRange))
    }
}

fn minus(span: Duration) -> Option<Duration> {
    span.picos().checked_neg().map(Duration::from_picos)
}

const fn span<'v>(picos: i128) -> Value<'v> {
    Value::Duration(Duration::from_picos(picos))
}

fn scale(
    duration: Duration,
    factor: &Value<'_>,
    operation: fn(Decimal, Decimal) -> Option<Decimal>,
) -> Option<Value<'static>> {
    let factor = match factor.as_decimal() {
        Some(exact) => exact,
        None => format!("{:.12}", factor.as_f64()?).parse().ok()?,
    };
    // In seconds, so that the product does not outgrow the decimal.
    let seconds = Decimal::new(duration.picos(), 12)?;
    let picos = operation(seconds, factor)?
        .checked_mul(Decimal::from(1_000_000_000_000))?
        .round();
    Some(span(picos.to_string().parse().ok()?))
}
