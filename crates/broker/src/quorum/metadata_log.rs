//! `__cluster_metadata-0` on the disk: one more log of our own storage, in Kafka's format. It knows batches and control
//! records; what metadata records mean is `metadata`'s business.

use std::io;

use jackdaw_base::{LeaderEpoch, NodeId, Offset, TimestampMs};
use jackdaw_log::BatchSummary;
use jackdaw_metadata::MetadataVersion;
use jackdaw_protocol::message::Message;
use jackdaw_protocol::messages::kraft_version_record::KRaftVersionRecord;
use jackdaw_protocol::messages::leader_change_message::{self, LeaderChangeMessage};
use jackdaw_protocol::messages::voters_record::VotersRecord;
use jackdaw_protocol::metadata_record::MetadataRecord;
use jackdaw_protocol::records::{
    Batch, BatchBuilder, BatchOptions, Batches, BuildError, ControlRecord, ControlRecordType, RecordLimits,
};
use jackdaw_protocol::wire::{EncodeError, Reader, Writer};
use jackdaw_raft::{KRaftVersion, VoterRecord};
use jackdaw_store::{AppendFailure, PartitionLog, ReadRequest, WholeBatch};

use super::storage::{voter_set_of, voters_record_of};

/// The directory of the metadata log within its data directory.
pub const METADATA_DIRECTORY: &str = "__cluster_metadata-0";
/// How much of the log is read at once while it is replayed.
const READ_BYTES: u64 = 1 << 20;

