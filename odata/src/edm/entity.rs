//! Entity types, their properties, and the ways between them.

use super::annotation::annotated;
use super::{Annotation, Expr, Primitive, Type};

/// A type of entities.
#[derive(Debug)]
pub struct EntityType {
    /// Short name.
    pub name: &'static str,
    /// Names of the key properties, in their order.
    pub key: &'static [&'static str],
    /// The properties, in the order bodies show them.
    pub properties: &'static [Property],
    /// The navigation properties.
    pub navigation: &'static [NavigationProperty],
    /// Names of the properties that `$search` looks at; `None` for all texts.
    pub search: Option<&'static [&'static str]>,
    /// What vocabularies say about it.
    pub annotations: &'static [Annotation],
}

impl EntityType {
    /// A type without navigation properties.
    pub const fn new(
        name: &'static str,
        key: &'static [&'static str],
        properties: &'static [Property],
    ) -> Self {
        Self {
            name,
            key,
            properties,
            navigation: &[],
            search: None,
            annotations: &[],
        }
    }

    /// Sets the navigation properties.
    #[must_use]
    pub const fn navigation(mut self, navigation: &'static [NavigationProperty]) -> Self {
        self.navigation = navigation;
        self
    }

    /// Sets the properties that `$search` looks at.
    #[must_use]
    pub const fn search(mut self, properties: &'static [&'static str]) -> Self {
        self.search = Some(properties);
        self
    }

    /// The names of the properties that `$search` looks at.
    pub fn searchable(&self) -> impl Iterator<Item = &'static str> {
        let texts = self
            .properties
            .iter()
            .filter(|it| self.search.is_none() && it.primitive() == Some(Primitive::String))
            .map(|it| it.name);
        self.search.unwrap_or_default().iter().copied().chain(texts)
    }

    annotated!();

    /// The property with this name.
    pub fn property(&self, name: &str) -> Option<&'static Property> {
        self.properties.iter().find(|it| it.name == name)
    }

    /// The navigation property with this name.
    pub fn navigation_property(&self, name: &str) -> Option<&'static NavigationProperty> {
        self.navigation.iter().find(|it| it.name == name)
    }

    /// The key properties, in key order.
    pub fn key_properties(&self) -> impl Iterator<Item = &'static Property> {
        self.key.iter().filter_map(|name| self.property(name))
    }
}

/// A type of values with properties that are no entities.
#[derive(Debug)]
pub struct ComplexType {
    /// Short name.
    pub name: &'static str,
    /// The properties, in the order bodies show them.
    pub properties: &'static [Property],
    /// What vocabularies say about it.
    pub annotations: &'static [Annotation],
}

impl ComplexType {
    /// A type without annotations.
    pub const fn new(name: &'static str, properties: &'static [Property]) -> Self {
        Self {
            name,
            properties,
            annotations: &[],
        }
    }

    annotated!();

    /// The property with this name.
    pub fn property(&self, name: &str) -> Option<&'static Property> {
        self.properties.iter().find(|it| it.name == name)
    }
}

/// A property that holds values, and its facets.
#[derive(Debug)]
pub struct Property {
    /// Name.
    pub name: &'static str,
    /// Type, or type of each item: primitive or complex.
    pub of: Type,
    /// Whether it is a collection.
    pub multiplicity: Multiplicity,
    /// Whether it, or an item of it, may be null.
    pub nullable: bool,
    /// Greatest length in characters or bytes.
    pub max_length: Option<u32>,
    /// Digits of a second's fraction, or of a decimal.
    pub precision: Option<u8>,
    /// Digits of a decimal that may stand right of the point.
    pub scale: Option<u8>,
    /// Whether text may hold more than ASCII.
    pub unicode: bool,
    /// When bodies show it.
    pub shown: Shown,
    /// Whether clients may replace the stream.
    pub editable: bool,
    /// What vocabularies say about it.
    pub annotations: &'static [Annotation],
}

impl Property {
    /// A nullable property of a primitive type, without facets.
    pub const fn new(name: &'static str, primitive: Primitive) -> Self {
        Self::typed(name, Type::Primitive(primitive))
    }

    /// A nullable property of the complex type with this short name.
    pub const fn complex(name: &'static str, complex_type: &'static str) -> Self {
        Self::typed(name, Type::Named(complex_type))
    }

    const fn typed(name: &'static str, of: Type) -> Self {
        Self {
            name,
            of,
            multiplicity: Multiplicity::One,
            nullable: true,
            max_length: None,
            precision: None,
            scale: None,
            unicode: true,
            shown: Shown::ByDefault,
            editable: false,
            annotations: &[],
        }
    }

    /// Makes it a collection.
    #[must_use]
    pub const fn many(mut self) -> Self {
        self.multiplicity = Multiplicity::Many;
        self
    }

