//! Segment by segment from the root of the service.

use super::{DataPath, Key, Navigation, Resource, Source, Tail};
use crate::edm::{EntityType, Model, Multiplicity, NavigationProperty, Property};
use crate::expression::{Argument, Budget, Expression, Parser};
use crate::text::{Plus, Text};
use crate::{Error, Value, Version};

pub(super) struct Resolver<'a> {
    pub(super) model: &'static Model,
    pub(super) aliases: &'a [(String, Expression)],
    pub(super) version: Version,
}

/// A decoded segment.
pub(super) struct Segment {
    /// The whole.
    text: String,
    /// What stands before the first `(`.
    pub(super) name: String,
    /// What stands between the first `(` and the last `)`, parsed only if
    /// the name has a meaning.
    arguments: Result<Option<Vec<Argument>>, Error>,
    pub(super) position: usize,
}

impl Segment {
    pub(super) fn no_arguments(&self) -> bool {
        !self.text.contains('(')
    }

    pub(super) fn arguments(&self) -> Result<Option<&[Argument]>, Error> {
        match &self.arguments {
            Ok(arguments) => Ok(arguments.as_deref()),
            Err(error) => Err(error.clone()),
        }
    }

    pub(super) fn unknown(&self) -> Error {
        Error::not_found(format!("Invalid resource path \"{}\"", self.text)).at(self.position)
    }
}

