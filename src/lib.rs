//! The map of the house.
//!
//! `app` joins the parts. A request comes in through `http`, which asks `caller` who it is,
//! `odata` what is wanted and `catalog` what there is. The catalogue reaches S3 through
//! `aws`, which earns sessions with what `btp` reads from SAP's services, as `settings`
//! say. Imports go one way only; `tests/tidy.rs` holds the table.

mod app;
mod aws;
mod btp;
mod caller;
mod catalog;
mod cli;
mod clock;
mod diagnosis;
mod globs;
mod http;
mod json;
#[doc(hidden)]
pub mod probes;
mod settings;
mod shell;
mod telemetry;

pub use app::{App, StartError};
pub use cli::{CommandFailed, aws_token, check, credential_process, setup};
pub use clock::Clock;
pub use settings::{Application, Env, Settings, Unusable};
pub use telemetry::{BadLevel, subscriber};
