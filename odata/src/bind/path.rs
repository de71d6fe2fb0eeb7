//! Paths: from names to properties, related entities and what is asked of
//! them.

use super::evaluate::Node;
use super::search::Matcher;
use super::shape::{Member, declared};
use super::walk::{Collection, Start, Way};
use super::{Binder, Bound, It, Scope, Shape, no_property, of_type, unsupported};
use crate::Error;
use crate::edm::{EntityType, Multiplicity, NavigationProperty, Primitive, Property};
use crate::expression::{Expression, Path, Root, Step};
use crate::query::Query;

/// Where a path leads.
#[derive(Debug)]
pub(super) enum Target {
    Value(Bound),
    Entity(Way),
}

/// A lambda variable.
#[derive(Debug, Clone)]
pub(super) struct Variable {
    name: String,
    entity_type: &'static EntityType,
    /// The way to what it stands for, as [`Binder::related`] names it.
    origin: String,
}

/// Where the first steps of a path have led.
struct Place {
    way: Way,
    /// `None` where the path still is at the instance at hand.
    entity_type: Option<&'static EntityType>,
    /// The way as [`Binder::related`] names it.
    origin: String,
}

impl<'a> Binder<'a> {
    pub(super) fn path(&mut self, path: &Path) -> Result<Target, Error> {
        let (mut place, mut steps) = self.start(path)?;
        while let Some((step, rest)) = steps.split_first() {
            steps = rest;
            let Step::Name(name) = step else {
                return Err(self.refused(&place, step));
            };
            if self.is_own_type(&place, name) {
                continue;
            }
            match self.member(&place, name) {
                Some(Member::Property(property)) => return value(place.way, property, rest),
                Some(Member::Added(added)) => {
                    let (name, primitive) = (added.name.clone(), added.primitive);
                    if let [Step::Name(inner) | Step::Call(inner, _), ..] = rest {
                        return Err(no_property(inner, &name));
                    }
                    let node = Node::Dynamic(name.into());
                    return Ok(Target::Value(Bound { node, primitive }));
                }
                Some(Member::Navigation(to)) => {
                    self.go(&mut place, to)?;
                    if to.multiplicity == Multiplicity::Many {
                        return self.collection(place, to, rest).map(Target::Value);
                    }
                }
                None => {
                    let owner = self.entity_type(&place).name;
                    if place.entity_type.is_some() {
                        return Err(no_property(name, &self.scope.model.qualified(owner)));
                    }
                    let bound = self.computed_or_missing(name, owner, rest.is_empty())?;
                    return Ok(Target::Value(bound));
                }
            }
        }
        if place.way == (Way::from(Start::This)) {
            return Err(unsupported("An entity as an operand is"));
        }
        Ok(Target::Entity(place.way))
    }

