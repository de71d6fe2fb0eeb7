//! What a property or parameter takes.

use crate::edm::{Model, Multiplicity, Parameter, Primitive, Property, Type};
use crate::expression::{Expression, Kind};
use crate::{Data, Error, Record, Value};

/// Type and facets of a property or parameter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facets {
    pub(super) name: &'static str,
    pub(super) of: Type,
    pub(super) multiplicity: Multiplicity,
    pub(super) nullable: bool,
    max_length: Option<u32>,
    /// Digits of a decimal right of the point.
    scale: Option<u8>,
    unicode: bool,
}

impl From<&Property> for Facets {
    fn from(it: &Property) -> Self {
        Self {
            name: it.name,
            of: it.of,
            multiplicity: it.multiplicity,
            nullable: it.nullable,
            max_length: it.max_length,
            scale: it.scale,
            unicode: it.unicode,
        }
    }
}

impl From<&Parameter> for Facets {
    fn from(it: &Parameter) -> Self {
        Self {
            name: it.name,
            of: it.of,
            multiplicity: it.multiplicity,
            nullable: it.nullable,
            max_length: it.max_length,
            scale: None,
            unicode: true,
        }
    }
}

impl Facets {
    pub(super) const fn is_one_complex(self) -> bool {
        matches!(
            (self.of, self.multiplicity),
            (Type::Named(_), Multiplicity::One)
        )
    }

    /// The same under another name.
    pub(super) const fn named(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// The same for an item of the collection.
    pub(super) const fn item(mut self) -> Self {
        self.multiplicity = Multiplicity::One;
        self
    }

    /// What can be expected here.
    pub(super) fn expected(self, model: &Model) -> Error {
        Error::bad_request(format!(
            "Expected a value of type {} for \"{}\"",
            model.type_name(self.of, self.multiplicity),
            self.name
        ))
    }

    pub(super) fn null(self) -> Result<Data<'static>, Error> {
        if self.nullable && self.multiplicity == Multiplicity::One {
            return Ok(Data::NULL);
        }
        let text = format!("\"{}\" must not be null", self.name);
        Err(Error::bad_request(text))
    }

    /// Checks a value that has the right type.
    pub(super) fn check(self, value: Value<'static>) -> Result<Data<'static>, Error> {
        let limit = self
            .max_length
            .map_or(usize::MAX, |it| usize::try_from(it).unwrap_or(usize::MAX));
        let (length, ascii) = match value.as_str() {
            Some(text) => (text.chars().count(), text.is_ascii()),
            None if let Value::Binary(bytes) = &value => (bytes.len(), true),
            None => (0, true),
        };
        if length > limit {
            let text = format!("\"{}\" is longer than {limit}", self.name);
            return Err(Error::bad_request(text));
        }
        if !ascii && !self.unicode {
            let text = format!("\"{}\" takes ASCII characters only", self.name);
            return Err(Error::bad_request(text));
        }
        if let (Value::Decimal(number), Some(scale)) = (&value, self.scale)
            && number.scale() > scale.into()
        {
            let text = format!(
                "\"{}\" has more than {scale} digits after the point",
                self.name
            );
            return Err(Error::bad_request(text));
        }
        Ok(Data::Value(value))
    }

    /// The value of an expression in a URL.
    pub(crate) fn of_expression(self, model: &Model, kind: &Kind) -> Result<Data<'static>, Error> {
        if matches!(kind, Kind::Literal(Value::Null)) {
            return self.null();
        }
        match (self.multiplicity, self.of, kind) {
            (Multiplicity::Many, _, Kind::List(items)) => {
                let items = items.iter().enumerate().map(|(index, item)| {
                    let value = self.item().of_expression(model, &item.kind);
                    value.map_err(|error| error.inside(&index.to_string()))
                });
                Ok(Data::Collection(items.collect::<Result<_, _>>()?))
            }
            (Multiplicity::One, Type::Named(name), Kind::Object(members)) => {
                self.of_members(model, name, members)
            }
            (Multiplicity::One, Type::Primitive(to), Kind::Literal(value)) => {
                let value = converted(value, to).ok_or_else(|| self.expected(model))?;
                self.check(value)
            }
            _ => Err(self.expected(model)),
        }
    }

    fn of_members(
        self,
        model: &Model,
        name: &str,
        members: &[(String, Expression)],
    ) -> Result<Data<'static>, Error> {
        let of = model.complex_type(name).ok_or_else(|| {
            Error::not_implemented(format!("Entities as \"{}\" are not supported", self.name))
        })?;
        let mut record = Record::new();
        for (name, value) in members {
            let property = of.property(name);
            let property = property.ok_or_else(|| super::structured::no_property(name, of.name))?;
            let value = Self::from(property).of_expression(model, &value.kind);
            record.put(property.name, value.map_err(|error| error.inside(name))?);
        }
        super::structured::complete(&record, of)?;
        record.sort(of.properties.iter().map(|it| it.name));
        Ok(record.into())
    }
}

/// A literal as a value of another type, if it is one without loss.
fn converted(value: &Value<'static>, to: Primitive) -> Option<Value<'static>> {
    match (to, value) {
        (Primitive::Decimal, Value::Integer(number)) => Some(Value::Decimal((*number).into())),
        (Primitive::Double | Primitive::Single, Value::Integer(_) | Value::Decimal(_)) => {
            value.as_f64().map(Value::Double)
        }
        (_, Value::Integer(number)) => super::scalar::in_range(*number, to).map(Value::Integer),
        (Primitive::Single, Value::Double(_)) => Some(value.clone()),
        _ => (Primitive::of(value) == Some(to)).then(|| value.clone()),
    }
}
