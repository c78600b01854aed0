//! What a broker changes in a batch's header, in place. Base offset and leader epoch lie outside the CRC; the
//! timestamps lie inside, so their patch ends with a new CRC. All functions panic on less than a header.

use super::{Attributes, BATCH_OVERHEAD, CRC_COVERS_FROM, TimestampType, crc32c};

/// Sets the offset of the first record; all others follow by their deltas.
pub fn set_base_offset(batch: &mut [u8], offset: i64) {
    put(batch, 0, offset.to_be_bytes());
}

/// Sets the leader epoch.
pub fn set_leader_epoch(batch: &mut [u8], epoch: i32) {
    put(batch, 12, epoch.to_be_bytes());
}

/// Sets timestamp type and maximum, and the CRC of the whole batch; does nothing if both are as wanted. With
/// [`TimestampType::LogAppendTime`] the maximum is the timestamp of every record.
pub fn set_timestamps_and_crc(batch: &mut [u8], timestamp_type: TimestampType, max_timestamp: i64) {
    let attributes = Attributes(i16::from_be_bytes(get(batch, 21)));
    let max_before = i64::from_be_bytes(get(batch, 35));
    if attributes.timestamp_type() == timestamp_type && max_before == max_timestamp {
        return;
    }
    put(batch, 21, attributes.with_timestamp_type(timestamp_type).0.to_be_bytes());
    put(batch, 35, max_timestamp.to_be_bytes());
    update_crc(batch);
}

/// Sets the CRC to what the bytes of the whole batch ask for.
pub fn update_crc(batch: &mut [u8]) {
    let crc = crc32c(&batch[CRC_COVERS_FROM..]);
    put(batch, 17, crc.to_be_bytes());
}

fn put<const N: usize>(batch: &mut [u8], at: usize, value: [u8; N]) {
    assert!(batch.len() >= BATCH_OVERHEAD, "a batch has a header of {BATCH_OVERHEAD} bytes");
    batch[at..at + N].copy_from_slice(&value);
}

fn get<const N: usize>(batch: &[u8], at: usize) -> [u8; N] {
    assert!(batch.len() >= BATCH_OVERHEAD, "a batch has a header of {BATCH_OVERHEAD} bytes");
    *batch[at..].first_chunk().expect("every field lies within the header")
}
