//! How the instances at one level of a body are written: all that does not
//! depend on a row is rendered once, a row then costs its values and little
//! more.

use super::cell::{Cell, Content, member, write_cell};
use super::control::{Advertised, advertised};
use super::json::write_string;
use crate::bind::{Env, Fuel};
use crate::edm::{EntitySet, EntityType, Model, Multiplicity, Primitive, Property};
use crate::negotiate::{JsonFormat, MetadataLevel};
use crate::path::Key;
use crate::plan::{Column, Expansion, Selection};
use crate::query::Show;
use crate::{Error, Related, Row};

/// The members of the instances at one level.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    model: &'static Model,
    pub(super) entity_type: &'static EntityType,
    entity_set: Option<&'static EntitySet>,
    pub(super) format: JsonFormat,
    cells: Vec<Cell<'a>>,
    pub(super) streams: Vec<&'static Property>,
    pub(super) operations: Vec<Advertised>,
    nested: Vec<Nested<'a>>,
}

/// Related entities.
#[derive(Debug)]
struct Nested<'a> {
    expansion: &'a Expansion,
    layout: Layout<'a>,
}

/// What all rows of a body share.
#[derive(Clone, Copy)]
pub(super) struct Around<'e> {
    /// The instance of the resource itself, `$it`.
    pub(super) it: &'e dyn Row,
    pub(super) fuel: &'e Fuel,
    /// Most related entities that are written in one place.
    pub(super) page_size: usize,
}

