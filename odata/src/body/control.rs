//! Control information about an entity
//! ([JSON Format, 4.6](https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html#sec_ControlInformation)):
//! links, streams, and the operations that are bound to it.

use super::cell::member;
use super::json::write_string;
use super::layout::Layout;
use crate::Row;
use crate::edm::{Annotation, EntityType, Expr, Model, Multiplicity, Parameter, Type};
use crate::negotiate::MetadataLevel;

/// An operation that is bound to the entities
/// ([JSON Format, 16 and 17](https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html#sec_BoundFunction)).
#[derive(Debug)]
pub(super) struct Advertised {
    /// `#Model.name`, of functions with their parameters.
    name: String,
    title: String,
    /// What follows the URL of the entity.
    target: String,
}

/// The operations that are bound to entities of a type.
pub(super) fn advertised(model: &Model, entity_type: &EntityType) -> Vec<Advertised> {
    let bound = |parameters: &[Parameter]| {
        parameters.first().is_some_and(|it| {
            it.of == Type::Named(entity_type.name) && it.multiplicity == Multiplicity::One
        })
    };
    let actions = model.actions.iter();
    let actions = actions.filter(|it| it.bound && bound(it.parameters));
    let actions = actions.map(|it| {
        let name = model.qualified(it.name);
        Advertised {
            title: title(it.name, it.annotations),
            target: format!("/{name}"),
            name: format!("#{name}"),
        }
    });
    let functions = model.functions.iter();
    let functions = functions.filter(|it| it.bound && bound(it.parameters));
    let functions = functions.map(|it| {
        let name = model.qualified(it.name);
        let own: Vec<_> = it.parameters.iter().skip(1).map(|it| it.name).collect();
        let aliases: Vec<_> = own.iter().map(|it| format!("{it}=@{it}")).collect();
        Advertised {
            title: title(it.name, it.annotations),
            target: format!("/{name}({})", aliases.join(",")),
            name: match own.as_slice() {
                [] => format!("#{name}"),
                own => format!("#{name}({})", own.join(",")),
            },
        }
    });
    actions.chain(functions).collect()
}

/// The label, or else the name.
fn title(name: &str, annotations: &[Annotation]) -> String {
    let label = annotations.iter().find(|it| it.term == "Common.Label");
    let label = label.and_then(|it| {
        if let Expr::String(text) = it.value {
            Some(text)
        } else {
            None
        }
    });
    label.unwrap_or(name).to_owned()
}

impl Layout<'_> {
    /// Writes where the entity, what is related to it and the operations on
    /// it are found.
    pub(super) fn write_links<R: Row + ?Sized>(&self, out: &mut Vec<u8>, row: &R) {
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
        for it in &self.operations {
            out.push(b',');
            write_string(out, &it.name);
            out.extend_from_slice(b":{\"title\":");
            write_string(out, &it.title);
            member(out, "target", &format!("{id}{}", it.target));
            out.push(b'}');
        }
    }

    /// Writes what is to be said of stream properties, whose values no body
    /// holds.
    pub(super) fn write_streams<R: Row + ?Sized>(&self, out: &mut Vec<u8>, row: &R) {
        let full = self.format.metadata == MetadataLevel::Full;
        for stream in &self.streams {
            let name = stream.name;
            if let Some(id) = self.id(row).filter(|_| full) {
                let link = format!("{id}/{name}");
                member(out, &format!("{name}@odata.mediaReadLink"), &link);
                if stream.editable {
                    member(out, &format!("{name}@odata.mediaEditLink"), &link);
                }
            }
            let media = row.media(name);
            if let Some(content_type) = media.content_type {
                member(
                    out,
                    &format!("{name}@odata.mediaContentType"),
                    &content_type,
                );
            }
            if let Some(etag) = media.etag {
                member(out, &format!("{name}@odata.mediaEtag"), &etag);
            }
        }
    }
}
