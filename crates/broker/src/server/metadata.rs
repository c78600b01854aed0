//! The metadata log of a node: formatted if it is new, opened, and brought to life.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use jackdaw_base::disk::{Disk, replace_all_whole};
use jackdaw_base::{LeaderEpoch, Offset, TimestampMs, TopicId};
use jackdaw_config::Config;
use jackdaw_config::definitions::{quorum as quorum_rows, replication};
use jackdaw_log::segment::SegmentRules;
use jackdaw_metadata::Image;
use jackdaw_metadata::decide::bootstrap::Bootstrap;
use jackdaw_metadata::snapshot::SnapshotHeader;
use jackdaw_raft::{
    Endpoint, Endpoints, KRaftVersionRange, ReplicaKey, Settings, SnapshotId, Voter, VoterSet,
    quorum_state_file,
};
use jackdaw_store::PartitionLog;
use jackdaw_store::recovery::{self, LastStop, Opening, SyncKept};

use super::listening::Advertised;
use super::{Parts, StartError};
use crate::quorum::{
    Host, HostConfig, METADATA_DIRECTORY, QuorumHandle, QuorumKind, SnapshotPolicy, format_checkpoint,
};
use crate::storage::{OpenedDirectory, PartitionPublisher, Storage, producer_rules};

/// The topic id of the metadata log (KIP-595).
const METADATA_TOPIC_ID: TopicId = TopicId::ONE;
/// Kafka's file of the first feature levels, in the root of the metadata directory.
const BOOTSTRAP_CHECKPOINT: &str = "bootstrap.checkpoint";

/// All data directories, that of the metadata log among them.
pub fn all_directories(config: &Config) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = config.log_dirs().iter().map(PathBuf::from).collect();
    let metadata = PathBuf::from(config.metadata_log_dir());
    if !paths.contains(&metadata) {
        paths.push(metadata);
    }
    paths
}

/// Where the metadata log is.
pub struct MetadataPaths {
    /// The data directory.
    pub root: PathBuf,
    /// The log in it.
    pub log: PathBuf,
}

impl MetadataPaths {
    /// The paths of a configuration.
    pub fn of(config: &Config) -> Self {
        let root = PathBuf::from(config.metadata_log_dir());
        Self { log: root.join(METADATA_DIRECTORY), root }
    }
}

/// Opens the metadata log, after writing what a new cluster begins with.
pub(super) fn open_log(
    parts: &Parts,
    opened: &[OpenedDirectory],
    advertised: &Advertised,
) -> Result<PartitionLog, StartError> {
    let config = parts.config();
    let paths = MetadataPaths::of(&config);
    let directory = opened.iter().find(|one| one.directory.path() == paths.root).ok_or_else(|| {
        StartError::Unsupported(format!("metadata.log.dir {} is not open", paths.root.display()))
    })?;
    let on_disk = |error| StartError::Write { directory: paths.root.clone(), error };
    let mut files = Vec::new();
    if !is_begun(&*parts.disk, &paths)? {
        let voter = local_voter(parts, directory, advertised);
        let first = if config.statics().quorum().is_static() { None } else { Some(&voter) };
        files = first_files(&*parts.disk, &paths, first, parts.clock.wall()).map_err(on_disk)?;
    }
    files.extend(opened.iter().filter_map(|one| one.unwritten.clone()));
    replace_all_whole(&*parts.disk, &files).map_err(on_disk)?;
    let place = directory.directory.place(METADATA_DIRECTORY);
    let opening = Opening {
        topic_id: METADATA_TOPIC_ID,
        last_stop: match directory.was_clean {
            true => LastStop::Clean,
            false => LastStop::Unclean { recovery_point: Offset::ZERO },
        },
        log_start: None,
        rules: segment_rules(&config),
        producers: producer_rules(&config),
        now: parts.clock.wall(),
        sync: SyncKept::Yes,
    };
    Ok(recovery::open(place, &opening)?.0)
}

