//! Whether a request speaks of the leadership that this replica knows (KIP-320). Nothing else.

use jackdaw_base::LeaderEpoch;
use thiserror::Error;

/// Why a request's leader epoch is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum EpochError {
    /// The request comes from the past: FENCED_LEADER_EPOCH.
    #[error("leader epoch {requested} is older than {current}")]
    Fenced {
        /// What the request names.
        requested: LeaderEpoch,
        /// What this replica has.
        current: LeaderEpoch,
    },
    /// The request comes from the future, metadata has not arrived here yet: UNKNOWN_LEADER_EPOCH; a retry can help.
    #[error("leader epoch {requested} is newer than {current}")]
    Unknown {
        /// What the request names.
        requested: LeaderEpoch,
        /// What this replica has.
        current: LeaderEpoch,
    },
}

/// Compares the epoch that a request names with the replica's; `None` or -1 in a request skips the check.
pub fn check_leader_epoch(current: LeaderEpoch, requested: Option<LeaderEpoch>) -> Result<(), EpochError> {
    match requested {
        None | Some(LeaderEpoch::UNKNOWN) => Ok(()),
        Some(requested) if requested < current => Err(EpochError::Fenced { requested, current }),
        Some(requested) if requested > current => Err(EpochError::Unknown { requested, current }),
        Some(_) => Ok(()),
    }
}
