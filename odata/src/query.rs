//! The query of a URL: split at `&` and `=`, decoded, and parsed option by
//! option ([URL Conventions, 5](https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html#sec_QueryOptions)).
//!
//! Whether names exist and types fit is not asked here but in
//! [`Query::plan`](crate::Query::plan).

mod apply;
mod compute;
mod display;
mod expand;
mod options;
mod pieces;
mod range;
mod search;
mod select;

pub use apply::{Aggregate, Aggregated, Grouping, Method, Rank, Transformation, Until};
pub use compute::Computed;
pub use expand::{Expand, Levels, Show};
pub use pieces::next_link;
pub use range::TextRange;
pub use search::Search;
pub use select::Selected;

use crate::expression::{Budget, Expression, Parser};
use crate::path::{Resource, Source};
use crate::text::{Plus, Text};
use crate::{Error, Version};
use pieces::{Piece, pieces};

/// A parsed query, or the options in the parentheses of one of its items.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Query {
    /// `$filter`
    pub filter: Option<Expression>,
    /// `$orderby`, most significant first.
    pub orderby: Vec<OrderBy>,
    /// `$select`
    pub select: Option<Vec<Selected>>,
    /// `$expand`
    pub expand: Vec<Expand>,
    /// `$search`
    pub search: Option<Search>,
    /// `$compute`
    pub compute: Vec<Computed>,
    /// `$apply`
    pub apply: Option<Vec<Transformation>>,
    /// `$top`
    pub top: Option<u64>,
    /// `$skip`
    pub skip: Option<u64>,
    /// `$count`
    pub count: bool,
    /// `$levels`, in the parentheses of `$expand` only.
    pub levels: Option<Levels>,
    /// `$format`, decoded.
    pub format: Option<String>,
    /// `$skiptoken`, decoded.
    pub skiptoken: Option<String>,
    /// Parameter aliases without their `@`, in the order of the URL.
    pub aliases: Vec<(String, Expression)>,
    /// The version of the protocol that the client speaks.
    pub version: Version,
}

/// An item of `$orderby`.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderBy {
    /// What to order by.
    pub expression: Expression,
    /// Whether the greatest comes first.
    pub descending: bool,
}

/// Where options stand in parentheses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// After a navigation property in `$expand`.
    Expand,
    /// After `*` in `$expand`.
    Star,
    /// After `/$ref` in `$expand`.
    References,
    /// After `$count`.
    Count,
    /// After a property in `$select`.
    Select,
}

/// The system query options of OData 4.01.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SystemOption {
    Apply,
    Compute,
    Count,
    DeltaToken,
    Expand,
    Filter,
    Format,
    Id,
    Index,
    Levels,
    OrderBy,
    SchemaVersion,
    Search,
    Select,
    Skip,
    SkipToken,
    Top,
}

/// Names with their `$`; the order is that of the bits that find duplicates.
const SYSTEM_OPTIONS: [(&str, SystemOption); 17] = [
    ("$apply", SystemOption::Apply),
    ("$compute", SystemOption::Compute),
    ("$count", SystemOption::Count),
    ("$deltatoken", SystemOption::DeltaToken),
    ("$expand", SystemOption::Expand),
    ("$filter", SystemOption::Filter),
    ("$format", SystemOption::Format),
    ("$id", SystemOption::Id),
    ("$index", SystemOption::Index),
    ("$levels", SystemOption::Levels),
    ("$orderby", SystemOption::OrderBy),
    ("$schemaversion", SystemOption::SchemaVersion),
    ("$search", SystemOption::Search),
    ("$select", SystemOption::Select),
    ("$skip", SystemOption::Skip),
    ("$skiptoken", SystemOption::SkipToken),
    ("$top", SystemOption::Top),
];

