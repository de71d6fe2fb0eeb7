//! The context URL
//! ([Protocol, 10](https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part1-protocol.html#sec_ContextURL)).

use crate::edm::{Model, Multiplicity};
use crate::path::DataPath;
use crate::plan::Selection;

/// The context URL of what is at a path, relative to the request.
pub(super) fn context(model: &Model, path: &DataPath, selection: &Selection) -> String {
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
