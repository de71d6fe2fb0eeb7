//! Types as JSON Schema.

use super::super::annotation::{Annotation, Expr};
use super::super::json::Object;
use super::super::targets::Structured;
use super::super::{Model, Multiplicity, Parameter, Primitive, Property, Returns, Type};
use super::call::pointer;

/// The types that bodies refer to.
pub(super) fn types(model: &Model) -> Object {
    let put =
        |all: Object, it: Structured| all.with(model.qualified(it.name), structured(model, it));
    model.structured_types().fold(Object::default(), put)
}

/// A type of the model.
pub(super) fn reference(model: &Model, name: &str) -> Object {
    pointer("schemas", &model.qualified(name))
}

/// A page of a collection.
pub(super) fn collection(item: Object) -> Object {
    let number = vec!["integer", "string"];
    let members = Object::default()
        .with("@odata.count", Object::default().with("type", number))
        .with("@odata.nextLink", Object::default().with("type", "string"))
        .with("value", array(item));
    Object::default()
        .with("type", "object")
        .with("properties", members)
        .with("required", vec!["value"])
}

/// What a function or action answers.
pub(super) fn result(model: &Model, returns: Returns) -> Object {
    let item = of_type(model, returns.of());
    match (returns.multiplicity(), returns.of()) {
        (Multiplicity::Many, _) => collection(item),
        (Multiplicity::One, Type::Named(_)) => item,
        (Multiplicity::One, Type::Primitive(_)) => Object::default()
            .with("type", "object")
            .with("properties", Object::default().with("value", item)),
    }
}

/// The body of an action; empty if it takes nothing.
pub(super) fn parameters<'a>(
    model: &Model,
    parameters: impl Iterator<Item = &'a Parameter>,
) -> Object {
    let put = |members: Object, it: &Parameter| members.with(it.name, parameter(model, it));
    let members = parameters.fold(Object::default(), put);
    if members.is_empty() {
        return members;
    }
    Object::default()
        .with("type", "object")
        .with("properties", members)
}

pub(super) fn parameter(model: &Model, it: &Parameter) -> Object {
    let mut schema = match it.of {
        Type::Primitive(primitive) => self::primitive(primitive, it.nullable),
        Type::Named(name) => reference(model, name),
    };
    schema.option("maxLength", it.max_length);
    match it.multiplicity {
        Multiplicity::One => schema,
        Multiplicity::Many => array(schema),
    }
}

/// A property; a stream is no part of its entity's body.
pub(super) fn property(model: &Model, it: &Property) -> Option<Object> {
    if it.is_stream() {
        return None;
    }
    let mut schema = match it.of {
        Type::Primitive(of) => primitive(of, it.nullable),
        Type::Named(name) if it.nullable && it.multiplicity == Multiplicity::One => {
            or_null(reference(model, name))
        }
        Type::Named(name) => reference(model, name),
    };
    schema.option("maxLength", it.max_length);
    if it.multiplicity == Multiplicity::Many {
        schema = array(schema);
    }
    let said = |term: &str| it.annotations.iter().find(|it| it.term == term);
    for (member, term) in [
        ("title", "Common.Label"),
        ("description", "Core.Description"),
        ("pattern", "Validation.Pattern"),
    ] {
        if let Some(Annotation {
            value: Expr::String(text),
            ..
        }) = said(term)
        {
            schema.put(member, *text);
        }
    }
    schema.flag("readOnly", it.is_computed());
    Some(schema)
}

fn structured(model: &Model, it: Structured) -> Object {
    let mut members = Object::default();
    for property in it.properties {
        members.option(property.name, self::property(model, property));
    }
    for navigation in it.navigation {
        let one = reference(model, navigation.target);
        let schema = match navigation.multiplicity {
            Multiplicity::Many => array(one),
            Multiplicity::One if navigation.nullable => or_null(one),
            Multiplicity::One => one,
        };
        members.put(navigation.name, schema);
    }
    Object::default()
        .with("type", "object")
        .with("title", it.name)
        .with("properties", members)
}

fn of_type(model: &Model, of: Type) -> Object {
    match of {
        Type::Primitive(it) => primitive(it, false),
        Type::Named(name) => reference(model, name),
    }
}

fn or_null(one: Object) -> Object {
    let null = Object::default().with("type", "null");
    Object::default().with("anyOf", vec![one, null])
}

fn array(item: Object) -> Object {
    Object::default().with("type", "array").with("items", item)
}

/// JSON types and format of a primitive type
/// ([JSON Format 7.1](https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html#sec_PrimitiveValue)).
fn primitive(of: Primitive, nullable: bool) -> Object {
    let (mut types, format) = match of {
        Primitive::String | Primitive::Binary | Primitive::Stream => (vec!["string"], None),
        Primitive::Boolean => (vec!["boolean"], None),
        Primitive::Byte => (vec!["integer"], Some("uint8")),
        Primitive::SByte => (vec!["integer"], Some("int8")),
        Primitive::Int16 => (vec!["integer"], Some("int16")),
        Primitive::Int32 => (vec!["integer"], Some("int32")),
        // text where the client asks for IEEE754Compatible
        Primitive::Int64 => (vec!["integer", "string"], Some("int64")),
        Primitive::Decimal => (vec!["number", "string"], Some("decimal")),
        // text for INF and NaN
        Primitive::Double => (vec!["number", "string"], Some("double")),
        Primitive::Single => (vec!["number", "string"], Some("float")),
        Primitive::Date => (vec!["string"], Some("date")),
        Primitive::DateTimeOffset => (vec!["string"], Some("date-time")),
        Primitive::Duration => (vec!["string"], Some("duration")),
        Primitive::Guid => (vec!["string"], Some("uuid")),
        Primitive::TimeOfDay => (vec!["string"], Some("time")),
    };
    if nullable {
        types.push("null");
    }
    let mut schema = Object::default();
    match types[..] {
        [one] => schema.put("type", one),
        _ => schema.put("type", types),
    }
    schema.option("format", format);
    if of == Primitive::Binary {
        schema.put("contentEncoding", "base64url");
    }
    schema
}
