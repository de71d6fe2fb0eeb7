//! Properties, and how the value of each is written.

use super::data::Declared;
use super::json::{write_string, write_value};
use crate::Value;
use crate::bind::Bound;
use crate::edm::{Model, Primitive, Property};
use crate::negotiate::{JsonFormat, MetadataLevel};
use crate::plan::{Column, Origin};

/// A property.
#[derive(Debug)]
pub(super) struct Cell<'a> {
    pub(super) content: Content<'a>,
    /// `,"name":`, preceded by type information where that is due.
    pub(super) head: Vec<u8>,
    /// Whether integers are written as strings.
    pub(super) quoted: bool,
}

/// Where the value of a property comes from.
#[derive(Debug)]
pub(super) enum Content<'a> {
    Property(&'a str),
    /// A complex value or a collection.
    Data(&'a str, Declared),
    Computed(&'a Bound),
}

impl Content<'_> {
    /// The name of a property of rows; computed ones are everybody's.
    pub(super) const fn own(&self) -> Option<&str> {
        match self {
            Self::Property(name) | Self::Data(name, _) => Some(name),
            Self::Computed(_) => None,
        }
    }
}

impl<'a> Cell<'a> {
    fn of_data(property: &'static Property, declared: Declared) -> Self {
        let mut head = Vec::new();
        if let Some(type_name) = declared.head(property.name) {
            head.push(b',');
            head.extend_from_slice(&type_name);
        }
        head.push(b',');
        write_string(&mut head, property.name);
        head.push(b':');
        Self {
            content: Content::Data(property.name, declared),
            head,
            quoted: false,
        }
    }

    pub(super) fn new(column: &'a Column, model: &'static Model, format: JsonFormat) -> Self {
        let (content, dynamic) = match &column.origin {
            Origin::Declared(property) if property.primitive().is_none() => {
                return Self::of_data(property, Declared::property(model, property, format));
            }
            Origin::Declared(property) => (Content::Property(property.name), false),
            Origin::Computed(bound) => (Content::Computed(bound), true),
            Origin::Derived => (Content::Property(&column.name), true),
        };
        let mut head = Vec::new();
        if let Some(primitive) = column
            .primitive
            .filter(|it| shows_type(*it, dynamic, format))
        {
            member(
                &mut head,
                &format!("{}@odata.type", column.name),
                &format!("#{}", short_name(primitive)),
            );
        }
        head.push(b',');
        write_string(&mut head, &column.name);
        head.push(b':');
        Self {
            content,
            head,
            quoted: format.ieee754_compatible && column.primitive == Some(Primitive::Int64),
        }
    }
}

/// Writes a value, integers as strings if `quoted`.
pub(super) fn write_cell(
    out: &mut Vec<u8>,
    value: &Value<'_>,
    quoted: bool,
    ieee754_compatible: bool,
) {
    if quoted && matches!(value, Value::Integer(_)) {
        out.push(b'"');
        write_value(out, value, ieee754_compatible);
        out.push(b'"');
    } else {
        write_value(out, value, ieee754_compatible);
    }
}

/// Whether the type has to be said, because neither JSON nor the model tells
/// it ([JSON Format, 4.6.3](https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html#sec_ControlInformationtypeodatatype)).
pub(super) fn shows_type(primitive: Primitive, dynamic: bool, format: JsonFormat) -> bool {
    use Primitive as P;
    match format.metadata {
        MetadataLevel::None => false,
        // A double may turn out to be "INF", which looks like a text.
        MetadataLevel::Minimal => dynamic && !matches!(primitive, P::String | P::Boolean),
        MetadataLevel::Full => {
            !matches!(primitive, P::String | P::Boolean) && (dynamic || primitive != P::Double)
        }
    }
}

/// The name without `Edm.`, as type annotations write it.
pub(super) fn short_name(primitive: Primitive) -> &'static str {
    let name = primitive.name();
    name.strip_prefix("Edm.").unwrap_or(name)
}

pub(super) fn member(out: &mut Vec<u8>, name: &str, text: &str) {
    out.push(b',');
    write_string(out, name);
    out.push(b':');
    write_string(out, text);
}
