//! `$metadata` as
//! [CSDL JSON 4.01](https://docs.oasis-open.org/odata/odata-csdl-json/v4.01/odata-csdl-json-v4.01.html),
//! annotations inside what they annotate.

use super::annotation::{Annotation, Expr};
use super::json::{Node, Object};
use super::operation::Operation;
use super::targets::Structured;
use super::vocabulary::Vocabulary;
use super::{Model, Multiplicity, NavigationProperty, Parameter, Primitive, Property, Type};

impl Model {
    /// The metadata document as JSON.
    pub fn to_json(&self) -> String {
        let mut document = Object::default().with("$Version", "4.01");
        let references =
            self.vocabularies()
                .into_iter()
                .fold(Object::default(), |references, vocabulary| {
                    let include = Object::default()
                        .with("$Namespace", vocabulary.namespace)
                        .with("$Alias", vocabulary.alias);
                    let included = Object::default().with("$Include", vec![include]);
                    references.with(format!("{}.json", vocabulary.uri), included)
                });
        if !references.is_empty() {
            document.put("$Reference", references);
        }
        document.put("$EntityContainer", self.qualified(self.container));
        let mut schema = Object::default();
        for it in self.entity_types {
            let mut written = Object::default().with("$Kind", "EntityType");
            written.put("$Key", it.key.to_vec());
            schema.put(it.name, self.structured_json(written, it.into()));
        }
        for it in self.structured_types().skip(self.entity_types.len()) {
            let written = Object::default().with("$Kind", "ComplexType");
            schema.put(it.name, self.structured_json(written, it));
        }
        self.operations_json(&mut schema);
        schema.put(self.container, self.container_json());
        document.put(self.namespace, schema);
        document.into_text()
    }

    fn structured_json(&self, mut written: Object, it: Structured) -> Object {
        for property in it.properties {
            written.put(property.name, self.property_json(property));
        }
        for navigation in it.navigation {
            written.put(navigation.name, self.navigation_json(navigation));
        }
        annotate(&mut written, "", it.annotations);
        written
    }

    fn property_json(&self, it: &Property) -> Object {
        let mut written = Object::default();
        self.put_type(&mut written, it.of, it.multiplicity);
        written.flag("$Nullable", it.nullable);
        written.option("$MaxLength", it.max_length);
        if let Type::Primitive(primitive) = it.of {
            put_digits(&mut written, primitive, it.precision, it.scale);
        }
        if !it.unicode {
            written.put("$Unicode", false);
        }
        annotate(&mut written, "", it.annotations);
        written
    }

    fn navigation_json(&self, it: &NavigationProperty) -> Object {
        let mut written = Object::default().with("$Kind", "NavigationProperty");
        self.put_type(&mut written, Type::Named(it.target), it.multiplicity);
        written.option("$Partner", it.partner);
        let one = it.multiplicity == Multiplicity::One;
        written.flag("$Nullable", one && it.nullable);
        written.flag("$ContainsTarget", it.contains_target);
        if !it.constraints.is_empty() {
            written.put("$ReferentialConstraint", pairs(it.constraints));
        }
        annotate(&mut written, "", it.annotations);
        written
    }

    /// Overloads of one name share a member.
    fn operations_json(&self, schema: &mut Object) {
        let mut named: Vec<(&str, Vec<Object>)> = Vec::new();
        for it in self.operations() {
            let written = self.operation_json(&it);
            match named.iter_mut().find(|(name, _)| *name == it.name) {
                Some((_, overloads)) => overloads.push(written),
                None => named.push((it.name, vec![written])),
            }
        }
        for (name, overloads) in named {
            schema.put(name, overloads);
        }
    }

    fn operation_json(&self, it: &Operation) -> Object {
        let mut written = Object::default().with("$Kind", it.kind);
        written.flag("$IsBound", it.bound);
        written.flag("$IsComposable", it.composable);
        if !it.parameters.is_empty() {
            let parameters = it.parameters.iter().map(|it| self.parameter_json(it));
            written.put("$Parameter", parameters.collect::<Vec<_>>());
        }
        if let Some(returns) = it.returns {
            let mut result = Object::default();
            self.put_type(&mut result, returns.of(), returns.multiplicity());
            result.flag("$Nullable", returns.multiplicity() == Multiplicity::One);
            written.put("$ReturnType", result);
        }
        annotate(&mut written, "", it.annotations);
        written
    }

    fn parameter_json(&self, it: &Parameter) -> Object {
        let mut written = Object::default().with("$Name", it.name);
        self.put_type(&mut written, it.of, it.multiplicity);
        let one = it.multiplicity == Multiplicity::One;
        written.flag("$Nullable", one && it.nullable);
        written.option("$MaxLength", it.max_length);
        if let Type::Primitive(primitive) = it.of {
            put_digits(&mut written, primitive, it.precision, None);
        }
        annotate(&mut written, "", it.annotations);
        written
    }

