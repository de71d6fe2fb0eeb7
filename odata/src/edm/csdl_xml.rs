//! `$metadata` as
//! [CSDL XML 4.0](https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/odata-csdl-xml-v4.01.html),
//! children in the order that the OASIS schema asks for (some readers of
//! Excel and Power BI refuse any other).
//!
//! Annotations stand apart from what they annotate, in `Annotations` elements
//! at the end: SAP's tools for Fiori elements read no others.

use std::borrow::Cow;

use super::annotation::{Annotation, Expr};
use super::operation::Operation;
use super::targets::Structured;
use super::{EntityType, Model, Multiplicity, NavigationProperty, Property, Type};

impl Model {
    /// The metadata document as XML.
    pub fn to_xml(&self) -> String {
        let mut xml = Xml::default();
        xml.text
            .push_str("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
        let edmx = "http://docs.oasis-open.org/odata/ns/edmx";
        xml.open("edmx:Edmx", &[("Version", "4.0"), ("xmlns:edmx", edmx)]);
        for vocabulary in self.vocabularies() {
            let uri = format!("{}.xml", vocabulary.uri);
            xml.open("edmx:Reference", &[("Uri", &uri)]);
            let namespace = ("Namespace", vocabulary.namespace.as_str());
            xml.empty("edmx:Include", &[namespace, ("Alias", vocabulary.alias)]);
            xml.close("edmx:Reference");
        }
        xml.open("edmx:DataServices", &[]);
        let edm = "http://docs.oasis-open.org/odata/ns/edm";
        xml.open("Schema", &[("Namespace", self.namespace), ("xmlns", edm)]);
        self.container(&mut xml);
        for entity_type in self.entity_types {
            self.entity(&mut xml, entity_type);
        }
        for complex_type in self.complex_types {
            xml.open("ComplexType", &[("Name", complex_type.name)]);
            for property in complex_type.properties {
                self.property(&mut xml, property);
            }
            xml.close("ComplexType");
        }
        for operation in self.operations() {
            self.operation(&mut xml, &operation);
        }
        for target in self.targets() {
            xml.open("Annotations", &[("Target", &target.name)]);
            write_annotations(&mut xml, target.annotations);
            xml.close("Annotations");
        }
        xml.close("Schema");
        xml.close("edmx:DataServices");
        xml.close("edmx:Edmx");
        xml.text
    }

    fn container(&self, xml: &mut Xml) {
        xml.open("EntityContainer", &[("Name", self.container)]);
        for set in self.entity_sets {
            let entity_type = self.qualified(set.entity_type);
            let attributes = [("Name", set.name), ("EntityType", &entity_type)];
            if set.bindings.is_empty() {
                xml.empty("EntitySet", &attributes);
                continue;
            }
            xml.open("EntitySet", &attributes);
            for (path, target) in set.bindings {
                xml.empty(
                    "NavigationPropertyBinding",
                    &[("Path", path), ("Target", target)],
                );
            }
            xml.close("EntitySet");
        }
        for import in self.function_imports {
            let function = self.qualified(import.function);
            let attributes = [("Name", import.name), ("Function", &function)];
            let set = ("EntitySet", import.entity_set);
            xml.empty("FunctionImport", &[&attributes[..], &[set]].concat());
        }
        for import in self.action_imports {
            let action = self.qualified(import.action);
            let mut attributes = vec![("Name", import.name), ("Action", &action)];
            attributes.extend(import.entity_set.map(|set| ("EntitySet", set)));
            xml.empty("ActionImport", &attributes);
        }
        xml.close("EntityContainer");
    }

    fn entity(&self, xml: &mut Xml, entity_type: &EntityType) {
        xml.open("EntityType", &[("Name", entity_type.name)]);
        xml.open("Key", &[]);
        for name in entity_type.key {
            xml.empty("PropertyRef", &[("Name", name)]);
        }
        xml.close("Key");
        let Structured {
            properties,
            navigation,
            ..
        } = entity_type.into();
        for property in properties {
            self.property(xml, property);
        }
        for property in navigation {
            self.navigation(xml, property);
        }
        xml.close("EntityType");
    }

    fn property(&self, xml: &mut Xml, it: &Property) {
        let facets = facets(
            it.nullable,
            it.max_length,
            it.precision,
            it.scale,
            it.unicode,
        );
        let of = self.type_name(it.of, it.multiplicity);
        let name = [("Name", it.name), ("Type", of.as_str())];
        write_typed(xml, "Property", &name, &facets);
    }

    fn navigation(&self, xml: &mut Xml, navigation: &NavigationProperty) {
        let target = self.type_name(Type::Named(navigation.target), navigation.multiplicity);
        let mut attributes = vec![("Name", navigation.name), ("Type", target.as_str())];
        if !navigation.nullable && navigation.multiplicity == Multiplicity::One {
            attributes.push(("Nullable", "false"));
        }
        attributes.extend(navigation.partner.map(|partner| ("Partner", partner)));
        if navigation.contains_target {
            attributes.push(("ContainsTarget", "true"));
        }
        if navigation.constraints.is_empty() {
            return xml.empty("NavigationProperty", &attributes);
        }
        xml.open("NavigationProperty", &attributes);
        for (own, referenced) in navigation.constraints {
            xml.empty(
                "ReferentialConstraint",
                &[("Property", own), ("ReferencedProperty", referenced)],
            );
        }
        xml.close("NavigationProperty");
    }

    fn operation(&self, xml: &mut Xml, operation: &Operation) {
        let mut attributes = vec![("Name", operation.name)];
        for (name, value) in [
            ("IsBound", operation.bound),
            ("IsComposable", operation.composable),
        ] {
            if value {
                attributes.push((name, "true"));
            }
        }
        xml.open(operation.kind, &attributes);
        for it in operation.parameters {
            let facets = facets(it.nullable, it.max_length, it.precision, None, true);
            let of = self.type_name(it.of, it.multiplicity);
            write_typed(
                xml,
                "Parameter",
                &[("Name", it.name), ("Type", &of)],
                &facets,
            );
        }
        if let Some(returns) = operation.returns {
            let name = self.type_name(returns.of(), returns.multiplicity());
            xml.empty("ReturnType", &[("Type", &name)]);
        }
        xml.close(operation.kind);
    }
}

type Facets = Vec<(&'static str, String)>;

fn facets(
    nullable: bool,
    max_length: Option<u32>,
    precision: Option<u8>,
    scale: Option<u8>,
    unicode: bool,
) -> Facets {
    let number = |value: Option<u8>| value.map(|it| it.to_string());
    let written = [
        ("Nullable", (!nullable).then(|| "false".to_owned())),
        ("MaxLength", max_length.map(|it| it.to_string())),
        ("Precision", number(precision)),
        ("Scale", number(scale)),
        ("Unicode", (!unicode).then(|| "false".to_owned())),
    ];
    let given = |(name, value): (_, Option<String>)| Some((name, value?));
    written.into_iter().filter_map(given).collect()
}

fn write_typed(xml: &mut Xml, element: &str, name: &[(&str, &str)], facets: &Facets) {
    let facets = facets.iter().map(|(name, value)| (*name, value.as_str()));
    let attributes: Vec<_> = name.iter().copied().chain(facets).collect();
    xml.empty(element, &attributes);
}

fn write_annotations(xml: &mut Xml, annotations: &[Annotation]) {
    for annotation in annotations {
        let qualifier = annotation.qualifier.map(|it| ("Qualifier", it));
        let names = [Some(("Term", annotation.term)), qualifier];
        let nested = annotation.annotations;
        write_holder(xml, "Annotation", names, &annotation.value, nested);
    }
}

/// An element that holds one expression, and annotations.
fn write_holder(
    xml: &mut Xml,
    element: &str,
    names: [Option<(&str, &str)>; 2],
    value: &Expr,
    annotations: &[Annotation],
) {
    let constant = constant(value);
    let inline = constant.as_ref().map(|(kind, text)| (*kind, text.as_ref()));
    let attributes: Vec<_> = names.into_iter().flatten().chain(inline).collect();
    if constant.is_some() && annotations.is_empty() {
        return xml.empty(element, &attributes);
    }
    xml.open(element, &attributes);
    if constant.is_none() {
        write_expression(xml, value);
    }
    write_annotations(xml, annotations);
    xml.close(element);
}

/// Kind and text of an expression that an attribute can hold.
fn constant(expression: &Expr) -> Option<(&'static str, Cow<'static, str>)> {
    let text = Cow::Borrowed;
    Some(match *expression {
        Expr::Bool(value) => ("Bool", text(if value { "true" } else { "false" })),
        Expr::Int(value) => ("Int", value.to_string().into()),
        Expr::String(value) => ("String", text(value)),
        Expr::EnumMember(members) => ("EnumMember", text(members)),
        Expr::Path(path) => ("Path", text(path)),
        Expr::PropertyPath(path) => ("PropertyPath", text(path)),
        Expr::NavigationPropertyPath(path) => ("NavigationPropertyPath", text(path)),
        Expr::AnnotationPath(path) => ("AnnotationPath", text(path)),
        Expr::Null | Expr::If(_) | Expr::Collection(_) | Expr::Record(_) => return None,
    })
}

fn write_expression(xml: &mut Xml, expression: &Expr) {
    if let Some((kind, text)) = constant(expression) {
        return xml.leaf(kind, &text);
    }
    let mut group = |element, items: &[Expr]| {
        xml.open(element, &[]);
        for item in items {
            write_expression(xml, item);
        }
        xml.close(element);
    };
    if let Expr::If(operands) = expression {
        group("If", operands.as_slice());
    } else if let Expr::Collection(items) = expression {
        group("Collection", items);
    } else if let Expr::Record(record) = expression {
        let of_type = record.of_type.map(|it| ("Type", it));
        xml.open("Record", of_type.as_slice());
        for (name, value) in record.members {
            let names = [Some(("Property", *name)), None];
            write_holder(xml, "PropertyValue", names, value, &[]);
        }
        write_annotations(xml, record.annotations);
        xml.close("Record");
    } else {
        xml.empty("Null", &[]);
    }
}

/// Writes elements, indented by their depth.
#[derive(Debug, Default)]
struct Xml {
    text: String,
    depth: usize,
}

impl Xml {
    fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.start(name, attributes);
        self.text.push_str(">\n");
        self.depth += 1;
    }

    fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.start(name, attributes);
        self.text.push_str("/>\n");
    }

