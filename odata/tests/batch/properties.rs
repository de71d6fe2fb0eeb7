//! Properties that hold for every batch.

use odata::batch::{Answer, Batch, Format, Limits};
use proptest::prelude::*;

use crate::client::{self, Part};
use crate::{HERE, parse};

#[derive(Debug, Clone)]
struct Sent {
    method: &'static str,
    url: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

fn sent() -> impl Strategy<Value = Sent> {
    let method = prop::sample::select(vec!["POST", "PATCH", "PUT", "DELETE"]);
    let header = ("x-[a-z]{1,8}", "[!-~]([ -~ü]{0,8}[!-~])?");
    let headers = prop::collection::vec(header, 0..4);
    // Line ends and what is nearly a delimiter, so that they are met; a real
    // one needs a "_".
    let piece = prop_oneof![
        any::<u8>().prop_map(|byte| vec![if byte == b'_' { 0xff } else { byte }]),
        Just(b"\r\n".to_vec()),
        Just(b"--outer".to_vec()),
        Just(b"\n--innerx\r\n".to_vec()),
    ];
    let body = prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat());
    (method, "[a-zA-Z0-9%$&=?'()/.,ü]{1,20}", headers, body).prop_map(
        |(method, url, headers, body)| Sent {
            method,
            url,
            headers,
            body,
        },
    )
}

/// A batch as groups of requests; groups of one are individual requests.
fn groups() -> impl Strategy<Value = Vec<Vec<Sent>>> {
    prop::collection::vec(prop::collection::vec(sent(), 1..4), 0..5)
}

fn multipart(groups: &[Vec<Sent>], line_end: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut id = 0;
    for group in groups {
        let boundary: &[u8] = if group.len() > 1 {
            b"--inner_"
        } else {
            b"--outer_"
        };
        let end = line_end.as_bytes();
        if group.len() > 1 {
            out.extend(
                [
                    b"--outer_",
                    end,
                    b"Content-Type:multipart/mixed;boundary=inner_",
                    end,
                    end,
                ]
                .concat(),
            );
        }
        for sent in group {
            out.extend([boundary, end, b"Content-Type: application/http", end].concat());
            let head = format!(
                "Content-ID: {id}\n\n{} {} HTTP/1.1\n",
                sent.method, sent.url
            );
            let fields = sent
                .headers
                .iter()
                .map(|(name, value)| format!("{name}: {value}\n"));
            let head = head + &fields.collect::<String>() + "\n";
            out.extend(head.replace('\n', line_end).bytes());
            out.extend([&sent.body[..], end].concat());
            id += 1;
        }
        if group.len() > 1 {
            out.extend([b"--inner_--", end].concat());
        }
    }
    out.extend(b"--outer_--");
    out
}

fn json(groups: &[Vec<Sent>]) -> Vec<u8> {
    let mut requests = Vec::new();
    for (number, group) in groups.iter().enumerate() {
        for sent in group {
            let headers = sent.headers.iter().cloned();
            let mut headers: serde_json::Map<_, _> =
                headers.map(|(name, value)| (name, value.into())).collect();
            headers.insert("content-type".to_owned(), "text/plain".into());
            let mut request = serde_json::json!({
                "id": requests.len().to_string(),
                "method": sent.method.to_lowercase(),
                "url": sent.url,
                "headers": headers,
                "body": String::from_utf8_lossy(&sent.body),
            });
            if group.len() > 1 {
                request["atomicityGroup"] = format!("g{number}").into();
            }
            requests.push(request);
        }
    }
    serde_json::to_vec(&serde_json::json!({ "requests": requests })).unwrap()
}

fn check(batch: &Batch<'_>, groups: &[Vec<Sent>], lossy: bool) {
    assert_eq!(batch.items().len(), groups.len());
    let mut id = 0;
    for (item, group) in batch.items().iter().zip(groups) {
        assert_eq!(item.requests.len(), group.len());
        assert_eq!(item.is_atomic(), group.len() > 1);
        for (request, sent) in item.requests.iter().zip(group) {
            assert_eq!(request.id.as_deref(), Some(id.to_string().as_str()));
            id += 1;
            assert_eq!(request.method, sent.method);
            if !sent.url.starts_with('/') && !sent.url.contains("batch") {
                assert_eq!(request.target, format!("/{}", sent.url));
            }
            for (name, value) in &sent.headers {
                let first = sent.headers.iter().find(|(other, _)| other == name);
                let expected = if lossy {
                    request.header(name)
                } else {
                    first.map(|it| &*it.1)
                };
                assert_eq!(request.header(name), expected, "{name}: {value}");
            }
            if lossy {
                assert_eq!(request.body, String::from_utf8_lossy(&sent.body).as_bytes());
            } else {
                assert_eq!(*request.body, *sent.body);
            }
        }
    }
}

