//! Primitive values
//! ([JSON Format, 7.1](https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html#sec_PrimitiveValue)).

use std::borrow::Cow;
use std::str::FromStr;

use super::structured::Numbers;
use crate::edm::Primitive;
use crate::json::{NotJson, Reader};
use crate::value::Guid;
use crate::{Decimal, Value, base64};

/// A JSON value that may stand for a primitive one.
pub(super) enum Token<'t> {
    Null,
    Boolean(bool),
    /// As it is written.
    Number(&'t str),
    Text(Cow<'t, str>),
    /// An object or an array.
    Nested,
}

impl<'t> Token<'t> {
    pub(super) fn read(json: &mut Reader<'t>) -> Result<Self, NotJson> {
        let first = json.next_token();
        if first == Some(b'"') {
            return json.string().map(Self::Text);
        }
        let text = json.value()?;
        Ok(match (first, text) {
            (Some(b'{' | b'['), _) => Self::Nested,
            (_, "null") => Self::Null,
            (_, "true") => Self::Boolean(true),
            (_, "false") => Self::Boolean(false),
            (_, number) => Self::Number(number),
        })
    }

    /// The value of that type, if it is one; null is none.
    pub(super) fn value(self, of: Primitive, numbers: Numbers) -> Option<Value<'static>> {
        use Primitive as P;
        match (of, self) {
            (P::Boolean, Token::Boolean(truth)) => Some(Value::Boolean(truth)),
            (P::Double | P::Single, token) => token.double(of).map(Value::Double),
            (P::Decimal, Token::Number(text)) => decimal(text).map(Value::Decimal),
            (P::Decimal, Token::Text(text)) if numbers.as_text => {
                decimal(&text).map(Value::Decimal)
            }
            (P::Int64, Token::Text(text)) if numbers.as_text => integer(&text, of),
            (of, Token::Number(text)) if of.is_integer() => integer(text, of),
            (of, Token::Text(text)) => spelled(&text, of),
            (_, Token::Null | Token::Boolean(_) | Token::Number(_) | Token::Nested) => None,
        }
    }

    fn double(self, of: Primitive) -> Option<f64> {
        match self {
            Token::Number(text) => {
                let number: f64 = text.parse().ok()?;
                let largest = if of == Primitive::Single {
                    f32::MAX.into()
                } else {
                    f64::MAX
                };
                (number.abs() <= largest).then_some(number)
            }
            Token::Text(text) => match &*text {
                "INF" => Some(f64::INFINITY),
                "-INF" => Some(f64::NEG_INFINITY),
                "NaN" => Some(f64::NAN),
                _ => None,
            },
            Token::Null | Token::Boolean(_) | Token::Nested => None,
        }
    }
}

/// What a string spells.
fn spelled(text: &str, of: Primitive) -> Option<Value<'static>> {
    use Primitive as P;
    match of {
        P::String => Some(Value::String(Cow::Owned(text.to_owned()))),
        P::Date => text.parse().ok().map(Value::Date),
        P::DateTimeOffset => text.parse().ok().map(Value::DateTimeOffset),
        P::Duration => text.parse().ok().map(Value::Duration),
        P::TimeOfDay => text.parse().ok().map(Value::TimeOfDay),
        P::Guid if text.len() == 36 => Guid::scan(text.as_bytes()).map(Value::Guid),
        P::Binary => base64::decode(text).map(|bytes| Value::Binary(bytes.into())),
        P::Guid
        | P::Stream
        | P::Boolean
        | P::Byte
        | P::Decimal
        | P::Double
        | P::Int16
        | P::Int32
        | P::Int64
        | P::SByte
        | P::Single => None,
    }
}

fn integer(text: &str, of: Primitive) -> Option<Value<'static>> {
    // A sign in front is no JSON.
    let number = text.parse().ok().filter(|_| !text.starts_with('+'))?;
    in_range(number, of).map(Value::Integer)
}

/// The number, if it is one of that type.
pub(super) fn in_range(number: i64, of: Primitive) -> Option<i64> {
    let fits = match of {
        Primitive::Byte => u8::try_from(number).is_ok(),
        Primitive::SByte => i8::try_from(number).is_ok(),
        Primitive::Int16 => i16::try_from(number).is_ok(),
        Primitive::Int32 => i32::try_from(number).is_ok(),
        Primitive::Int64 => true,
        Primitive::Binary
        | Primitive::Boolean
        | Primitive::Date
        | Primitive::DateTimeOffset
        | Primitive::Decimal
        | Primitive::Double
        | Primitive::Duration
        | Primitive::Guid
        | Primitive::Single
        | Primitive::Stream
        | Primitive::String
        | Primitive::TimeOfDay => false,
    };
    fits.then_some(number)
}

/// A decimal number, with or without exponent.
fn decimal(text: &str) -> Option<Decimal> {
    let Some((digits, exponent)) = text.split_once(['e', 'E']) else {
        return Decimal::from_str(text).ok();
    };
    let mut number = Decimal::from_str(digits).ok()?;
    let exponent: i32 = exponent.parse().ok()?;
    let power = |scale| Decimal::new(10, 0).zip(Decimal::new(1, scale));
    let (ten, tenth) = power(1)?;
    // More digits than that no decimal has.
    if exponent.unsigned_abs() > 80 {
        return number.is_zero().then_some(number);
    }
    let factor = if exponent < 0 { tenth } else { ten };
    for _ in 0..exponent.unsigned_abs() {
        number = number.checked_mul(factor)?;
    }
    Some(number)
}
