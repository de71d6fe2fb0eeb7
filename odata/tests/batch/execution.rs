//! Which requests run, when, and what failures do to the rest.

use odata::batch::{Answer, Batch, Format, Run};

use crate::{MIXED, mixed, parse};

fn json(requests: &str) -> String {
    format!("{{\"requests\":[{requests}]}}")
}

/// Executes a batch; a target that contains `fail` is answered with 404. What
/// ran in which wave, and the statuses that the client reads.
fn run(content_type: &str, body: &str, continue_on_error: Option<bool>) -> (Vec<String>, Vec<u64>) {
    let batch = parse(content_type, body.as_bytes()).unwrap();
    let mut run = batch.run(continue_on_error);
    let waves = execute(&mut run);
    (waves, statuses(&run))
}

fn execute(run: &mut Run<'_, '_>) -> Vec<String> {
    let mut waves = Vec::new();
    loop {
        let wave = run.next_wave();
        if wave.is_empty() {
            return waves;
        }
        let mut targets = Vec::new();
        for (index, item) in wave {
            for request in &item.requests {
                let target = run.target(request).into_owned();
                let answer = match &*request.method {
                    _ if target.contains("fail") => Answer::error(404, "NotFound", "Not Found"),
                    "POST" => Answer {
                        headers: vec![("Location".to_owned(), format!("{target}('new')"))],
                        ..Answer::new(201)
                    },
                    _ => Answer::new(200),
                };
                let failed = answer.is_error();
                targets.push(target);
                run.record(index, answer);
                if failed {
                    break;
                }
            }
        }
        waves.push(targets.join(" "));
    }
}

fn statuses(run: &Run<'_, '_>) -> Vec<u64> {
    let (_, body) = run.finish(Format::Json);
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let responses = body["responses"].as_array().unwrap();
    responses
        .iter()
        .map(|it| it["status"].as_u64().unwrap())
        .collect()
}

#[test]
fn neighbouring_reads_run_together_and_changes_alone() {
    let body = mixed(&["GET a", "HEAD b", "POST c", "DELETE d", "GET e", "GET f"]);
    let (waves, statuses) = run(MIXED, &body, None);
    assert_eq!(waves, ["/a /b", "/c", "/d", "/e /f"]);
    assert_eq!(statuses, [200, 200, 201, 200, 200, 200]);
}

#[test]
fn a_multipart_batch_ends_with_its_first_error() {
    let body = mixed(&["GET a", "GET fail", "GET b", "POST c"]);
    let (waves, statuses) = run(MIXED, &body, None);
    // What ran beside the failure is not told: it was not to run.
    assert_eq!(waves, ["/a /fail /b"]);
    assert_eq!(statuses, [200, 404]);
    let (waves, statuses) = run(MIXED, &body, Some(true));
    assert_eq!(waves, ["/a /fail /b", "/c"]);
    assert_eq!(statuses, [200, 404, 200, 201]);
}

#[test]
fn a_refused_request_is_an_error_like_any_other() {
    let body = mixed(&["GET a", "GET $batch", "GET b"]);
    assert_eq!(
        run(MIXED, &body, None),
        (vec!["/a".to_owned()], vec![200, 400])
    );
    let (waves, statuses) = run(MIXED, &body, Some(true));
    assert_eq!(
        (waves, statuses),
        (vec!["/a /b".to_owned()], vec![200, 400, 200])
    );
}

#[test]
fn not_modified_is_no_error() {
    let body = mixed(&["GET a", "POST b"]);
    let batch = parse(MIXED, body.as_bytes()).unwrap();
    let mut run = batch.run(None);
    assert_eq!(run.next_wave().len(), 1);
    run.record(0, Answer::new(304));
    assert_eq!(run.next_wave().len(), 1);
}

#[test]
fn a_json_batch_goes_on_and_what_depends_on_a_failure_fails() {
    let body = json(
        r#"{"id":"1","method":"get","url":"fail"},
           {"id":"2","method":"get","url":"a","dependsOn":["1"]},
           {"id":"3","method":"get","url":"b","dependsOn":["2"]},
           {"id":"4","method":"get","url":"c"},
           {"id":"5","method":"get","url":"d","dependsOn":["4"]}"#,
    );
    let (waves, statuses) = run("application/json", &body, None);
    assert_eq!(waves, ["/fail", "/c", "/d"]);
    assert_eq!(statuses, [404, 424, 424, 200, 200]);
    let (_, statuses) = run("application/json", &body, Some(false));
    assert_eq!(statuses, [404]);
}

