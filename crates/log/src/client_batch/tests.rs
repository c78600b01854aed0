use jackdaw_protocol::records::{
    BatchBuilder, BatchOptions, Header, ProducerFields, RecordError, update_crc,
};
use proptest::prelude::*;

use super::*;

const NOW: TimestampMs = TimestampMs(1_000_000);

const RULES: ClientBatchRules = ClientBatchRules {
    batch_bytes_max: 1 << 20,
    compression: TopicCompression::Producer,
    timestamp_type: TimestampType::CreateTime,
    timestamp_before_ms_max: i64::MAX,
    timestamp_after_ms_max: 3_600_000,
    keys: RecordKeys::Optional,
    transactional: TransactionalBatches::Refused,
    limits: RecordLimits { unpacked_bytes_max: 1 << 20 },
};

/// A batch whose records have these timestamps; every other record has a key.
fn batch_with(options: BatchOptions, timestamps: &[i64]) -> Vec<u8> {
    let mut builder = BatchBuilder::new(options);
    for (index, timestamp) in timestamps.iter().enumerate() {
        let key = (index % 2 == 0).then_some(&b"key"[..]);
        let headers = [Header { key: b"h", value: None }];
        builder.append(*timestamp, key, Some(b"some value, some value"), &headers).expect("fits");
    }
    builder.build().expect("builds")
}

fn batch(timestamps: &[i64]) -> Vec<u8> {
    batch_with(BatchOptions::default(), timestamps)
}

/// Changes bytes of a batch and makes its CRC right again.
fn changed(mut bytes: Vec<u8>, at: usize, field: &[u8]) -> Vec<u8> {
    bytes[at..at + field.len()].copy_from_slice(field);
    update_crc(&mut bytes);
    bytes
}

fn refusal(bytes: &[u8], rules: ClientBatchRules) -> ClientBatchError {
    validate(bytes, &rules, NOW).expect_err("is refused")
}

/// What is stored, and that it is a valid batch.
fn stored(mut bytes: Vec<u8>, rules: ClientBatchRules) -> (AcceptedBatch, Vec<u8>) {
    let accepted = validate(&bytes, &rules, NOW).expect("is accepted");
    let stored = accepted.clone().prepare(&mut bytes).to_vec();
    assert_eq!(stored.len(), accepted.stored_bytes());
    let batch = Batch::parse(&stored).expect("parses");
    assert!(batch.crc_is_valid());
    assert_eq!(batch.max_timestamp(), accepted.max_timestamp.0);
    assert_eq!(batch.timestamp_type(), rules.timestamp_type);
    (accepted, stored)
}

#[test]
fn a_good_batch_is_stored_as_it_came() {
    for codec in Compression::ALL {
        let bytes = batch_with(BatchOptions { compression: codec, ..BatchOptions::default() }, &[10, 30, 20]);
        let (accepted, stored) = stored(bytes.clone(), RULES);
        assert_eq!(stored, bytes, "{codec}");
        assert_eq!(
            accepted,
            AcceptedBatch {
                received_bytes: bytes.len(),
                record_count: 3,
                max_timestamp: TimestampMs(30),
                max_timestamp_index: 1,
                received_compression: codec,
                log_append_time: None,
                rewrite: Rewrite::None,
            }
        );
    }
}

#[test]
fn there_has_to_be_exactly_one_batch() {
    let good = batch(&[1]);
    assert_eq!(refusal(&[], RULES), ClientBatchError::NoBatch);
    assert_eq!(refusal(&good[..70], RULES), ClientBatchError::NoBatch);
    assert_eq!(refusal(&good.repeat(2), RULES), ClientBatchError::MoreThanOneBatch);
    let with_rest = [&good[..], &good[..30]].concat();
    assert_eq!(stored(with_rest, RULES).1, good, "a cut-off rest is dropped");
    let mut negative = good.clone();
    negative[8] = 0xff;
    assert!(matches!(refusal(&negative, RULES), ClientBatchError::InvalidLength { .. }));
    let mut old = good;
    old[16] = 1;
    assert_eq!(refusal(&old, RULES), ClientBatchError::UnsupportedMagic { magic: 1 });
}

