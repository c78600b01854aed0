//! Where a follower cuts its log after a change of leader (R5), and what a leader answers to a follower whose log has gone
//! another way (KIP-101, KIP-279, KIP-595 for the answer within Fetch). Reading the epoch cache is the caller's.

use jackdaw_base::{LeaderEpoch, Offset};

/// An epoch and where it ends in one log: the start of the next epoch, or the log's end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EpochEnd {
    /// The epoch.
    pub epoch: LeaderEpoch,
    /// The offset behind its last record.
    pub end: Offset,
}

/// What the leader finds when a follower names the epoch of its last record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Divergence {
    /// The follower's log is a prefix of the leader's: serve the fetch.
    None,
    /// Answer with this instead of records: the largest epoch that both may share, and its end at the leader.
    At(EpochEnd),
    /// The leader knows no epoch as old as that: OFFSET_OUT_OF_RANGE.
    Unknown,
}

/// The leader's side: the follower's last record has `last_fetched_epoch`, its log ends at `fetch_offset`, and
/// `floor` is the largest epoch not above `last_fetched_epoch` in the leader's cache, with its end. Where all known epochs are newer, it is
/// the asked epoch itself, which ends where the first known one starts: what was before is gone here.
pub fn divergence(
    last_fetched_epoch: LeaderEpoch,
    fetch_offset: Offset,
    floor: Option<EpochEnd>,
) -> Divergence {
    match floor {
        None => Divergence::Unknown,
        Some(floor) if floor.epoch < last_fetched_epoch || floor.end < fetch_offset => Divergence::At(floor),
        Some(_) => Divergence::None,
    }
}

/// What a follower does with its log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Truncation {
    /// Cut at this offset; below it both logs are the same.
    Final(Offset),
    /// Cut at this offset and ask again: the leader's epoch is not known here, an older one may agree.
    AskAgain(Offset),
}

impl Truncation {
    /// The offset to cut at.
    pub fn offset(self) -> Offset {
        match self {
            Self::Final(offset) | Self::AskAgain(offset) => offset,
        }
    }
}

/// The follower's side: the leader has answered that `leader` is the largest epoch not above the follower's last one, or nothing
/// (`None`: it has no epochs at all). `floor` gives the largest own epoch not above the asked one, with its own end; `end` is the
/// own written end, `high_watermark` where to cut if nothing is known. Where all own epochs are newer, `floor` gives the asked epoch itself with the
/// start of the first known one; `None` only if there are no epochs.
pub fn truncation(
    leader: Option<EpochEnd>,
    end: Offset,
    high_watermark: Offset,
    floor: impl FnOnce(LeaderEpoch) -> Option<EpochEnd>,
) -> Truncation {
    let Some(leader) = leader else {
        return Truncation::Final(high_watermark.min(end));
    };
    match floor(leader.epoch) {
        Some(own) if own.epoch != leader.epoch => Truncation::AskAgain(own.end.min(end)),
        Some(own) => Truncation::Final(own.end.min(leader.end).min(end)),
        None => Truncation::Final(leader.end.min(end)),
    }
}

/// Where the leader's log starts and ends, as ListOffsets tells a follower that was out of range.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LeaderRange {
    /// The leader's (local) log start.
    pub start: Offset,
    /// The leader's end.
    pub end: Offset,
}

/// What a follower does after OFFSET_OUT_OF_RANGE.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OutOfRangePlan {
    /// The leader has less (an unclean election): cut here and fetch on.
    TruncateTo(Offset),
    /// The leader's log starts behind the own end: drop everything and begin there.
    StartAnewAt(Offset),
    /// The range has become right meanwhile: fetch from here.
    FetchFrom(Offset),
}

/// Decides for a follower whose log ends at `end`.
pub fn out_of_range_plan(end: Offset, leader: LeaderRange) -> OutOfRangePlan {
    if leader.end < end {
        OutOfRangePlan::TruncateTo(leader.end)
    } else if leader.start > end {
        OutOfRangePlan::StartAnewAt(leader.start)
    } else {
        OutOfRangePlan::FetchFrom(end)
    }
}

#[cfg(test)]
mod tests;
