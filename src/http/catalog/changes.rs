//! Changing what the catalogue shows: entities are removed.

use actix_web::HttpResponse;
use actix_web::http::Method;
use odata::DataPath;

use super::entities::no;
use super::{ALLOW, Call, rows};
use crate::http::error::ApiError;

const ALLOW_OBJECT: &str = "GET, HEAD, DELETE";

impl Call<'_> {
    /// Any method but GET and HEAD, on entities and collections of them.
    pub(super) async fn change(&self, path: &DataPath) -> Result<HttpResponse, ApiError> {
        let is_object = path.entity_type.name == "Objects"
            && path.last_key().is_some()
            && path.property.is_none()
            && path.tail.is_none();
        if !is_object {
            return Err(ApiError::MethodNotAllowed { allow: ALLOW });
        }
        match *self.method {
            Method::DELETE => self.remove(path).await,
            _ => Err(ApiError::MethodNotAllowed {
                allow: ALLOW_OBJECT,
            }),
        }
    }

    /// DELETE of an object.
    pub(super) async fn remove(&self, path: &DataPath) -> Result<HttpResponse, ApiError> {
        self.may_write()?;
        let named = rows::bucket_of(path).zip(rows::key_of(path));
        let (bucket, key) = named.ok_or_else(|| no("resource"))?;
        let condition = self.condition()?;
        let removed = self
            .service
            .catalog
            .remove(self.caller, bucket, key, &condition);
        removed.await.map_err(ApiError::Catalog)?;
        Ok(HttpResponse::NoContent().finish())
    }
}
