//! A partition on a simulated disk, with a flusher that runs when the test says so.

use std::path::Path;
use std::sync::Arc;

use jackdaw_base::disk::Disk;
use jackdaw_base::{Clock, LeaderEpoch, NodeId, Offset, PartitionIndex, TopicId, Uuid};
use jackdaw_log::client_batch::{ClientBatchRules, RecordKeys, TopicCompression, TransactionalBatches};
use jackdaw_log::producer_state::{ProducerRules, ProducerState};
use jackdaw_log::retention::{Cleanup, RetentionRules};
use jackdaw_log::segment::SegmentRules;
use jackdaw_partition::{
    AppendError, Appended, Isolation, Origin, Partition, PartitionId, PartitionSettings, Placement, ReadPlan,
    ReadQuery, Reader, RequiredAcks,
};
use jackdaw_protocol::records::{
    BatchBuilder, BatchOptions, Batches, ProducerFields, RecordLimits, TimestampType,
};
use jackdaw_replica::{PartitionRegistration, ReplicationLimits};
use jackdaw_sim::{SimClock, SimDisk};
use jackdaw_store::recovery::{self, LastStop, Opening, SyncKept};
use jackdaw_store::{DataDirectory, FileCache, PartitionLog, WholeBatch};

pub const TOPIC_ID: TopicId = Uuid::from_u128(77);
pub const NODE: NodeId = NodeId(1);

/// A data directory with one partition in it.
pub struct World {
    pub disk: SimDisk,
    pub clock: Arc<SimClock>,
    pub directory: Arc<DataDirectory>,
    pub partition: Arc<Partition>,
}

pub fn settings(flush_messages: i64) -> PartitionSettings {
    PartitionSettings {
        segment: segment_rules(),
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
            retention_ms_max: Some(1_000),
            retention_bytes_max: None,
        },
        replication: ReplicationLimits::default(),
        flush_messages,
        flush_ms_max: None,
        allows_delete_records: true,
        file_delete_delay_ms: 0,
    }
}

fn segment_rules() -> SegmentRules {
    SegmentRules {
        segment_bytes_max: 1_000,
        segment_age_ms_max: i64::MAX,
        segment_jitter_ms_max: 0,
        index_bytes_max: 1 << 20,
        index_interval_bytes: 100,
    }
}

impl World {
    /// An empty partition that this node leads.
    pub fn new(flush_messages: i64) -> Self {
        let clock = Arc::new(SimClock::new());
        let disk = SimDisk::new(Arc::clone(&clock) as Arc<dyn Clock>, 1);
        disk.create_directory(Path::new("/data")).expect("a new disk");
        disk.sync_directory(Path::new("/")).expect("a new disk");
        Self::open(disk, clock, LastStop::Clean, settings(flush_messages))
    }

    /// The partition as it is found on the disk.
    pub fn open(
        disk: SimDisk,
        clock: Arc<SimClock>,
        last_stop: LastStop,
        settings: PartitionSettings,
    ) -> Self {
        let shared: Arc<dyn Disk> = Arc::new(disk.clone());
        let files = Arc::new(FileCache::new(Arc::clone(&shared), 100));
        let time = Arc::clone(&clock) as Arc<dyn Clock>;
        let directory = Arc::new(DataDirectory::new(Path::new("/data"), Uuid::ONE, shared, files, time));
        let rules = ProducerRules { producer_id_expiration_ms: i64::MAX };
        let opening = Opening {
            topic_id: TOPIC_ID,
            last_stop,
            log_start: None,
            rules: segment_rules(),
            producers: rules,
            now: clock.wall(),
            sync: if settings.is_synced() { SyncKept::Yes } else { SyncKept::No },
        };
        let (log, _) = recovery::open(directory.place("t-0"), &opening).expect("opens");
        Self::over(disk, clock, directory, log, settings)
    }

    fn over(
        disk: SimDisk,
        clock: Arc<SimClock>,
        directory: Arc<DataDirectory>,
        log: PartitionLog,
        settings: PartitionSettings,
    ) -> Self {
        let id = PartitionId { topic: "t".into(), index: PartitionIndex(0) };
        let placement = Placement { directory: Arc::clone(&directory), topic_id: TOPIC_ID };
        let partition = Partition::new(id, placement, Arc::new(settings), NODE, log, Offset::ZERO);
        let registration = PartitionRegistration {
            leader: Some(NODE),
            leader_epoch: LeaderEpoch(0),
            partition_epoch: 0,
            replicas: [NODE].into_iter().collect(),
            isr: [NODE].into_iter().collect(),
            recovery: Default::default(),
        };
        partition.on_registration(&registration, clock.monotonic());
        Self { disk, clock, directory, partition }
    }

    pub fn append(&self, bytes: &mut [u8]) -> Result<Appended, AppendError> {
        let origin = Origin::Client { acks: RequiredAcks::All };
        self.partition.append(origin, bytes, self.clock.wall(), self.clock.monotonic())
    }

    /// One round of group commit.
    pub fn flush(&self) {
        self.directory.flusher().run_round();
    }

    pub fn read(&self, offset: i64, isolation: Isolation) -> ReadPlan {
        let query = ReadQuery {
            reader: Reader::Consumer { isolation },
            offset: Offset(offset),
            size_bytes_max: 1 << 20,
            first_batch: WholeBatch::Always,
            leader_epoch: None,
            last_fetched_epoch: None,
        };
        self.partition.plan_read(&query).expect("readable")
    }

    /// Base offsets of the batches that a consumer gets from `offset` on, segment by segment.
    pub fn offsets_from(&self, mut offset: i64) -> Vec<i64> {
        let mut offsets = Vec::new();
        while let Some(slice) = self.read(offset, Isolation::ReadUncommitted).slice {
            let mut bytes = vec![0; slice.size_bytes as usize];
            let read = slice.file.read_at(&mut bytes, slice.position).expect("readable");
            for batch in Batches::new(&bytes[..read]).flatten() {
                assert!(batch.crc_is_valid(), "never a torn batch");
                offsets.push(batch.base_offset());
                offset = batch.next_offset();
            }
        }
        offsets
    }
}

/// A batch with one record.
pub fn batch(value: &str) -> Vec<u8> {
    built(BatchOptions::default(), 1_000, value)
}

/// A batch of an idempotent producer.
pub fn idempotent(id: i64, epoch: i16, base_sequence: i32, value: &str) -> Vec<u8> {
    let producer = Some(ProducerFields { id, epoch, base_sequence });
    built(BatchOptions { producer, ..BatchOptions::default() }, 1_000, value)
}

/// A batch with a record of this time.
pub fn at(timestamp: i64, value: &str) -> Vec<u8> {
    built(BatchOptions::default(), timestamp, value)
}

fn built(options: BatchOptions, timestamp: i64, value: &str) -> Vec<u8> {
    let mut builder = BatchBuilder::new(options);
    builder.append(timestamp, None, Some(value.as_bytes()), &[]).expect("fits");
    builder.build().expect("builds")
}

/// The state of a producer that knows nobody.
#[allow(dead_code, reason = "not every test file needs it")]
pub fn no_producers() -> ProducerState {
    ProducerState::new(ProducerRules { producer_id_expiration_ms: i64::MAX })
}
