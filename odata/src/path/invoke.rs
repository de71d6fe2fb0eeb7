//! Calls of actions and functions: by an import at the root, or bound to what
//! the path before them addresses
//! ([URL Conventions, 4.4 and 4.5](https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html#sec_AddressingActions)).

use super::DataPath;
use super::resolve::{Resolver, Segment};
use crate::edm::{
    Action, EntitySet, EntityType, Function, Model, Multiplicity, Parameter, Returns, Type,
};
use crate::expression::{Argument, Expression, Kind};
use crate::write::Facets;
use crate::{Data, Error, Record, Value, Version};

/// An action or a function.
#[derive(Debug, Clone, Copy)]
pub enum Operation {
    /// Called with POST; its parameters are in the body.
    Action(&'static Action),
    /// Called with GET; its parameters are in the path.
    Function(&'static Function),
}

impl Operation {
    /// The short name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Action(it) => it.name,
            Self::Function(it) => it.name,
        }
    }

    /// What it returns, if anything.
    pub const fn returns(self) -> Option<Returns> {
        match self {
            Self::Action(it) => it.returns,
            Self::Function(it) => Some(it.returns),
        }
    }

    pub(super) const fn is_composable(self) -> bool {
        match self {
            Self::Action(_) => false,
            Self::Function(it) => it.composable,
        }
    }

    /// Whether it is bound to entities of a type, to one or to many.
    fn is_bound_to(self, of: &EntityType, multiplicity: Multiplicity) -> bool {
        let (bound, parameters) = match self {
            Self::Action(it) => (it.bound, it.parameters),
            Self::Function(it) => (it.bound, it.parameters),
        };
        let first = parameters.first().filter(|_| bound);
        first.is_some_and(|it| (it.of, it.multiplicity) == (Type::Named(of.name), multiplicity))
    }
}

impl PartialEq for Operation {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Action(one), Self::Action(other)) => std::ptr::eq(*one, *other),
            (Self::Function(one), Self::Function(other)) => std::ptr::eq(*one, *other),
            (Self::Action(_) | Self::Function(_), _) => false,
        }
    }
}

/// A call of an action or function.
#[derive(Debug, Clone, PartialEq)]
pub struct Invocation {
    /// What is called.
    pub operation: Operation,
    /// What it is called on; `None` for one at the root.
    pub binding: Option<DataPath>,
    /// The arguments of a function, without the resource it is called on;
    /// those of an action are in the body.
    pub arguments: Record<'static>,
    /// The set that the results belong to, if they are entities and the model
    /// tells: that of the import, or that of the binding parameter if it is of
    /// the same type, or the only one of their type.
    pub entity_set: Option<&'static EntitySet>,
    /// How many `/` the raw path has below the root.
    depth: usize,
}

impl Invocation {
    /// The type of the results, if they are entities.
    pub fn entity_type(&self, model: &Model) -> Option<&'static EntityType> {
        match self.operation.returns()?.of() {
            Type::Named(name) => model.entity_type(name),
            Type::Primitive(_) => None,
        }
    }

    /// `../` as often as it takes to get from the resource to the root.
    pub(crate) fn up(&self) -> String {
        "../".repeat(self.depth)
    }
}

