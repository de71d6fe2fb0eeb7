//! `CatalogService.zip(…)`: a folder, or a selection, as one archive that streams.

use actix_web::HttpResponse;
use actix_web::body::BodyStream;
use actix_web::http::Method;
use actix_web::http::header::CONTENT_DISPOSITION;
use odata::{Data, DataPath, Error, Record};

use super::content::disposition;
use super::{Call, rows};
use crate::catalog::{Selection, check_key, name_of};
use crate::http::error::ApiError;

impl Call<'_> {
    pub(super) async fn zip(
        &self,
        on: &DataPath,
        given: &Record<'_>,
    ) -> Result<HttpResponse, ApiError> {
        let bucket = rows::bucket_of(on).ok_or_else(|| {
            let told = "An archive needs the bucket of its objects: use Buckets('…')/objects/CatalogService.zip(…)";
            ApiError::Query(Error::not_implemented(told))
        })?;
        let folder = given.text("folder").unwrap_or_default();
        if !folder.is_empty() && !folder.ends_with('/') {
            let told = "A folder ends with a slash";
            return Err(ApiError::Query(Error::bad_request(told).about("folder")));
        }
        let keys = match given.get("keys").and_then(Data::items) {
            None => vec![folder.to_owned()],
            Some(keys) => picked(keys.iter().filter_map(|key| key.value()?.as_str()))?,
        };
        let named = match keys.as_slice() {
            [one] if !one.is_empty() => name_of(one),
            _ if !folder.is_empty() => name_of(folder),
            _ => bucket,
        };
        let name = disposition(false, &format!("{named}.zip"));
        let selection = Selection {
            bucket: bucket.to_owned(),
            base: base(folder, &keys),
            keys,
        };
        let zipped = self.service.catalog.zip(self.caller, selection).await;
        let zipped = zipped.map_err(ApiError::Catalog)?;
        let mut response = HttpResponse::Ok();
        response
            .content_type("application/zip")
            .insert_header((CONTENT_DISPOSITION, name));
        if self.method == Method::HEAD {
            return Ok(response.finish());
        }
        Ok(response.body(BodyStream::new(Box::pin(zipped))))
    }
}

/// Each key once; what lies in a folder that is picked comes with it.
fn picked<'k>(keys: impl Iterator<Item = &'k str>) -> Result<Vec<String>, ApiError> {
    let keys: Vec<&str> = keys.collect();
    if keys.is_empty() {
        let told = "keys names no object; leave it out for a whole folder";
        return Err(ApiError::Query(Error::bad_request(told).about("keys")));
    }
    let is_folder = |key: &str| key.is_empty() || key.ends_with('/');
    let mut picked: Vec<String> = Vec::new();
    for key in &keys {
        check_key(key).map_err(ApiError::Catalog)?;
        let covers = |it: &&str| is_folder(it) && key != it && key.starts_with(it);
        if !keys.iter().any(covers) && !picked.iter().any(|it| it == key) {
            picked.push((*key).to_owned());
        }
    }
    Ok(picked)
}

/// What all names in the archive would begin with, and need not.
fn base(folder: &str, keys: &[String]) -> String {
    if !folder.is_empty() {
        return folder.to_owned();
    }
    let parent = |key: &String| {
        let whole = key.strip_suffix('/').unwrap_or(key);
        let end = whole.rfind('/').map_or(0, |slash| slash + 1);
        whole.get(..end).unwrap_or_default().to_owned()
    };
    let first = keys.first().map(parent).unwrap_or_default();
    let common = keys.iter().all(|key| key.starts_with(&first));
    if common { first } else { String::new() }
}
