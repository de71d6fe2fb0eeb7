//! `$expand`: related rows, which are listed once the page is known.

use std::sync::Arc;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use odata::query::{Query, Show};
use odata::{Error, Expansion, Plan, Url};

use super::Call;
use super::rows::Listed;
use crate::catalog::{Bucket, CatalogError, Described, Object};
use crate::http::error::ApiError;

/// How many buckets are listed at the same time.
const TOGETHER: usize = 8;
/// How many buckets one request may expand.
const MOST_BUCKETS: usize = 100;

impl Call<'_> {
    /// The objects of each bucket, up to one more than `size`, if the query expands them.
    pub(super) async fn objects_of(
        &self,
        url: &Url<'_>,
        plan: &Plan,
        buckets: &[&Bucket],
        size: usize,
    ) -> Result<Option<Vec<Vec<Listed>>>, ApiError> {
        let expansion = plan.expansions().iter();
        let Some(expansion) = expansion
            .clone()
            .find(|it| it.navigation().name == "objects")
        else {
            return Ok(None);
        };
        if buckets.len() > MOST_BUCKETS {
            let told = format!("Objects are expanded for {MOST_BUCKETS} buckets at most: use $top");
            return Err(ApiError::Query(
                Error::not_implemented(told).about("$expand"),
            ));
        }
        let options = options(&url.query, expansion);
        // what is only counted has to be seen to its end
        let counted = expansion.show() == Show::Count;
        let size = (!counted).then_some(size);
        let lists = buckets
            .iter()
            .map(|bucket| self.objects_in(&bucket.name, options, expansion.plan(), size));
        let lists = stream::iter(lists).buffered(TOGETHER);
        // each list is bounded, and so are all of them together
        let most = self.service.limits.scan.max(size.unwrap_or_default());
        let lists = lists.try_fold(Vec::new(), async |mut lists: Vec<Vec<Listed>>, list| {
            lists.push(list);
            if lists.iter().map(Vec::len).sum::<usize>() > most {
                let told = format!("More than {most} objects would be shown: use $top in $expand, or expand fewer buckets");
                return Err(ApiError::Query(Error::not_implemented(told).about("$expand")));
            }
            Ok(lists)
        });
        lists.await.map(Some)
    }

    /// An object with its bucket, if the query leads there.
    pub(super) async fn with_bucket(
        &self,
        (object, described): (Object, Option<Described>),
        plan: &Plan,
    ) -> Result<Listed, ApiError> {
        let bucket = self.bucket_for(&object.bucket, plan).await?;
        Ok(Listed {
            object,
            bucket,
            described,
        })
    }

    /// The bucket of objects, if the query leads there.
    pub(super) async fn bucket_for(
        &self,
        name: &str,
        plan: &Plan,
    ) -> Result<Option<Arc<Bucket>>, ApiError> {
        let conditions = plan.related().iter().map(String::as_str);
        let expansions = plan.expansions().iter().map(|it| it.navigation().name);
        let leads_there = |path: &str| path.split('/').next() == Some("bucket");
        if !conditions.chain(expansions).any(leads_there) {
            return Ok(None);
        }
        let found = self.service.catalog.bucket(self.caller, name).await;
        let found = found.map_err(ApiError::Catalog)?;
        let found = found.ok_or(ApiError::Catalog(CatalogError::NoBucket))?;
        Ok(Some(Arc::new(found)))
    }
}

/// The options in the parentheses behind the expanded property.
fn options<'q>(query: &'q Query, expansion: &Expansion) -> &'q Query {
    let name = expansion.navigation().name;
    let named = |path: &str| path.rsplit('/').any(|step| step == name);
    let items = || query.expand.iter();
    let item = items().find(|item| named(&item.path));
    let item = item.or_else(|| items().find(|item| item.path.ends_with('*')));
    item.map_or(query, |item| &item.options)
}
