//! The AWS stand-ins from outside: what they accept, and that they refuse each single thing that
//! is wrong. Requests are made by AWS's own SDK and signer or by hand, never by the sandbox's code.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that can't go on has failed"
)]

mod assume_role;
mod chains;
mod create_session;
mod faults;
mod grants;
mod outbound;
mod roles_anywhere;
mod s3;
mod s3_buckets;
mod s3_presigned;
mod signed;
mod vectors;
mod web_identity;

use sandbox::Core;
use sandbox::aws::{Aws, Options};

/// The AWS half alone.
async fn aws() -> (Core, Aws) {
    let core = Core::new().unwrap();
    let aws = Aws::start(&core, &Options::default()).await.unwrap();
    (core, aws)
}

/// The latest reason that a stand-in gave for refusing something.
fn reason(core: &Core, stand_in: &str) -> String {
    let notes = core.ledger.of(stand_in);
    let mut refused = notes
        .iter()
        .filter_map(|note| note.strip_prefix("refused: "));
    refused.next_back().unwrap_or_default().to_owned()
}
