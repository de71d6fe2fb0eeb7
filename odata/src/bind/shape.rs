//! Which properties instances have at one place of a request.

use std::borrow::Cow;

use crate::edm::{EntityType, NavigationProperty, Primitive, Property};

/// The names that paths may start with.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    entity_type: &'static EntityType,
}

/// What a name stands for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Member {
    Property(&'static Property),
    Navigation(&'static NavigationProperty),
}

impl Shape {
    /// All that the model declares for a type.
    pub(crate) const fn of(entity_type: &'static EntityType) -> Self {
        Self { entity_type }
    }

    pub(crate) const fn entity_type(&self) -> &'static EntityType {
        self.entity_type
    }

    /// The declared properties that instances have.
    pub(crate) fn properties(&self) -> impl Iterator<Item = &'static Property> {
        self.entity_type.properties.iter()
    }

    /// The names of the properties that tell instances apart.
    pub(crate) const fn key(&self) -> &'static [&'static str] {
        self.entity_type.key
    }

    /// Their types.
    pub(crate) fn key_types(&self) -> impl Iterator<Item = Primitive> {
        self.entity_type.key_properties().map(|it| it.primitive)
    }

    /// The names of the properties that `$search` looks at.
    pub(super) fn searchable(&self) -> Vec<Cow<'static, str>> {
        self.entity_type.searchable().map(Cow::Borrowed).collect()
    }

    pub(super) fn member(&self, name: &str) -> Option<Member> {
        declared(self.entity_type, name)
    }
}

/// What the model declares under this name.
pub(super) fn declared(entity_type: &'static EntityType, name: &str) -> Option<Member> {
    let property = entity_type.property(name).map(Member::Property);
    property.or_else(|| {
        entity_type
            .navigation_property(name)
            .map(Member::Navigation)
    })
}
