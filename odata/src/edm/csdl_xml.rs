//! `$metadata` as
//! [CSDL XML 4.0](https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/odata-csdl-xml-v4.01.html),
//! children in the order that the OASIS schema asks for (some readers of
//! Excel and Power BI refuse any other).

use super::{EntityType, Function, Model, Multiplicity, NavigationProperty, Property, Returns};

impl Model {
    /// The metadata document as XML.
    pub fn to_xml(&self) -> String {
        let mut xml = Xml::default();
        xml.text
            .push_str("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
        xml.open(
            "edmx:Edmx",
            &[
                ("Version", "4.0"),
                ("xmlns:edmx", "http://docs.oasis-open.org/odata/ns/edmx"),
            ],
        );
        xml.open("edmx:DataServices", &[]);
        xml.open(
            "Schema",
            &[
                ("Namespace", self.namespace),
                ("xmlns", "http://docs.oasis-open.org/odata/ns/edm"),
            ],
        );
        self.container(&mut xml);
        for entity_type in self.entity_types {
            self.entity(&mut xml, entity_type);
        }
        for function in self.functions {
            self.function_xml(&mut xml, function);
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
            xml.empty(
                "FunctionImport",
                &[
                    ("Name", import.name),
                    ("Function", &self.qualified(import.function)),
                    ("EntitySet", import.entity_set),
                ],
            );
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
        for property in entity_type.properties {
            write_property(xml, property);
        }
        for navigation in entity_type.navigation {
            self.navigation(xml, navigation);
        }
        xml.close("EntityType");
    }

    fn navigation(&self, xml: &mut Xml, navigation: &NavigationProperty) {
        let target = self.of(navigation.target, navigation.multiplicity);
        let mut attributes = vec![("Name", navigation.name), ("Type", target.as_str())];
        if let Some(partner) = navigation.partner {
            attributes.push(("Partner", partner));
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

    fn function_xml(&self, xml: &mut Xml, function: &Function) {
        let mut attributes = vec![("Name", function.name)];
        if function.composable {
            attributes.push(("IsComposable", "true"));
        }
        xml.open("Function", &attributes);
        let returns: Returns = function.returns;
        let name = self.of(returns.name(), returns.multiplicity());
        xml.empty("ReturnType", &[("Type", &name)]);
        xml.close("Function");
    }

    /// The name of a type or of the collection of it.
    fn of(&self, name: &str, multiplicity: Multiplicity) -> String {
        match multiplicity {
            Multiplicity::One => self.qualified(name),
            Multiplicity::Many => format!("Collection({})", self.qualified(name)),
        }
    }
}

fn write_property(xml: &mut Xml, property: &Property) {
    let max_length = property.max_length.map(|length| length.to_string());
    let precision = property.precision.map(|digits| digits.to_string());
    let mut attributes = vec![("Name", property.name), ("Type", property.primitive.name())];
    if !property.nullable {
        attributes.push(("Nullable", "false"));
    }
    if let Some(length) = &max_length {
        attributes.push(("MaxLength", length));
    }
    if let Some(digits) = &precision {
        attributes.push(("Precision", digits));
    }
    xml.empty("Property", &attributes);
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
