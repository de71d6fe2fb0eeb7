//! Collections, entities and properties.

use super::context::{Entities, context};
use super::data::Declared;
use super::json::write_string;
use super::layout::{Around, Layout};
use super::write_count;
use crate::bind::Fuel;
use crate::edm::{EntityType, Model, Multiplicity, Returns};
use crate::negotiate::{JsonFormat, MetadataLevel};
use crate::path::{DataPath, Invocation};
use crate::plan::{Page, Selection};
use crate::{Data, Error, Row, Value};

/// Writes the answers to one path.
#[derive(Debug)]
pub struct Writer<'a> {
    /// What the property at the end of the path is declared as.
    property: Option<Declared>,
    format: JsonFormat,
    context: String,
    layout: Layout<'a>,
    nested_page_size: usize,
}

impl<'a> Writer<'a> {
    /// A writer for entities at `path` that shows `selection`.
    pub fn new(
        model: &'static Model,
        path: &'a DataPath,
        selection: &'a Selection,
        format: JsonFormat,
    ) -> Self {
        let (entity_type, entity_set) = (path.entity_type, path.entity_set);
        Self {
            context: context(model, path, selection),
            property: path
                .property
                .map(|property| Declared::property(model, property, format)),
            format,
            layout: Layout::new(model, entity_type, entity_set, selection, format),
            nested_page_size: usize::MAX,
        }
    }

    /// A writer for the entity that a POST to the collection at `path` has
    /// created.
    pub fn created(
        model: &'static Model,
        path: &'a DataPath,
        selection: &'a Selection,
        format: JsonFormat,
    ) -> Self {
        let entity = Entities {
            set: path.entity_set,
            of: path.entity_type,
            multiplicity: Multiplicity::One,
        };
        Self {
            context: format!("{}{}", path.up(), entity.context(model, selection)),
            ..Self::new(model, path, selection, format)
        }
    }

    /// A writer for the entities that an operation returns, which are of
    /// `entity_type`; [`result`](super::result) writes other results.
    pub fn result(
        model: &'static Model,
        invocation: &Invocation,
        entity_type: &'static EntityType,
        selection: &'a Selection,
        format: JsonFormat,
    ) -> Self {
        let returns = invocation.operation.returns();
        let entities = Entities {
            set: invocation.entity_set,
            of: entity_type,
            multiplicity: returns.map_or(Multiplicity::One, Returns::multiplicity),
        };
        Self {
            context: format!("{}{}", invocation.up(), entities.context(model, selection)),
            property: None,
            format,
            layout: Layout::new(model, entity_type, entities.set, selection, format),
            nested_page_size: usize::MAX,
        }
    }

    /// Sets how many related entities are written in one place; a link leads
    /// to the others. Without it all that rows know are written.
    #[must_use]
    pub const fn nested_page_size(mut self, size: usize) -> Self {
        self.nested_page_size = size;
        self
    }

    /// The context URL, relative to the request.
    pub fn context(&self) -> &str {
        &self.context
    }

    /// The body for a page of a collection. `next_link` is the page's own
    /// link to the next one, made of its token.
    ///
    /// # Errors
    /// Where a computed property cannot be computed, and where rows do not
    /// know the related entities that are to be expanded.
    pub fn collection<R: Row>(
        &self,
        page: &Page<'_, R>,
        next_link: Option<&str>,
    ) -> Result<Vec<u8>, Error> {
        let guess = 128 + page.rows.len() * self.layout.width();
        let mut out = Vec::with_capacity(guess);
        out.push(b'{');
        self.write_context(&mut out);
        if let Some(count) = page.count {
            out.extend_from_slice(b"\"@odata.count\":");
            write_count(&mut out, count, self.format);
            out.push(b',');
        }
        if let Some(link) = next_link {
            out.extend_from_slice(b"\"@odata.nextLink\":");
            write_string(&mut out, link);
            out.push(b',');
        }
        out.extend_from_slice(b"\"value\":[");
        for (index, row) in page.rows.iter().enumerate() {
            out.extend_from_slice(if index == 0 { b"{" } else { b",{" });
            self.write_row(&mut out, *row)?;
            out.push(b'}');
        }
        out.extend_from_slice(b"]}");
        Ok(out)
    }

    /// The body for one entity.
    ///
    /// # Errors
    /// As [`collection`](Self::collection).
    pub fn entity<R: Row>(&self, row: &R) -> Result<Vec<u8>, Error> {
        let mut out = Vec::with_capacity(128 + self.layout.width());
        out.push(b'{');
        self.write_context(&mut out);
        self.write_row(&mut out, row)?;
        out.push(b'}');
        Ok(out)
    }

    /// The body for a primitive property; `None` for null, which is answered
    /// with no content.
    pub fn property(&self, value: &Value<'_>) -> Option<Vec<u8>> {
        self.data(&Data::Value(value.reborrow()))
    }

    /// The body for a property of any type; `None` for null, which is
    /// answered with no content, and for paths that do not end at a property.
    pub fn data(&self, data: &Data<'_>) -> Option<Vec<u8>> {
        self.property?.document(&self.context, data)
    }

    fn write_context(&self, out: &mut Vec<u8>) {
        if self.format.metadata != MetadataLevel::None {
            out.extend_from_slice(b"\"@odata.context\":");
            write_string(out, &self.context);
            out.push(b',');
        }
    }

    fn write_row<R: Row>(&self, out: &mut Vec<u8>, row: &R) -> Result<(), Error> {
        let around = Around {
            it: row,
            fuel: &Fuel::full(),
            page_size: self.nested_page_size,
        };
        self.layout.write(out, row, around)
    }
}
