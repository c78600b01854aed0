//! KRaft: consensus on the metadata log (KIP-595, 630, 631, 853, 996, 1166) as a state machine without I/O. The log's records, the network, files and clocks
//! are the caller's; what this node has to remember, send, append and cut comes out as values, in order.
//!
//! Rules: Q1 one leader per epoch, epochs and watermark never go back; Q2 votes and epochs are durable before any message that depends on them;
//! Q3 log matching, leader completeness, committed records immutable; Q4 a snapshot replaces exactly what it folds.

pub mod chance;
mod connections;
pub mod election_state;
mod fault;
pub mod leader;
pub mod log_shape;
pub mod message;
pub mod offset_and_epoch;
pub mod output;
pub mod quorum;
pub mod quorum_state_file;
pub mod replica_key;
pub mod role;
pub mod settings;
#[cfg(test)]
mod simulation;
pub mod snapshot_id;
mod tally;
pub mod voter_history;
pub mod voter_set;

pub use election_state::ElectionState;
pub use leader::Acknowledge;
pub use log_shape::RecoveredLog;
pub use offset_and_epoch::OffsetAndEpoch;
pub use output::{Answer, ControlRecord, Outbound, Output, Peer, RequestId, Token};
pub use quorum::{
    AppendError, KRaftUpgradeError, Quorum, QuorumDescription, ReplicaDescription, Start, Violation,
};
pub use replica_key::ReplicaKey;
pub use role::RoleName;
pub use settings::Settings;
pub use snapshot_id::SnapshotId;
pub use voter_history::{VoterHistory, VoterRecord};
pub use voter_set::{Endpoint, Endpoints, KRaftVersion, KRaftVersionRange, Voter, VoterSet};