    fn container_json(&self) -> Object {
        let mut container = Object::default().with("$Kind", "EntityContainer");
        for set in self.entity_sets {
            let mut written = Object::default();
            self.put_type(
                &mut written,
                Type::Named(set.entity_type),
                Multiplicity::Many,
            );
            if !set.bindings.is_empty() {
                written.put("$NavigationPropertyBinding", pairs(set.bindings));
            }
            annotate(&mut written, "", set.annotations);
            container.put(set.name, written);
        }
        for import in self.function_imports {
            let mut written = Object::default()
                .with("$Function", self.qualified(import.function))
                .with("$EntitySet", import.entity_set);
            annotate(&mut written, "", import.annotations);
            container.put(import.name, written);
        }
        for import in self.action_imports {
            let mut written = Object::default().with("$Action", self.qualified(import.action));
            written.option("$EntitySet", import.entity_set);
            annotate(&mut written, "", import.annotations);
            container.put(import.name, written);
        }
        annotate(&mut container, "", self.annotations);
        container
    }

    fn put_type(&self, written: &mut Object, of: Type, multiplicity: Multiplicity) {
        written.flag("$Collection", multiplicity == Multiplicity::Many);
        // Edm.String is what something without $Type has.
        if of != Type::Primitive(Primitive::String) {
            written.put("$Type", self.type_name(of, Multiplicity::One));
        }
    }
}

/// Puts annotations of the object, or of its member `of`.
fn annotate(written: &mut Object, of: &str, annotations: &[Annotation]) {
    for annotation in annotations {
        let name = format!("{of}@{}", annotation.name());
        written.put(name.as_str(), expression_json(&annotation.value));
        annotate(written, &name, annotation.annotations);
    }
}

fn expression_json(expression: &Expr) -> Node {
    let all = |items: &[Expr]| -> Vec<Node> { items.iter().map(expression_json).collect() };
    match expression {
        Expr::Null => Node::Raw("null"),
        Expr::Bool(value) => Node::Bool(*value),
        Expr::Int(value) => Node::Int(*value),
        Expr::EnumMember(members) => {
            let names = members.split(' ').filter_map(|it| it.rsplit('/').next());
            names.collect::<Vec<_>>().join(",").into()
        }
        Expr::Path(path) => Object::default().with("$Path", *path).into(),
        Expr::String(text)
        | Expr::PropertyPath(text)
        | Expr::NavigationPropertyPath(text)
        | Expr::AnnotationPath(text) => (*text).into(),
        Expr::If(operands) => Object::default().with("$If", all(&operands[..])).into(),
        Expr::Collection(items) => all(items).into(),
        Expr::Record(record) => {
            let mut written = Object::default();
            written.option("@type", record.of_type.map(type_uri));
            for (name, value) in record.members {
                written.put(*name, expression_json(value));
            }
            annotate(&mut written, "", record.annotations);
            written.into()
        }
    }
}

/// A type as control information names it: document and qualified name
/// ([JSON Format 4.6.3](https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html#sec_ControlInformationtypeodatatype)).
fn type_uri(name: &str) -> String {
    let known = |(alias, short)| Some((Vocabulary::find(alias)?, short));
    name.rsplit_once('.').and_then(known).map_or_else(
        || format!("#{name}"),
        |(it, short)| format!("{}.json#{}.{short}", it.uri, it.namespace),
    )
}

/// Precision and scale; unlike in XML, none is not zero.
fn put_digits(
    written: &mut Object,
    primitive: Primitive,
    precision: Option<u8>,
    scale: Option<u8>,
) {
    let temporal = matches!(
        primitive,
        Primitive::DateTimeOffset | Primitive::Duration | Primitive::TimeOfDay
    );
    let digits = |given: Option<u8>, otherwise: bool| given.or(otherwise.then_some(0));
    written.option("$Precision", digits(precision, temporal).map(u32::from));
    let decimal = primitive == Primitive::Decimal;
    written.option("$Scale", digits(scale, decimal).map(u32::from));
}

fn pairs(pairs: &[(&str, &str)]) -> Object {
    let put = |object: Object, (name, value): &(&str, &str)| object.with(*name, *value);
    pairs.iter().fold(Object::default(), put)
}

#[cfg(test)]
mod tests {
    use crate::testing::CATALOG;

    #[test]
    fn the_model_is_written_as_json_schema_names_it() {
        let json: serde_json::Value = serde_json::from_str(&CATALOG.to_json()).unwrap();
        let buckets = &json["CatalogService"]["Buckets"];
        assert_eq!(json["$EntityContainer"], "CatalogService.EntityContainer");
        assert_eq!(buckets["$Key"][0], "id");
        assert_eq!(buckets["name"]["$Nullable"], true);
        assert_eq!(buckets["created"]["$Type"], "Edm.DateTimeOffset");
        assert_eq!(buckets["objects"]["$Collection"], true);
        assert_eq!(
            json["CatalogService"]["EntityContainer"]["getBuckets"]["$Function"],
            "CatalogService.getBuckets"
        );
    }
}
