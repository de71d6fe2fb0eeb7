//! The path of a URL: split at `/`, decoded segment by segment, and resolved
//! against the model
//! ([URL Conventions, 4](https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html#sec_ResourcePath)).
//!
//! A `/` inside a key therefore has to be written `%2F`, as the grammar asks.

mod invoke;
mod key;
mod resolve;

pub use invoke::{Invocation, Operation};
pub use key::Key;

use crate::edm::{
    EntitySet, EntityType, FunctionImport, Model, Multiplicity, NavigationProperty, Property,
};
use crate::expression::Expression;
use crate::{Error, Row, Version};

/// What a path addresses.
#[derive(Debug, Clone, PartialEq)]
pub enum Resource {
    /// The root: the service document.
    ServiceDocument,
    /// `$metadata`
    Metadata,
    /// `$batch`
    Batch,
    /// Entities or a part of one.
    Data(DataPath),
    /// A call of an action or a function, except of functions at the root
    /// that take nothing and return entities: those are [`Data`](Self::Data).
    Operation(Invocation),
}

/// A path to entities, one entity, a property, or a raw value.
#[derive(Debug, Clone, PartialEq)]
pub struct DataPath {
    /// Where it starts.
    pub source: Source,
    /// The key after the source.
    pub key: Option<Key>,
    /// The way on from there.
    pub navigation: Vec<Navigation>,
    /// The property at the end.
    pub property: Option<&'static Property>,
    /// `$value` or `$count` after all.
    pub tail: Option<Tail>,
    /// The type of the entities that the navigation leads to.
    pub entity_type: &'static EntityType,
    /// The set they belong to, if the model says so.
    pub entity_set: Option<&'static EntitySet>,
    /// Whether that is many entities.
    pub multiplicity: Multiplicity,
    /// How many `/` the raw path has below the root.
    depth: usize,
}

/// Where a path starts.
#[derive(Debug, Clone, Copy)]
pub enum Source {
    /// At an entity set.
    EntitySet(&'static EntitySet),
    /// At a function, by its import or its qualified name.
    Function(&'static FunctionImport),
}

/// A step over a navigation property.
#[derive(Debug, Clone)]
pub struct Navigation {
    /// The property.
    pub property: &'static NavigationProperty,
    /// The key after it; key properties that follow from where the path came
    /// from are filled in.
    pub key: Option<Key>,
}

/// What may stand at the end of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tail {
    /// `/$value`
    Value,
    /// `/$count`
    Count,
}

impl Source {
    /// The name in the URL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EntitySet(set) => set.name,
            Self::Function(import) => import.name,
        }
    }
}

impl PartialEq for Source {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl PartialEq for Navigation {
    fn eq(&self, other: &Self) -> bool {
        self.property.name == other.property.name && self.key == other.key
    }
}

impl PartialEq for Property {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.of == other.of && self.multiplicity == other.multiplicity
    }
}

impl PartialEq for EntityType {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl PartialEq for EntitySet {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Resource {
    /// Resolves a raw path below the service root, with or without its
    /// leading `/`, that starts at `position` of the URL.
    pub fn parse(
        model: &'static Model,
        raw: &str,
        position: usize,
        aliases: &[(String, Expression)],
        version: Version,
    ) -> Result<Self, Error> {
        resolve::Resolver {
            model,
            aliases,
            version,
        }
        .resource(raw, position)
    }
}

impl DataPath {
    /// The key of the entity that the path ends at.
    pub fn last_key(&self) -> Option<&Key> {
        match self.navigation.last() {
            Some(navigation) => navigation.key.as_ref(),
            None => self.key.as_ref(),
        }
    }

    /// Whether the path addresses many entities, and no part of one.
    pub fn is_collection(&self) -> bool {
        self.multiplicity == Multiplicity::Many && self.property.is_none()
    }

    /// Names from the source along the navigation, e.g. `["Buckets",
    /// "objects"]`.
    pub fn names(&self) -> Vec<&'static str> {
        let on = self.navigation.iter().map(|it| it.property.name);
        std::iter::once(self.source.name()).chain(on).collect()
    }

