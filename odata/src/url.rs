//! A whole URL: root, path and query, with positions counted from its first
//! byte as clients see it.

use crate::edm::Model;
use crate::query::next_link;
use crate::{Error, Query, Resource, Version};

/// A parsed request target.
#[derive(Debug, Clone)]
pub struct Url<'a> {
    /// What the path addresses.
    pub resource: Resource,
    /// What the query asks for.
    pub query: Query,
    path: &'a str,
    raw_query: &'a str,
}

impl<'a> Url<'a> {
    /// Parses a raw, percent-encoded request target in origin form
    /// (`/catalog/Buckets?$top=1`) below the service root (`/catalog`, with
    /// or without a slash at the end).
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) for targets that are not
    /// below the root and for unknown resources.
    pub fn parse(
        model: &'static Model,
        root: &str,
        target: &'a str,
        version: Version,
    ) -> Result<Self, Error> {
        let (full_path, raw_query) = target.split_once('?').unwrap_or((target, ""));
        let path = full_path
            .strip_prefix(root.trim_end_matches('/'))
            .filter(|path| path.is_empty() || path.starts_with('/'))
            .ok_or_else(|| Error::not_found(format!("Invalid resource path \"{full_path}\"")))?;
        let query = Query::parse(raw_query, full_path.len() + 1, version)?;
        let position = full_path.len() - path.len();
        let resource = Resource::parse(model, path, position, &query.aliases, version)?;
        query.check_for(&resource)?;
        Ok(Self {
            resource,
            query,
            path,
            raw_query,
        })
    }

    /// The link to the next page, relative to the service root.
    pub fn next_link(&self, token: &str) -> String {
        next_link(self.path, self.raw_query, token)
    }
}
