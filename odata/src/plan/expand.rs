//! `$expand`: the related entities that bodies show, each with a plan of its
//! own.

use super::{Plan, Planner};
use crate::bind::{Aliases, It, Shape};
use crate::edm::{EntityType, Multiplicity, NavigationProperty, Property};
use crate::query::{Expand, Levels, Query, Selected, Show};
use crate::{Error, Version};

/// Deepest repetition by `$levels`.
const MAX_LEVELS: u64 = 8;

/// A navigation property whose entities bodies show.
#[derive(Debug, Clone)]
pub struct Expansion {
    navigation: &'static NavigationProperty,
    entity_type: &'static EntityType,
    show: Show,
    plan: Plan,
    /// What the client says in the parentheses, if it chooses properties.
    chooses: bool,
    /// Whether the entities are expanded by the same property in turn.
    recursive: bool,
    /// Whether it is the next level of another one.
    repeats: bool,
    /// The query that leads to the next page, without `$skip` and `$top`;
    /// `None` if no URL can say the same.
    link: Option<String>,
}

impl Expansion {
    /// The navigation property.
    pub const fn navigation(&self) -> &'static NavigationProperty {
        self.navigation
    }

    /// The type of the related entities.
    pub const fn entity_type(&self) -> &'static EntityType {
        self.entity_type
    }

    /// What of them is shown.
    pub const fn show(&self) -> Show {
        self.show
    }

    /// What the options in parentheses ask for.
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    pub(crate) fn link(&self) -> Option<&str> {
        self.link.as_deref()
    }

    /// How the context URL lists it
    /// ([Protocol, 10.9](https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part1-protocol.html#sec_CollectionofExpandedEntities)).
    pub(super) fn in_context(&self, version: Version) -> Option<String> {
        let silent = version == Version::V40 && !self.chooses;
        if self.show != Show::Entities || self.repeats || silent {
            return None;
        }
        let plus = if self.recursive { "+" } else { "" };
        let list = self.plan.selection.list().unwrap_or_default();
        Some(format!("{}{plus}({list})", self.navigation.name))
    }
}

/// An item of `$expand` on its way to an [`Expansion`].
struct Item<'a> {
    navigation: &'static NavigationProperty,
    show: Show,
    options: &'a Query,
    levels: u64,
    repeats: bool,
}

/// Where the expanded instances are.
#[derive(Clone, Copy)]
pub(super) struct Outer<'a> {
    pub(super) entity_type: &'static EntityType,
    pub(super) it: It,
    pub(super) aliases: Aliases<'a>,
}

impl Planner {
    pub(super) fn expansions(
        &mut self,
        items: &[Expand],
        mut nested: Vec<(&'static str, Selected)>,
        from: Outer<'_>,
    ) -> Result<Vec<Expansion>, Error> {
        let mut expansions: Vec<Expansion> = Vec::new();
        // Properties that are named take precedence over the star.
        let (stars, named): (Vec<_>, Vec<_>) =
            items.iter().partition(|item| item.path.ends_with('*'));
        for item in named.into_iter().chain(stars) {
            let at = |error: Error| error.at(item.span.start);
            let star = item.path.ends_with('*');
            for navigation in self.navigations(item, from.entity_type).map_err(at)? {
                let known = |it: &Expansion| it.navigation.name == navigation.name;
                if expansions.iter().any(known) {
                    if star {
                        continue;
                    }
                    return Err(at(Error::bad_request(format!(
                        "\"{}\" is expanded more than once",
                        navigation.name
                    ))));
                }
                let mine = nested.extract_if(.., |(name, _)| *name == navigation.name);
                let selected: Vec<_> = mine.map(|(_, selected)| selected).collect();
                let mut options = item.options.clone();
                if !selected.is_empty() {
                    options.select.get_or_insert_default().extend(selected);
                }
                let item = Item {
                    navigation,
                    show: item.show,
                    levels: levels(&options, navigation, from.entity_type, star).map_err(at)?,
                    options: &options,
                    repeats: false,
                };
                expansions.push(self.expansion(&item, from).map_err(at)?);
            }
        }
        if let Some((name, selected)) = nested.first() {
            return Err(Error::bad_request(format!(
                "\"{name}\" has to be expanded for \"{}\" to be selected of it",
                selected.path
            ))
            .at(selected.span.start));
        }
        Ok(expansions)
    }

    /// The navigation properties that an item means.
    fn navigations(
        &self,
        item: &Expand,
        entity_type: &'static EntityType,
    ) -> Result<Vec<&'static NavigationProperty>, Error> {
        let owner = self.model.qualified(entity_type.name);
        let path = item.path.as_str();
        let path = path
            .strip_prefix(owner.as_str())
            .map_or(path, |rest| rest.strip_prefix('/').unwrap_or(path));
        if path == "*" {
            return Ok(entity_type.navigation.iter().collect());
        }
        let (name, cast) = path
            .split_once('/')
            .map_or((path, None), |(a, b)| (a, Some(b)));
        let Some(navigation) = entity_type.navigation_property(name) else {
            return Err(not_expandable(path, name, entity_type, &owner));
        };
        match cast {
            Some(cast) if self.model.unqualified(cast) != Some(navigation.target) => Err(
                Error::not_implemented(format!("Expanding \"{path}\" is not supported")),
            ),
            Some(_) | None => Ok(vec![navigation]),
        }
    }

