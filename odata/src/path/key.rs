//! Keys of entities: `('x')`, `(id='x')`, `(a=1,b='x')`, `(@k)`.

use crate::edm::{EntityType, Primitive, Property};
use crate::expression::{Argument, Expression, Kind, write_literal};
use crate::{Error, Row, Value};

/// The key of one entity, in the order of the model.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    values: Vec<(&'static str, Value<'static>)>,
}

impl Key {
    /// The value of a key property.
    pub fn get(&self, property: &str) -> Option<&Value<'static>> {
        let found = self.values.iter().find(|(name, _)| *name == property)?;
        Some(&found.1)
    }

    /// The value of a key property that is a string.
    pub fn text(&self, property: &str) -> Option<&str> {
        self.get(property)?.as_str()
    }

    /// Whether a row has this key.
    pub fn matches<R: Row + ?Sized>(&self, row: &R) -> bool {
        self.values.iter().all(|(name, value)| {
            row.get(name)
                .compare(value)
                .is_some_and(std::cmp::Ordering::is_eq)
        })
    }

    /// The key of a row.
    pub fn of<R: Row + ?Sized>(entity_type: &'static EntityType, row: &R) -> Self {
        let values = entity_type.key.iter();
        Self {
            values: values
                .map(|name| (*name, row.get(name).into_owned()))
                .collect(),
        }
    }

    /// The key predicate, percent-encoded: a `/` in a value is `%2F`.
    pub fn to_url(&self) -> String {
        let mut text = String::from("(");
        for (index, (name, value)) in self.values.iter().enumerate() {
            if index > 0 {
                text.push(',');
            }
            if self.values.len() > 1 {
                text.push_str(name);
                text.push('=');
            }
            let mut literal = String::new();
            // Writing to a string does not fail.
            let _ = write_literal(&mut literal, value);
            encode(&mut text, &literal);
        }
        text.push(')');
        text
    }

    /// Reads the arguments of a key predicate. `implied` are key values that
    /// follow from the path and may be left out.
    pub(super) fn read(
        arguments: &[Argument],
        entity_type: &'static EntityType,
        owner: &str,
        implied: &[(&'static str, Value<'static>)],
        aliases: &[(String, Expression)],
    ) -> Result<Self, Error> {
        let given = |name: &str| implied.iter().find(|(it, _)| *it == name);
        let wanted: Vec<&'static Property> = entity_type
            .key_properties()
            .filter(|property| given(property.name).is_none())
            .collect();
        for argument in arguments {
            let known = match &argument.name {
                Some(name) => entity_type.key.contains(&name.as_str()),
                None => arguments.len() == 1 && wanted.len() == 1,
            };
            if !known {
                return Err(Error::bad_request(format!(
                    "Expected the key of \"{owner}\" but other values found"
                ))
                .at(argument.value.span.start));
            }
        }
        let mut values = Vec::with_capacity(entity_type.key.len());
        for property in entity_type.key_properties() {
            let mut found = arguments.iter().filter(|argument| match &argument.name {
                Some(name) => name == property.name,
                None => wanted.iter().any(|it| it.name == property.name),
            });
            let value = match (found.next(), given(property.name)) {
                (Some(argument), _) => literal(&argument.value, property, aliases)?,
                (None, Some((_, value))) => value.clone(),
                (None, None) => {
                    return Err(Error::bad_request(format!(
                        "Key \"{}\" is missing for entity \"{owner}\"",
                        property.name
                    )));
                }
            };
            if found.next().is_some() {
                return Err(Error::bad_request(format!(
                    "Key \"{}\" is given more than once",
                    property.name
                )));
            }
            values.push((property.name, value));
        }
        Ok(Self { values })
    }
}

fn literal(
    expression: &Expression,
    property: &Property,
    aliases: &[(String, Expression)],
) -> Result<Value<'static>, Error> {
    let mut kind = &expression.kind;
    if let Kind::Alias(name) = kind {
        match aliases.iter().find(|(alias, _)| alias == name) {
            Some((_, value)) => kind = &value.kind,
            None => kind = &Kind::Literal(Value::Null),
        }
    }
    let fits = |value: &Value<'_>| {
        let wanted = property.primitive();
        Primitive::of(value)
            .zip(wanted)
            .is_some_and(|(found, wanted)| found.comparable(wanted))
    };
    if let Kind::Literal(value) = kind
        && fits(value)
    {
        return Ok(value.clone());
    }
    Err(Error::bad_request(format!(
        "Expected a value of type {} for key \"{}\"",
        property.primitive().map_or("", Primitive::name),
        property.name
    ))
    .at(expression.span.start))
}

/// Percent-encodes what a path segment cannot hold as it is.
fn encode(out: &mut String, text: &str) {
    for byte in text.bytes() {
        // pchar of RFC 3986, without what has a meaning in keys.
        let plain = byte.is_ascii_alphanumeric() || b"-._~!$'()*+:@".contains(&byte);
        if plain {
            out.push(char::from(byte));
        } else {
            let digit = |value: u8| {
                char::from_digit(u32::from(value), 16)
                    .unwrap_or_default()
                    .to_ascii_uppercase()
            };
            out.push('%');
            out.push(digit(byte >> 4));
            out.push(digit(byte & 15));
        }
    }
}