#[test]
fn dependencies_are_on_what_came_before() {
    let body = json(
        r#"{"id":"1","method":"get","url":"a","dependsOn":["2"]},
           {"id":"2","method":"get","url":"b","dependsOn":["2"]},
           {"id":"3","method":"get","url":"c","dependsOn":["nobody"]},
           {"id":"4","method":"get","url":"d"}"#,
    );
    let (waves, statuses) = run("application/json", &body, None);
    assert_eq!(waves, ["/d"]);
    assert_eq!(statuses, [400, 400, 400, 200]);
}

#[test]
fn a_condition_is_not_evaluated() {
    let body = json(
        r#"{"id":"1","method":"get","url":"a"},
           {"id":"2","method":"get","url":"b","dependsOn":["1"],"if":"$1/$succeeded"}"#,
    );
    let (waves, statuses) = run("application/json", &body, None);
    assert_eq!((waves, statuses), (vec!["/a".to_owned()], vec![200, 424]));
}

#[test]
fn a_group_fails_as_a_whole() {
    let body = json(
        r#"{"id":"1","method":"post","url":"a","atomicityGroup":"g"},
           {"id":"2","method":"post","url":"fail","atomicityGroup":"g"},
           {"id":"3","method":"post","url":"b","atomicityGroup":"g"},
           {"id":"4","method":"get","url":"c","dependsOn":["g"]},
           {"id":"5","method":"get","url":"c","dependsOn":["1"]},
           {"id":"6","method":"get","url":"$1/x"}"#,
    );
    let (waves, statuses) = run("application/json", &body, None);
    assert_eq!(waves, ["/a /fail"]);
    assert_eq!(statuses, [424, 404, 424, 424, 424, 424]);
}

#[test]
fn references_stand_for_what_was_created_or_read() {
    let set = "--b\r\nContent-Type: multipart/mixed;boundary=c\r\n\r\n\
        --c\r\nContent-Type: application/http\r\nContent-ID: 0.0\r\n\r\nPOST Buckets\r\n\r\n\
        --c\r\nContent-Type: application/http\r\nContent-ID: 1.0\r\n\r\nPOST $0.0/objects\r\n\r\n\
        --c--\r\n";
    let read = "--b\r\nContent-Type: application/http\r\nContent-ID: r\r\n\r\n\
        GET /catalog/$1.0?$select=id\r\n";
    let next = "--b\r\nContent-Type: application/http\r\n\r\nGET /$r/name\r\n";
    let other = "--b\r\nContent-Type: application/http\r\n\r\nGET $99\r\n";
    let body = format!("{set}{read}{next}{other}--b--");
    let (waves, _) = run(MIXED, &body, None);
    assert_eq!(
        waves,
        [
            "/Buckets /Buckets('new')/objects",
            "/Buckets('new')/objects('new')?$select=id",
            "/Buckets('new')/objects('new')/name /$99",
        ]
    );
}

#[test]
fn a_reference_means_the_latest_request_of_a_name() {
    let part = |line: &str| {
        format!("--b\r\nContent-Type:application/http\r\nContent-ID:1\r\n\r\n{line}\r\n")
    };
    let body = [
        part("POST a"),
        part("POST b"),
        part("GET $1"),
        part("GET fail"),
        part("GET $1"),
    ];
    let (waves, statuses) = run(MIXED, &(body.concat() + "--b--"), Some(true));
    assert_eq!(waves, ["/a", "/b", "/b('new') /fail"]);
    assert_eq!(statuses, [201, 201, 200, 404, 424]);
}

#[test]
fn locations_are_taken_in_every_form() {
    for location in [
        "Buckets('x')",
        "/catalog/Buckets('x')/",
        "http://public.example.com/catalog/Buckets('x')?y",
        "/Buckets('x')",
    ] {
        let body = json(
            r#"{"id":"1","method":"post","url":"Buckets"},
               {"id":"2","method":"get","url":"$1/name","dependsOn":["1"]}"#,
        );
        let batch = parse("application/json", body.as_bytes()).unwrap();
        let mut run = batch.run(None);
        run.next_wave();
        let headers = vec![("location".to_owned(), location.to_owned())];
        run.record(
            0,
            Answer {
                headers,
                ..Answer::new(201)
            },
        );
        let wave = run.next_wave();
        assert_eq!(run.target(&wave[0].1.requests[0]), "/Buckets('x')/name");
    }
}

