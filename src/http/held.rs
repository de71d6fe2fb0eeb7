//! Keeps the body of a request until its answer is on the way.
//!
//! The HTTP server drains a chunked body that nobody holds any more, and waits for its end as long
//! as the client likes. As long as somebody holds it, the server ends the connection behind the
//! answer instead.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::HttpMessage as _;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::error::PayloadError;
use actix_web::http::header::TRANSFER_ENCODING;
use actix_web::web::Bytes;
use futures_util::Stream;

/// A body that is read through one handle and kept by another.
#[derive(Clone)]
pub(super) struct Held(Rc<RefCell<Payload>>);

impl Held {
    /// Puts a handle in the place of a chunked body; the other one is for the answer.
    pub(super) fn of(request: &mut ServiceRequest) -> Option<Self> {
        request.headers().get(TRANSFER_ENCODING)?;
        let held = Self(Rc::new(RefCell::new(request.take_payload())));
        let payload = Box::pin(held.clone());
        request.set_payload(Payload::Stream { payload });
        Some(held)
    }
}

/// An answer's body that holds the request's until its own end.
pub(super) struct Holding {
    body: BoxBody,
    _held: Held,
}

impl Held {
    /// Lets an answer hold the request's body.
    pub(super) fn by(self, body: BoxBody) -> BoxBody {
        BoxBody::new(Holding { body, _held: self })
    }
}

impl MessageBody for Holding {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(context)
    }
}

impl Stream for Held {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut *self.0.borrow_mut()).poll_next(context)
    }
}
