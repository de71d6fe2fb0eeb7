//! Creating, updating and deleting entities
//! ([Protocol, 11.4](https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part1-protocol.html#sec_DataModification)),
//! as much of it as rows of primitives allow.

use std::sync::atomic::{AtomicUsize, Ordering};

use odata::batch::Answer;
use odata::edm::{EntitySet, EntityType, Primitive, Property};
use odata::negotiate::{Return, preferred_return};
use odata::write::{BodyReader, Mode};
use odata::{Key, Resource, Row, Source, Url, Version};
use serde_json::{Map, Value, json};

use crate::data::{Tables, guid};
use crate::memory::{Call, Record, Service, refusal};
use crate::model::MODEL;

/// How a member ends that names a related entity.
const BIND: &str = "@odata.bind";

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
                Err(error) => refusal(&error),
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
    fn body(&self, call: &Call<'_>, new: bool) -> Result<Map<String, Value>, odata::Error> {
        let malformed = |it: serde_json::Error| odata::Error::bad_request(it.to_string());
        let json = BodyReader::new(&MODEL, Some("application/json"));
        if let Some(property) = self.property {
            let given = if call.method == "DELETE" {
                json!({ "value": null })
            } else if self.raw {
                json!({ "value": String::from_utf8_lossy(call.body) })
            } else {
                serde_json::from_slice(call.body).map_err(malformed)?
            };
            json.property(property, given.to_string().as_bytes())?;
            let value = given.get("value").cloned().unwrap_or_default();
            return Ok([(property.name.to_owned(), value)].into_iter().collect());
        }
        let mut body: Map<String, Value> = serde_json::from_slice(call.body).map_err(malformed)?;
        let links: Vec<_> = body
            .keys()
            .filter(|it| it.ends_with(BIND))
            .cloned()
            .collect();
        let links: Vec<_> = links
            .iter()
            .filter_map(|it| body.remove_entry(it))
            .collect();
        let all: Vec<_> = self
            .entity_type
            .properties
            .iter()
            .map(|it| it.name)
            .collect();
        let mode = if new { Mode::Create } else { Mode::Update };
        let text = Value::Object(body.clone()).to_string();
        let json = json.filled_in(&all);
        let written = json.entity(self.entity_type, text.as_bytes(), mode)?;
        body.retain(|name, _| written.get(name).is_some());
        for (name, given) in links {
            self.bind(name.trim_end_matches(BIND), &given, &mut body)
                .map_err(odata::Error::bad_request)?;
        }
        Ok(body)
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
        let preferred = call.header("Prefer").and_then(preferred_return);
        let created = answer.status == 201;
        let mut shown = answer;
        if shown.is_success() && call.method != "DELETE" {
            let entity = shown.header("Location").map(str::to_owned);
            let entity = entity.unwrap_or_else(|| format!("{}({})", self.set.name, self.predicate));
            let host = call.header("Host").unwrap_or("localhost");
            let url = format!("http://{host}/{entity}");
            let show = match preferred {
                Some(preferred) => preferred == Return::Representation,
                None => created,
            };
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
            if let Some(preferred) = preferred {
                add("Preference-Applied", preferred.applied());
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
