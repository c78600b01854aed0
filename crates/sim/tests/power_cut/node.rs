//! A node's storage as the broker runs it, without broker, sockets or threads: a data directory with its checkpoints,
//! and partitions that this node alone leads.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jackdaw_base::disk::{Disk, OpenMode, read_whole, replace_whole};
use jackdaw_base::{Clock, MonotonicNs};
use jackdaw_base::{LeaderEpoch, NodeId, Offset, PartitionIndex, Uuid};
use jackdaw_log::checkpoint_file::{
    CLEAN_SHUTDOWN_FILE, CleanShutdown, LOG_START_OFFSET_CHECKPOINT_FILE, OffsetCheckpoint,
    RECOVERY_POINT_CHECKPOINT_FILE,
};
use jackdaw_log::client_batch::{ClientBatchRules, RecordKeys, TopicCompression, TransactionalBatches};
use jackdaw_log::producer_state::ProducerRules;
use jackdaw_log::retention::{Cleanup, RetentionRules};
use jackdaw_log::segment::SegmentRules;
use jackdaw_partition::{
    Partition, PartitionId, PartitionSettings, Placement, ReadPlan, ReadQuery, Reader, Watermarks,
};
use jackdaw_protocol::records::{Batches, RecordLimits, TimestampType};
use jackdaw_replica::{LeaderRecovery, PartitionRegistration, ReplicationLimits};
use jackdaw_sim::{SimClock, SimDisk};
use jackdaw_store::data_directory::SYNC_FAILED_MARK;
use jackdaw_store::flusher::Flusher;
use jackdaw_store::recovery::{self, LastStop, Opening, SyncKept};
use jackdaw_store::{DataDirectory, FileCache, WholeBatch};

use crate::planted::{Bug, PlantedDisk};

const DIRECTORY: &str = "/data";
const TOPIC: &str = "topic";
const NODE: NodeId = NodeId(1);
/// Small, so that appends often open and close files.
const OPEN_FILES_MAX: usize = 4;
/// `retention.bytes` of every partition.
pub const RETENTION_BYTES: u64 = 40_000;
const CHECKPOINT_BYTES_MAX: u64 = 1 << 20;

/// A running node.
pub struct Node {
    disk: Arc<PlantedDisk>,
    directory: Arc<DataDirectory>,
    partitions: Vec<Arc<Partition>>,
    clock: Arc<SimClock>,
}

/// A partition's log, as a reader finds it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    pub watermarks: Watermarks,
    pub bytes: Vec<u8>,
}

impl Node {
    /// Makes the empty data directory.
    pub fn prepare(disk: &SimDisk) {
        disk.create_directory(Path::new(DIRECTORY)).expect("a new directory");
        disk.sync_directory(Path::new("/")).expect("a sync");
    }

    /// Starts on what is there; `leader_epoch` is the leadership that begins.
    pub fn open(
        disk: &SimDisk,
        clock: &Arc<SimClock>,
        bug: Bug,
        partitions: usize,
        leader_epoch: LeaderEpoch,
    ) -> Result<Self, String> {
        let disk = Arc::new(PlantedDisk::new(Arc::new(disk.clone()), bug));
        let start = Start::prepare(&*disk).map_err(|error| error.to_string())?;
        let shared: Arc<dyn Disk> = Arc::clone(&disk) as Arc<_>;
        let files = Arc::new(FileCache::new(Arc::clone(&shared), OPEN_FILES_MAX));
        let id = Uuid([1; 16]);
        let clock_port: Arc<dyn Clock> = Arc::clone(clock) as Arc<_>;
        let directory = Arc::new(DataDirectory::new(Path::new(DIRECTORY), id, shared, files, clock_port));
        let partitions = (0..partitions)
            .map(|index| start.open_partition(&directory, clock, index))
            .collect::<Result<Vec<_>, _>>()?;
        for partition in &partitions {
            partition.on_registration(&registration(leader_epoch), MonotonicNs(0));
        }
        start.finish(&*disk).map_err(|error| error.to_string())?;
        Ok(Self { disk, directory, partitions, clock: Arc::clone(clock) })
    }

