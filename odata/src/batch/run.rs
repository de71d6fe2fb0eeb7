//! The order of execution, and what it makes of failures.
//!
//! A multipart batch is processed in order and stops at the first error
//! ([Protocol, 11.7.7.5](https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part1-protocol.html#sec_ProcessingaMultipartBatchRequest)),
//! a JSON batch follows `dependsOn` and goes on
//! ([JSON Format, 19.5](https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html#sec_ProcessingaBatchRequest));
//! the preference `continue-on-error` turns either around. Reads that stand
//! next to each other do not see each other: they run together, and those
//! behind an error are dropped again. Changes run alone and in order.

use std::borrow::Cow;
use std::collections::HashMap;

use super::address::{self, reference, without_query};
use super::write::unused_token;
use super::{Answer, Batch, Format, Item, Request, ServiceLocation, Writer};

/// A reference is not followed to a target longer than this: each may double
/// the one before.
const LONGEST_TARGET: usize = 1 << 16;

/// A batch under execution.
#[derive(Debug)]
pub struct Run<'r, 'b> {
    batch: &'r Batch<'b>,
    stops: bool,
    failed: bool,
    /// The first item that no wave had.
    next: usize,
    /// What each item's requests were answered, in order.
    answers: Vec<Vec<Answer>>,
    /// Where what a request created or read is found.
    locations: HashMap<&'r str, String>,
}

impl<'r, 'b> Run<'r, 'b> {
    pub(super) fn new(batch: &'r Batch<'b>, continue_on_error: Option<bool>) -> Self {
        let continues = continue_on_error.unwrap_or(batch.format == Format::Json);
        Self {
            batch,
            stops: !continues,
            failed: false,
            next: 0,
            answers: vec![Vec::new(); batch.items.len()],
            locations: HashMap::new(),
        }
    }

    /// The items to execute next, with their indices: reads that may run
    /// together, or one change or group; none when all is done.
    ///
    /// All answers to a wave have to be [recorded](Self::record) before the
    /// next one.
    pub fn next_wave(&mut self) -> Vec<(usize, &'r Item<'b>)> {
        let mut wave: Vec<(usize, &'r Item<'b>)> = Vec::new();
        while let Some(item) = self.batch.items.get(self.next) {
            if self.failed && self.stops {
                break;
            }
            let first = wave.first().map(|(first, _)| *first);
            let waits = |first| !item.is_read() || item.after.iter().any(|it| *it >= first);
            if first.is_some_and(waits) {
                break;
            }
            let index = self.next;
            self.next += 1;
            if let Some(refusal) = self.refusal(item) {
                self.record(index, refusal);
                continue;
            }
            wave.push((index, item));
            if !item.is_read() {
                break;
            }
        }
        wave
    }

    /// The answer to an item that must not be executed.
    fn refusal(&self, item: &Item<'_>) -> Option<Answer> {
        let succeeded = |index: &usize| {
            let item = self.batch.items.get(*index);
            let answers = self.answers.get(*index);
            item.zip(answers).is_some_and(|(item, answers)| {
                answers.len() == item.requests.len() && answers.iter().all(Answer::is_success)
            })
        };
        item.refusal.clone().or_else(|| {
            let text = "A request that this one depends on has failed";
            let fulfilled = item.after.iter().all(succeeded);
            (!fulfilled).then(|| Answer::failed_dependency(text))
        })
    }

    /// Path and query below the service root, with a leading `/`; a
    /// reference to an earlier request is replaced by what that one created
    /// or read.
    pub fn target<'t>(&self, request: &'t Request<'_>) -> Cow<'t, str> {
        let resolved = reference(&request.target).and_then(|(id, rest)| {
            let location = self.locations.get(id)?;
            let fits = location.len() + rest.len() <= LONGEST_TARGET;
            fits.then(|| Cow::Owned(format!("{location}{rest}")))
        });
        resolved.unwrap_or(Cow::Borrowed(&request.target))
    }

    /// Takes the answer to the next request of an item. One that fails ends
    /// its group, and nothing of the group may have taken effect then.
    pub fn record(&mut self, item: usize, answer: Answer) {
        self.failed |= answer.is_error();
        let position = self.answers(item).len();
        let group = self.batch.items.get(item);
        if let Some(request) = group.and_then(|group| group.requests.get(position))
            && let Some(id) = request.id.as_deref()
        {
            match self.location(request, &answer) {
                Some(location) => self.locations.insert(id, location),
                None => self.locations.remove(id),
            };
        }
        if let Some(answers) = self.answers.get_mut(item) {
            answers.push(answer);
        }
    }

    /// What `$id` stands for: `Location`, or else the URL of the request.
    fn location(&self, request: &Request<'_>, answer: &Answer) -> Option<String> {
        if !answer.is_success() {
            return None;
        }
        let target = match answer.header("location") {
            // The service knows its own names better than we do.
            Some(location) => {
                let anywhere = ServiceLocation {
                    hosts: &[],
                    ..self.batch.service
                };
                Cow::Owned(address::target(location, None, anywhere).ok()?)
            }
            None => self.target(request),
        };
        Some(without_query(&target).trim_end_matches('/').to_owned())
    }

    /// The answers so far to an item, in the order of its requests.
    pub fn answers(&self, item: usize) -> &[Answer] {
        self.answers.get(item).map_or(&[], Vec::as_slice)
    }

    /// `Content-Type` and body of the answer to the batch, whose status is
    /// 200.
    pub fn finish(&self, format: Format) -> (String, Vec<u8>) {
        let answers = || self.answers.iter().flatten();
        let bodies = answers().map(|answer| answer.body.as_slice());
        let headers = answers().flat_map(|answer| &answer.headers);
        let texts = bodies.chain(headers.map(|(_, value)| value.as_bytes()));
        let mut writer = Writer::new(format, unused_token(texts));
        let size: usize = answers().map(|answer| answer.body.len() + 256).sum();
        let mut out = Vec::with_capacity(size + 64);
        for (item, answers) in self.batch.items.iter().zip(&self.answers) {
            if self.stops && answers.is_empty() && !item.requests.is_empty() {
                break;
            }
            writer.item(&mut out, item, answers);
            if self.stops && answers.iter().any(Answer::is_error) {
                break;
            }
        }
        writer.end(&mut out);
        (writer.content_type(), out)
    }
}
