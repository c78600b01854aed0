//! Deliberate bugs: the simulation's checks must find each of them. Outside tests none is ever active.

/// A bug to plant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    /// A vote is answered before it is durable (Q2).
    VoteBeforePersist,
    /// A restarted node forgets for whom it voted (Q2).
    ForgetVote,
    /// A member votes twice in one epoch (Q1).
    VoteTwice,
    /// Votes are given without comparing logs (Q3).
    IgnoreLogInVote,
    /// A candidate speaks of records that a power cut would take back (Q3).
    VoteWithUnsyncedEnd,
    /// The watermark covers records of earlier epochs only (Q3).
    CommitEarlierEpoch,
    /// A leader counts a minority as a majority (Q3).
    CommitByMinority,
    /// A follower acknowledges before its log is synced (Q3).
    FetchBeforeSync,
    /// A leader serves logs that have gone another way (Q3).
    IgnoreDivergence,
    /// A second change of voters begins before the first is committed (Q1).
    ConcurrentVoterChanges,
}

/// Which bug is planted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Faults {
    #[cfg(test)]
    pub planted: Option<Fault>,
}

impl Faults {
    #[cfg(test)]
    pub(crate) fn has(self, fault: Fault) -> bool {
        self.planted == Some(fault)
    }

    #[cfg(not(test))]
    pub(crate) fn has(self, _: Fault) -> bool {
        false
    }
}