    pub fn disk(&self) -> &PlantedDisk {
        &self.disk
    }

    pub fn directory(&self) -> &DataDirectory {
        &self.directory
    }

    pub fn flusher(&self) -> &Flusher {
        self.directory.flusher()
    }

    pub fn partition(&self, index: usize) -> &Arc<Partition> {
        &self.partitions[index]
    }

    /// All that a reader gets, from the log's start to the high watermark.
    pub fn read(&self, index: usize) -> Result<Found, String> {
        let partition = &self.partitions[index];
        let watermarks = partition.watermarks();
        let (mut bytes, mut offset) = (Vec::new(), watermarks.log_start);
        while offset < watermarks.high_watermark {
            let plan = self.plan(index, offset)?;
            let Some(slice) = plan.slice else { break };
            let mut read = vec![0; slice.size_bytes as usize];
            let count = slice.file.read_at(&mut read, slice.position).map_err(|error| error.to_string())?;
            if count != read.len() {
                return Err(format!(
                    "partition {index}: a plan of {} bytes, the file has {count}",
                    read.len()
                ));
            }
            for batch in Batches::new(&read) {
                match batch {
                    Ok(batch) => offset = Offset(batch.last_offset() + 1),
                    Err(error) => {
                        return Err(format!("partition {index}: behind {offset} stands no batch: {error}"));
                    }
                }
            }
            bytes.extend_from_slice(&read);
        }
        Ok(Found { watermarks, bytes })
    }

    /// Whether each leadership that has batches ends where the next one's begin: followers cut their logs by that.
    pub fn check_epochs(&self, index: usize, found: &Found) -> Result<(), String> {
        let mut ends: BTreeMap<i32, i64> = BTreeMap::new();
        for batch in Batches::new(&found.bytes).flatten() {
            ends.insert(batch.leader_epoch(), batch.last_offset() + 1);
        }
        for (epoch, end) in ends {
            let said = self.partitions[index].epoch_end(LeaderEpoch(epoch), None);
            let said = said.map_err(|error| error.to_string())?;
            if (said.leader_epoch.0, said.end_offset.0) != (epoch, end) {
                return Err(format!(
                    "L4: partition {index}: epoch {epoch} ends at {end}, not as in {said:?}"
                ));
            }
        }
        Ok(())
    }

    /// Whether a reader that starts at `offset` gets the batch that holds it: the indexes lead there.
    pub fn check_read_at(&self, index: usize, offset: Offset) -> Result<(), String> {
        let plan = self.plan(index, offset)?;
        let slice = plan.slice.ok_or_else(|| format!("partition {index}: nothing to read at {offset}"))?;
        let mut read = vec![0; slice.size_bytes as usize];
        slice.file.read_at(&mut read, slice.position).map_err(|error| error.to_string())?;
        match Batches::new(&read).next() {
            Some(Ok(batch)) if (batch.base_offset()..=batch.last_offset()).contains(&offset.0) => Ok(()),
            other => Err(format!("partition {index}: a read at {offset} starts at {other:?}")),
        }
    }

    fn plan(&self, index: usize, offset: Offset) -> Result<ReadPlan, String> {
        let query = ReadQuery {
            reader: Reader::Replay,
            offset,
            size_bytes_max: 1 << 20,
            first_batch: WholeBatch::Always,
            leader_epoch: None,
            last_fetched_epoch: None,
        };
        let plan = self.partitions[index].plan_read(&query);
        plan.map_err(|error| format!("partition {index}: a read at {offset}: {error}"))
    }

    /// What the background does every minute: recovery points and log starts into the directory's checkpoints.
    pub fn checkpoint(&self) -> Result<(), String> {
        self.write_checkpoints(|partition| partition.checkpoint()).map_err(|error| error.to_string())
    }

    /// Retention, and the removal of what it took out of the log.
    pub fn retain(&self) -> Result<(), String> {
        for partition in &self.partitions {
            for path in partition.retain(self.clock.wall()).files {
                self.disk.remove_file(&path).map_err(|error| error.to_string())?;
            }
        }
        Ok(())
    }

