//! The reference model of an independent conformance suite
//! (NLstn/odata-compliance-suite, CONTRACT.md) served by this crate over rows
//! in memory, on a loopback port: `cargo run --example reference_service -- 9090`.
//!
//! Only what the crate can express is there: flat entity types and batches.
//! No complex types, enumerations, derived types, singletons, geography,
//! operations, media entities. Reads are the crate's; changes, about which it
//! says nothing, are this file's neighbours'.

mod data;
mod http;
#[path = "../../tests/golden/memory.rs"]
mod memory;
mod model;
mod store;
mod write;

use std::io::{Error, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use store::Store;

fn main() -> Result<(), Error> {
    let port = std::env::args().nth(1);
    let port = port.and_then(|port| port.parse().ok()).unwrap_or(9090);
    let listener = TcpListener::bind(("127.0.0.1", port))?;
    let address = listener.local_addr()?;
    writeln!(std::io::stdout(), "http://{address}/")?;
    let store = Arc::new(Store::new());
    for connection in listener.incoming() {
        let store = Arc::clone(&store);
        let stream = connection?;
        thread::spawn(move || http::serve(&stream, |call| store.answer(call)));
    }
    Ok(())
}
