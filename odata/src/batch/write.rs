//! Answers as bytes, in both formats.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::json::Encoding;
use super::{Answer, Format, Grouping, Item};
use crate::base64;
use crate::body::{Json, write_string};
use crate::json::Reader;

/// What all delimiters start with.
const PREFIX: &str = "--odata_";

/// How a JSON answer starts.
const RESPONSES: &str = "{\"responses\":[";

/// Writes the answer to a batch, item by item.
#[derive(Debug)]
pub struct Writer {
    format: Format,
    token: String,
    /// How many change sets or, in JSON, responses are written.
    count: usize,
}

impl Writer {
    /// A writer whose boundaries contain `token`. Whoever streams has to make
    /// up one that cannot be guessed, because the bodies to come may not
    /// contain it; [`Run::finish`](super::Run::finish) finds one that no body
    /// has.
    pub fn new(format: Format, token: impl Into<String>) -> Self {
        Self {
            format,
            token: token.into(),
            count: 0,
        }
    }

    /// The value of the header `Content-Type`.
    pub fn content_type(&self) -> String {
        match self.format {
            Format::Json => "application/json".to_owned(),
            Format::Multipart => format!("multipart/mixed; boundary=odata_{}_batch", self.token),
        }
    }

    /// Writes the answers to an item, in the order of its requests. A group
    /// with a failure among them, or with too few, has failed as a whole.
    pub fn item(&mut self, out: &mut Vec<u8>, item: &Item<'_>, answers: &[Answer]) {
        match (self.format, &item.grouping) {
            (Format::Json, _) => self.json(out, item, answers),
            (Format::Multipart, Grouping::ChangeSet) => self.change_set(out, item, answers),
            // The multipart answer to a JSON batch knows no groups.
            (Format::Multipart, Grouping::Single | Grouping::AtomicityGroup(_)) => {
                for (position, request) in item.requests.iter().enumerate() {
                    push(out, &[PREFIX, &self.token, "_batch\r\n"]);
                    let answer = verdict(item, answers, position);
                    http(out, request.id.as_deref(), &answer);
                }
            }
        }
    }

    fn json(&mut self, out: &mut Vec<u8>, item: &Item<'_>, answers: &[Answer]) {
        let group = match &item.grouping {
            Grouping::Single => None,
            Grouping::AtomicityGroup(name) => Some(Cow::Borrowed(&**name)),
            Grouping::ChangeSet => Some(Cow::Owned(format!("set{}", self.count))),
        };
        for (position, request) in item.requests.iter().enumerate() {
            push(out, &[if self.count == 0 { RESPONSES } else { "," }]);
            self.count += 1;
            let answer = verdict(item, answers, position);
            response(out, request.id.as_deref(), group.as_deref(), &answer);
        }
    }

    fn change_set(&mut self, out: &mut Vec<u8>, item: &Item<'_>, answers: &[Answer]) {
        push(out, &[PREFIX, &self.token, "_batch\r\n"]);
        if has_failed(item, answers) {
            // One answer for all of them.
            let position = answers.iter().position(Answer::is_error);
            let answer = verdict(item, answers, position.unwrap_or(answers.len()));
            let only = item.requests.first().filter(|_| item.requests.len() == 1);
            http(out, only.and_then(|it| it.id.as_deref()), &answer);
            return;
        }
        // Neither boundary may start with the other: clients split at them.
        let boundary = format!("odata_{}_set{}", self.token, self.count);
        self.count += 1;
        let media_type = "Content-Type: multipart/mixed; boundary=";
        push(out, &[media_type, &boundary, "\r\n\r\n"]);
        for (request, answer) in item.requests.iter().zip(answers) {
            push(out, &["--", &boundary, "\r\n"]);
            http(out, request.id.as_deref(), answer);
        }
        push(out, &["--", &boundary, "--\r\n"]);
    }

    /// Writes what follows the last item.
    pub fn end(&mut self, out: &mut Vec<u8>) {
        match self.format {
            Format::Json if self.count == 0 => push(out, &[RESPONSES, "]}"]),
            Format::Json => push(out, &["]}"]),
            Format::Multipart => push(out, &[PREFIX, &self.token, "_batch--\r\n"]),
        }
    }
}

fn push(out: &mut Vec<u8>, texts: &[&str]) {
    for text in texts {
        out.extend_from_slice(text.as_bytes());
    }
}

fn has_failed(item: &Item<'_>, answers: &[Answer]) -> bool {
    answers.len() < item.requests.len() || answers.iter().any(Answer::is_error)
}

