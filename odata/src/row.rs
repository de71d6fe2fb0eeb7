//! What the library asks of the data it serves.

use std::borrow::Cow;

use crate::Value;

/// One entity.
pub trait Row {
    /// The value of a property of the entity type; null for one it has not.
    fn get(&self, property: &str) -> Value<'_>;

    /// The entity tag, quoted, as in `W/"1"`; it becomes `@odata.etag`.
    fn etag(&self) -> Option<Cow<'_, str>> {
        None
    }
}

impl<R: Row + ?Sized> Row for &R {
    fn get(&self, property: &str) -> Value<'_> {
        (**self).get(property)
    }

    fn etag(&self) -> Option<Cow<'_, str>> {
        (**self).etag()
    }
}