/// Pieces of batches, so that random input gets beyond the first line.
#[rustfmt::skip]
const FRAGMENTS: [&str; 52] = [
    "--b", "--b--", "--c", "--c--", "\r\n", "\n", "\r", "\r\n\r\n", " ", ":", ": ",
    "Content-Type: application/http\r\n", "Content-Type:multipart/mixed;boundary=c\r\n",
    "Content-ID: 1\r\n", "Content-Length: 3\r\n", "Host: x\r\n", "GET ", "POST ", "Buckets", "$1/x",
    "$batch", "http://", "/catalog/", " HTTP/1.1\r\n", "--b\r\nContent-Type: application/http\r\n\r\n",
    "{\"requests\":[", "{", "}", "[", "]", ",", "\"", "\"id\":", "\"1\"", "\"2\"", "\"method\":\"get\"",
    "\"url\":\"x\"", "\"url\":\"$1/y\"", "\"dependsOn\":[\"1\"]", "\"atomicityGroup\":\"g\"",
    "\"headers\":{", "\"content-type\":\"image/png\"", "\"body\":", "null", "1.5e3", "\\u00", "\\",
    "\"if\":\"x\"", "{\"id\":\"1\",\"method\":\"get\",\"url\":\"x\"}", "\u{feff}", "ü", "\u{0}",
];

fn exercise(body: &[u8]) {
    for content_type in ["multipart/mixed; boundary=b", "application/json"] {
        let Ok(batch) = parse(content_type, body) else {
            continue;
        };
        for continue_on_error in [None, Some(true)] {
            let mut run = batch.run(continue_on_error);
            loop {
                let wave = run.next_wave();
                if wave.is_empty() {
                    break;
                }
                for (index, item) in wave {
                    for (position, request) in item.requests.iter().enumerate() {
                        assert!(run.target(request).starts_with('/'));
                        let status = if position == 1 { 404 } else { 200 };
                        run.record(index, Answer::new(status));
                    }
                }
            }
            let (content_type, body) = run.finish(Format::Multipart);
            client::read(&content_type, &body);
            let (_, body) = run.finish(Format::Json);
            serde_json::from_slice::<serde_json::Value>(&body).unwrap();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_as_multipart_is_read_again(groups in groups(), bare: bool) {
        let body = multipart(&groups, if bare { "\n" } else { "\r\n" });
        // A body that ends in CR would lose it to a bare line end.
        prop_assume!(!bare || groups.iter().flatten().all(|sent| !sent.body.ends_with(b"\r")));
        let limits = Limits::default();
        let content_type = Some("multipart/mixed; boundary=\"outer_\"");
        let batch = Batch::parse(content_type, &body, HERE, limits).unwrap();
        check(&batch, &groups, false);
    }

    #[test]
    fn what_is_written_as_json_is_read_again(groups in groups()) {
        let body = json(&groups);
        check(&parse("application/json", &body).unwrap(), &groups, true);
    }

    #[test]
    fn nothing_makes_it_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        exercise(&body);
    }

    #[test]
    fn no_combination_of_fragments_makes_it_panic(
        words in prop::collection::vec(prop::sample::select(&FRAGMENTS[..]), 0..60)
    ) {
        exercise(words.concat().as_bytes());
    }

    #[test]
    fn answers_come_back_whatever_they_contain(
        bodies in prop::collection::vec("(--odata_|0000000[0-3]|_batch|--|\r\n|[a-z ü]){0,12}", 1..6),
        set: bool,
    ) {
        let groups = vec![Sent { method: "POST", url: "x".to_owned(), headers: vec![], body: vec![] }; bodies.len()];
        let groups: Vec<_> = if set && bodies.len() > 1 { vec![groups] } else { groups.into_iter().map(|it| vec![it]).collect() };
        let request = multipart(&groups, "\r\n");
        let batch = parse("multipart/mixed; boundary=outer_", &request).unwrap();
        let mut run = batch.run(None);
        for (index, body) in bodies.iter().enumerate() {
            let answer = Answer { body: body.clone().into_bytes(), ..Answer::new(200) };
            run.record(if groups.len() == 1 { 0 } else { index }, answer);
        }
        let (content_type, body) = run.finish(Format::Multipart);
        let parts = client::read(&content_type, &body).into_iter().flat_map(|part| match part {
            Part::Single(response) => vec![response],
            Part::ChangeSet(responses) => responses,
        });
        let read: Vec<_> = parts.map(|response| String::from_utf8(response.body).unwrap()).collect();
        prop_assert_eq!(read, bodies);
    }

    #[test]
    fn everything_runs_once_and_after_what_it_depends_on(
        waits in prop::collection::vec(prop::collection::vec(any::<prop::sample::Index>(), 0..3), 1..20),
        reads: u32,
    ) {
        let mut requests = Vec::new();
        for (id, waits) in waits.iter().enumerate() {
            let method = if reads >> id & 1 == 1 { "get" } else { "post" };
            let earlier = |index: &prop::sample::Index| index.index(id).to_string();
            let waits: Vec<_> = if id == 0 { vec![] } else { waits.iter().map(earlier).collect() };
            requests.push(serde_json::json!({
                "id": id.to_string(), "method": method, "url": "x", "dependsOn": waits,
            }));
        }
        let body = serde_json::to_vec(&serde_json::json!({ "requests": requests })).unwrap();
        let batch = parse("application/json", &body).unwrap();
        let mut run = batch.run(None);
        let mut done = Vec::new();
        loop {
            let wave = run.next_wave();
            if wave.is_empty() {
                break;
            }
            for (index, item) in &wave {
                prop_assert!(wave.len() == 1 || item.changes().count() == 0);
                for earlier in requests[*index]["dependsOn"].as_array().unwrap() {
                    prop_assert!(done.contains(&earlier.as_str().unwrap().parse().unwrap()));
                }
            }
            for (index, _) in wave {
                run.record(index, Answer::new(200));
                done.push(index);
            }
        }
        prop_assert_eq!(done, (0..requests.len()).collect::<Vec<_>>());
    }
}