/// Whether the metadata log holds anything, though it be the first voter alone. Files of a start that was cut off
/// before that are written anew.
fn is_begun(disk: &dyn Disk, paths: &MetadataPaths) -> std::io::Result<bool> {
    if !disk.exists(&paths.log)? {
        return Ok(false);
    }
    let is_sign = |name: &str| {
        name == quorum_state_file::FILE_NAME || name.ends_with(".log") || name.ends_with(".checkpoint")
    };
    Ok(disk.read_directory(&paths.log)?.iter().any(|entry| is_sign(&entry.name)))
}

/// What a new cluster begins with: the checkpoint of the first voter (dynamic quorums) and the feature levels. Makes
/// the directory of the log, which gets its `partition.metadata` with the first batch as every log does; to be written in
/// this order, `meta.properties` behind it.
pub fn first_files(
    disk: &dyn Disk,
    paths: &MetadataPaths,
    first_voter: Option<&Voter>,
    now: TimestampMs,
) -> std::io::Result<Vec<(PathBuf, Vec<u8>)>> {
    let as_io = |error: jackdaw_metadata::snapshot::SnapshotError| std::io::Error::other(error.to_string());
    disk.create_directory(&paths.log)?;
    let mut files = Vec::new();
    if let Some(voter) = first_voter {
        let bytes = format_checkpoint(voter, now).map_err(as_io)?;
        let name = SnapshotId::BOOTSTRAP.file_name(jackdaw_raft::snapshot_id::SnapshotFileState::Complete);
        files.push((paths.log.join(name), bytes));
    }
    let bootstrap = Bootstrap::newest(1);
    let mut image = Image::default();
    for (offset, record) in (0..).zip(bootstrap.feature_records()) {
        image.replay(&record, Offset(offset)).map_err(|error| std::io::Error::other(error.to_string()))?;
    }
    let header = SnapshotHeader {
        epoch: LeaderEpoch(0),
        last_contained_log_timestamp: TimestampMs(0),
        kraft_version: 0,
        voters: None,
    };
    let bytes = jackdaw_metadata::snapshot::write_whole(&image, &header, now).map_err(as_io)?;
    files.push((paths.root.join(BOOTSTRAP_CHECKPOINT), bytes));
    Ok(files)
}

fn segment_rules(config: &Config) -> SegmentRules {
    SegmentRules {
        segment_bytes_max: u64::try_from(config.get(quorum_rows::METADATA_LOG_SEGMENT_BYTES))
            .unwrap_or(1 << 30),
        segment_age_ms_max: config.get(quorum_rows::METADATA_LOG_SEGMENT_MS),
        segment_jitter_ms_max: 0,
        index_bytes_max: 10 << 20,
        index_interval_bytes: 4096,
    }
}

fn local_voter(parts: &Parts, directory: &OpenedDirectory, advertised: &Advertised) -> Voter {
    let endpoint = |endpoint: &jackdaw_metadata::image::Endpoint| Endpoint {
        listener: endpoint.name.clone(),
        host: endpoint.host.clone(),
        port: endpoint.port,
    };
    Voter {
        key: ReplicaKey::new(parts.node_id, directory.directory.id()),
        endpoints: Endpoints(advertised.controller.iter().map(endpoint).collect()),
        kraft_versions: KRaftVersionRange::OURS,
    }
}

