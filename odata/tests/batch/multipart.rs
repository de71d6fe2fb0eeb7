//! `multipart/mixed` in the spellings of clients, proxies and attackers.

use odata::batch::{Answer, Batch, Limits};

use crate::{HERE, MIXED, mixed, parse, requests};

const ONE: &str = "GET Buckets?$top=1 HTTP/1.1\r\nAccept: application/json\r\n\r\n";

fn read(body: &str) -> Result<Vec<String>, u16> {
    parse(MIXED, body.as_bytes())
        .map(|batch| requests(&batch))
        .map_err(|error| error.status())
}

/// What a request is answered without being executed.
fn refused(body: &str) -> u16 {
    let batch = parse(MIXED, body.as_bytes()).unwrap();
    let mut run = batch.run(None);
    assert!(run.next_wave().is_empty(), "{body}");
    run.answers(0)[0].status
}

#[test]
fn spellings_that_clients_use_are_read() {
    let head = "--b\r\nContent-Type: application/http\r\n\r\n";
    let end = "--b--\r\n";
    for body in [
        format!("{head}{ONE}\r\n{end}"),
        format!("{head}{ONE}\r\n--b--"),
        format!("{head}{ONE}\r\n--b--  \t\r\nepilogue\r\n--b\r\n"),
        format!("A preamble, ignored\r\n--bb\r\n{head}{ONE}\r\n{end}"),
        format!("\r\n{head}{ONE}\r\n{end}"),
        format!("{head}{ONE}\r\n{end}").replace("\r\n", "\n"),
        format!("{head}{ONE}\r\n{end}").replace(": ", ":"),
        format!("{head}{ONE}\r\n{end}").replace(": ", ": \t "),
        format!("{head}{ONE}\r\n{end}").replace("--b\r\n", "--b \t\r\n"),
        format!("{head}{ONE}\r\n{end}").replace(" HTTP/1.1", ""),
        format!("{head}{ONE}\r\n{end}").replace("Content-Type", "CONTENT-type"),
        format!("{head}{ONE}\r\n{end}")
            .replace("application/http", "Application/HTTP;msgtype=request"),
        // Without the blank line that ends the headers, and with one too many.
        format!("{head}GET Buckets?$top=1 HTTP/1.1\r\nAccept: x\r\n{end}"),
        format!("{head}GET Buckets?$top=1 HTTP/1.1\r\n{end}"),
        format!("{head}\r\n\r\n{ONE}\r\n{end}"),
        format!("{head}{ONE}{end}"),
    ] {
        assert_eq!(
            read(&body),
            Ok(vec!["GET /Buckets?$top=1".to_owned()]),
            "{body}"
        );
    }
}

#[test]
fn boundaries_are_quoted_or_not() {
    let body = mixed(&[ONE]).replace("--b", "--a'(b)+_,-./:=? c");
    let content_type = "Multipart/Mixed;charset=utf-8; Boundary=\"a'(b)+_,-./:=? c\"";
    assert_eq!(
        parse(content_type, body.as_bytes()).unwrap().items().len(),
        1
    );
    for content_type in [
        "multipart/mixed".to_owned(),
        "multipart/mixed; boundary=".to_owned(),
        "multipart/mixed; boundary=\"\"".to_owned(),
        format!("multipart/mixed; boundary={}", "b".repeat(71)),
        format!("multipart/mixed; boundary={}", "b".repeat(65536)),
        "multipart/mixed; boundary=\u{fc}".to_owned(),
    ] {
        let error = parse(&content_type, b"--b--").unwrap_err();
        assert_eq!(error.status(), 400, "{content_type:.90}");
    }
}

#[test]
fn a_batch_may_be_empty() {
    assert_eq!(read("--b--"), Ok(vec![]));
    let set = "--b\r\nContent-Type: multipart/mixed;boundary=c\r\n\r\n--c--\r\n--b--";
    assert_eq!(read(set), Ok(vec![]));
}

#[test]
fn what_is_not_multipart_is_malformed_as_a_whole() {
    let whole = mixed(&[ONE]);
    let set = "--b\r\nContent-Type: multipart/mixed;boundary=c\r\n\r\n";
    for body in [
        String::new(),
        "garbage".to_owned(),
        // Another boundary, none at the end, cut off.
        whole.replace("--b", "--x"),
        whole.replace("--b--", ""),
        whole[..60].to_owned(),
        // No line of its own.
        whole.replace("--b--", "x--b--"),
        // No media type, or another one.
        "--b\r\n--b--".to_owned(),
        format!("--b\r\n\r\n{ONE}\r\n--b--"),
        whole.replace("application/http", "text/plain"),
        whole.replace("application/http", ""),
        // Headers that are none.
        "--b\r\nINVALID CONTENT\r\n--b--".to_owned(),
        whole.replace("Accept:", "Accept"),
        whole.replace("Accept:", ":"),
        whole.replace("Accept:", "Acc ept:"),
        whole.replace("Accept: ", "Accept: \u{1}"),
        whole.replace("Accept: ", "Accept: \r"),
        whole.replace("Accept: ", "Accept: x\r\n folded "),
        // Request lines that are none.
        whole.replace("GET Buckets?$top=1 HTTP/1.1", "GARBAGE"),
        whole.replace("GET Buckets?$top=1 HTTP/1.1", "GET HTTP/1.1"),
        whole.replace("HTTP/1.1", "HTTP/1.1 x"),
        whole.replace("HTTP/1.1", "x"),
        whole.replace("GET", "G(T"),
        whole.replace("$top=1", "$filter=id eq 'x'"),
        mixed(&[""]),
        mixed(&["\r\n\r\n\r\n"]),
        // A change set in a change set, and one that does not end.
        format!(
            "{set}--c\r\nContent-Type: multipart/mixed;boundary=d\r\n\r\n--d--\r\n--c--\r\n--b--"
        ),
        format!("{set}--c\r\n--b--"),
        format!("{set}\r\n--b--"),
        set.replace("boundary=c", "boundary") + "--b--",
    ] {
        assert_eq!(read(&body), Err(400), "{body}");
    }
}

