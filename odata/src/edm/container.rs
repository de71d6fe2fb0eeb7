//! What a service offers at its root, and the functions behind it.

use super::Multiplicity;

/// A named collection of entities.
#[derive(Debug)]
pub struct EntitySet {
    /// Name.
    pub name: &'static str,
    /// Short name of the entity type.
    pub entity_type: &'static str,
    /// Pairs of navigation property and the entity set it leads into.
    pub bindings: &'static [(&'static str, &'static str)],
}

impl EntitySet {
    /// A set without navigation bindings.
    pub const fn new(name: &'static str, entity_type: &'static str) -> Self {
        Self {
            name,
            entity_type,
            bindings: &[],
        }
    }

    /// Sets the navigation bindings.
    #[must_use]
    pub const fn bindings(mut self, bindings: &'static [(&'static str, &'static str)]) -> Self {
        self.bindings = bindings;
        self
    }

    /// The entity set a navigation property leads into.
    pub fn binding(&self, navigation: &str) -> Option<&'static str> {
        let (_, target) = self.bindings.iter().find(|(path, _)| *path == navigation)?;
        Some(target)
    }
}

/// What a function returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returns {
    /// One entity of the type with this short name.
    Entity(&'static str),
    /// A collection of them.
    Entities(&'static str),
}

impl Returns {
    /// Short name of the entity type.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Entity(name) | Self::Entities(name) => name,
        }
    }

    /// How many it returns.
    pub const fn multiplicity(self) -> Multiplicity {
        match self {
            Self::Entity(_) => Multiplicity::One,
            Self::Entities(_) => Multiplicity::Many,
        }
    }
}

/// An unbound function without parameters.
#[derive(Debug)]
pub struct Function {
    /// Short name.
    pub name: &'static str,
    /// What it returns.
    pub returns: Returns,
    /// Whether paths and query options may follow it.
    pub composable: bool,
}

impl Function {
    /// A function that is not composable.
    pub const fn new(name: &'static str, returns: Returns) -> Self {
        Self {
            name,
            returns,
            composable: false,
        }
    }

    /// Lets paths and query options follow it.
    #[must_use]
    pub const fn composable(mut self) -> Self {
        self.composable = true;
        self
    }
}

/// A function at the root of the service.
#[derive(Debug)]
pub struct FunctionImport {
    /// Name.
    pub name: &'static str,
    /// Short name of the function.
    pub function: &'static str,
    /// The entity set its results belong to.
    pub entity_set: &'static str,
}

impl FunctionImport {
    /// Imports `function` under `name`; results belong to `entity_set`.
    pub const fn new(name: &'static str, function: &'static str, entity_set: &'static str) -> Self {
        Self {
            name,
            function,
            entity_set,
        }
    }
}
