//! The canonical functions
//! ([URL Conventions, 5.1.1.4 ff.](https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html#sec_CanonicalFunctions)):
//! names, signatures, and which of the two families evaluates them.

mod text;
mod time;

use text::TextFunction;
use time::TimeFunction;

use super::evaluate::Failure;
use super::{Bound, Error, Primitive};
use crate::{DateTimeOffset, Decimal, Value};

/// A function that can be evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Text(TextFunction),
    Time(TimeFunction),
    Round(Rounding),
    TotalSeconds,
    MinDateTime,
    MaxDateTime,
    Now,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rounding {
    Nearest,
    Down,
    Up,
}

/// What a parameter takes.
#[derive(Debug, Clone, Copy)]
enum Parameter {
    Text,
    Whole,
    Number,
    Instant,
    Day,
    Clock,
    Span,
}

/// What a function returns.
#[derive(Debug, Clone, Copy)]
enum Returns {
    Always(Primitive),
    LikeArgument,
}

impl Parameter {
    fn takes(self, primitive: Primitive) -> bool {
        use Primitive as P;
        match self {
            Self::Text => primitive == P::String,
            Self::Whole => primitive.is_integer(),
            Self::Number => primitive.is_number(),
            Self::Instant => primitive == P::DateTimeOffset,
            Self::Day => matches!(primitive, P::DateTimeOffset | P::Date),
            Self::Clock => matches!(primitive, P::DateTimeOffset | P::TimeOfDay),
            Self::Span => primitive == P::Duration,
        }
    }

    const fn describe(self) -> &'static str {
        match self {
            Self::Text => "Edm.String",
            Self::Whole => "an integer",
            Self::Number => "a number",
            Self::Instant => "Edm.DateTimeOffset",
            Self::Day => "Edm.DateTimeOffset or Edm.Date",
            Self::Clock => "Edm.DateTimeOffset or Edm.TimeOfDay",
            Self::Span => "Edm.Duration",
        }
    }
}

impl Function {
    /// The function with this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        // 4.01 spellings arrive in any case; no two functions differ by case.
        let name = name.to_ascii_lowercase();
        Some(match name.as_str() {
            "round" => Self::Round(Rounding::Nearest),
            "floor" => Self::Round(Rounding::Down),
            "ceiling" => Self::Round(Rounding::Up),
            "totalseconds" => Self::TotalSeconds,
            "mindatetime" => Self::MinDateTime,
            "maxdatetime" => Self::MaxDateTime,
            "now" => Self::Now,
            other => {
                let text = TextFunction::named(other).map(Self::Text);
                return text.or_else(|| TimeFunction::named(other).map(Self::Time));
            }
        })
    }

    /// Parameters, how many of them are optional, and result.
    const fn signature(self) -> (&'static [Parameter], usize, Returns) {
        use Parameter as T;
        use Primitive as P;
        use Returns::{Always, LikeArgument};
        use {TextFunction as Text, TimeFunction as Time};
        match self {
            Self::Text(Text::Contains | Text::StartsWith | Text::EndsWith) => {
                (&[T::Text, T::Text], 0, Always(P::Boolean))
            }
            Self::Text(Text::Concat) => (&[T::Text, T::Text], 0, Always(P::String)),
            Self::Text(Text::IndexOf) => (&[T::Text, T::Text], 0, Always(P::Int32)),
            Self::Text(Text::Length) => (&[T::Text], 0, Always(P::Int32)),
            Self::Text(Text::Substring) => (&[T::Text, T::Whole, T::Whole], 1, Always(P::String)),
            Self::Text(Text::ToLower | Text::ToUpper | Text::Trim) => {
                (&[T::Text], 0, Always(P::String))
            }
            Self::Time(Time::Year | Time::Month | Time::Day) => (&[T::Day], 0, Always(P::Int32)),
            Self::Time(Time::Hour | Time::Minute | Time::Second) => {
                (&[T::Clock], 0, Always(P::Int32))
            }
            Self::Time(Time::FractionalSeconds) => (&[T::Clock], 0, Always(P::Decimal)),
            Self::Time(Time::Date) => (&[T::Instant], 0, Always(P::Date)),
            Self::Time(Time::Time) => (&[T::Instant], 0, Always(P::TimeOfDay)),
            Self::Time(Time::TotalOffsetMinutes) => (&[T::Instant], 0, Always(P::Int32)),
            Self::TotalSeconds => (&[T::Span], 0, Always(P::Decimal)),
            Self::Round(_) => (&[T::Number], 0, LikeArgument),
            Self::MinDateTime | Self::MaxDateTime | Self::Now => {
                (&[], 0, Always(P::DateTimeOffset))
            }
        }
    }

    /// Checks number and types of the arguments; returns the result's type.
    pub(super) fn check(self, name: &str, arguments: &[Bound]) -> Result<Option<Primitive>, Error> {
        let (parameters, optional, returns) = self.signature();
        let least = parameters.len() - optional;
        if !(least..=parameters.len()).contains(&arguments.len()) {
            let expected = if optional == 0 {
                least.to_string()
            } else {
                format!("{least} to {}", parameters.len())
            };
            return Err(Error::bad_request(format!(
                "Function \"{name}\" takes {expected} arguments, not {}",
                arguments.len()
            )));
        }
        for (parameter, argument) in parameters.iter().zip(arguments) {
            match argument.primitive {
                Some(primitive) if !parameter.takes(primitive) => {
                    return Err(Error::bad_request(format!(
                        "Function \"{name}\" takes {}, not {}",
                        parameter.describe(),
                        primitive.name()
                    )));
                }
                Some(_) | None => {}
            }
        }
        Ok(match returns {
            Returns::Always(primitive) => Some(primitive),
            Returns::LikeArgument => arguments.first().and_then(|it| it.primitive),
        })
    }

    /// The result; null if an argument is null.
    pub(super) fn apply<'v>(self, arguments: &[Value<'v>]) -> Result<Value<'v>, Failure> {
        if arguments.iter().any(Value::is_null) {
            return Ok(Value::Null);
        }
        match (self, arguments) {
            (Self::Text(function), [Value::String(text), rest @ ..]) => {
                Ok(function.apply(text, rest))
            }
            (Self::Time(function), [value]) => function.apply(value).ok_or(Failure::OutOfRange),
            (Self::Round(rounding), [value]) => Ok(rounding.apply(value)),
            (Self::TotalSeconds, [Value::Duration(span)]) => Decimal::new(span.picos(), 12)
                .map(Value::Decimal)
                .ok_or(Failure::OutOfRange),
            (Self::MinDateTime, _) => Ok(DateTimeOffset::MIN.into()),
            (Self::MaxDateTime, _) => Ok(DateTimeOffset::MAX.into()),
            // Only a row whose values are not of the declared type gets here.
            _ => Ok(Value::Null),
        }
    }
}

impl Rounding {
    fn apply<'v>(self, value: &Value<'_>) -> Value<'v> {
        if let Value::Double(number) = value {
            return Value::Double(match self {
                Self::Nearest => number.round(),
                Self::Down => number.floor(),
                Self::Up => number.ceil(),
            });
        }
        if let Value::Integer(number) = value {
            return Value::Integer(*number);
        }
        value.as_decimal().map_or(Value::Null, |number| {
            Value::Decimal(match self {
                Self::Nearest => number.round(),
                Self::Down => number.floor(),
                Self::Up => number.ceiling(),
            })
        })
    }
}