    /// Makes it, or the items of a collection, non-nullable.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.nullable = false;
        self
    }

    /// Leaves it out of what is shown without `$select`
    /// ([Protocol, 11.2.5.1](https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part1-protocol.html#sec_SystemQueryOptionselect)).
    #[must_use]
    pub const fn on_demand(mut self) -> Self {
        self.shown = Shown::OnDemand;
        self
    }

    /// Lets clients replace the stream: bodies say where.
    #[must_use]
    pub const fn editable(mut self) -> Self {
        self.editable = true;
        self
    }

    /// Sets the greatest length.
    #[must_use]
    pub const fn max_length(mut self, length: u32) -> Self {
        self.max_length = Some(length);
        self
    }

    /// Sets the precision.
    #[must_use]
    pub const fn precision(mut self, digits: u8) -> Self {
        self.precision = Some(digits);
        self
    }

    /// Sets the scale.
    #[must_use]
    pub const fn scale(mut self, digits: u8) -> Self {
        self.scale = Some(digits);
        self
    }

    /// Says that text holds ASCII only.
    #[must_use]
    pub const fn ascii(mut self) -> Self {
        self.unicode = false;
        self
    }

    annotated!();

    /// The primitive type; `None` for complex values and collections.
    pub const fn primitive(&self) -> Option<Primitive> {
        match (self.of, self.multiplicity) {
            (Type::Primitive(primitive), Multiplicity::One) => Some(primitive),
            (Type::Primitive(_), Multiplicity::Many) | (Type::Named(_), _) => None,
        }
    }

    /// Whether its values are streams, which no body holds.
    pub const fn is_stream(&self) -> bool {
        matches!(self.of, Type::Primitive(Primitive::Stream))
    }

    /// Whether only `$select` shows it.
    pub const fn is_on_demand(&self) -> bool {
        matches!(self.shown, Shown::OnDemand)
    }

    /// Whether only the service sets it (`Core.Computed`).
    pub fn is_computed(&self) -> bool {
        self.is_tagged("Core.Computed")
    }

    /// Whether it keeps the value that it was created with
    /// (`Core.Immutable`).
    pub fn is_immutable(&self) -> bool {
        self.is_tagged("Core.Immutable")
    }

    /// Whether the service sets it where the client does not
    /// (`Core.ComputedDefaultValue`).
    pub fn has_computed_default(&self) -> bool {
        self.is_tagged("Core.ComputedDefaultValue")
    }

    fn is_tagged(&self, term: &str) -> bool {
        let mut said = self.annotations.iter();
        said.any(|it| it.term == term && it.qualifier.is_none() && it.value == Expr::Bool(true))
    }
}

/// When bodies show a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Unless `$select` leaves it out.
    ByDefault,
    /// If `$select` names it.
    OnDemand,
}

/// How many entities or values there are at one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Multiplicity {
    /// At most one.
    One,
    /// Any number.
    Many,
}

/// A way from one entity to others.
#[derive(Debug)]
pub struct NavigationProperty {
    /// Name.
    pub name: &'static str,
    /// Short name of the entity type it leads to.
    pub target: &'static str,
    /// How many it leads to.
    pub multiplicity: Multiplicity,
    /// The navigation property that leads back.
    pub partner: Option<&'static str>,
    /// Pairs of own property and property of the target that are equal.
    pub constraints: &'static [(&'static str, &'static str)],
    /// Whether it may lead to nothing.
    pub nullable: bool,
    /// Whether what it leads to is part of the entity and has no set of its own.
    pub contains_target: bool,
    /// What vocabularies say about it.
    pub annotations: &'static [Annotation],
}

impl NavigationProperty {
    /// Leads to at most one entity.
    pub const fn one(name: &'static str, target: &'static str) -> Self {
        Self {
            name,
            target,
            multiplicity: Multiplicity::One,
            partner: None,
            constraints: &[],
            nullable: true,
            contains_target: false,
            annotations: &[],
        }
    }

    /// Leads to a collection of entities.
    pub const fn many(name: &'static str, target: &'static str) -> Self {
        let mut it = Self::one(name, target);
        it.multiplicity = Multiplicity::Many;
        it
    }

    /// Names the way back.
    #[must_use]
    pub const fn partner(mut self, partner: &'static str) -> Self {
        self.partner = Some(partner);
        self
    }

    /// Names the properties that hold the target's key.
    #[must_use]
    pub const fn constraints(
        mut self,
        constraints: &'static [(&'static str, &'static str)],
    ) -> Self {
        self.constraints = constraints;
        self
    }

    /// Says that it always leads to an entity.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.nullable = false;
        self
    }

    /// Makes what it leads to part of the entity.
    #[must_use]
    pub const fn contained(mut self) -> Self {
        self.contains_target = true;
        self
    }

    annotated!();
}