    fn expansion(&mut self, item: &Item<'_>, from: Outer<'_>) -> Result<Expansion, Error> {
        self.budget.spend(0)?;
        let (navigation, options) = (item.navigation, item.options);
        let target = self.model.entity_type(navigation.target).ok_or_else(|| {
            // A model that is not closed; its own test would have said so.
            Error::not_implemented(format!("The type of \"{}\" is not known", navigation.name))
        })?;
        check_options(navigation, options)?;
        if options.apply.is_some() {
            return Err(Error::not_implemented(
                "$apply inside $expand is not supported",
            ));
        }
        let it = match from.it {
            It::This => It::Other(from.entity_type),
            known @ (It::Other(_) | It::Lost) => known,
        };
        let aliases = from.aliases.with(&options.aliases);
        let mut plan = self.plan(options, &Shape::of(target), it, aliases)?;
        let recursive = item.levels > 1;
        if recursive {
            let next = Item {
                levels: item.levels - 1,
                repeats: true,
                ..*item
            };
            let inner = Outer {
                entity_type: target,
                it,
                aliases,
            };
            let next = self.expansion(&next, inner)?;
            plan.selection.push(next);
        }
        Ok(Expansion {
            navigation,
            entity_type: target,
            show: item.show,
            link: link(item, &plan, from.aliases),
            chooses: options.select.is_some() || !options.expand.is_empty(),
            plan,
            recursive,
            repeats: item.repeats,
        })
    }
}

/// How many levels are to be expanded; more than one only where the property
/// leads to entities that have it too.
fn levels(
    options: &Query,
    navigation: &NavigationProperty,
    entity_type: &EntityType,
    star: bool,
) -> Result<u64, Error> {
    let cyclic = navigation.target == entity_type.name;
    match options.levels {
        None | Some(Levels::Number(0..=1)) => Ok(1),
        Some(Levels::Number(_) | Levels::Max) if !cyclic && !star => Ok(1),
        Some(Levels::Number(number)) if number <= MAX_LEVELS && !star => Ok(number),
        Some(levels) => Err(Error::not_implemented(format!(
            "$levels={levels} is not supported"
        ))),
    }
}

/// The query of the next page, as it is asked of the navigation property
/// itself.
fn link(item: &Item<'_>, plan: &Plan, aliases: Aliases<'_>) -> Option<String> {
    if plan.needs.it || item.show != Show::Entities {
        return None;
    }
    let mut query = Query {
        skip: None,
        top: None,
        levels: None,
        ..item.options.clone()
    };
    if item.levels > 1 {
        let span = 0..0;
        query.expand.push(Expand {
            path: item.navigation.name.to_owned(),
            show: Show::Entities,
            options: Query {
                levels: Some(Levels::Number(item.levels - 1)),
                ..item.options.clone()
            },
            span,
        });
    }
    for (name, value) in aliases.all() {
        if !query.aliases.iter().any(|(known, _)| known == name) {
            query.aliases.push((name.clone(), value.clone()));
        }
    }
    Some(query.to_string())
}

/// One entity is not filtered, ordered or counted.
fn check_options(navigation: &NavigationProperty, options: &Query) -> Result<(), Error> {
    if navigation.multiplicity == Multiplicity::Many {
        return Ok(());
    }
    let misplaced = [
        ("$filter", options.filter.is_some()),
        ("$search", options.search.is_some()),
        ("$orderby", !options.orderby.is_empty()),
        ("$skip", options.skip.is_some()),
        ("$top", options.top.is_some()),
        ("$count", options.count),
    ];
    match misplaced.iter().find(|(_, misplaced)| *misplaced) {
        None => Ok(()),
        Some((name, _)) => Err(Error::bad_request(format!(
            "{name} needs a collection, and \"{}\" is none",
            navigation.name
        ))),
    }
}

fn not_expandable(path: &str, name: &str, entity_type: &EntityType, owner: &str) -> Error {
    let stream = entity_type.property(name).is_some_and(Property::is_stream);
    if stream || path.starts_with(['$', '@']) || name.contains('.') {
        return Error::not_implemented(format!("Expanding \"{path}\" is not supported"));
    }
    Error::bad_request(format!(
        "Navigation property \"{name}\" does not exist in \"{owner}\""
    ))
}
