//! What a service offers at its root.

use super::Annotation;
use super::annotation::annotated;

/// A named collection of entities.
#[derive(Debug)]
pub struct EntitySet {
    /// Name.
    pub name: &'static str,
    /// Short name of the entity type.
    pub entity_type: &'static str,
    /// Pairs of navigation property and the entity set it leads into.
    pub bindings: &'static [(&'static str, &'static str)],
    /// What vocabularies say about it.
    pub annotations: &'static [Annotation],
}

impl EntitySet {
    /// A set without navigation bindings.
    pub const fn new(name: &'static str, entity_type: &'static str) -> Self {
        Self {
            name,
            entity_type,
            bindings: &[],
            annotations: &[],
        }
    }

    /// Sets the navigation bindings.
    #[must_use]
    pub const fn bindings(mut self, bindings: &'static [(&'static str, &'static str)]) -> Self {
        self.bindings = bindings;
        self
    }

    annotated!();

    /// The entity set a navigation property leads into.
    pub fn binding(&self, navigation: &str) -> Option<&'static str> {
        let (_, target) = self.bindings.iter().find(|(path, _)| *path == navigation)?;
        Some(target)
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
    /// What vocabularies say about it.
    pub annotations: &'static [Annotation],
}

impl FunctionImport {
    /// Imports `function` under `name`; results belong to `entity_set`.
    pub const fn new(name: &'static str, function: &'static str, entity_set: &'static str) -> Self {
        Self {
            name,
            function,
            entity_set,
            annotations: &[],
        }
    }

    annotated!();
}

/// An action at the root of the service.
#[derive(Debug)]
pub struct ActionImport {
    /// Name.
    pub name: &'static str,
    /// Short name of the action.
    pub action: &'static str,
    /// The entity set its results belong to, if they are entities.
    pub entity_set: Option<&'static str>,
    /// What vocabularies say about it.
    pub annotations: &'static [Annotation],
}

impl ActionImport {
    /// Imports `action` under `name`.
    pub const fn new(name: &'static str, action: &'static str) -> Self {
        Self {
            name,
            action,
            entity_set: None,
            annotations: &[],
        }
    }

    /// Names the entity set its results belong to.
    #[must_use]
    pub const fn entity_set(mut self, entity_set: &'static str) -> Self {
        self.entity_set = Some(entity_set);
        self
    }

    annotated!();
}
