//! Each kind of expression, letter by letter, in both formats.

use odata::edm::{Annotation, EntitySet, EntityType, Expr, Model, Primitive, Property, Record};

use super::{constant, label, model};

/// What is written for an annotation of an entity type, without the indent.
fn written(annotation: Annotation) -> (String, String) {
    let properties = vec![Property::new("id", Primitive::String).required()];
    let of = EntityType::new("T", &["id"], properties.leak()).annotations(constant(annotation));
    let model = Model::new("N")
        .entity_types(vec![of].leak())
        .entity_sets(&const { [EntitySet::new("Ts", "T")] });
    let xml = model.to_xml();
    let (_, xml) = xml.split_once("<Annotations Target=\"N.T\">\n").unwrap();
    let (xml, _) = xml.split_once("</Annotations>").unwrap();
    let json = model.to_json();
    let (_, json) = json.split_once(r#""id":{},"#).unwrap();
    let (json, _) = json.split_once(r#"},"EntityContainer""#).unwrap();
    let lines = xml.lines().map(str::trim);
    (lines.collect::<Vec<_>>().concat(), json.to_owned())
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn every_kind_of_expression_is_written_as_the_formats_ask() {
    const RECORD: Expr = Expr::record(&[("A", Expr::Bool(false)), ("B", Expr::record(&[]))]);
    let cases = [
        (
            Expr::Null,
            r#"<Annotation Term="UI.T"><Null/></Annotation>"#,
            "null",
        ),
        (
            Expr::Bool(true),
            r#"<Annotation Term="UI.T" Bool="true"/>"#,
            "true",
        ),
        (Expr::Int(-7), r#"<Annotation Term="UI.T" Int="-7"/>"#, "-7"),
        (
            Expr::String("a"),
            r#"<Annotation Term="UI.T" String="a"/>"#,
            r#""a""#,
        ),
        (
            Expr::EnumMember("UI.E/A UI.E/B"),
            r#"<Annotation Term="UI.T" EnumMember="UI.E/A UI.E/B"/>"#,
            r#""A,B""#,
        ),
        (
            Expr::Path("id"),
            r#"<Annotation Term="UI.T" Path="id"/>"#,
            r#"{"$Path":"id"}"#,
        ),
        (
            Expr::PropertyPath("id"),
            r#"<Annotation Term="UI.T" PropertyPath="id"/>"#,
            r#""id""#,
        ),
        (
            Expr::NavigationPropertyPath("to"),
            r#"<Annotation Term="UI.T" NavigationPropertyPath="to"/>"#,
            r#""to""#,
        ),
        (
            Expr::AnnotationPath("to/@UI.LineItem#q"),
            r#"<Annotation Term="UI.T" AnnotationPath="to/@UI.LineItem#q"/>"#,
            r#""to/@UI.LineItem#q""#,
        ),
        (
            Expr::If(&[Expr::Path("id"), Expr::Int(1), Expr::Null]),
            r#"<Annotation Term="UI.T"><If><Path>id</Path><Int>1</Int><Null/></If></Annotation>"#,
            r#"{"$If":[{"$Path":"id"},1,null]}"#,
        ),
        (
            Expr::Collection(&[Expr::String("a"), Expr::PropertyPath("id")]),
            r#"<Annotation Term="UI.T"><Collection><String>a</String><PropertyPath>id</PropertyPath></Collection></Annotation>"#,
            r#"["a","id"]"#,
        ),
        (
            Expr::Collection(&[]),
            r#"<Annotation Term="UI.T"><Collection></Collection></Annotation>"#,
            "[]",
        ),
        (
            RECORD,
            r#"<Annotation Term="UI.T"><Record><PropertyValue Property="A" Bool="false"/><PropertyValue Property="B"><Record></Record></PropertyValue></Record></Annotation>"#,
            r#"{"A":false,"B":{}}"#,
        ),
        (
            Expr::typed("N.T", &[]),
            r#"<Annotation Term="UI.T"><Record Type="N.T"></Record></Annotation>"#,
            r##"{"@type":"#N.T"}"##,
        ),
    ];
    for (value, xml, json) in cases {
        let seen = written(Annotation::new("UI.T", value));
        assert_eq!(seen, (xml.to_owned(), format!(r#""@UI.T":{json}"#)));
    }
}

#[test]
fn records_and_annotations_are_annotated() {
    const FIELD: Expr = Expr::Record(
        Record::new("UI.DataField", &[("Value", Expr::Path("id"))]).annotations(&[
            Annotation::new("UI.Importance", Expr::EnumMember("UI.ImportanceType/High")),
        ]),
    );
    let (xml, json) = written(
        Annotation::new("UI.LineItem", Expr::Collection(&[FIELD]))
            .qualifier("Small")
            .annotations(constant(label("x"))),
    );
    assert_eq!(
        xml,
        "<Annotation Term=\"UI.LineItem\" Qualifier=\"Small\"><Collection>\
         <Record Type=\"UI.DataField\"><PropertyValue Property=\"Value\" Path=\"id\"/>\
         <Annotation Term=\"UI.Importance\" EnumMember=\"UI.ImportanceType/High\"/></Record>\
         </Collection><Annotation Term=\"Common.Label\" String=\"x\"/></Annotation>"
    );
    assert_eq!(
        json,
        "\"@UI.LineItem#Small\":[{\"@type\":\"https://sap.github.io/odata-vocabularies/vocabularies/UI.json#com.sap.vocabularies.UI.v1.DataField\",\
         \"Value\":{\"$Path\":\"id\"},\"@UI.Importance\":\"High\"}],\
         \"@UI.LineItem#Small@Common.Label\":\"x\""
    );
}

#[test]
fn what_has_a_meaning_in_xml_or_json_is_escaped() {
    let text = "<a b=\"1\">&'</a>\n\t\\";
    let (xml, json) = written(Annotation::new("UI.T", Expr::String(text)));
    assert_eq!(
        xml,
        r#"<Annotation Term="UI.T" String="&lt;a b=&quot;1&quot;&gt;&amp;'&lt;/a&gt;&#10;&#9;\"/>"#
    );
    assert_eq!(json, r#""@UI.T":"<a b=\"1\">&'</a>\n\t\\""#);
    let many = Expr::Collection(vec![Expr::String("<&>")].leak());
    let (xml, _) = written(Annotation::new("UI.T", many));
    assert!(xml.contains("<String>&lt;&amp;&gt;</String>"), "{xml}");
}

#[test]
fn documents_refer_to_the_vocabularies_that_are_used_and_no_others() {
    let model = model(constant(
        Annotation::new("Common.Text", Expr::Path("code")).annotations(constant(Annotation::new(
            "UI.TextArrangement",
            Expr::EnumMember("UI.X/Y"),
        ))),
    ));
    let xml = model.to_xml();
    assert_eq!(xml.matches("<edmx:Reference").count(), 2);
    assert!(xml.contains(concat!(
        "  <edmx:Reference Uri=\"https://sap.github.io/odata-vocabularies/vocabularies/UI.xml\">\n",
        "    <edmx:Include Namespace=\"com.sap.vocabularies.UI.v1\" Alias=\"UI\"/>\n",
        "  </edmx:Reference>\n"
    )));
    let json: serde_json::Value = serde_json::from_str(&model.to_json()).unwrap();
    let references = json["$Reference"].as_object().unwrap();
    assert_eq!(references.len(), 2);
    let common = &references["https://sap.github.io/odata-vocabularies/vocabularies/Common.json"];
    assert_eq!(common["$Include"][0]["$Alias"], "Common");
    assert!(!super::model(&[]).to_json().contains("$Reference"));
}

#[test]
fn every_part_of_a_model_can_be_annotated() {
    let xml = model(constant(label("x"))).to_xml();
    let targets: Vec<_> = xml
        .split("<Annotations Target=\"Shop.")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert_eq!(
        targets,
        [
            "EntityContainer",
            "EntityContainer/Orders",
            "EntityContainer/late",
            "EntityContainer/close",
            "Order",
            "Order/total",
            "Order/items",
            "Address",
            "Address/city",
            "send(Shop.Order)",
            "send(Shop.Order)/why",
            "close()",
            "late(Edm.DateTimeOffset)",
            "late(Edm.DateTimeOffset)/since",
        ]
    );
}

#[test]
fn facets_and_operations_are_written_in_both_formats() {
    let model = model(&[]);
    let xml = model.to_xml();
    for line in [
        r#"<Property Name="total" Type="Edm.Decimal" Precision="9" Scale="2"/>"#,
        r#"<Property Name="code" Type="Edm.String" MaxLength="8" Unicode="false"/>"#,
        r#"<NavigationProperty Name="items" Type="Collection(Shop.Item)" ContainsTarget="true"/>"#,
        r#"<NavigationProperty Name="first" Type="Shop.Item" Nullable="false"/>"#,
        r#"<ComplexType Name="Address">"#,
        r#"<Action Name="send" IsBound="true">"#,
        r#"<Parameter Name="why" Type="Edm.String" MaxLength="80"/>"#,
        r#"<Parameter Name="codes" Type="Collection(Edm.Int32)"/>"#,
        r#"<ReturnType Type="Shop.Address"/>"#,
        r#"<Function Name="late" IsComposable="true">"#,
        r#"<ActionImport Name="close" Action="Shop.close"/>"#,
    ] {
        assert!(xml.contains(line), "{line}\n{xml}");
    }
    let json: serde_json::Value = serde_json::from_str(&model.to_json()).unwrap();
    let shop = &json["Shop"];
    assert_eq!(shop["send"].as_array().unwrap().len(), 2);
    assert_eq!(shop["send"][1]["$Parameter"][0]["$Collection"], true);
    // what XML leaves out has another meaning in JSON
    assert_eq!(shop["Order"]["weight"]["$Scale"], 0);
    assert_eq!(shop["Order"]["paid"]["$Precision"], 0);
    assert_eq!(shop["Order"]["code"]["$Unicode"], false);
    assert_eq!(shop["Order"]["items"]["$ContainsTarget"], true);
    assert_eq!(shop["Order"]["first"].get("$Nullable"), None);
    assert_eq!(shop["EntityContainer"]["close"]["$Action"], "Shop.close");
}
