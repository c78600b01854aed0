//! Builds a batch: records are written one behind the other, packed as a whole at the end, and the header is put
//! in front. Not for the produce path, where batches are kept as they came.

use super::{
    Attributes, BATCH_OVERHEAD, ControlRecord, Header, LOG_OVERHEAD, MAGIC, NO_LEADER_EPOCH, NO_PRODUCER_ID,
    NO_TIMESTAMP, Record, TimestampType, update_crc,
};
use crate::compression::{Compression, CompressionError, CompressionLevel, compress};
use crate::varint::{put_varint, put_varlong, varint_size, varlong_size};

/// Why a batch cannot be built.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BuildError {
    /// The batch, or a record, or the number of records does not fit its field.
    #[error("a record batch would be larger than its format allows")]
    TooLarge,
    /// An offset lies before the one before it, or too far from the base offset.
    #[error("the offset {offset} does not fit behind {previous}")]
    OffsetOutOfOrder {
        /// The offset.
        offset: i64,
        /// The last offset so far.
        previous: i64,
    },
    /// The codec failed.
    #[error(transparent)]
    Compression(#[from] CompressionError),
}

/// The idempotent producer of a batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProducerFields {
    /// Its id.
    pub id: i64,
    /// Its epoch.
    pub epoch: i16,
    /// Its number of the first record; -1 in control batches.
    pub base_sequence: i32,
}

/// Everything of a batch that is not in its records.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BatchOptions {
    /// The offset of the first record.
    pub base_offset: i64,
    /// The leader epoch, [`NO_LEADER_EPOCH`] for a client.
    pub leader_epoch: i32,
    /// The codec.
    pub compression: Compression,
    /// How hard it tries.
    pub level: CompressionLevel,
    /// The time of appending, if the broker sets the timestamps.
    pub log_append_time: Option<i64>,
    /// The idempotent producer.
    pub producer: Option<ProducerFields>,
    /// Whether the records belong to a transaction.
    pub is_transactional: bool,
    /// Whether the records are control records.
    pub is_control: bool,
    /// From when on tombstones may go (KIP-534).
    pub delete_horizon: Option<i64>,
}

impl Default for BatchOptions {
    fn default() -> Self {
        Self {
            base_offset: 0,
            leader_epoch: NO_LEADER_EPOCH,
            compression: Compression::None,
            level: CompressionLevel::Default,
            log_append_time: None,
            producer: None,
            is_transactional: false,
            is_control: false,
            delete_horizon: None,
        }
    }
}

impl BatchOptions {
    fn attributes(&self) -> Attributes {
        let timestamp_type = match self.log_append_time {
            None => TimestampType::CreateTime,
            Some(_) => TimestampType::LogAppendTime,
        };
        Attributes::default()
            .with_compression(self.compression)
            .with_timestamp_type(timestamp_type)
            .with_transactional(self.is_transactional)
            .with_control(self.is_control)
            .with_delete_horizon(self.delete_horizon.is_some())
    }
}

/// A batch that is being built.
#[derive(Clone, Debug)]
pub struct BatchBuilder {
    options: BatchOptions,
    /// Room for the header, then the records.
    bytes: Vec<u8>,
    base_timestamp: Option<i64>,
    max_timestamp: i64,
    last_offset_delta: Option<i32>,
    record_count: i32,
}

impl BatchBuilder {
    /// An empty batch.
    pub fn new(options: BatchOptions) -> Self {
        Self {
            options,
            bytes: vec![0; BATCH_OVERHEAD],
            base_timestamp: options.delete_horizon,
            max_timestamp: NO_TIMESTAMP,
            last_offset_delta: None,
            record_count: 0,
        }
    }

    /// How many records are in it.
    pub fn record_count(&self) -> i32 {
        self.record_count
    }

    /// The size of the batch before it is packed.
    pub fn unpacked_size_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// The offset that the next record gets.
    pub fn next_offset(&self) -> i64 {
        self.options.base_offset + self.last_offset_delta.map_or(0, |delta| i64::from(delta) + 1)
    }