impl<'a> Layout<'a> {
    pub(super) fn new(
        model: &'static Model,
        entity_type: &'static EntityType,
        entity_set: Option<&'static EntitySet>,
        selection: &'a Selection,
        format: JsonFormat,
    ) -> Self {
        let shown = |column: &&Column| column.primitive != Some(Primitive::Stream);
        let nested = |expansion: &'a Expansion| Nested {
            expansion,
            layout: Self::new(
                model,
                expansion.entity_type(),
                entity_set
                    .and_then(|set| model.entity_set(set.binding(expansion.navigation().name)?)),
                expansion.plan().selection(),
                format,
            ),
        };
        Self {
            model,
            entity_type,
            entity_set,
            format,
            cells: selection
                .columns()
                .iter()
                .filter(shown)
                .map(|column| Cell::new(column, model, format))
                .collect(),
            streams: selection.properties().filter(|it| it.is_stream()).collect(),
            operations: if format.metadata == MetadataLevel::Full && selection.advertises() {
                advertised(model, entity_type)
            } else {
                Vec::new()
            },
            nested: selection.expansions().iter().map(nested).collect(),
        }
    }

    /// About how many bytes a row takes.
    pub(super) fn width(&self) -> usize {
        16 + 32 * self.cells.len()
    }

    /// Writes the members of an object, without its braces.
    pub(super) fn write<R: Row + ?Sized>(
        &self,
        out: &mut Vec<u8>,
        row: &R,
        around: Around<'_>,
    ) -> Result<(), Error> {
        let start = out.len();
        match self.format.metadata {
            MetadataLevel::None => {}
            MetadataLevel::Minimal | MetadataLevel::Full if row.is_transient() => {
                // https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html#sec_ControlInformationidodataid
                out.extend_from_slice(b",\"@odata.id\":null");
            }
            MetadataLevel::Minimal => write_etag(out, row),
            MetadataLevel::Full => {
                out.extend_from_slice(b",\"@odata.type\":\"#");
                out.extend_from_slice(self.model.namespace.as_bytes());
                out.push(b'.');
                out.extend_from_slice(self.entity_type.name.as_bytes());
                out.push(b'"');
                write_etag(out, row);
                self.write_links(out, row);
            }
        }
        for cell in &self.cells {
            if cell.content.own().is_some_and(|name| !row.has(name)) {
                continue;
            }
            out.extend_from_slice(&cell.head);
            let value = match cell.content {
                Content::Property(name) => row.get(name),
                Content::Data(name, declared) => {
                    declared.write(out, &row.data(name));
                    continue;
                }
                Content::Computed(bound) => {
                    let env = Env::new(row, Some(around.it), around.fuel);
                    let value = bound.value(&env);
                    value.map_err(|failure| Error::from(failure).about("$compute"))?
                }
            };
            write_cell(out, &value, cell.quoted, self.format.ieee754_compatible);
        }
        if self.format.metadata != MetadataLevel::None && !row.is_transient() {
            self.write_streams(out, row);
        }
        for nested in &self.nested {
            self.write_nested(out, row, nested, around)?;
        }
        // Each member brings the comma before it; the first has none.
        if out.get(start) == Some(&b',') {
            out.remove(start);
        }
        Ok(())
    }

    /// Writes what a navigation property leads to.
    fn write_nested<R: Row + ?Sized>(
        &self,
        out: &mut Vec<u8>,
        row: &R,
        nested: &Nested<'_>,
        around: Around<'_>,
    ) -> Result<(), Error> {
        let navigation = nested.expansion.navigation();
        let head = |out: &mut Vec<u8>| {
            out.push(b',');
            write_string(out, navigation.name);
            out.push(b':');
        };
        match (row.related(navigation.name), navigation.multiplicity) {
            (Related::NotLoaded, _) => Err(Error::not_implemented(format!(
                "Expanding \"{}\" is not supported here",
                navigation.name
            ))
            .about("$expand")),
            (Related::Many(rows), Multiplicity::Many) => {
                self.write_many(out, row, rows, nested, around)
            }
            (Related::One(related), Multiplicity::One) => {
                head(out);
                out.push(b'{');
                nested.write_one(out, related, around)?;
                out.push(b'}');
                Ok(())
            }
            // A row that contradicts the model leads to nothing.
            (_, Multiplicity::One) => {
                head(out);
                out.extend_from_slice(b"null");
                Ok(())
            }
            (_, Multiplicity::Many) => {
                self.write_many(out, row, std::iter::empty(), nested, around)
            }
        }
    }

    fn write_many<'e, R: Row + ?Sized>(
        &self,
        out: &mut Vec<u8>,
        owner: &R,
        rows: impl Iterator<Item = &'e dyn Row>,
        nested: &Nested<'_>,
        around: Around<'e>,
    ) -> Result<(), Error> {
        let (expansion, plan) = (nested.expansion, nested.expansion.plan());
        let name = expansion.navigation().name;
        if expansion.show() == Show::Count {
            let count = plan.count_related(rows, around.it)?;
            self.write_count(out, name, count);
            return Ok(());
        }
        let page_size = match expansion.show() {
            Show::References => usize::MAX,
            Show::Entities | Show::Count => around.page_size,
        };
        let page = plan.page(rows, Some(around.it), page_size)?;
        if let Some(count) = page.count {
            self.write_count(out, name, count);
        }
        if let Some(token) = &page.next {
            let link = self.next_link(owner, expansion, token)?;
            member(out, &format!("{name}@odata.nextLink"), &link);
        }
        out.push(b',');
        write_string(out, name);
        out.extend_from_slice(b":[");
        for (index, row) in page.rows.into_iter().enumerate() {
            out.extend_from_slice(if index == 0 { b"{" } else { b",{" });
            nested.write_one(out, row, around)?;
            out.push(b'}');
        }
        out.push(b']');
        Ok(())
    }

    fn write_count(&self, out: &mut Vec<u8>, name: &str, count: u64) {
        out.push(b',');
        write_string(out, &format!("{name}@odata.count"));
        out.push(b':');
        super::write_count(out, count, self.format);
    }

    /// The link to the related entities that this page leaves out.
    fn next_link<R: Row + ?Sized>(
        &self,
        owner: &R,
        expansion: &Expansion,
        token: &str,
    ) -> Result<String, Error> {
        let id = self.id(owner);
        let (Some(id), Some(query)) = (id, expansion.link()) else {
            return Err(Error::not_implemented(format!(
                "\"{}\" is too much for one page, and these options cannot be continued on another",
                expansion.navigation().name
            ))
            .about("$expand"));
        };
        let name = expansion.navigation().name;
        let separator = if query.is_empty() { "" } else { "&" };
        Ok(format!("{id}/{name}?{query}{separator}$skiptoken={token}"))
    }

    /// The canonical URL of an entity, relative to the service root.
    pub(super) fn id<R: Row + ?Sized>(&self, row: &R) -> Option<String> {
        let key = Key::of(self.entity_type, row).to_url();
        Some(format!("{}{key}", self.entity_set?.name))
    }
}

impl Nested<'_> {
    /// Writes the members of a related entity, or of a reference to it.
    fn write_one(&self, out: &mut Vec<u8>, row: &dyn Row, around: Around<'_>) -> Result<(), Error> {
        if self.expansion.show() != Show::References {
            return self.layout.write(out, row, around);
        }
        let id = self.layout.id(row).ok_or_else(|| {
            Error::not_implemented(format!(
                "The entities that \"{}\" leads to have no references",
                self.expansion.navigation().name
            ))
        })?;
        write_string(out, "@odata.id");
        out.push(b':');
        write_string(out, &id);
        Ok(())
    }
}

fn write_etag<R: Row + ?Sized>(out: &mut Vec<u8>, row: &R) {
    if let Some(etag) = row.etag() {
        member(out, "@odata.etag", &etag);
    }
}
