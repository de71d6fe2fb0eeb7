//! What became of an individual request.

use crate::body::error_body;

/// The response to an individual request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Names and values. `Content-Length` is added where it is due.
    pub headers: Vec<(String, String)>,
    /// The bytes that `Content-Type` speaks of.
    pub body: Vec<u8>,
}

impl Answer {
    /// An answer with nothing but a status.
    pub const fn new(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// An answer with an error body.
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        Self {
            status,
            headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
            body: error_body(code, message, None, &[]),
        }
    }

    pub(super) fn bad_request(message: &str) -> Self {
        Self::error(400, "BadRequest", message)
    }

    pub(super) fn failed_dependency(message: &str) -> Self {
        Self::error(424, "FailedDependency", message)
    }

    /// The value of a header, whatever the case of its name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let named = |(other, _): &&(String, String)| other.eq_ignore_ascii_case(name);
        self.headers
            .iter()
            .find(named)
            .map(|(_, value)| value.as_str())
    }

    /// Whether what depends on it may go on: 2xx
    /// ([JSON Format, 19.1](https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html#sec_BatchRequest)).
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whether processing stops at it: 4xx and 5xx, but no 304.
    pub const fn is_error(&self) -> bool {
        self.status >= 400
    }
}
