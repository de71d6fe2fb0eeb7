//! Actions and functions: copying, moving, deleting folders, restoring, sharing, ZIP.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::Method;
use odata::body::{self, Writer};
use odata::path::{Invocation, Operation};
use odata::plan::Selection;
use odata::{Data, DataPath, Error, Offer, Record, Url};

use super::changes::place;
use super::content::disposition;
use super::entities::no;
use super::rows::instant_of;
use super::{Call, json, ok, rows};
use crate::catalog::{Condition, Description, FolderProgress, Link, Place};
use crate::http::error::{ApiError, code_and_text};

/// How long a link is good if nobody says so, and at most.
const LINK: i64 = 300;
const LONGEST_LINK: i64 = 3600;

impl Call<'_> {
    /// Calls what the path names.
    pub(super) async fn invoke(
        &self,
        url: &Url<'_>,
        call: &Invocation,
        body: &[u8],
    ) -> Result<HttpResponse, ApiError> {
        let on = call.binding.as_ref().ok_or_else(|| no("resource"))?;
        let given = match call.operation {
            Operation::Function(_) if [Method::GET, Method::HEAD].contains(self.method) => {
                call.arguments.clone()
            }
            Operation::Function(_) => {
                return Err(ApiError::MethodNotAllowed { allow: "GET, HEAD" });
            }
            Operation::Action(action) if self.method == Method::POST => {
                self.may_write()?;
                let given = self.reader().parameters(action, body);
                given.map_err(ApiError::Query)?
            }
            Operation::Action(_) => return Err(ApiError::MethodNotAllowed { allow: "POST" }),
        };
        match call.operation.name() {
            "copy" => self.copied(url, call, on, &given).await,
            "move" => self.moved(url, call, on, &given).await,
            "deleteFolder" => self.folder_deleted(url, call, on, &given).await,
            "summary" => self.summary(url, call, on, &given).await,
            "createFolder" => self.folder_created(url, call, on, &given).await,
            "undelete" => self.undeleted(url, call, on).await,
            "restore" => self.restored(url, call, on).await,
            "share" => self.shared(url, call, on, &given).await,
            "zip" => self.zip(on, &given).await,
            _ => Err(no("operation")),
        }
    }

    async fn copied(
        &self,
        url: &Url<'_>,
        call: &Invocation,
        on: &DataPath,
        given: &Record<'_>,
    ) -> Result<HttpResponse, ApiError> {
        let (from, to) = ends(on, given)?;
        let original = self.original(&from)?;
        let (catalog, caller, condition) = (&self.service.catalog, self.caller, unless(given));
        let progress = if from.key.ends_with('/') {
            let copied = catalog.copy_folder(caller, &from, &to, after(given), &condition);
            copied.await
        } else {
            one(catalog
                .copy(caller, &from, &original, &to, &condition)
                .await)
        };
        self.progress(url, call, progress.map_err(ApiError::Catalog)?)
    }

    async fn moved(
        &self,
        url: &Url<'_>,
        call: &Invocation,
        on: &DataPath,
        given: &Record<'_>,
    ) -> Result<HttpResponse, ApiError> {
        let (from, to) = ends(on, given)?;
        let original = self.original(&from)?;
        let (catalog, caller, condition) = (&self.service.catalog, self.caller, unless(given));
        let progress = if from.key.ends_with('/') {
            let moved = catalog.move_folder(caller, &from, &to, after(given), &condition);
            moved.await
        } else {
            one(catalog
                .relocate(caller, &from, &original, &to, &condition)
                .await)
        };
        self.progress(url, call, progress.map_err(ApiError::Catalog)?)
    }

    /// What the headers ask of the source of a copy; folders have neither tag nor date.
    fn original(&self, from: &Place) -> Result<Condition, ApiError> {
        let original = self.condition()?;
        if from.key.ends_with('/') && original.asks_for_this() {
            return Err(ApiError::PreconditionFailed);
        }
        Ok(original)
    }

    async fn folder_deleted(
        &self,
        url: &Url<'_>,
        call: &Invocation,
        on: &DataPath,
        given: &Record<'_>,
    ) -> Result<HttpResponse, ApiError> {
        let folder = folder(on)?;
        let catalog = &self.service.catalog;
        let removed = catalog.remove_folder(self.caller, &folder, after(given));
        self.progress(url, call, removed.await.map_err(ApiError::Catalog)?)
    }

    async fn summary(
        &self,
        url: &Url<'_>,
        call: &Invocation,
        on: &DataPath,
        given: &Record<'_>,
    ) -> Result<HttpResponse, ApiError> {
        let folder = folder(on)?;
        let (catalog, most) = (&self.service.catalog, self.service.limits.scan);
        let measured = catalog.measure(self.caller, &folder, after(given), most);
        self.progress(url, call, measured.await.map_err(ApiError::Catalog)?)
    }

    async fn folder_created(
        &self,
        url: &Url<'_>,
        call: &Invocation,
        on: &DataPath,
        given: &Record<'_>,
    ) -> Result<HttpResponse, ApiError> {
        let bucket = rows::bucket_of(on).ok_or_else(|| no("bucket"))?;
        let folder = given
            .text("folder")
            .unwrap_or_default()
            .trim_end_matches('/');
        if folder.is_empty() {
            let told = "A folder needs a name";
            return Err(ApiError::Query(Error::bad_request(told).about("folder")));
        }
        let place = Place::new(bucket, &format!("{folder}/"));
        let nothing = Description::default();
        let catalog = &self.service.catalog;
        let created = catalog.create(self.caller, bucket, &place.key, &nothing);
        created.await.map_err(ApiError::Catalog)?;
        self.entity_of(url, call, &place).await
    }

    async fn undeleted(
        &self,
        url: &Url<'_>,
        call: &Invocation,
        on: &DataPath,
    ) -> Result<HttpResponse, ApiError> {
        let place = place(on)?;
        let undeleted = self.service.catalog.undelete(self.caller, &place).await;
        undeleted.map_err(ApiError::Catalog)?;
        self.entity_of(url, call, &place).await
    }

    async fn restored(
        &self,
        url: &Url<'_>,
        call: &Invocation,
        on: &DataPath,
    ) -> Result<HttpResponse, ApiError> {
        let place = place(on)?;
        let version = rows::version_of(on).ok_or_else(|| no("version"))?;
        let catalog = &self.service.catalog;
        let restored = catalog.restore(self.caller, &place, version).await;
        restored.map_err(ApiError::Catalog)?;
        self.entity_of(url, call, &place).await
    }

    async fn shared(
        &self,
        url: &Url<'_>,
        call: &Invocation,
        on: &DataPath,
        given: &Record<'_>,
    ) -> Result<HttpResponse, ApiError> {
        if !self.service.limits.presign {
            let told = "Links are switched off; an operator allows them by the setting presign";
            return Err(ApiError::Query(Error::not_implemented(told)));
        }
        let place = place(on)?;
        let seconds = given.integer("seconds").unwrap_or(LINK);
        if !(1..=LONGEST_LINK).contains(&seconds) {
            let told = format!("A link is good for 1 to {LONGEST_LINK} seconds");
            return Err(ApiError::Query(Error::bad_request(told).about("seconds")));
        }
        let life = Duration::from_secs(seconds.unsigned_abs());
        let name = disposition(false, &place.key).to_string();
        let shared = self.service.catalog.share(self.caller, &place, life, &name);
        let Link { url: link, expires } = shared.await.map_err(ApiError::Catalog)?;
        let told = Record::new()
            .with("url", link)
            .with("expires", instant_of(expires));
        self.told(url, call, &Data::from(told))
    }

    fn progress(
        &self,
        url: &Url<'_>,
        call: &Invocation,
        progress: FolderProgress,
    ) -> Result<HttpResponse, ApiError> {
        let failures = progress.failed.into_iter().map(|failed| {
            let (code, text) = code_and_text(&ApiError::Catalog(failed.error));
            Record::new()
                .with("objectKey", failed.key)
                .with("code", code)
                .with("message", text)
        });
        let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let told = Record::new()
            .with("objects", number(progress.objects))
            .with("bytes", number(progress.bytes))
            .with("next", progress.next)
            .with("failures", Data::collection(failures));
        self.told(url, call, &Data::from(told))
    }

    fn told(
        &self,
        url: &Url<'_>,
        call: &Invocation,
        data: &Data<'_>,
    ) -> Result<HttpResponse, ApiError> {
        let format = self.format(url, Offer::Json)?;
        let written = body::result(self.model.edm, call, data, json(format));
        Ok(ok(format, written.unwrap_or_default()))
    }

    async fn entity_of(
        &self,
        url: &Url<'_>,
        call: &Invocation,
        place: &Place,
    ) -> Result<HttpResponse, ApiError> {
        let row = self.written(place).await?;
        let entity_type = call.entity_type(self.model.edm).ok_or_else(|| no("type"))?;
        let format = self.format(url, Offer::Json)?;
        let selection = Selection::all(entity_type);
        let writer = Writer::result(self.model.edm, call, entity_type, &selection, json(format));
        Ok(ok(format, writer.entity(&row).map_err(ApiError::Query)?))
    }
}

