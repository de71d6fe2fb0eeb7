//! The model as [OpenAPI 3.1](https://spec.openapis.org/oas/v3.1.0), for
//! people and tools that do not speak OData.
//!
//! What an entity set offers follows from its annotations with the
//! Capabilities vocabulary; what they leave open is offered. Navigation is
//! described one step deep, media streams for reading.

mod call;
mod schema;

use super::json::{Node, Object};
use super::operation::Operation;
use super::{EntitySet, EntityType, Model, Multiplicity, Primitive, Returns, Type};
use call::{Call, offers, options};

/// What the model does not know about the service.
#[derive(Debug, Clone, Copy, Default)]
pub struct OpenApi<'a> {
    /// Name of the service.
    pub title: &'a str,
    /// Version of the service.
    pub version: &'a str,
    /// URL of the service root, absolute or from the server's root.
    pub root: &'a str,
    /// What the service is for.
    pub description: Option<&'a str>,
    /// Format of the bearer token that requests carry, e.g. `JWT`.
    pub bearer_format: Option<&'a str>,
}

impl Model {
    /// The description as JSON.
    pub fn to_openapi(&self, service: &OpenApi<'_>) -> String {
        let mut info = Object::default().with("title", service.title);
        info.option("description", service.description);
        info.put("version", service.version);
        let server = Object::default().with("url", service.root.trim_end_matches('/'));
        let tag = |set: &EntitySet| Object::default().with("name", set.name);
        let tags: Vec<_> = self.entity_sets.iter().map(tag).collect();
        let mut components = Object::default()
            .with("schemas", schema::types(self))
            .with(
                "parameters",
                Node::Raw(include_str!("openapi/parameters.json")),
            )
            .with(
                "responses",
                Node::Raw(include_str!("openapi/responses.json")),
            );
        let mut document = Object::default()
            .with("openapi", "3.1.0")
            .with("info", info)
            .with("servers", vec![server])
            .with("tags", tags);
        if let Some(format) = service.bearer_format {
            let scheme = Object::default()
                .with("type", "http")
                .with("scheme", "bearer")
                .with("bearerFormat", format);
            components.put("securitySchemes", Object::default().with("bearer", scheme));
            let wanted = Object::default().with("bearer", Vec::<Node>::new());
            document.put("security", vec![wanted]);
        }
        document.put("paths", Paths::of(self));
        document.put("components", components);
        document.into_text()
    }
}

/// The resources of a service and what can be done with them.
struct Paths<'m> {
    model: &'m Model,
    written: Object,
}

impl<'m> Paths<'m> {
    fn of(model: &'m Model) -> Object {
        let written = Object::default();
        let mut paths = Self { model, written };
        for set in model.entity_sets {
            if let Some(of) = model.entity_type(set.entity_type) {
                paths.collection(set, of);
                paths.entity(set, of);
            }
        }
        for it in model.function_imports {
            if let Some(function) = model.function(it.function) {
                let set = model.entity_set(it.entity_set);
                let query = set.filter(|_| function.composable).and_then(|set| {
                    let of = model.entity_type(set.entity_type)?;
                    let multiplicity = function.returns.multiplicity();
                    Some(options(set.annotations, of, multiplicity))
                });
                let call = Call::new(it.entity_set, it.name).query(&query.unwrap_or_default());
                paths.operation("/", it.name, &function.operation(), call, &[]);
            }
        }
        for it in model.action_imports {
            if let Some(action) = model.action(it.action) {
                let call = Call::new(it.entity_set.unwrap_or(it.name), it.name);
                paths.operation("/", it.name, &action.operation(), call, &[]);
            }
        }
        if offers(model.annotations, "BatchSupported", "Supported") {
            let batch = Node::Raw(include_str!("openapi/batch.json"));
            paths.written.put("/$batch", batch);
        }
        paths.written
    }

    fn collection(&mut self, set: &EntitySet, of: &EntityType) {
        let (name, may) = (set.name, set.annotations);
        let entity = || schema::reference(self.model, of.name);
        let mut item = Object::default();
        if offers(may, "ReadRestrictions", "Readable") {
            let call = Call::new(name, "list").query(&options(may, of, Multiplicity::Many));
            item.put("get", call.answers(schema::collection(entity())));
        }
        if offers(may, "InsertRestrictions", "Insertable") {
            let call = Call::new(name, "create").takes(entity());
            item.put("post", call.gives("201", "application/json", entity()));
        }
        let path = format!("/{name}");
        self.put(&path, &[], item);
        if offers(may, "CountRestrictions", "Countable") {
            let call = Call::new(name, "count").query(&["filter", "search"]);
            let number = Object::default().with("type", "integer");
            let call = call.gives("200", "text/plain", number);
            self.get(&format!("{path}/$count"), &[], call);
        }
        self.bound(set, Multiplicity::Many, &format!("{path}/"), &[]);
    }