    /// A clean stop.
    pub fn stop(&self) -> io::Result<()> {
        self.write_checkpoints(|partition| partition.close())?;
        let content = CleanShutdown { broker_epoch: Some(1) }.encode();
        replace_whole(&*self.disk, &in_directory(CLEAN_SHUTDOWN_FILE), content.as_bytes())
    }

    fn write_checkpoints(&self, recovery_point: impl Fn(&Partition) -> io::Result<Offset>) -> io::Result<()> {
        let key = |index: usize| (TOPIC.to_owned(), PartitionIndex(index as i32));
        // Log starts first: what a log's own checkpoint forgets below its start must not come back.
        let mut offsets = BTreeMap::new();
        for (index, partition) in self.partitions.iter().enumerate() {
            if let Some(log_start) = partition.log_start_to_checkpoint() {
                offsets.insert(key(index), log_start);
            }
        }
        write_checkpoint(&*self.disk, LOG_START_OFFSET_CHECKPOINT_FILE, &OffsetCheckpoint { offsets })?;
        let mut offsets = BTreeMap::new();
        for (index, partition) in self.partitions.iter().enumerate() {
            offsets.insert(key(index), recovery_point(partition)?);
        }
        write_checkpoint(&*self.disk, RECOVERY_POINT_CHECKPOINT_FILE, &OffsetCheckpoint { offsets })
    }
}

/// What a start finds in the data directory before it opens any log.
struct Start {
    is_clean: bool,
    recovery_points: OffsetCheckpoint,
    log_starts: OffsetCheckpoint,
}

impl Start {
    fn prepare(disk: &dyn Disk) -> io::Result<Self> {
        if disk.exists(&in_directory(SYNC_FAILED_MARK))? {
            forget_cached_pages(disk, Path::new(DIRECTORY))?;
        }
        let is_clean = disk.exists(&in_directory(CLEAN_SHUTDOWN_FILE))?;
        if is_clean {
            disk.remove_file(&in_directory(CLEAN_SHUTDOWN_FILE))?;
            disk.sync_directory(Path::new(DIRECTORY))?;
        }
        let recovery_points = read_checkpoint(disk, RECOVERY_POINT_CHECKPOINT_FILE)?;
        let log_starts = read_checkpoint(disk, LOG_START_OFFSET_CHECKPOINT_FILE)?;
        Ok(Self { is_clean, recovery_points, log_starts })
    }

    fn open_partition(
        &self,
        directory: &Arc<DataDirectory>,
        clock: &SimClock,
        index: usize,
    ) -> Result<Arc<Partition>, String> {
        let number = PartitionIndex(index as i32);
        let topic_id = Uuid([7; 16]);
        let settings = settings();
        let recovery_point = self.recovery_points.get(TOPIC, number).unwrap_or(Offset::ZERO);
        let opening = Opening {
            topic_id,
            last_stop: if self.is_clean { LastStop::Clean } else { LastStop::Unclean { recovery_point } },
            log_start: self.log_starts.get(TOPIC, number),
            rules: settings.segment,
            producers: ProducerRules { producer_id_expiration_ms: i64::MAX },
            now: clock.wall(),
            sync: SyncKept::Yes,
        };
        let name = format!("{TOPIC}-{index}");
        let (log, _report) = recovery::open(directory.place(&name), &opening)
            .map_err(|error| format!("partition {index}: {error}"))?;
        let high_watermark = log.log_end();
        let id = PartitionId { topic: TOPIC.into(), index: number };
        let placement = Placement { directory: Arc::clone(directory), topic_id };
        Ok(Partition::new(id, placement, settings, NODE, log, high_watermark))
    }

    /// Everything was recovered: what the failed sync left to distrust is gone.
    fn finish(&self, disk: &dyn Disk) -> io::Result<()> {
        match disk.exists(&in_directory(SYNC_FAILED_MARK))? {
            true => disk.remove_file(&in_directory(SYNC_FAILED_MARK)),
            false => Ok(()),
        }
    }
}

