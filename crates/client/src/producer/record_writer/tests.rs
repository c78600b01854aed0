use jackdaw_protocol::records::{Batch, RecordLimits, validate_records};
use proptest::prelude::*;

use super::*;

fn batch(records: &Records, stamp: Stamp, is_transactional: bool) -> Vec<u8> {
    let shape = Shape {
        compression: Compression::None,
        count: records.count,
        base_timestamp: records.base_timestamp,
        max_timestamp: records.max_timestamp,
    };
    let mut bytes = header(&shape, stamp, is_transactional, &records.bytes).to_vec();
    bytes.extend_from_slice(&records.bytes);
    bytes
}

#[test]
fn a_batch_is_what_brokers_expect() {
    let mut records = Records::in_buffer(Vec::new());
    let headers: &[(&str, Option<&[u8]>)] = &[("h", Some(b"1")), ("empty", None)];
    records.push(&ProducerRecord::new("t", "value").key("key").headers(headers), 100);
    records.push(&ProducerRecord::tombstone("t").key("key"), 90);
    let stamp = Stamp { producer_id: 7, epoch: 2, base_sequence: 40 };
    let bytes = batch(&records, stamp, true);
    let batch = Batch::parse(&bytes).expect("parses");
    assert!(batch.crc_is_valid() && batch.is_transactional() && !batch.is_control());
    assert_eq!((batch.producer_id(), batch.producer_epoch(), batch.base_sequence()), (7, 2, 40));
    assert_eq!((batch.base_timestamp(), batch.max_timestamp(), batch.record_count()), (100, 100, 2));
    let mut iter = batch.records(RecordLimits::default());
    let first = iter.next_record().expect("is there").expect("is valid");
    assert_eq!((first.key, first.value, first.headers.len()), (Some(&b"key"[..]), Some(&b"value"[..]), 2));
    let second = iter.next_record().expect("is there").expect("is valid");
    assert_eq!((second.value, second.timestamp_delta), (None, -10));
}

proptest! {
    #[test]
    fn any_records_make_a_valid_batch(
        rows in prop::collection::vec((prop::option::of(prop::collection::vec(any::<u8>(), 0..300)),
            prop::option::of(prop::collection::vec(any::<u8>(), 0..300)), any::<i64>()), 1..50)
    ) {
        let mut records = Records::in_buffer(Vec::new());
        for (key, value, timestamp) in &rows {
            let record = ProducerRecord { key: key.as_deref(), value: value.as_deref(), ..ProducerRecord::tombstone("t") };
            let before = records.bytes.len();
            records.push(&record, *timestamp);
            prop_assert!(records.bytes.len() - before <= size_max(&record));
        }
        let bytes = batch(&records, Stamp::NONE, false);
        let batch = Batch::parse(&bytes).expect("parses");
        prop_assert!(batch.crc_is_valid());
        prop_assert!(validate_records(&batch, RecordLimits::default()).is_ok());
        prop_assert_eq!(batch.record_count() as usize, rows.len());
    }
}
