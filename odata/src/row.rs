//! What the library asks of the data it serves.

use std::borrow::Cow;
use std::fmt;

use crate::{Data, Value};

/// One entity, or another instance with properties.
pub trait Row {
    /// The value of a property of the entity type; null for one it has not.
    fn get(&self, property: &str) -> Value<'_>;

    /// The value of a property that may be complex or a collection; null for
    /// one it has not.
    ///
    /// Only properties that are not primitive are asked for here.
    fn data(&self, property: &str) -> Data<'_> {
        Data::Value(self.get(property))
    }

    /// What is known of a stream property; bodies show it.
    fn media(&self, stream: &str) -> Media<'_> {
        let _ = stream;
        Media::default()
    }

    /// The entity tag, quoted, as in `W/"1"`; it becomes `@odata.etag`.
    fn etag(&self) -> Option<Cow<'_, str>> {
        None
    }

    /// What a navigation property leads to.
    ///
    /// [`Plan::related`](crate::Plan::related) and
    /// [`Plan::expansions`](crate::Plan::expansions) tell which ones will be
    /// asked for. One that is not at hand makes the request fail with
    /// [`NotImplemented`](crate::ErrorKind::NotImplemented): no answer is
    /// better than a wrong one.
    fn related(&self, navigation: &str) -> Related<'_> {
        let _ = navigation;
        Related::NotLoaded
    }

    /// Whether the row has this property at all; rows that `$apply` made
    /// need not have the same ones.
    fn has(&self, property: &str) -> bool {
        let _ = property;
        true
    }

    /// Whether it is no entity that a URL could lead to, but what others were
    /// aggregated to.
    fn is_transient(&self) -> bool {
        false
    }
}

/// What is known of a stream
/// ([JSON Format, 4.6.12](https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html#sec_ControlInformationmediaodatamedia)).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Media<'r> {
    /// Its media type.
    pub content_type: Option<Cow<'r, str>>,
    /// Its entity tag, quoted.
    pub etag: Option<Cow<'r, str>>,
}

/// What a navigation property of a row leads to.
pub enum Related<'r> {
    /// This row does not know.
    NotLoaded,
    /// To no entity.
    None,
    /// To one entity.
    One(&'r dyn Row),
    /// To any number of entities.
    Many(Box<dyn Iterator<Item = &'r dyn Row> + 'r>),
}

impl<'r> Related<'r> {
    /// One entity, or none.
    pub fn one<R: Row>(row: Option<&'r R>) -> Self {
        row.map_or(Self::None, |row| Self::One(row))
    }

    /// Any number of entities.
    pub fn many<R: Row + 'r, I>(rows: I) -> Self
    where
        I: IntoIterator<Item = &'r R>,
        I::IntoIter: 'r,
    {
        Self::Many(Box::new(rows.into_iter().map(|row| row as &dyn Row)))
    }
}

impl fmt::Debug for Related<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotLoaded => "NotLoaded",
            Self::None => "None",
            Self::One(_) => "One",
            Self::Many(_) => "Many",
        })
    }
}

impl<R: Row + ?Sized> Row for &R {
    fn get(&self, property: &str) -> Value<'_> {
        (**self).get(property)
    }

    fn data(&self, property: &str) -> Data<'_> {
        (**self).data(property)
    }

    fn media(&self, stream: &str) -> Media<'_> {
        (**self).media(stream)
    }

    fn etag(&self) -> Option<Cow<'_, str>> {
        (**self).etag()
    }

    fn related(&self, navigation: &str) -> Related<'_> {
        (**self).related(navigation)
    }

    fn has(&self, property: &str) -> bool {
        (**self).has(property)
    }

    fn is_transient(&self) -> bool {
        (**self).is_transient()
    }
}

/// A row with what its navigation properties lead to, loaded apart from it.
///
/// A provider that can list related entities only one by one does so after
/// the page is chosen, and writes rows wrapped in this.
pub struct Expanded<'a> {
    row: &'a dyn Row,
    related: Vec<(&'static str, Loaded<'a>)>,
}

enum Loaded<'a> {
    One(Option<&'a dyn Row>),
    Many(Vec<&'a dyn Row>),
}

impl<'a> Expanded<'a> {
    /// A row without anything loaded for it.
    pub const fn new(row: &'a dyn Row) -> Self {
        Self {
            row,
            related: Vec::new(),
        }
    }

    /// Adds the entities that a navigation property leads to.
    #[must_use]
    pub fn many<R: Row + 'a>(
        mut self,
        navigation: &'static str,
        rows: impl IntoIterator<Item = &'a R>,
    ) -> Self {
        let rows = rows.into_iter().map(|row| row as &dyn Row).collect();
        self.related.push((navigation, Loaded::Many(rows)));
        self
    }

    /// Adds the entity that a navigation property leads to.
    #[must_use]
    pub fn one(mut self, navigation: &'static str, row: Option<&'a dyn Row>) -> Self {
        self.related.push((navigation, Loaded::One(row)));
        self
    }
}

impl Row for Expanded<'_> {
    fn get(&self, property: &str) -> Value<'_> {
        self.row.get(property)
    }

    fn data(&self, property: &str) -> Data<'_> {
        self.row.data(property)
    }

    fn media(&self, stream: &str) -> Media<'_> {
        self.row.media(stream)
    }

    fn etag(&self) -> Option<Cow<'_, str>> {
        self.row.etag()
    }

    fn has(&self, property: &str) -> bool {
        self.row.has(property)
    }

    fn is_transient(&self) -> bool {
        self.row.is_transient()
    }

    fn related(&self, navigation: &str) -> Related<'_> {
        let found = self.related.iter().find(|(name, _)| *name == navigation);
        match found {
            None => self.row.related(navigation),
            Some((_, Loaded::One(None))) => Related::None,
            Some((_, Loaded::One(Some(row)))) => Related::One(*row),
            Some((_, Loaded::Many(rows))) => Related::Many(Box::new(rows.iter().copied())),
        }
    }
}

impl fmt::Debug for Expanded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.related.iter().map(|(name, _)| name).collect();
        f.debug_struct("Expanded")
            .field("related", &names)
            .finish_non_exhaustive()
    }
}
