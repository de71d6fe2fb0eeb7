//! What clients read.

use std::slice;

use odata::batch::{Answer, Batch, Format, Writer};

use crate::client::{Part, Response, read};
use crate::{MIXED, mixed, parse};

const SET: &str = "--b\r\nContent-Type: multipart/mixed;boundary=c\r\n\r\n\
    --c\r\nContent-Type: application/http\r\nContent-ID: 0.0\r\n\r\nPATCH a\r\n\r\n\
    --c\r\nContent-Type: application/http\r\nContent-ID: 1.0\r\n\r\nDELETE b\r\n\r\n\
    --c--\r\n";

fn json(body: &str) -> Answer {
    let content_type = "application/json;odata.metadata=minimal".to_owned();
    Answer {
        headers: vec![("Content-Type".to_owned(), content_type)],
        body: body.as_bytes().to_vec(),
        ..Answer::new(200)
    }
}

/// The answer to a batch whose items are all answered at once.
fn answered(batch: &Batch<'_>, answers: &[&[Answer]], format: Format) -> (String, Vec<u8>) {
    let mut run = batch.run(Some(true));
    for (index, answers) in answers.iter().enumerate() {
        for answer in *answers {
            run.record(index, answer.clone());
        }
    }
    run.finish(format)
}

fn response(id: Option<&str>, status: &str, headers: &str, body: &str) -> Response {
    Response {
        id: id.map(str::to_owned),
        status: format!("HTTP/1.1 {status}"),
        headers: headers.to_owned(),
        body: body.as_bytes().to_vec(),
    }
}

#[test]
fn multipart_answers_are_written_to_the_byte() {
    let body = mixed(&["GET a\r\nContent-ID: 1\r\n\r\n", "DELETE b"]);
    let batch = parse(MIXED, body.as_bytes()).unwrap();
    let answers = [json("{\"a\":1}"), Answer::new(204)];
    let (content_type, body) = answered(&batch, &[&answers[..1], &answers[1..]], batch.format());
    assert_eq!(
        content_type,
        "multipart/mixed; boundary=odata_00000000_batch"
    );
    assert_eq!(
        String::from_utf8(body).unwrap(),
        "--odata_00000000_batch\r\n\
         Content-Type: application/http\r\n\
         Content-Transfer-Encoding: binary\r\n\
         Content-ID: 1\r\n\
         \r\n\
         HTTP/1.1 200 OK\r\n\
         Content-Type: application/json;odata.metadata=minimal\r\n\
         Content-Length: 7\r\n\
         \r\n\
         {\"a\":1}\r\n\
         --odata_00000000_batch\r\n\
         Content-Type: application/http\r\n\
         Content-Transfer-Encoding: binary\r\n\
         \r\n\
         HTTP/1.1 204 No Content\r\n\
         \r\n\
         \r\n\
         --odata_00000000_batch--\r\n"
    );
}

#[test]
fn a_change_set_is_answered_one_by_one_or_by_its_failure() {
    let body = format!("{SET}--b--");
    let batch = parse(MIXED, body.as_bytes()).unwrap();
    let done = [Answer::new(204), Answer::new(204)];
    let (content_type, body) = answered(&batch, &[&done], batch.format());
    let empty = |id| response(Some(id), "204 No Content", "", "");
    assert_eq!(
        read(&content_type, &body),
        [Part::ChangeSet(vec![empty("0.0"), empty("1.0")])]
    );
    let failed = [Answer::new(204), Answer::new(412)];
    let (content_type, body) = answered(&batch, &[&failed], batch.format());
    let failure = response(None, "412 Precondition Failed", "Content-Length: 0", "");
    assert_eq!(read(&content_type, &body), [Part::Single(failure)]);
    // An answer for all, and one that is missing.
    for (answers, status) in [
        (vec![Answer::new(501)], "HTTP/1.1 501 Not Implemented"),
        (vec![Answer::new(204)], "HTTP/1.1 500 Internal Server Error"),
    ] {
        let (content_type, body) = answered(&batch, &[&answers], batch.format());
        let parts = read(&content_type, &body);
        let [Part::Single(response)] = &parts[..] else {
            panic!("{parts:?}");
        };
        assert_eq!(response.status, status);
    }
}