#[test]
fn the_message_names_the_part() {
    let error = parse(MIXED, mixed(&[ONE, "GARBAGE"]).as_bytes()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Part 2: Expected a method, an encoded URL and HTTP/1.1"
    );
}

#[test]
fn bytes_that_are_no_text_are_malformed_in_headers_and_kept_in_bodies() {
    let body = mixed(&["PUT Objects('x')/content HTTP/1.1\r\nContent-Type: image/png\r\n\r\n@@"]);
    let bytes: Vec<u8> = body
        .bytes()
        .map(|b| if b == b'@' { 0xff } else { b })
        .collect();
    let batch = parse(MIXED, &bytes).unwrap();
    assert_eq!(*batch.items()[0].requests[0].body, [0xff, 0xff]);
    let bytes: Vec<u8> = body
        .bytes()
        .map(|b| if b == b'x' { 0xff } else { b })
        .collect();
    assert_eq!(parse(MIXED, &bytes).unwrap_err().status(), 400);
}

#[test]
fn a_body_ends_before_the_line_end_of_its_delimiter() {
    for (body, expected) in [
        ("{}", "{}"),
        ("{}\r\n", "{}\r\n"),
        ("a\r\n--bad\r\n -- b\r\n--", "a\r\n--bad\r\n -- b\r\n--"),
        ("", ""),
    ] {
        let batch = mixed(&[&format!("POST Buckets HTTP/1.1\r\n\r\n{body}")]);
        let batch = parse(MIXED, batch.as_bytes()).unwrap();
        assert_eq!(*batch.items()[0].requests[0].body, *expected.as_bytes());
    }
}

#[test]
fn headers_are_found_in_any_case_and_those_that_must_not_be_there_are_not() {
    let body = mixed(&[
        "GET Buckets HTTP/1.1\r\nACCEPT:a\r\naccept:b\r\nAuthorization: Bearer x\r\nCookie: y\r\n\
         range: bytes=0-1\r\nTE: x\r\nHost: catalog.internal\r\nX-Empty:\r\n\r\n",
    ]);
    let batch = parse(MIXED, body.as_bytes()).unwrap();
    let request = &batch.items()[0].requests[0];
    assert_eq!(request.header("Accept"), Some("a"));
    assert_eq!(request.header("x-empty"), Some(""));
    assert_eq!(request.headers.len(), 3, "{:?}", request.headers);
    for name in ["authorization", "Cookie", "Range", "te", "host"] {
        assert_eq!(request.header(name), None, "{name}");
    }
}

#[test]
fn versions_are_inherited_from_the_batch_and_credentials_are_not() {
    let body = mixed(&["GET Buckets HTTP/1.1\r\nOData-Version: 4.01\r\n\r\n"]);
    let batch = parse(MIXED, body.as_bytes()).unwrap();
    let request = &batch.items()[0].requests[0];
    let outer = |_: &str| Some("outer");
    assert_eq!(request.header_or("odata-version", outer), Some("4.01"));
    assert_eq!(request.header_or("OData-MaxVersion", outer), Some("outer"));
    assert_eq!(request.header_or("If-Match", outer), None);
    assert_eq!(request.header_or("Prefer", outer), None);
}

#[test]
fn targets_that_lead_elsewhere_are_refused_one_by_one() {
    for (request, status) in [
        ("GET http://evil.example.com/catalog/Buckets HTTP/1.1", 404),
        ("GET http://catalog.internal:8080/other HTTP/1.1", 404),
        (
            "GET /catalog/Buckets HTTP/1.1\r\nHost: evil.example.com",
            404,
        ),
        ("POST $batch HTTP/1.1", 400),
        ("POST /catalog/%24batch HTTP/1.1", 400),
        ("POST Buckets HTTP/1.1\r\nTransfer-Encoding: chunked", 501),
    ] {
        assert_eq!(refused(&mixed(&[request])), status, "{request}");
    }
}

