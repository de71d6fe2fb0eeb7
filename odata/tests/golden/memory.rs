//! A read-only service on the crate, over rows in memory: what the crate
//! says about a request, in the shape of an HTTP answer.

#[path = "memory/batch.rs"]
mod batch;
#[path = "memory/record.rs"]
mod record;

use odata::batch::Answer;
use odata::body::{self, Writer};
use odata::edm::{Model, Multiplicity, NavigationProperty};
use odata::negotiate::max_page_size;
use odata::{
    DataPath, DateTimeOffset, Error, ErrorKind, Format, JsonFormat, Key, Offer, Page, Resource,
    Row, Selection, Source, Tail, Url, Version,
};

pub(crate) use batch::Parts;
pub(crate) use record::Record;

/// How many rows a page has if the client does not want fewer.
const PAGE: usize = 1000;

/// An HTTP request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) method: &'a str,
    pub(crate) target: &'a str,
    pub(crate) headers: &'a [(&'a str, &'a str)],
    pub(crate) body: &'a [u8],
}

impl<'a> Call<'a> {
    pub(crate) fn header(&self, name: &str) -> Option<&'a str> {
        let named = |(other, _): &&(&str, &str)| other.eq_ignore_ascii_case(name);
        self.headers.iter().find(named).map(|(_, value)| *value)
    }

    fn format(&self, url: &Url<'_>, offer: Offer) -> Result<Format, Error> {
        Format::negotiate(offer, url.query.format.as_deref(), self.header("Accept"))
    }
}

/// A service: a model and, for each entity set, its rows.
pub(crate) struct Service {
    model: &'static Model,
    root: &'static str,
    tables: Vec<(&'static str, Vec<&'static Record>)>,
    now: DateTimeOffset,
}

impl Service {
    /// The rows lead to each other for as long as the process lives.
    pub(crate) fn new(
        model: &'static Model,
        root: &'static str,
        tables: Vec<(&'static str, Vec<Record>)>,
        now: DateTimeOffset,
    ) -> Self {
        let keep = |record| &*Box::leak(Box::new(record));
        let tables = tables.into_iter();
        let service = Self {
            model,
            root,
            tables: tables
                .map(|(set, rows)| (set, rows.into_iter().map(keep).collect()))
                .collect(),
            now,
        };
        for (set, rows) in &service.tables {
            let entity_type = model.entity_set(set).map(|set| set.entity_type);
            let entity_type = entity_type.and_then(|name| model.entity_type(name));
            let navigation = entity_type.map_or(&[][..], |it| it.navigation);
            for row in rows {
                let links = navigation.iter();
                let links = links.map(|property| (property, service.linked(row, property)));
                // Nobody else sets them.
                let _ = row.links.set(links.collect());
            }
        }
        service
    }

    /// The rows that the constraints of the property or its partner name.
    fn linked(&self, row: &Record, property: &NavigationProperty) -> Vec<&'static Record> {
        let target = self.model.entity_type(property.target);
        let partner = target
            .zip(property.partner)
            .and_then(|(target, partner)| target.navigation_property(partner));
        let back = partner.map_or(&[][..], |partner| partner.constraints);
        if property.constraints.is_empty() && back.is_empty() {
            return Vec::new();
        }
        let mut rows = self.rows_of(property.target);
        rows.retain(|other| {
            let ours = property.constraints.iter().copied();
            let theirs = back.iter().copied();
            row.refers(other, ours) && other.refers(row, theirs)
        });
        rows
    }

    fn rows_of(&self, entity_type: &str) -> Vec<&'static Record> {
        let of_type = |(set, _): &&(&'static str, Vec<&'static Record>)| {
            let set = self.model.entity_set(set);
            set.is_some_and(|set| set.entity_type == entity_type)
        };
        let tables = self.tables.iter().filter(of_type);
        tables.flat_map(|(_, rows)| rows).copied().collect()
    }
}

