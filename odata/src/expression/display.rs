//! Expressions as URLs spell them, before percent-encoding. What is written
//! reads back as the same tree.

use std::fmt::{self, Display, Formatter, Write as _};

use super::precedence::Level;
use super::{Argument, Expression, Kind, Path, Root, Step};
use crate::Value;

impl Display for Expression {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Literal(value) => write_literal(f, value),
            Kind::Enumeration(prefix, content) | Kind::Spatial(prefix, content) => {
                f.write_str(prefix)?;
                write_quoted(f, content)
            }
            Kind::Path(path) => path.fmt(f),
            Kind::Alias(name) => write!(f, "@{name}"),
            Kind::Call(name, arguments) => {
                f.write_str(name)?;
                write_arguments(f, arguments)
            }
            Kind::Case(cases) => {
                f.write_str("case(")?;
                separated(f, cases, |f, (condition, value)| {
                    write!(f, "{condition}:{value}")
                })?;
                f.write_char(')')
            }
            Kind::Not(operand) => write!(f, "not {}", Operand(operand, Level::Unary)),
            // With the blank, the sign cannot become part of a number.
            Kind::Negate(operand) => write!(f, "- {}", Operand(operand, Level::Unary)),
            Kind::And(operands) => write_chain(f, " and ", operands, Level::Equality),
            Kind::Or(operands) => write_chain(f, " or ", operands, Level::And),
            Kind::Binary(operator, left, right) => {
                let level = operator.level();
                let (left, right) = (Operand(left, level), Operand(right, level.tighter()));
                write!(f, "{left} {} {right}", operator.name())
            }
            Kind::List(items) => {
                f.write_char('[')?;
                separated(f, items, |f, item| item.fmt(f))?;
                f.write_char(']')
            }
            Kind::Object(members) => {
                f.write_char('{')?;
                separated(f, members, |f, (name, value)| {
                    let mut quoted = Vec::new();
                    crate::body::write_string(&mut quoted, name);
                    write!(f, "{}:{value}", String::from_utf8_lossy(&quoted))
                })?;
                f.write_char('}')
            }
        }
    }
}

/// An expression with parentheses around it, if it binds less tightly than
/// its place asks.
struct Operand<'a>(&'a Expression, Level);

impl Display for Operand<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if level(&self.0.kind) < self.1 {
            return write!(f, "({})", self.0);
        }
        self.0.fmt(f)
    }
}

const fn level(kind: &Kind) -> Level {
    match kind {
        Kind::Or(_) => Level::Or,
        Kind::And(_) => Level::And,
        Kind::Binary(operator, ..) => operator.level(),
        Kind::Not(_) | Kind::Negate(_) => Level::Unary,
        Kind::Literal(_)
        | Kind::Enumeration(..)
        | Kind::Spatial(..)
        | Kind::Path(_)
        | Kind::Alias(_)
        | Kind::Call(..)
        | Kind::Case(_)
        | Kind::List(_)
        | Kind::Object(_) => Level::Operand,
    }
}

impl Display for Path {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut slash = match self.root {
            Root::Instance => "",
            Root::It => "$it",
            Root::This => "$this",
            Root::Service => "$root",
        };
        f.write_str(slash)?;
        slash = if slash.is_empty() { "" } else { "/" };
        for step in &self.steps {
            if !matches!(step, Step::Key(_)) {
                f.write_str(slash)?;
            }
            step.fmt(f)?;
            slash = "/";
        }
        Ok(())
    }
}

impl Display for Step {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Call(name, arguments) => {
                f.write_str(name)?;
                write_arguments(f, arguments)
            }
            Self::Key(arguments) => write_arguments(f, arguments),
            Self::Annotation(name) => write!(f, "@{name}"),
            Self::Count(None) => f.write_str("$count"),
            Self::Count(Some(options)) => write!(f, "$count({})", options.inside()),
            Self::Filter(inner) => write!(f, "$filter({inner})"),
            Self::Any(None) => f.write_str("any()"),
            Self::Any(Some((variable, inner))) => write!(f, "any({variable}:{inner})"),
            Self::All(variable, inner) => write!(f, "all({variable}:{inner})"),
        }
    }
}

fn write_arguments(f: &mut Formatter<'_>, arguments: &[Argument]) -> fmt::Result {
    f.write_char('(')?;
    separated(f, arguments, |f, argument| {
        if let Some(name) = &argument.name {
            write!(f, "{name}=")?;
        }
        argument.value.fmt(f)
    })?;
    f.write_char(')')
}

fn write_chain(
    f: &mut Formatter<'_>,
    word: &str,
    operands: &[Expression],
    level: Level,
) -> fmt::Result {
    for (index, operand) in operands.iter().enumerate() {
        if index > 0 {
            f.write_str(word)?;
        }
        Operand(operand, level).fmt(f)?;
    }
    Ok(())
}

pub(crate) fn separated<T>(
    f: &mut Formatter<'_>,
    items: &[T],
    write: impl Fn(&mut Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            f.write_char(',')?;
        }
        write(f, item)?;
    }
    Ok(())
}

/// Writes a value as a literal of a URL.
pub(crate) fn write_literal(f: &mut impl fmt::Write, value: &Value<'_>) -> fmt::Result {
    match value {
        Value::Null => f.write_str("null"),
        Value::Boolean(value) => write!(f, "{value}"),
        Value::Integer(value) => write!(f, "{value}"),
        Value::Decimal(value) => {
            let text = value.to_string();
            // Without a point it would read back as an integer.
            let point = if text.parse::<i64>().is_ok() {
                ".0"
            } else {
                ""
            };
            write!(f, "{text}{point}")
        }
        Value::Double(value) if value.is_nan() => f.write_str("NaN"),
        Value::Double(value) if value.is_infinite() => {
            f.write_str(if *value < 0.0 { "-INF" } else { "INF" })
        }
        // The exponent keeps it a double.
        Value::Double(value) => write!(f, "{value:e}"),
        Value::String(text) => write_quoted(f, text),
        Value::Date(value) => write!(f, "{value}"),
        Value::TimeOfDay(value) => write!(f, "{value}"),
        Value::DateTimeOffset(value) => write!(f, "{value}"),
        Value::Duration(value) => write!(f, "duration'{value}'"),
        Value::Guid(value) => write!(f, "{value}"),
        Value::Binary(bytes) => {
            let mut digits = Vec::new();
            crate::base64::encode(&mut digits, bytes);
            write!(f, "binary'{}'", String::from_utf8_lossy(&digits))
        }
    }
}

pub(crate) fn write_quoted(f: &mut impl fmt::Write, text: &str) -> fmt::Result {
    f.write_char('\'')?;
    f.write_str(&text.replace('\'', "''"))?;
    f.write_char('\'')
}
