//! The bytes of a batch, written record by record straight into its buffer. The header is made when the batch is sent: it
//! carries the sequence, which a retry may change; the records never change.

use jackdaw_protocol::compression::Compression;
use jackdaw_protocol::records::{
    Attributes, BATCH_OVERHEAD, CRC_COVERS_FROM, LOG_OVERHEAD, MAGIC, NO_LEADER_EPOCH, NO_PRODUCER_ID,
};
use jackdaw_protocol::varint::{put_varint, put_varlong, varint_size, varlong_size};

use super::ProducerRecord;

/// Everything in front of a record's key, at most: size, attributes, timestamp, offset, length.
const RECORD_OVERHEAD_MAX: usize = 5 + 1 + 10 + 5 + 5;

/// The records of a batch that is being filled, and what its header needs to know of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Records {
    /// The records, one behind the other.
    pub(super) bytes: Vec<u8>,
    /// How many.
    pub(super) count: i32,
    /// The timestamp of the first.
    pub(super) base_timestamp: i64,
    /// The largest timestamp.
    pub(super) max_timestamp: i64,
}

/// The producer's part of a batch's header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Stamp {
    pub(super) producer_id: i64,
    pub(super) epoch: i16,
    pub(super) base_sequence: i32,
}

impl Stamp {
    /// That of a producer that is not idempotent.
    pub(super) const NONE: Self = Self { producer_id: NO_PRODUCER_ID, epoch: -1, base_sequence: -1 };
}

impl Records {
    /// Nothing yet, in this buffer.
    pub(super) fn in_buffer(mut bytes: Vec<u8>) -> Self {
        bytes.clear();
        Self { bytes, count: 0, base_timestamp: 0, max_timestamp: i64::MIN }
    }

    /// Adds a record.
    #[inline]
    pub(super) fn push(&mut self, record: &ProducerRecord<'_>, timestamp: i64) {
        if self.count == 0 {
            self.base_timestamp = timestamp;
        }
        let timestamp_delta = timestamp.wrapping_sub(self.base_timestamp);
        let (key, value) = (record.key.unwrap_or_default(), record.value.unwrap_or_default());
        let (key_length, value_length) = (length(record.key), length(record.value));
        let size = 1
            + varlong_size(timestamp_delta)
            + varint_size(self.count)
            + varint_size(key_length)
            + key.len()
            + varint_size(value_length)
            + value.len()
            + headers_size(record);
        let bytes = &mut self.bytes;
        bytes.reserve(size + 5);
        put_varint(bytes, size as i32);
        bytes.push(0);
        put_varlong(bytes, timestamp_delta);
        put_varint(bytes, self.count);
        put_varint(bytes, key_length);
        bytes.extend_from_slice(key);
        put_varint(bytes, value_length);
        bytes.extend_from_slice(value);
        if record.headers.is_empty() {
            bytes.push(0);
        } else {
            put_headers(bytes, record);
        }
        self.count += 1;
        self.max_timestamp = self.max_timestamp.max(timestamp);
    }
}

/// What a record takes at most within a batch.
#[inline]
pub(super) fn size_max(record: &ProducerRecord<'_>) -> usize {
    let (key, value) = (record.key.map_or(0, <[u8]>::len), record.value.map_or(0, <[u8]>::len));
    RECORD_OVERHEAD_MAX + key + 5 + value + headers_size(record)
}

/// Lengths were checked against `max.request.size`, which is an `i32`.
#[inline]
fn length(bytes: Option<&[u8]>) -> i32 {
    bytes.map_or(-1, |bytes| bytes.len() as i32)
}

#[inline]
fn headers_size(record: &ProducerRecord<'_>) -> usize {
    if record.headers.is_empty() {
        return 1;
    }
    let sizes = record.headers.iter().map(|(key, value)| {
        varint_size(key.len() as i32) + key.len() + varint_size(length(*value)) + value.map_or(0, <[u8]>::len)
    });
    varint_size(record.headers.len() as i32) + sizes.sum::<usize>()
}

fn put_headers(bytes: &mut Vec<u8>, record: &ProducerRecord<'_>) {
    put_varint(bytes, record.headers.len() as i32);
    for (key, value) in record.headers {
        put_varint(bytes, key.len() as i32);
        bytes.extend_from_slice(key.as_bytes());
        put_varint(bytes, length(*value));
        bytes.extend_from_slice(value.unwrap_or_default());
    }
}

/// What the header of a batch says, beside its producer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Shape {
    pub(super) compression: Compression,
    pub(super) count: i32,
    pub(super) base_timestamp: i64,
    pub(super) max_timestamp: i64,
}

/// The header of a batch with these (packed) records.
pub(super) fn header(
    shape: &Shape,
    stamp: Stamp,
    is_transactional: bool,
    records: &[u8],
) -> [u8; BATCH_OVERHEAD] {
    /// Bit 4 of the attributes.
    const TRANSACTIONAL: i16 = 0x10;
    let attributes =
        Attributes(if is_transactional { TRANSACTIONAL } else { 0 }).with_compression(shape.compression);
    let length = (BATCH_OVERHEAD - LOG_OVERHEAD + records.len()) as i32;
    let mut header = [0; BATCH_OVERHEAD];
    let mut rest = header.as_mut_slice();
    let mut put = |bytes: &[u8]| {
        let (field, behind) = std::mem::take(&mut rest).split_at_mut(bytes.len());
        field.copy_from_slice(bytes);
        rest = behind;
    };
    put(&0_i64.to_be_bytes());
    put(&length.to_be_bytes());
    put(&NO_LEADER_EPOCH.to_be_bytes());
    put(&MAGIC.to_be_bytes());
    put(&[0; 4]);
    put(&attributes.0.to_be_bytes());
    put(&(shape.count - 1).to_be_bytes());
    put(&shape.base_timestamp.to_be_bytes());
    put(&shape.max_timestamp.to_be_bytes());
    put(&stamp.producer_id.to_be_bytes());
    put(&stamp.epoch.to_be_bytes());
    put(&stamp.base_sequence.to_be_bytes());
    put(&shape.count.to_be_bytes());
    let crc = crc32c(&header[CRC_COVERS_FROM..], records);
    header[CRC_COVERS_FROM - 4..CRC_COVERS_FROM].copy_from_slice(&crc.to_be_bytes());
    header
}

/// CRC-32C of both, one behind the other.
fn crc32c(first: &[u8], second: &[u8]) -> u32 {
    let mut digest = crc_fast::Digest::new(crc_fast::CrcAlgorithm::Crc32Iscsi);
    digest.update(first);
    digest.update(second);
    digest.finalize() as u32
}

#[cfg(test)]
mod tests;