#[test]
fn json_answers_hold_bodies_by_their_media_type() {
    let body = r#"{"requests":[{"id":"1","method":"get","url":"a"}]}"#;
    let batch = parse("application/json", body.as_bytes()).unwrap();
    for (content_type, bytes, expected) in [
        ("application/json", &b"{\"a\" : 1.50}"[..], "{\"a\" : 1.50}"),
        ("application/problem+json", b"[]", "[]"),
        ("text/plain;charset=utf-8", b"25\n", "\"25\\n\""),
        ("application/xml", b"<a/>", "\"PGEvPg\""),
        ("image/png", b"\xff\xef", "\"_-8\""),
        // Files call themselves what they like.
        (
            "application/json",
            b"}],\"status\":200",
            "\"fV0sInN0YXR1cyI6MjAw\"",
        ),
        ("application/json", b"\xff", "\"_w\""),
        ("text/plain", b"\xff", "\"_w\""),
    ] {
        let answer = Answer {
            status: 200,
            headers: vec![
                ("Content-Type".to_owned(), content_type.to_owned()),
                ("Content-Length".to_owned(), bytes.len().to_string()),
            ],
            body: bytes.to_vec(),
        };
        let (outer, body) = answered(&batch, &[&[answer]], Format::Json);
        assert_eq!(outer, "application/json");
        assert_eq!(
            String::from_utf8(body).unwrap(),
            format!(
                "{{\"responses\":[{{\"id\":\"1\",\"status\":200,\
                 \"headers\":{{\"content-type\":\"{content_type}\"}},\"body\":{expected}}}]}}"
            )
        );
    }
}

#[test]
fn json_answers_name_groups_and_merge_headers() {
    let body = r#"{"requests":[
        {"id":"1","method":"post","url":"a","atomicityGroup":"g"},
        {"id":"2","method":"post","url":"b","atomicityGroup":"g"}
    ]}"#;
    let batch = parse("application/json", body.as_bytes()).unwrap();
    let vary = |value: &str| ("VARY".to_owned(), value.to_owned());
    let first = Answer {
        headers: vec![vary("a"), vary("b")],
        ..Answer::new(201)
    };
    let (_, body) = answered(&batch, &[&[first, Answer::new(204)]], Format::Json);
    assert_eq!(
        String::from_utf8(body).unwrap(),
        "{\"responses\":[\
         {\"id\":\"1\",\"atomicityGroup\":\"g\",\"status\":201,\"headers\":{\"vary\":\"a, b\"}},\
         {\"id\":\"2\",\"atomicityGroup\":\"g\",\"status\":204}]}"
    );
}

#[test]
fn either_format_is_answered_in_the_other() {
    let body = format!("{SET}{}", mixed(&["GET a"]));
    let batch = parse(MIXED, body.as_bytes()).unwrap();
    let answers = [Answer::new(204), Answer::new(204), json("1")];
    let (_, body) = answered(&batch, &[&answers[..2], &answers[2..]], Format::Json);
    assert_eq!(
        String::from_utf8(body).unwrap(),
        "{\"responses\":[\
         {\"id\":\"0.0\",\"atomicityGroup\":\"set0\",\"status\":204},\
         {\"id\":\"1.0\",\"atomicityGroup\":\"set0\",\"status\":204},\
         {\"status\":200,\"headers\":{\"content-type\":\"application/json;odata.metadata=minimal\"},\
         \"body\":1}]}"
    );
    let body = r#"{"requests":[
        {"id":"1","method":"post","url":"a","atomicityGroup":"g"},
        {"id":"2","method":"post","url":"b","atomicityGroup":"g"}
    ]}"#;
    let batch = parse("application/json", body.as_bytes()).unwrap();
    let (content_type, body) = answered(&batch, &[&answers[..2]], Format::Multipart);
    let empty = |id| Part::Single(response(Some(id), "204 No Content", "", ""));
    assert_eq!(read(&content_type, &body), [empty("1"), empty("2")]);
}

