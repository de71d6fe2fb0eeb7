//! Bodies of requests: JSON into what a client wants an entity to be, or an
//! action to do
//! ([Protocol, 11.4](https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part1-protocol.html#sec_DataModification),
//! [JSON Format, 6](https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html#sec_Entity)).
//!
//! What is read is checked against the model and owned. What contradicts the
//! model is refused with the place as the error's target, such as
//! `tags/0/key`; annotations are ignored. Time and memory are bounded by the
//! length of the body, which the caller bounds; nesting is bounded here.
//!
//! ```
//! use odata::edm::{EntityType, Model, Primitive, Property};
//! use odata::write::{BodyReader, Mode};
//!
//! static ZOO: Model = Model::new("Zoo").entity_types(&[EntityType::new(
//!     "Animal",
//!     &["name"],
//!     &[
//!         Property::new("name", Primitive::String).required(),
//!         Property::new("legs", Primitive::Byte),
//!     ],
//! )]);
//!
//! let reader = BodyReader::new(&ZOO, Some("application/json"));
//! let animal = &ZOO.entity_types[0];
//! let ant = reader.entity(animal, br#"{"legs":6,"name":"ant"}"#, Mode::Create)?;
//! assert_eq!((ant.text("name"), ant.integer("legs")), (Some("ant"), Some(6)));
//!
//! let error = reader.entity(animal, br#"{"name":"bee","legs":"6"}"#, Mode::Create);
//! assert_eq!(error.unwrap_err().target(), Some("legs"));
//! # Ok::<(), odata::Error>(())
//! ```

mod facets;
mod scalar;
mod structured;

pub(crate) use facets::Facets;

use crate::edm::{Action, EntityType, Model, Property};
use crate::json::Reader;
use crate::negotiate::Range;
use crate::{Data, Error, Record};
use structured::{Member, Numbers};

/// What a body about an entity is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The entity is new (POST): what it cannot be without has to be there.
    Create,
    /// It exists (PATCH, PUT): only what is to change is there. Its key and
    /// what must not change any more are ignored
    /// ([Protocol, 11.4.3](https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part1-protocol.html#sec_UpdateanEntity)).
    Update,
}

/// Reads bodies of requests.
#[derive(Debug, Clone, Copy)]
pub struct BodyReader<'a> {
    model: &'static Model,
    content_type: Option<&'a str>,
    filled_in: &'a [&'a str],
}

impl<'a> BodyReader<'a> {
    /// A reader for the body of a request with this header `Content-Type`.
    pub const fn new(model: &'static Model, content_type: Option<&'a str>) -> Self {
        Self {
            model,
            content_type,
            filled_in: &[],
        }
    }

