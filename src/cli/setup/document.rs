//! Values of a template in which some texts are only known once the stack exists.

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::Value;

use super::names::Checked;

/// What a policy or a template consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Text(Text),
    Number(u32),
    Bool(bool),
    List(Vec<Node>),
    /// In this order.
    Map(Vec<(String, Node)>),
}

/// Words and references, one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Text(pub(super) Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Words(String),
    Of(Reference),
}

/// What CloudFormation and Terraform fill in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reference {
    Partition,
    Region,
    VpcEndpointId,
    ClientId,
    ExternalId,
    TrustAnchorArn,
    ProfileArn,
    RoleArn,
    UserArn,
    UserName,
    ProviderArn,
    /// The bucket at hand, where a writer has one text for all buckets.
    EachBucket,
}

impl Text {
    pub(super) fn and(mut self, more: impl Into<Self>) -> Self {
        self.0.extend(more.into().0);
        self
    }

    /// The words, if there is nothing but words.
    pub(super) fn words(&self) -> Option<String> {
        let words = self.0.iter().map(|piece| match piece {
            Piece::Words(words) => Some(words.as_str()),
            Piece::Of(_) => None,
        });
        words.collect()
    }

    /// With `value` in place of `reference`.
    fn with(&self, reference: Reference, value: &str) -> Self {
        let fill = |piece: &Piece| match piece {
            Piece::Of(of) if *of == reference => Piece::Words(value.to_owned()),
            Piece::Words(_) | Piece::Of(_) => piece.clone(),
        };
        Self(self.0.iter().map(fill).collect())
    }
}

impl From<&str> for Text {
    fn from(words: &str) -> Self {
        Self(vec![Piece::Words(words.to_owned())])
    }
}

impl From<&Checked> for Text {
    fn from(name: &Checked) -> Self {
        Self::from(name.as_str())
    }
}

impl From<Reference> for Text {
    fn from(reference: Reference) -> Self {
        Self(vec![Piece::Of(reference)])
    }
}

impl<T: Into<Text>> From<T> for Node {
    fn from(text: T) -> Self {
        Self::Text(text.into())
    }
}

impl Node {
    /// A map of these entries.
    pub(super) fn map<const N: usize>(entries: [(&str, Self); N]) -> Self {
        let entries = entries.into_iter();
        Self::Map(entries.map(|(key, node)| (key.to_owned(), node)).collect())
    }

    /// One as it is, several as a list, as policies are usually written.
    pub(super) fn one_or_many(mut nodes: Vec<Self>) -> Self {
        match (nodes.len(), nodes.pop()) {
            (1, Some(only)) => only,
            (_, last) => {
                nodes.extend(last);
                Self::List(nodes)
            }
        }
    }

    /// A JSON document, with `text` deciding what becomes of each of its strings.
    pub(super) fn read(json: &Value, text: &impl Fn(&str) -> Self) -> Self {
        match json {
            Value::String(string) => text(string),
            Value::Bool(bool) => Self::Bool(*bool),
            Value::Number(number) => {
                let number = number.as_u64().and_then(|n| u32::try_from(n).ok());
                Self::Number(number.unwrap_or_default())
            }
            Value::Array(items) => Self::List(items.iter().map(|i| Self::read(i, text)).collect()),
            Value::Object(entries) => {
                let entries = entries
                    .iter()
                    .map(|(k, v)| (k.clone(), Self::read(v, text)));
                let mut entries: Vec<(String, Self)> = entries.collect();
                entries.sort_by_cached_key(|(key, _)| (rank(key), key.clone()));
                Self::Map(entries)
            }
            Value::Null => Self::Map(Vec::new()),
        }
    }

    /// With `value` in place of `reference`.
    pub(super) fn with(&self, reference: Reference, value: &str) -> Self {
        let inside = |node: &Self| node.with(reference, value);
        match self {
            Self::Text(text) => Self::Text(text.with(reference, value)),
            Self::List(items) => Self::List(items.iter().map(inside).collect()),
            Self::Map(entries) => {
                let entries = entries.iter().map(|(k, v)| (k.clone(), inside(v)));
                Self::Map(entries.collect())
            }
            Self::Number(_) | Self::Bool(_) => self.clone(),
        }
    }

    /// An entry of a map.
    pub(super) fn entry(&mut self, key: &str) -> Option<&mut Self> {
        let Self::Map(entries) = self else {
            return None;
        };
        entries.iter_mut().find(|(k, _)| k == key).map(|(_, v)| v)
    }
}

/// People read policies in this order; JSON objects have none of their own.
fn rank(key: &str) -> usize {
    let order = [
        "Version",
        "Statement",
        "Sid",
        "Effect",
        "Principal",
        "Action",
        "Resource",
    ];
    order.iter().position(|k| *k == key).unwrap_or(order.len())
}

/// As JSON; a reference shows as `${Name}`.
impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => {
                let piece = |piece: &Piece| match piece {
                    Piece::Words(words) => words.clone(),
                    Piece::Of(reference) => format!("${{{reference:?}}}"),
                };
                serializer.serialize_str(&text.0.iter().map(piece).collect::<String>())
            }
            Self::Number(number) => serializer.serialize_u32(*number),
            Self::Bool(bool) => serializer.serialize_bool(*bool),
            Self::List(items) => serializer.collect_seq(items),
            Self::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, node) in entries {
                    map.serialize_entry(key, node)?;
                }
                map.end()
            }
        }
    }
}