/// What a path leads to.
enum Found {
    One(&'static Record),
    Many(Vec<&'static Record>),
}

impl Service {
    pub(crate) fn answer(&self, call: Call<'_>) -> Answer {
        self.answer_with(call, self)
    }

    pub(crate) fn answer_with(&self, call: Call<'_>, parts: &dyn Parts) -> Answer {
        let answer = self.reply(call, parts);
        let mut answer = answer.unwrap_or_else(|error| refusal(&error));
        if answer.header("OData-Version").is_none() {
            let version = Version::default().header().to_owned();
            answer.headers.push(("OData-Version".to_owned(), version));
        }
        if call.method == "HEAD" {
            answer.body.clear();
        }
        answer
    }

    fn reply(&self, call: Call<'_>, parts: &dyn Parts) -> Result<Answer, Error> {
        // RFC 9112, 3.2: what a request target cannot hold never gets further.
        if !call.target.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::bad_request("The request target is malformed"));
        }
        let version = (
            call.header("OData-Version"),
            call.header("OData-MaxVersion"),
        );
        let version = Version::negotiate(version.0, version.1)?;
        let url = Url::parse(self.model, self.root, call.target, version)?;
        let allow = match url.resource {
            Resource::Batch => "POST, OPTIONS",
            Resource::Operation(_) => "GET, HEAD, POST, OPTIONS",
            Resource::ServiceDocument | Resource::Metadata | Resource::Data(_) => {
                "GET, HEAD, OPTIONS"
            }
        };
        let mut answer = if call.method == "OPTIONS" {
            Answer::new(200)
        } else if !allow.split(", ").any(|method| method == call.method) {
            Answer::error(405, "MethodNotAllowed", "Not for this resource")
        } else {
            self.resource(call, &url, parts)?
        };
        if matches!(call.method, "OPTIONS") || answer.status == 405 {
            answer.headers.push(("Allow".to_owned(), allow.to_owned()));
        }
        let version = version.header().to_owned();
        answer.headers.push(("OData-Version".to_owned(), version));
        Ok(answer)
    }

    fn resource(&self, call: Call<'_>, url: &Url<'_>, parts: &dyn Parts) -> Result<Answer, Error> {
        match &url.resource {
            Resource::ServiceDocument => {
                let format = call.format(url, Offer::Json)?;
                let body = body::service_document(self.model, json(format), None);
                Ok(ok(format.content_type(), body))
            }
            Resource::Metadata => {
                let format = call.format(url, Offer::Metadata)?;
                let body = match format {
                    Format::Json(_) => self.model.to_json(),
                    Format::Xml | Format::Text => self.model.to_xml(),
                };
                Ok(ok(format.content_type(), body.into_bytes()))
            }
            Resource::Batch => self.batch(call, url, parts),
            Resource::Operation(_) => Err(Error::not_implemented("No operations here")),
            Resource::Data(path) => self.data(call, url, path),
        }
    }

