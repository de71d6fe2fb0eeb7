//! The entity data model, written down as constants.
//!
//! A service declares its model once, as a `static` [`Model`]; everything
//! else refers to parts of it. There are entity types and complex types with
//! primitive or complex properties, navigation properties, entity sets, functions and
//! actions with their imports, and annotations of all of them; types refer to
//! each other by their short names, and [`Model::dangling`] finds names and
//! paths that nothing answers to.
//!
//! [`Model::to_xml`], [`Model::to_json`] and [`Model::to_openapi`] describe it
//! to clients.

mod annotation;
mod container;
mod csdl_json;
mod csdl_xml;
mod dangling;
mod entity;
mod json;
mod openapi;
mod operation;
mod primitive;
mod targets;
mod vocabulary;

pub use annotation::{Annotation, Expr, Record};
pub use container::{ActionImport, EntitySet, FunctionImport};
pub use entity::{ComplexType, EntityType, Multiplicity, NavigationProperty, Property, Shown};
pub use openapi::OpenApi;
pub use operation::{Action, Function, Parameter, Returns, Type};
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
    /// The complex types.
    pub complex_types: &'static [ComplexType],
    /// The entity sets of the container.
    pub entity_sets: &'static [EntitySet],
    /// The functions.
    pub functions: &'static [Function],
    /// The function imports of the container.
    pub function_imports: &'static [FunctionImport],
    /// The actions.
    pub actions: &'static [Action],
    /// The action imports of the container.
    pub action_imports: &'static [ActionImport],
    /// What vocabularies say about the container.
    pub annotations: &'static [Annotation],
}

impl Model {
    /// An empty model whose container is called `EntityContainer`.
    pub const fn new(namespace: &'static str) -> Self {
        Self {
            namespace,
            container: "EntityContainer",
            entity_types: &[],
            complex_types: &[],
            entity_sets: &[],
            functions: &[],
            function_imports: &[],
            actions: &[],
            action_imports: &[],
            annotations: &[],
        }
    }

    /// Sets the entity types.
    #[must_use]
    pub const fn entity_types(mut self, entity_types: &'static [EntityType]) -> Self {
        self.entity_types = entity_types;
        self
    }

    /// Sets the complex types.
    #[must_use]
    pub const fn complex_types(mut self, complex_types: &'static [ComplexType]) -> Self {
        self.complex_types = complex_types;
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

    /// Sets the actions.
    #[must_use]
    pub const fn actions(mut self, actions: &'static [Action]) -> Self {
        self.actions = actions;
        self
    }

    /// Sets the action imports.
    #[must_use]
    pub const fn action_imports(mut self, imports: &'static [ActionImport]) -> Self {
        self.action_imports = imports;
        self
    }

    annotation::annotated!();

    /// The entity type with this short name.
    pub fn entity_type(&self, name: &str) -> Option<&'static EntityType> {
        self.entity_types.iter().find(|it| it.name == name)
    }

    /// The entity set with this name.
    pub fn entity_set(&self, name: &str) -> Option<&'static EntitySet> {
        self.entity_sets.iter().find(|it| it.name == name)
    }

    /// The complex type with this short name.
    pub fn complex_type(&self, name: &str) -> Option<&'static ComplexType> {
        self.complex_types.iter().find(|it| it.name == name)
    }

    /// The function with this short name; of overloads the unbound one, or
    /// else the first.
    pub fn function(&self, name: &str) -> Option<&'static Function> {
        let named = || self.functions.iter().filter(|it| it.name == name);
        named().find(|it| !it.bound).or_else(|| named().next())
    }

    /// The action with this short name; of overloads the unbound one, or else
    /// the first.
    pub fn action(&self, name: &str) -> Option<&'static Action> {
        let named = || self.actions.iter().filter(|it| it.name == name);
        named().find(|it| !it.bound).or_else(|| named().next())
    }

    /// The action import with this name.
    pub fn action_import(&self, name: &str) -> Option<&'static ActionImport> {
        self.action_imports.iter().find(|it| it.name == name)
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
