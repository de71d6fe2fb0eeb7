//! Aggregation methods: many values become one
//! ([Data Aggregation, 3.2.1.3](https://docs.oasis-open.org/odata/odata-data-aggregation-ext/v4.0/odata-data-aggregation-ext-v4.0.html#AggregationMethods)).

use std::cmp::Ordering;

use super::arithmetic::Arithmetic;
use super::evaluate::{Failure, sort_order};
use crate::edm::Primitive;
use crate::query::Method;
use crate::{Decimal, Error, Value};

/// A method that is known to fit the type of its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reduction {
    Sum,
    /// A sum that keeps the type of the values.
    Total,
    Least,
    Greatest,
    Average,
    CountDistinct,
}

impl Reduction {
    /// The method for values of a type, and the type of the result.
    pub(crate) fn new(
        method: &Method,
        primitive: Option<Primitive>,
    ) -> Result<(Self, Option<Primitive>), Error> {
        use Primitive as P;
        let adds = |it: P| it.is_number() || it == P::Duration;
        let (reduction, fits, result): (_, fn(P) -> bool, _) = match method {
            Method::Sum => (Self::Sum, adds, primitive.map(summed)),
            Method::Average => (Self::Average, adds, primitive.map(summed)),
            Method::Min => (Self::Least, |it| it != P::Stream, primitive),
            Method::Max => (Self::Greatest, |it| it != P::Stream, primitive),
            Method::CountDistinct => (Self::CountDistinct, |it| it != P::Stream, Some(P::Decimal)),
            Method::Custom(name) => {
                return Err(Error::not_implemented(format!(
                    "The aggregation method \"{name}\" is not supported"
                )));
            }
        };
        match primitive {
            Some(primitive) if !fits(primitive) => Err(Error::bad_request(format!(
                "The aggregation method \"{method}\" does not apply to {}",
                primitive.name()
            ))),
            Some(_) | None => Ok((reduction, result)),
        }
    }

    /// What a property is aggregated to if the client names no method: the
    /// sum of numbers, the greatest of other values.
    pub(crate) fn by_default(primitive: Option<Primitive>) -> Self {
        match primitive {
            Some(primitive) if primitive.is_number() || primitive == Primitive::Duration => {
                Self::Total
            }
            Some(_) | None => Self::Greatest,
        }
    }

    /// The result for values, none of which is null; null if there are none.
    pub(crate) fn of(self, mut values: Vec<Value<'_>>) -> Result<Value<'static>, Failure> {
        let order = |a: &Value<'_>, b: &Value<'_>| sort_order(a, b);
        let count = i64::try_from(values.len()).unwrap_or(i64::MAX);
        let one = match self {
            Self::CountDistinct => {
                values.sort_by(order);
                values.dedup_by(|a, b| sort_order(a, b) == Ordering::Equal);
                return Ok(count_value(values.len()));
            }
            Self::Least => values.into_iter().min_by(order),
            Self::Greatest => values.into_iter().max_by(order),
            Self::Total => total(values, |value| value)?,
            Self::Sum => total(values, exact)?,
            Self::Average => match total(values, exact)? {
                Some(sum) => {
                    let divide = if matches!(sum, Value::Double(_)) {
                        Arithmetic::Divide
                    } else {
                        Arithmetic::DivideBy
                    };
                    Some(divide.apply(&sum, &Value::Integer(count))?)
                }
                None => None,
            },
        };
        Ok(one.map_or(Value::Null, Value::into_owned))
    }
}

/// A number of rows, of the type that the specification asks for.
pub(crate) fn count_value(count: usize) -> Value<'static> {
    Value::Decimal(Decimal::from(i64::try_from(count).unwrap_or(i64::MAX)))
}

/// The type that sums of a type have.
const fn summed(primitive: Primitive) -> Primitive {
    if matches!(primitive, Primitive::Double | Primitive::Single) {
        Primitive::Double
    } else if matches!(primitive, Primitive::Duration) {
        Primitive::Duration
    } else {
        Primitive::Decimal
    }
}

fn total<'v>(
    values: Vec<Value<'v>>,
    prepare: fn(Value<'v>) -> Value<'v>,
) -> Result<Option<Value<'v>>, Failure> {
    let mut values = values.into_iter().map(prepare);
    let Some(mut sum) = values.next() else {
        return Ok(None);
    };
    for value in values {
        let whole = matches!((&sum, &value), (Value::Integer(_), Value::Integer(_)));
        sum = Arithmetic::Add.apply(&sum, &value)?;
        if whole && !matches!(sum, Value::Integer(_)) {
            return Err(Failure::OutOfRange);
        }
    }
    Ok(Some(sum))
}

/// Integers as decimals, whose sum has more room.
fn exact(value: Value<'_>) -> Value<'_> {
    if let Value::Integer(number) = value {
        return Value::Decimal(number.into());
    }
    value
}
