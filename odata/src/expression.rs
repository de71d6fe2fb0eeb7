//! The syntax of common expressions: what `$filter`, `$orderby` and parameter
//! aliases hold, before anybody asks whether it fits a model.
//!
//! The tree covers the whole of `commonExpr` of
//! [OData ABNF](https://docs.oasis-open.org/odata/odata/v4.01/os/abnf/odata-abnf-construction-rules.txt);
//! what of it can be evaluated is decided when a query is bound to a type, in
//! [`Query::plan`](crate::Query::plan).

mod arguments;
mod budget;
mod cursor;
mod display;
mod json;
mod literal;
mod parser;
mod path;
mod precedence;

use std::ops::Range;

pub(crate) use budget::Budget;
pub(crate) use display::{separated, write_literal};
pub(crate) use parser::Parser;

use crate::{Query, Value};

/// Deepest nesting of parentheses, calls and operators.
pub const MAX_DEPTH: u16 = 64;
/// Most nodes in all expressions of one request.
pub const MAX_NODES: u32 = 1000;

/// An expression and where it stands in the raw URL.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    /// What it is.
    pub kind: Kind,
    /// Byte range in the raw URL.
    pub span: Range<usize>,
    /// Nodes on the longest way down.
    height: u16,
}

/// The forms of expressions.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// `null`, `5`, `'text'`, `2024-01-01`, …
    Literal(Value<'static>),
    /// `Sales.Pattern'Yellow'`: type and members.
    Enumeration(String, String),
    /// `geography'…'` or `geometry'…'`, the prefix and the content.
    Spatial(String, String),
    /// `name`, `objects/$count`, `$it/name`, …
    Path(Path),
    /// `@name`, a parameter alias.
    Alias(String),
    /// `contains(name,'a')`.
    Call(String, Vec<Argument>),
    /// `case(a:b,c:d)`.
    Case(Vec<(Expression, Expression)>),
    /// `not …`.
    Not(Box<Expression>),
    /// `-…`.
    Negate(Box<Expression>),
    /// `… and … and …`, two or more.
    And(Vec<Expression>),
    /// `… or … or …`, two or more.
    Or(Vec<Expression>),
    /// An operator between two operands.
    Binary(Operator, Box<Expression>, Box<Expression>),
    /// `(…,…)` after `in`, and `[…]`.
    List(Vec<Expression>),
    /// `{"name":…}`.
    Object(Vec<(String, Expression)>),
}

impl Expression {
    /// Whether it is a path that ends with `$count`.
    pub(crate) fn is_count(&self) -> bool {
        matches!(&self.kind, Kind::Path(path) if matches!(path.steps.last(), Some(Step::Count(_))))
    }
}

/// Binary operators other than `and` and `or`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `eq`
    Equal,
    /// `ne`
    NotEqual,
    /// `gt`
    Greater,
    /// `ge`
    GreaterOrEqual,
    /// `lt`
    Less,
    /// `le`
    LessOrEqual,
    /// `has`
    Has,
    /// `in`
    In,
    /// `add`
    Add,
    /// `sub`
    Subtract,
    /// `mul`
    Multiply,
    /// `div`
    Divide,
    /// `divby`
    DivideBy,
    /// `mod`
    Modulo,
}

impl Operator {
    /// How URLs spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Equal => "eq",
            Self::NotEqual => "ne",
            Self::Greater => "gt",
            Self::GreaterOrEqual => "ge",
            Self::Less => "lt",
            Self::LessOrEqual => "le",
            Self::Has => "has",
            Self::In => "in",
            Self::Add => "add",
            Self::Subtract => "sub",
            Self::Multiply => "mul",
            Self::Divide => "div",
            Self::DivideBy => "divby",
            Self::Modulo => "mod",
        }
    }
}

/// An argument of a call, a parameter or a key.
#[derive(Debug, Clone, PartialEq)]
pub struct Argument {
    /// The name before `=`, if there is one.
    pub name: Option<String>,
    /// The value.
    pub value: Expression,
}

/// A way from an instance to a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// Where it starts.
    pub root: Root,
    /// Its steps; at least one unless the root is named.
    pub steps: Vec<Step>,
}

/// Where a path starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Root {
    /// At the instance at hand, unnamed.
    Instance,
    /// `$it`
    It,
    /// `$this`
    This,
    /// `$root`
    Service,
}

/// A step of a path.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// A property, navigation property, type or lambda variable.
    Name(String),
    /// A bound function with parameters, or a collection with a key.
    Call(String, Vec<Argument>),
    /// A key after something that is not a name.
    Key(Vec<Argument>),
    /// `@Core.Messages`
    Annotation(String),
    /// `$count`, with its own `$filter` and `$search`.
    Count(Option<Box<Query>>),
    /// `$filter(…)`
    Filter(Box<Expression>),
    /// `any()` and `any(x:…)`
    Any(Option<(String, Box<Expression>)>),
    /// `all(x:…)`
    All(String, Box<Expression>),
}
