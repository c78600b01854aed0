//! The in-sync set of a partition as its leader sees it: committed, or with one change under way at the controller.
//! The set itself is changed by the controller alone (R3); here a change is proposed and its answer awaited.
//!
//! ```text
//!   Committed --begin(join)--> Joining --+
//!       |                                +--> Committed   the answer, a refusal that takes the change back,
//!       +----begin(leave)-->  Leaving --+                 or a newer registration
//! ```

use jackdaw_base::{LeaderEpoch, NodeId};
use thiserror::Error;

use crate::node_set::NodeSet;
use crate::registration::LeaderRecovery;

/// A change of the ISR that the controller is asked for (AlterPartition).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IsrChange {
    /// The leadership that proposes it.
    pub leader_epoch: LeaderEpoch,
    /// The registration that it starts from.
    pub partition_epoch: i32,
    /// The set to be.
    pub isr: NodeSet,
    /// What to write as recovery state: a change of the ISR ends a recovery.
    pub recovery: LeaderRecovery,
}

/// Why a proposal cannot begin.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum IsrChangeError {
    /// One at a time.
    #[error("another change of the in-sync replicas is under way")]
    InFlight,
    /// Decided before the last registration arrived.
    #[error("the proposal starts from an older registration")]
    Stale,
}

/// The controller's answer to a proposal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum IsrAnswer {
    /// Done: the partition as it is now.
    Done {
        /// The leadership.
        leader_epoch: LeaderEpoch,
        /// The registration's number.
        partition_epoch: i32,
        /// The set as committed.
        isr: NodeSet,
        /// The recovery state as committed.
        recovery: LeaderRecovery,
    },
    /// Refused for now (OPERATION_NOT_ATTEMPTED, INELIGIBLE_REPLICA): the change is surely not made.
    NotMade,
    /// The leader's knowledge is out of date (FENCED_LEADER_EPOCH, INVALID_UPDATE_VERSION, UNKNOWN_TOPIC_ID, NEW_LEADER_ELECTED,
    /// INVALID_REQUEST): only the next registration says what is true, so the maximal set stays as it is until then.
    OutOfDate,
    /// No answer, or an error that says nothing about the partition: send the same proposal again.
    Unanswered,
}

/// What to do after an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IsrOutcome {
    /// The set is committed: the watermark may have moved.
    Committed,
    /// The proposal was taken back; a later look may propose again.
    Reverted,
    /// Wait for the next registration.
    AwaitRegistration,
    /// Send the same proposal again.
    Retry,
    /// The answer belongs to a proposal that no longer stands.
    Ignored,
}

/// The in-sync set, committed or with a change under way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IsrState {
    committed: NodeSet,
    in_flight: Option<IsrChange>,
}

impl IsrState {
    /// A set that the controller has committed.
    pub fn committed(isr: NodeSet) -> Self {
        Self { committed: isr, in_flight: None }
    }

    /// The set as the controller has last said.
    pub fn committed_set(&self) -> &[NodeId] {
        &self.committed
    }

    /// Whether `id` is in the committed set or in one that may be committed by now (R2).
    pub fn is_in_maximal(&self, id: NodeId) -> bool {
        self.committed.contains(&id) || self.in_flight.as_ref().is_some_and(|change| change.isr.contains(&id))
    }

    /// How many nodes are in the union of the committed and the proposed set.
    pub fn maximal_count(&self) -> usize {
        let joining = self.in_flight.iter().flat_map(|change| &change.isr);
        self.committed.len() + joining.filter(|id| !self.committed.contains(id)).count()
    }

    /// The proposal under way.
    pub fn in_flight(&self) -> Option<&IsrChange> {
        self.in_flight.as_ref()
    }

    pub(crate) fn begin(&mut self, change: IsrChange) {
        debug_assert!(self.in_flight.is_none());
        self.in_flight = Some(change);
    }

    pub(crate) fn commit(&mut self, isr: NodeSet) {
        self.committed = isr;
        self.in_flight = None;
    }

    pub(crate) fn revert(&mut self) {
        self.in_flight = None;
    }
}
