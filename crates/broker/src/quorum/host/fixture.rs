//! A quorum of one node on a simulated disk, for the tests of its parts.

use std::path::Path;
use std::sync::Arc;

use jackdaw_base::disk::Disk;
use jackdaw_base::{Clock, NodeId, Offset, TimestampMs, TopicId, Uuid};
use jackdaw_config::{BrokerConfig, Config};
use jackdaw_log::producer_state::ProducerRules;
use jackdaw_log::segment::SegmentRules;
use jackdaw_raft::{Endpoints, KRaftVersionRange, ReplicaKey, Settings, Voter, VoterSet};
use jackdaw_sim::{SimClock, SimDisk, SimEntropy};
use jackdaw_store::recovery::{self, LastStop, Opening, SyncKept};
use jackdaw_store::{DataDirectory, FileCache};

use super::{Host, HostConfig, HostError};
use crate::quorum::{METADATA_DIRECTORY, QuorumHandle, QuorumKind, SnapshotPolicy};

/// The data directory on the simulated disk.
pub(super) const DATA: &str = "/data";
/// Snapshots are none of the test's business.
pub(super) const NO_SNAPSHOT: SnapshotPolicy =
    SnapshotPolicy { record_bytes_max: u64::MAX, interval_ms_max: 0 };

/// Where the quorum has its voters from.
#[derive(Clone, Copy)]
pub(super) enum Voters {
    Configured,
    InTheLog,
}

/// An empty disk.
pub(super) fn new_disk() -> (SimDisk, Arc<SimClock>) {
    let clock = Arc::new(SimClock::new());
    let disk = SimDisk::new(Arc::clone(&clock) as Arc<dyn Clock>, 1);
    disk.create_directory(Path::new(DATA)).expect("a new disk");
    (disk, clock)
}

/// A host over what the disk holds; it has not begun.
pub(super) fn open(
    disk: &SimDisk,
    clock: Arc<SimClock>,
    snapshots: SnapshotPolicy,
    voters: Voters,
) -> Result<(Host, QuorumHandle, Arc<DataDirectory>), HostError> {
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    let files = Arc::new(FileCache::new(Arc::clone(&shared), 100));
    let time: Arc<dyn Clock> = clock;
    let directory = DataDirectory::new(Path::new(DATA), Uuid::ONE, shared, files, Arc::clone(&time));
    let directory = Arc::new(directory);
    let opening = Opening {
        topic_id: TopicId::ONE,
        last_stop: LastStop::Unclean { recovery_point: Offset::ZERO },
        log_start: None,
        rules: SegmentRules {
            segment_bytes_max: 2048,
            segment_age_ms_max: i64::MAX,
            segment_jitter_ms_max: 0,
            index_bytes_max: 1 << 20,
            index_interval_bytes: 4096,
        },
        producers: ProducerRules { producer_id_expiration_ms: i64::MAX },
        now: TimestampMs(0),
        sync: SyncKept::Yes,
    };
    let log = recovery::open(directory.place(METADATA_DIRECTORY), &opening).expect("opens").0;
    let local = Voter {
        key: ReplicaKey::new(NodeId(0), directory.id()),
        endpoints: Endpoints::one("CONTROLLER", "localhost", 1),
        kraft_versions: KRaftVersionRange::OURS,
    };
    let config = HostConfig {
        kind: match voters {
            Voters::Configured => {
                let key = ReplicaKey { id: local.key.id, directory: None };
                QuorumKind::Static(VoterSet::new([Voter { key, ..local.clone() }]))
            }
            Voters::InTheLog => QuorumKind::Dynamic,
        },
        local,
        settings: Settings::default(),
        snapshots,
        clock: time,
        entropy: Arc::new(SimEntropy::new(1)),
        base: Config::new(Arc::new(BrokerConfig::defaults())),
        directory: Arc::clone(&directory),
    };
    let (host, handle) = Host::open(config, log)?;
    Ok((host, handle, directory))
}