#[test]
fn all_three_forms_of_url_are_one() {
    let body = mixed(&[
        "GET Buckets HTTP/1.1",
        "GET /catalog/Buckets HTTP/1.1\r\nHost: catalog.internal:8080",
        "GET http://catalog.internal:8080/catalog/Buckets HTTP/1.1",
        "GET /Buckets HTTP/1.1",
    ]);
    assert_eq!(read(&body).unwrap(), ["GET /Buckets"; 4]);
}

/// As SAP Cloud SDK spells them: absolute paths without `Host`, a blank line
/// behind every body, `Content-Id`.
#[test]
fn change_sets_of_the_cloud_sdk_are_read() {
    let body = "--b\nContent-Type: application/http\nContent-Transfer-Encoding: binary\n\n\
        GET /catalog/Buckets?$top=1 HTTP/1.1\nContent-Type: application/json\n\
        Accept: application/json\n\n\n--b\nContent-Type: multipart/mixed; boundary=set\n\n\
        --set\nContent-Type: application/http\nContent-Transfer-Encoding: binary\n\
        Content-Id: 5f1c\n\nPOST /catalog/Buckets HTTP/1.1\nAccept: application/json\n\n\
        {\"id\":\"new\"}\n\n--set\nContent-Type: application/http\nContent-Id: 6a2d\n\n\
        DELETE /catalog/Buckets('old') HTTP/1.1\nIf-Match: *\n\n\n\n--set--\n--b--\n"
        .replace('\n', "\r\n");
    assert_eq!(
        read(&body).unwrap(),
        [
            "GET /Buckets?$top=1",
            "POST /Buckets {\"id\":\"new\"}",
            "DELETE /Buckets('old')"
        ]
    );
    let batch = parse(MIXED, body.as_bytes()).unwrap();
    let set = &batch.items()[1];
    assert!(set.is_atomic());
    assert_eq!(set.changes().count(), 2);
    assert_eq!(set.requests[1].id.as_deref(), Some("6a2d"));
}

#[test]
fn identifiers_of_dotnet_stand_with_the_headers_of_the_request() {
    let body = mixed(&["GET Buckets HTTP/1.1\r\nContent-ID: 7\r\n\r\n"]);
    let batch = parse(MIXED, body.as_bytes()).unwrap();
    assert_eq!(batch.items()[0].requests[0].id.as_deref(), Some("7"));
}

#[test]
fn reads_in_change_sets_and_doubled_identifiers_are_refused_with_the_set() {
    let set = |lines: &[&str]| {
        let part = |line: &&str| {
            format!("--c\r\nContent-Type:application/http\r\nContent-ID:1\r\n\r\n{line}\r\n")
        };
        let parts: String = lines.iter().map(part).collect();
        format!("--b\r\nContent-Type: multipart/mixed;boundary=c\r\n\r\n{parts}--c--\r\n--b--")
    };
    assert_eq!(refused(&set(&["GET Buckets"])), 400);
    assert_eq!(refused(&set(&["POST Buckets", "POST Buckets"])), 400);
}

/// As OData 4.0 let clients do it.
#[test]
fn change_sets_may_number_their_requests_anew() {
    let set = "--b\r\nContent-Type:multipart/mixed;boundary=c\r\n\r\n--c\r\n\
        Content-Type:application/http\r\nContent-ID:1\r\n\r\nDELETE Buckets('x')\r\n--c--\r\n";
    let batch = format!("{set}{set}--b--");
    let batch = parse(MIXED, batch.as_bytes()).unwrap();
    let mut run = batch.run(None);
    for index in 0..2 {
        assert_eq!(run.next_wave().len(), 1);
        run.record(index, Answer::new(204));
    }
}

#[test]
fn parts_are_counted_on_both_levels() {
    let limits = Limits {
        parts: 3,
        ..Limits::default()
    };
    let set = "--c\r\nContent-Type: application/http\r\n\r\nPOST Buckets HTTP/1.1\r\n";
    let body = |count| {
        let start = "--b\r\nContent-Type: multipart/mixed;boundary=c\r\n\r\n";
        format!("{start}{}--c--\r\n--b--", set.repeat(count))
    };
    let status = |body: &str| {
        Batch::parse(Some(MIXED), body.as_bytes(), HERE, limits)
            .map_err(|error| error.status())
            .map(|batch| batch.items().len())
    };
    assert_eq!(status(&body(2)), Ok(1));
    assert_eq!(status(&body(3)), Err(413));
    assert_eq!(status(&mixed(&[ONE; 3])), Ok(3));
    assert_eq!(status(&mixed(&[ONE; 4])), Err(413));
}

#[test]
fn floods_are_refused() {
    assert_eq!(read(&mixed(&vec![ONE; 10_000])), Err(413));
    assert_eq!(read(&"--b\r\n".repeat(700_000)), Err(413));
    assert_eq!(read(&"--bb\r\n".repeat(600_000)), Err(400));
    assert_eq!(read(&"\n".repeat(4 << 20)), Err(400));
    let headers = "X: y\r\n".repeat(101);
    assert_eq!(
        refused(&mixed(&[&format!("GET Buckets\r\n{headers}\r\n")])),
        400
    );
    let blanks = "\r\n".repeat(2_000_000);
    assert_eq!(read(&mixed(&[&blanks])), Err(400));
}
