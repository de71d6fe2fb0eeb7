//! Entities: which the path means, where they come from, and writing them.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{ETAG, HeaderName};
use odata::body::{self, Writer};
use odata::edm::Property;
use odata::negotiate::max_page_size;
use odata::plan::Selection;
use odata::{DataPath, Error, Expanded, Offer, Page, Plan, Row, Tail, Url};

use super::{Call, json, ok, rows};
use crate::http::error::ApiError;

pub(super) const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
/// A page holds all buckets that an account has at AWS's default quota.
const BUCKETS: usize = 10_000;
/// UI5 takes a page that is shorter than it asked for as the last one.
const OBJECTS: usize = 1000;
/// How many objects are shown inside of each of many buckets; a link leads to the others.
const NESTED: usize = 100;

impl Call<'_> {
    pub(super) async fn data(
        &self,
        url: &Url<'_>,
        path: &DataPath,
    ) -> Result<HttpResponse, ApiError> {
        let of_objects = path.entity_type.name == "Objects";
        let size = self.page_size(if of_objects { OBJECTS } else { BUCKETS });
        let aggregation = url
            .query
            .aggregation(self.model.edm, path.entity_type, self.now())
            .map_err(ApiError::Query)?;
        if let Some(aggregation) = aggregation {
            return self.aggregated(url, path, &aggregation, size).await;
        }
        let plan = url
            .query
            .plan(self.model.edm, path.entity_type, self.now())
            .map_err(ApiError::Query)?;
        match path.entity_type.name {
            "Versions" => return self.versions(url, path, &plan, size).await,
            "FileShares" | "FileShareItems" | "FileShareQuery" => {
                return self.fileshare(url, path, &plan, size).await;
            }
            _ => {}
        }
        let mut chosen = plan.selection().properties();
        if path.is_collection() && chosen.any(Property::is_on_demand) {
            let told = "A list shows neither metadata nor tags, because S3 tells them of one object at a time: ask for each object";
            return Err(ApiError::Query(
                Error::not_implemented(told).about("$select"),
            ));
        }
        if path.is_collection() && of_objects {
            let wanted = (path.tail != Some(Tail::Count)).then_some(size);
            let rows = self.objects(&url.query, path, &plan, wanted).await?;
            return self.collection(url, path, &plan, &rows, size);
        }
        if path.is_collection() {
            return self.buckets(url, path, &plan, size).await;
        }
        if of_objects {
            let object = self.object(path).await?;
            return self.entity(url, path, &plan, &self.with_bucket(object, &plan).await?);
        }
        let bucket = rows::bucket_of(path).ok_or_else(|| no("resource"))?;
        // on the way from something else, that has to be there
        if rows::version_of(path).is_some() {
            self.version_at(path).await?;
        } else if path.last_key().is_none() {
            self.object(path).await?;
        }
        let found = self.service.catalog.bucket(self.caller, bucket).await;
        let found = found.map_err(ApiError::Catalog)?;
        let bucket = found.ok_or_else(|| no("bucket"))?;
        let objects = self.objects_of(url, &plan, &[&bucket], OBJECTS).await?;
        let objects = objects.iter().flatten().flatten();
        let row = Expanded::new(&bucket).many("objects", objects);
        self.entity(url, path, &plan, &row)
    }

    async fn buckets(
        &self,
        url: &Url<'_>,
        path: &DataPath,
        plan: &Plan,
        size: usize,
    ) -> Result<HttpResponse, ApiError> {
        if !plan.related().is_empty() {
            let told = "Conditions on the objects of buckets are not supported: S3 would have to list every bucket";
            return Err(ApiError::Query(Error::not_implemented(told)));
        }
        let catalog = &self.service.catalog;
        let rows = catalog.buckets(self.caller, self.wants_it_anew()).await;
        let rows = rows.map_err(ApiError::Catalog)?;
        if path.tail == Some(Tail::Count) || plan.expansions().is_empty() {
            return self.collection(url, path, plan, &rows, size);
        }
        let page = plan.apply(&*rows, size).map_err(ApiError::Query)?;
        let objects = self.objects_of(url, plan, &page.rows, NESTED).await?;
        let objects = objects.unwrap_or_default();
        let rows = page.rows.iter().zip(&objects);
        let rows = rows.map(|(row, objects)| Expanded::new(*row).many("objects", objects));
        let rows: Vec<_> = rows.collect();
        let page = Page {
            rows: rows.iter().collect(),
            count: page.count,
            next: page.next,
        };
        self.page(url, path, plan, &page, size)
    }

    /// How many rows a page may have: what the client prefers, up to `most`.
    fn page_size(&self, most: usize) -> usize {
        let preferred = self.header("prefer").and_then(max_page_size);
        preferred.unwrap_or(most).min(most)
    }

    pub(super) fn collection<R: Row>(
        &self,
        url: &Url<'_>,
        path: &DataPath,
        plan: &Plan,
        rows: &[R],
        size: usize,
    ) -> Result<HttpResponse, ApiError> {
        if path.tail == Some(Tail::Count) {
            let format = self.format(url, Offer::Text)?;
            let count = plan.count_of(rows).map_err(ApiError::Query)?;
            return Ok(ok(format, body::raw_count(count)));
        }
        let page = plan.apply(rows, size).map_err(ApiError::Query)?;
        self.page(url, path, plan, &page, size)
    }

    fn page<R: Row>(
        &self,
        url: &Url<'_>,
        path: &DataPath,
        plan: &Plan,
        page: &Page<'_, R>,
        size: usize,
    ) -> Result<HttpResponse, ApiError> {
        let format = self.format(url, Offer::Json)?;
        let link = page.next.as_deref().map(|token| url.next_link(token));
        let writer = Writer::new(self.model.edm, path, plan.selection(), json(format));
        let writer = writer.nested_page_size(NESTED);
        let body = writer.collection(page, link.as_deref());
        let mut response = ok(format, body.map_err(ApiError::Query)?);
        if self.header("prefer").and_then(max_page_size).is_some()
            && let Ok(value) = format!("odata.maxpagesize={size}").parse()
        {
            response.headers_mut().insert(PREFERENCE_APPLIED, value);
        }
        Ok(response)
    }

    pub(super) fn entity(
        &self,
        url: &Url<'_>,
        path: &DataPath,
        plan: &Plan,
        row: &impl Row,
    ) -> Result<HttpResponse, ApiError> {
        let offer = if path.tail.is_some() {
            Offer::Text
        } else {
            Offer::Json
        };
        let format = self.format(url, offer)?;
        // one entity shows also what would cost a request for each of many
        let all = Selection::all(path.entity_type);
        let as_it_is = url.query.select.is_none() && plan.expansions().is_empty();
        let selection = if as_it_is { &all } else { plan.selection() };
        let writer = Writer::new(self.model.edm, path, selection, json(format));
        let writer = writer.nested_page_size(OBJECTS);
        let etag = row.etag();
        if let Some(answer) = self.unmet(etag.as_deref()) {
            return answer;
        }
        let Some(property) = path.property else {
            let body = writer.entity(row).map_err(ApiError::Query)?;
            let mut response = ok(format, body);
            if let Some(value) = etag.and_then(|etag| etag.parse().ok()) {
                response.headers_mut().insert(ETAG, value);
            }
            return Ok(response);
        };
        let written = match path.tail {
            Some(Tail::Value) => body::raw_value(&row.get(property.name)),
            Some(Tail::Count) | None => writer.data(&row.data(property.name)),
        };
        Ok(written.map_or_else(
            || HttpResponse::new(StatusCode::NO_CONTENT),
            |written| ok(format, written),
        ))
    }
}

pub(super) fn no(what: &str) -> ApiError {
    ApiError::NotFound(format!("This {what}"))
}
