//! The bytes of a `.checkpoint` (KIP-630): a control batch that opens, batches of records, a control batch that
//! closes. A file without its closing batch is no snapshot.
//!
//! ```text
//! control batch: SnapshotHeader [, KRaftVersion, KRaftVoters]     offsets count from 0, not from the log's
//! batches of metadata records
//! control batch: SnapshotFooter
//! ```

use std::iter::Peekable;

use jackdaw_base::{LeaderEpoch, Offset, TimestampMs};
use jackdaw_protocol::message::Message;
use jackdaw_protocol::messages::kraft_version_record::KRaftVersionRecord;
use jackdaw_protocol::messages::snapshot_footer_record::SnapshotFooterRecord;
use jackdaw_protocol::messages::snapshot_header_record::SnapshotHeaderRecord;
use jackdaw_protocol::messages::voters_record::VotersRecord;
use jackdaw_protocol::metadata_record::MetadataRecord;
use jackdaw_protocol::records::{
    Batch, BatchBuilder, BatchError, BatchOptions, Batches, BuildError, ControlRecord, ControlRecordError,
    ControlRecordType, RecordError, RecordLimits,
};
use jackdaw_protocol::wire::{DecodeError, EncodeError, Writer};

use crate::delta::Delta;
use crate::image::{Image, ReplayError};
use crate::metadata_version::MetadataVersion;

/// A batch is closed when it is about this large.
const BATCH_BYTES_TARGET: usize = 1024 * 1024;

/// Why a snapshot cannot be written or read.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The bytes are no batches.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// A batch whose CRC does not match its bytes.
    #[error("the batch at offset {base_offset} of the snapshot has a wrong CRC")]
    WrongCrc {
        /// Its base offset.
        base_offset: Offset,
    },
    /// A batch that cannot be unpacked.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A control record that is none.
    #[error(transparent)]
    Control(#[from] ControlRecordError),
    /// A record that cannot be read.
    #[error("a record of the snapshot cannot be read: {0}")]
    Decode(#[from] DecodeError),
    /// A record that contradicts those before it.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// It does not begin with a header.
    #[error("the snapshot has no header")]
    NoHeader,
    /// It ends before its footer.
    #[error("the snapshot has no footer: it was not written to its end")]
    NoFooter,
    /// Something follows the footer.
    #[error("the snapshot goes on behind its footer")]
    BehindFooter,
    /// A record without a value.
    #[error("the snapshot has a record without a value")]
    EmptyRecord,
    /// A record that its version cannot express.
    #[error("a record cannot be written: {0}")]
    Encode(#[from] EncodeError),
    /// A batch that cannot be built.
    #[error(transparent)]
    Build(#[from] BuildError),
}

/// What stands in a snapshot beside the image.
#[derive(Clone, PartialEq, Debug)]
pub struct SnapshotHeader {
    /// The epoch of the last record that it replaces.
    pub epoch: LeaderEpoch,
    /// The timestamp of the last batch that it replaces.
    pub last_contained_log_timestamp: TimestampMs,
    /// The quorum's format; 0 is not written, as Kafka does not.
    pub kraft_version: i16,
    /// The voters, with `kraft_version` 1.
    pub voters: Option<VotersRecord<'static>>,
}

/// A snapshot that was read.
#[derive(Clone, Debug)]
pub struct ReadSnapshot {
    /// The image; its offset is that of no record yet: see [`Image::skip_to`].
    pub image: Image,
    /// The rest.
    pub header: SnapshotHeader,
}

/// The bytes of a snapshot of `image`, piece by piece, each about a mebibyte. `now` stamps the records.
pub fn write<'i>(
    image: &'i Image,
    header: &'i SnapshotHeader,
    now: TimestampMs,
) -> impl Iterator<Item = Result<Vec<u8>, SnapshotError>> + 'i {
    let version = image.features.metadata_version().unwrap_or(MetadataVersion::OLDEST);
    Pieces {
        header,
        version,
        now,
        records: super::records(image).peekable(),
        offset: Offset::ZERO,
        next: Next::Header,
    }
}

/// The whole snapshot as one piece, for small ones.
pub fn write_whole(
    image: &Image,
    header: &SnapshotHeader,
    now: TimestampMs,
) -> Result<Vec<u8>, SnapshotError> {
    let mut bytes = Vec::new();
    for piece in write(image, header, now) {
        bytes.extend_from_slice(&piece?);
    }
    Ok(bytes)
}

enum Next {
    Header,
    Records,
    Footer,
    End,
}

struct Pieces<'i, I: Iterator> {
    header: &'i SnapshotHeader,
    version: MetadataVersion,
    now: TimestampMs,
    records: Peekable<I>,
    offset: Offset,
    next: Next,
}

impl<I: Iterator<Item = MetadataRecord<'static>>> Iterator for Pieces<'_, I> {
    type Item = Result<Vec<u8>, SnapshotError>;

    fn next(&mut self) -> Option<Self::Item> {
        if matches!(self.next, Next::Records) && self.records.peek().is_none() {
            self.next = Next::Footer;
        }
        let piece = match self.next {
            Next::Header => {
                self.next = Next::Records;
                self.header_batch()
            }
            Next::Records => self.record_batch(),
            Next::Footer => {
                self.next = Next::End;
                self.footer_batch()
            }
            Next::End => return None,
        };
        if piece.is_err() {
            self.next = Next::End;
        }
        Some(piece)
    }
}