    fn leaf(&mut self, name: &str, text: &str) {
        self.start(name, &[]);
        self.text.push('>');
        self.escape(text);
        self.text.push_str("</");
        self.text.push_str(name);
        self.text.push_str(">\n");
    }

    fn close(&mut self, name: &str) {
        self.depth = self.depth.saturating_sub(1);
        self.indent();
        self.text.push_str("</");
        self.text.push_str(name);
        self.text.push_str(">\n");
    }

    fn start(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.indent();
        self.text.push('<');
        self.text.push_str(name);
        for (attribute, value) in attributes {
            self.text.push(' ');
            self.text.push_str(attribute);
            self.text.push_str("=\"");
            self.escape(value);
            self.text.push('"');
        }
    }

    fn indent(&mut self) {
        for _ in 0..self.depth {
            self.text.push_str("  ");
        }
    }

    fn escape(&mut self, value: &str) {
        for character in value.chars() {
            match character {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                '"' => self.text.push_str("&quot;"),
                '\n' | '\r' | '\t' => {
                    // Readers turn raw white space in attributes into blanks.
                    self.text.push_str("&#");
                    self.text.push_str(&u32::from(character).to_string());
                    self.text.push(';');
                }
                other => self.text.push(other),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::CATALOG;

    #[test]
    fn metadata_is_written_in_the_order_of_the_schema() {
        assert_eq!(
            CATALOG.to_xml(),
            include_str!("../../tests/data/catalog.xml")
        );
    }

    #[test]
    fn attribute_values_are_escaped() {
        let mut xml = Xml::default();
        xml.empty("A", &[("b", "<&\">\n'")]);
        assert_eq!(xml.text, "<A b=\"&lt;&amp;&quot;&gt;&#10;'\"/>\n");
    }
}
