//! `$metadata` as
//! [CSDL JSON 4.01](https://docs.oasis-open.org/odata/odata-csdl-json/v4.01/odata-csdl-json-v4.01.html).

use super::{EntityType, Function, Model, Multiplicity, Primitive, Property};
use crate::body::Json;

impl Model {
    /// The metadata document as JSON.
    pub fn to_json(&self) -> String {
        let mut out = Vec::with_capacity(2048);
        let mut json = Json::new(&mut out);
        json.begin_object();
        json.key("$Version").string("4.01");
        json.key("$EntityContainer")
            .string(&self.qualified(self.container));
        json.key(self.namespace).begin_object();
        for entity_type in self.entity_types {
            self.entity_json(&mut json, entity_type);
        }
        for function in self.functions {
            self.function_json(&mut json, function);
        }
        self.container_json(&mut json);
        json.end_object();
        json.end_object();
        String::from_utf8(out).unwrap_or_default()
    }

    fn entity_json(&self, json: &mut Json<'_>, entity_type: &EntityType) {
        json.key(entity_type.name).begin_object();
        json.key("$Kind").string("EntityType");
        json.key("$Key").begin_array();
        for name in entity_type.key {
            json.item().string(name);
        }
        json.end_array();
        for property in entity_type.properties {
            write_property(json, property);
        }
        for navigation in entity_type.navigation {
            json.key(navigation.name).begin_object();
            json.key("$Kind").string("NavigationProperty");
            self.write_type(json, navigation.target, navigation.multiplicity);
            if let Some(partner) = navigation.partner {
                json.key("$Partner").string(partner);
            }
            if navigation.multiplicity == Multiplicity::One {
                json.key("$Nullable").boolean(true);
            }
            if !navigation.constraints.is_empty() {
                json.key("$ReferentialConstraint").begin_object();
                for (own, referenced) in navigation.constraints {
                    json.key(own).string(referenced);
                }
                json.end_object();
            }
            json.end_object();
        }
        json.end_object();
    }

    fn function_json(&self, json: &mut Json<'_>, function: &Function) {
        json.key(function.name).begin_array();
        json.item().begin_object();
        json.key("$Kind").string("Function");
        if function.composable {
            json.key("$IsComposable").boolean(true);
        }
        json.key("$ReturnType").begin_object();
        self.write_type(
            json,
            function.returns.name(),
            function.returns.multiplicity(),
        );
        if function.returns.multiplicity() == Multiplicity::One {
            json.key("$Nullable").boolean(true);
        }
        json.end_object();
        json.end_object();
        json.end_array();
    }

    fn container_json(&self, json: &mut Json<'_>) {
        json.key(self.container).begin_object();
        json.key("$Kind").string("EntityContainer");
        for set in self.entity_sets {
            json.key(set.name).begin_object();
            self.write_type(json, set.entity_type, Multiplicity::Many);
            if !set.bindings.is_empty() {
                json.key("$NavigationPropertyBinding").begin_object();
                for (path, target) in set.bindings {
                    json.key(path).string(target);
                }
                json.end_object();
            }
            json.end_object();
        }
        for import in self.function_imports {
            json.key(import.name).begin_object();
            json.key("$Function")
                .string(&self.qualified(import.function));
            json.key("$EntitySet").string(import.entity_set);
            json.end_object();
        }
        json.end_object();
    }

    fn write_type(&self, json: &mut Json<'_>, name: &str, multiplicity: Multiplicity) {
        if multiplicity == Multiplicity::Many {
            json.key("$Collection").boolean(true);
        }
        json.key("$Type").string(&self.qualified(name));
    }
}

fn write_property(json: &mut Json<'_>, property: &Property) {
    json.key(property.name).begin_object();
    // Edm.String is what a property without $Type has.
    if property.primitive != Primitive::String {
        json.key("$Type").string(property.primitive.name());
    }
    if property.nullable {
        json.key("$Nullable").boolean(true);
    }
    if let Some(length) = property.max_length {
        json.key("$MaxLength").number(length.into());
    }
    if let Some(digits) = property.precision {
        json.key("$Precision").number(digits.into());
    }
    json.end_object();
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
