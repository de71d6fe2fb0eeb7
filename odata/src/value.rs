//! The primitive values that rows hold and URLs spell, and the one order
//! over them. Complex values and collections are [`Data`](crate::Data).

mod calendar;
mod decimal;
mod instant;
mod scan;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

pub use calendar::{BadSpelling, Date, TimeOfDay};
pub use decimal::{Decimal, NotADecimal};
pub use instant::{DateTimeOffset, Duration};
pub(crate) use scan::Scan;

use crate::text::hex;

/// A primitive value, borrowed from a row where that is possible.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// No value.
    Null,
    /// `Edm.Boolean`.
    Boolean(bool),
    /// `Edm.Byte`, `Edm.SByte`, `Edm.Int16`, `Edm.Int32`, `Edm.Int64`.
    Integer(i64),
    /// `Edm.Decimal`.
    Decimal(Decimal),
    /// `Edm.Double`, `Edm.Single`.
    Double(f64),
    /// `Edm.String`.
    String(Cow<'a, str>),
    /// `Edm.Date`.
    Date(Date),
    /// `Edm.TimeOfDay`.
    TimeOfDay(TimeOfDay),
    /// `Edm.DateTimeOffset`.
    DateTimeOffset(DateTimeOffset),
    /// `Edm.Duration`.
    Duration(Duration),
    /// `Edm.Guid`.
    Guid(Guid),
    /// `Edm.Binary`.
    Binary(Cow<'a, [u8]>),
}

impl Value<'_> {
    /// Whether there is no value.
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The text of a string value.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self {
            Some(text)
        } else {
            None
        }
    }

    /// The truth of a boolean value.
    pub const fn as_bool(&self) -> Option<bool> {
        if let Self::Boolean(truth) = self {
            Some(*truth)
        } else {
            None
        }
    }

    /// The same value, borrowing from this one.
    pub fn reborrow(&self) -> Value<'_> {
        match self {
            Self::String(text) => Value::String(Cow::Borrowed(text)),
            Self::Binary(bytes) => Value::Binary(Cow::Borrowed(bytes)),
            Self::Null => Value::Null,
            Self::Boolean(value) => Value::Boolean(*value),
            Self::Integer(value) => Value::Integer(*value),
            Self::Decimal(value) => Value::Decimal(*value),
            Self::Double(value) => Value::Double(*value),
            Self::Date(value) => Value::Date(*value),
            Self::TimeOfDay(value) => Value::TimeOfDay(*value),
            Self::DateTimeOffset(value) => Value::DateTimeOffset(*value),
            Self::Duration(value) => Value::Duration(*value),
            Self::Guid(value) => Value::Guid(*value),
        }
    }

    /// The same value, borrowing from nothing.
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::String(text) => Value::String(Cow::Owned(text.into_owned())),
            Self::Binary(bytes) => Value::Binary(Cow::Owned(bytes.into_owned())),
            Self::Null => Value::Null,
            Self::Boolean(value) => Value::Boolean(value),
            Self::Integer(value) => Value::Integer(value),
            Self::Decimal(value) => Value::Decimal(value),
            Self::Double(value) => Value::Double(value),
            Self::Date(value) => Value::Date(value),
            Self::TimeOfDay(value) => Value::TimeOfDay(value),
            Self::DateTimeOffset(value) => Value::DateTimeOffset(value),
            Self::Duration(value) => Value::Duration(value),
            Self::Guid(value) => Value::Guid(value),
        }
    }

    /// Compares two values of comparable types; `None` for null, NaN, and
    /// types that do not compare. Numbers are promoted as
    /// [URL Conventions, 5.1.1.18](https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html#sec_NumericPromotion)
    /// says: exactly, unless one is a double. Strings compare by code point.
    pub fn compare(&self, other: &Value<'_>) -> Option<Ordering> {
        match (self, other) {
            (Self::Boolean(left), Value::Boolean(right)) => Some(left.cmp(right)),
            (Self::Integer(left), Value::Integer(right)) => Some(left.cmp(right)),
            (Self::String(left), Value::String(right)) => {
                Some(left.as_bytes().cmp(right.as_bytes()))
            }
            (Self::Date(left), Value::Date(right)) => Some(left.cmp(right)),
            (Self::TimeOfDay(left), Value::TimeOfDay(right)) => Some(left.cmp(right)),
            (Self::DateTimeOffset(left), Value::DateTimeOffset(right)) => Some(left.cmp(right)),
            (Self::Duration(left), Value::Duration(right)) => Some(left.cmp(right)),
            (Self::Guid(left), Value::Guid(right)) => Some(left.cmp(right)),
            (Self::Binary(left), Value::Binary(right)) => Some(left.cmp(right)),
            _ => match (self.as_decimal(), other.as_decimal()) {
                (Some(left), Some(right)) => Some(left.cmp(&right)),
                _ => self.as_f64()?.partial_cmp(&other.as_f64()?),
            },
        }
    }

    /// The exact number, unless it is a double or none.
    pub(crate) fn as_decimal(&self) -> Option<Decimal> {
        if let Self::Integer(value) = self {
            Some((*value).into())
        } else if let Self::Decimal(value) = self {
            Some(*value)
        } else {
            None
        }
    }

    /// The number promoted to a double.
    pub(crate) fn as_f64(&self) -> Option<f64> {
        if let Self::Double(value) = self {
            Some(*value)
        } else {
            self.as_decimal().map(Decimal::to_f64)
        }
    }
}

