//! The entity data model, written down as constants.
//!
//! A service declares its model once, as a `static` [`Model`]; everything
//! else refers to parts of it. There are entity types with primitive
//! properties, navigation properties, entity sets, functions and function
//! imports; types refer to each other by their short names, and
//! [`Model::dangling`] finds names that nothing answers to.

mod container;
mod csdl_json;
mod csdl_xml;
mod entity;
mod primitive;

pub use container::{EntitySet, Function, FunctionImport, Returns};
pub use entity::{EntityType, Multiplicity, NavigationProperty, Property};
pub use primitive::Primitive;

/// A service's schema and entity container.
#[derive(Debug)]
pub struct Model {
    /// Namespace of every type and function.
    pub namespace: &'static str,
    /// Name of the entity container.
    pub container: &'static str,
    /// The entity types.
    pub entity_types: &'static [EntityType],
    /// The entity sets of the container.
    pub entity_sets: &'static [EntitySet],
    /// The unbound functions.
    pub functions: &'static [Function],
    /// The function imports of the container.
    pub function_imports: &'static [FunctionImport],
}

impl Model {
    /// An empty model whose container is called `EntityContainer`.
    pub const fn new(namespace: &'static str) -> Self {
        Self {
            namespace,
            container: "EntityContainer",
            entity_types: &[],
            entity_sets: &[],
            functions: &[],
            function_imports: &[],
        }
    }

    /// Sets the entity types.
    #[must_use]
    pub const fn entity_types(mut self, entity_types: &'static [EntityType]) -> Self {
        self.entity_types = entity_types;
        self
    }

    /// Sets the entity sets.
    #[must_use]
    pub const fn entity_sets(mut self, entity_sets: &'static [EntitySet]) -> Self {
        self.entity_sets = entity_sets;
        self
    }

    /// Sets the functions.
    #[must_use]
    pub const fn functions(mut self, functions: &'static [Function]) -> Self {
        self.functions = functions;
        self
    }

    /// Sets the function imports.
    #[must_use]
    pub const fn function_imports(mut self, imports: &'static [FunctionImport]) -> Self {
        self.function_imports = imports;
        self
    }

    /// The entity type with this short name.
    pub fn entity_type(&self, name: &str) -> Option<&'static EntityType> {
        self.entity_types.iter().find(|it| it.name == name)
    }

    /// The entity set with this name.
    pub fn entity_set(&self, name: &str) -> Option<&'static EntitySet> {
        self.entity_sets.iter().find(|it| it.name == name)
    }

    /// The function with this short name.
    pub fn function(&self, name: &str) -> Option<&'static Function> {
        self.functions.iter().find(|it| it.name == name)
    }

    /// The function import with this name.
    pub fn function_import(&self, name: &str) -> Option<&'static FunctionImport> {
        self.function_imports.iter().find(|it| it.name == name)
    }

    /// `namespace.name`, as messages and bodies write type names.
    pub fn qualified(&self, name: &str) -> String {
        format!("{}.{name}", self.namespace)
    }

    /// The short name, if `name` is qualified with the model's namespace.
    pub fn unqualified<'a>(&self, name: &'a str) -> Option<&'a str> {
        name.strip_prefix(self.namespace)?.strip_prefix('.')
    }

    /// Names that the model uses and does not define; a model's own test
    /// asserts that there are none.
    pub fn dangling(&self) -> Vec<String> {
        let mut missing = Vec::new();
        let mut need = |found: bool, what: String| {
            if !found {
                missing.push(what);
            }
        };
        let a_type = |name: &str| self.entity_type(name).is_some();
        let a_set = |name: &str| self.entity_set(name).is_some();
        for it in self.entity_types {
            for key in it.key {
                need(
                    it.property(key).is_some(),
                    format!("{}: key {key}", it.name),
                );
            }
            for to in it.navigation {
                need(
                    a_type(to.target),
                    format!("{}/{}: type {}", it.name, to.name, to.target),
                );
            }
        }
        for it in self.entity_sets {
            need(
                a_type(it.entity_type),
                format!("{}: type {}", it.name, it.entity_type),
            );
            for (path, target) in it.bindings {
                need(a_set(target), format!("{}/{path}: set {target}", it.name));
            }
        }
        for it in self.functions {
            need(
                a_type(it.returns.name()),
                format!("{}: type {}", it.name, it.returns.name()),
            );
        }
        for it in self.function_imports {
            need(
                self.function(it.function).is_some(),
                format!("{}: function {}", it.name, it.function),
            );
            need(
                a_set(it.entity_set),
                format!("{}: set {}", it.name, it.entity_set),
            );
        }
        missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::CATALOG;

    #[test]
    fn names_without_a_definition_are_found() {
        static BROKEN: Model = Model::new("N")
            .entity_types(&[EntityType::new("A", &["id"], &[])
                .navigation(&[NavigationProperty::one("to", "B")])])
            .entity_sets(&[EntitySet::new("As", "C").bindings(&[("to", "Bs")])])
            .functions(&[Function::new("f", Returns::Entity("D"))])
            .function_imports(&[FunctionImport::new("f", "g", "Ds")]);
        assert_eq!(
            BROKEN.dangling(),
            [
                "A: key id",
                "A/to: type B",
                "As: type C",
                "As/to: set Bs",
                "f: type D",
                "f: function g",
                "f: set Ds",
            ]
        );
        assert!(CATALOG.dangling().is_empty());
    }
}
