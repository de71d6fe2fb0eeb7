//! Creating, updating and deleting entities
//! ([Protocol, 11.4](https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part1-protocol.html#sec_DataModification)),
//! as much of it as rows of primitives allow.

use std::sync::atomic::{AtomicUsize, Ordering};

use odata::batch::Answer;
use odata::edm::{EntitySet, EntityType, Primitive, Property};
use odata::{Key, Resource, Row, Source, Url, Version};
use serde_json::{Map, Value};

use crate::data::{Tables, guid};
use crate::memory::{Call, Record, Service, refusal};
use crate::model::MODEL;

/// Keys of created entities are counted.
static CREATED: AtomicUsize = AtomicUsize::new(1);

/// A request that changes a set, an entity of it, or a property of that.
pub(crate) struct Change {
    set: &'static EntitySet,
    entity_type: &'static EntityType,
    key: Option<Key>,
    /// The key as the URL has it.
    predicate: String,
    property: Option<&'static Property>,
    raw: bool,
}

impl Change {
    /// What the call is about, if it is something that can be changed.
    pub(crate) fn read(call: &Call<'_>) -> Option<Self> {
        let url = Url::parse(&MODEL, "", call.target, Version::V40).ok()?;
        let Resource::Data(path) = &url.resource else {
            return None;
        };
        let Source::EntitySet(set) = path.source else {
            return None;
        };
        let changeable = set.name != "ReadOnlyItems" && path.navigation.is_empty();
        let fits = match call.method {
            "POST" => path.key.is_none() && path.tail.is_none(),
            "PATCH" | "PUT" | "DELETE" => path.key.is_some(),
            _ => false,
        };
        if !changeable || !fits {
            return None;
        }
        let predicate = call.target.split('?').next()?.split('/').nth(1)?;
        let predicate = predicate.split_once('(').map_or("", |(_, key)| key);
        Some(Self {
            set,
            entity_type: path.entity_type,
            key: path.key.clone(),
            predicate: predicate.trim_end_matches(')').to_owned(),
            property: path.property,
            raw: path.tail.is_some(),
        })
    }

    /// Changes the rows; the answer is a status, or a refusal, and where the
    /// entity is.
    pub(crate) fn apply(&self, tables: &mut Tables, call: &Call<'_>) -> Answer {
        let mut tables = tables.iter_mut();
        let Some((_, rows)) = tables.find(|(set, _)| *set == self.set.name) else {
            return Answer::new(404);
        };
        let found = self.key.as_ref().map(|key| self.find(rows, key));
        let row = found.flatten().and_then(|index| rows.get(index));
        if let Some(refused) = self.refused(call, row) {
            return refused;
        }
        match (call.method, found.flatten()) {
            ("DELETE", Some(index)) if self.property.is_none() => {
                rows.remove(index);
                Answer::new(204)
            }
            ("DELETE", None) => not_found(),
            (_, found) => match self.body(call, found.is_none()) {
                Ok(body) => self.store(rows, found, body, call.method == "PUT"),
                Err(text) => refusal(&odata::Error::bad_request(text)),
            },
        }
    }

    fn find(&self, rows: &[Value], key: &Key) -> Option<usize> {
        let fits = |row: &Value| key.matches(&Record::read(self.entity_type, row));
        rows.iter().position(fits)
    }

    /// What preconditions and media types forbid.
    fn refused(&self, call: &Call<'_>, row: Option<&Value>) -> Option<Answer> {
        let etag = row.and_then(|row| {
            let record = Record::read(self.entity_type, row);
            record.etag().map(std::borrow::Cow::into_owned)
        });
        let exists = row.is_some();
        let asked = call.header("If-Match").filter(|it| *it != "*" || !exists);
        let matches = |given: &str| etag.as_deref().is_some_and(|etag| etag == given);
        if asked.is_some_and(|given| !matches(given)) {
            let text = "The entity is not as the client knows it";
            return Some(Answer::error(412, "PreconditionFailed", text));
        }
        if exists && call.header("If-None-Match") == Some("*") {
            let text = "The entity exists already";
            return Some(Answer::error(412, "PreconditionFailed", text));
        }
        if call.method == "PATCH" && !exists && call.body.is_empty() {
            return Some(not_found());
        }
        let media = call.header("Content-Type").unwrap_or_default();
        if call.method != "DELETE" && !media.starts_with("application/json") && !self.raw {
            let text = "Bodies are JSON here";
            return Some(Answer::error(415, "UnsupportedMediaType", text));
        }
        None
    }

