//! Objects and arrays.

use std::collections::HashSet;

use super::facets::Facets;
use super::scalar::Token;
use crate::edm::{ComplexType, EntityType, Model, Multiplicity, Primitive, Property, Type};
use crate::json::Reader;
use crate::{Data, Error, Record};

/// How the sender writes large numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Numbers {
    /// `IEEE754Compatible=true`: `Edm.Int64` and `Edm.Decimal` as strings
    /// ([JSON Format, 3.2](https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html#sec_ControllingtheRepresentationofNumber)).
    pub(super) as_text: bool,
}

/// What becomes of a member of an object.
pub(super) enum Member {
    Read(Facets),
    Ignored,
}

/// Complex values in complex values, deeper than any model goes on purpose.
const DEEPEST: u8 = 32;

impl Numbers {
    /// Reads the members of an object into `record`; `member` tells what a
    /// name means.
    pub(super) fn members(
        self,
        model: &Model,
        json: &mut Reader<'_>,
        record: &mut Record<'static>,
        member: impl Fn(&str) -> Result<Member, Error>,
    ) -> Result<(), Error> {
        self.members_at(0, model, json, record, member)
    }

    /// Reads a value.
    pub(super) fn data(
        self,
        model: &Model,
        json: &mut Reader<'_>,
        facets: Facets,
    ) -> Result<Data<'static>, Error> {
        self.data_at(0, model, json, facets)
    }

    fn members_at(
        self,
        depth: u8,
        model: &Model,
        json: &mut Reader<'_>,
        record: &mut Record<'static>,
        member: impl Fn(&str) -> Result<Member, Error>,
    ) -> Result<(), Error> {
        let mut seen = HashSet::new();
        json.object(|json, name| {
            let inside = |error: Error| error.inside(name);
            if !seen.insert(name.to_owned()) {
                let text = format!("\"{name}\" is given more than once");
                return Err(inside(Error::bad_request(text)));
            }
            if let Some((of, control)) = name.split_once('@') {
                if !of.is_empty() && asks_for_more(control) {
                    let text = format!("\"{name}\" is not supported");
                    return Err(inside(Error::not_implemented(text)));
                }
                json.value()?;
                return Ok(());
            }
            // Bound operations, as answers with full metadata tell of them.
            if name.contains('#') {
                json.value()?;
                return Ok(());
            }
            match member(name).map_err(inside)? {
                Member::Ignored => {
                    json.value()?;
                }
                Member::Read(facets) => {
                    let data = self.data_at(depth, model, json, facets).map_err(inside)?;
                    record.put(facets.name, data);
                }
            }
            Ok(())
        })
    }

    fn data_at(
        self,
        depth: u8,
        model: &Model,
        json: &mut Reader<'_>,
        facets: Facets,
    ) -> Result<Data<'static>, Error> {
        let nests = match json.next_token() {
            Some(b'[') => facets.multiplicity == Multiplicity::Many,
            Some(b'{') => facets.is_one_complex(),
            _ => false,
        };
        if depth == DEEPEST && nests {
            return Err(Error::bad_request("Expected less nesting"));
        }
        match (facets.multiplicity, facets.of) {
            _ if !nests => self.scalar(model, json, facets),
            (Multiplicity::Many, _) => {
                let mut items = Vec::new();
                json.array(|json| {
                    let item = self.data_at(depth, model, json, facets.item());
                    items.push(item.map_err(|error| error.inside(&items.len().to_string()))?);
                    Ok::<(), Error>(())
                })?;
                Ok(Data::Collection(items))
            }
            (Multiplicity::One, Type::Named(name)) => {
                self.complex(depth + 1, model, json, facets, name)
            }
            (Multiplicity::One, Type::Primitive(_)) => Err(facets.expected(model)),
        }
    }

    fn scalar(
        self,
        model: &Model,
        json: &mut Reader<'_>,
        facets: Facets,
    ) -> Result<Data<'static>, Error> {
        let token = Token::read(json)?;
        if matches!(token, Token::Null) {
            return facets.null();
        }
        match (facets.of, facets.multiplicity) {
            (Type::Primitive(Primitive::Stream), _) => Err(Error::not_implemented(format!(
                "\"{}\" is a stream, which a body cannot hold here",
                facets.name
            ))),
            (Type::Primitive(of), Multiplicity::One) => {
                let value = token.value(of, self);
                facets.check(value.ok_or_else(|| facets.expected(model))?)
            }
            (Type::Primitive(_), Multiplicity::Many) | (Type::Named(_), _) => {
                Err(facets.expected(model))
            }
        }
    }

    fn complex(
        self,
        depth: u8,
        model: &Model,
        json: &mut Reader<'_>,
        facets: Facets,
        name: &str,
    ) -> Result<Data<'static>, Error> {
        let of = model.complex_type(name).ok_or_else(|| {
            Error::not_implemented(format!("Entities as \"{}\" are not supported", facets.name))
        })?;
        let mut record = Record::new();
        self.members_at(depth, model, json, &mut record, |name| {
            let property = of.property(name);
            let property = property.ok_or_else(|| no_property(name, of.name))?;
            Ok(if property.is_computed() {
                Member::Ignored
            } else {
                Member::Read(property.into())
            })
        })?;
        complete(&record, of)?;
        record.sort(of.properties.iter().map(|it| it.name));
        Ok(record.into())
    }
}

/// Whether control information beside a member asks for something that must
/// not be ignored: links to other entities, changes of them, and expressions
/// in place of values.
fn asks_for_more(control: &str) -> bool {
    let control = control.strip_prefix("odata.").unwrap_or(control);
    matches!(control, "bind" | "delta" | "expressionUrl")
}

/// What becomes of a member of an entity that is no property.
pub(super) fn not_a_property(name: &str, of: &EntityType, model: &Model) -> Result<Member, Error> {
    if of.navigation_property(name).is_some() {
        return Err(Error::not_implemented(format!(
            "Writing related entities (\"{name}\") together with an entity is not supported"
        )));
    }
    Err(no_property(name, &model.qualified(of.name)))
}

pub(super) fn no_property(name: &str, owner: &str) -> Error {
    Error::bad_request(format!("Property \"{name}\" does not exist in \"{owner}\""))
}

/// Checks that a complex value has all that it cannot be without.
pub(super) fn complete(record: &Record<'_>, of: &ComplexType) -> Result<(), Error> {
    let needed = |it: &&Property| lacks(record, it) && !it.is_computed();
    match of.properties.iter().find(needed) {
        Some(it) => Err(missing(it.name)),
        None => Ok(()),
    }
}

/// Whether a property that must not be null was not given.
pub(super) fn lacks(record: &Record<'_>, it: &Property) -> bool {
    let one = it.multiplicity == Multiplicity::One;
    one && !it.nullable && !it.is_stream() && record.get(it.name).is_none()
}

pub(super) fn missing(name: &str) -> Error {
    Error::bad_request(format!("\"{name}\" is missing")).inside(name)
}
