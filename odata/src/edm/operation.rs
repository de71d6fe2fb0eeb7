//! Functions and actions.

use super::annotation::annotated;
use super::{Annotation, Multiplicity, Primitive};

/// A type that parameters and results have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// A primitive type.
    Primitive(Primitive),
    /// The entity type or complex type with this short name.
    Named(&'static str),
}

/// What a function or action returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returns {
    /// One entity of the type with this short name.
    Entity(&'static str),
    /// A collection of them.
    Entities(&'static str),
    /// One value.
    One(Type),
    /// A collection of values.
    Many(Type),
}

impl Returns {
    /// Short name of the entity type or complex type, or the name of the
    /// primitive type.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Entity(name) | Self::Entities(name) => name,
            Self::One(Type::Named(name)) | Self::Many(Type::Named(name)) => name,
            Self::One(Type::Primitive(primitive)) | Self::Many(Type::Primitive(primitive)) => {
                primitive.name()
            }
        }
    }

    /// Type of what is returned, or of each item.
    pub const fn of(self) -> Type {
        match self {
            Self::Entity(name) | Self::Entities(name) => Type::Named(name),
            Self::One(of) | Self::Many(of) => of,
        }
    }

    /// How many it returns.
    pub const fn multiplicity(self) -> Multiplicity {
        match self {
            Self::Entity(_) | Self::One(_) => Multiplicity::One,
            Self::Entities(_) | Self::Many(_) => Multiplicity::Many,
        }
    }
}

/// A parameter of a function or action.
#[derive(Debug)]
pub struct Parameter {
    /// Name.
    pub name: &'static str,
    /// Type, or type of each item.
    pub of: Type,
    /// Whether it is a collection.
    pub multiplicity: Multiplicity,
    /// Whether it may be null.
    pub nullable: bool,
    /// Greatest length in characters or bytes.
    pub max_length: Option<u32>,
    /// Digits of a second's fraction, or of a decimal.
    pub precision: Option<u8>,
    /// What vocabularies say about it.
    pub annotations: &'static [Annotation],
}

impl Parameter {
    /// A nullable parameter for one value.
    pub const fn new(name: &'static str, of: Type) -> Self {
        Self {
            name,
            of,
            multiplicity: Multiplicity::One,
            nullable: true,
            max_length: None,
            precision: None,
            annotations: &[],
        }
    }

    /// A nullable parameter of a primitive type.
    pub const fn primitive(name: &'static str, primitive: Primitive) -> Self {
        Self::new(name, Type::Primitive(primitive))
    }

    /// Makes it a collection.
    #[must_use]
    pub const fn many(mut self) -> Self {
        self.multiplicity = Multiplicity::Many;
        self
    }

    /// Makes it non-nullable.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.nullable = false;
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

    annotated!();

    /// Whether it may be left out (`Core.OptionalParameter`).
    pub fn is_optional(&self) -> bool {
        let mut said = self.annotations.iter();
        said.any(|it| it.term == "Core.OptionalParameter")
    }
}

/// A function: it reads and changes nothing.
#[derive(Debug)]
pub struct Function {
    /// Short name.
    pub name: &'static str,
    /// What it returns.
    pub returns: Returns,
    /// The parameters; the first one is the binding parameter if it is bound.
    pub parameters: &'static [Parameter],
    /// Whether it is called on a resource.
    pub bound: bool,
    /// Whether paths and query options may follow it.
    pub composable: bool,
    /// What vocabularies say about it.
    pub annotations: &'static [Annotation],
}

impl Function {
    /// An unbound function without parameters that is not composable.
    pub const fn new(name: &'static str, returns: Returns) -> Self {
        Self {
            name,
            returns,
            parameters: &[],
            bound: false,
            composable: false,
            annotations: &[],
        }
    }

    /// Sets the parameters.
    #[must_use]
    pub const fn parameters(mut self, parameters: &'static [Parameter]) -> Self {
        self.parameters = parameters;
        self
    }

    /// Sets the parameters, the first of which is the resource it is called on.
    #[must_use]
    pub const fn bound(mut self, parameters: &'static [Parameter]) -> Self {
        self.bound = true;
        self.parameters(parameters)
    }

    /// Lets paths and query options follow it.
    #[must_use]
    pub const fn composable(mut self) -> Self {
        self.composable = true;
        self
    }

    annotated!();

    pub(super) const fn operation(&self) -> Operation {
        Operation {
            kind: "Function",
            name: self.name,
            parameters: self.parameters,
            bound: self.bound,
            composable: self.composable,
            returns: Some(self.returns),
            annotations: self.annotations,
        }
    }
}

/// An action: it may change something.
#[derive(Debug)]
pub struct Action {
    /// Short name.
    pub name: &'static str,
    /// The parameters; the first one is the binding parameter if it is bound.
    pub parameters: &'static [Parameter],
    /// Whether it is called on a resource.
    pub bound: bool,
    /// What it returns, if anything.
    pub returns: Option<Returns>,
    /// What vocabularies say about it.
    pub annotations: &'static [Annotation],
}

impl Action {
    /// An unbound action that returns nothing.
    pub const fn new(name: &'static str, parameters: &'static [Parameter]) -> Self {
        Self {
            name,
            parameters,
            bound: false,
            returns: None,
            annotations: &[],
        }
    }

    /// An action whose first parameter is the resource it is called on.
    pub const fn bound(name: &'static str, parameters: &'static [Parameter]) -> Self {
        let mut it = Self::new(name, parameters);
        it.bound = true;
        it
    }

    /// Sets what it returns.
    #[must_use]
    pub const fn returns(mut self, returns: Returns) -> Self {
        self.returns = Some(returns);
        self
    }

    annotated!();

    pub(super) const fn operation(&self) -> Operation {
        Operation {
            kind: "Action",
            name: self.name,
            parameters: self.parameters,
            bound: self.bound,
            composable: false,
            returns: self.returns,
            annotations: self.annotations,
        }
    }
}

/// What functions and actions have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operation {
    pub(super) kind: &'static str,
    pub(super) name: &'static str,
    pub(super) parameters: &'static [Parameter],
    pub(super) bound: bool,
    pub(super) composable: bool,
    pub(super) returns: Option<Returns>,
    pub(super) annotations: &'static [Annotation],
}