    /// The canonical URL, relative to the service root, of an entity that the
    /// path leads to, as `Location` and `OData-EntityId` give it behind the
    /// root ([Protocol, 4](https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part1-protocol.html#sec_EntityModel),
    /// [URL Conventions, 4.3.1](https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html#sec_CanonicalURL)).
    ///
    /// Where the model names no entity set, it is the path itself with the
    /// key of `row`.
    pub fn entity_url<R: Row + ?Sized>(&self, row: &R) -> String {
        let key = Key::of(self.entity_type, row).to_url();
        if let Some(set) = self.entity_set {
            return format!("{}{key}", set.name);
        }
        let mut path = self.clone();
        path.property = None;
        let last = path.navigation.last_mut();
        let many = last.as_ref().map(|it| it.property.multiplicity);
        *last.map_or(&mut path.key, |it| &mut it.key) = None;
        let path = path.canonical();
        match many {
            Some(Multiplicity::One) => path,
            Some(Multiplicity::Many) | None => format!("{path}{key}"),
        }
    }

    /// `../` as often as it takes to get from the resource to the root.
    pub(crate) fn up(&self) -> String {
        "../".repeat(self.depth)
    }

    /// The path in its canonical spelling, percent-encoded, with the property
    /// and without `$value` and `$count`.
    pub fn canonical(&self) -> String {
        let mut path = self.source.name().to_owned();
        if let Some(key) = &self.key {
            path.push_str(&key.to_url());
        }
        for navigation in &self.navigation {
            path.push('/');
            path.push_str(navigation.property.name);
            if let Some(key) = &navigation.key {
                path.push_str(&key.to_url());
            }
        }
        if let Some(property) = self.property {
            path.push('/');
            path.push_str(property.name);
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::CATALOG;
    use crate::{ErrorKind, Query};

    fn parse(path: &str, query: &str) -> Result<Resource, Error> {
        let query = Query::parse(query, 0, Version::V40)?;
        Resource::parse(&CATALOG, path, 0, &query.aliases, Version::V40)
    }

    fn data(path: &str, query: &str) -> DataPath {
        match parse(path, query) {
            Ok(Resource::Data(data)) => data,
            other => panic!("{path}: {other:?}"),
        }
    }

    #[test]
    fn fixed_resources_are_recognised_with_and_without_slashes() {
        for (path, resource) in [
            ("", Resource::ServiceDocument),
            ("/", Resource::ServiceDocument),
            ("//", Resource::ServiceDocument),
            ("/$metadata", Resource::Metadata),
            ("$metadata/", Resource::Metadata),
            ("/%24metadata", Resource::Metadata),
            ("/$batch/", Resource::Batch),
        ] {
            assert_eq!(parse(path, ""), Ok(resource), "{path}");
        }
    }

    #[test]
    fn every_spelling_of_a_key_finds_the_same_entity() {
        for (path, query, key) in [
            ("/Buckets('x')", "", "x"),
            ("/Buckets(id='x')", "", "x"),
            ("/Buckets( id = 'x' )/", "", "x"),
            ("/Buckets(@k)", "@k='x'", "x"),
            ("/Buckets(id=@k)", "@k='x'", "x"),
            ("/Buckets(%27x%27)", "", "x"),
            ("/Buckets%28'x'%29", "", "x"),
            ("/Buck%65ts('x')", "", "x"),
            ("/Buckets('o''neil')", "", "o'neil"),
            ("/Buckets('o%27%27neil')", "", "o'neil"),
            ("/Buckets('a%2Fb+c%26d')", "", "a/b+c&d"),
            ("/Buckets('%C3%9Cml%20(1)')", "", "Üml (1)"),
            ("/Buckets('100%25')", "", "100%"),
        ] {
            let data = data(path, query);
            let found = data.last_key().and_then(|found| found.text("id"));
            assert_eq!(found, Some(key), "{path}");
            assert_eq!(data.multiplicity, Multiplicity::One, "{path}");
        }
    }

    fn canonical(path: &str) -> (String, bool, Option<Tail>) {
        let data = data(path, "");
        (data.canonical(), data.is_collection(), data.tail)
    }

    #[test]
    fn paths_go_on_to_properties_values_and_counts() {
        for (path, expected, collection, tail) in [
            ("/Buckets", "Buckets", true, None),
            ("/Buckets/$count", "Buckets", true, Some(Tail::Count)),
            ("/Buckets('x')/name", "Buckets('x')/name", false, None),
            (
                "/Buckets('x')/name/$value",
                "Buckets('x')/name",
                false,
                Some(Tail::Value),
            ),
            ("/getBuckets()", "getBuckets", true, None),
            ("/getBuckets", "getBuckets", true, None),
            ("/CatalogService.getBuckets()", "getBuckets", true, None),
        ] {
            assert_eq!(
                canonical(path),
                (expected.to_owned(), collection, tail),
                "{path}"
            );
        }
    }

    #[test]
    fn keys_behind_a_navigation_property_are_completed() {
        let object = "objects(bucket_id='x',objectKey='a%2Fb')";
        for (path, expected, collection) in [
            (
                "/Buckets('x')/objects",
                "Buckets('x')/objects".to_owned(),
                true,
            ),
            (
                "/Buckets('x')/objects('a%2Fb')",
                format!("Buckets('x')/{object}"),
                false,
            ),
            (
                "/Buckets('x')/objects(objectKey='a%2Fb',bucket_id='x')/content",
                format!("Buckets('x')/{object}/content"),
                false,
            ),
            (
                "/Objects(bucket_id='x',objectKey='k')/bucket/objects",
                "Objects(bucket_id='x',objectKey='k')/bucket/objects".to_owned(),
                true,
            ),
        ] {
            assert_eq!(canonical(path), (expected, collection, None), "{path}");
        }
    }

    #[test]
    fn wrong_paths_are_refused_each_in_its_way() {
        use ErrorKind::{BadRequest, NotFound, NotImplemented};
        for (path, kind) in [
            ("/Nope", NotFound),
            ("/buckets", NotFound),
            ("/Buckets/Nope", NotFound),
            ("/Buckets('x')/Nope", NotFound),
            ("/Buckets/name", NotFound),
            ("/Buckets//$count", NotFound),
            ("/Buckets%2F", NotFound),
            ("/Buckets;v=1", NotFound),
            ("/./Buckets", NotFound),
            ("/Buckets/$count/x", NotFound),
            ("/Buckets('x')/$count", NotFound),
            ("/Buckets('x')/name/$count", NotFound),
            ("/Buckets('x')/name/$value/x", NotFound),
            ("/Buckets('x')/name('y')", NotFound),
            (
                "/Objects(bucket_id='x',objectKey='k')/content/$value",
                NotFound,
            ),
            (
                "/Objects(bucket_id='x',objectKey='k')/bucket('x')",
                NotFound,
            ),
            (
                "/Buckets('x')/objects(bucket_id='y',objectKey='k')",
                NotFound,
            ),
            ("/$metadata/x", NotFound),
            ("/getBuckets()/$count", NotFound),
            ("/getBuckets()/name", NotFound),
            ("/Buckets/CatalogService.getBuckets()", NotFound),
            ("/Buckets()", BadRequest),
            ("/Buckets(name='x')", BadRequest),
            ("/Buckets('a','b')", BadRequest),
            ("/Buckets(id='a',id='b')", BadRequest),
            ("/Buckets(1)", BadRequest),
            ("/Buckets(null)", BadRequest),
            ("/Buckets(@k)", BadRequest),
            ("/Buckets(x)", BadRequest),
            ("/Buckets('o'neil')", BadRequest),
            ("/Buckets('a/b')", BadRequest),
            ("/Buckets('x'", BadRequest),
            ("/Buckets('x')/$value", BadRequest),
            ("/Objects('k')", BadRequest),
            ("/getBuckets(", BadRequest),
            ("/getBuckets(a=1)", BadRequest),
            ("/%", BadRequest),
            ("/Buckets('%ff')", BadRequest),
            ("/$all", NotImplemented),
            ("/$entity", NotImplemented),
            ("/$crossjoin(Buckets,Objects)", NotImplemented),
            ("/Buckets/$ref", NotImplemented),
            ("/Buckets/CatalogService.Buckets", NotImplemented),
        ] {
            let error = parse(path, "").unwrap_err();
            assert_eq!(error.kind(), kind, "{path}: {error}");
        }
        let error = parse("/Nope/x", "").unwrap_err();
        assert_eq!(error.to_string(), "Invalid resource path \"Nope\"");
    }
}
