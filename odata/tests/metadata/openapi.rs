//! The model for those who do not speak OData.

use odata::edm::{Annotation, EntitySet, Expr, Model, OpenApi};
use serde_json::Value;

use super::{constant, model};

fn described(model: &Model) -> Value {
    let service = OpenApi {
        title: "Shop",
        version: "1.2.3",
        root: "/shop/",
        ..OpenApi::default()
    };
    serde_json::from_str(&model.to_openapi(&service)).unwrap()
}

/// Methods and paths, `get /Orders`.
fn offered(document: &Value) -> Vec<String> {
    let paths = document["paths"].as_object().unwrap();
    let methods = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().keys();
        let methods = methods.filter(|it| *it != "parameters");
        methods.map(move |method| format!("{method} {path}"))
    });
    methods.collect()
}

#[test]
fn everything_that_a_service_offers_has_a_path() {
    let document = described(&model(&[]));
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["version"], "1.2.3");
    assert_eq!(document["servers"][0]["url"], "/shop");
    let mut offered = offered(&document);
    offered.sort();
    assert_eq!(
        offered,
        [
            "delete /Orders({id})",
            "get /Orders",
            "get /Orders({id})",
            "get /Orders({id})/Shop.age()",
            "get /Orders({id})/first",
            "get /Orders({id})/invoice",
            "get /Orders({id})/items",
            "get /Orders/$count",
            "get /late(since={since})",
            "patch /Orders({id})",
            "post /$batch",
            "post /Orders",
            "post /Orders({id})/Shop.send",
            "post /Orders/Shop.send",
            "post /close",
        ]
    );
    let ids: Vec<_> = document["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|item| item.as_object().unwrap().values())
        .filter_map(|call| call["operationId"].as_str())
        .collect();
    let mut once = ids.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), ids.len(), "{ids:?}");
}

#[test]
fn what_capabilities_rule_out_is_not_offered() {
    let restricted = |term, member| {
        let no = vec![(member, Expr::Bool(false))].leak();
        Annotation::new(term, Expr::record(no))
    };
    let annotations = vec![
        restricted("Capabilities.InsertRestrictions", "Insertable"),
        restricted("Capabilities.UpdateRestrictions", "Updatable"),
        restricted("Capabilities.DeleteRestrictions", "Deletable"),
        restricted("Capabilities.CountRestrictions", "Countable"),
        restricted("Capabilities.SearchRestrictions", "Searchable"),
        Annotation::new("Capabilities.SkipSupported", Expr::Bool(false)),
    ];
    let whole = model(&[]);
    let sets = vec![EntitySet::new("Orders", "Order").annotations(annotations.leak())];
    let model = Model::new("Shop")
        .entity_types(whole.entity_types)
        .entity_sets(sets.leak())
        .annotations(constant(Annotation::new(
            "Capabilities.BatchSupported",
            Expr::Bool(false),
        )));
    let document = described(&model);
    let mut offered = offered(&document);
    offered.sort();
    let navigation = ["first", "invoice", "items"];
    let navigation = navigation.map(|it| format!("get /Orders({{id}})/{it}"));
    let expected = ["get /Orders".to_owned(), "get /Orders({id})".to_owned()];
    assert_eq!(offered, [&expected[..], &navigation].concat());
    let parameters = document["paths"]["/Orders"]["get"]["parameters"].as_array();
    let options: Vec<_> = parameters
        .unwrap()
        .iter()
        .map(|it| it["$ref"].as_str().unwrap().rsplit('/').next().unwrap())
        .collect();
    assert_eq!(options, ["filter", "orderby", "top", "select", "expand"]);
}

#[test]
fn types_have_the_forms_that_bodies_have() {
    let document = described(&model(&[]));
    let order = &document["components"]["schemas"]["Shop.Order"]["properties"];
    assert_eq!(order["id"]["format"], "uuid");
    assert_eq!(order["total"]["type"][1], "string");
    assert_eq!(
        order["placed"]["type"],
        serde_json::json!(["string", "null"])
    );
    assert_eq!(order["code"]["maxLength"], 8);
    assert_eq!(order.get("invoice"), None);
    assert_eq!(
        order["items"]["items"]["$ref"],
        "#/components/schemas/Shop.Item"
    );
    let send = &document["paths"]["/Orders({id})/Shop.send"]["post"];
    let body = &send["requestBody"]["content"]["application/json"]["schema"]["properties"];
    assert_eq!(body["why"]["maxLength"], 80);
    assert_eq!(body["codes"]["items"]["type"][0], "integer");
}

#[test]
fn a_token_is_asked_for_where_the_service_asks_for_it() {
    let service = OpenApi {
        bearer_format: Some("JWT"),
        ..OpenApi::default()
    };
    let document: Value = serde_json::from_str(&model(&[]).to_openapi(&service)).unwrap();
    assert_eq!(document["security"][0]["bearer"], serde_json::json!([]));
    let scheme = &document["components"]["securitySchemes"]["bearer"];
    assert_eq!(scheme["bearerFormat"], "JWT");
    assert_eq!(described(&model(&[])).get("security"), None);
}
