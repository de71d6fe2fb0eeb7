//! How the instances at one level of a body are written: all that does not
//! depend on a row is rendered once, a row then costs its values and little
//! more.

use super::json::{write_string, write_value};
use crate::bind::{Bound, Env, Fuel};
use crate::edm::{EntitySet, EntityType, Model, Multiplicity, Primitive};
use crate::negotiate::{JsonFormat, MetadataLevel};
use crate::path::Key;
use crate::plan::{Column, Expansion, Origin, Selection};
use crate::query::Show;
use crate::{Error, Related, Row, Value};

/// The members of the instances at one level.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    model: &'static Model,
    entity_type: &'static EntityType,
    entity_set: Option<&'static EntitySet>,
    format: JsonFormat,
    cells: Vec<Cell<'a>>,
    nested: Vec<Nested<'a>>,
}

/// A property.
#[derive(Debug)]
struct Cell<'a> {
    content: Content<'a>,
    /// `,"name":`, preceded by type information where that is due.
    head: Vec<u8>,
    /// Whether integers are written as strings.
    quoted: bool,
}

/// Where the value of a property comes from.
#[derive(Debug)]
enum Content<'a> {
    Property(&'a str),
    Computed(&'a Bound),
}

impl Content<'_> {
    /// The name of a property of rows; computed ones are everybody's.
    const fn own(&self) -> Option<&str> {
        match self {
            Self::Property(name) => Some(name),
            Self::Computed(_) => None,
        }
    }
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
                .map(|column| Cell::new(column, format))
                .collect(),
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
                Content::Computed(bound) => {
                    let env = Env::new(row, Some(around.it), around.fuel);
                    let value = bound.value(&env);
                    value.map_err(|failure| Error::from(failure).about("$compute"))?
                }
            };
            write_cell(out, &value, cell.quoted, self.format.ieee754_compatible);
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
    fn id<R: Row + ?Sized>(&self, row: &R) -> Option<String> {
        let key = Key::of(self.entity_type, row).to_url();
        Some(format!("{}{key}", self.entity_set?.name))
    }

    fn write_links<R: Row + ?Sized>(&self, out: &mut Vec<u8>, row: &R) {
        let Some(id) = self.id(row) else {
            return;
        };
        for name in ["@odata.id", "@odata.readLink"] {
            member(out, name, &id);
        }
        for navigation in self.entity_type.navigation {
            let name = navigation.name;
            member(
                out,
                &format!("{name}@odata.navigationLink"),
                &format!("{id}/{name}"),
            );
        }
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

impl<'a> Cell<'a> {
    fn new(column: &'a Column, format: JsonFormat) -> Self {
        let (content, dynamic) = match &column.origin {
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

fn member(out: &mut Vec<u8>, name: &str, text: &str) {
    out.push(b',');
    write_string(out, name);
    out.push(b':');
    write_string(out, text);
}

fn write_etag<R: Row + ?Sized>(out: &mut Vec<u8>, row: &R) {
    if let Some(etag) = row.etag() {
        member(out, "@odata.etag", &etag);
    }
}
