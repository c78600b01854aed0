use jackdaw_protocol::records::{
    BatchBuilder, BatchOptions, EndTransactionMarker, ProducerFields, set_leader_epoch,
};

use super::*;
use crate::topic_partition::TopicPartition;

/// A batch of `count` records from `base` on; the value of each is its offset.
fn batch(base: i64, count: i64, compression: Compression, producer: Option<i64>) -> Vec<u8> {
    let producer = producer.map(|id| ProducerFields { id, epoch: 0, base_sequence: 0 });
    let is_transactional = producer.is_some();
    let options =
        BatchOptions { base_offset: base, compression, producer, is_transactional, ..Default::default() };
    let mut builder = BatchBuilder::new(options);
    for offset in base..base + count {
        builder.append(1000 + offset, Some(b"k"), Some(offset.to_string().as_bytes()), &[]).unwrap();
    }
    let mut bytes = builder.build().unwrap();
    set_leader_epoch(&mut bytes, 3);
    bytes
}

/// The end of a transaction.
fn marker(base: i64, producer: i64, kind: ControlRecordType) -> Vec<u8> {
    let producer = Some(ProducerFields { id: producer, epoch: 0, base_sequence: -1 });
    let options = BatchOptions {
        base_offset: base,
        producer,
        is_transactional: true,
        is_control: true,
        ..Default::default()
    };
    let mut builder = BatchBuilder::new(options);
    let body = EndTransactionMarker::new(0).encode();
    builder.append_control(0, &ControlRecord::new(kind, &body)).unwrap();
    builder.build().unwrap()
}

fn fetched(bytes: Vec<u8>, from: i64, aborted: &[(i64, i64)], isolation: IsolationLevel) -> Fetched {
    let handle = Arc::new(Handle::new(TopicPartition::new("t", 0)));
    let next = Position { offset: from, leader_epoch: None };
    let checks = Checks { isolation, check_crcs: true };
    Fetched::new(handle, bytes.into(), next, Aborted::new(aborted.iter().copied()), checks)
}

/// All offsets, taken `records_max` at a time, and the position behind them.
fn drain(fetched: &mut Fetched, records_max: usize) -> (Vec<i64>, i64) {
    let mut offsets = Vec::new();
    while let Some(chunk) = fetched.take(records_max).unwrap() {
        assert!(chunk.len() <= records_max && !chunk.is_empty());
        for record in &chunk {
            assert_eq!(record.value, Some(record.offset.to_string().as_bytes()));
            assert_eq!(record.timestamp_ms, 1000 + record.offset);
            assert_eq!(record.leader_epoch, Some(3));
            offsets.push(record.offset);
        }
        assert_eq!(fetched.position().offset, offsets.last().unwrap() + 1);
    }
    (offsets, fetched.position().offset)
}

#[test]
fn records_come_in_order_whatever_the_bite() {
    for compression in Compression::ALL {
        for records_max in [1, 3, 10, 100] {
            let bytes = [batch(5, 10, compression, None), batch(15, 1, compression, None)].concat();
            let mut fetched = fetched(bytes, 5, &[], IsolationLevel::ReadUncommitted);
            assert_eq!(
                drain(&mut fetched, records_max),
                ((5..16).collect(), 16),
                "{compression:?} {records_max}"
            );
        }
    }
}

#[test]
fn what_was_not_asked_for_is_left_out() {
    let bytes = [batch(0, 10, Compression::None, None), batch(10, 5, Compression::Lz4, None)].concat();
    let mut fetched = fetched(bytes, 12, &[], IsolationLevel::ReadUncommitted);
    assert_eq!(drain(&mut fetched, 100), (vec![12, 13, 14], 15));
}

#[test]
fn the_cut_end_of_an_answer_comes_with_the_next_one() {
    let mut bytes = batch(0, 3, Compression::None, None);
    bytes.extend(&batch(3, 3, Compression::None, None)[..40]);
    let mut fetched = fetched(bytes, 0, &[], IsolationLevel::ReadUncommitted);
    assert_eq!(drain(&mut fetched, 100), (vec![0, 1, 2], 3));
}

#[test]
fn aborted_transactions_are_left_out_of_read_committed() {
    let none = Compression::None;
    let bytes = [
        batch(0, 2, none, Some(7)),
        batch(2, 2, none, Some(8)),
        marker(4, 7, ControlRecordType::Abort),
        // The same producer's next transaction is committed.
        batch(5, 2, none, Some(7)),
        marker(7, 7, ControlRecordType::Commit),
        batch(8, 2, none, None),
        marker(10, 8, ControlRecordType::Commit),
    ]
    .concat();
    let mut committed = fetched(bytes.clone(), 0, &[(0, 7)], IsolationLevel::ReadCommitted);
    assert_eq!(drain(&mut committed, 3), (vec![2, 3, 5, 6, 8, 9], 11));
    let mut all = fetched(bytes, 0, &[], IsolationLevel::ReadUncommitted);
    assert_eq!(drain(&mut all, 3), (vec![0, 1, 2, 3, 5, 6, 8, 9], 11));
}

#[test]
fn a_damaged_batch_is_an_error_behind_what_is_good() {
    let mut bytes = [batch(0, 2, Compression::None, None), batch(2, 2, Compression::None, None)].concat();
    *bytes.last_mut().unwrap() ^= 1;
    let mut fetched = fetched(bytes, 0, &[], IsolationLevel::ReadUncommitted);
    assert_eq!(fetched.take(10).unwrap().unwrap().len(), 2);
    let error = fetched.take(10).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::CorruptBatch { base_offset: 2 }), "{error}");
    assert_eq!((error.topic(), error.partition(), fetched.position().offset), (Some("t"), Some(0), 2));
}

#[test]
fn what_is_put_back_comes_first_again() {
    let mut fetched = fetched(batch(0, 4, Compression::None, None), 0, &[], IsolationLevel::ReadUncommitted);
    let chunk = fetched.take(2).unwrap().unwrap();
    fetched.put_back(chunk);
    assert_eq!(
        fetched.take(2).unwrap().unwrap().iter().map(|record| record.offset).collect::<Vec<_>>(),
        [0, 1]
    );
    assert_eq!(drain(&mut fetched, 2), (vec![2, 3], 4));
}

#[test]
fn owned_records_share_the_bytes() {
    let mut fetched = fetched(batch(0, 2, Compression::None, None), 0, &[], IsolationLevel::ReadUncommitted);
    let chunk = fetched.take(2).unwrap().unwrap();
    let owned: Vec<_> = chunk.iter().map(|record| chunk.owned(&record)).collect();
    let first = chunk.iter().next().unwrap();
    assert_eq!(owned[0].value.as_ref().unwrap().as_ptr(), first.value.unwrap().as_ptr());
    assert_eq!((owned[1].offset, owned[1].key.as_deref()), (1, Some(&b"k"[..])));
}
