//! As much of HTTP/1.1 as one client on this machine needs.

use std::io::{BufRead, BufReader, Error, Read, Write};
use std::net::TcpStream;

use odata::batch::Answer;

use crate::memory::Call;

/// A body that is longer is not read.
const LONGEST_BODY: u64 = 4 << 20;

/// Answers one request after the other until the client has enough.
pub(crate) fn serve(stream: &TcpStream, answer: impl Fn(Call<'_>) -> Answer) {
    let mut reader = BufReader::new(stream);
    while matches!(exchange(&mut reader, stream, &answer), Ok(true)) {}
}

fn exchange(
    reader: &mut impl BufRead,
    mut stream: &TcpStream,
    answer: impl Fn(Call<'_>) -> Answer,
) -> Result<bool, Error> {
    let Some(start) = line(reader)? else {
        return Ok(false);
    };
    let mut words = start.split(' ');
    let (method, target) = (words.next(), words.next());
    let (Some(method), Some(target)) = (method, target) else {
        return Ok(false);
    };
    let mut head = Vec::new();
    while let Some(field) = line(reader)?.filter(|field| !field.is_empty()) {
        head.push(field);
    }
    let fields = head.iter().filter_map(|field| field.split_once(':'));
    let headers: Vec<_> = fields.map(|(name, value)| (name, value.trim())).collect();
    let body = body(reader, &headers)?;
    let answer = answer(Call {
        method,
        target,
        headers: &headers,
        body: &body,
    });
    stream.write_all(&rendered(&answer))?;
    Ok(true)
}

fn line(reader: &mut impl BufRead) -> Result<Option<String>, Error> {
    let mut line = String::new();
    let read = reader.take(1 << 16).read_line(&mut line)?;
    Ok((read > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned()))
}

fn body(reader: &mut impl BufRead, headers: &[(&str, &str)]) -> Result<Vec<u8>, Error> {
    let header = |wanted: &str| {
        let named = |(name, _): &&(&str, &str)| name.eq_ignore_ascii_case(wanted);
        headers.iter().find(named).map(|(_, value)| *value)
    };
    let mut body = Vec::new();
    if header("Transfer-Encoding").is_none() {
        let length = header("Content-Length").and_then(|length| length.parse().ok());
        let length: u64 = length.unwrap_or(0);
        reader
            .take(length.min(LONGEST_BODY))
            .read_to_end(&mut body)?;
        return Ok(body);
    }
    while let Some(size) = line(reader)? {
        let size = u64::from_str_radix(size.trim(), 16).map_err(Error::other)?;
        reader.take(size.min(LONGEST_BODY)).read_to_end(&mut body)?;
        line(reader)?;
        if size == 0 {
            break;
        }
    }
    Ok(body)
}

fn rendered(answer: &Answer) -> Vec<u8> {
    let mut out = format!("HTTP/1.1 {} Answer\r\n", answer.status);
    for (name, value) in &answer.headers {
        out.push_str(name);
        out.push_str(": ");
        out.push_str(value);
        out.push_str("\r\n");
    }
    if answer.status != 204 && answer.status != 304 {
        out.push_str("Content-Length: ");
        out.push_str(&answer.body.len().to_string());
        out.push_str("\r\n");
    }
    out.push_str("\r\n");
    let mut out = out.into_bytes();
    out.extend_from_slice(&answer.body);
    out
}
