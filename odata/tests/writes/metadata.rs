//! How the model is described.

use odata::edm::{ComplexType, EntityType, Model, OpenApi, Primitive, Property};

use crate::CATALOG;

#[test]
fn xml_names_complex_types_collections_and_bound_operations() {
    let xml = CATALOG.to_xml();
    for line in [
        r#"<Property Name="tags" Type="Collection(CatalogService.Pair)" Nullable="false"/>"#,
        r#"<Property Name="owner" Type="CatalogService.Owner"/>"#,
        r#"<Property Name="words" Type="Collection(Edm.String)"/>"#,
        r#"<Action Name="copy" IsBound="true">"#,
        r#"<Parameter Name="in" Type="CatalogService.Objects" Nullable="false"/>"#,
        r#"<Parameter Name="in" Type="Collection(CatalogService.Objects)" Nullable="false"/>"#,
        r#"<Parameter Name="tags" Type="Collection(CatalogService.Pair)"/>"#,
        r#"<ReturnType Type="Edm.Stream"/>"#,
        r#"<ActionImport Name="sweep" Action="CatalogService.sweep"/>"#,
    ] {
        assert!(xml.contains(line), "{line}");
    }
}

#[test]
fn json_says_the_same() {
    let json: serde_json::Value = serde_json::from_str(&CATALOG.to_json()).unwrap();
    let schema = &json["CatalogService"];
    assert_eq!(
        schema["Objects"]["tags"],
        serde_json::json!({"$Collection": true, "$Type": "CatalogService.Pair"})
    );
    assert_eq!(
        schema["Objects"]["words"],
        serde_json::json!({"$Collection": true, "$Nullable": true})
    );
    assert_eq!(schema["Buckets"]["owner"]["$Type"], "CatalogService.Owner");
    assert_eq!(schema["copy"][0]["$IsBound"], true);
    assert_eq!(schema["delete"].as_array().map(Vec::len), Some(2));
}

#[test]
fn openapi_describes_them() {
    let json = CATALOG.to_openapi(&OpenApi::default());
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let schemas = &json["components"]["schemas"];
    let tags = &schemas["CatalogService.Objects"]["properties"]["tags"];
    assert_eq!(tags["type"], "array");
    assert_eq!(
        tags["items"]["$ref"],
        "#/components/schemas/CatalogService.Pair"
    );
    let owner = &schemas["CatalogService.Buckets"]["properties"]["owner"];
    assert_eq!(owner["anyOf"][1]["type"], "null");
    let zip = &json["paths"]["/Objects/CatalogService.zip(folder='{folder}')"]["get"];
    assert!(zip["responses"]["200"]["content"]["*/*"].is_object());
}

#[test]
fn a_complex_type_that_is_not_there_is_found() {
    static BROKEN: Model = Model::new("N")
        .entity_types(&[EntityType::new(
            "A",
            &["id"],
            &[
                Property::new("id", Primitive::String),
                Property::complex("x", "Nope"),
                Property::complex("y", "A"),
            ],
        )])
        .complex_types(&[ComplexType::new("B", &[Property::complex("b", "B")])]);
    assert_eq!(
        BROKEN.dangling(),
        ["A/x: complex type Nope", "A/y: complex type A"]
    );
}
