//! What a real Kafka wrote is read as it meant it: the three partitions of the golden directory.

use jackdaw_base::ProducerId;
use jackdaw_protocol::records::{Batches, ControlRecord, ControlRecordType, RecordLimits};

use crate::fixture::TestWorld;
use crate::group::record::decode;
use crate::group::state::GroupState;
use crate::shard::TransactionEnd;

/// Folds a whole log, as a host does that reads it.
fn load(log: &[u8]) -> GroupState {
    let mut state = GroupState::default();
    for batch in Batches::new(log) {
        let batch = batch.unwrap();
        let producer = ProducerId(batch.producer_id());
        let mut records = batch.records(RecordLimits::default());
        while let Some(record) = records.next_record() {
            let record = record.unwrap();
            if batch.is_control() {
                match ControlRecord::decode_key(record.key).unwrap().1 {
                    ControlRecordType::Commit => {
                        state.replay_transaction_end(producer, TransactionEnd::Committed)
                    }
                    ControlRecordType::Abort => {
                        state.replay_transaction_end(producer, TransactionEnd::Aborted)
                    }
                    _ => {}
                }
            } else if let Ok(record) = decode(record.key, record.value) {
                match batch.is_transactional() {
                    true => state.replay_transactional(producer, &record),
                    false => state.replay(&record),
                }
            }
        }
    }
    state
}

#[test]
fn the_groups_of_a_real_directory_are_there() {
    let classic = load(include_bytes!("../../../../../tests/golden/kafka-4.3.1/__consumer_offsets/0.log"));
    let group = classic.classic("classic-group").unwrap();
    assert_eq!((group.state_name(), group.protocol_type().as_ref()), ("Empty", "consumer"));
    let offset = |state: &GroupState, group: &str, partition| {
        state.offsets.get(&group.into(), &"plain".into(), partition).map(|offset| offset.offset)
    };
    assert_eq!(offset(&classic, "classic-group", 1), Some(20));
    // A simple group of someone who only commits.
    assert_eq!(classic.classic("x").unwrap().protocol_type().as_ref(), "");
    assert_eq!(classic.offsets.of_group(&"x".into()).count(), 14);

    let transactional =
        load(include_bytes!("../../../../../tests/golden/kafka-4.3.1/__consumer_offsets/1.log"));
    assert_eq!(offset(&transactional, "tx-group", 0), Some(25));
    assert!(!transactional.offsets.has_pending(&"tx-group".into()));

    let consumer = load(include_bytes!("../../../../../tests/golden/kafka-4.3.1/__consumer_offsets/2.log"));
    let group = consumer.consumer("new-group").unwrap();
    assert_eq!(group.state_name(), "Empty");
    let described = group.describe(&TestWorld::new());
    assert_eq!((described.epoch, described.members.len()), (3, 0));
    assert_eq!(offset(&consumer, "new-group", 1), Some(10));
    assert_eq!(consumer.groups.entries().len(), 1, "a share group is none of ours");
}
