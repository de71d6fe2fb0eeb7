//! The smallest service on the crate: GET only, rows in memory.

use std::sync::LazyLock;

use odata::body::{self, Writer};
use odata::edm::{
    EntitySet, EntityType, Function, FunctionImport, Model, NavigationProperty, Primitive,
    Property, Returns,
};
use odata::negotiate::max_page_size;
use odata::{
    DataPath, DateTimeOffset, Error, ErrorKind, Format, JsonFormat, Offer, Page, Resource, Row,
    Source, Tail, Url, Value, Version,
};

pub(crate) static MODEL: Model = Model::new("CatalogService")
    .entity_types(&[
        EntityType::new(
            "Buckets",
            &["id"],
            &[
                Property::new("id", Primitive::String)
                    .required()
                    .max_length(63),
                Property::new("name", Primitive::String).max_length(63),
                Property::new("created", Primitive::DateTimeOffset),
            ],
        )
        .navigation(&[NavigationProperty::many("objects", "Objects").partner("bucket")]),
        EntityType::new(
            "Objects",
            &["bucket_id", "objectKey"],
            &[
                Property::new("bucket_id", Primitive::String).required(),
                Property::new("objectKey", Primitive::String).required(),
                Property::new("size", Primitive::Int64),
                Property::new("content", Primitive::Stream),
            ],
        )
        .navigation(&[NavigationProperty::one("bucket", "Buckets")
            .partner("objects")
            .constraints(&[("bucket_id", "id")])]),
    ])
    .entity_sets(&[
        EntitySet::new("Buckets", "Buckets").bindings(&[("objects", "Objects")]),
        EntitySet::new("Objects", "Objects").bindings(&[("bucket", "Buckets")]),
    ])
    .functions(&[Function::new("getBuckets", Returns::Entities("Buckets"))])
    .function_imports(&[FunctionImport::new("getBuckets", "getBuckets", "Buckets")]);

struct Bucket {
    id: &'static str,
    name: Option<&'static str>,
    created: Option<DateTimeOffset>,
}

impl Row for Bucket {
    fn get(&self, property: &str) -> Value<'_> {
        match property {
            "id" => self.id.into(),
            "name" => self.name.into(),
            "created" => self.created.into(),
            _ => Value::Null,
        }
    }
}

static BUCKETS: LazyLock<Vec<Bucket>> = LazyLock::new(|| {
    [
        ("alpha", Some("Alpha"), Some("2024-01-01T00:00:00Z")),
        ("beta", Some("Beta"), Some("2024-02-01T00:00:00Z")),
        ("delta", None, None),
        ("gamma", Some("Ümlaut"), Some("2024-03-01T12:30:45.5Z")),
    ]
    .map(|(id, name, created)| Bucket {
        id,
        name,
        created: created.map(|text| text.parse().unwrap()),
    })
    .into()
});

/// What the service answers.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn new(status: u16, content_type: String, body: Vec<u8>) -> Self {
        Self {
            status,
            content_type,
            body: String::from_utf8(body).unwrap(),
        }
    }
}

pub(crate) fn get(target: &str) -> Answer {
    get_with(target, &[])
}

pub(crate) fn get_with(target: &str, headers: &[(&str, &str)]) -> Answer {
    answer(target, headers).unwrap_or_else(|error| {
        let status = match error.kind() {
            ErrorKind::BadRequest => 400,
            ErrorKind::NotFound => 404,
            ErrorKind::NotAcceptable => 406,
            ErrorKind::UnsupportedMediaType => 415,
            ErrorKind::NotImplemented => 501,
        };
        Answer::new(status, "application/json".to_owned(), body::error(&error))
    })
}

fn answer(target: &str, headers: &[(&str, &str)]) -> Result<Answer, Error> {
    let header = |name: &str| {
        headers
            .iter()
            .find(|(it, _)| *it == name)
            .map(|(_, value)| *value)
    };
    let version = Version::negotiate(header("OData-Version"), header("OData-MaxVersion"))?;
    let url = Url::parse(&MODEL, "/catalog", target, version)?;
    let format = |offer| Format::negotiate(offer, url.query.format.as_deref(), header("Accept"));
    match &url.resource {
        Resource::ServiceDocument => {
            let format = format(Offer::Json)?;
            let body = body::service_document(&MODEL, json(format), None);
            Ok(Answer::new(200, format.content_type(), body))
        }
        Resource::Metadata => {
            let format = format(Offer::Metadata)?;
            let body = match format {
                Format::Json(_) => MODEL.to_json(),
                Format::Xml | Format::Text => MODEL.to_xml(),
            };
            Ok(Answer::new(200, format.content_type(), body.into_bytes()))
        }
        Resource::Batch => Err(Error::not_implemented("No batches here")),
        Resource::Operation(_) => Err(Error::not_implemented("No operations here")),
        Resource::Data(path) => {
            let page_size = header("Prefer")
                .and_then(max_page_size)
                .map_or(1000, |size| size.min(1000));
            let offer = if path.tail.is_some() {
                Offer::Text
            } else {
                Offer::Json
            };
            data(&url, path, format(offer)?, page_size)
        }
    }
}

fn json(format: Format) -> JsonFormat {
    match format {
        Format::Json(json) => json,
        Format::Xml | Format::Text => JsonFormat::default(),
    }
}

fn data(url: &Url<'_>, path: &DataPath, format: Format, page_size: usize) -> Result<Answer, Error> {
    let now = "2026-01-01T00:00:00Z".parse().unwrap();
    let ok = |body: Vec<u8>| Answer::new(200, format.content_type(), body);
    let no_content = || Answer::new(204, String::new(), Vec::new());
    let plan = url.query.plan(&MODEL, path.entity_type, Some(now))?;
    let writer = Writer::new(&MODEL, path, plan.selection(), json(format));
    if path.names() != ["Buckets"] && path.names() != ["getBuckets"] {
        return Err(Error::not_found("Not Found"));
    }
    if matches!(path.source, Source::Function(_)) {
        let all = Page::all(BUCKETS.iter());
        return Ok(ok(writer.collection(&all, None)?));
    }
    if path.is_collection() {
        if path.tail == Some(Tail::Count) {
            return Ok(ok(body::raw_count(plan.count_of(BUCKETS.iter())?)));
        }
        let page = plan.apply(BUCKETS.iter(), page_size)?;
        let link = page.next.as_deref().map(|token| url.next_link(token));
        return Ok(ok(writer.collection(&page, link.as_deref())?));
    }
    let row = BUCKETS
        .iter()
        .find(|row| path.last_key().is_some_and(|key| key.matches(*row)))
        .ok_or_else(|| Error::not_found("Not Found"))?;
    let Some(property) = path.property else {
        return Ok(ok(writer.entity(row)?));
    };
    let value = row.get(property.name);
    let body = match path.tail {
        Some(Tail::Value) => body::raw_value(&value),
        Some(Tail::Count) | None => writer.property(&value),
    };
    Ok(body.map_or_else(no_content, ok))
}
