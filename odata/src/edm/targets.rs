//! Everything in a model that can carry annotations, and where paths lead
//! from there.

use super::operation::Operation;
use super::{
    Annotation, EntitySet, EntityType, Model, Multiplicity, NavigationProperty, Parameter,
    Property, Type,
};

/// A part of the model and its annotations.
#[derive(Debug)]
pub(super) struct Target {
    /// As `Annotations/@Target` in CSDL XML names it.
    pub(super) name: String,
    /// Where its paths start.
    pub(super) start: Place,
    pub(super) annotations: &'static [Annotation],
}

/// Where a path is
/// ([CSDL 14.4.1.2](https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/odata-csdl-xml-v4.01.html#sec_PathEvaluation)).
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    Container,
    Set(&'static EntitySet),
    Type(Structured),
    Parameters(&'static [Parameter]),
    Property(&'static Property),
    Navigation(&'static NavigationProperty),
    /// A parameter or number of a primitive type, or a constant.
    Value,
    Annotation,
}

/// What entity types and complex types have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Structured {
    pub(super) name: &'static str,
    pub(super) properties: &'static [Property],
    pub(super) navigation: &'static [NavigationProperty],
    pub(super) annotations: &'static [Annotation],
}

impl From<&EntityType> for Structured {
    fn from(it: &EntityType) -> Self {
        Self {
            name: it.name,
            properties: it.properties,
            navigation: it.navigation,
            annotations: it.annotations,
        }
    }
}

impl Model {
    /// The entity types, then the complex types.
    pub(super) fn structured_types(&self) -> impl Iterator<Item = Structured> {
        let complex = self.complex_types.iter().map(|it| Structured {
            name: it.name,
            properties: it.properties,
            navigation: &[],
            annotations: it.annotations,
        });
        self.entity_types
            .iter()
            .map(Structured::from)
            .chain(complex)
    }

    pub(super) fn structured(&self, name: &str) -> Option<Structured> {
        self.structured_types().find(|it| it.name == name)
    }

    /// The actions, then the functions.
    pub(super) fn operations(&self) -> impl Iterator<Item = Operation> {
        let functions = self.functions.iter().map(super::Function::operation);
        self.actions
            .iter()
            .map(super::Action::operation)
            .chain(functions)
    }

    /// All parts that are annotated.
    pub(super) fn targets(&self) -> Vec<Target> {
        let mut all = self.container_targets();
        for it in self.structured_types() {
            let (name, start) = (self.qualified(it.name), Place::Type(it));
            let target = |child: &str, annotations| target(&name, child, start, annotations);
            all.push(target("", it.annotations));
            let properties = it.properties.iter();
            all.extend(properties.map(|it| target(it.name, it.annotations)));
            let navigation = it.navigation.iter();
            all.extend(navigation.map(|it| target(it.name, it.annotations)));
        }
        for it in self.operations() {
            let (name, start) = (self.overload(&it), Place::Parameters(it.parameters));
            all.push(target(&name, "", start, it.annotations));
            let parameters = it.parameters.iter();
            all.extend(parameters.map(|it| target(&name, it.name, start, it.annotations)));
        }
        all.retain(|it| !it.annotations.is_empty());
        all
    }

    fn container_targets(&self) -> Vec<Target> {
        let name = self.qualified(self.container);
        let mut all = vec![target(&name, "", Place::Container, self.annotations)];
        for it in self.entity_sets {
            all.push(target(&name, it.name, Place::Set(it), it.annotations));
        }
        for it in self.function_imports {
            let function = self.function(it.function);
            let start = Place::Parameters(function.map_or(&[], |it| it.parameters));
            all.push(target(&name, it.name, start, it.annotations));
        }
        for it in self.action_imports {
            let action = self.action(it.action);
            let start = Place::Parameters(action.map_or(&[], |it| it.parameters));
            all.push(target(&name, it.name, start, it.annotations));
        }
        all
    }

    /// Name and parameter types, which tell overloads apart
    /// ([CSDL 14.2.2](https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/odata-csdl-xml-v4.01.html#sec_Target)).
    fn overload(&self, operation: &Operation) -> String {
        let telling = match operation.kind {
            "Action" if operation.bound => 1,
            "Action" => 0,
            _ => operation.parameters.len(),
        };
        let types = operation.parameters.iter().take(telling);
        let types: Vec<_> = types
            .map(|it| self.type_name(it.of, it.multiplicity))
            .collect();
        format!("{}({})", self.qualified(operation.name), types.join(","))
    }

    /// The name of a type or of the collection of it.
    pub(crate) fn type_name(&self, of: Type, multiplicity: Multiplicity) -> String {
        let name = match of {
            Type::Primitive(primitive) => primitive.name().to_owned(),
            Type::Named(name) => self.qualified(name),
        };
        match multiplicity {
            Multiplicity::One => name,
            Multiplicity::Many => format!("Collection({name})"),
        }
    }

    /// Where a path leads; nowhere if one of its segments names nothing.
    pub(super) fn follow(&self, start: Place, path: &str) -> Option<Place> {
        if let Some(absolute) = path.strip_prefix('/') {
            let (first, rest) = absolute.split_once('/').unwrap_or((absolute, ""));
            let name = self.unqualified(first)?;
            let place = if name == self.container {
                Place::Container
            } else {
                Place::Type(self.structured(name)?)
            };
            return self.follow(place, rest);
        }
        let segments = path.split('/').filter(|it| !it.is_empty());
        segments
            .into_iter()
            .try_fold(start, |place, segment| self.step(place, segment))
    }

    fn step(&self, place: Place, segment: &str) -> Option<Place> {
        if segment == "$count" {
            let multiplicity = match place {
                Place::Navigation(it) => Some(it.multiplicity),
                Place::Property(it) => Some(it.multiplicity),
                Place::Container
                | Place::Set(_)
                | Place::Type(_)
                | Place::Parameters(_)
                | Place::Value
                | Place::Annotation => None,
            };
            return (multiplicity == Some(Multiplicity::Many)).then_some(Place::Value);
        }
        if let Some(term) = segment.strip_prefix('@') {
            return self.annotated(place, term).then_some(Place::Annotation);
        }
        if let Some((name, term)) = segment.split_once('@') {
            let Place::Navigation(navigation) = self.step(place, name)? else {
                return None;
            };
            return has(navigation.annotations, term).then_some(Place::Annotation);
        }
        if let Place::Parameters(parameters) = place {
            return match parameters.iter().find(|it| it.name == segment)?.of {
                Type::Named(name) => self.structured(name).map(Place::Type),
                Type::Primitive(_) => Some(Place::Value),
            };
        }
        if matches!(place, Place::Container) {
            return self.entity_set(segment).map(Place::Set);
        }
        let of = self.type_at(place)?;
        if segment.contains('.') {
            return self.structured(self.unqualified(segment)?).map(Place::Type);
        }
        let property = of.properties.iter().find(|it| it.name == segment);
        let navigation = of.navigation.iter().find(|it| it.name == segment);
        property
            .map(Place::Property)
            .or(navigation.map(Place::Navigation))
    }

    fn type_at(&self, place: Place) -> Option<Structured> {
        match place {
            Place::Set(it) => self.structured(it.entity_type),
            Place::Type(it) => Some(it),
            Place::Navigation(it) => self.structured(it.target),
            Place::Property(Property {
                of: Type::Named(name),
                ..
            }) => self.structured(name),
            Place::Container
            | Place::Parameters(_)
            | Place::Property(_)
            | Place::Value
            | Place::Annotation => None,
        }
    }

    fn annotated(&self, place: Place, term: &str) -> bool {
        let own: &[_] = match place {
            Place::Container => self.annotations,
            Place::Set(it) => it.annotations,
            Place::Property(it) => it.annotations,
            Place::Type(_)
            | Place::Navigation(_)
            | Place::Parameters(_)
            | Place::Value
            | Place::Annotation => &[],
        };
        let of_type = self.type_at(place).map_or(&[][..], |it| it.annotations);
        has(own, term) || has(of_type, term)
    }
}

fn target(parent: &str, child: &str, start: Place, annotations: &'static [Annotation]) -> Target {
    let name = match child {
        "" => parent.to_owned(),
        child => format!("{parent}/{child}"),
    };
    Target {
        name,
        start,
        annotations,
    }
}

fn has(annotations: &[Annotation], name: &str) -> bool {
    annotations.iter().any(|it| it.name() == name)
}
