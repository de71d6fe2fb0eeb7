//! What an answer says, whoever gave it: status and data without what each
//! server words its own way.

use serde_json::{Map, Number, Value};

/// An answer, or one within the answer to a batch.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) data: Data,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Data {
    /// Errors and answers without a body.
    Nothing,
    /// A collection.
    Rows {
        rows: Vec<Value>,
        count: Option<u64>,
        /// Whether there is a link to a next page.
        next: bool,
    },
    /// An entity, or the value of a property.
    One(Value),
    /// `$count` or `$value`.
    Text(String),
    /// `$metadata`, whose content other tests judge.
    Document,
    /// The answers to the parts of a batch, change sets taken apart.
    Parts(Vec<Said>),
}

impl Said {
    pub(crate) fn new(status: u16, content_type: &str, body: &str) -> Self {
        let data = if status >= 300 {
            Data::Nothing
        } else {
            data(content_type, body)
        };
        Self { status, data }
    }

    /// How many parts of a batch are answered.
    pub(crate) fn parts(&self) -> usize {
        if let Data::Parts(parts) = &self.data {
            parts.len()
        } else {
            0
        }
    }
}

fn data(content_type: &str, body: &str) -> Data {
    let media = content_type.split(';').next().unwrap_or_default().trim();
    match media {
        "multipart/mixed" => Data::Parts(parts(content_type, body)),
        _ if body.is_empty() => Data::Nothing,
        "application/json" => serde_json::from_str(body).map_or(Data::Nothing, structured),
        "application/xml" | "application/atom+xml" => Data::Document,
        _ => Data::Text(body.to_owned()),
    }
}

fn structured(json: Value) -> Data {
    let Value::Object(mut members) = json else {
        return Data::One(plain(json));
    };
    if members.contains_key("$Version") {
        return Data::Document;
    }
    if let Some(Value::Array(responses)) = members.get("responses") {
        return Data::Parts(responses.iter().map(response).collect());
    }
    let count = number(members.get("@odata.count"));
    let next = members.contains_key("@odata.nextLink");
    match members.remove("value") {
        Some(Value::Array(rows)) => Data::Rows {
            rows: rows.into_iter().map(plain).collect(),
            count,
            next,
        },
        Some(value) => Data::One(plain(value)),
        None => Data::One(plain(Value::Object(members))),
    }
}

/// A number, even if `IEEE754Compatible` made it a string.
fn number(value: Option<&Value>) -> Option<u64> {
    let value = value?;
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// The value without control information, instants in one spelling.
fn plain(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut data: Map<String, Value> = members
                .into_iter()
                .filter(|(name, _)| !name.contains('@'))
                .map(|(name, value)| (name, plain(value)))
                .collect();
            // In service documents, where it has a default.
            if data.get("kind").is_some_and(|kind| kind == "EntitySet") {
                data.remove("kind");
            }
            Value::Object(data)
        }
        Value::String(text) => text.replace(".000Z", "Z").into(),
        Value::Number(number) => rounded(number),
        Value::Array(_) | Value::Bool(_) | Value::Null => value,
    }
}

/// Averages have as many digits as their server likes, and 5.0 is 5.
fn rounded(number: Number) -> Value {
    match number.as_f64().filter(|_| number.is_f64()) {
        Some(fraction) => {
            let digits: f64 = format!("{fraction:.12e}").parse().unwrap_or(fraction);
            serde_json::from_str(&digits.to_string()).unwrap_or_default()
        }
        None => number.into(),
    }
}

fn response(json: &Value) -> Said {
    let status = json["status"].as_u64().unwrap_or_default();
    let status = u16::try_from(status).unwrap_or_default();
    let headers = json["headers"].as_object();
    let content_type = headers.into_iter().flatten();
    let mut content_type =
        content_type.filter(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let content_type = content_type.next().and_then(|(_, value)| value.as_str());
    let body = &json["body"];
    let body = match body.as_str() {
        Some(text) => text.to_owned(),
        None if body.is_null() => String::new(),
        None => body.to_string(),
    };
    Said::new(status, content_type.unwrap_or("application/json"), &body)
}

fn parts(content_type: &str, body: &str) -> Vec<Said> {
    let boundary = content_type.split("boundary=").nth(1).unwrap_or_default();
    let boundary = boundary
        .split(';')
        .next()
        .unwrap_or_default()
        .trim_matches('"');
    let delimiter = format!("--{boundary}");
    let between = body.split(&delimiter).skip(1);
    between
        .filter(|part| !part.starts_with("--"))
        .flat_map(part)
        .collect()
}

fn part(part: &str) -> Vec<Said> {
    let blank = |text: &str| {
        text.split_once("\r\n\r\n")
            .map(|(head, rest)| (head.to_owned(), rest.to_owned()))
    };
    let Some((head, rest)) = blank(part) else {
        return Vec::new();
    };
    let outer = content_type_of(&head);
    if outer.starts_with("multipart/mixed") {
        return parts(&outer, &rest);
    }
    let (head, body) = blank(&rest).unwrap_or((rest, String::new()));
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    let body = body.trim_end_matches("\r\n");
    vec![Said::new(
        status.unwrap_or_default(),
        &content_type_of(&head),
        body,
    )]
}

fn content_type_of(head: &str) -> String {
    let headers = head.lines().filter_map(|line| line.split_once(':'));
    let mut named = headers.filter(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    named
        .next()
        .map(|(_, value)| value.trim().to_owned())
        .unwrap_or_default()
}
