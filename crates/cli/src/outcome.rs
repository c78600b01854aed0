//! How a command ended that did not fail as a whole.

use crate::failure::Failure;
use crate::out;

/// How it ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Done {
    /// Everything that was asked for was done.
    Well,
    /// Some of it could not be done, and that was said.
    InPart,
}

/// What a command gives back.
pub type Outcome = Result<Done, Failure>;

impl Done {
    /// `Well` if nothing failed.
    pub fn unless(has_failed: bool) -> Self {
        if has_failed { Self::InPart } else { Self::Well }
    }
}

/// Some of Kafka's tools say what went wrong on standard output, with these words in front.
pub fn told_on_stdout(outcome: Outcome, prefix: &str) -> Outcome {
    let failure = match outcome {
        Err(failure) if !failure.message.is_empty() => failure,
        other => return other,
    };
    out::print(&format!("{prefix}{}\n", failure.message))?;
    Err(Failure::silent(failure.exit_code))
}
