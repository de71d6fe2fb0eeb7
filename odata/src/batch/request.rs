//! Individual requests and what groups them.

use std::borrow::Cow;

use super::{Answer, ServiceLocation, address};

/// An individual request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request<'b> {
    /// `Content-ID`, or `id` in JSON.
    pub id: Option<Cow<'b, str>>,
    /// In the case of the body; upper case in JSON batches.
    pub method: Cow<'b, str>,
    /// Path and query below the service root, with a leading `/`. It may
    /// start with a reference to an earlier request (`/$1/…`): use
    /// [`Run::target`](super::Run::target).
    pub target: String,
    /// Names and values in the case and order of the body.
    pub headers: Vec<(Cow<'b, str>, Cow<'b, str>)>,
    /// Decoded, if the format encodes it.
    pub body: Cow<'b, [u8]>,
    /// As the body has it.
    pub(super) depends_on: Vec<Cow<'b, str>>,
}

/// What must not be in an individual request
/// ([Protocol, 11.7.7.1](https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part1-protocol.html#sec_MultipartBatchRequestBody)):
/// who calls is known from the batch alone. With it goes what has done its
/// work once the request is read.
const DROPPED: &str = "authorization proxy-authorization cookie expect from max-forwards range te \
                       host content-length connection";

/// Header fields of one request: more is an attack on who looks them up.
const MOST_HEADERS: usize = 100;

/// What individual requests inherit from the batch, if they do not say
/// otherwise.
const INHERITED: &str = "odata-version odata-maxversion accept-language";

fn lists(names: &str, name: &str) -> bool {
    names.split(' ').any(|it| it.eq_ignore_ascii_case(name))
}

impl<'b> Request<'b> {
    /// A request for `url`, and the answer to it if it cannot be executed.
    pub(super) fn new(
        id: Option<Cow<'b, str>>,
        method: Cow<'b, str>,
        url: &str,
        headers: Vec<(Cow<'b, str>, Cow<'b, str>)>,
        body: Cow<'b, [u8]>,
        service: ServiceLocation<'_>,
    ) -> (Self, Option<Answer>) {
        let mut request = Self {
            id,
            method,
            target: String::new(),
            headers,
            body,
            depends_on: Vec::new(),
        };
        let mut refusal = None;
        match address::target(url, request.header("host"), service) {
            Ok(target) => request.target = target,
            Err(answer) => refusal = Some(answer),
        }
        if request.headers.len() > MOST_HEADERS {
            let text = format!("More than {MOST_HEADERS} header fields");
            refusal = Some(Answer::bad_request(&text));
        }
        if request.header("transfer-encoding").is_some() {
            let text = "Transfer-Encoding is not supported inside a batch";
            refusal = Some(Answer::error(501, "NotImplemented", text));
        }
        request.headers.retain(|(name, _)| !lists(DROPPED, name));
        (request, refusal)
    }

    /// The value of a header, whatever the case of its name.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name).map(AsRef::as_ref)
    }

    /// The value of a header, from the request itself or, for versions and
    /// language, from the batch, whose headers `outer` gives.
    pub fn header_or<'h>(
        &'h self,
        name: &str,
        outer: impl Fn(&str) -> Option<&'h str>,
    ) -> Option<&'h str> {
        let inherited = || outer(name).filter(|_| lists(INHERITED, name));
        self.header(name).or_else(inherited)
    }

    /// Whether it changes nothing by its method.
    pub fn is_safe(&self) -> bool {
        matches!(&*self.method, "GET" | "HEAD" | "OPTIONS")
    }
}

pub(super) fn find<'h, 'b>(
    headers: &'h [(Cow<'b, str>, Cow<'b, str>)],
    name: &str,
) -> Option<&'h Cow<'b, str>> {
    let named = |(other, _): &&(Cow<'_, str>, _)| other.eq_ignore_ascii_case(name);
    headers.iter().find(named).map(|(_, value)| value)
}

/// One individual request, or several that succeed or fail together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item<'b> {
    /// In the order of the body; one, unless they are grouped.
    pub requests: Vec<Request<'b>>,
    /// What holds them together.
    pub grouping: Grouping<'b>,
    /// The answer, if it is clear that nothing can be executed.
    pub(super) refusal: Option<Answer>,
    /// Which earlier items have to succeed first.
    pub(super) after: Vec<usize>,
}

/// What holds requests together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grouping<'b> {
    /// An individual request.
    Single,
    /// A change set of a multipart batch.
    ChangeSet,
    /// An atomicity group of a JSON batch, by its name.
    AtomicityGroup(Cow<'b, str>),
}

impl<'b> Item<'b> {
    pub(super) const fn new(grouping: Grouping<'b>) -> Self {
        Self {
            requests: Vec::new(),
            grouping,
            refusal: None,
            after: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, (request, refusal): (Request<'b>, Option<Answer>)) {
        self.requests.push(request);
        if let Some(refusal) = refusal {
            self.refuse(refusal);
        }
    }

    /// The first reason is the one that is told.
    pub(super) fn refuse(&mut self, refusal: Answer) {
        self.refusal.get_or_insert(refusal);
    }

    /// Whether its requests must all succeed or all fail. A service that
    /// cannot undo refuses groups with more than one of the
    /// [`changes`](Self::changes).
    pub fn is_atomic(&self) -> bool {
        self.grouping != Grouping::Single
    }

    /// The requests that may change something.
    pub fn changes(&self) -> impl Iterator<Item = &Request<'b>> {
        self.requests.iter().filter(|request| !request.is_safe())
    }

    /// Whether it may run beside others.
    pub(super) fn is_read(&self) -> bool {
        !self.is_atomic() && self.changes().next().is_none()
    }
}