#[test]
fn what_a_header_may_not_say() {
    let good = batch(&[1, 2]);
    let mut offset = good.clone();
    offset[7] = 5;
    assert_eq!(refusal(&offset, RULES), ClientBatchError::BaseOffsetNotZero { base_offset: 5 });
    let rules = ClientBatchRules { batch_bytes_max: good.len() - 1, ..RULES };
    let too_large = ClientBatchError::TooLarge { batch_bytes: good.len(), batch_bytes_max: good.len() - 1 };
    assert_eq!(refusal(&good, rules), too_large);
    assert!(validate(&good, &ClientBatchRules { batch_bytes_max: good.len(), ..RULES }, NOW).is_ok());
    let mut crc = good.clone();
    *crc.last_mut().expect("not empty") ^= 1;
    assert!(matches!(refusal(&crc, RULES), ClientBatchError::BadCrc { .. }));
    assert_eq!(refusal(&changed(good.clone(), 21, &[0, 0x20]), RULES), ClientBatchError::ControlBatch);
    assert_eq!(
        refusal(&changed(good.clone(), 21, &[0, 7]), RULES),
        ClientBatchError::UnknownCompression { attributes: 7 }
    );
    let transactional = changed(good.clone(), 21, &[0, 0x10]);
    assert_eq!(refusal(&transactional, RULES), ClientBatchError::TransactionalRefused);
    let accepting = ClientBatchRules { transactional: TransactionalBatches::Accepted, ..RULES };
    assert!(validate(&transactional, &accepting, NOW).is_ok());
    let producer = changed(good.clone(), 43, &7i64.to_be_bytes());
    assert_eq!(
        refusal(&producer, RULES),
        ClientBatchError::InvalidSequence { producer_id: 7, base_sequence: -1 }
    );
    let count = changed(good.clone(), 57, &3i32.to_be_bytes());
    let differ = RecordError::CountAndOffsetsDiffer { record_count: 3, last_offset_delta: 1 };
    assert_eq!(refusal(&count, RULES), ClientBatchError::Record(differ));
    let none = changed(good, 57, &0i32.to_be_bytes());
    assert_eq!(
        refusal(&none, RULES),
        ClientBatchError::Record(RecordError::InvalidRecordCount { claimed: 0 })
    );
}

#[test]
fn a_bomb_is_refused() {
    let mut builder =
        BatchBuilder::new(BatchOptions { compression: Compression::Zstd, ..BatchOptions::default() });
    builder.append(1, None, Some(&vec![0; 4 << 20]), &[]).expect("fits");
    let bytes = builder.build().expect("builds");
    assert!(bytes.len() < 2000);
    assert!(matches!(refusal(&bytes, RULES), ClientBatchError::Record(_)));
}

#[test]
fn a_compacted_topic_needs_keys() {
    let rules = ClientBatchRules { keys: RecordKeys::Required, ..RULES };
    let ClientBatchError::RecordIssues(issues) = refusal(&batch(&[1, 2, 3, 4]), rules) else {
        panic!("other error")
    };
    let expected = [1, 3].map(|index| RecordIssue { index, kind: RecordIssueKind::KeyMissing });
    assert_eq!(issues.issues, expected);
    assert!(!issues.has_timestamp_issue);
    assert_eq!(issues.issues[0].to_string(), "Compacted topic cannot accept message without key");
    assert!(validate(&batch(&[1]), &rules, NOW).is_ok());
}

