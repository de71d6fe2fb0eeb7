//! `$apply`: rows are transformed over all that there is, within the limit of a search.

use actix_web::HttpResponse;
use odata::query::Transformation;
use odata::{Aggregation, DataPath, Error, Query, Url};

use super::Call;
use crate::http::error::ApiError;

impl Call<'_> {
    pub(super) async fn aggregated(
        &self,
        url: &Url<'_>,
        path: &DataPath,
        aggregation: &Aggregation,
        size: usize,
    ) -> Result<HttpResponse, ApiError> {
        if aggregation.related().next().is_some() {
            let told = "Paths to related entities are not supported in $apply";
            return Err(ApiError::Query(
                Error::not_implemented(told).about("$apply"),
            ));
        }
        let plan = aggregation.plan();
        if path.entity_type.name == "Objects" {
            let source = source(&url.query);
            let all = source.plan(self.model.edm, path.entity_type, self.now());
            let all = all.map_err(ApiError::Query)?;
            let rows = self.objects(&source, path, &all, None).await?;
            let rows = aggregation.apply(&rows).map_err(ApiError::Query)?;
            return self.collection(url, path, plan, &rows, size);
        }
        if path.entity_type.name != "Buckets" {
            let told = "Only buckets and objects can be aggregated";
            return Err(ApiError::Query(
                Error::not_implemented(told).about("$apply"),
            ));
        }
        let rows = self
            .service
            .catalog
            .buckets(self.caller, self.wants_it_anew());
        let rows = rows.await.map_err(ApiError::Catalog)?;
        let rows = aggregation.apply(&*rows).map_err(ApiError::Query)?;
        self.collection(url, path, plan, &rows, size)
    }
}

/// What the first transformation leaves of a source. The option `$filter` is of no use here: it
/// is about the outcome.
fn source(query: &Query) -> Query {
    let first = query.apply.iter().flatten().next();
    let filter = match first {
        Some(Transformation::Filter(filter)) => Some(filter.clone()),
        _ => None,
    };
    Query {
        filter,
        aliases: query.aliases.clone(),
        ..Query::default()
    }
}