    fn data(&self, call: Call<'_>, url: &Url<'_>, path: &DataPath) -> Result<Answer, Error> {
        let offer = if path.tail.is_some() {
            Offer::Text
        } else {
            Offer::Json
        };
        let format = call.format(url, offer)?;
        let done = |body: Vec<u8>| ok(format.content_type(), body);
        let found = || self.find(path).ok_or_else(|| Error::not_found("Not Found"));
        if matches!(path.source, Source::Function(_)) {
            return self.result_of_function(path, format);
        }
        let query = &url.query;
        let size = call.header("Prefer").and_then(max_page_size);
        let size = size.map_or(PAGE, |size| size.min(PAGE));
        let aggregation = query.aggregation(self.model, path.entity_type, Some(self.now))?;
        if let (Some(aggregation), Found::Many(rows)) = (aggregation, found()?) {
            let rows = aggregation.apply(rows)?;
            let page = aggregation.plan().apply(&rows, size)?;
            let selection = aggregation.plan().selection();
            let writer = Writer::new(self.model, path, selection, json(format));
            let link = page.next.as_deref().map(|token| url.next_link(token));
            return Ok(done(writer.collection(&page, link.as_deref())?));
        }
        let plan = query.plan(self.model, path.entity_type, Some(self.now))?;
        let writer = Writer::new(self.model, path, plan.selection(), json(format));
        let row = match found()? {
            Found::Many(rows) if path.tail == Some(Tail::Count) => {
                return Ok(done(body::raw_count(plan.count_of(rows)?)));
            }
            Found::Many(rows) => {
                let page = plan.apply(rows, size)?;
                let link = page.next.as_deref().map(|token| url.next_link(token));
                return Ok(done(writer.collection(&page, link.as_deref())?));
            }
            Found::One(row) => row,
        };
        if let (Some(etag), Some(known)) = (row.etag(), call.header("If-None-Match"))
            && known
                .split(',')
                .any(|it| it.trim() == etag || it.trim() == "*")
        {
            return Ok(Answer::new(304));
        }
        let Some(property) = path.property else {
            let mut answer = done(writer.entity(row)?);
            let etag = row
                .etag()
                .map(|etag| ("ETag".to_owned(), etag.into_owned()));
            answer.headers.extend(etag);
            return Ok(answer);
        };
        let value = row.get(property.name);
        let body = match path.tail {
            Some(Tail::Value) => body::raw_value(&value),
            Some(Tail::Count) | None => writer.property(&value),
        };
        Ok(body.map_or_else(|| Answer::new(204), done))
    }

    /// Nothing may be asked of a function that is not composable; as CAP, we
    /// ignore it.
    fn result_of_function(&self, path: &DataPath, format: Format) -> Result<Answer, Error> {
        let Some(Found::Many(rows)) = self.find(path) else {
            return Err(Error::not_found("Not Found"));
        };
        let all = Selection::all(path.entity_type);
        let writer = Writer::new(self.model, path, &all, json(format));
        let body = writer.collection(&Page::all(rows), None)?;
        Ok(ok(format.content_type(), body))
    }

    fn find(&self, path: &DataPath) -> Option<Found> {
        let set = match path.source {
            Source::EntitySet(set) => set.name,
            Source::Function(import) => import.entity_set,
        };
        let (_, rows) = self.tables.iter().find(|(name, _)| *name == set)?;
        let keyed = |rows: &[&'static Record], key: &Key| {
            rows.iter().find(|row| key.matches(**row)).copied()
        };
        let mut found = match &path.key {
            Some(key) => Found::One(keyed(rows, key)?),
            None => Found::Many(rows.clone()),
        };
        for step in &path.navigation {
            let Found::One(row) = found else { return None };
            let mut links = row.links.get()?.iter();
            let (_, related) = links.find(|(it, _)| it.name == step.property.name)?;
            found = match (&step.key, step.property.multiplicity) {
                (Some(key), _) => Found::One(keyed(related, key)?),
                (None, Multiplicity::Many) => Found::Many(related.clone()),
                (None, Multiplicity::One) => Found::One(related.first()?),
            };
        }
        Some(found)
    }
}

fn ok(content_type: String, body: Vec<u8>) -> Answer {
    Answer {
        headers: vec![("Content-Type".to_owned(), content_type)],
        body,
        ..Answer::new(200)
    }
}

pub(crate) fn refusal(error: &Error) -> Answer {
    let status = match error.kind() {
        ErrorKind::BadRequest => 400,
        ErrorKind::NotFound => 404,
        ErrorKind::NotAcceptable => 406,
        ErrorKind::UnsupportedMediaType => 415,
        ErrorKind::NotImplemented => 501,
    };
    let content_type = "application/json;odata.metadata=minimal".to_owned();
    Answer {
        headers: vec![("Content-Type".to_owned(), content_type)],
        body: body::error(error),
        ..Answer::new(status)
    }
}

fn json(format: Format) -> JsonFormat {
    match format {
        Format::Json(json) => json,
        Format::Xml | Format::Text => JsonFormat::default(),
    }
}
