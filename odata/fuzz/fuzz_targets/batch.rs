#![no_main]

use libfuzzer_sys::fuzz_target;
use odata::batch::{Answer, Batch, Format, Limits, ServiceLocation};

const HERE: ServiceLocation<'_> = ServiceLocation {
    root: "/catalog",
    hosts: &["localhost:8080"],
};

fuzz_target!(|body: &[u8]| {
    for content_type in ["multipart/mixed; boundary=b", "application/json"] {
        let Ok(batch) = Batch::parse(Some(content_type), body, HERE, Limits::default()) else {
            continue;
        };
        let mut run = batch.run(Some(true));
        loop {
            let wave = run.next_wave();
            if wave.is_empty() {
                break;
            }
            for (index, item) in wave {
                for request in &item.requests {
                    assert!(run.target(request).starts_with('/'));
                    // What comes in goes out, so that it meets the boundaries.
                    let answer = Answer {
                        body: request.body.to_vec(),
                        ..Answer::new(200 + u16::from(request.body.len() == 1) * 204)
                    };
                    run.record(index, answer);
                }
            }
        }
        for format in [Format::Multipart, Format::Json] {
            let (_, answer) = run.finish(format);
            assert!(answer.len() >= 16);
        }
    }
});
