//! `cast`, `isof` and `case`
//! ([URL Conventions, 5.1.1.10 and 5.1.1.12](https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html#sec_TypeFunctions)).

use super::evaluate::Node;
use super::{Binder, Bound, of_type, unsupported};
use crate::edm::Primitive;
use crate::expression::{Argument, Expression, Kind, Root, Step};
use crate::value::Guid;
use crate::{Error, Value, base64, body};

impl Binder<'_> {
    /// Binds `cast(…)` and `isof(…)`, if that is what `name` says.
    pub(super) fn type_function(
        &mut self,
        name: &str,
        arguments: &[Argument],
    ) -> Result<Option<Bound>, Error> {
        let is = |function: &str| name.eq_ignore_ascii_case(function);
        let casts = is("cast");
        if !casts && !is("isof") {
            return Ok(None);
        }
        let (of, named) = match arguments {
            [named] => (None, named),
            [of, named] => (Some(&of.value), named),
            _ => {
                return Err(Error::bad_request(format!(
                    "Function \"{name}\" takes 1 to 2 arguments, not {}",
                    arguments.len()
                )));
            }
        };
        let named = type_name(&named.value)
            .ok_or_else(|| Error::bad_request(format!("Function \"{name}\" takes a type last")))?;
        match (Primitive::named(named), of) {
            (Some(primitive), Some(of)) => {
                let node = Box::new(self.bind(of)?.node);
                Ok(Some(if casts {
                    of_type(primitive, Node::Cast(primitive, node))
                } else {
                    of_type(Primitive::Boolean, Node::IsOf(primitive, node))
                }))
            }
            // The instance at hand is of the type that it is declared with.
            (None, None) if !casts && self.is_this(named) => Ok(Some(of_type(
                Primitive::Boolean,
                Node::Constant(Value::Boolean(true)),
            ))),
            (None, _) if named.starts_with("Edm.") => {
                Err(unsupported(&format!("Type \"{named}\" is")))
            }
            _ => Err(unsupported(&format!(
                "Function \"{name}\" with a structured type is"
            ))),
        }
    }

    fn is_this(&self, named: &str) -> bool {
        let this = self.scope.this.entity_type().name;
        self.scope.model.unqualified(named) == Some(this)
    }

    /// Binds `case(condition:value,…)`.
    pub(super) fn case(&mut self, cases: &[(Expression, Expression)]) -> Result<Bound, Error> {
        let mut nodes = Vec::with_capacity(cases.len());
        let mut primitive: Option<Primitive> = None;
        for (condition, value) in cases {
            let condition = self.condition(condition)?.node;
            let bound = self.bind(value)?;
            primitive = match (primitive, bound.primitive) {
                (known, None) => known,
                (None, new) => new,
                (Some(known), Some(new)) => Some(common(known, new).ok_or_else(|| {
                    Error::bad_request(format!(
                        "Function \"case\" cannot have results of type {} and {}",
                        known.name(),
                        new.name()
                    ))
                    .at(value.span.start)
                })?),
            };
            nodes.push((condition, bound.node));
        }
        Ok(Bound {
            node: Node::Case(nodes.into()),
            primitive,
        })
    }
}

/// The type that values of both types have.
fn common(a: Primitive, b: Primitive) -> Option<Primitive> {
    use Primitive as P;
    if a == b {
        return Some(a);
    }
    let one_is = |wanted: &[P]| wanted.contains(&a) || wanted.contains(&b);
    (a.is_number() && b.is_number()).then(|| {
        if one_is(&[P::Double, P::Single]) {
            P::Double
        } else if one_is(&[P::Decimal]) {
            P::Decimal
        } else {
            P::Int64
        }
    })
}

/// The qualified name of a type, which reads like a path.
fn type_name(expression: &Expression) -> Option<&str> {
    let Kind::Path(path) = &expression.kind else {
        return None;
    };
    match (path.root, path.steps.as_slice()) {
        (Root::Instance, [Step::Name(name)]) if name.contains('.') => Some(name),
        _ => None,
    }
}

