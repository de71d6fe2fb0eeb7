//! Objects: how much of a bucket a query has to look at, and looking.
//!
//! S3 lists keys in their order, below a prefix, behind a key. What of a query is of that
//! kind is handed on; the rest is evaluated here, over no more than `scan_limit` keys.

use std::sync::Arc;

use odata::{DataPath, Error, Plan, Query, TextRange};

use super::changes::place;
use super::entities::no;
use super::rows::Listed;
use super::{Call, rows};
use crate::catalog::{Bucket, CatalogError, Described, Object, Within};
use crate::http::error::ApiError;

impl Call<'_> {
    /// All objects that decide about a page of `page_size`, or about everything; the query is
    /// still to be applied.
    pub(super) async fn objects(
        &self,
        query: &Query,
        path: &DataPath,
        plan: &Plan,
        page_size: Option<usize>,
    ) -> Result<Vec<Listed>, ApiError> {
        let named = query.text_range("bucket_id");
        let named = named.as_ref().and_then(TextRange::exact);
        let on_the_path = rows::bucket_of(path);
        let bucket = on_the_path.or(named).ok_or_else(|| {
            let told = "A list of objects needs their bucket: use Buckets('…')/objects, or $filter=bucket_id eq '…'";
            ApiError::Query(Error::not_implemented(told).about("$filter"))
        })?;
        let looked = async {
            let mut search = Search::new(query, plan, page_size);
            search.bucket = self.bucket_for(bucket, plan).await?;
            self.look(bucket, search).await
        };
        match looked.await {
            // a path leads nowhere, a condition that nothing meets has an empty answer
            Err(ApiError::Catalog(CatalogError::NoBucket)) if on_the_path.is_none() => {
                Ok(Vec::new())
            }
            found => found,
        }
    }

    /// Those objects of a bucket that decide about a page of an expanded one.
    pub(super) async fn objects_in(
        &self,
        bucket: &str,
        query: &Query,
        plan: &Plan,
        page_size: Option<usize>,
    ) -> Result<Vec<Listed>, ApiError> {
        self.look(bucket, Search::new(query, plan, page_size)).await
    }

    async fn look(&self, bucket: &str, mut search: Search<'_>) -> Result<Vec<Listed>, ApiError> {
        let within = std::mem::take(&mut search.within);
        let walk = self.service.catalog.walk(self.caller, bucket, within);
        let mut walk = walk.map_err(ApiError::Catalog)?;
        let mut left = self.service.limits.scan;
        loop {
            let page = walk.next(search.wanted().min(left)).await;
            let Some(page) = page.map_err(ApiError::Catalog)? else {
                return Ok(search.found);
            };
            left = left.saturating_sub(page.len());
            if search.take(page).map_err(ApiError::Query)? {
                return Ok(search.found);
            }
            if left == 0 && !walk.is_over() {
                return Err(too_much(self.service.limits.scan));
            }
        }
    }

    /// The object that the path names or comes from.
    pub(super) async fn object(
        &self,
        path: &DataPath,
    ) -> Result<(Object, Option<Described>), ApiError> {
        let place = place(path)?;
        let (bucket, key) = (place.bucket.as_str(), place.key.as_str());
        let found = self.service.catalog.object(self.caller, bucket, key).await;
        found
            .map_err(ApiError::Catalog)?
            .ok_or_else(|| no("object"))
    }
}

/// A query on its way through the keys of a bucket.
struct Search<'q> {
    plan: &'q Plan,
    within: Within,
    range: TextRange,
    after: String,
    /// How many objects that pass are enough.
    needed: Option<usize>,
    found: Vec<Listed>,
    /// The bucket that all objects are in, if the query leads there.
    bucket: Option<Arc<Bucket>>,
    pages: u32,
}

impl<'q> Search<'q> {
    fn new(query: &Query, plan: &'q Plan, page_size: Option<usize>) -> Self {
        let in_order = plan.keeps_order_of("objectKey", &["bucket_id"]);
        let needed = page_size.and_then(|size| plan.needed(size));
        let needed = needed.filter(|_| in_order);
        let (within, range, needed) = match key_range(query) {
            Some((range, one_level)) => {
                let after = plan.resumes_after("objectKey").filter(|_| in_order);
                (within(&range, one_level, after), range, needed)
            }
            // nothing can pass, but whether there is the bucket still matters
            None => (Within::default(), TextRange::default(), Some(0)),
        };
        Self {
            plan,
            after: within.after.clone(),
            within,
            range,
            needed,
            found: Vec::new(),
            bucket: None,
            pages: 0,
        }
    }

    /// How long the next page should be: as long as it has to be if all keys on it pass but the
    /// folder's own and the one that S3 shows again; then ten times as long as the one before.
    /// Each key costs S3 time, so that a bucket of many must not be asked for more of them.
    fn wanted(&self) -> usize {
        self.needed.map_or(usize::MAX, |needed| {
            let first = needed.saturating_add(2);
            first.saturating_mul(10_usize.saturating_pow(self.pages))
        })
    }

    /// Takes what passes; tells whether that is enough.
    fn take(&mut self, page: Vec<Object>) -> Result<bool, Error> {
        self.pages += 1;
        for object in page {
            if self.needed == Some(self.found.len()) || self.range.is_over_at(&object.key) {
                return Ok(true);
            }
            // S3 shows the folder again of which the key behind it is a part
            if object.key <= self.after {
                continue;
            }
            let bucket = self.bucket.clone();
            let listed = Listed {
                object,
                bucket,
                described: None,
            };
            if self.plan.admits(&listed)? {
                self.found.push(listed);
            }
        }
        Ok(self.needed == Some(self.found.len()))
    }
}

/// In which range keys lie, and whether one folder's content is asked for; `None` if no key
/// can be meant.
fn key_range(query: &Query) -> Option<(TextRange, bool)> {
    let mut range = query.text_range("objectKey")?;
    let folder = query.text_range("folder")?;
    let one_level = folder.exact().is_some();
    // the key of what lies in a folder begins with the folder's
    if folder.prefix.starts_with(&range.prefix) {
        range.prefix.clone_from(&folder.prefix);
    } else if let Some(rest) = range.prefix.strip_prefix(&folder.prefix) {
        // behind a further "/" S3 would no longer show the folder that ends there
        let slash = rest.find('/').filter(|_| one_level);
        let end = slash.map_or(range.prefix.len(), |slash| folder.prefix.len() + slash);
        range.prefix.truncate(end);
    } else {
        return None;
    }
    Some((range, one_level))
}

fn within(range: &TextRange, one_level: bool, after: Option<&str>) -> Within {
    let before = range.low.as_deref().map_or_else(String::new, before);
    let after = after.unwrap_or_default();
    Within {
        prefix: range.prefix.clone(),
        one_level,
        after: before.max(after.to_owned()),
    }
}

/// A text before this one and close to it: "start after" leaves out the key that it names, which a
/// range may have in it.
fn before(text: &str) -> String {
    let mut before = text.to_owned();
    let last = before.pop().map(u32::from).unwrap_or_default();
    let previous = last.checked_sub(1).and_then(char::from_u32);
    before.extend(previous.filter(|it| !it.is_control()));
    before
}

pub(super) fn too_much(limit: usize) -> ApiError {
    let told = format!(
        "This query would look at more than {limit} objects: narrow it by folder eq '…/' or startswith(objectKey,'…'), and leave out $count and any order but that of objectKey"
    );
    ApiError::Query(Error::not_implemented(told))
}

#[cfg(test)]
mod tests;
