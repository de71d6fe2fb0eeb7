//! Values of any type: primitive, complex, or a collection of either.

use std::borrow::Cow;

use crate::{DateTimeOffset, Row, Value};

/// A value of any type.
#[derive(Debug, Clone, PartialEq)]
pub enum Data<'a> {
    /// A primitive value, or null.
    Value(Value<'a>),
    /// A complex value.
    Complex(Record<'a>),
    /// A collection.
    Collection(Vec<Self>),
}

impl<'a> Data<'a> {
    /// No value.
    pub const NULL: Self = Self::Value(Value::Null);

    /// A collection of these.
    pub fn collection(items: impl IntoIterator<Item = impl Into<Self>>) -> Self {
        Self::Collection(items.into_iter().map(Into::into).collect())
    }

    /// Whether there is no value.
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Value(Value::Null))
    }

    /// The primitive value, or null.
    pub const fn value(&self) -> Option<&Value<'a>> {
        match self {
            Self::Value(value) => Some(value),
            Self::Complex(_) | Self::Collection(_) => None,
        }
    }

    /// The complex value.
    pub const fn record(&self) -> Option<&Record<'a>> {
        match self {
            Self::Complex(record) => Some(record),
            Self::Value(_) | Self::Collection(_) => None,
        }
    }

    /// The items of the collection.
    pub fn items(&self) -> Option<&[Self]> {
        match self {
            Self::Collection(items) => Some(items),
            Self::Value(_) | Self::Complex(_) => None,
        }
    }

    /// The same value, borrowing from this one.
    pub fn reborrow(&self) -> Data<'_> {
        match self {
            Self::Value(value) => Data::Value(value.reborrow()),
            Self::Complex(record) => Data::Complex(record.reborrow()),
            Self::Collection(items) => Data::Collection(items.iter().map(Self::reborrow).collect()),
        }
    }

    /// The same value, borrowing from nothing.
    pub fn into_owned(self) -> Data<'static> {
        match self {
            Self::Value(value) => Data::Value(value.into_owned()),
            Self::Complex(record) => Data::Complex(record.into_owned()),
            Self::Collection(items) => {
                Data::Collection(items.into_iter().map(Self::into_owned).collect())
            }
        }
    }
}

/// Named values: a complex value, what a body says of an entity, or the
/// arguments of an operation. Names that are not in it were not given.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Record<'a> {
    members: Vec<(&'static str, Data<'a>)>,
}

impl<'a> Record<'a> {
    /// No values.
    pub const fn new() -> Self {
        Self {
            members: Vec::new(),
        }
    }

    /// Adds a value, or replaces the one of that name.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Data<'a>>) -> Self {
        self.put(name, value.into());
        self
    }

    pub(crate) fn put(&mut self, name: &'static str, value: Data<'a>) {
        match self.members.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => self.members.push((name, value)),
        }
    }

    /// Puts the values into the order of these names, which lists them all.
    pub(crate) fn sort(&mut self, names: impl Iterator<Item = &'static str>) {
        let names: Vec<_> = names.collect();
        self.members
            .sort_by_key(|(name, _)| names.iter().position(|it| it == name));
    }

    /// The value of that name, null included; `None` if none was given.
    pub fn get(&self, name: &str) -> Option<&Data<'a>> {
        let found = self.members.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value)
    }

    /// The primitive value of that name, null included.
    pub fn value(&self, name: &str) -> Option<&Value<'a>> {
        self.get(name)?.value()
    }

    /// The text of that name.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.value(name)?.as_str()
    }

    /// The truth of that name.
    pub fn boolean(&self, name: &str) -> Option<bool> {
        self.value(name)?.as_bool()
    }

    /// The whole number of that name.
    pub fn integer(&self, name: &str) -> Option<i64> {
        let value = self.value(name)?;
        if let Value::Integer(number) = value {
            Some(*number)
        } else {
            None
        }
    }

    /// The complex values in the collection of that name; `None` if no
    /// collection was given.
    pub fn records(&self, name: &str) -> Option<impl Iterator<Item = &Self>> {
        Some(self.get(name)?.items()?.iter().filter_map(Data::record))
    }

    /// Names and values, in the order of the model.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Data<'a>)> {
        self.members.iter().map(|(name, value)| (*name, value))
    }

    /// Whether no value was given.
    pub const fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The same values, borrowing from these.
    pub fn reborrow(&self) -> Record<'_> {
        let members = self.members.iter();
        Record {
            members: members
                .map(|(name, value)| (*name, value.reborrow()))
                .collect(),
        }
    }

    /// The same values, borrowing from nothing.
    pub fn into_owned(self) -> Record<'static> {
        let members = self.members.into_iter();
        Record {
            members: members
                .map(|(name, value)| (name, value.into_owned()))
                .collect(),
        }
    }
}

impl Row for Record<'_> {
    fn get(&self, property: &str) -> Value<'_> {
        self.value(property).map_or(Value::Null, Value::reborrow)
    }

    fn data(&self, property: &str) -> Data<'_> {
        Self::get(self, property).map_or(Data::NULL, Data::reborrow)
    }
}

impl<'a> From<Record<'a>> for Data<'a> {
    fn from(record: Record<'a>) -> Self {
        Self::Complex(record)
    }
}

macro_rules! from_primitive {
    ($($type:ty),*) => {$(
        impl<'a> From<$type> for Data<'a> {
            fn from(value: $type) -> Self {
                Self::Value(value.into())
            }
        }
    )*};
}

from_primitive!(
    Value<'a>,
    &'a str,
    &'a String,
    String,
    bool,
    i32,
    i64,
    DateTimeOffset
);

impl<'a> From<Cow<'a, str>> for Data<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        Self::Value(Value::String(text))
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Data<'a> {
    fn from(value: Option<T>) -> Self {
        Self::Value(value.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags() -> Record<'static> {
        let pair = |key, value| Record::new().with("key", key).with("value", value);
        Record::new()
            .with("objectKey", "k")
            .with("size", 5)
            .with("isFolder", false)
            .with("region", None::<String>)
            .with("tags", Data::collection([pair("a", "1"), pair("b", "2")]))
    }

    #[test]
    fn what_was_given_is_told_from_what_was_not() {
        let tags = tags();
        assert_eq!(tags.text("objectKey"), Some("k"));
        assert_eq!(tags.integer("size"), Some(5));
        assert_eq!(tags.boolean("isFolder"), Some(false));
        assert!(tags.get("region").is_some_and(Data::is_null));
        assert_eq!((tags.text("region"), tags.get("name")), (None, None));
        assert!(tags.records("objectKey").is_none());
        let keys: Vec<_> = tags
            .records("tags")
            .unwrap()
            .map(|it| it.text("key"))
            .collect();
        assert_eq!(keys, [Some("a"), Some("b")]);
    }

    #[test]
    fn it_is_a_row() {
        let tags = tags();
        assert_eq!(Row::get(&tags, "size"), Value::Integer(5));
        assert_eq!(Row::get(&tags, "nope"), Value::Null);
        assert_eq!(tags.data("tags").into_owned(), *tags.get("tags").unwrap());
        assert_eq!(tags.reborrow(), tags);
    }
}
