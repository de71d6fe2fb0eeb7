//! The annotations of a document, read back from either format into one form.

use std::collections::BTreeMap;

use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use serde_json::{Map, Value, json};

/// Target and term → value.
pub(super) type Said = BTreeMap<(String, String), Value>;

/// An element with its children.
struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
    text: String,
    children: Vec<Self>,
}

pub(super) fn from_xml(document: &str) -> Said {
    let mut said = Said::new();
    let root = read(document);
    let schema = root.children.last().unwrap().children.first().unwrap();
    for part in schema.children.iter().filter(|it| it.name == "Annotations") {
        let target = &part.attributes["Target"];
        let mut object = Map::new();
        annotate(&mut object, "", &part.children);
        said.extend(
            object
                .into_iter()
                .map(|(term, value)| ((target.clone(), term), value)),
        );
    }
    said
}

/// Puts annotations as CSDL JSON does.
fn annotate(object: &mut Map<String, Value>, of: &str, elements: &[Element]) {
    for it in elements.iter().filter(|it| it.name == "Annotation") {
        let qualifier = it.attributes.get("Qualifier").map(|it| format!("#{it}"));
        let name = format!(
            "{of}@{}{}",
            it.attributes["Term"],
            qualifier.unwrap_or_default()
        );
        object.insert(name.clone(), value_of(it));
        annotate(object, &name, &it.children);
    }
}

/// The value in an attribute or child element.
fn value_of(holder: &Element) -> Value {
    let names = ["Term", "Qualifier", "Property"];
    let mut inline = holder
        .attributes
        .iter()
        .filter(|(name, _)| !names.contains(&name.as_str()));
    if let Some((kind, text)) = inline.next() {
        return simple(kind, text);
    }
    let mut children = holder.children.iter().filter(|it| it.name != "Annotation");
    expression(children.next().unwrap())
}

fn expression(it: &Element) -> Value {
    let children = || it.children.iter().map(expression).collect::<Value>();
    match it.name.as_str() {
        "Null" => Value::Null,
        "Collection" => children(),
        "If" => json!({ "$If": children() }),
        "Record" => {
            let mut object = Map::new();
            if let Some(of_type) = it.attributes.get("Type") {
                object.insert("@type".to_owned(), short(of_type).into());
            }
            for member in it.children.iter().filter(|it| it.name == "PropertyValue") {
                object.insert(member.attributes["Property"].clone(), value_of(member));
            }
            annotate(&mut object, "", &it.children);
            object.into()
        }
        kind => simple(kind, &it.text),
    }
}

fn simple(kind: &str, text: &str) -> Value {
    match kind {
        "Bool" => (text == "true").into(),
        "Int" => text.parse::<i64>().unwrap().into(),
        "Path" => json!({ "$Path": text }),
        "EnumMember" => {
            let members = text.split(' ').map(|it| it.rsplit('/').next().unwrap());
            members.collect::<Vec<_>>().join(",").into()
        }
        _ => text.into(),
    }
}

fn short(name: &str) -> &str {
    name.rsplit('.').next().unwrap()
}

pub(super) fn from_json(document: &str) -> Said {
    let document: Value = serde_json::from_str(document).unwrap();
    let mut said = Said::new();
    for (namespace, schema) in document.as_object().unwrap() {
        if namespace.starts_with('$') {
            continue;
        }
        for (name, part) in schema.as_object().unwrap() {
            let name = format!("{namespace}.{name}");
            let Value::Array(overloads) = part else {
                collect(&mut said, &name, part);
                continue;
            };
            for overload in overloads {
                let name = format!("{name}({})", telling(overload));
                collect(&mut said, &name, overload);
            }
        }
    }
    said
}

fn collect(said: &mut Said, target: &str, part: &Value) {
    for (name, member) in part.as_object().unwrap() {
        if name.starts_with('@') {
            said.insert((target.to_owned(), name.clone()), plain(member));
        } else if name == "$Parameter" {
            for parameter in member.as_array().unwrap() {
                let name = parameter["$Name"].as_str().unwrap();
                collect(said, &format!("{target}/{name}"), parameter);
            }
        } else if !name.starts_with('$') {
            collect(said, &format!("{target}/{name}"), member);
        }
    }
}

/// The parameter types that tell overloads apart.
fn telling(overload: &Value) -> String {
    let none = Vec::new();
    let parameters = overload["$Parameter"].as_array().unwrap_or(&none);
    let count = match overload["$Kind"].as_str() {
        Some("Function") => parameters.len(),
        _ => usize::from(overload["$IsBound"] == true),
    };
    let types = parameters.iter().take(count).map(|it| {
        let name = it["$Type"].as_str().unwrap_or("Edm.String");
        if it["$Collection"] == true {
            format!("Collection({name})")
        } else {
            name.to_owned()
        }
    });
    types.collect::<Vec<_>>().join(",")
}

/// Types of records by their short names.
fn plain(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| {
                let value = match (name.as_str(), value) {
                    ("@type", Value::String(of_type)) => short(of_type).into(),
                    _ => plain(value),
                };
                (name.clone(), value)
            });
            Value::Object(members.collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// Reads a document with a parser that is not ours.
fn read(document: &str) -> Element {
    let mut reader = Reader::from_str(document);
    let mut open: Vec<Element> = Vec::new();
    loop {
        let closed = match reader.read_event().unwrap() {
            Event::Start(start) => {
                open.push(element(&start));
                continue;
            }
            Event::Text(text) => {
                if let Some(parent) = open.last_mut() {
                    parent.text.push_str(&text);
                }
                continue;
            }
            Event::GeneralRef(reference) => {
                let text = format!("&{};", &*reference);
                let text = unescape(&text).unwrap();
                open.last_mut().unwrap().text.push_str(&text);
                continue;
            }
            Event::Empty(start) => element(&start),
            Event::End(_) => open.pop().unwrap(),
            Event::Decl(_) => continue,
            Event::CData(_) | Event::Comment(_) | Event::PI(_) | Event::DocType(_) => panic!(),
            Event::Eof => panic!("{} elements are open", open.len()),
        };
        match open.last_mut() {
            Some(parent) => parent.children.push(closed),
            None => return closed,
        }
    }
}

fn element(start: &BytesStart<'_>) -> Element {
    let attributes = start.attributes().map(|it| {
        let it = it.unwrap();
        let name = it.key.as_ref().to_owned();
        (
            name,
            it.normalized_value(XmlVersion::Implicit1_0)
                .unwrap()
                .into_owned(),
        )
    });
    Element {
        name: start.name().as_ref().to_owned(),
        attributes: attributes.collect(),
        text: String::new(),
        children: Vec::new(),
    }
}