    /// The members to set, checked against the model.
    fn body(&self, call: &Call<'_>, new: bool) -> Result<Map<String, Value>, String> {
        if let Some(property) = self.property {
            let given = if call.method == "DELETE" {
                Value::Null
            } else if self.raw {
                String::from_utf8_lossy(call.body).into_owned().into()
            } else {
                let body: Value = serde_json::from_slice(call.body).map_err(|it| it.to_string())?;
                body.get("value").cloned().ok_or("\"value\" is missing")?
            };
            check(self.entity_type, property, &given)?;
            return Ok([(property.name.to_owned(), given)].into_iter().collect());
        }
        let body: Value = serde_json::from_slice(call.body).map_err(|it| it.to_string())?;
        let Value::Object(body) = body else {
            return Err("An entity is an object".to_owned());
        };
        let mut members = Map::new();
        for (name, given) in body {
            if let Some(name) = name.strip_suffix("@odata.bind") {
                self.bind(name, &given, &mut members)?;
            } else if let Some(property) = self.entity_type.property(&name) {
                check(self.entity_type, property, &given)?;
                let key = self.entity_type.key.contains(&property.name);
                let fixed = key || property.name == "SerialNumber";
                if property.name != "CreatedAt" && (!fixed || new) {
                    members.insert(name, given);
                }
            } else if !name.contains('@') {
                return Err(format!("Property \"{name}\" does not exist"));
            }
        }
        Ok(members)
    }

    /// `Category@odata.bind`: the key of the entity it names.
    fn bind(
        &self,
        name: &str,
        given: &Value,
        members: &mut Map<String, Value>,
    ) -> Result<(), String> {
        let navigation = self.entity_type.navigation_property(name);
        let constraint = navigation.and_then(|it| it.constraints.first());
        let (own, _) = constraint.ok_or("Nothing to bind here")?;
        let target = given.as_str().and_then(|target| target.split_once('('));
        let (_, key) = target.ok_or("An entity reference is a URL")?;
        let key = key.trim_end_matches(')').to_owned();
        members.insert((*own).to_owned(), key.into());
        Ok(())
    }

    fn store(
        &self,
        rows: &mut Vec<Value>,
        found: Option<usize>,
        body: Map<String, Value>,
        replace: bool,
    ) -> Answer {
        let Some(row) = found.and_then(|index| rows.get_mut(index)) else {
            if self.property.is_some() {
                return not_found();
            }
            return self.create(rows, body);
        };
        if replace && self.property.is_none() {
            let missing = |property: &&&Property| !body.contains_key(property.name);
            for property in self.settable().filter(|it| missing(&it)) {
                row[property.name] = default(property);
            }
        }
        for (name, value) in body {
            row[name] = value;
        }
        if let Some(version) = row["Version"].as_i64() {
            row["Version"] = (version + 1).into();
        }
        Answer::new(204)
    }