/// Both ends of a copy, which are of one kind.
fn ends(on: &DataPath, given: &Record<'_>) -> Result<(Place, Place), ApiError> {
    let from = place(on)?;
    let bucket = given.text("targetBucket").unwrap_or(&from.bucket);
    let key = given.text("targetKey").unwrap_or_default();
    if from.key.ends_with('/') != key.ends_with('/') {
        let told =
            "Folders end with a slash, objects don't: source and target have to be of one kind";
        return Err(ApiError::Query(Error::bad_request(told).about("targetKey")));
    }
    let to = Place::new(bucket, key);
    Ok((from, to))
}

fn folder(on: &DataPath) -> Result<Place, ApiError> {
    let place = place(on)?;
    if place.key.ends_with('/') {
        return Ok(place);
    }
    let told = "This is for folders, whose keys end with a slash";
    Err(ApiError::Query(Error::bad_request(told)))
}

/// What is there is left, unless it shall be replaced.
fn unless(given: &Record<'_>) -> Condition {
    Condition {
        if_none: given.boolean("overwrite") != Some(true),
        ..Condition::default()
    }
}

fn after<'g>(given: &'g Record<'_>) -> &'g str {
    given.text("after").unwrap_or_default()
}

fn one(
    done: Result<u64, crate::catalog::CatalogError>,
) -> Result<FolderProgress, crate::catalog::CatalogError> {
    Ok(FolderProgress {
        objects: 1,
        bytes: done?,
        ..FolderProgress::default()
    })
}
