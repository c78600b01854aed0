//! Tests of the codec against what a real Kafka wrote (`tests/golden/kafka-4.3.1`).

use jackdaw_protocol::records::{Batches, RecordLimits};

use super::*;

/// The partitions of `__consumer_offsets` of the golden directory.
const LOGS: [&[u8]; 3] = [
    include_bytes!("../../../../../../tests/golden/kafka-4.3.1/__consumer_offsets/0.log"),
    include_bytes!("../../../../../../tests/golden/kafka-4.3.1/__consumer_offsets/1.log"),
    include_bytes!("../../../../../../tests/golden/kafka-4.3.1/__consumer_offsets/2.log"),
];

/// Key and value of every record in a log that is no control record.
fn records(log: &[u8]) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
    let mut found = Vec::new();
    for batch in Batches::new(log) {
        let batch = batch.unwrap();
        let mut records = batch.records(RecordLimits::default());
        while let Some(record) = records.next_record() {
            let record = record.unwrap();
            if !batch.is_control() {
                found.push((record.key.unwrap().to_vec(), record.value.map(<[u8]>::to_vec)));
            }
        }
    }
    found
}

#[test]
fn every_record_of_a_real_directory_is_read_and_written_again_byte_for_byte() {
    let (mut ours, mut foreign) = (0, Vec::new());
    for (key, value) in LOGS.into_iter().flat_map(records) {
        match decode(Some(&key), value.as_deref()) {
            Ok(record) => {
                let encoded = encode(&record).unwrap();
                assert_eq!(encoded, EncodedRecord { key: key.clone(), value: value.clone() }, "{record:?}");
                let bytes = key.len() + value.map_or(0, |value| value.len());
                assert_eq!(size_bytes(&record), bytes + RECORD_OVERHEAD_BYTES, "{record:?}");
                ours += 1;
            }
            Err(DecodeRecordError::UnknownKey(key_type)) => foreign.push(key_type),
            Err(error) => panic!("{error}"),
        }
    }
    foreign.sort_unstable();
    foreign.dedup();
    // As many as Kafka's own dump shows; the rest are those of a share group.
    assert_eq!(ours, 43);
    assert_eq!(foreign, [10, 11, 12, 13, 14, 15]);
}

#[test]
fn what_is_read_is_what_kafka_dumps() {
    let all = records(LOGS[2]);
    let read = |index: usize| {
        let (key, value) = &all[index];
        decode(Some(key), value.as_deref()).unwrap()
    };
    let GroupRecord::ConsumerMember { group, member, value: Some(value) } = read(0) else {
        panic!("a member")
    };
    assert_eq!((group.as_ref(), member.as_ref()), ("new-group", "4KwgkFfMRFuV4KdQZ8GKfQ"));
    assert_eq!(value.subscribed_topic_names, ["plain"]);
    assert_eq!(value.rebalance_timeout_ms, 300_000);
    let GroupRecord::Consumer { value: Some(value), .. } = read(1) else { panic!("a group") };
    assert_eq!((value.epoch, value.metadata_hash), (2, 8_524_337_999_694_398_500));
    let GroupRecord::CurrentAssignment { value: Some(value), .. } = read(4) else { panic!("an assignment") };
    assert_eq!(value.assigned_partitions[0].partitions, [0, 1]);
    assert_eq!(value.assigned_partitions[0].assignment_epochs, Some(vec![2, 2]));
    let GroupRecord::Offset { topic, partition, value: Some(value), .. } = read(5) else {
        panic!("an offset")
    };
    assert_eq!((topic.as_ref(), partition, value.offset, value.leader_epoch), ("plain", 1, 10, 0));
    let GroupRecord::CurrentAssignment { value: None, .. } = read(6) else { panic!("a tombstone") };
}

#[test]
fn old_versions_are_read() {
    // Key type 0, value version 1 with its time of expiry: Kafka 0.9 to 2.0.
    let key = b"\x00\x00\x00\x01g\x00\x01t\x00\x00\x00\x07";
    let value = b"\x00\x01\x00\x00\x00\x00\x00\x00\x00\x05\x00\x01m\x00\x00\x00\x00\x00\x00\x00\x09\x00\x00\x00\x00\x00\x00\x00\x0a";
    let record = decode(Some(key), Some(value)).unwrap();
    let GroupRecord::Offset { partition, value: Some(read), .. } = &record else { panic!("an offset") };
    assert_eq!((*partition, read.offset, read.commit_timestamp, read.expire_timestamp), (7, 5, 9, 10));
    // Written again it keeps the time, with today's key.
    let encoded = encode(&record).unwrap();
    assert_eq!(encoded.key, b"\x00\x01\x00\x01g\x00\x01t\x00\x00\x00\x07");
    assert_eq!(encoded.value.as_deref(), Some(value.as_slice()));
}

#[test]
fn what_cannot_be_read_says_why() {
    type Case<'a> = (Option<&'a [u8]>, Option<&'a [u8]>, &'a str);
    let cases: [Case<'_>; 6] = [
        (None, None, "the record has no key"),
        (Some(b"\x00"), None, "key of a record with key type -1: "),
        (Some(b"\x00\x63"), None, "the key has type 99, which is not one of classic and consumer groups"),
        (Some(b"\x00\x02\x00\x09g"), None, "key of a record with key type 2: "),
        (Some(b"\x00\x02\x00\x01g"), Some(b"\x00"), "value of a record with key type 2: "),
        (Some(b"\x00\x02\x00\x01g"), Some(b"\x00\x63"), "value of a record with key type 2: "),
    ];
    for (key, value, expected) in cases {
        let error = decode(key, value).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn no_bytes_make_the_decoder_panic() {
    for (key, value) in LOGS.into_iter().flat_map(records) {
        for cut in 0..key.len() {
            let _ = decode(Some(&key[..cut]), value.as_deref());
        }
        let Some(value) = value else { continue };
        for at in 0..value.len() {
            let _ = decode(Some(&key), Some(&value[..at]));
            let mut damaged = value.clone();
            damaged[at] ^= 0xff;
            let _ = decode(Some(&key), Some(&damaged));
        }
    }
}

#[test]
fn a_group_id_that_no_key_can_hold_takes_more_than_any_batch_has() {
    let record = GroupRecord::Consumer { group: "g".repeat(40_000).into(), value: None };
    assert!(encode(&record).is_err());
    assert!(size_bytes(&record) > 1 << 40);
}