#[test]
fn timestamps_have_to_be_near() {
    let rules = ClientBatchRules { timestamp_before_ms_max: 1000, timestamp_after_ms_max: 100, ..RULES };
    let check = |timestamp: i64, is_fine: bool| {
        let result = validate(&batch(&[NOW.0, timestamp]), &rules, NOW);
        assert_eq!(result.is_ok(), is_fine, "{timestamp}");
        if let Err(ClientBatchError::RecordIssues(issues)) = result {
            assert!(issues.has_timestamp_issue);
            let kind = RecordIssueKind::TimestampOutOfRange {
                timestamp: TimestampMs(timestamp),
                earliest: TimestampMs(NOW.0 - 1000),
                latest: TimestampMs(NOW.0 + 100),
            };
            assert_eq!(issues.issues, [RecordIssue { index: 1, kind }]);
        }
    };
    for (timestamp, is_fine) in [
        (NOW.0 - 1001, false),
        (NOW.0 - 1000, true),
        (NOW.0 + 100, true),
        (NOW.0 + 101, false),
        (-1, true),
        (-2, false),
        (i64::MAX, false),
        (i64::MIN, false),
    ] {
        check(timestamp, is_fine);
    }
    let append_time = ClientBatchRules { timestamp_type: TimestampType::LogAppendTime, ..rules };
    assert!(validate(&batch(&[5, i64::MAX]), &append_time, NOW).is_ok(), "nobody looks at them");
}

#[test]
fn clients_do_not_set_append_times() {
    let claims = BatchOptions { log_append_time: Some(NOW.0), ..options() };
    let check = |bytes: &[u8], timestamp_type, count| {
        let rules = ClientBatchRules { timestamp_type, ..RULES };
        let ClientBatchError::RecordIssues(issues) = refusal(bytes, rules) else { panic!("other error") };
        assert!(issues.has_timestamp_issue);
        assert_eq!(issues.count, count);
        assert_eq!(issues.issues[0].kind, RecordIssueKind::TimestampTypeFromClient);
    };
    check(&batch_with(claims, &[1, 2]), TimestampType::LogAppendTime, 2);
    check(&batch_with(claims, &[1, -1]), TimestampType::CreateTime, 1);
    // Kafka takes it where the topic keeps the producer's timestamps; what is stored has those, and their maximum.
    let (accepted, _) = stored(batch_with(claims, &[1, 5, 2]), RULES);
    assert_eq!((accepted.max_timestamp, accepted.max_timestamp_index), (TimestampMs(5), 1));
}

fn options() -> BatchOptions {
    BatchOptions::default()
}

#[test]
fn the_broker_sets_append_times() {
    let rules = ClientBatchRules { timestamp_type: TimestampType::LogAppendTime, ..RULES };
    for codec in Compression::ALL {
        let bytes = batch_with(BatchOptions { compression: codec, ..options() }, &[5, 900]);
        let (accepted, stored) = stored(bytes.clone(), rules);
        assert_eq!(accepted.log_append_time, Some(NOW));
        assert_eq!(accepted.max_timestamp, NOW);
        assert_eq!(stored[61..], bytes[61..], "the records stay as they are");
    }
}

#[test]
fn a_wrong_maximum_is_put_right() {
    let (accepted, _) = stored(changed(batch(&[10, 30, 20]), 35, &99i64.to_be_bytes()), RULES);
    assert_eq!(accepted.max_timestamp, TimestampMs(30));
    assert!(matches!(accepted.rewrite, Rewrite::Timestamps { .. }));
    let (accepted, _) = stored(batch(&[-1, -1]), RULES);
    assert_eq!((accepted.max_timestamp, accepted.rewrite), (TimestampMs::NONE, Rewrite::None));
}

/// The records as text, all but the codec that packs them.
fn records(bytes: &[u8]) -> Vec<String> {
    let batch = Batch::parse(bytes).expect("parses");
    let unpacked = batch.unpacked(RULES.limits).expect("unpacks");
    unpacked
        .iter()
        .map(|record| {
            let record = record.expect("is a record");
            let timestamp = batch.base_timestamp() + record.timestamp_delta;
            let headers: Vec<_> = record.headers.collect();
            format!("{} {timestamp} {:?} {:?} {headers:?}", record.offset_delta, record.key, record.value)
        })
        .collect()
}

