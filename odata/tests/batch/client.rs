//! Answers as clients take them apart: SAP Cloud SDK and UI5 split at the
//! boundary wherever it stands, and look for line ends afterwards.

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    Single(Response),
    ChangeSet(Vec<Response>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) id: Option<String>,
    /// `HTTP/1.1 200 OK`
    pub(crate) status: String,
    pub(crate) headers: String,
    pub(crate) body: Vec<u8>,
}

pub(crate) fn read(content_type: &str, body: &[u8]) -> Vec<Part> {
    // A character for each byte, as in JavaScript's binary strings.
    let body: String = body.iter().copied().map(char::from).collect();
    let parts = split(content_type, &body);
    parts.into_iter().map(part).collect()
}

fn split<'b>(content_type: &str, body: &'b str) -> Vec<&'b str> {
    let boundary = content_type.split("boundary=").last().unwrap();
    let delimiter = format!("--{boundary}");
    let mut parts: Vec<_> = body.split(&delimiter).collect();
    assert_eq!(
        parts.remove(0).trim(),
        "",
        "nothing precedes the first part"
    );
    assert_eq!(parts.pop(), Some("--\r\n"), "the last delimiter closes");
    parts
        .into_iter()
        .map(|part| {
            part.strip_prefix("\r\n")
                .unwrap()
                .strip_suffix("\r\n")
                .unwrap()
        })
        .collect()
}

fn part(text: &str) -> Part {
    let (mime, content) = text.split_once("\r\n\r\n").unwrap();
    let content_type = value(mime, "Content-Type").unwrap();
    if content_type.starts_with("multipart/mixed;") {
        // The line end before the delimiter around it is gone.
        let content = format!("{content}\r\n");
        let responses = split(&content_type, &content);
        let responses = responses.into_iter().map(|response| match part(response) {
            Part::Single(response) => response,
            Part::ChangeSet(_) => panic!("a change set in a change set"),
        });
        return Part::ChangeSet(responses.collect());
    }
    assert_eq!(content_type, "application/http");
    let (head, body) = content.split_once("\r\n\r\n").unwrap();
    let (status, headers) = head.split_once("\r\n").unwrap_or((head, ""));
    Part::Single(Response {
        id: value(mime, "Content-ID"),
        status: status.to_owned(),
        headers: headers.to_owned(),
        body: body
            .chars()
            .map(|byte| u8::try_from(byte).unwrap())
            .collect(),
    })
}

fn value(headers: &str, name: &str) -> Option<String> {
    let fields = headers
        .split("\r\n")
        .filter_map(|field| field.split_once(": "));
    let mut values = fields.filter(|(other, _)| *other == name);
    values.next().map(|(_, value)| value.to_owned())
}
