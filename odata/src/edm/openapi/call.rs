//! One method of one path.

use super::super::annotation::{Annotation, Expr};
use super::super::json::Object;
use super::super::{EntityType, Model, Multiplicity, Property};
use super::schema;

/// A method in the making, which is what the specification calls an operation.
pub(super) struct Call(Object);

impl Call {
    /// `name` is unique among the calls with the tag.
    pub(super) fn new(tag: &str, name: &str) -> Self {
        let id = if tag == name {
            name.to_owned()
        } else {
            format!("{tag}.{name}")
        };
        let call = Object::default().with("operationId", id);
        Self(call.with("tags", vec![tag]))
    }

    /// Query options, by their names without `$`.
    pub(super) fn query(self, options: &[&str]) -> Self {
        if options.is_empty() {
            return self;
        }
        let refer = |name: &&str| pointer("parameters", name);
        let options: Vec<_> = options.iter().map(refer).collect();
        Self(self.0.with("parameters", options))
    }

    pub(super) fn takes(self, schema: Object) -> Self {
        if schema.is_empty() {
            return self;
        }
        let body = Object::default()
            .with("required", true)
            .with("content", content("application/json", schema));
        Self(self.0.with("requestBody", body))
    }

    pub(super) fn answers(self, schema: Object) -> Object {
        self.gives("200", "application/json", schema)
    }

    pub(super) fn gives(self, status: &str, media_type: &str, schema: Object) -> Object {
        let answer = Object::default()
            .with("description", "Success")
            .with("content", content(media_type, schema));
        self.end(status, answer)
    }

    /// Nothing is answered.
    pub(super) fn done(self) -> Object {
        self.end("204", Object::default().with("description", "Success"))
    }

    fn end(self, status: &str, answer: Object) -> Object {
        let answers = Object::default()
            .with(status, answer)
            .with("default", pointer("responses", "error"));
        self.0.with("responses", answers)
    }
}

fn content(media_type: &str, schema: Object) -> Object {
    let of_type = if schema.is_empty() {
        Object::default()
    } else {
        Object::default().with("schema", schema)
    };
    Object::default().with(media_type, of_type)
}

pub(super) fn pointer(section: &str, name: &str) -> Object {
    Object::default().with("$ref", format!("#/components/{section}/{name}"))
}

/// The query options, as parameters.json describes them.
const OPTIONS: [&str; 8] = [
    "filter", "search", "orderby", "top", "skip", "count", "select", "expand",
];

/// The query options for entities that are annotated so.
pub(super) fn options(
    annotations: &[Annotation],
    of: &EntityType,
    multiplicity: Multiplicity,
) -> Vec<&'static str> {
    let many =
        |term, member| multiplicity == Multiplicity::Many && offers(annotations, term, member);
    let offered = |name: &&str| match *name {
        "filter" => many("FilterRestrictions", "Filterable"),
        "search" => many("SearchRestrictions", "Searchable"),
        "orderby" => many("SortRestrictions", "Sortable"),
        "top" => many("TopSupported", ""),
        "skip" => many("SkipSupported", ""),
        "count" => many("CountRestrictions", "Countable"),
        "expand" => {
            !of.navigation.is_empty() && offers(annotations, "ExpandRestrictions", "Expandable")
        }
        _ => true,
    };
    OPTIONS.into_iter().filter(offered).collect()
}

/// Whether a term of the Capabilities vocabulary leaves something open.
pub(super) fn offers(annotations: &[Annotation], term: &str, member: &str) -> bool {
    let named = |it: &&Annotation| it.term.strip_prefix("Capabilities.") == Some(term);
    match annotations.iter().find(named).map(|it| it.value) {
        Some(Expr::Record(record)) => record.member(member) != Some(&Expr::Bool(false)),
        Some(value) => value != Expr::Bool(false),
        None => true,
    }
}

pub(super) fn path_parameter(name: &str, schema: Object) -> Object {
    Object::default()
        .with("name", name)
        .with("in", "path")
        .with("required", true)
        .with("schema", schema)
}

pub(super) fn key_parameter(model: &Model, key: &Property) -> Option<Object> {
    Some(path_parameter(key.name, schema::property(model, key)?))
}
