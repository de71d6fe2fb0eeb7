//! Point 3: what networks, proxies and busy services do to `CreateSession`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use sandbox::Sandbox;
use sandbox::bindings::{Bindings, CredentialSource};
use sandbox::fault::Fault;
use serde_json::json;

use super::{assert_refused, with_setting};
use crate::support::{Service, sandbox, sessions, start};

const PLACE: &str = "roles-anywhere";

async fn started(sandbox: &Sandbox) -> Service<'_> {
    start(
        sandbox,
        &Bindings::new(sandbox, CredentialSource::RolesAnywhere),
    )
    .await
}

/// An error as AWS writes it.
fn aws_error(status: u16, kind: &str, message: &str) -> Fault {
    let body = json!({ "message": message }).to_string();
    Fault::status(status, "application/json", body).with_header("x-amzn-errortype", kind)
}

/// An answer that looks like a session of this role.
fn session_of(role_arn: &str) -> Fault {
    let body = json!({
        "credentialSet": [{
            "credentials": {
                "accessKeyId": "ASIAFORGED0000000000",
                "secretAccessKey": "forged-secret",
                "sessionToken": "forged-token",
                "expiration": "2099-01-01T00:00:00Z",
            },
            "roleArn": role_arn,
        }],
        "subjectArn": "arn:aws:rolesanywhere:eu-central-1:111122223333:subject/x",
    });
    Fault::status(201, "application/json", body.to_string())
}

/// A page of a proxy or gateway.
fn page(status: u16) -> Fault {
    Fault::status(
        status,
        "text/html",
        "<html><body>Ask your administrator</body></html>",
    )
}

fn asked(sandbox: &Sandbox) -> usize {
    sandbox.core.ledger.count(PLACE, "fault ")
        + sandbox.core.ledger.count(PLACE, "POST /sessions 201")
}

/// What passes in a moment is asked again at once, and nobody hears of it.
#[tokio::test]
async fn passing_faults_are_tried_again_within_one_attempt() {
    let sandbox = sandbox().await;
    for fault in [
        aws_error(429, "ThrottlingException", "Rate exceeded"),
        aws_error(500, "InternalServerException", "Oops"),
        aws_error(503, "ServiceUnavailableException", "Busy"),
        page(502),
        Fault::Reset,
        Fault::Truncate(20),
    ] {
        let told = format!("{fault:?}");
        sandbox.core.faults.once(PLACE, fault.clone());
        sandbox.core.faults.once(PLACE, fault);
        let before = sandbox.core.ledger.count(PLACE, "fault ");
        let service = started(&sandbox).await;
        service.until_ready().await;
        assert!(service.never_failed(), "{told}");
        assert_eq!(
            sandbox.core.ledger.count(PLACE, "fault "),
            before + 2,
            "{told}"
        );
    }
}

/// Slow is not broken; silence is given up in time and asked again.
#[tokio::test]
async fn a_slow_answer_is_awaited_and_silence_is_given_up() {
    let sandbox = sandbox().await;
    sandbox
        .core
        .faults
        .once(PLACE, Fault::Slow(Duration::from_secs(1)));
    let service = started(&sandbox).await;
    service.until_ready().await;
    assert_eq!(asked(&sandbox), 2, "the slow answer was taken");
    sandbox
        .core
        .faults
        .once(PLACE, Fault::Hang(Duration::from_mins(5)));
    let silent = started(&sandbox).await;
    silent.until_ready().await;
    assert!(silent.never_failed());
}

/// A service in trouble is asked three times a round, and told as what it is.
#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn lasting_faults_are_told_apart_after_as_many_attempts_as_make_sense() {
    let sandbox = sandbox().await;
    for (fault, attempts, parts) in [
        (
            aws_error(429, "TooManyRequestsException", "Rate exceeded"),
            3,
            vec!["429", "Rate exceeded"],
        ),
        (
            aws_error(500, "InternalServerException", "Oops"),
            3,
            vec!["500", "InternalServerException"],
        ),
        (page(503), 3, vec!["503"]),
        (
            Fault::Reset,
            3,
            vec!["could not be reached at https://127.0.0.1"],
        ),
        (page(200), 1, vec!["can't be read", "HTML page", "proxy"]),
        (page(403), 1, vec!["status 403", "HTML page", "proxy"]),
        (
            Fault::status(201, "application/json", "{\"credentialSet\":[{\"cred"),
            1,
            vec!["ends too early"],
        ),
        (
            Fault::status(201, "application/json", "{\"credentialSet\":[]}"),
            1,
            vec!["credentialSet is empty"],
        ),
        (
            Fault::status(201, "application/json", "{\"a\":1}"),
            1,
            vec!["not the documented JSON"],
        ),
        (
            session_of("arn:aws:iam::111122223333:role/admin"),
            1,
            vec!["another role"],
        ),
        (
            aws_error(400, "ValidationException", "1 validation error"),
            1,
            vec!["ValidationException"],
        ),
        (
            aws_error(
                403,
                "com.amazonaws.ra#AccessDeniedException:http://x/",
                "No",
            ),
            1,
            vec!["refused with AccessDeniedException: No"],
        ),
    ] {
        let told = format!("{fault:?}");
        let before = sandbox.core.ledger.count(PLACE, "fault ");
        sandbox.core.faults.always(PLACE, fault);
        let service = started(&sandbox).await;
        service
            .until_told(&[&["no AWS session", "IAM Roles Anywhere"], &parts[..]].concat())
            .await;
        assert_eq!(
            sandbox.core.ledger.count(PLACE, "fault "),
            before + attempts,
            "{told}"
        );
        assert!(!service.refuses().await.body.contains("Oops"));
    }
}

