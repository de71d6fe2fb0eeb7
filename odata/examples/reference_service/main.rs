//! The reference model of an independent conformance suite
//! (NLstn/odata-compliance-suite, CONTRACT.md) served by this crate over rows
//! in memory, on a loopback port: `cargo run --example reference_service -- 9090`.
//!
//! Only what the crate can express is there: flat entity types, reads,
//! batches. No complex types, enumerations, derived types, singletons,
//! geography, media entities; what would change rows is refused.

mod data;
mod http;
#[path = "../../tests/golden/memory.rs"]
mod memory;
mod model;

use std::io::{Error, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use odata::batch::Answer;

use memory::{Call, Service};

fn main() -> Result<(), Error> {
    let port = std::env::args().nth(1);
    let port = port.and_then(|port| port.parse().ok()).unwrap_or(9090);
    let listener = TcpListener::bind(("127.0.0.1", port))?;
    let address = listener.local_addr()?;
    writeln!(std::io::stdout(), "http://{address}/")?;
    let service = Arc::new(data::service().ok_or_else(|| Error::other("no instant"))?);
    for connection in listener.incoming() {
        let service = Arc::clone(&service);
        let stream = connection?;
        thread::spawn(move || http::serve(&stream, |call| answer(&service, call)));
    }
    Ok(())
}

fn answer(service: &Service, call: Call<'_>) -> Answer {
    // The suite restores the rows with it; they never change.
    if call.method == "POST" && call.target == "/Reseed" {
        return Answer::new(200);
    }
    service.answer(call)
}