#[test]
fn references_do_not_grow_without_bound() {
    let segment = "x".repeat(10_000);
    let requests: Vec<_> = (1..200)
        .map(|id| {
            let url = if id == 1 {
                segment.clone()
            } else {
                format!("${}/{segment}", id - 1)
            };
            format!(r#"{{"id":"{id}","method":"get","url":"{url}"}}"#)
        })
        .collect();
    let body = json(&requests.join(","));
    let batch = parse("application/json", body.as_bytes()).unwrap();
    let longest = execute(&mut batch.run(None))
        .into_iter()
        .map(|wave| wave.len())
        .max();
    assert!(longest.unwrap() <= 1 << 16);
}

#[test]
fn answers_to_nothing_are_ignored() {
    let batch = Batch::parse(
        Some(MIXED),
        b"--b--",
        crate::HERE,
        odata::batch::Limits::default(),
    );
    let batch = batch.unwrap();
    let mut run = batch.run(None);
    run.record(7, Answer::new(200));
    assert!(run.next_wave().is_empty());
    assert!(run.answers(7).is_empty());
}

/// Creates an object and writes below it, in one group: what the service sees,
/// request by request.
fn upload(content_type: &str, body: &str) -> Vec<[String; 4]> {
    let batch = parse(content_type, body.as_bytes()).unwrap();
    let mut run = batch.run(None);
    let mut seen = Vec::new();
    for (index, item) in run.next_wave() {
        assert!(item.is_atomic());
        for request in &item.requests {
            let body = String::from_utf8_lossy(&request.body).into_owned();
            let media = request
                .header("content-type")
                .unwrap_or_default()
                .to_owned();
            let target = run.target(request).into_owned();
            seen.push([request.method.to_string(), target, media, body]);
            let answer = match &*request.method {
                "POST" => Answer {
                    headers: vec![(
                        "Location".to_owned(),
                        "https://elsewhere/catalog/Objects(bucket_id='b',objectKey='a%2Fb')"
                            .to_owned(),
                    )],
                    ..Answer::new(201)
                },
                _ => Answer::new(204),
            };
            run.record(index, answer);
        }
    }
    assert!(run.next_wave().is_empty());
    assert!(statuses(&run).iter().all(|it| *it < 300));
    seen
}

#[test]
fn what_was_created_in_a_group_can_be_written_in_it() {
    let object = r#"{"objectKey":"a/b"}"#;
    let object_url = "/Objects(bucket_id='b',objectKey='a%2Fb')";
    let expected = |bytes: &str| {
        let row = |it: [&str; 4]| it.map(str::to_owned);
        vec![
            row(["POST", "/Buckets('b')/objects", "application/json", object]),
            row(["PUT", &format!("{object_url}/content"), "text/plain", bytes]),
            row([
                "PATCH",
                object_url,
                "application/json;IEEE754Compatible=true",
                "{}",
            ]),
        ]
    };
    let json = json(&format!(
        r#"{{"id":"1","atomicityGroup":"g","method":"post","url":"Buckets('b')/objects","body":{object}}},
           {{"id":"2","atomicityGroup":"g","method":"put","url":"$1/content","headers":{{"content-type":"text/plain"}},"body":"hello"}},
           {{"id":"3","atomicityGroup":"g","method":"patch","url":"/$1","headers":{{"Content-Type":"application/json;IEEE754Compatible=true"}},"body":{{}}}}"#
    ));
    assert_eq!(upload("application/json", &json), expected("hello"));
    let part = |id: &str, head: &str, body: &str| {
        format!(
            "--c\r\nContent-Type: application/http\r\nContent-ID: {id}\r\n\r\n{head}\r\n\r\n{body}\r\n"
        )
    };
    let parts = [
        part(
            "1",
            "POST Buckets('b')/objects HTTP/1.1\r\nContent-Type: application/json",
            object,
        ),
        part(
            "2",
            "PUT $1/content HTTP/1.1\r\nContent-Type: text/plain",
            "hello",
        ),
        part(
            "3",
            "PATCH $1 HTTP/1.1\r\nContent-Type: application/json;IEEE754Compatible=true",
            "{}",
        ),
    ];
    let body = format!(
        "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n{}--c--\r\n--b--\r\n",
        parts.concat()
    );
    assert_eq!(upload(MIXED, &body), expected("hello"));
}
