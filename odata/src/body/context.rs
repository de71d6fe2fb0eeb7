//! The context URL
//! ([Protocol, 10](https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part1-protocol.html#sec_ContextURL)).

use crate::edm::{EntitySet, EntityType, Model, Multiplicity, Returns, Type};
use crate::path::{DataPath, Invocation};
use crate::plan::Selection;

/// The context URL of what is at a path, relative to the request.
pub(super) fn context(model: &Model, path: &DataPath, selection: &Selection) -> String {
    if path.property.is_some() {
        return format!("{}$metadata#{}", path.up(), path.canonical());
    }
    let entities = Entities {
        set: path.entity_set,
        of: path.entity_type,
        multiplicity: path.multiplicity,
    };
    format!("{}{}", path.up(), entities.context(model, selection))
}

/// Entities of a type, of a set if that is known.
pub(super) struct Entities {
    pub(super) set: Option<&'static EntitySet>,
    pub(super) of: &'static EntityType,
    pub(super) multiplicity: Multiplicity,
}

impl Entities {
    /// Their context URL, relative to the service root.
    pub(super) fn context(&self, model: &Model, selection: &Selection) -> String {
        let mut context = String::from("$metadata#");
        if let Some(set) = self.set {
            context.push_str(set.name);
        } else {
            let of = Type::Named(self.of.name);
            context.push_str(&model.type_name(of, self.multiplicity));
        }
        if let Some(list) = selection.list() {
            context.push('(');
            context.push_str(list);
            context.push(')');
        }
        if self.multiplicity == Multiplicity::One && self.set.is_some() {
            context.push_str("/$entity");
        }
        context
    }
}

/// The context URL of a result that is no entity, relative to the request
/// ([Protocol, 10.16](https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part1-protocol.html#sec_OperationResult)).
pub(super) fn result(model: &Model, invocation: &Invocation, returns: Returns) -> String {
    let name = model.type_name(returns.of(), returns.multiplicity());
    format!("{}$metadata#{name}", invocation.up())
}