impl Resolver<'_> {
    /// The call that the first segment of a path is, if it is one.
    pub(super) fn imported(
        &self,
        segment: &Segment,
        depth: usize,
    ) -> Result<Option<Invocation>, Error> {
        let model = self.model;
        let (operation, set) = if let Some(import) = model.action_import(&segment.name) {
            let action = model.action(import.action);
            (action.map(Operation::Action), import.entity_set)
        } else if let Some(import) = model.function_import(&segment.name) {
            // Other ones are sources of data.
            let function = model.function(import.function);
            let function = function.filter(|it| !it.parameters.is_empty());
            (function.map(Operation::Function), Some(import.entity_set))
        } else {
            return Ok(None);
        };
        let Some(operation) = operation else {
            return Ok(None);
        };
        let (operation, arguments) = self.choose(&[operation], segment)?;
        Ok(Some(Invocation {
            operation,
            binding: None,
            arguments,
            entity_set: set.and_then(|name| model.entity_set(name)),
            depth,
        }))
    }

    /// The call that a segment behind `data` is, if it is one.
    pub(super) fn bound(
        &self,
        data: &DataPath,
        segment: &Segment,
    ) -> Result<Option<Invocation>, Error> {
        if data.property.is_some() || data.tail.is_some() || !self.may_go_on(data) {
            return Ok(None);
        }
        let name = segment.name.as_str();
        let of = data.entity_type;
        let name = match self.model.unqualified(name) {
            Some(name) => name,
            // 4.01 knows the namespace without being told; what the entity
            // itself has comes first.
            None if self.version >= Version::V401
                && of.property(name).is_none()
                && of.navigation_property(name).is_none() =>
            {
                name
            }
            None => return Ok(None),
        };
        let actions = self.model.actions.iter().map(Operation::Action);
        let functions = self.model.functions.iter().map(Operation::Function);
        let all = actions.chain(functions);
        let fits = |it: &Operation| it.name() == name && it.is_bound_to(of, data.multiplicity);
        let overloads: Vec<_> = all.filter(fits).collect();
        if overloads.is_empty() {
            return Ok(None);
        }
        let (operation, arguments) = self.choose(&overloads, segment)?;
        Ok(Some(Invocation {
            operation,
            entity_set: self.set_of_results(operation, data),
            binding: Some(data.clone()),
            arguments,
            depth: data.depth,
        }))
    }

    fn set_of_results(&self, operation: Operation, on: &DataPath) -> Option<&'static EntitySet> {
        let Type::Named(name) = operation.returns()?.of() else {
            return None;
        };
        if on.entity_type.name == name && on.entity_set.is_some() {
            return on.entity_set;
        }
        let mut sets = self.model.entity_sets.iter();
        let mut of_type = sets.by_ref().filter(|it| it.entity_type == name);
        let first = of_type.next();
        first.filter(|_| of_type.next().is_none())
    }

    /// The overload that takes the arguments, and these.
    fn choose(
        &self,
        overloads: &[Operation],
        segment: &Segment,
    ) -> Result<(Operation, Record<'static>), Error> {
        let mut refusal = None;
        for operation in overloads {
            let arguments = match operation {
                Operation::Action(_) if segment.no_arguments() => Ok(Record::new()),
                Operation::Action(_) => return Err(segment.unknown()),
                Operation::Function(function) => self.arguments(function, segment),
            };
            match arguments {
                Ok(arguments) => return Ok((*operation, arguments)),
                Err(error) => refusal = refusal.or(Some(error)),
            }
        }
        Err(refusal.unwrap_or_else(|| segment.unknown()))
    }

    fn arguments(
        &self,
        function: &'static Function,
        segment: &Segment,
    ) -> Result<Record<'static>, Error> {
        let given = segment.arguments()?.unwrap_or_default();
        let bound = usize::from(function.bound);
        let parameters = function.parameters.get(bound..).unwrap_or_default();
        let refuse = |text: String, name: &str| {
            Error::bad_request(text)
                .about(name.to_owned())
                .at(segment.position)
        };
        let mut arguments = Record::new();
        for Argument { name, value } in given {
            let name = name.as_deref().unwrap_or_default();
            let Some(parameter) = parameters.iter().find(|it| it.name == name) else {
                let text = format!("Function \"{}\" has no parameter \"{name}\"", function.name);
                return Err(refuse(text, name).at(value.span.start));
            };
            if arguments.get(name).is_some() {
                let text = format!("Parameter \"{name}\" is given more than once");
                return Err(refuse(text, name));
            }
            let value = self
                .argument(value, parameter)
                .map_err(|it| it.at(value.span.start))?;
            arguments.put(parameter.name, value);
        }
        let mut missing = parameters.iter();
        let lacks = |it: &&Parameter| arguments.get(it.name).is_none() && !it.is_optional();
        if let Some(it) = missing.find(lacks) {
            let text = format!("Parameter \"{}\" is missing", it.name);
            return Err(refuse(text, it.name));
        }
        arguments.sort(parameters.iter().map(|it| it.name));
        Ok(arguments)
    }

    fn argument(
        &self,
        expression: &Expression,
        parameter: &'static Parameter,
    ) -> Result<Data<'static>, Error> {
        let mut kind = &expression.kind;
        if let Kind::Alias(name) = kind {
            let found = self.aliases.iter().find(|(alias, _)| alias == name);
            // https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html#sec_ParameterAliases
            kind = found.map_or(&Kind::Literal(Value::Null), |(_, value)| &value.kind);
        }
        Facets::from(parameter)
            .of_expression(self.model, kind)
            .map_err(|error| error.inside(parameter.name))
    }
}