/// A value of `Edm.Guid`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Guid(pub u128);

impl Guid {
    /// Reads the 36 characters of a guid at the start of `bytes`.
    pub(crate) fn scan(bytes: &[u8]) -> Option<Self> {
        let mut value: u128 = 0;
        for (index, byte) in bytes.get(..36)?.iter().enumerate() {
            if matches!(index, 8 | 13 | 18 | 23) {
                (*byte == b'-').then_some(())?;
            } else {
                value = value << 4 | u128::from(hex(*byte)?);
            }
        }
        Some(Self(value))
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = format!("{:032x}", self.0);
        for (index, digit) in digits.chars().enumerate() {
            if matches!(index, 8 | 12 | 16 | 20) {
                f.write_str("-")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::String(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::String(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::String(Cow::Owned(text))
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<i32> for Value<'_> {
    fn from(value: i32) -> Self {
        Self::Integer(value.into())
    }
}

impl From<DateTimeOffset> for Value<'_> {
    fn from(value: DateTimeOffset) -> Self {
        Self::DateTimeOffset(value)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value<'_> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_decimals_and_doubles_compare_as_numbers() {
        let decimal = |text: &str| Value::Decimal(text.parse().unwrap());
        assert_eq!(
            Value::Integer(5).compare(&decimal("5.0")),
            Some(Ordering::Equal)
        );
        assert_eq!(
            Value::Integer(5).compare(&Value::Double(5.0)),
            Some(Ordering::Equal)
        );
        assert_eq!(
            decimal("0.1").compare(&Value::Double(0.2)),
            Some(Ordering::Less)
        );
        assert_eq!(Value::Double(f64::NAN).compare(&Value::Integer(1)), None);
        assert_eq!(
            Value::Integer(i64::MAX).compare(&decimal("9223372036854775808")),
            Some(Ordering::Less)
        );
    }

    #[test]
    fn null_and_foreign_types_do_not_compare() {
        assert_eq!(Value::Null.compare(&Value::Null), None);
        assert_eq!(Value::from("5").compare(&Value::Integer(5)), None);
        assert_eq!(Value::from(true).compare(&Value::Integer(1)), None);
    }

    #[test]
    fn a_guid_is_written_as_it_was_read() {
        let text = "01234567-89ab-cdef-0123-456789abcdef";
        assert_eq!(Guid::scan(text.as_bytes()).unwrap().to_string(), text);
        assert_eq!(Guid::scan(b"01234g67-89ab-cdef-0123-456789abcdef"), None);
        assert_eq!(Guid::scan(b"01234567-89ab-cdef-456789abcdef"), None);
    }
}