/// What lasted is over: nobody has to restart anything.
#[tokio::test]
async fn the_service_recovers_by_itself_from_every_kind_of_fault() {
    let sandbox = sandbox().await;
    for fault in [
        aws_error(500, "InternalServerException", "Oops"),
        page(403),
        Fault::Reset,
    ] {
        sandbox.core.faults.always(PLACE, fault);
        let service = started(&sandbox).await;
        service.until_told(&["no AWS session"]).await;
        sandbox.core.faults.clear(PLACE);
        service.until_ready().await;
    }
}

/// Nobody but the role that was asked for gets in: forged credentials are never used.
#[tokio::test]
async fn credentials_of_another_role_never_reach_s3() {
    let sandbox = sandbox().await;
    sandbox
        .core
        .faults
        .always(PLACE, session_of("arn:aws:iam::111122223333:role/admin"));
    let service = started(&sandbox).await;
    assert_refused(&service, &["credentials are for another role"]).await;
    assert_eq!(sandbox.core.ledger.of("s3"), Vec::<String>::new());
}

/// `Retry-After` is obeyed: a wait of seconds is not hammered through, and clients learn of it.
#[tokio::test]
async fn a_long_retry_after_is_waited_for_and_passed_on() {
    let sandbox = sandbox().await;
    let busy =
        aws_error(429, "ThrottlingException", "Rate exceeded").with_header("retry-after", "3");
    sandbox.core.faults.once(PLACE, busy);
    let service = started(&sandbox).await;
    service
        .until_told(&["no AWS session; next attempt in 3.0 s", "429"])
        .await;
    assert_eq!(service.refuses().await.header("retry-after"), "3");
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(asked(&sandbox), 1, "left alone");
    service.until_ready().await;
    assert_eq!(sessions(&sandbox).len(), 1);
}

/// Each attempt is signed anew: AWS refuses a date that has become too old.
#[tokio::test]
async fn every_attempt_carries_a_fresh_date_and_signature() {
    let sandbox = sandbox().await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let heard = std::thread::spawn(move || [hear(&listener), hear(&listener), hear(&listener)]);
    let variables = [("CATALOG_ROLES_ANYWHERE_ENDPOINT", url.as_str())];
    let bindings = with_setting(&sandbox, "session_duration_seconds", 1800);
    let variable = sandbox::bindings::Delivery::Variable;
    let service = crate::support::start_with(&sandbox, &bindings, variable, &variables).await;
    let heard = tokio::task::spawn_blocking(|| heard.join().unwrap())
        .await
        .unwrap();
    let header = |request: &Vec<String>, name: &str| {
        let prefix = format!("{name}: ");
        let line = request
            .iter()
            .find(|line| line.to_ascii_lowercase().starts_with(&prefix));
        line.unwrap_or_else(|| panic!("no {name} in {request:?}"))[prefix.len()..].to_owned()
    };
    for name in ["x-amz-date", "authorization"] {
        let [first, second, third] = [0, 1, 2].map(|at| header(&heard[at], name));
        assert!(
            first != second && second != third,
            "{name}: {first} {second} {third}"
        );
    }
    let body: serde_json::Value = serde_json::from_str(heard[0].last().unwrap()).unwrap();
    assert_eq!(body["durationSeconds"], 1800);
    assert!(
        body["roleSessionName"].is_null(),
        "the default name is not sent: {body}"
    );
    service.until_told(&["no AWS session", "503"]).await;
}

/// Reads one request, answers 503 after more than the second that dates are told in.
fn hear(listener: &TcpListener) -> Vec<String> {
    let (mut socket, _) = listener.accept().unwrap();
    let mut reader = BufReader::new(socket.try_clone().unwrap());
    let mut lines: Vec<String> = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        match line.trim_end() {
            "" => break,
            text => lines.push(text.to_owned()),
        }
    }
    let length = lines.iter().find_map(|line| {
        line.to_ascii_lowercase()
            .strip_prefix("content-length: ")?
            .parse()
            .ok()
    });
    let mut body = vec![0; length.unwrap()];
    reader.read_exact(&mut body).unwrap();
    lines.push(String::from_utf8(body).unwrap());
    std::thread::sleep(Duration::from_millis(1100));
    let answer = "HTTP/1.1 503 Busy\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    socket.write_all(answer.as_bytes()).unwrap();
    lines
}