/// What the client is told about one request, once its group is done.
fn verdict<'a>(item: &Item<'_>, answers: &'a [Answer], position: usize) -> Cow<'a, Answer> {
    let others_failed = item.is_atomic() && has_failed(item, answers);
    match answers.get(position) {
        Some(answer) if answer.is_error() || !others_failed => Cow::Borrowed(answer),
        None if !answers.iter().any(Answer::is_error) => Cow::Owned(Answer::error(
            500,
            "InternalError",
            "The request was not executed",
        )),
        _ => Cow::Owned(Answer::failed_dependency(
            "Another request of the group has failed",
        )),
    }
}

/// Writes a body part of type `application/http`.
fn http(out: &mut Vec<u8>, id: Option<&str>, answer: &Answer) {
    push(out, &["Content-Type: application/http\r\n"]);
    push(out, &["Content-Transfer-Encoding: binary\r\n"]);
    if let Some(id) = id {
        field(out, "Content-ID", id);
    }
    let status = answer.status.to_string();
    push(
        out,
        &["\r\nHTTP/1.1 ", &status, " ", reason(answer.status), "\r\n"],
    );
    for (name, value) in &answer.headers {
        field(out, name, value);
    }
    let has_body = !matches!(answer.status, 100..200 | 204 | 304);
    if has_body && answer.header("content-length").is_none() {
        field(out, "Content-Length", &answer.body.len().to_string());
    }
    push(out, &["\r\n"]);
    if has_body {
        out.extend_from_slice(&answer.body);
    }
    push(out, &["\r\n"]);
}

/// Writes a header field, which nothing in its value can end.
fn field(out: &mut Vec<u8>, name: &str, value: &str) {
    let printable = |byte: u8| if byte.is_ascii_control() { b' ' } else { byte };
    push(out, &[name, ": "]);
    out.extend(value.bytes().map(printable));
    push(out, &["\r\n"]);
}

/// SAP Cloud SDK knows an empty answer by its phrase, not by its number.
const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        206 => "Partial Content",
        304 => "Not Modified",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        409 => "Conflict",
        410 => "Gone",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        424 => "Failed Dependency",
        428 => "Precondition Required",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Status",
    }
}

/// Writes a response object.
fn response(out: &mut Vec<u8>, id: Option<&str>, group: Option<&str>, answer: &Answer) {
    let mut json = Json::new(out);
    json.begin_object();
    if let Some(id) = id {
        json.key("id").string(id);
    }
    if let Some(group) = group {
        json.key("atomicityGroup").string(group);
    }
    json.key("status").number(answer.status.into());
    let mut headers: BTreeMap<String, Cow<'_, str>> = BTreeMap::new();
    for (name, value) in &answer.headers {
        headers
            .entry(name.to_ascii_lowercase())
            .and_modify(|all| *all = Cow::Owned(format!("{all}, {value}")))
            .or_insert(Cow::Borrowed(value));
    }
    // It speaks of bytes that a string or an object no longer has.
    headers.remove("content-length");
    if !headers.is_empty() {
        json.key("headers").begin_object();
        for (name, value) in &headers {
            json.key(name).string(value);
        }
        json.end_object();
    }
    if !answer.body.is_empty() {
        json.key("body");
        let content_type = headers.get("content-type");
        body(out, content_type.map_or("", |it| it), &answer.body);
    }
    Json::new(out).end_object();
}

fn body(out: &mut Vec<u8>, content_type: &str, body: &[u8]) {
    let text = str::from_utf8(body).ok();
    match (Encoding::of(content_type), text) {
        // A stored file may call itself JSON and be something else.
        (Encoding::Json, Some(text)) if is_json(text) => out.extend_from_slice(body),
        (Encoding::Text, Some(text)) => write_string(out, text),
        _ => {
            out.push(b'"');
            base64::encode(out, body);
            out.push(b'"');
        }
    }
}

fn is_json(text: &str) -> bool {
    let mut reader = Reader::new(text);
    reader.value().is_ok() && reader.end().is_ok()
}

/// A token for boundaries that none of `texts` contains, wherever in a line:
/// some clients split at boundaries without looking for line ends.
///
/// One pass, whatever stands in the texts: people choose names of objects.
pub(super) fn unused_token<'t>(texts: impl Iterator<Item = &'t [u8]>) -> String {
    let mut used: Vec<u32> = Vec::new();
    for text in texts.map(String::from_utf8_lossy) {
        // Mostly there is nothing, and seeing that is fast.
        if !text.contains(PREFIX) {
            continue;
        }
        let ends = text.match_indices(PREFIX).map(|(at, _)| at + PREFIX.len());
        used.extend(ends.filter_map(|end| text.get(end..end + 8)?.parse::<u32>().ok()));
    }
    used.sort_unstable();
    used.dedup();
    let gap = (0..).zip(&used).position(|(free, used)| free != *used);
    format!("{:08}", gap.unwrap_or(used.len()))
}
