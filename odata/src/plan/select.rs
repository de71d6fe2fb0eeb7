//! `$select`: which properties bodies show, and how the context URL names
//! them.

use crate::Error;
use crate::bind::no_property;
use crate::edm::{EntityType, Model, Property};
use crate::query::Selected;

/// The properties that are shown.
#[derive(Debug, Clone)]
pub struct Selection {
    properties: Vec<&'static Property>,
    /// What goes into the parentheses of the context URL.
    list: Option<String>,
}

impl Selection {
    /// All properties of a type.
    pub fn all(entity_type: &'static EntityType) -> Self {
        Self {
            properties: entity_type.properties.iter().collect(),
            list: None,
        }
    }

    pub(super) fn new(
        items: Option<&[Selected]>,
        model: &'static Model,
        entity_type: &'static EntityType,
    ) -> Result<Self, Error> {
        let Some(items) = items else {
            return Ok(Self::all(entity_type));
        };
        let mut properties: Vec<&'static Property> = Vec::new();
        let mut names: Vec<&str> = Vec::new();
        for item in items {
            let (name, found) =
                resolve(item, model, entity_type).map_err(|error| error.at(item.span.start))?;
            if !names.contains(&name) {
                names.push(name);
            }
            properties.extend(found);
        }
        // Clients find an entity by its key, so it is always shown.
        properties.extend(entity_type.key_properties());
        let mut shown: Vec<&'static Property> = Vec::new();
        for property in properties {
            if !shown.iter().any(|it| it.name == property.name) {
                shown.push(property);
            }
        }
        Ok(Self {
            properties: shown,
            list: Some(names.join(",")),
        })
    }

    /// The properties, in the order bodies show them.
    pub fn properties(&self) -> impl Iterator<Item = &'static Property> {
        self.properties.iter().copied()
    }

    /// The select list of the context URL, if the client chose.
    pub(crate) fn list(&self) -> Option<&str> {
        self.list.as_deref()
    }
}

/// The name of an item without its type cast, and what it selects.
fn resolve<'a>(
    item: &'a Selected,
    model: &'static Model,
    entity_type: &'static EntityType,
) -> Result<(&'a str, Vec<&'static Property>), Error> {
    let owner = model.qualified(entity_type.name);
    let name = item
        .path
        .strip_prefix(owner.as_str())
        .and_then(|rest| rest.strip_prefix('/'))
        .unwrap_or(&item.path);
    if name == "*" {
        return Ok((name, entity_type.properties.iter().collect()));
    }
    let (first, inner) = match name.split_once('/') {
        Some((first, inner)) => (first, Some(inner)),
        None => (name, None),
    };
    match (entity_type.property(first), inner) {
        (Some(property), None) => Ok((property.name, vec![property])),
        (Some(property), Some(inner)) => Err(no_property(inner, property.name)),
        // All actions and functions of a namespace: there are none to show.
        (None, None) if model.namespace == first.trim_end_matches(".*") => Ok((name, Vec::new())),
        (None, inner) if entity_type.navigation_property(first).is_some() => match inner {
            None => Ok((name, Vec::new())),
            Some(_) => Err(Error::not_implemented(
                "Paths over navigation properties in $select are not supported",
            )),
        },
        (None, _) => Err(no_property(first, &owner)),
    }
}
