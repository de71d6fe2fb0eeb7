//! Whether a body has the hash that its sender signed.

use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest::{self, Context, SHA256};
use axum::body::{Body, HttpBody};
use bytes::Bytes;
use futures_util::StreamExt;

use super::refusal::Refusal;
use crate::sigv4;

/// Watches a body go by.
pub(super) struct Payload {
    claimed: String,
    length: Option<u64>,
    seen: Arc<Mutex<Seen>>,
}

struct Seen {
    hash: Context,
    length: u64,
}

impl Payload {
    /// Puts itself between the connection and s3s. `claimed` is `x-amz-content-sha256`.
    pub(super) fn watch(body: Body, claimed: String) -> Result<(Self, s3s::Body), Refusal> {
        let length = body.size_hint().exact();
        let seen = Arc::new(Mutex::new(Seen {
            hash: Context::new(&SHA256),
            length: 0,
        }));
        let payload = Self {
            claimed,
            length,
            seen: Arc::clone(&seen),
        };
        if length == Some(0) {
            // Nobody may read an empty body to its end, so it is judged at once.
            payload.compare(digest::digest(&SHA256, b"").as_ref())?;
            return Ok((payload, s3s::Body::empty()));
        }
        let watched = body.into_data_stream().inspect(move |chunk| {
            if let Ok(chunk) = chunk {
                seen.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .add(chunk);
            }
        });
        let body = s3s::Body::http_body_unsync(Body::from_stream(watched));
        Ok((payload, body))
    }

    /// After the answer: was what went by what had been signed?
    ///
    /// A body that was not read to its end, because the request was refused, is not judged.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if self.length != Some(seen.length) || seen.length == 0 {
            return Ok(());
        }
        self.compare(seen.hash.clone().finish().as_ref())
    }

    /// `UNSIGNED-PAYLOAD` and the streaming kinds are not hashes, and pass.
    fn compare(&self, actual: &[u8]) -> Result<(), Refusal> {
        let is_hash =
            self.claimed.len() == 64 && self.claimed.bytes().all(|byte| byte.is_ascii_hexdigit());
        let actual = sigv4::hex(actual);
        if !is_hash || self.claimed == actual {
            return Ok(());
        }
        let message =
            "The provided 'x-amz-content-sha256' header does not match what was computed.";
        Err(Refusal::bad_request("XAmzContentSHA256Mismatch", message)
            .with("ClientComputedContentSHA256", &self.claimed)
            .with("S3ComputedContentSHA256", actual))
    }
}

impl Seen {
    fn add(&mut self, chunk: &Bytes) {
        self.hash.update(chunk);
        self.length += chunk.len() as u64;
    }
}