    /// Names the properties of new entities that the service knows by itself,
    /// such as the key it was created below; clients may still give them.
    #[must_use]
    pub const fn filled_in(mut self, properties: &'a [&'a str]) -> Self {
        self.filled_in = properties;
        self
    }

    /// Reads what an entity is to be. Properties that only the service sets
    /// are ignored.
    ///
    /// # Errors
    /// [`UnsupportedMediaType`](crate::ErrorKind::UnsupportedMediaType) where
    /// the body is no JSON by its header;
    /// [`NotImplemented`](crate::ErrorKind::NotImplemented) for related
    /// entities and streams inside of it;
    /// [`BadRequest`](crate::ErrorKind::BadRequest) for all that contradicts
    /// the model.
    pub fn entity(
        &self,
        of: &'static EntityType,
        body: &[u8],
        mode: Mode,
    ) -> Result<Record<'static>, Error> {
        let (mut json, numbers) = self.open(body)?;
        let mut record = Record::new();
        numbers.members(self.model, &mut json, &mut record, |name| {
            let Some(property) = of.property(name) else {
                return structured::not_a_property(name, of, self.model);
            };
            let fixed = of.key.contains(&property.name) || property.is_immutable();
            if property.is_computed() || (fixed && mode == Mode::Update) {
                return Ok(Member::Ignored);
            }
            Ok(Member::Read(property.into()))
        })?;
        json.end()?;
        record.sort(of.properties.iter().map(|it| it.name));
        if mode == Mode::Create {
            let lacks = |it: &&Property| {
                structured::lacks(&record, it)
                    && !it.is_computed()
                    && !it.has_computed_default()
                    && !self.filled_in.contains(&it.name)
            };
            if let Some(it) = of.properties.iter().find(lacks) {
                return Err(structured::missing(it.name));
            }
        }
        Ok(record)
    }

    /// Reads the parameters of an action, but for the resource it is called
    /// on. A body that is empty gives none.
    ///
    /// # Errors
    /// As [`entity`](Self::entity); parameters that are neither nullable nor
    /// optional have to be there.
    pub fn parameters(&self, action: &Action, body: &[u8]) -> Result<Record<'static>, Error> {
        let own = action.parameters.iter().skip(action.bound.into());
        let mut record = Record::new();
        if !body.trim_ascii().is_empty() {
            let (mut json, numbers) = self.open(body)?;
            numbers.members(self.model, &mut json, &mut record, |name| {
                match own.clone().find(|it| it.name == name) {
                    Some(parameter) => Ok(Member::Read(parameter.into())),
                    None => Err(Error::bad_request(format!(
                        "Action \"{}\" has no parameter \"{name}\"",
                        action.name
                    ))),
                }
            })?;
            json.end()?;
        }
        let given = |name| record.get(name).is_some();
        let needed = own.clone().filter(|it| !it.nullable && !it.is_optional());
        if let Some(it) = needed.into_iter().find(|it| !given(it.name)) {
            return Err(structured::missing(it.name));
        }
        record.sort(own.map(|it| it.name));
        Ok(record)
    }

    /// Reads the new value of a property: `{"value":…}`, or the members of a
    /// complex one
    /// ([Protocol, 11.4.9](https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part1-protocol.html#sec_ManagingValuesandPropertiesDirectly)).
    ///
    /// # Errors
    /// As [`entity`](Self::entity).
    pub fn property(&self, of: &'static Property, body: &[u8]) -> Result<Data<'static>, Error> {
        let (mut json, numbers) = self.open(body)?;
        let facets = Facets::from(of);
        let value = if facets.is_one_complex() {
            numbers
                .data(self.model, &mut json, facets)
                .map_err(|error| error.inside(of.name))?
        } else {
            let mut record = Record::new();
            numbers.members(self.model, &mut json, &mut record, |name| match name {
                "value" => Ok(Member::Read(facets.named("value"))),
                _ => Err(structured::no_property(name, of.name)),
            })?;
            let value = record.get("value").cloned();
            value.ok_or_else(|| structured::missing("value"))?
        };
        json.end()?;
        Ok(value)
    }

    /// The body as text, if its media type is JSON as OData writes it.
    fn open<'b>(&self, body: &'b [u8]) -> Result<(Reader<'b>, Numbers), Error> {
        let numbers = self.numbers()?;
        let text = str::from_utf8(body).map_err(|_| Error::bad_request("Expected UTF-8"))?;
        // .NET's encoders like to start with a byte order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Ok((Reader::new(text), numbers))
    }

    fn numbers(&self) -> Result<Numbers, Error> {
        let refuse = |text: String| Error::unsupported_media_type(text).about("Content-Type");
        let given = self.content_type.ok_or_else(|| {
            refuse("Expected a header Content-Type with application/json".to_owned())
        })?;
        let unsupported = || {
            refuse(format!(
                "Expected a body of type application/json, not \"{given}\""
            ))
        };
        let media = Range::parse(given).filter(|it| it.is("application", "json"));
        let media = media.ok_or_else(unsupported)?;
        let charset = media.parameter("charset").unwrap_or("utf-8");
        let utf8 = ["utf-8", "utf8", "us-ascii"];
        // `odata=verbose` is another format of other versions.
        if !utf8.iter().any(|it| it.eq_ignore_ascii_case(charset))
            || media.parameter("odata").is_some()
        {
            return Err(unsupported());
        }
        let says_true = |name| {
            let said = media.parameter(name);
            said.is_some_and(|it| it.eq_ignore_ascii_case("true"))
        };
        Ok(Numbers {
            as_text: says_true("IEEE754Compatible"),
        })
    }
}
