//! JSON as a tree, for documents that are written once.

use crate::body::Json;

/// A JSON value.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// JSON already.
    Raw(&'static str),
    Bool(bool),
    Int(i64),
    Text(String),
    Array(Vec<Node>),
    Object(Object),
}

/// Members in the order in which they were put.
#[derive(Debug, Clone, Default)]
pub(super) struct Object(Vec<(String, Node)>);

impl Object {
    pub(super) fn put(&mut self, name: impl Into<String>, value: impl Into<Node>) {
        self.0.push((name.into(), value.into()));
    }

    pub(super) fn with(mut self, name: impl Into<String>, value: impl Into<Node>) -> Self {
        self.put(name, value);
        self
    }

    /// Puts `true`; what is false is left out.
    pub(super) fn flag(&mut self, name: &str, value: bool) {
        if value {
            self.put(name, true);
        }
    }

    pub(super) fn option(&mut self, name: &str, value: Option<impl Into<Node>>) {
        if let Some(value) = value {
            self.put(name, value);
        }
    }

    /// These members, then the others.
    pub(super) fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The document as text.
    pub(super) fn into_text(self) -> String {
        let mut out = Vec::with_capacity(8192);
        Node::Object(self).write(&mut Json::new(&mut out));
        String::from_utf8(out).unwrap_or_default()
    }
}

impl Node {
    fn write(&self, json: &mut Json<'_>) {
        match self {
            Self::Raw(text) => json.raw(text),
            Self::Bool(value) => json.boolean(*value),
            Self::Int(number) => json.number(*number),
            Self::Text(text) => json.string(text),
            Self::Array(items) => {
                json.begin_array();
                for item in items {
                    item.write(json.item());
                }
                json.end_array();
            }
            Self::Object(Object(members)) => {
                json.begin_object();
                for (name, value) in members {
                    value.write(json.key(name));
                }
                json.end_object();
            }
        }
    }
}

impl From<bool> for Node {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<u32> for Node {
    fn from(value: u32) -> Self {
        Self::Int(value.into())
    }
}

impl From<&str> for Node {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Node {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<Object> for Node {
    fn from(value: Object) -> Self {
        Self::Object(value)
    }
}

impl<T: Into<Self>> From<Vec<T>> for Node {
    fn from(value: Vec<T>) -> Self {
        Self::Array(value.into_iter().map(Into::into).collect())
    }
}