fn registration(leader_epoch: LeaderEpoch) -> PartitionRegistration {
    PartitionRegistration {
        leader: Some(NODE),
        leader_epoch,
        partition_epoch: leader_epoch.0,
        replicas: [NODE].into_iter().collect(),
        isr: [NODE].into_iter().collect(),
        recovery: LeaderRecovery::Recovered,
    }
}

fn settings() -> Arc<PartitionSettings> {
    Arc::new(PartitionSettings {
        segment: SegmentRules {
            segment_bytes_max: 12_000,
            segment_age_ms_max: 600_000,
            segment_jitter_ms_max: 0,
            index_bytes_max: 400,
            index_interval_bytes: 500,
        },
        client_batch: ClientBatchRules {
            batch_bytes_max: 1 << 20,
            compression: TopicCompression::Producer,
            timestamp_type: TimestampType::CreateTime,
            timestamp_before_ms_max: i64::MAX,
            timestamp_after_ms_max: i64::MAX,
            keys: RecordKeys::Optional,
            transactional: TransactionalBatches::Refused,
            limits: RecordLimits::default(),
        },
        retention: RetentionRules {
            cleanup: Cleanup::Delete,
            retention_ms_max: None,
            retention_bytes_max: Some(RETENTION_BYTES),
        },
        replication: ReplicationLimits::default(),
        flush_messages: 1,
        flush_ms_max: None,
        allows_delete_records: true,
        file_delete_delay_ms: 0,
    })
}

fn in_directory(name: &str) -> PathBuf {
    Path::new(DIRECTORY).join(name)
}

fn read_checkpoint(disk: &dyn Disk, name: &str) -> io::Result<OffsetCheckpoint> {
    let path = in_directory(name);
    if !disk.exists(&path)? {
        return Ok(OffsetCheckpoint::default());
    }
    let bytes = read_whole(disk, &path, CHECKPOINT_BYTES_MAX)?;
    let decoded = OffsetCheckpoint::decode(&String::from_utf8_lossy(&bytes));
    decoded.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, format!("{name}: {error}")))
}

fn write_checkpoint(disk: &dyn Disk, name: &str, content: &OffsetCheckpoint) -> io::Result<()> {
    replace_whole(disk, &in_directory(name), content.encode().as_bytes())
}

fn forget_cached_pages(disk: &dyn Disk, directory: &Path) -> io::Result<()> {
    for entry in disk.read_directory(directory)? {
        let path = directory.join(&entry.name);
        match entry.is_directory {
            true => forget_cached_pages(disk, &path)?,
            false => disk.open(&path, OpenMode::Existing)?.drop_cache()?,
        }
    }
    Ok(())
}

/// L6: a second start changes nothing that the first one has left, and a start after a power cut right behind the first one finds the
/// same logs.
pub fn check_second_start(
    disk: &SimDisk,
    clock: &Arc<SimClock>,
    partitions: usize,
    leader_epoch: LeaderEpoch,
    seed: u64,
) -> Result<(), String> {
    let fork = disk.fork();
    let first = logs(&fork, clock, partitions, leader_epoch)?;
    let files: BTreeMap<_, _> = fork.files();
    fork.kill_process();
    let second = logs(&fork, clock, partitions, leader_epoch)?;
    if let Some(path) =
        files.keys().chain(fork.files().keys()).find(|path| fork.files().get(*path) != files.get(*path))
    {
        return Err(format!("L6: the second start changed {}", path.display()));
    }
    fork.power_cut(seed);
    let third = logs(&fork, clock, partitions, leader_epoch)?;
    if first != second || second != third {
        return Err("L6: the next start finds other logs".to_owned());
    }
    Ok(())
}

fn logs(
    disk: &SimDisk,
    clock: &Arc<SimClock>,
    partitions: usize,
    leader_epoch: LeaderEpoch,
) -> Result<Vec<Found>, String> {
    let node = Node::open(disk, clock, Bug::None, partitions, leader_epoch)?;
    (0..partitions).map(|index| node.read(index)).collect()
}