    /// Where the path starts, and its steps from there.
    fn start<'p>(&mut self, path: &'p Path) -> Result<(Place, &'p [Step]), Error> {
        let steps = path.steps.as_slice();
        let at = |start, entity_type, origin: &str| Place {
            way: Way::from(start),
            entity_type,
            origin: origin.to_owned(),
        };
        let place = match (path.root, self.scope.it) {
            (Root::Instance, _) => {
                let variables = self.variables.iter().rev().zip(0u16..);
                let named = steps.split_first().and_then(|(first, rest)| {
                    let Step::Name(name) = first else { return None };
                    let mut found = variables.filter(|(variable, _)| variable.name == *name);
                    found.next().map(|found| (found, rest))
                });
                if let Some(((variable, depth), rest)) = named {
                    let start = Start::Variable(depth);
                    let entity_type = Some(variable.entity_type);
                    return Ok((at(start, entity_type, &variable.origin), rest));
                }
                self.check_alias()?;
                at(Start::This, None, &self.origin)
            }
            (Root::This, _) | (Root::It, It::This) => {
                self.check_alias()?;
                at(Start::This, None, &self.origin)
            }
            (Root::It, It::Other(entity_type)) => {
                self.refers_to_it = true;
                at(Start::It, Some(entity_type), "$it")
            }
            (Root::It, It::Lost) => return Err(unsupported("\"$it\" inside a path is")),
            (Root::Service, _) => return Err(unsupported("\"$root\" is")),
        };
        Ok((place, steps))
    }

    fn entity_type(&self, place: &Place) -> &'static EntityType {
        place.entity_type.unwrap_or(self.scope.this.entity_type())
    }

    /// Whether a step is a cast to the type that is there anyway.
    fn is_own_type(&self, place: &Place, name: &str) -> bool {
        self.scope.model.unqualified(name) == Some(self.entity_type(place).name)
    }

    fn member(&self, place: &Place, name: &str) -> Option<Member<'a>> {
        match place.entity_type {
            Some(entity_type) => declared(entity_type, name),
            None => self.scope.this.member(name),
        }
    }

    /// Why a step that is no name cannot stand at an entity.
    fn refused(&self, place: &Place, step: &Step) -> Error {
        match step {
            Step::Annotation(_) => unsupported("An annotation in an expression is"),
            Step::Call(name, _) => match self.member(place, name) {
                Some(Member::Navigation(_)) => unsupported("A key in an expression is"),
                Some(Member::Property(_) | Member::Added(_)) | None => {
                    unsupported(&format!("Function \"{name}\" is"))
                }
            },
            Step::Key(_) => unsupported("A key in an expression is"),
            Step::Name(name) => no_property(name, self.entity_type(place).name),
            Step::Count(_) | Step::Filter(_) | Step::Any(_) | Step::All(..) => {
                Error::bad_request("An entity is no collection")
            }
        }
    }

    fn go(&mut self, place: &mut Place, to: &'static NavigationProperty) -> Result<(), Error> {
        place.way.steps.push(to.name);
        place.entity_type = Some(self.scope.model.entity_type(to.target).ok_or_else(|| {
            // A model that is not closed; its own test would have said so.
            Error::not_implemented(format!("The type of \"{}\" is not known", to.name))
        })?);
        if !place.origin.is_empty() {
            place.origin.push('/');
        }
        place.origin.push_str(to.name);
        if !self.related.contains(&place.origin) {
            self.related.push(place.origin.clone());
        }
        Ok(())
    }

    /// What is asked of a collection.
    fn collection(
        &mut self,
        place: Place,
        to: &NavigationProperty,
        mut steps: &[Step],
    ) -> Result<Bound, Error> {
        let entity_type = self.entity_type(&place);
        let mut rows = Collection {
            way: place.way,
            conditions: Vec::new(),
        };
        while let Some((step, rest)) = steps.split_first() {
            match step {
                Step::Filter(condition) => {
                    let node = self.inside(condition, entity_type, &place.origin)?;
                    rows.conditions.push(node);
                }
                Step::Name(name)
                    if self.scope.model.unqualified(name) == Some(entity_type.name) => {}
                Step::Count(options) if rest.is_empty() => {
                    if let Some(options) = options {
                        let conditions = self.count_options(options, entity_type, &place.origin)?;
                        rows.conditions.extend(conditions);
                    }
                    return Ok(of_type(Primitive::Int64, Node::Count(rows)));
                }
                Step::Any(None) if rest.is_empty() => {
                    return Ok(of_type(Primitive::Boolean, Node::Any(rows, None)));
                }
                Step::Any(Some((variable, condition))) if rest.is_empty() => {
                    let node = self.lambda(variable, condition, entity_type, place.origin)?;
                    let any = Node::Any(rows, Some(Box::new(node)));
                    return Ok(of_type(Primitive::Boolean, any));
                }
                Step::All(variable, condition) if rest.is_empty() => {
                    let node = self.lambda(variable, condition, entity_type, place.origin)?;
                    return Ok(of_type(Primitive::Boolean, Node::All(rows, Box::new(node))));
                }
                Step::Key(_) => return Err(unsupported("A key in an expression is")),
                Step::Annotation(_) => {
                    return Err(unsupported("An annotation in an expression is"));
                }
                Step::Call(name, _) => {
                    return Err(unsupported(&format!("Function \"{name}\" is")));
                }
                Step::Name(_) | Step::Count(_) | Step::Any(_) | Step::All(..) => {
                    return Err(Error::bad_request(format!(
                        "\"{}\" is a collection: only $count, any and all can be asked of it",
                        to.name
                    )));
                }
            }
            steps = rest;
        }
        Err(unsupported("A collection as an operand is"))
    }

    fn lambda(
        &mut self,
        name: &str,
        condition: &Expression,
        entity_type: &'static EntityType,
        origin: String,
    ) -> Result<Node, Error> {
        self.variables.push(Variable {
            name: name.to_owned(),
            entity_type,
            origin,
        });
        let bound = self.condition(condition);
        self.variables.pop();
        Ok(bound?.node)
    }

    fn count_options(
        &mut self,
        options: &Query,
        entity_type: &'static EntityType,
        origin: &str,
    ) -> Result<Vec<Node>, Error> {
        let mut conditions = Vec::new();
        if let Some(filter) = &options.filter {
            conditions.push(self.inside(filter, entity_type, origin)?);
        }
        if let Some(search) = &options.search {
            let matcher = Matcher::new(search, &Shape::of(entity_type));
            conditions.push(Node::Matches(matcher));
        }
        Ok(conditions)
    }

    /// Binds a condition on the members of a collection inside a path.
    fn inside(
        &mut self,
        condition: &Expression,
        entity_type: &'static EntityType,
        origin: &str,
    ) -> Result<Node, Error> {
        let shape = Shape::of(entity_type);
        let it = match self.scope.it {
            It::Other(entity_type) => It::Other(entity_type),
            It::This | It::Lost => It::Lost,
        };
        let mut binder = Binder {
            scope: Scope {
                this: &shape,
                it,
                computed: &[],
                ..self.scope
            },
            budget: std::mem::take(&mut self.budget),
            aliases: self.aliases,
            variables: std::mem::take(&mut self.variables),
            origin: origin.to_owned(),
            related: std::mem::take(&mut self.related),
            refers_to_it: self.refers_to_it,
        };
        let bound = binder.condition(condition);
        self.budget = binder.budget;
        self.variables = binder.variables;
        self.related = binder.related;
        self.refers_to_it = binder.refers_to_it;
        Ok(bound?.node)
    }
}

impl From<Start> for Way {
    fn from(start: Start) -> Self {
        Self {
            start,
            steps: Vec::new(),
        }
    }
}

fn value(way: Way, property: &'static Property, rest: &[Step]) -> Result<Target, Error> {
    let Some(primitive) = property.primitive() else {
        return Err(Error::not_implemented(format!(
            "Property \"{}\" is complex or a collection, which is not supported in an expression",
            property.name
        )));
    };
    match rest {
        [] => {}
        [Step::Name(inner) | Step::Call(inner, _), ..] => {
            return Err(no_property(inner, property.name));
        }
        _ => {
            return Err(Error::bad_request(format!(
                "Property \"{}\" is no collection",
                property.name
            )));
        }
    }
    let node = if way == Way::from(Start::This) {
        Node::Property(property.name)
    } else {
        Node::Path(way, property.name)
    };
    Ok(Target::Value(of_type(primitive, node)))
}
