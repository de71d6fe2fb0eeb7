//! Which properties instances have at one place of a request.

use std::borrow::Cow;

use crate::edm::{EntityType, NavigationProperty, Primitive, Property};

/// Where a row stands in the outcome of `$apply`; no property can have this
/// name.
pub(crate) const POSITION: &str = "#";

/// The names that paths may start with.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    entity_type: &'static EntityType,
    /// Whether instances are entities, with all that the model declares.
    whole: bool,
    /// Whether they come out of `$apply`.
    derived: bool,
    /// Declared properties, unless it is whole.
    kept: Vec<&'static Property>,
    /// Properties that `$apply` has defined.
    added: Vec<Added>,
    /// The properties that all instances have, where some lack others.
    common: Option<Vec<String>>,
}

/// A property that the model does not declare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Added {
    pub(crate) name: String,
    /// The type; `None` where it always is null.
    pub(crate) primitive: Option<Primitive>,
}

/// What a name stands for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Member<'a> {
    Property(&'static Property),
    Navigation(&'static NavigationProperty),
    Added(&'a Added),
}

impl Shape {
    /// All that the model declares for a type.
    pub(crate) const fn of(entity_type: &'static EntityType) -> Self {
        Self {
            entity_type,
            whole: true,
            derived: false,
            kept: Vec::new(),
            added: Vec::new(),
            common: None,
        }
    }

    /// The same for rows that come out of `$apply`.
    pub(crate) const fn derived(entity_type: &'static EntityType) -> Self {
        let mut shape = Self::of(entity_type);
        shape.derived = true;
        shape
    }

    /// Instances that are no entities any more.
    pub(crate) const fn aggregated(
        entity_type: &'static EntityType,
        kept: Vec<&'static Property>,
        added: Vec<Added>,
    ) -> Self {
        Self {
            entity_type,
            whole: false,
            derived: true,
            kept,
            added,
            common: None,
        }
    }

    pub(crate) const fn entity_type(&self) -> &'static EntityType {
        self.entity_type
    }

    pub(crate) const fn is_whole(&self) -> bool {
        self.whole
    }

    /// The declared properties that instances have.
    pub(crate) fn properties(&self) -> impl Iterator<Item = &'static Property> {
        let all: &'static [Property] = if self.whole {
            self.entity_type.properties
        } else {
            &[]
        };
        all.iter().chain(self.kept.iter().copied())
    }

    /// The other ones.
    pub(crate) fn added(&self) -> &[Added] {
        &self.added
    }

    /// Adds a property.
    pub(crate) fn add(&mut self, added: Added) {
        if let Some(common) = &mut self.common {
            common.push(added.name.clone());
        }
        self.added.push(added);
    }

    /// Adds a declared property.
    pub(crate) fn keep(&mut self, property: &'static Property) {
        self.kept.push(property);
    }

    /// Notes that instances have no more in common than these two.
    pub(crate) fn limit_to(&mut self, groups: &Self, inner: &Self) {
        if inner.common.is_some() {
            let mut common = groups.names();
            common.extend(inner.common_names());
            self.common = Some(common);
        }
    }

    /// The names of the properties that tell instances apart.
    pub(crate) const fn key(&self) -> &'static [&'static str] {
        if self.derived {
            &[POSITION]
        } else {
            self.entity_type.key
        }
    }

    /// Their types.
    pub(crate) fn key_types(&self) -> Vec<Primitive> {
        if self.derived {
            return vec![Primitive::Int64];
        }
        let properties = self.entity_type.key_properties();
        properties.filter_map(Property::primitive).collect()
    }

    /// The names of the properties that `$search` looks at.
    pub(super) fn searchable(&self) -> Vec<Cow<'static, str>> {
        let text = |it: &&Added| it.primitive == Some(Primitive::String);
        let added = self.added.iter().filter(text);
        let declared = self.entity_type.searchable();
        declared
            .filter(|name| self.properties().any(|it| it.name == *name))
            .map(Cow::Borrowed)
            .chain(added.map(|it| Cow::Owned(it.name.clone())))
            .collect()
    }

    pub(crate) fn member(&self, name: &str) -> Option<Member<'_>> {
        if let Some(added) = self.added.iter().find(|it| it.name == name) {
            return Some(Member::Added(added));
        }
        if self.whole {
            return declared(self.entity_type, name);
        }
        let kept = self.kept.iter().find(|it| it.name == name);
        kept.map(|property| Member::Property(property))
    }

    /// What the context URL has to list: the properties that all instances
    /// have; `None` if that is all that the model declares.
    pub(crate) fn listed(&self) -> Option<Vec<String>> {
        if let Some(common) = &self.common {
            if common.is_empty() {
                // https://docs.oasis-open.org/odata/odata-data-aggregation-ext/v4.0: Type, Structure and Context URL
                return Some(vec!["@Core.AnyStructure".to_owned()]);
            }
            return Some(common.clone());
        }
        (!self.whole).then(|| self.names())
    }

    fn names(&self) -> Vec<String> {
        let declared = self.properties().map(|it| it.name.to_owned());
        let added = self.added.iter().map(|it| it.name.clone());
        declared.chain(added).collect()
    }

    /// Instances of one or the other shape; `None` if a name has two types.
    pub(crate) fn or(mut self, other: Self) -> Option<Self> {
        let (mine, theirs) = (self.common_names(), other.common_names());
        let common = mine.into_iter().filter(|name| theirs.contains(name));
        let common: Vec<_> = common.collect();
        let same = self.whole == other.whole
            && common.len() == self.names().len()
            && common.len() == other.names().len();
        for added in other.added {
            match self.added.iter().find(|it| it.name == added.name) {
                Some(known) if *known != added => return None,
                Some(_) => {}
                None => self.added.push(added),
            }
        }
        if other.whole {
            self.whole = true;
            self.kept.clear();
        } else if !self.whole {
            for property in other.kept {
                if !self.kept.iter().any(|it| it.name == property.name) {
                    self.kept.push(property);
                }
            }
        }
        self.common = (!same).then_some(common);
        Some(self)
    }

    fn common_names(&self) -> Vec<String> {
        self.common.clone().unwrap_or_else(|| self.names())
    }
}

/// What the model declares under this name.
pub(super) fn declared(entity_type: &'static EntityType, name: &str) -> Option<Member<'static>> {
    let property = entity_type.property(name).map(Member::Property);
    property.or_else(|| {
        entity_type
            .navigation_property(name)
            .map(Member::Navigation)
    })
}
