//! What stands on the disk when a quorum begins, and voters between their three forms: consensus, wire, file.

use jackdaw_base::{DirectoryId, LeaderEpoch, NodeId, TimestampMs};
use jackdaw_metadata::Image;
use jackdaw_metadata::snapshot::{self, SnapshotError, SnapshotHeader};
use jackdaw_protocol::messages::voters_record::{self, KRaftVersionFeature, VotersRecord};
use jackdaw_raft::{Endpoint, Endpoints, KRaftVersion, KRaftVersionRange, ReplicaKey, Voter, VoterSet};

/// How the voters of a quorum are known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum QuorumKind {
    /// `controller.quorum.voters` names them (kraft.version 0).
    Static(VoterSet),
    /// The log names them (kraft.version 1); a node that begins alone is the first.
    Dynamic,
}

/// The checkpoint `0-0` of a dynamic quorum, as `kafka-storage.sh format --standalone` writes it: the voters, and no metadata.
pub fn format_checkpoint(voter: &Voter, now: TimestampMs) -> Result<Vec<u8>, SnapshotError> {
    let header = SnapshotHeader {
        epoch: LeaderEpoch(0),
        last_contained_log_timestamp: TimestampMs(0),
        kraft_version: KRaftVersion::Dynamic.level(),
        voters: Some(voters_record_of(&VoterSet::new([voter.clone()]))),
    };
    snapshot::write_whole(&Image::default(), &header, now)
}

/// The voters of a record.
pub(super) fn voter_set_of(record: &VotersRecord<'_>) -> VoterSet {
    VoterSet::new(record.voters.iter().map(|voter| {
        let endpoint = |endpoint: &voters_record::Endpoint<'_>| Endpoint {
            listener: endpoint.name.to_string(),
            host: endpoint.host.to_string(),
            port: endpoint.port,
        };
        Voter {
            key: ReplicaKey { id: NodeId(voter.voter_id), directory: known(voter.voter_directory_id) },
            endpoints: Endpoints(voter.endpoints.iter().map(endpoint).collect()),
            kraft_versions: KRaftVersionRange {
                min: voter.kraft_version_feature.min_supported_version,
                max: voter.kraft_version_feature.max_supported_version,
            },
        }
    }))
}

/// The record of voters.
pub(super) fn voters_record_of(voters: &VoterSet) -> VotersRecord<'static> {
    let wire = |voter: &Voter| voters_record::Voter {
        voter_id: voter.key.id.0,
        voter_directory_id: voter.key.directory.unwrap_or(DirectoryId::ZERO),
        endpoints: voter
            .endpoints
            .0
            .iter()
            .map(|endpoint| voters_record::Endpoint {
                name: endpoint.listener.clone().into(),
                host: endpoint.host.clone().into(),
                port: endpoint.port,
                ..Default::default()
            })
            .collect(),
        kraft_version_feature: KRaftVersionFeature {
            min_supported_version: voter.kraft_versions.min,
            max_supported_version: voter.kraft_versions.max,
            ..Default::default()
        },
        ..Default::default()
    };
    VotersRecord { voters: voters.iter().map(wire).collect(), ..Default::default() }
}

fn known(directory: DirectoryId) -> Option<DirectoryId> {
    (!directory.is_zero()).then_some(directory)
}