    /// What an update may reset.
    fn settable(&self) -> impl Iterator<Item = &'static Property> {
        let kept = ["Version", "CreatedAt"];
        let key = self.entity_type.key;
        let properties = self.entity_type.properties.iter();
        properties.filter(move |it| !key.contains(&it.name) && !kept.contains(&it.name))
    }

    fn create(&self, rows: &mut Vec<Value>, mut row: Map<String, Value>) -> Answer {
        for property in self.entity_type.properties {
            let key = self.key.as_ref().and_then(|key| key.get(property.name));
            let value = match key {
                _ if row.contains_key(property.name) => continue,
                Some(odata::Value::Guid(guid)) => guid.to_string().into(),
                Some(key) => key.as_str().unwrap_or_default().into(),
                None if property.name == "ID" => {
                    guid(9, CREATED.fetch_add(1, Ordering::Relaxed)).into()
                }
                None => default(property),
            };
            if value.is_null() && !property.nullable {
                let text = format!("Property \"{}\" is required", property.name);
                return refusal(&odata::Error::bad_request(text));
            }
            row.insert(property.name.to_owned(), value);
        }
        let location = format!("{}({})", self.set.name, self.predicate_of(&row));
        let same = |it: &Value| {
            let mut key = self.entity_type.key.iter();
            key.all(|name| it.get(name) == row.get(*name))
        };
        if rows.iter().any(same) {
            return Answer::error(409, "Conflict", "The entity exists already");
        }
        rows.push(Value::Object(row));
        Answer {
            headers: vec![("Location".to_owned(), location)],
            ..Answer::new(201)
        }
    }

    fn predicate_of(&self, row: &Map<String, Value>) -> String {
        let literal = |property: &'static Property| {
            let value = row.get(property.name).and_then(Value::as_str);
            let value = value.unwrap_or_default();
            let quote = if property.primitive() == Some(Primitive::String) {
                "'"
            } else {
                ""
            };
            if self.entity_type.key.len() == 1 {
                format!("{quote}{value}{quote}")
            } else {
                format!("{}={quote}{value}{quote}", property.name)
            }
        };
        let keys: Vec<_> = self.entity_type.key_properties().map(literal).collect();
        keys.join(",")
    }

    /// The answer as the client wants it: with the entity or without.
    pub(crate) fn shown(&self, answer: Answer, call: &Call<'_>, service: &Service) -> Answer {
        let wants = |what: &str| call.header("Prefer").is_some_and(|it| it.contains(what));
        let (minimal, full) = (wants("return=minimal"), wants("return=representation"));
        let created = answer.status == 201;
        let mut shown = answer;
        if shown.is_success() && call.method != "DELETE" {
            let entity = shown.header("Location").map(str::to_owned);
            let entity = entity.unwrap_or_else(|| format!("{}({})", self.set.name, self.predicate));
            let host = call.header("Host").unwrap_or("localhost");
            let url = format!("http://{host}/{entity}");
            let show = (created && !minimal) || full;
            if show {
                let headers = call.headers.iter().filter(|(name, _)| {
                    !name.eq_ignore_ascii_case("If-None-Match")
                        && !name.eq_ignore_ascii_case("If-Match")
                });
                let headers: Vec<_> = headers.copied().collect();
                let property = self
                    .property
                    .map_or_else(String::new, |it| format!("/{}", it.name));
                let target = format!("/{entity}{property}");
                let status = if created { 201 } else { 200 };
                shown = service.answer(Call {
                    method: "GET",
                    target: &target,
                    headers: &headers,
                    body: b"",
                });
                shown.status = status;
            } else {
                shown = Answer::new(204);
            }
            let mut add = |name: &str, value: &str| {
                shown.headers.retain(|(other, _)| other != name);
                shown.headers.push((name.to_owned(), value.to_owned()));
            };
            if created {
                add("Location", &url);
            }
            if created || !show {
                add("OData-EntityId", &url);
            }
            if minimal || full {
                add(
                    "Preference-Applied",
                    if minimal {
                        "return=minimal"
                    } else {
                        "return=representation"
                    },
                );
            }
        }
        if shown.header("OData-Version").is_none() {
            shown
                .headers
                .push(("OData-Version".to_owned(), "4.0".to_owned()));
        }
        shown
    }
}

fn not_found() -> Answer {
    refusal(&odata::Error::not_found("Not Found"))
}

/// What a property has that nobody set.
fn default(property: &Property) -> Value {
    match property.name {
        "CreatedAt" => "2026-01-01T00:00:00Z".into(),
        "Version" => 1.into(),
        "ProductType" => "Product".into(),
        _ if property.nullable || property.primitive() == Some(Primitive::String) => Value::Null,
        _ => 0.into(),
    }
}

const RANGES: [(Primitive, i64, i64); 4] = [
    (Primitive::Byte, 0, 255),
    (Primitive::SByte, -128, 127),
    (Primitive::Int16, -32_768, 32_767),
    (Primitive::Int32, -2_147_483_648, 2_147_483_647),
];

fn check(of: &'static EntityType, property: &Property, given: &Value) -> Result<(), String> {
    let name = property.name;
    if given.is_null() {
        return if property.nullable {
            Ok(())
        } else {
            Err(format!("Property \"{name}\" must not be null"))
        };
    }
    let (least, most) = RANGES
        .iter()
        .find(|(primitive, ..)| Some(*primitive) == property.primitive())
        .map_or((i64::MIN, i64::MAX), |(_, least, most)| (*least, *most));
    let members: Map<_, _> = [(name.to_owned(), given.clone())].into_iter().collect();
    let record = Record::read(of, &members.into());
    let fits = given
        .as_i64()
        .is_none_or(|number| (least..=most).contains(&number));
    if !fits || record.get(name).is_null() {
        let expected = property.primitive().map_or("", Primitive::name);
        return Err(format!("Property \"{name}\" is of type {expected}"));
    }
    let length = given.as_str().map_or(0, |text| text.chars().count());
    match property.max_length {
        Some(longest) if length > longest as usize => {
            Err(format!("Property \"{name}\" is longer than {longest}"))
        }
        _ => Ok(()),
    }
}
