//! Batches: their parts are answered one after the other.

use odata::batch::{Answer, Batch, Item, Limits, Request, Run, ServiceLocation};
use odata::negotiate::continue_on_error;
use odata::{Error, Url};

use super::{Call, Service, ok, refusal};

/// Who answers the parts of a batch.
pub(crate) trait Parts {
    fn part(&self, call: Call<'_>) -> Answer;

    /// Keeps what a change set starts from.
    fn begin(&self) {}

    /// Takes back what a change set has done.
    fn undo(&self) {}
}

impl Parts for Service {
    fn part(&self, call: Call<'_>) -> Answer {
        self.answer(call)
    }
}

impl Service {
    pub(super) fn batch(
        &self,
        call: Call<'_>,
        url: &Url<'_>,
        parts: &dyn Parts,
    ) -> Result<Answer, Error> {
        let hosts: Vec<&str> = call.header("Host").into_iter().collect();
        let here = ServiceLocation {
            root: self.root,
            hosts: &hosts,
        };
        let content_type = call.header("Content-Type");
        let batch = match Batch::parse(content_type, call.body, here, Limits::default()) {
            Ok(batch) => batch,
            Err(error) => {
                return Ok(Answer::error(
                    error.status(),
                    error.code(),
                    &error.to_string(),
                ));
            }
        };
        let format = batch.answer_format(url.query.format.as_deref(), call.header("Accept"))?;
        let mut run = batch.run(call.header("Prefer").and_then(continue_on_error));
        loop {
            let wave = run.next_wave();
            if wave.is_empty() {
                break;
            }
            for (index, item) in wave {
                self.item(&mut run, call, index, item, parts);
            }
        }
        let (content_type, body) = run.finish(format);
        Ok(ok(content_type, body))
    }

    fn item<'b>(
        &self,
        run: &mut Run<'_, 'b>,
        batch: Call<'_>,
        index: usize,
        item: &Item<'b>,
        parts: &dyn Parts,
    ) {
        if item.is_atomic() {
            parts.begin();
        }
        for request in &item.requests {
            // JSON leaves blanks in a URL alone, HTTP could not.
            let target = run.target(request).replace(' ', "%20");
            let target = format!("{}{target}", self.root);
            let answer = self.part_of(batch, &target, request, parts);
            let failed = answer.is_error();
            run.record(index, answer);
            if failed && item.is_atomic() {
                parts.undo();
                return;
            }
        }
    }

    fn part_of(
        &self,
        batch: Call<'_>,
        target: &str,
        request: &Request<'_>,
        parts: &dyn Parts,
    ) -> Answer {
        let own = request.headers.iter();
        let own = own.map(|(name, value)| (&**name, &**value));
        let inherited = ["OData-Version", "OData-MaxVersion"];
        let inherited = inherited.into_iter().filter_map(|name| {
            let value = request.header_or(name, |name| batch.header(name))?;
            request.header(name).is_none().then_some((name, value))
        });
        let host = batch.header("Host").map(|host| ("Host", host));
        let headers: Vec<_> = own.chain(inherited).chain(host).collect();
        if target.trim_end_matches('/') == format!("{}/$batch", self.root) {
            return refusal(&Error::not_implemented(
                "A batch inside a batch is not supported",
            ));
        }
        parts.part(Call {
            method: &request.method,
            target,
            headers: &headers,
            body: &request.body,
        })
    }
}
