//! How a command ended that did not fail as a whole.

use crate::failure::Failure;

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
