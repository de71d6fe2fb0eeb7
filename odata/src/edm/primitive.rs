//! The primitive types of the model and of expressions.

use crate::Value;

/// A primitive type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Primitive {
    /// `Edm.Binary`.
    Binary,
    /// `Edm.Boolean`.
    Boolean,
    /// `Edm.Byte`.
    Byte,
    /// `Edm.Date`.
    Date,
    /// `Edm.DateTimeOffset`.
    DateTimeOffset,
    /// `Edm.Decimal`.
    Decimal,
    /// `Edm.Double`.
    Double,
    /// `Edm.Duration`.
    Duration,
    /// `Edm.Guid`.
    Guid,
    /// `Edm.Int16`.
    Int16,
    /// `Edm.Int32`.
    Int32,
    /// `Edm.Int64`.
    Int64,
    /// `Edm.SByte`.
    SByte,
    /// `Edm.Single`.
    Single,
    /// `Edm.Stream`.
    Stream,
    /// `Edm.String`.
    String,
    /// `Edm.TimeOfDay`.
    TimeOfDay,
}

impl Primitive {
    /// The qualified name, e.g. `Edm.String`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Binary => "Edm.Binary",
            Self::Boolean => "Edm.Boolean",
            Self::Byte => "Edm.Byte",
            Self::Date => "Edm.Date",
            Self::DateTimeOffset => "Edm.DateTimeOffset",
            Self::Decimal => "Edm.Decimal",
            Self::Double => "Edm.Double",
            Self::Duration => "Edm.Duration",
            Self::Guid => "Edm.Guid",
            Self::Int16 => "Edm.Int16",
            Self::Int32 => "Edm.Int32",
            Self::Int64 => "Edm.Int64",
            Self::SByte => "Edm.SByte",
            Self::Single => "Edm.Single",
            Self::Stream => "Edm.Stream",
            Self::String => "Edm.String",
            Self::TimeOfDay => "Edm.TimeOfDay",
        }
    }

    /// The type with this qualified name.
    pub fn named(name: &str) -> Option<Self> {
        let all = [
            Self::Binary,
            Self::Boolean,
            Self::Byte,
            Self::Date,
            Self::DateTimeOffset,
            Self::Decimal,
            Self::Double,
            Self::Duration,
            Self::Guid,
            Self::Int16,
            Self::Int32,
            Self::Int64,
            Self::SByte,
            Self::Single,
            Self::Stream,
            Self::String,
            Self::TimeOfDay,
        ];
        all.into_iter().find(|it| it.name() == name)
    }

    /// Whether it is a whole number.
    pub const fn is_integer(self) -> bool {
        matches!(
            self,
            Self::Byte | Self::SByte | Self::Int16 | Self::Int32 | Self::Int64
        )
    }

    /// Whether it is a number.
    pub const fn is_number(self) -> bool {
        self.is_integer() || matches!(self, Self::Decimal | Self::Double | Self::Single)
    }

    /// Whether values of the two types can be compared and stand in for each
    /// other.
    pub fn comparable(self, other: Self) -> bool {
        (self == other && self != Self::Stream) || (self.is_number() && other.is_number())
    }

    /// The type a literal has; `None` for null.
    pub fn of(value: &Value<'_>) -> Option<Self> {
        Some(match value {
            Value::Null => return None,
            Value::Boolean(_) => Self::Boolean,
            Value::Integer(number) if i32::try_from(*number).is_ok() => Self::Int32,
            Value::Integer(_) => Self::Int64,
            Value::Decimal(_) => Self::Decimal,
            Value::Double(_) => Self::Double,
            Value::String(_) => Self::String,
            Value::Date(_) => Self::Date,
            Value::TimeOfDay(_) => Self::TimeOfDay,
            Value::DateTimeOffset(_) => Self::DateTimeOffset,
            Value::Duration(_) => Self::Duration,
            Value::Guid(_) => Self::Guid,
            Value::Binary(_) => Self::Binary,
        })
    }
}