/// Why the metadata log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MetadataLogError {
    /// The disk refused, and the log is as it was.
    #[error("the metadata log cannot be read or written: {0}")]
    Disk(#[from] io::Error),
    /// A sync failed, or a write that could not be undone: nobody knows what the disk holds behind the flushed end.
    #[error("the metadata log cannot be made durable: {0}")]
    Broken(io::Error),
    /// A record that cannot be read: the log is damaged, or a newer version wrote it.
    #[error("the metadata log has an unreadable record at offset {offset}: {why}")]
    Unreadable {
        /// Where.
        offset: Offset,
        /// What is wrong with it.
        why: String,
    },
    /// Voters in a form that this program does not know.
    #[error("{place} has kraft.version {level}, which this version does not know")]
    UnknownKRaftVersion {
        /// The feature level.
        level: i16,
        /// Where it stands.
        place: String,
    },
    /// A record that cannot be written.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// A batch that cannot be built.
    #[error(transparent)]
    Build(#[from] BuildError),
}

/// Something that the log holds.
pub enum Entry<'e> {
    /// A metadata record.
    Record(Offset, MetadataRecord<'e>),
    /// What the quorum wrote about its voters.
    Voters(Offset, VoterRecord),
    /// An offset without either.
    Other(Offset),
}

/// The metadata log.
pub struct MetadataLog {
    log: PartitionLog,
}

impl MetadataLog {
    /// Over an opened log.
    pub fn new(log: PartitionLog) -> Self {
        Self { log }
    }

    /// The log itself.
    pub fn log(&self) -> &PartitionLog {
        &self.log
    }

    /// The log itself, for retention and the clean stop.
    pub fn log_mut(&mut self) -> &mut PartitionLog {
        &mut self.log
    }

    /// Writes `records` as one batch and returns the offset behind it. It counts only after [`Self::sync`].
    pub fn append_records(
        &mut self,
        records: &[MetadataRecord<'static>],
        version: MetadataVersion,
        epoch: LeaderEpoch,
        now: TimestampMs,
    ) -> Result<Offset, MetadataLogError> {
        let mut builder = BatchBuilder::new(self.options(epoch, false));
        let mut value = Vec::new();
        for record in records {
            value.clear();
            record.encode(version.record_version(record), &mut value)?;
            builder.append(now.0, None, Some(&value), &[])?;
        }
        self.append(builder, now)
    }

    /// Writes control records of the quorum as one batch.
    pub fn append_control(
        &mut self,
        records: &[jackdaw_raft::ControlRecord],
        epoch: LeaderEpoch,
        now: TimestampMs,
    ) -> Result<Offset, MetadataLogError> {
        let mut builder = BatchBuilder::new(self.options(epoch, true));
        for record in records {
            let (kind, body) = encode_control(record)?;
            builder.append_control(now.0, &ControlRecord::new(kind, &body))?;
        }
        self.append(builder, now)
    }

    fn options(&self, epoch: LeaderEpoch, is_control: bool) -> BatchOptions {
        let base_offset = self.log.log_end().0;
        BatchOptions { base_offset, leader_epoch: epoch.0, is_control, ..BatchOptions::default() }
    }

    fn append(&mut self, builder: BatchBuilder, now: TimestampMs) -> Result<Offset, MetadataLogError> {
        let bytes = builder.build()?;
        let batch = Batch::parse(&bytes).map_err(|error| io::Error::other(error.to_string()))?;
        let summary = BatchSummary::of(&batch, None);
        self.log.append(&bytes, &summary, now).map_err(|failure| match failure {
            AppendFailure::Undone(error) => MetadataLogError::Disk(error),
            AppendFailure::SyncFailed(error) => MetadataLogError::Broken(error),
            AppendFailure::NotUndone { error, undo } => {
                MetadataLogError::Broken(io::Error::other(format!("{error}; not undone: {undo}")))
            }
        })?;
        Ok(summary.next_offset())
    }

    /// Makes everything durable and returns the log's end.
    pub fn sync(&mut self) -> Result<Offset, MetadataLogError> {
        if let Some(work) = self.log.begin_flush() {
            let disk = self.log.place().disk();
            // Files first: their journal commit mostly serves the directories, too.
            for result in disk.sync_files(&work.files) {
                result.map_err(MetadataLogError::Broken)?;
            }
            for directory in &work.directories {
                disk.sync_directory(directory).map_err(MetadataLogError::Broken)?;
            }
            self.log.on_flushed(work.goal);
        }
        Ok(self.log.flushed_end())
    }

    /// Calls `each` for every offset from `from` to the end.
    pub fn replay(
        &self,
        from: Offset,
        mut each: impl FnMut(Entry<'_>) -> Result<(), MetadataLogError>,
    ) -> Result<(), MetadataLogError> {
        let mut next = from;
        while next < self.log.log_end() {
            let request = ReadRequest {
                offset: next,
                size_bytes_max: READ_BYTES,
                bound: self.log.log_end(),
                first_batch: WholeBatch::Always,
            };
            let slice =
                self.log.read(&request).map_err(|failure| io::Error::other(format!("{failure:?}")))?;
            let Some(slice) = slice else { return Ok(()) };
            let mut bytes = vec![0; slice.size_bytes as usize];
            let read = slice.file.read_at(&mut bytes, slice.position)?;
            bytes.truncate(read);
            let before = next;
            for batch in Batches::new(&bytes) {
                // The last batch of the slice may be cut; the next round starts with it.
                let Ok(batch) = batch else { break };
                if batch.next_offset() > next.0 {
                    replay_batch(&batch, next, &mut each)?;
                    next = Offset(batch.next_offset());
                }
            }
            if next == before {
                return Err(MetadataLogError::Unreadable { offset: next, why: "no whole batch".into() });
            }
        }
        Ok(())
    }
}

fn replay_batch(
    batch: &Batch<'_>,
    from: Offset,
    each: &mut impl FnMut(Entry<'_>) -> Result<(), MetadataLogError>,
) -> Result<(), MetadataLogError> {
    let mut records = batch.records(RecordLimits::default());
    while let Some(record) = records.next_record() {
        let base = batch.base_offset();
        let unreadable = |why: String| MetadataLogError::Unreadable { offset: Offset(base), why };
        let record = record.map_err(|error| unreadable(error.to_string()))?;
        let offset = Offset(base + i64::from(record.offset_delta));
        if offset < from {
            continue;
        }
        if batch.is_control() {
            let control =
                ControlRecord::from_record(&record).map_err(|error| unreadable(error.to_string()))?;
            each(decode_control(offset, &control)?)?;
        } else {
            let value = record.value.ok_or_else(|| unreadable("a record without a value".into()))?;
            let record = MetadataRecord::decode(value).map_err(|error| unreadable(error.to_string()))?;
            each(Entry::Record(offset, record))?;
        }
    }
    Ok(())
}

/// What a control record says about voters.
pub(super) fn decode_control<'e>(
    offset: Offset,
    control: &ControlRecord<'_>,
) -> Result<Entry<'e>, MetadataLogError> {
    let unreadable = |why: String| MetadataLogError::Unreadable { offset, why };
    Ok(match control.record_type {
        ControlRecordType::KRaftVersion => {
            let record = KRaftVersionRecord::decode(&mut Reader::new(control.body), 0)
                .map_err(|error| unreadable(error.to_string()))?;
            let level = record.kraft_version;
            let version = KRaftVersion::from_level(level).ok_or_else(|| {
                let place = format!("the metadata log at offset {offset}");
                MetadataLogError::UnknownKRaftVersion { level, place }
            })?;
            Entry::Voters(offset, VoterRecord::Version(version))
        }
        ControlRecordType::KRaftVoters => {
            let record = VotersRecord::decode(&mut Reader::new(control.body), 0)
                .map_err(|error| unreadable(error.to_string()))?;
            Entry::Voters(offset, VoterRecord::Voters(voter_set_of(&record)))
        }
        _ => Entry::Other(offset),
    })
}

/// Kafka 4.3 writes and reads LeaderChange in this version for both kinds of quorum; its tools take no other.
const LEADER_CHANGE_VERSION: i16 = 0;

fn leader_change_voter(id: &NodeId) -> leader_change_message::Voter<'static> {
    leader_change_message::Voter { voter_id: id.0, ..Default::default() }
}

fn encode_control(record: &jackdaw_raft::ControlRecord) -> Result<(ControlRecordType, Vec<u8>), EncodeError> {
    use jackdaw_raft::ControlRecord as Written;
    let mut writer = Writer::default();
    let kind = match record {
        Written::LeaderChange { leader, voters, granting } => {
            let message = LeaderChangeMessage {
                version: LEADER_CHANGE_VERSION,
                leader_id: leader.0,
                voters: voters.iter().map(leader_change_voter).collect(),
                granting_voters: granting.iter().map(leader_change_voter).collect(),
                ..Default::default()
            };
            message.encode(&mut writer, LEADER_CHANGE_VERSION)?;
            ControlRecordType::LeaderChange
        }
        Written::KRaftVersion(version) => {
            let message = KRaftVersionRecord { kraft_version: version.level(), ..Default::default() };
            message.encode(&mut writer, 0)?;
            ControlRecordType::KRaftVersion
        }
        Written::KRaftVoters(voters) => {
            voters_record_of(voters).encode(&mut writer, 0)?;
            ControlRecordType::KRaftVoters
        }
    };
    Ok((kind, writer.bytes))
}