impl<I: Iterator<Item = MetadataRecord<'static>>> Pieces<'_, I> {
    fn builder(&self, is_control: bool) -> BatchBuilder {
        let (base_offset, leader_epoch) = (self.offset.0, self.header.epoch.0);
        BatchBuilder::new(BatchOptions { base_offset, leader_epoch, is_control, ..Default::default() })
    }

    fn finish(&mut self, builder: BatchBuilder) -> Result<Vec<u8>, SnapshotError> {
        self.offset = Offset(builder.next_offset());
        Ok(builder.build()?)
    }

    fn header_batch(&mut self) -> Result<Vec<u8>, SnapshotError> {
        let mut builder = self.builder(true);
        let header = SnapshotHeaderRecord {
            last_contained_log_timestamp: self.header.last_contained_log_timestamp.0,
            ..Default::default()
        };
        self.control(&mut builder, ControlRecordType::SnapshotHeader, &header)?;
        if self.header.kraft_version > 0 {
            let version =
                KRaftVersionRecord { kraft_version: self.header.kraft_version, ..Default::default() };
            self.control(&mut builder, ControlRecordType::KRaftVersion, &version)?;
        }
        if let Some(voters) = &self.header.voters {
            self.control(&mut builder, ControlRecordType::KRaftVoters, voters)?;
        }
        self.finish(builder)
    }

    fn footer_batch(&mut self) -> Result<Vec<u8>, SnapshotError> {
        let mut builder = self.builder(true);
        self.control(&mut builder, ControlRecordType::SnapshotFooter, &SnapshotFooterRecord::default())?;
        self.finish(builder)
    }

    fn record_batch(&mut self) -> Result<Vec<u8>, SnapshotError> {
        let mut builder = self.builder(false);
        let mut value = Vec::new();
        while builder.unpacked_size_bytes() < BATCH_BYTES_TARGET
            && let Some(record) = self.records.next()
        {
            value.clear();
            record.encode(self.version.record_version(&record), &mut value)?;
            builder.append(self.now.0, None, Some(&value), &[])?;
        }
        self.finish(builder)
    }

    fn control<'m>(
        &self,
        builder: &mut BatchBuilder,
        record_type: ControlRecordType,
        body: &impl Message<'m>,
    ) -> Result<(), SnapshotError> {
        let mut writer = Writer::new();
        body.encode(&mut writer, 0)?;
        Ok(builder.append_control(self.now.0, &ControlRecord::new(record_type, &writer.bytes))?)
    }
}

/// Reads a whole snapshot.
pub fn read(bytes: &[u8]) -> Result<ReadSnapshot, SnapshotError> {
    let mut reader = SnapshotReader::default();
    for batch in Batches::new(bytes) {
        reader.on_batch(&batch?)?;
    }
    reader.finish()
}

/// Reads a snapshot batch by batch, so that nobody needs all of it in memory.
#[derive(Default)]
pub struct SnapshotReader {
    image: Image,
    header: Option<SnapshotHeader>,
    has_footer: bool,
}

impl SnapshotReader {
    /// Takes the next batch.
    pub fn on_batch(&mut self, batch: &Batch<'_>) -> Result<(), SnapshotError> {
        if !batch.crc_is_valid() {
            return Err(SnapshotError::WrongCrc { base_offset: Offset(batch.base_offset()) });
        }
        if self.has_footer {
            return Err(SnapshotError::BehindFooter);
        }
        let mut records = batch.records(RecordLimits::default());
        while let Some(record) = records.next_record() {
            let record = record?;
            if batch.is_control() {
                self.on_control(&ControlRecord::from_record(&record)?, LeaderEpoch(batch.leader_epoch()))?;
                continue;
            }
            if self.header.is_none() {
                return Err(SnapshotError::NoHeader);
            }
            let value = record.value.ok_or(SnapshotError::EmptyRecord)?;
            self.image.apply(&MetadataRecord::decode(value)?, &mut Delta::default())?;
        }
        Ok(())
    }

    /// The snapshot, if it was whole.
    pub fn finish(self) -> Result<ReadSnapshot, SnapshotError> {
        let header = self.header.ok_or(SnapshotError::NoHeader)?;
        match self.has_footer {
            true => Ok(ReadSnapshot { image: self.image, header }),
            false => Err(SnapshotError::NoFooter),
        }
    }

    fn on_control(&mut self, record: &ControlRecord<'_>, epoch: LeaderEpoch) -> Result<(), SnapshotError> {
        match record.record_type {
            ControlRecordType::SnapshotHeader => {
                let header = SnapshotHeaderRecord::decode_exact(record.body, 0)?;
                self.header = Some(SnapshotHeader {
                    epoch,
                    last_contained_log_timestamp: TimestampMs(header.last_contained_log_timestamp),
                    kraft_version: 0,
                    voters: None,
                });
            }
            ControlRecordType::KRaftVersion => {
                let header = self.header.as_mut().ok_or(SnapshotError::NoHeader)?;
                header.kraft_version = KRaftVersionRecord::decode_exact(record.body, 0)?.kraft_version;
            }
            ControlRecordType::KRaftVoters => {
                let header = self.header.as_mut().ok_or(SnapshotError::NoHeader)?;
                header.voters = Some(VotersRecord::decode_exact(record.body, 0)?.into_owned());
            }
            ControlRecordType::SnapshotFooter => self.has_footer = true,
            ControlRecordType::LeaderChange
            | ControlRecordType::Abort
            | ControlRecordType::Commit
            | ControlRecordType::Unknown(_) => {}
        }
        Ok(())
    }
}