impl Query {
    /// Parses a raw query, without its `?`, that starts at `position` of the
    /// URL.
    pub fn parse(raw: &str, position: usize, version: Version) -> Result<Self, Error> {
        let mut query = Self {
            version,
            ..Self::default()
        };
        let mut budget = Budget::default();
        let mut seen = [false; SYSTEM_OPTIONS.len()];
        for piece in pieces(raw, position) {
            let name = Text::decode(piece.name, piece.position, Plus::IsBlank)?;
            let name = name.as_str();
            if let Some(alias) = name.strip_prefix('@') {
                query.add_alias(alias, &piece, version, &mut budget)?;
                continue;
            }
            let Some((index, (name, option))) = system_option(name, version) else {
                if name.starts_with('$') {
                    return Err(Error::syntax(
                        piece.position,
                        format!("Expected a system query option but \"{name}\" found"),
                    )
                    .about(name.to_owned()));
                }
                continue;
            };
            if let Some(seen) = seen.get_mut(index)
                && std::mem::replace(seen, true)
            {
                return Err(Error::bad_request(format!(
                    "System query option \"{name}\" is given more than once"
                ))
                .at(piece.position)
                .about(name));
            }
            query
                .set(option, name, &piece, version, &mut budget)
                .map_err(|error| error.about(name))?;
        }
        Ok(query)
    }

    /// Refuses options that mean nothing for a resource; most are about
    /// collections.
    pub(crate) fn check_for(&self, resource: &Resource) -> Result<(), Error> {
        let collection = match resource {
            Resource::ServiceDocument | Resource::Metadata | Resource::Batch => false,
            // What a function ignores and what it takes is up to the model.
            // What an operation ignores and what it takes is up to the service.
            Resource::Operation(_) => return Ok(()),
            Resource::Data(path) => {
                path.is_collection() || matches!(path.source, Source::Function(_))
            }
        };
        let entity = matches!(resource, Resource::Data(path) if path.property.is_none());
        let misplaced = [
            ("$filter", self.filter.is_some() && !collection),
            ("$orderby", !self.orderby.is_empty() && !collection),
            ("$top", self.top.is_some() && !collection),
            ("$skip", self.skip.is_some() && !collection),
            ("$count", self.count && !collection),
            ("$skiptoken", self.skiptoken.is_some() && !collection),
            ("$search", self.search.is_some() && !collection),
            ("$apply", self.apply.is_some() && !collection),
            ("$select", self.select.is_some() && !entity),
            ("$expand", !self.expand.is_empty() && !entity),
            ("$compute", !self.compute.is_empty() && !entity),
        ];
        match misplaced.iter().find(|(_, misplaced)| *misplaced) {
            None => Ok(()),
            Some((name, _)) => Err(Error::bad_request(format!(
                "System query option \"{name}\" does not apply to this resource"
            ))
            .about(*name)),
        }
    }

    fn add_alias(
        &mut self,
        name: &str,
        piece: &Piece<'_>,
        version: Version,
        budget: &mut Budget,
    ) -> Result<(), Error> {
        let about = |error: Error| error.about(format!("@{name}"));
        if self.aliases.iter().any(|(alias, _)| alias == name) {
            return Err(about(
                Error::bad_request(format!(
                    "The parameter alias \"@{name}\" is given more than once"
                ))
                .at(piece.position),
            ));
        }
        let value = piece.value()?;
        let expression = Parser::new(&value, version, budget)
            .whole()
            .map_err(about)?;
        self.aliases.push((name.to_owned(), expression));
        Ok(())
    }
}

fn system_option(name: &str, version: Version) -> Option<(usize, (&'static str, SystemOption))> {
    let found = |(option, _): &(&str, SystemOption)| match version {
        Version::V40 => *option == name,
        Version::V401 => {
            let bare = option.strip_prefix('$').unwrap_or(option);
            option.eq_ignore_ascii_case(name) || bare.eq_ignore_ascii_case(name)
        }
    };
    let index = SYSTEM_OPTIONS.iter().position(found)?;
    Some((index, *SYSTEM_OPTIONS.get(index)?))
}
