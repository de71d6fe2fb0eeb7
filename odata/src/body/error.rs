//! Error bodies
//! ([JSON Format, 21](https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html#sec_ErrorResponse)).

use super::Json;
use crate::Error;

/// One of several things that are wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorDetail {
    /// A word for programs.
    pub code: String,
    /// A sentence for people.
    pub message: String,
    /// What it is about.
    pub target: Option<String>,
}

/// The body for a refusal of this library.
pub fn error(error: &Error) -> Vec<u8> {
    error_body(error.kind().code(), &error.message(), error.target(), &[])
}

/// The body for any error.
pub fn error_body(
    code: &str,
    message: &str,
    target: Option<&str>,
    details: &[ErrorDetail],
) -> Vec<u8> {
    let mut out = Vec::with_capacity(128 + message.len());
    let mut json = Json::new(&mut out);
    json.begin_object();
    json.key("error").begin_object();
    members(&mut json, code, message, target);
    if !details.is_empty() {
        json.key("details").begin_array();
        for detail in details {
            json.item().begin_object();
            members(
                &mut json,
                &detail.code,
                &detail.message,
                detail.target.as_deref(),
            );
            json.end_object();
        }
        json.end_array();
    }
    json.end_object();
    json.end_object();
    out
}

fn members(json: &mut Json<'_>, code: &str, message: &str, target: Option<&str>) {
    json.key("code").string(code);
    json.key("message").string(message);
    if let Some(target) = target {
        json.key("target").string(target);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_shows_code_message_and_target() {
        let refusal = Error::bad_request("Say \"please\"").about("$top");
        assert_eq!(
            String::from_utf8(error(&refusal)).unwrap(),
            r#"{"error":{"code":"BadRequest","message":"Say \"please\"","target":"$top"}}"#
        );
    }

    #[test]
    fn details_are_listed() {
        let detail = ErrorDetail {
            code: "A".to_owned(),
            message: "b".to_owned(),
            target: None,
        };
        assert_eq!(
            String::from_utf8(error_body("X", "y", None, &[detail])).unwrap(),
            r#"{"error":{"code":"X","message":"y","details":[{"code":"A","message":"b"}]}}"#
        );
    }
}