#[test]
fn a_topic_may_demand_its_own_codec() {
    let producer = Some(ProducerFields { id: 9, epoch: 1, base_sequence: 40 });
    for from in Compression::ALL {
        for to in Compression::ALL {
            for timestamp_type in [TimestampType::CreateTime, TimestampType::LogAppendTime] {
                let bytes =
                    batch_with(BatchOptions { compression: from, producer, ..options() }, &[50, 70, 60]);
                let compression = TopicCompression::Codec(to, CompressionLevel::Default);
                let rules = ClientBatchRules { compression, timestamp_type, ..RULES };
                let (accepted, stored) = stored(bytes.clone(), rules);
                assert_eq!(matches!(accepted.rewrite, Rewrite::Batch(_)), from != to, "{from} {to}");
                let batch = Batch::parse(&stored).expect("parses");
                assert_eq!(batch.compression(), Some(to));
                assert_eq!((batch.producer_id(), batch.producer_epoch(), batch.base_sequence()), (9, 1, 40));
                assert_eq!(batch.last_offset_delta(), 2);
                assert_eq!(records(&stored), records(&bytes), "{from} {to}");
            }
        }
    }
}

#[test]
fn a_batch_that_is_too_large_unpacked_is_refused() {
    let mut builder =
        BatchBuilder::new(BatchOptions { compression: Compression::Gzip, ..BatchOptions::default() });
    builder.append(1, None, Some(&[7; 20_000]), &[]).expect("fits");
    let bytes = builder.build().expect("builds");
    let compression = TopicCompression::Codec(Compression::None, CompressionLevel::Default);
    let rules = ClientBatchRules { batch_bytes_max: 10_000, compression, ..RULES };
    assert!(matches!(refusal(&bytes, rules), ClientBatchError::TooLarge { batch_bytes_max: 10_000, .. }));
}

#[test]
fn an_answer_names_only_so_many_records() {
    let timestamps = vec![1; 3 * RECORD_ISSUES_MAX];
    let rules = ClientBatchRules { keys: RecordKeys::Required, ..RULES };
    let ClientBatchError::RecordIssues(issues) = refusal(&batch(&timestamps), rules) else {
        panic!("other error")
    };
    assert_eq!((issues.issues.len(), issues.count), (RECORD_ISSUES_MAX, 3 * RECORD_ISSUES_MAX / 2));
}

proptest! {
    #[test]
    fn whatever_is_accepted_is_valid(
        codec in 0..5u8,
        target in 0..6u8,
        timestamps in proptest::collection::vec(-1..2_000_000i64, 1..10),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        append_time: bool,
    ) {
        let compression = Compression::from_id(codec).expect("exists");
        let mut bytes = batch_with(BatchOptions { compression, ..options() }, &timestamps);
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        update_crc(&mut bytes);
        let topic = Compression::from_id(target).map(|codec| TopicCompression::Codec(codec, CompressionLevel::Default));
        let timestamp_type = if append_time { TimestampType::LogAppendTime } else { TimestampType::CreateTime };
        let rules = ClientBatchRules { compression: topic.unwrap_or(TopicCompression::Producer), timestamp_type, ..RULES };
        if validate(&bytes, &rules, NOW).is_ok() {
            let (accepted, stored) = stored(bytes, rules);
            let again = Batch::parse(&stored).expect("parses");
            prop_assert_eq!(again.record_count(), accepted.record_count);
            prop_assert!(jackdaw_protocol::records::validate_records(&again, RULES.limits).is_ok());
        }
    }

    #[test]
    fn no_bytes_panic(bytes: Vec<u8>) {
        let _ = validate(&bytes, &RULES, NOW);
    }
}
