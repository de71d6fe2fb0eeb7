//! Objects: how much of a bucket a query has to look at, and looking.
//!
//! S3 lists keys in their order, below a prefix, behind a key. What of a query is of that
//! kind is handed on; the rest is evaluated here, over no more than `scan_limit` keys.

use odata::{DataPath, Error, Plan, Tail, TextRange, Url};

use super::entities::no;
use super::{Call, rows};
use crate::catalog::{Object, Within};
use crate::http::error::ApiError;

impl Call<'_> {
    /// All objects that decide about a page of `page_size`; the query is still to be applied.
    pub(super) async fn objects(
        &self,
        url: &Url<'_>,
        path: &DataPath,
        plan: &Plan,
        page_size: usize,
    ) -> Result<Vec<Object>, ApiError> {
        let named = url.query.text_range("bucket_id");
        let named = named.as_ref().and_then(TextRange::exact);
        let bucket = rows::bucket_of(path).or(named).ok_or_else(|| {
            let told = "A list of objects needs their bucket: use Buckets('…')/objects, or $filter=bucket_id eq '…'";
            ApiError::Query(Error::not_implemented(told).about("$filter"))
        })?;
        let in_order = plan.keeps_order_of("objectKey", &["bucket_id"]);
        let counts = path.tail == Some(Tail::Count);
        let needed = plan.needed(page_size).filter(|_| in_order && !counts);
        let range = key_range(url);
        let (within, range, needed) = match range {
            Some((range, one_level)) => {
                let after = plan.resumes_after("objectKey").filter(|_| in_order);
                (within(&range, one_level, after), range, needed)
            }
            // nothing can pass, but whether there is the bucket still matters
            None => (Within::default(), TextRange::default(), Some(0)),
        };
        self.look(bucket, within, &range, plan, needed).await
    }

    async fn look(
        &self,
        bucket: &str,
        within: Within,
        range: &TextRange,
        plan: &Plan,
        needed: Option<usize>,
    ) -> Result<Vec<Object>, ApiError> {
        let after = within.after.clone();
        let mut rows = Vec::new();
        let mut left = self.service.scan_limit;
        let walk = self.service.catalog.walk(self.caller, bucket, within);
        let mut walk = walk.map_err(ApiError::Catalog)?;
        // as long as it has to be if all keys on it pass; after that, as long as S3 can
        let mut wanted = needed.map_or(usize::MAX, |needed| needed.max(100));
        loop {
            let page = walk.next(wanted.min(left)).await;
            let Some(page) = page.map_err(ApiError::Catalog)? else {
                return Ok(rows);
            };
            left = left.saturating_sub(page.len());
            wanted = usize::MAX;
            for object in page {
                if needed == Some(rows.len()) || range.is_over_at(&object.key) {
                    return Ok(rows);
                }
                // S3 shows the folder again of which the key behind it is a part
                if object.key > after && plan.admits(&object).map_err(ApiError::Query)? {
                    rows.push(object);
                }
            }
            if needed == Some(rows.len()) {
                return Ok(rows);
            }
            if left == 0 && !walk.is_over() {
                return Err(too_much(self.service.scan_limit));
            }
        }
    }

    /// The object that the path names or comes from.
    pub(super) async fn object(&self, path: &DataPath) -> Result<Object, ApiError> {
        let named = rows::bucket_of(path).zip(rows::key_of(path));
        let (bucket, key) = named.ok_or_else(|| no("resource"))?;
        let found = self.service.catalog.object(self.caller, bucket, key).await;
        found
            .map_err(ApiError::Catalog)?
            .ok_or_else(|| no("object"))
    }
}

/// In which range keys lie, and whether one folder's content is asked for; `None` if no key
/// can be meant.
fn key_range(url: &Url<'_>) -> Option<(TextRange, bool)> {
    let mut range = url.query.text_range("objectKey")?;
    let folder = url.query.text_range("folder")?;
    // the key of what lies in a folder begins with the folder's
    if folder.prefix.starts_with(&range.prefix) {
        range.prefix.clone_from(&folder.prefix);
    } else if !range.prefix.starts_with(&folder.prefix) {
        return None;
    }
    Some((range, folder.exact().is_some()))
}

fn within(range: &TextRange, one_level: bool, after: Option<&str>) -> Within {
    // "start after" leaves out the key itself, which the range may have in it
    let mut low = range.low.clone().unwrap_or_default();
    low.pop();
    let after = after.unwrap_or_default();
    Within {
        prefix: range.prefix.clone(),
        one_level,
        after: if after > low.as_str() {
            after.to_owned()
        } else {
            low
        },
    }
}

fn too_much(limit: usize) -> ApiError {
    let told = format!(
        "This query would look at more than {limit} objects: narrow it by folder eq '…/' or startswith(objectKey,'…'), and leave out $count and any order but that of objectKey"
    );
    ApiError::Query(Error::not_implemented(told))
}
