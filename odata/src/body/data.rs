//! Values of any type
//! ([JSON Format, 7](https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html#sec_StructuralProperty)),
//! written as the model declares them.

use super::cell::{short_name, shows_type, write_cell};
use super::json::write_string;
use crate::edm::{Model, Multiplicity, Primitive, Property, Returns, Type};
use crate::negotiate::{JsonFormat, MetadataLevel};
use crate::{Data, Record, Row};

/// What values at one place are declared as, and how they are written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Declared {
    model: &'static Model,
    of: Type,
    multiplicity: Multiplicity,
    format: JsonFormat,
}

impl Declared {
    pub(super) const fn property(model: &'static Model, it: &Property, format: JsonFormat) -> Self {
        Self {
            model,
            of: it.of,
            multiplicity: it.multiplicity,
            format,
        }
    }

    pub(super) const fn result(model: &'static Model, it: Returns, format: JsonFormat) -> Self {
        Self {
            model,
            of: it.of(),
            multiplicity: it.multiplicity(),
            format,
        }
    }

    /// The whole body; `None` for null, which is answered with no content.
    pub(super) fn document(self, context: &str, data: &Data<'_>) -> Option<Vec<u8>> {
        if data.is_null() {
            return None;
        }
        let mut out = Vec::with_capacity(128);
        out.push(b'{');
        if self.format.metadata != MetadataLevel::None {
            out.extend_from_slice(b"\"@odata.context\":");
            write_string(&mut out, context);
        }
        let comma = |out: &mut Vec<u8>| {
            if out.last() != Some(&b'{') {
                out.push(b',');
            }
        };
        if let Some(name) = self.type_name() {
            comma(&mut out);
            out.extend_from_slice(b"\"@odata.type\":");
            write_string(&mut out, &name);
        }
        comma(&mut out);
        if let (Type::Named(name), Multiplicity::One, Data::Complex(record)) =
            (self.of, self.multiplicity, data)
        {
            self.write_members(&mut out, name, record);
        } else {
            out.extend_from_slice(b"\"value\":");
            self.write(&mut out, data);
        }
        out.push(b'}');
        Some(out)
    }

    /// The type as it stands beside a value, where it has to be said
    /// ([JSON Format, 4.6.3](https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html#sec_ControlInformationtypeodatatype)).
    pub(super) fn type_name(self) -> Option<String> {
        let full = self.format.metadata == MetadataLevel::Full;
        match (self.of, self.multiplicity) {
            (Type::Primitive(it), Multiplicity::One) => {
                shows_type(it, false, self.format).then(|| format!("#{}", short_name(it)))
            }
            (Type::Primitive(it), Multiplicity::Many) => {
                full.then(|| format!("#Collection({})", short_name(it)))
            }
            (Type::Named(name), Multiplicity::One) => {
                full.then(|| format!("#{}", self.model.qualified(name)))
            }
            (Type::Named(name), Multiplicity::Many) => {
                full.then(|| format!("#Collection({})", self.model.qualified(name)))
            }
        }
    }

    /// Writes a value; one that contradicts its declaration is null, or no
    /// item.
    pub(super) fn write(self, out: &mut Vec<u8>, data: &Data<'_>) {
        if self.multiplicity == Multiplicity::One {
            return self.write_one(out, data);
        }
        out.push(b'[');
        for (index, item) in data.items().unwrap_or_default().iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            self.write_one(out, item);
        }
        out.push(b']');
    }

    fn write_one(self, out: &mut Vec<u8>, data: &Data<'_>) {
        let ieee754_compatible = self.format.ieee754_compatible;
        match (self.of, data) {
            (Type::Primitive(primitive), Data::Value(value)) => {
                let quoted = ieee754_compatible && primitive == Primitive::Int64;
                write_cell(out, value, quoted, ieee754_compatible);
            }
            (Type::Named(name), Data::Complex(record)) => {
                out.push(b'{');
                self.write_type(out);
                self.write_members(out, name, record);
                out.push(b'}');
            }
            (_, Data::Value(_) | Data::Complex(_) | Data::Collection(_)) => {
                out.extend_from_slice(b"null");
            }
        }
    }

    /// Writes the type of a complex value; items have that of their collection.
    fn write_type(self, out: &mut Vec<u8>) {
        if self.multiplicity == Multiplicity::One
            && let Some(name) = self.type_name()
        {
            out.extend_from_slice(b"\"@odata.type\":");
            write_string(out, &name);
            out.push(b',');
        }
    }

    fn write_members(self, out: &mut Vec<u8>, name: &str, record: &Record<'_>) {
        let of = self.model.complex_type(name);
        for (index, property) in of.iter().flat_map(|it| it.properties).enumerate() {
            if index > 0 {
                out.push(b',');
            }
            let inner = Self::property(self.model, property, self.format);
            if let Some(head) = inner.head(property.name) {
                out.extend_from_slice(head.as_slice());
                out.push(b',');
            }
            write_string(out, property.name);
            out.push(b':');
            inner.write(out, &record.data(property.name));
        }
    }

    /// `"name@odata.type":"…"`, where the type has to be said beside the
    /// value and not in it.
    pub(super) fn head(self, name: &str) -> Option<Vec<u8>> {
        if matches!(
            (self.of, self.multiplicity),
            (Type::Named(_), Multiplicity::One)
        ) {
            return None;
        }
        let type_name = self.type_name()?;
        let mut head = Vec::new();
        write_string(&mut head, &format!("{name}@odata.type"));
        head.push(b':');
        write_string(&mut head, &type_name);
        Some(head)
    }
}
