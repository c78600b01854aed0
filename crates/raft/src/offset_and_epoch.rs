//! A position in the replicated log: the end offset and the epoch of the record before it. Ordered by epoch first, as votes compare logs.

use std::cmp::Ordering;
use std::fmt;

use jackdaw_base::{LeaderEpoch, Offset};

/// An end offset together with the epoch of the last record before it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct OffsetAndEpoch {
    /// The offset behind the last record.
    pub offset: Offset,
    /// That record's epoch; 0 where there is none.
    pub epoch: LeaderEpoch,
}

impl OffsetAndEpoch {
    /// The position of an empty log.
    pub const START: Self = Self { offset: Offset::ZERO, epoch: LeaderEpoch(0) };

    /// A position.
    pub fn new(offset: Offset, epoch: LeaderEpoch) -> Self {
        Self { offset, epoch }
    }
}

impl Ord for OffsetAndEpoch {
    fn cmp(&self, other: &Self) -> Ordering {
        self.epoch.cmp(&other.epoch).then(self.offset.cmp(&other.offset))
    }
}

impl PartialOrd for OffsetAndEpoch {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for OffsetAndEpoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in epoch {}", self.offset, self.epoch)
    }
}
