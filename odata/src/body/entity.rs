//! Collections, entities and properties.

use super::context::context;
use super::json::write_string;
use super::layout::{Around, Layout, short_name, shows_type, write_cell};
use super::write_count;
use crate::bind::Fuel;
use crate::edm::{Model, Primitive};
use crate::negotiate::{JsonFormat, MetadataLevel};
use crate::path::DataPath;
use crate::plan::{Page, Selection};
use crate::{Error, Row, Value};

/// Writes the answers to one path.
#[derive(Debug)]
pub struct Writer<'a> {
    path: &'a DataPath,
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
            path,
            format,
            layout: Layout::new(model, entity_type, entity_set, selection, format),
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

    /// The body for a property; `None` for null, which is answered with no
    /// content.
    pub fn property(&self, value: &Value<'_>) -> Option<Vec<u8>> {
        if value.is_null() {
            return None;
        }
        let mut out = Vec::with_capacity(128);
        out.push(b'{');
        self.write_context(&mut out);
        let primitive = self.path.property.map(|property| property.primitive);
        if let Some(primitive) = primitive.filter(|it| shows_type(*it, false, self.format)) {
            out.extend_from_slice(b"\"@odata.type\":\"#");
            out.extend_from_slice(short_name(primitive).as_bytes());
            out.extend_from_slice(b"\",");
        }
        out.extend_from_slice(b"\"value\":");
        let quoted = self.format.ieee754_compatible && primitive == Some(Primitive::Int64);
        write_cell(&mut out, value, quoted, self.format.ieee754_compatible);
        out.push(b'}');
        Some(out)
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