    fn entity(&mut self, set: &EntitySet, of: &EntityType) {
        let (name, may) = (set.name, set.annotations);
        let keys: Vec<_> = of.key_properties().collect();
        let template = match keys[..] {
            [key] => placeholder(key.name, key.of),
            _ => template(keys.iter().map(|it| (it.name, it.of))),
        };
        let path = format!("/{name}({template})");
        let parameters = keys
            .iter()
            .filter_map(|it| call::key_parameter(self.model, it));
        let parameters: Vec<_> = parameters.collect();
        let entity = || schema::reference(self.model, of.name);
        let mut item = Object::default();
        if offers(may, "ReadRestrictions", "Readable") {
            let call = Call::new(name, "read").query(&options(may, of, Multiplicity::One));
            item.put("get", call.answers(entity()));
        }
        if offers(may, "UpdateRestrictions", "Updatable") {
            item.put("patch", Call::new(name, "update").takes(entity()).done());
        }
        if offers(may, "DeleteRestrictions", "Deletable") {
            item.put("delete", Call::new(name, "delete").done());
        }
        self.put(&path, &parameters, item);
        let streams = of.properties.iter();
        for stream in streams.filter(|it| it.is_stream()) {
            let call = Call::new(name, &format!("one.{}", stream.name));
            let call = call.gives("200", "*/*", Object::default());
            self.get(&format!("{path}/{}", stream.name), &parameters, call);
        }
        for navigation in of.navigation {
            let Some(target) = self.model.entity_type(navigation.target) else {
                continue;
            };
            let bound = set.binding(navigation.name);
            let bound = bound.and_then(|name| self.model.entity_set(name));
            let may = bound.map_or(&[][..], |it| it.annotations);
            let one = schema::reference(self.model, target.name);
            let answer = match navigation.multiplicity {
                Multiplicity::One => one,
                Multiplicity::Many => schema::collection(one),
            };
            let call = Call::new(name, &format!("one.{}", navigation.name));
            let call = call.query(&options(may, target, navigation.multiplicity));
            let path = format!("{path}/{}", navigation.name);
            self.get(&path, &parameters, call.answers(answer));
        }
        self.bound(set, Multiplicity::One, &format!("{path}/"), &parameters);
    }

    /// Functions and actions that are called on the set or on one of its
    /// entities.
    fn bound(&mut self, set: &EntitySet, on: Multiplicity, prefix: &str, parameters: &[Object]) {
        let to = (Type::Named(set.entity_type), on);
        for operation in self.model.operations().filter(|it| it.bound) {
            let binding = operation.parameters.first();
            if binding.is_some_and(|it| (it.of, it.multiplicity) == to) {
                let name = self.model.qualified(operation.name);
                let own = operation.parameters.iter().skip(1).map(|it| it.name);
                let one = if on == Multiplicity::One { "one." } else { "" };
                // overloads differ in their parameters
                let overload = own.collect::<Vec<_>>().join(",");
                let call = Call::new(set.name, &format!("{one}{name}({overload})"));
                self.operation(prefix, &name, &operation, call, parameters);
            }
        }
    }

    fn operation(
        &mut self,
        prefix: &str,
        name: &str,
        operation: &Operation,
        call: Call,
        parameters: &[Object],
    ) {
        let own = operation.parameters.iter().skip(operation.bound.into());
        let answer = |call: Call| match operation.returns {
            None => call.done(),
            Some(Returns::One(Type::Primitive(Primitive::Stream))) => {
                call.gives("200", "*/*", Object::default())
            }
            Some(returns) => call.answers(schema::result(self.model, returns)),
        };
        if operation.kind == "Action" {
            let call = call.takes(schema::parameters(self.model, own));
            let item = Object::default().with("post", answer(call));
            return self.put(&format!("{prefix}{name}"), parameters, item);
        }
        let template = template(own.clone().map(|it| (it.name, it.of)));
        let own = own.map(|it| call::path_parameter(it.name, schema::parameter(self.model, it)));
        let parameters: Vec<_> = parameters.iter().cloned().chain(own).collect();
        let path = format!("{prefix}{name}({template})");
        self.get(&path, &parameters, answer(call));
    }

    fn get(&mut self, path: &str, parameters: &[Object], call: Object) {
        self.put(path, parameters, Object::default().with("get", call));
    }

    fn put(&mut self, path: &str, parameters: &[Object], item: Object) {
        if item.is_empty() {
            return;
        }
        let mut written = Object::default();
        if !parameters.is_empty() {
            written.put("parameters", parameters.to_vec());
        }
        self.written.put(path, written.and(item));
    }
}

fn template<'a>(parameters: impl Iterator<Item = (&'a str, Type)>) -> String {
    let written = parameters.map(|(name, of)| format!("{name}={}", placeholder(name, of)));
    written.collect::<Vec<_>>().join(",")
}

fn placeholder(name: &str, of: Type) -> String {
    match of {
        Type::Primitive(Primitive::String) => format!("'{{{name}}}'"),
        Type::Primitive(_) | Type::Named(_) => format!("{{{name}}}"),
    }
}