/// A value of another type; null where it has none.
pub(super) fn cast(value: &Value<'_>, to: Primitive) -> Value<'static> {
    use Primitive as P;
    if value.is_null() {
        return Value::Null;
    }
    if to == P::String {
        let written = body::raw_value(value).and_then(|bytes| String::from_utf8(bytes).ok());
        return written.into();
    }
    if let Some(text) = value.as_str() {
        return read(text.trim(), to);
    }
    if to.is_number() {
        return number(value, to);
    }
    if let Value::DateTimeOffset(at) = value {
        // Beyond what has to be done: the parts have a type of their own.
        if to == P::Date {
            return at.date().map_or(Value::Null, Value::Date);
        }
        if to == P::TimeOfDay {
            return Value::TimeOfDay(at.time());
        }
    }
    if Primitive::of(value) == Some(to) {
        return value.reborrow().into_owned();
    }
    Value::Null
}

/// The value that a text is the literal of.
fn read(text: &str, to: Primitive) -> Value<'static> {
    use Primitive as P;
    let read = match to {
        P::Boolean => text.parse().ok().map(Value::Boolean),
        P::Date => text.parse().ok().map(Value::Date),
        P::TimeOfDay => text.parse().ok().map(Value::TimeOfDay),
        P::Duration => text.parse().ok().map(Value::Duration),
        P::DateTimeOffset => {
            let instant = text.parse().or_else(|_| format!("{text}Z").parse());
            instant.ok().map(Value::DateTimeOffset)
        }
        P::Guid if text.len() == 36 => Guid::scan(text.as_bytes()).map(Value::Guid),
        P::Binary => base64::decode(text).map(|bytes| Value::Binary(bytes.into())),
        P::Decimal | P::Byte | P::SByte | P::Int16 | P::Int32 | P::Int64 => {
            let decimal = text.parse().ok().map(Value::Decimal);
            decimal.map(|decimal| number(&decimal, to))
        }
        P::Double | P::Single => {
            let double = text.parse().ok().map(Value::Double);
            double.map(|double| number(&double, to))
        }
        P::Guid | P::Stream | P::String => None,
    };
    read.unwrap_or(Value::Null)
}

fn number(value: &Value<'_>, to: Primitive) -> Value<'static> {
    use Primitive as P;
    let exact = || match value.as_decimal() {
        Some(exact) => Some(exact),
        None => format!("{}", value.as_f64()?).parse().ok(),
    };
    match to {
        P::Double => return value.as_f64().map_or(Value::Null, Value::Double),
        P::Single => {
            #[expect(clippy::cast_possible_truncation, reason = "a single is less precise")]
            let single = value.as_f64().map(|double| f64::from(double as f32));
            return single.map_or(Value::Null, Value::Double);
        }
        P::Decimal => return exact().map_or(Value::Null, Value::Decimal),
        P::Byte | P::SByte | P::Int16 | P::Int32 | P::Int64 => {}
        P::Binary
        | P::Boolean
        | P::Date
        | P::DateTimeOffset
        | P::Duration
        | P::Guid
        | P::Stream
        | P::String
        | P::TimeOfDay => return Value::Null,
    }
    let fits = |whole: &i64| {
        (to != P::Byte || u8::try_from(*whole).is_ok())
            && (to != P::SByte || i8::try_from(*whole).is_ok())
            && (to != P::Int16 || i16::try_from(*whole).is_ok())
            && (to != P::Int32 || i32::try_from(*whole).is_ok())
    };
    let whole = exact().and_then(|exact| exact.round().to_string().parse().ok());
    whole.filter(fits).map_or(Value::Null, Value::Integer)
}

/// Whether a value is of a type: declared so, or a number that fits.
pub(super) fn is_of(value: &Value<'_>, of: Primitive) -> bool {
    match Primitive::of(value) {
        None => false,
        Some(found) if found.is_number() && of.is_number() => number(value, of)
            .compare(value)
            .is_some_and(std::cmp::Ordering::is_eq),
        Some(found) => found == of,
    }
}
