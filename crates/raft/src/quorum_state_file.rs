//! The file `quorum-state`: one line of JSON, byte for byte as Kafka writes it. Data version 0 with static voters (kraft.version 0), version 1 with
//! dynamic ones. Reading and replacing the file itself is the caller's.

use jackdaw_base::{DirectoryId, LeaderEpoch, NodeId};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::election_state::ElectionState;
use crate::replica_key::ReplicaKey;
use crate::voter_set::KRaftVersion;

/// The file's name in the directory of the metadata log.
pub const FILE_NAME: &str = "quorum-state";
/// More than this is no such file.
pub const FILE_BYTES_MAX: u64 = 1 << 20;

/// Why the file cannot be read.
#[derive(Debug, Error)]
pub enum QuorumStateError {
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// Not the JSON that it should be.
    #[error("malformed: {0}")]
    Malformed(#[from] serde_json::Error),
    /// Written by a newer program.
    #[error("data_version {0} is not known; this program reads 0 and 1")]
    UnsupportedVersion(i64),
    /// The directory of the vote.
    #[error("votedDirectoryId {0:?} is not a UUID")]
    DirectoryId(String),
    /// An epoch below zero.
    #[error("leaderEpoch {0} is negative")]
    NegativeEpoch(i32),
}

#[derive(Deserialize)]
struct VersionOnly {
    data_version: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version0 {
    #[serde(default)]
    cluster_id: String,
    leader_id: i32,
    leader_epoch: i32,
    voted_id: i32,
    #[serde(default)]
    applied_offset: i64,
    #[serde(default)]
    current_voters: Option<Vec<VoterId>>,
    #[serde(rename = "data_version")]
    data_version: i16,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct VoterId {
    voter_id: i32,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version1 {
    leader_id: i32,
    leader_epoch: i32,
    voted_id: i32,
    voted_directory_id: String,
    #[serde(rename = "data_version")]
    data_version: i16,
}

/// The file's content.
pub fn encode(state: &ElectionState, kraft_version: KRaftVersion) -> String {
    let leader_id = state.leader.map_or(-1, |id| id.0);
    let voted_id = state.voted.map_or(-1, |voted| voted.id.0);
    let content = match kraft_version {
        KRaftVersion::Static => serde_json::to_string(&Version0 {
            cluster_id: String::new(),
            leader_id,
            leader_epoch: state.epoch.0,
            voted_id,
            applied_offset: 0,
            current_voters: Some(state.voters.iter().map(|id| VoterId { voter_id: id.0 }).collect()),
            data_version: 0,
        }),
        KRaftVersion::Dynamic => serde_json::to_string(&Version1 {
            leader_id,
            leader_epoch: state.epoch.0,
            voted_id,
            voted_directory_id: state
                .voted
                .map_or(DirectoryId::ZERO, |voted| voted.directory_or_zero())
                .to_string(),
            data_version: 1,
        }),
    };
    content.expect("integers and strings are always JSON")
}

/// Reads the file's content; like Kafka, only its first line.
pub fn decode(content: &[u8]) -> Result<ElectionState, QuorumStateError> {
    let line = content.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if line.iter().all(u8::is_ascii_whitespace) {
        return Err(QuorumStateError::Empty);
    }
    let (epoch, leader_id, voted, voters) = match serde_json::from_slice::<VersionOnly>(line)?.data_version {
        0 => {
            let state: Version0 = serde_json::from_slice(line)?;
            let voted =
                (state.voted_id >= 0).then_some(ReplicaKey { id: NodeId(state.voted_id), directory: None });
            let voters = state.current_voters.unwrap_or_default();
            let voters = voters.iter().map(|voter| NodeId(voter.voter_id)).collect();
            (state.leader_epoch, state.leader_id, voted, voters)
        }
        1 => {
            let state: Version1 = serde_json::from_slice(line)?;
            let directory = state.voted_directory_id.parse::<DirectoryId>();
            let directory = directory.map_err(|_| QuorumStateError::DirectoryId(state.voted_directory_id))?;
            let voted = (state.voted_id >= 0).then(|| ReplicaKey::new(NodeId(state.voted_id), directory));
            (state.leader_epoch, state.leader_id, voted, Vec::new())
        }
        unknown => return Err(QuorumStateError::UnsupportedVersion(unknown)),
    };
    if epoch < 0 {
        return Err(QuorumStateError::NegativeEpoch(epoch));
    }
    let leader = (leader_id >= 0).then_some(NodeId(leader_id));
    Ok(ElectionState { epoch: LeaderEpoch(epoch), leader, voted, voters })
}

#[cfg(test)]
mod tests;
