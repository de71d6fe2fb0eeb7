//! Which operator binds tighter
//! ([URL Conventions, 5.1.1.17](https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html#sec_OperatorPrecedence)).

use super::Operator;

/// Tighter operators have higher levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Or,
    And,
    Equality,
    Relational,
    Additive,
    Multiplicative,
    /// `not` and `-`.
    Unary,
    /// `has` and `in`.
    Primary,
    /// What is no operator at all.
    Operand,
}

impl Level {
    /// The level of the right operand of a left-associative operator.
    pub(super) const fn tighter(self) -> Self {
        match self {
            Self::Or => Self::And,
            Self::And => Self::Equality,
            Self::Equality => Self::Relational,
            Self::Relational => Self::Additive,
            Self::Additive => Self::Multiplicative,
            Self::Multiplicative => Self::Unary,
            Self::Unary => Self::Primary,
            Self::Primary | Self::Operand => Self::Operand,
        }
    }
}

/// A word between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Infix {
    Or,
    And,
    Binary(Operator),
}

impl Infix {
    pub(super) fn named(word: &str) -> Option<Self> {
        use Operator as O;
        Some(Self::Binary(match word {
            "or" => return Some(Self::Or),
            "and" => return Some(Self::And),
            "eq" => O::Equal,
            "ne" => O::NotEqual,
            "gt" => O::Greater,
            "ge" => O::GreaterOrEqual,
            "lt" => O::Less,
            "le" => O::LessOrEqual,
            "add" => O::Add,
            "sub" => O::Subtract,
            "mul" => O::Multiply,
            "div" => O::Divide,
            "divby" => O::DivideBy,
            "mod" => O::Modulo,
            "has" => O::Has,
            "in" => O::In,
            _ => return None,
        }))
    }

    pub(super) const fn level(self) -> Level {
        match self {
            Self::Or => Level::Or,
            Self::And => Level::And,
            Self::Binary(operator) => operator.level(),
        }
    }
}

impl Operator {
    pub(super) const fn level(self) -> Level {
        match self {
            Self::Equal | Self::NotEqual => Level::Equality,
            Self::Greater | Self::GreaterOrEqual | Self::Less | Self::LessOrEqual => {
                Level::Relational
            }
            Self::Add | Self::Subtract => Level::Additive,
            Self::Multiply | Self::Divide | Self::DivideBy | Self::Modulo => Level::Multiplicative,
            Self::Has | Self::In => Level::Primary,
        }
    }
}
