//! Rows that come out of `$apply`.

use std::borrow::Cow;
use std::fmt;

use crate::bind::POSITION;
use crate::edm::EntityType;
use crate::{Data, Media, Related, Row, Value};

/// A row of the outcome of `$apply`: an entity with properties added to it,
/// or what many entities were aggregated to.
#[derive(Clone)]
pub struct Derived<'r> {
    /// The entity, unless it is aggregated away.
    base: Option<(&'r dyn Row, &'static EntityType)>,
    values: Vec<(String, Value<'static>)>,
    position: usize,
}

impl<'r> Derived<'r> {
    pub(super) const fn entity(row: &'r dyn Row, entity_type: &'static EntityType) -> Self {
        Self {
            base: Some((row, entity_type)),
            values: Vec::new(),
            position: 0,
        }
    }

    pub(super) const fn aggregated(values: Vec<(String, Value<'static>)>) -> Self {
        Self {
            base: None,
            values,
            position: 0,
        }
    }

    pub(super) fn add(&mut self, name: &str, value: Value<'static>) {
        self.values.push((name.to_owned(), value));
    }

    /// Sets what the row is grouped by; entities have it anyway.
    pub(super) fn set_group(&mut self, group: &[(String, Value<'static>)]) {
        let missing = group.iter().filter(|(name, _)| !self.has(name)).cloned();
        let missing: Vec<_> = missing.collect();
        self.values.splice(0..0, missing);
    }

    pub(super) const fn set_position(&mut self, position: usize) {
        self.position = position;
    }
}

impl Row for Derived<'_> {
    fn get(&self, property: &str) -> Value<'_> {
        if property == POSITION {
            return Value::Integer(i64::try_from(self.position).unwrap_or(i64::MAX));
        }
        match self.values.iter().find(|(name, _)| name == property) {
            Some((_, value)) => value.reborrow(),
            None => self.base.map_or(Value::Null, |(row, _)| row.get(property)),
        }
    }

    fn data(&self, property: &str) -> Data<'_> {
        match self.base {
            Some((row, _)) if !self.values.iter().any(|(name, _)| name == property) => {
                row.data(property)
            }
            _ => Data::Value(self.get(property)),
        }
    }

    fn media(&self, stream: &str) -> Media<'_> {
        self.base
            .map_or_else(Media::default, |(row, _)| row.media(stream))
    }

    fn etag(&self) -> Option<Cow<'_, str>> {
        self.base.and_then(|(row, _)| row.etag())
    }

    fn related(&self, navigation: &str) -> Related<'_> {
        self.base
            .map_or(Related::NotLoaded, |(row, _)| row.related(navigation))
    }

    fn has(&self, property: &str) -> bool {
        self.values.iter().any(|(name, _)| name == property)
            || self
                .base
                .is_some_and(|(_, entity_type)| entity_type.property(property).is_some())
    }

    fn is_transient(&self) -> bool {
        self.base.is_none()
    }
}

impl fmt::Debug for Derived<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Derived")
            .field("values", &self.values)
            .finish_non_exhaustive()
    }
}
