//! Changing what the catalogue shows: objects are created, described anew, removed.

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::http::header::{ETAG, HeaderName, LOCATION};
use odata::body::Writer;
use odata::negotiate::{Return, preferred_return};
use odata::plan::Selection;
use odata::write::{BodyReader, Mode};
use odata::{DataPath, Error, Offer, Record, Row as _, Url};

use super::entities::{PREFERENCE_APPLIED, no};
use super::rows::Listed;
use super::{ALLOW, Call, json, rows};
use crate::catalog::{CatalogError, Changes, Description, Place, check_key};
use crate::http::error::ApiError;

const ALLOW_OBJECT: &str = "GET, HEAD, PATCH, PUT, DELETE";
const ALLOW_OBJECTS: &str = "GET, HEAD, POST";
const ALLOW_VERSION: &str = "GET, HEAD, DELETE";
const ENTITY_ID: HeaderName = HeaderName::from_static("odata-entityid");

impl Call<'_> {
    /// Any method but GET and HEAD, on entities and collections of them.
    pub(super) async fn change(
        &self,
        url: &Url<'_>,
        path: &DataPath,
        body: &[u8],
    ) -> Result<HttpResponse, ApiError> {
        let whole = path.property.is_none() && path.tail.is_none();
        let entity = path.last_key().is_some();
        let refused = |allow| Err(ApiError::MethodNotAllowed { allow });
        match (path.entity_type.name, self.method.as_str()) {
            ("Objects", "POST") if whole && path.is_collection() => {
                self.create(url, path, body).await
            }
            ("Objects", "PATCH" | "PUT") if whole && entity => self.update(url, path, body).await,
            ("Objects", "DELETE") if whole && entity => self.remove(path).await,
            ("Versions", "DELETE") if whole && entity => self.remove_version(path).await,
            ("Objects", _) if whole && entity => refused(ALLOW_OBJECT),
            ("Objects", _) if whole && path.is_collection() => refused(ALLOW_OBJECTS),
            ("FileShareItems", "POST") if whole && path.is_collection() => {
                self.create_item(url, path, body).await
            }
            ("Versions", _) if whole && entity => refused(ALLOW_VERSION),
            _ => refused(ALLOW),
        }
    }

    /// POST: an object without content, which PUT brings, or a folder.
    async fn create(
        &self,
        url: &Url<'_>,
        path: &DataPath,
        body: &[u8],
    ) -> Result<HttpResponse, ApiError> {
        self.may_write()?;
        let given = self.reader().filled_in(&["bucket_id"]);
        let given = given.entity(path.entity_type, body, Mode::Create);
        let given = given.map_err(ApiError::Query)?;
        let (on_the_path, in_the_body) = (rows::bucket_of(path), given.text("bucket_id"));
        if on_the_path.zip(in_the_body).is_some_and(|(a, b)| a != b) {
            let told = "bucket_id is another bucket than the one that the URL leads to";
            return Err(ApiError::Query(Error::bad_request(told).about("bucket_id")));
        }
        let bucket = on_the_path.or(in_the_body);
        let bucket = bucket.ok_or_else(|| missing("bucket_id"))?;
        let key = given
            .text("objectKey")
            .ok_or_else(|| missing("objectKey"))?;
        let guessed = mime_guess::from_path(key).first_raw();
        let guessed = guessed.filter(|_| !key.ends_with('/'));
        let description = Description {
            content_type: given.text("contentType").or(guessed).map(str::to_owned),
            metadata: pairs(&given, "metadata").unwrap_or_default(),
            tags: pairs(&given, "tags").unwrap_or_default(),
            ..Description::default()
        };
        let catalog = &self.service.catalog;
        let created = catalog.create(self.caller, bucket, key, &description).await;
        created.map_err(ApiError::Catalog)?;
        let row = self.written(&Place::new(bucket, key)).await?;
        let id = format!("{}/{}", self.model.root, path.entity_url(&row));
        let asked = self.header("prefer").and_then(preferred_return);
        let mut response = HttpResponse::Created();
        response.insert_header((LOCATION, id.as_str()));
        let body = if asked == Some(Return::Minimal) {
            response = HttpResponse::NoContent();
            response.insert_header((LOCATION, id.as_str()));
            response.insert_header((ENTITY_ID, id));
            Vec::new()
        } else {
            let format = self.format(url, Offer::Json)?;
            let selection = Selection::all(path.entity_type);
            let writer = Writer::created(self.model.edm, path, &selection, json(format));
            response.content_type(format.content_type());
            writer.entity(&row).map_err(ApiError::Query)?
        };
        if let Some(asked) = asked {
            response.insert_header((PREFERENCE_APPLIED, asked.applied()));
        }
        tag(&mut response, &row);
        Ok(response.body(body))
    }

    /// PATCH changes what is named; PUT forgets what is not.
    async fn update(
        &self,
        url: &Url<'_>,
        path: &DataPath,
        body: &[u8],
    ) -> Result<HttpResponse, ApiError> {
        self.may_write()?;
        let place = place(path)?;
        let given = self.reader().entity(path.entity_type, body, Mode::Update);
        let given = given.map_err(ApiError::Query)?;
        let forgotten = || (self.method == Method::PUT).then(Vec::new);
        let changes = Changes {
            content_type: given.text("contentType").map(str::to_owned),
            metadata: pairs(&given, "metadata").or_else(forgotten),
            tags: pairs(&given, "tags").or_else(forgotten),
        };
        let condition = self.condition()?;
        let catalog = &self.service.catalog;
        let (bucket, key) = (&place.bucket, &place.key);
        let described = catalog.describe_anew(self.caller, bucket, key, &changes, &condition);
        described.await.map_err(ApiError::Catalog)?;
        let row = self.written(&place).await?;
        let asked = self.header("prefer").and_then(preferred_return);
        if asked != Some(Return::Representation) {
            let mut response = HttpResponse::NoContent();
            tag(&mut response, &row);
            return Ok(response.finish());
        }
        let format = self.format(url, Offer::Json)?;
        let selection = Selection::all(path.entity_type);
        let writer = Writer::new(self.model.edm, path, &selection, json(format));
        let mut response = HttpResponse::Ok();
        response
            .insert_header((PREFERENCE_APPLIED, Return::Representation.applied()))
            .content_type(format.content_type());
        tag(&mut response, &row);
        Ok(response.body(writer.entity(&row).map_err(ApiError::Query)?))
    }

    /// DELETE of an object.
    pub(super) async fn remove(&self, path: &DataPath) -> Result<HttpResponse, ApiError> {
        self.may_write()?;
        let Place { bucket, key } = place(path)?;
        let condition = self.condition()?;
        let catalog = &self.service.catalog;
        let removed = catalog.remove(self.caller, &bucket, &key, &condition);
        removed.await.map_err(ApiError::Catalog)?;
        Ok(HttpResponse::NoContent().finish())
    }

    /// DELETE of a version, for good.
    async fn remove_version(&self, path: &DataPath) -> Result<HttpResponse, ApiError> {
        self.may_write()?;
        let version = self.version_at(path).await?;
        let (etag, modified) = (&version.version.etag, version.version.last_modified);
        if !self.condition()?.fits(etag.as_ref(), modified) {
            return Err(ApiError::PreconditionFailed);
        }
        let place = Place::new(&version.bucket, &version.version.key);
        let catalog = &self.service.catalog;
        let removed = catalog.remove_version(self.caller, &place, &version.version.id);
        removed.await.map_err(ApiError::Catalog)?;
        Ok(HttpResponse::NoContent().finish())
    }

    /// An object as it is after a change.
    pub(super) async fn written(&self, place: &Place) -> Result<Listed, ApiError> {
        let (bucket, key) = (&place.bucket, &place.key);
        let found = self.service.catalog.object(self.caller, bucket, key).await;
        let found = found.map_err(ApiError::Catalog)?;
        let (object, described) = found.ok_or(ApiError::Catalog(CatalogError::Conflict))?;
        Ok(Listed {
            object,
            bucket: None,
            described,
        })
    }

    pub(super) fn reader(&self) -> BodyReader<'_> {
        BodyReader::new(self.model.edm, self.header("content-type"))
    }
}

/// The object that the path leads to or through.
pub(super) fn place(path: &DataPath) -> Result<Place, ApiError> {
    let named = rows::bucket_of(path).zip(rows::key_of(path));
    let (bucket, key) = named.ok_or_else(|| no("resource"))?;
    check_key(&key).map_err(ApiError::Catalog)?;
    Ok(Place::new(bucket, &key))
}

fn missing(property: &'static str) -> ApiError {
    let told = format!("{property} is required");
    ApiError::Query(Error::bad_request(told).about(property))
}

fn pairs(given: &Record<'_>, property: &str) -> Option<Vec<(String, String)>> {
    let pairs = given.records(property)?.filter_map(|pair| {
        let (key, value) = pair.text("key").zip(pair.text("value"))?;
        Some((key.to_owned(), value.to_owned()))
    });
    Some(pairs.collect())
}

fn tag(response: &mut actix_web::HttpResponseBuilder, row: &Listed) {
    if let Some(etag) = row.etag() {
        response.insert_header((ETAG, etag.as_ref()));
    }
}