impl Resolver<'_> {
    pub(super) fn resource(&self, raw: &str, position: usize) -> Result<Resource, Error> {
        let relative = raw.strip_prefix('/').unwrap_or(raw);
        let position = position + raw.len() - relative.len();
        // One slash at the end is tolerated: clients append it to probe.
        let path = relative.strip_suffix('/').unwrap_or(relative);
        if path.is_empty() {
            return Ok(Resource::ServiceDocument);
        }
        let mut at = position;
        let mut segments = Vec::new();
        for text in path.split('/') {
            segments.push(self.segment(text, at)?);
            at += text.len() + 1;
        }
        let mut segments = segments.into_iter();
        let Some(first) = segments.next() else {
            return Ok(Resource::ServiceDocument);
        };
        let fixed = match first.text.as_str() {
            "$metadata" => Some(Resource::Metadata),
            "$batch" => Some(Resource::Batch),
            _ => None,
        };
        if let Some(resource) = fixed {
            return match segments.next() {
                None => Ok(resource),
                Some(more) => Err(more.unknown()),
            };
        }
        let depth = relative.matches('/').count();
        let mut invocation = self.imported(&first, depth)?;
        if invocation.is_none() {
            let mut data = self.start(&first, depth)?;
            for segment in segments.by_ref() {
                invocation = self.bound(&data, &segment)?;
                if invocation.is_some() {
                    break;
                }
                self.step(&mut data, &segment)?;
            }
            if invocation.is_none() {
                return Ok(Resource::Data(data));
            }
        }
        match (invocation, segments.next()) {
            (Some(it), Some(more)) if it.operation.is_composable() => Err(unsupported(&more)),
            (_, Some(more)) => Err(more.unknown()),
            (Some(it), None) => Ok(Resource::Operation(it)),
            (None, None) => Err(first.unknown()),
        }
    }

    fn segment(&self, raw: &str, position: usize) -> Result<Segment, Error> {
        let text = Text::decode(raw, position, Plus::IsPlus)?;
        let whole = text.as_str();
        let name = whole.split_once('(').map_or(whole, |(name, _)| name);
        let mut budget = Budget::default();
        let mut parser = Parser::new(&text, self.version, &mut budget);
        let mut arguments = parser.arguments_after(name.len());
        // segments end at each slash, also at one inside of quotes
        if arguments.is_err() && whole.matches('\'').count() % 2 == 1 {
            let told = "Expected a closing quote; a \"/\" inside of a key is written %2F, or the key stands in an alias";
            arguments = Err(Error::syntax(position + raw.len(), told));
        }
        Ok(Segment {
            arguments,
            text: whole.to_owned(),
            name: name.to_owned(),
            position,
        })
    }

    fn start(&self, segment: &Segment, depth: usize) -> Result<DataPath, Error> {
        let name = segment.name.as_str();
        if matches!(name, "$all" | "$entity" | "$crossjoin") {
            return Err(unsupported(segment));
        }
        let import = self.model.function_import(name).or_else(|| {
            let function = self.model.unqualified(name)?;
            let imports = self.model.function_imports.iter();
            imports.into_iter().find(|it| it.function == function)
        });
        if let Some(import) = import {
            return self.start_at_function(segment, import, depth);
        }
        let set = self
            .model
            .entity_set(name)
            .ok_or_else(|| segment.unknown())?;
        let entity_type = self
            .model
            .entity_type(set.entity_type)
            .ok_or_else(|| segment.unknown())?;
        let key = self.key(segment, entity_type, &[])?;
        Ok(DataPath {
            source: Source::EntitySet(set),
            multiplicity: one_with(key.as_ref()),
            key,
            navigation: Vec::new(),
            property: None,
            tail: None,
            entity_type,
            entity_set: Some(set),
            depth,
        })
    }

    fn start_at_function(
        &self,
        segment: &Segment,
        import: &'static crate::edm::FunctionImport,
        depth: usize,
    ) -> Result<DataPath, Error> {
        let function = self
            .model
            .function(import.function)
            .ok_or_else(|| segment.unknown())?;
        let entity_type = self
            .model
            .entity_type(function.returns.name())
            .ok_or_else(|| segment.unknown())?;
        let (arguments, key) = self.arguments_and_key(segment)?;
        if !arguments.is_empty() {
            return Err(Error::bad_request(format!(
                "Function \"{}\" takes no parameters",
                import.name
            ))
            .at(segment.position));
        }
        let returned = function.returns.multiplicity();
        if key.is_some() && !(function.composable && returned == Multiplicity::Many) {
            return Err(segment.unknown());
        }
        let owner = self.model.qualified(entity_type.name);
        let key = key
            .map(|key| Key::read(&key, entity_type, &owner, &[], self.aliases))
            .transpose()
            .map_err(|error| error.at(segment.position))?;
        Ok(DataPath {
            source: Source::Function(import),
            multiplicity: if key.is_some() {
                Multiplicity::One
            } else {
                returned
            },
            key,
            navigation: Vec::new(),
            property: None,
            tail: None,
            entity_type,
            entity_set: self.model.entity_set(import.entity_set),
            depth,
        })
    }

    /// `name`, `name()` or `name()(key)`.
    fn arguments_and_key(
        &self,
        segment: &Segment,
    ) -> Result<(Vec<Argument>, Option<Vec<Argument>>), Error> {
        if segment.no_arguments() {
            return Ok((Vec::new(), None));
        }
        let text = Text::plain(&segment.text);
        let mut budget = Budget::default();
        let mut parser = Parser::new(&text, self.version, &mut budget);
        parser
            .arguments_and_key(segment.name.len())
            .map_err(|error| error.at(segment.position))
    }

    fn step(&self, data: &mut DataPath, segment: &Segment) -> Result<(), Error> {
        let name = segment.name.as_str();
        if data.tail.is_some() || !self.may_go_on(data) {
            return Err(segment.unknown());
        }
        let many = data.multiplicity == Multiplicity::Many;
        if let Some(property) = data.property {
            data.tail = Some(Self::tail(property, segment)?);
            return Ok(());
        }
        match name {
            "$count" if many && segment.no_arguments() => {
                data.tail = Some(Tail::Count);
                return Ok(());
            }
            "$value" => {
                return Err(Error::bad_request(format!(
                    "\"{}\" has no media stream",
                    self.model.qualified(data.entity_type.name)
                ))
                .at(segment.position));
            }
            "$ref" | "$query" | "$filter" | "$each" => return Err(unsupported(segment)),
            _ => {}
        }
        if self
            .model
            .unqualified(name)
            .is_some_and(|name| self.model.entity_type(name).is_some())
        {
            return Err(unsupported(segment));
        }
        if many {
            return Err(segment.unknown());
        }
        if let Some(property) = data
            .entity_type
            .property(name)
            .filter(|_| segment.no_arguments())
        {
            data.property = Some(property);
            return Ok(());
        }
        match data.entity_type.navigation_property(name) {
            Some(navigation) => self.navigate(data, segment, navigation),
            None => Err(segment.unknown()),
        }
    }

    /// What follows a property.
    fn tail(property: &Property, segment: &Segment) -> Result<Tail, Error> {
        if !segment.no_arguments() || property.is_stream() {
            return Err(segment.unknown());
        }
        match (segment.name.as_str(), property.primitive()) {
            ("$value", Some(_)) => Ok(Tail::Value),
            ("$value", None) => Err(Error::bad_request(format!(
                "Property \"{}\" has no raw value: it is complex or a collection",
                property.name
            ))
            .at(segment.position)),
            (_, Some(_)) => Err(segment.unknown()),
            // Parts of complex values and collections are resources, too.
            (_, None) => Err(unsupported(segment)),
        }
    }

    fn navigate(
        &self,
        data: &mut DataPath,
        segment: &Segment,
        property: &'static NavigationProperty,
    ) -> Result<(), Error> {
        let target = self
            .model
            .entity_type(property.target)
            .ok_or_else(|| segment.unknown())?;
        let implied = implied(data.last_key(), property, target);
        let key = match property.multiplicity {
            Multiplicity::Many => self.key(segment, target, &implied)?,
            Multiplicity::One if segment.no_arguments() => None,
            Multiplicity::One => return Err(segment.unknown()),
        };
        // objects(bucket_id='other',…) below Buckets('b') is nobody's.
        let contradicts = implied.iter().any(|(name, value)| {
            key.as_ref()
                .and_then(|key| key.get(name))
                .is_some_and(|given| given != value)
        });
        if contradicts {
            return Err(Error::not_found("Not Found").at(segment.position));
        }
        data.multiplicity = match property.multiplicity {
            Multiplicity::Many => one_with(key.as_ref()),
            Multiplicity::One => Multiplicity::One,
        };
        data.entity_set = data
            .entity_set
            .and_then(|set| self.model.entity_set(set.binding(property.name)?));
        data.entity_type = target;
        data.navigation.push(Navigation { property, key });
        Ok(())
    }

    fn key(
        &self,
        segment: &Segment,
        entity_type: &'static EntityType,
        implied: &[(&'static str, Value<'static>)],
    ) -> Result<Option<Key>, Error> {
        let owner = self.model.qualified(entity_type.name);
        segment
            .arguments()?
            .map(|arguments| Key::read(arguments, entity_type, &owner, implied, self.aliases))
            .transpose()
            .map_err(|error| error.at(segment.position))
    }

    pub(super) fn may_go_on(&self, data: &DataPath) -> bool {
        match data.source {
            Source::EntitySet(_) => true,
            Source::Function(import) => self
                .model
                .function(import.function)
                .is_some_and(|function| function.composable),
        }
    }
}

/// Key values of the target that are those of the entity navigated from.
fn implied(
    from: Option<&Key>,
    property: &NavigationProperty,
    target: &EntityType,
) -> Vec<(&'static str, Value<'static>)> {
    let back = property
        .partner
        .and_then(|partner| target.navigation_property(partner));
    back.into_iter()
        .flat_map(|back| back.constraints)
        .filter_map(|(own, referenced)| Some((*own, from?.get(referenced)?.clone())))
        .collect()
}

const fn one_with(key: Option<&Key>) -> Multiplicity {
    match key {
        Some(_) => Multiplicity::One,
        None => Multiplicity::Many,
    }
}

fn unsupported(segment: &Segment) -> Error {
    Error::not_implemented(format!(
        "Path segment \"{}\" is not supported",
        segment.text
    ))
    .at(segment.position)
}
