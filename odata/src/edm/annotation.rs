//! Annotations: what vocabularies say about parts of the model.
//!
//! Terms, record types and enumeration members are named with the usual alias
//! of their vocabulary (`UI.LineItem`); the documents refer to the
//! vocabularies that are used. Whether a term exists is not checked here.

/// The setter that all parts of a model have that can be annotated.
macro_rules! annotated {
    () => {
        /// Sets what vocabularies say about it.
        #[must_use]
        pub const fn annotations(mut self, annotations: &'static [Annotation]) -> Self {
            self.annotations = annotations;
            self
        }
    };
}
pub(super) use annotated;

/// A term applied to a part of the model
/// ([CSDL 14.2](https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/odata-csdl-xml-v4.01.html#sec_Annotation)).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Annotation {
    /// The term, e.g. `UI.LineItem`.
    pub term: &'static str,
    /// Tells several annotations with one term apart.
    pub qualifier: Option<&'static str>,
    /// What is said.
    pub value: Expr,
    /// Annotations of this annotation.
    pub annotations: &'static [Annotation],
}

impl Annotation {
    /// An annotation without qualifier.
    pub const fn new(term: &'static str, value: Expr) -> Self {
        Self {
            term,
            qualifier: None,
            value,
            annotations: &[],
        }
    }

    /// Sets the qualifier.
    #[must_use]
    pub const fn qualifier(mut self, qualifier: &'static str) -> Self {
        self.qualifier = Some(qualifier);
        self
    }

    annotated!();

    /// The term with its qualifier, as paths and CSDL JSON write it.
    pub(super) fn name(&self) -> String {
        self.qualifier.map_or_else(
            || self.term.to_owned(),
            |qualifier| format!("{}#{qualifier}", self.term),
        )
    }
}

/// The value of an annotation
/// ([CSDL 14.3 and 14.4](https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/odata-csdl-xml-v4.01.html#sec_ConstantExpression)).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Expr {
    /// No value.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Text.
    String(&'static str),
    /// Members of an enumeration, `UI.ImportanceType/High`; flags are
    /// separated by blanks.
    EnumMember(&'static str),
    /// The value that the path leads to.
    Path(&'static str),
    /// The property itself.
    PropertyPath(&'static str),
    /// The navigation property itself.
    NavigationPropertyPath(&'static str),
    /// The annotation itself, e.g. `objects/@UI.LineItem`.
    AnnotationPath(&'static str),
    /// Condition, value if it is true, value if not.
    If(&'static [Expr; 3]),
    /// Several values.
    Collection(&'static [Expr]),
    /// A value with members.
    Record(Record),
}

impl Expr {
    /// A record whose type follows from where it stands.
    pub const fn record(members: &'static [(&'static str, Self)]) -> Self {
        Self::Record(Record {
            of_type: None,
            members,
            annotations: &[],
        })
    }

    /// A record of the type with this name, e.g. `UI.DataField`.
    pub const fn typed(of_type: &'static str, members: &'static [(&'static str, Self)]) -> Self {
        Self::Record(Record::new(of_type, members))
    }
}

/// A value with members.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Record {
    /// Name of its type, needed where a derived type stands.
    pub of_type: Option<&'static str>,
    /// Names and values.
    pub members: &'static [(&'static str, Expr)],
    /// Annotations of the record.
    pub annotations: &'static [Annotation],
}

impl Record {
    /// A record of the type with this name, without annotations.
    pub const fn new(of_type: &'static str, members: &'static [(&'static str, Expr)]) -> Self {
        Self {
            of_type: Some(of_type),
            members,
            annotations: &[],
        }
    }

    annotated!();

    /// The member with this name.
    pub fn member(&self, name: &str) -> Option<&'static Expr> {
        let (_, value) = self.members.iter().find(|(member, _)| *member == name)?;
        Some(value)
    }
}

/// Calls `visit` for every annotation and expression, however deep it stands.
pub(super) fn walk(annotations: &'static [Annotation], visit: &mut dyn FnMut(Part)) {
    for annotation in annotations {
        visit(Part::Annotation(annotation));
        walk_expression(&annotation.value, visit);
        walk(annotation.annotations, visit);
    }
}

/// What [`walk`] comes by.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    Annotation(&'static Annotation),
    Expr(&'static Expr),
}

fn walk_expression(expression: &'static Expr, visit: &mut dyn FnMut(Part)) {
    visit(Part::Expr(expression));
    match expression {
        Expr::If(operands) => operands.iter().for_each(|it| walk_expression(it, visit)),
        Expr::Collection(items) => items.iter().for_each(|it| walk_expression(it, visit)),
        Expr::Record(record) => {
            for (_, value) in record.members {
                walk_expression(value, visit);
            }
            walk(record.annotations, visit);
        }
        Expr::Null
        | Expr::Bool(_)
        | Expr::Int(_)
        | Expr::String(_)
        | Expr::EnumMember(_)
        | Expr::Path(_)
        | Expr::PropertyPath(_)
        | Expr::NavigationPropertyPath(_)
        | Expr::AnnotationPath(_) => {}
    }
}
