//! Collections, entities and properties.

use super::json::{write_string, write_value};
use crate::edm::{Model, Multiplicity, Primitive, Property};
use crate::negotiate::{JsonFormat, MetadataLevel};
use crate::path::{DataPath, Key};
use crate::plan::{Page, Selection};
use crate::{Row, Value};

/// Writes the answers to one path.
///
/// All that does not depend on a row is rendered once, here; a row then costs
/// its values and little more.
#[derive(Debug)]
pub struct Writer<'a> {
    model: &'static Model,
    path: &'a DataPath,
    format: JsonFormat,
    context: String,
    /// Without the brackets that follow for collections.
    columns: Vec<Column>,
}

#[derive(Debug)]
struct Column {
    property: &'static Property,
    /// `,"name":`, preceded by type information where that is due.
    head: Vec<u8>,
    /// Whether integers are written as strings.
    quoted: bool,
}

impl<'a> Writer<'a> {
    /// A writer for entities at `path` that shows `selection`.
    pub fn new(
        model: &'static Model,
        path: &'a DataPath,
        selection: &Selection,
        format: JsonFormat,
    ) -> Self {
        let columns = selection
            .properties()
            .filter(|property| property.primitive != Primitive::Stream)
            .map(|property| Column {
                head: head(property, format),
                quoted: format.ieee754_compatible && property.primitive == Primitive::Int64,
                property,
            })
            .collect();
        Self {
            context: context(model, path, selection),
            model,
            path,
            format,
            columns,
        }
    }

    /// The context URL, relative to the request.
    pub fn context(&self) -> &str {
        &self.context
    }

    /// The body for a page of a collection. `next_link` is the page's own
    /// link to the next one, made of its token.
    pub fn collection<R: Row>(&self, page: &Page<'_, R>, next_link: Option<&str>) -> Vec<u8> {
        let guess = 128 + page.rows.len() * (16 + 32 * self.columns.len());
        let mut out = Vec::with_capacity(guess);
        out.push(b'{');
        self.write_context(&mut out);
        if let Some(count) = page.count {
            out.extend_from_slice(b"\"@odata.count\":");
            let count = count.to_string();
            if self.format.ieee754_compatible {
                write_string(&mut out, &count);
            } else {
                out.extend_from_slice(count.as_bytes());
            }
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
            self.write_row(&mut out, *row);
            out.push(b'}');
        }
        out.extend_from_slice(b"]}");
        out
    }

    /// The body for one entity.
    pub fn entity<R: Row>(&self, row: &R) -> Vec<u8> {
        let mut out = Vec::with_capacity(128 + 32 * self.columns.len());
        out.push(b'{');
        self.write_context(&mut out);
        self.write_row(&mut out, row);
        out.push(b'}');
        out
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
        if let Some(primitive) = primitive.filter(|it| shows_type(*it, self.format)) {
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

    fn write_row<R: Row>(&self, out: &mut Vec<u8>, row: &R) {
        let start = out.len();
        match self.format.metadata {
            MetadataLevel::None => {}
            MetadataLevel::Minimal => write_etag(out, row),
            MetadataLevel::Full => {
                out.extend_from_slice(b",\"@odata.type\":\"#");
                out.extend_from_slice(self.model.namespace.as_bytes());
                out.push(b'.');
                out.extend_from_slice(self.path.entity_type.name.as_bytes());
                out.push(b'"');
                write_etag(out, row);
                self.write_links(out, row);
            }
        }
        for column in &self.columns {
            out.extend_from_slice(&column.head);
            let value = row.get(column.property.name);
            write_cell(out, &value, column.quoted, self.format.ieee754_compatible);
        }
        // Each member brings the comma before it; the first has none.
        if out.get(start) == Some(&b',') {
            out.remove(start);
        }
    }

    fn write_links<R: Row>(&self, out: &mut Vec<u8>, row: &R) {
        let Some(set) = self.path.entity_set else {
            return;
        };
        let key = Key::of(self.path.entity_type, row).to_url();
        let id = format!("{}{key}", set.name);
        for (name, target) in [("@odata.id", &id), ("@odata.editLink", &id)] {
            member(out, name, target);
        }
        for navigation in self.path.entity_type.navigation {
            let name = navigation.name;
            member(
                out,
                &format!("{name}@odata.associationLink"),
                &format!("{id}/{name}/$ref"),
            );
            member(
                out,
                &format!("{name}@odata.navigationLink"),
                &format!("{id}/{name}"),
            );
        }
    }
}

fn member(out: &mut Vec<u8>, name: &str, text: &str) {
    out.push(b',');
    write_string(out, name);
    out.push(b':');
    write_string(out, text);
}

fn write_etag<R: Row>(out: &mut Vec<u8>, row: &R) {
    if let Some(etag) = row.etag() {
        member(out, "@odata.etag", &etag);
    }
}

fn write_cell(out: &mut Vec<u8>, value: &Value<'_>, quoted: bool, ieee754_compatible: bool) {
    if quoted && matches!(value, Value::Integer(_)) {
        out.push(b'"');
        write_value(out, value, ieee754_compatible);
        out.push(b'"');
    } else {
        write_value(out, value, ieee754_compatible);
    }
}

fn head(property: &Property, format: JsonFormat) -> Vec<u8> {
    let mut head = Vec::new();
    if shows_type(property.primitive, format) {
        member(
            &mut head,
            &format!("{}@odata.type", property.name),
            &format!("#{}", short_name(property.primitive)),
        );
    }
    head.push(b',');
    write_string(&mut head, property.name);
    head.push(b':');
    head
}

/// Whether the type has to be said, because JSON does not tell it.
fn shows_type(primitive: Primitive, format: JsonFormat) -> bool {
    use Primitive as P;
    format.metadata == MetadataLevel::Full
        && !matches!(primitive, P::String | P::Boolean | P::Double)
}

/// The name without `Edm.`, as type annotations write it.
fn short_name(primitive: Primitive) -> &'static str {
    let name = primitive.name();
    name.strip_prefix("Edm.").unwrap_or(name)
}

/// The context URL
/// ([Protocol, 10](https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part1-protocol.html#sec_ContextURL)).
fn context(model: &Model, path: &DataPath, selection: &Selection) -> String {
    let mut context = format!("{}$metadata#", path.up());
    if path.property.is_some() {
        context.push_str(&path.canonical());
        return context;
    }
    match path.entity_set {
        Some(set) => context.push_str(set.name),
        None if path.multiplicity == Multiplicity::Many => {
            context.push_str("Collection(");
            context.push_str(&model.qualified(path.entity_type.name));
            context.push(')');
        }
        None => context.push_str(&model.qualified(path.entity_type.name)),
    }
    if let Some(list) = selection.list() {
        context.push('(');
        context.push_str(list);
        context.push(')');
    }
    if path.multiplicity == Multiplicity::One && path.entity_set.is_some() {
        context.push_str("/$entity");
    }
    context
}