    /// Adds a record at the next offset.
    pub fn append(
        &mut self,
        timestamp: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &[Header<'_>],
    ) -> Result<(), BuildError> {
        self.append_at(self.next_offset(), timestamp, key, value, headers)
    }

    /// Adds a record at an offset behind the last one: a compacted batch has gaps.
    pub fn append_at(
        &mut self,
        offset: i64,
        timestamp: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &[Header<'_>],
    ) -> Result<(), BuildError> {
        let mut header_bytes = Vec::new();
        for header in headers {
            put_nullable_bytes(&mut header_bytes, Some(header.key))?;
            put_nullable_bytes(&mut header_bytes, header.value)?;
        }
        self.write(offset, timestamp, key, value, (headers.len(), &header_bytes))
    }

    /// Adds a record that was read from another batch.
    pub fn append_record(
        &mut self,
        offset: i64,
        timestamp: i64,
        record: &Record<'_>,
    ) -> Result<(), BuildError> {
        let headers = (record.headers.len(), record.headers.as_bytes());
        self.write(offset, timestamp, record.key, record.value, headers)
    }

    /// Adds a control record at the next offset. The options have to say that the batch holds such.
    pub fn append_control(&mut self, timestamp: i64, record: &ControlRecord<'_>) -> Result<(), BuildError> {
        assert!(self.options.is_control, "a control record belongs into a control batch");
        self.append(timestamp, Some(&record.encode_key()), Some(record.body), &[])
    }

    fn write(
        &mut self,
        offset: i64,
        timestamp: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        (header_count, headers): (usize, &[u8]),
    ) -> Result<(), BuildError> {
        let offset_delta = self.offset_delta(offset)?;
        let record_count = self.record_count.checked_add(1).ok_or(BuildError::TooLarge)?;
        let base_timestamp = self.base_timestamp.unwrap_or(timestamp);
        let timestamp_delta = timestamp.wrapping_sub(base_timestamp);
        let header_count = i32::try_from(header_count).map_err(|_| BuildError::TooLarge)?;
        let size = 1
            + varlong_size(timestamp_delta)
            + varint_size(offset_delta)
            + nullable_bytes_size(key)?
            + nullable_bytes_size(value)?
            + varint_size(header_count)
            + headers.len();
        let size = i32::try_from(size).map_err(|_| BuildError::TooLarge)?;
        if self.bytes.len() + size as usize > i32::MAX as usize {
            return Err(BuildError::TooLarge);
        }
        put_varint(&mut self.bytes, size);
        self.bytes.push(0);
        put_varlong(&mut self.bytes, timestamp_delta);
        put_varint(&mut self.bytes, offset_delta);
        put_nullable_bytes(&mut self.bytes, key)?;
        put_nullable_bytes(&mut self.bytes, value)?;
        put_varint(&mut self.bytes, header_count);
        self.bytes.extend_from_slice(headers);
        self.base_timestamp = Some(base_timestamp);
        self.max_timestamp = self.max_timestamp.max(timestamp);
        self.last_offset_delta = Some(offset_delta);
        self.record_count = record_count;
        Ok(())
    }

    fn offset_delta(&self, offset: i64) -> Result<i32, BuildError> {
        let out_of_order = BuildError::OffsetOutOfOrder { offset, previous: self.next_offset() - 1 };
        if offset < self.next_offset() {
            return Err(out_of_order);
        }
        i32::try_from(offset.wrapping_sub(self.options.base_offset)).map_err(|_| out_of_order)
    }

    /// Lets the batch end at `offset` although its last records are gone: compaction moves no offset.
    pub fn keep_last_offset(&mut self, offset: i64) -> Result<(), BuildError> {
        let out_of_order = BuildError::OffsetOutOfOrder { offset, previous: self.next_offset() - 1 };
        if offset < self.next_offset() - 1 {
            return Err(out_of_order);
        }
        let delta = i32::try_from(offset.wrapping_sub(self.options.base_offset)).map_err(|_| out_of_order)?;
        self.last_offset_delta = Some(delta);
        Ok(())
    }

    /// The finished batch. One without records has no last offset unless one was kept; see [`Self::empty_batch`].
    pub fn build(mut self) -> Result<Vec<u8>, BuildError> {
        if self.options.compression != Compression::None {
            let mut packed = vec![0; BATCH_OVERHEAD];
            compress(
                self.options.compression,
                self.options.level,
                &self.bytes[BATCH_OVERHEAD..],
                &mut packed,
            )?;
            self.bytes = packed;
        }
        let max_timestamp = self.options.log_append_time.unwrap_or(self.max_timestamp);
        self.finish(max_timestamp)
    }

    /// What is left of a batch whose records were all removed: it keeps last offset, producer and sequence.
    pub fn empty_batch(
        options: BatchOptions,
        last_offset: i64,
        max_timestamp: i64,
    ) -> Result<Vec<u8>, BuildError> {
        let mut builder = Self::new(BatchOptions { compression: Compression::None, ..options });
        builder.keep_last_offset(last_offset)?;
        builder.finish(max_timestamp)
    }

    fn finish(mut self, max_timestamp: i64) -> Result<Vec<u8>, BuildError> {
        let length = i32::try_from(self.bytes.len() - LOG_OVERHEAD).map_err(|_| BuildError::TooLarge)?;
        let producer = self.options.producer.unwrap_or(ProducerFields {
            id: NO_PRODUCER_ID,
            epoch: -1,
            base_sequence: -1,
        });
        let mut header = Vec::with_capacity(BATCH_OVERHEAD);
        header.extend_from_slice(&self.options.base_offset.to_be_bytes());
        header.extend_from_slice(&length.to_be_bytes());
        header.extend_from_slice(&self.options.leader_epoch.to_be_bytes());
        header.push(MAGIC as u8);
        header.extend_from_slice(&[0; 4]);
        header.extend_from_slice(&self.options.attributes().0.to_be_bytes());
        header.extend_from_slice(&self.last_offset_delta.unwrap_or(-1).to_be_bytes());
        header.extend_from_slice(&self.base_timestamp.unwrap_or(NO_TIMESTAMP).to_be_bytes());
        header.extend_from_slice(&max_timestamp.to_be_bytes());
        header.extend_from_slice(&producer.id.to_be_bytes());
        header.extend_from_slice(&producer.epoch.to_be_bytes());
        header.extend_from_slice(&producer.base_sequence.to_be_bytes());
        header.extend_from_slice(&self.record_count.to_be_bytes());
        self.bytes[..BATCH_OVERHEAD].copy_from_slice(&header);
        update_crc(&mut self.bytes);
        Ok(self.bytes)
    }
}

fn nullable_bytes_size(bytes: Option<&[u8]>) -> Result<usize, BuildError> {
    let length =
        bytes.map_or(Ok(-1), |bytes| i32::try_from(bytes.len())).map_err(|_| BuildError::TooLarge)?;
    Ok(varint_size(length) + bytes.map_or(0, <[u8]>::len))
}

fn put_nullable_bytes(output: &mut Vec<u8>, bytes: Option<&[u8]>) -> Result<(), BuildError> {
    let length =
        bytes.map_or(Ok(-1), |bytes| i32::try_from(bytes.len())).map_err(|_| BuildError::TooLarge)?;
    put_varint(output, length);
    output.extend_from_slice(bytes.unwrap_or_default());
    Ok(())
}