/// Reads the metadata, elects this node, and has the storage follow.
pub(super) fn begin(
    parts: &Parts,
    storage: &Arc<Storage>,
    log: PartitionLog,
    advertised: &Advertised,
) -> Result<(Host, QuorumHandle), StartError> {
    let config = parts.config();
    let root = log.place().parent().to_path_buf();
    let directory =
        storage.opened().iter().find(|one| one.directory.path() == root).ok_or_else(|| {
            StartError::Unsupported(format!("metadata.log.dir {} is not open", root.display()))
        })?;
    let kind = kind(parts, &config)?;
    let host_config = HostConfig {
        local: local_voter(parts, directory, advertised),
        kind,
        settings: settings(&config),
        snapshots: SnapshotPolicy {
            record_bytes_max: u64::try_from(
                config.get(quorum_rows::METADATA_LOG_MAX_RECORD_BYTES_BETWEEN_SNAPSHOTS),
            )
            .unwrap_or(u64::MAX),
            interval_ms_max: u64::try_from(config.get(quorum_rows::METADATA_LOG_MAX_SNAPSHOT_INTERVAL_MS))
                .unwrap_or(0),
        },
        clock: Arc::clone(&parts.clock),
        entropy: Arc::clone(&parts.entropy),
        base: Config::new(Arc::clone(&parts.config)),
        directory: Arc::clone(&directory.directory),
    };
    let (mut host, handle) = Host::open(host_config, log)?;
    let base = Config::new(Arc::clone(&parts.config));
    let publisher = PartitionPublisher::new(
        Arc::clone(storage),
        base,
        Arc::clone(&parts.current),
        Arc::clone(&parts.settings),
    );
    host.add_publisher(Box::new(publisher));
    host.begin()?;
    if !host.is_active() {
        return Err(StartError::Unsupported(
            "this version runs a quorum of one node: controller.quorum.voters must name this node alone"
                .into(),
        ));
    }
    Ok((host, handle))
}

fn kind(parts: &Parts, config: &Config) -> Result<QuorumKind, StartError> {
    let quorum = config.statics().quorum();
    if !quorum.is_static() {
        return Ok(QuorumKind::Dynamic);
    }
    let name = config.listeners().controller_names.first().cloned().unwrap_or_default();
    let voters = quorum.voters.iter().map(|voter| Voter {
        key: ReplicaKey { id: jackdaw_base::NodeId(voter.id), directory: None },
        endpoints: Endpoints::one(&name, &voter.address.host, voter.address.port),
        kraft_versions: KRaftVersionRange::OURS,
    });
    let voters = VoterSet::new(voters);
    if voters.len() != 1 || voters.get(parts.node_id).is_none() {
        return Err(StartError::Unsupported(format!(
            "controller.quorum.voters names {} voters: this version runs a quorum of one node, which must be this one (node.id={})",
            voters.len(),
            parts.node_id
        )));
    }
    Ok(QuorumKind::Static(voters))
}

fn settings(config: &Config) -> Settings {
    let ms = |value: i32| u64::try_from(value).unwrap_or(0);
    Settings {
        election_timeout_ms: ms(config.get(quorum_rows::CONTROLLER_QUORUM_ELECTION_TIMEOUT_MS)),
        fetch_timeout_ms: ms(config.get(quorum_rows::CONTROLLER_QUORUM_FETCH_TIMEOUT_MS)),
        request_timeout_ms: ms(config.get(quorum_rows::CONTROLLER_QUORUM_REQUEST_TIMEOUT_MS)),
        retry_backoff_ms: ms(config.get(quorum_rows::CONTROLLER_QUORUM_RETRY_BACKOFF_MS)),
        election_backoff_ms_max: ms(config.get(quorum_rows::CONTROLLER_QUORUM_ELECTION_BACKOFF_MAX_MS)),
        bootstrap_servers: config.statics().quorum().bootstrap_servers.len(),
        fetch_wait_ms_max: u32::try_from(config.get(replication::REPLICA_FETCH_WAIT_MAX_MS)).unwrap_or(500),
        ..Settings::default()
    }
}

/// Starts the quorum's thread. If the metadata log cannot be followed, the node is of no use: the process ends.
pub(super) fn run(mut host: Host) -> Result<JoinHandle<()>, StartError> {
    Ok(crate::threads::spawn_vital("quorum", move || {
        if let Err(error) = host.run() {
            tracing::error!(%error, "the metadata log failed");
            panic!("the quorum cannot go on: {error}");
        }
    })?)
}

#[cfg(test)]
mod tests;
