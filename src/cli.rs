//! Commands beside the service itself: one file each, arguments in, text or one sentence out.

mod aws_token;
mod check;
mod credential_process;
mod setup;

pub use aws_token::aws_token;
pub use check::check;
pub use credential_process::credential_process;
pub use setup::setup;

/// A command that came to nothing; main prints it as one line on stderr.
#[derive(Debug, thiserror::Error)]
pub enum CommandFailed {
    /// The arguments must be others.
    #[error("{0}")]
    Usage(String),
    /// Something outside said no.
    #[error("{0}")]
    Failed(String),
}

/// What `--help` asks for instead of the command's own answer.
type Help = &'static str;
