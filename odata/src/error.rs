//! What can be wrong with a request, in the words its sender reads.
//!
//! An [`Error`] knows no HTTP: its [`ErrorKind`] maps one to one to a status
//! code, and that mapping belongs to the service.

use std::borrow::Cow;
use std::fmt;

use crate::json::NotJson;

/// Which promise of the protocol the request broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The request is malformed or contradicts the model (400).
    BadRequest,
    /// The path leads nowhere (404).
    NotFound,
    /// No format or version that the client accepts can be produced (406).
    NotAcceptable,
    /// The body has another media type than what can be read (415).
    UnsupportedMediaType,
    /// The request is valid OData that this library does not do (501).
    NotImplemented,
}

impl ErrorKind {
    /// The word that goes into `error.code`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::BadRequest => "BadRequest",
            Self::NotFound => "NotFound",
            Self::NotAcceptable => "NotAcceptable",
            Self::UnsupportedMediaType => "UnsupportedMediaType",
            Self::NotImplemented => "NotImplemented",
        }
    }
}

/// A refusal: kind, message for the client, and what in the URL it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    text: String,
    syntax: bool,
    position: Option<usize>,
    target: Option<Cow<'static, str>>,
}

impl Error {
    /// A malformed request, or one that contradicts the model.
    pub fn bad_request(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::BadRequest, text)
    }

    /// A resource that does not exist.
    pub fn not_found(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotFound, text)
    }

    /// A format or version that cannot be produced.
    pub fn not_acceptable(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotAcceptable, text)
    }

    /// A body of a media type that cannot be read.
    pub fn unsupported_media_type(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::UnsupportedMediaType, text)
    }

    /// Valid OData that is not supported.
    pub fn not_implemented(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotImplemented, text)
    }

    fn new(kind: ErrorKind, text: impl Into<String>) -> Self {
        Self {
            kind,
            text: text.into(),
            syntax: false,
            position: None,
            target: None,
        }
    }

    /// A URL that cannot be parsed; the message gives position and fact.
    pub(crate) fn syntax(position: usize, text: impl Into<String>) -> Self {
        Self {
            syntax: true,
            position: Some(position),
            ..Self::bad_request(text)
        }
    }

    /// Names the query option, header or property the error is about.
    #[must_use]
    pub fn about(mut self, target: impl Into<Cow<'static, str>>) -> Self {
        self.target.get_or_insert(target.into());
        self
    }

    /// Says that the error is inside a property, an item or a parameter.
    #[must_use]
    pub(crate) fn inside(mut self, outer: &str) -> Self {
        self.target = Some(Cow::Owned(match self.target {
            Some(inner) => format!("{outer}/{inner}"),
            None => outer.to_owned(),
        }));
        self
    }

    /// Sets the byte offset in the raw URL at which the trouble starts.
    #[must_use]
    pub(crate) fn at(mut self, position: usize) -> Self {
        self.position.get_or_insert(position);
        self
    }

    /// Which promise was broken.
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What the client reads.
    pub fn message(&self) -> Cow<'_, str> {
        match self.position {
            Some(position) if self.syntax => Cow::Owned(format!(
                "Parsing URL failed at position {position}: {}",
                self.text
            )),
            Some(_) | None => Cow::Borrowed(&self.text),
        }
    }

    /// The query option, header or property it is about, e.g. `$filter`.
    pub fn target(&self) -> Option<&str> {
        self.target.as_deref()
    }

    /// Byte offset in the raw URL (from the first `/` of its path).
    pub const fn position(&self) -> Option<usize> {
        self.position
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl std::error::Error for Error {}

impl From<NotJson> for Error {
    fn from(NotJson(text): NotJson) -> Self {
        Self::bad_request(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_syntax_error_names_its_position() {
        let error = Error::syntax(22, "Expected an integer but \"a\" found").about("$top");
        assert_eq!(
            error.to_string(),
            "Parsing URL failed at position 22: Expected an integer but \"a\" found"
        );
        assert_eq!(error.target(), Some("$top"));
        assert_eq!(error.kind().code(), "BadRequest");
    }

    #[test]
    fn the_first_target_and_position_win() {
        let error = Error::bad_request("x").at(1).at(2).about("a").about("b");
        assert_eq!((error.position(), error.target()), (Some(1), Some("a")));
    }
}