#[test]
fn empty_batches_have_empty_answers() {
    let batch = parse(MIXED, b"--b--").unwrap();
    assert_eq!(
        batch.run(None).finish(Format::Json).1,
        b"{\"responses\":[]}"
    );
    assert_eq!(
        batch.run(None).finish(Format::Multipart).1,
        b"--odata_00000000_batch--\r\n"
    );
}

#[test]
fn no_boundary_occurs_in_what_it_bounds() {
    let body = mixed(&["GET a", "GET b"]);
    let batch = parse(MIXED, body.as_bytes()).unwrap();
    let evil = "x--odata_00000000_batch--\r\n--odata_00000001_batch\r\n--odata_--odata_0000000";
    let location = "Buckets('--odata_00000002_batch')".to_owned();
    let second = Answer {
        headers: vec![("Location".to_owned(), location)],
        body: [b"\xff", evil.as_bytes()].concat(),
        ..Answer::new(200)
    };
    let (content_type, body) = answered(
        &batch,
        &[&[json(evil)], slice::from_ref(&second)],
        batch.format(),
    );
    assert_eq!(
        content_type,
        "multipart/mixed; boundary=odata_00000003_batch"
    );
    let parts = read(&content_type, &body);
    let [Part::Single(first), Part::Single(last)] = &parts[..] else {
        panic!("{parts:?}");
    };
    assert_eq!(first.body, evil.as_bytes());
    assert_eq!(last.body, second.body);
}

#[test]
fn a_header_cannot_become_two() {
    let body = mixed(&["GET a"]);
    let batch = parse(MIXED, body.as_bytes()).unwrap();
    let answer = Answer {
        headers: vec![("Location".to_owned(), "a\r\nSet-Cookie: b\u{0}".to_owned())],
        ..Answer::new(204)
    };
    let (content_type, body) = answered(&batch, &[&[answer]], batch.format());
    let expected = response(None, "204 No Content", "Location: a  Set-Cookie: b ", "");
    assert_eq!(read(&content_type, &body), [Part::Single(expected)]);
}

#[test]
fn a_body_is_not_sent_with_a_status_that_has_none() {
    let body = mixed(&["GET a"]);
    let batch = parse(MIXED, body.as_bytes()).unwrap();
    let answer = Answer {
        body: b"x".to_vec(),
        ..Answer::new(304)
    };
    let (content_type, body) = answered(&batch, &[&[answer]], batch.format());
    let expected = response(None, "304 Not Modified", "", "");
    assert_eq!(read(&content_type, &body), [Part::Single(expected)]);
}

#[test]
fn a_change_set_may_be_empty() {
    let set = "--b\r\nContent-Type: multipart/mixed;boundary=c\r\n\r\n--c--\r\n";
    let body = format!("{set}{}", mixed(&["GET a"]));
    let batch = parse(MIXED, body.as_bytes()).unwrap();
    let mut run = batch.run(None);
    assert_eq!(run.next_wave().len(), 1);
    assert_eq!(run.next_wave().len(), 1);
    run.record(1, Answer::new(204));
    let (content_type, body) = run.finish(Format::Multipart);
    let empty = response(None, "204 No Content", "", "");
    assert_eq!(
        read(&content_type, &body),
        [Part::ChangeSet(vec![]), Part::Single(empty)]
    );
    let (_, body) = run.finish(Format::Json);
    assert_eq!(body, b"{\"responses\":[{\"status\":204}]}");
}

#[test]
fn parts_can_be_streamed() {
    let body = mixed(&["GET a", "GET b"]);
    let batch = parse(MIXED, body.as_bytes()).unwrap();
    let stream = |format| {
        let mut writer = Writer::new(format, "4f1d");
        let mut sent = Vec::new();
        for item in batch.items() {
            let mut chunk = Vec::new();
            writer.item(&mut chunk, item, &[json("{}")]);
            sent.extend(chunk);
        }
        writer.end(&mut sent);
        (writer.content_type(), sent)
    };
    let (content_type, sent) = stream(Format::Multipart);
    assert_eq!(read(&content_type, &sent).len(), 2);
    let (_, sent) = stream(Format::Json);
    let json: serde_json::Value = serde_json::from_slice(&sent).unwrap();
    assert_eq!(json["responses"].as_array().unwrap().len(), 2);
}
