use proptest::prelude::*;

use super::*;
use crate::compression::{Compression, CompressionError, CompressionLevel};

mod golden;
mod hostile;

/// A record as a test writes it down.
#[derive(Clone, PartialEq, Debug)]
struct Row {
    offset_delta: i32,
    timestamp: i64,
    key: Option<Vec<u8>>,
    value: Option<Vec<u8>>,
    headers: Vec<(String, Option<Vec<u8>>)>,
}

impl Row {
    fn new(offset_delta: i32, timestamp: i64, key: Option<&str>, value: Option<&str>) -> Self {
        let owned = |text: Option<&str>| text.map(|text| text.as_bytes().to_vec());
        Self { offset_delta, timestamp, key: owned(key), value: owned(value), headers: Vec::new() }
    }
}

fn build(options: BatchOptions, rows: &[Row]) -> Vec<u8> {
    let mut builder = BatchBuilder::new(options);
    for row in rows {
        let headers: Vec<Header<'_>> = row
            .headers
            .iter()
            .map(|(key, value)| Header { key: key.as_bytes(), value: value.as_deref() })
            .collect();
        let offset = options.base_offset + i64::from(row.offset_delta);
        builder
            .append_at(offset, row.timestamp, row.key.as_deref(), row.value.as_deref(), &headers)
            .expect("fits");
    }
    builder.build().expect("builds")
}

fn row_of(base_timestamp: i64, record: &Record<'_>) -> Row {
    Row {
        offset_delta: record.offset_delta,
        timestamp: base_timestamp.wrapping_add(record.timestamp_delta),
        key: record.key.map(<[u8]>::to_vec),
        value: record.value.map(<[u8]>::to_vec),
        headers: record
            .headers
            .map(|header| {
                let key = String::from_utf8(header.key.to_vec()).expect("UTF-8");
                (key, header.value.map(<[u8]>::to_vec))
            })
            .collect(),
    }
}

/// The records by both ways of reading them, which have to agree.
fn rows(batch: &Batch<'_>) -> Result<Vec<Row>, RecordError> {
    let limits = RecordLimits::default();
    let mut streamed = Vec::new();
    let mut records = batch.records(limits);
    let outcome = loop {
        match records.next_record() {
            None => break Ok(()),
            Some(Ok(record)) => streamed.push(row_of(batch.base_timestamp(), &record)),
            Some(Err(error)) => break Err(error),
        }
    };
    assert!(records.next_record().is_none(), "an iterator that has ended stays so");
    let at_once = batch.unpacked(limits).and_then(|unpacked| {
        unpacked.iter().map(|record| record.map(|record| row_of(batch.base_timestamp(), &record))).collect()
    });
    match (outcome, at_once) {
        (Ok(()), Ok(at_once)) => {
            assert_eq!(streamed, at_once);
            Ok(at_once)
        }
        (Err(error), Err(_)) => Err(error),
        (streamed, at_once) => panic!("streamed {streamed:?}, at once {at_once:?}"),
    }
}

fn arbitrary_rows() -> impl Strategy<Value = Vec<Row>> {
    let bytes = || proptest::option::of(proptest::collection::vec(any::<u8>(), 0..200));
    let headers = proptest::collection::vec((".{0,10}", bytes()), 0..4);
    let row = (bytes(), bytes(), headers, -1..i64::MAX / 4)
        .prop_map(|(key, value, headers, timestamp)| Row { offset_delta: 0, timestamp, key, value, headers });
    proptest::collection::vec(row, 1..20).prop_map(|mut rows| {
        for (index, row) in rows.iter_mut().enumerate() {
            row.offset_delta = index as i32;
        }
        rows
    })
}

fn arbitrary_options() -> impl Strategy<Value = BatchOptions> {
    let producer = proptest::option::of((0..i64::MAX, 0..i16::MAX, 0..i32::MAX));
    (0..1_i64 << 40, -1..1000, 0..5u8, producer, any::<bool>()).prop_map(
        |(base_offset, leader_epoch, codec, producer, is_transactional)| BatchOptions {
            base_offset,
            leader_epoch,
            compression: Compression::from_id(codec).expect("exists"),
            is_transactional,
            producer: producer.map(|(id, epoch, base_sequence)| ProducerFields { id, epoch, base_sequence }),
            ..BatchOptions::default()
        },
    )
}

#[test]
fn sequences_start_again_at_zero() {
    assert_eq!(add_to_sequence(5, 3), 8);
    assert_eq!(add_to_sequence(i32::MAX, 1), 0);
    assert_eq!(add_to_sequence(i32::MAX - 1, 4), 2);
    assert_eq!(add_to_sequence(2, -4), i32::MAX - 1);
}

#[test]
fn the_base_offset_and_the_epoch_lie_outside_the_crc() {
    let mut bytes = build(BatchOptions::default(), &[Row::new(0, 5, None, Some("value"))]);
    set_base_offset(&mut bytes, 1_000_000);
    set_leader_epoch(&mut bytes, 7);
    let batch = Batch::parse(&bytes).expect("parses");
    assert!(batch.crc_is_valid());
    assert_eq!((batch.base_offset(), batch.last_offset(), batch.leader_epoch()), (1_000_000, 1_000_000, 7));
}

#[test]
fn timestamps_are_patched_with_the_crc() {
    let rows = [Row::new(0, 50, None, Some("a")), Row::new(1, 20, None, Some("b"))];
    let mut bytes = build(BatchOptions { compression: Compression::Zstd, ..BatchOptions::default() }, &rows);
    let before = bytes.clone();
    set_timestamps_and_crc(&mut bytes, TimestampType::CreateTime, 50);
    assert_eq!(bytes, before, "nothing to do");
    set_timestamps_and_crc(&mut bytes, TimestampType::LogAppendTime, 999);
    let batch = Batch::parse(&bytes).expect("parses");
    assert!(batch.crc_is_valid());
    assert_eq!(batch.max_timestamp(), 999);
    assert_eq!(batch.timestamp_type(), TimestampType::LogAppendTime);
    assert_eq!(batch.compression(), Some(Compression::Zstd));
    let mut seen = Vec::new();
    let summary = walk_records(&batch, RecordLimits::default(), |facts| seen.push(facts.timestamp));
    assert_eq!(seen, [999, 999]);
    assert_eq!(summary.map(|summary| summary.max_timestamp), Ok(999));
}

#[test]
fn control_records_round_trip() {
    let options = BatchOptions { is_control: true, is_transactional: true, ..BatchOptions::default() };
    let mut builder = BatchBuilder::new(options);
    let marker = EndTransactionMarker::new(42).encode();
    builder.append_control(1, &ControlRecord::new(ControlRecordType::Abort, &marker)).expect("fits");
    builder.append_control(2, &ControlRecord::new(ControlRecordType::KRaftVoters, b"body")).expect("fits");
    let bytes = builder.build().expect("builds");
    let batch = Batch::parse(&bytes).expect("parses");
    assert!(batch.is_control() && batch.is_transactional());
    let unpacked = batch.unpacked(RecordLimits::default()).expect("unpacks");
    let records: Vec<_> = unpacked
        .iter()
        .map(|record| ControlRecord::from_record(&record.expect("is a record")).expect("is a control record"))
        .collect();
    assert_eq!(records[0].end_marker(), Ok(EndTransactionMarker { version: 0, coordinator_epoch: 42 }));
    assert_eq!(records[1], ControlRecord::new(ControlRecordType::KRaftVoters, b"body"));
    assert_eq!(records[1].end_marker(), Err(ControlRecordError::NoEndMarker { id: 6 }));
}

#[test]
fn control_types_have_their_numbers() {
    for id in -1..9 {
        assert_eq!(ControlRecordType::from_id(id).id(), id);
    }
    assert_eq!(ControlRecordType::from_id(1), ControlRecordType::Commit);
    assert_eq!(ControlRecordType::from_id(99), ControlRecordType::Unknown(99));
}

#[test]
fn a_batch_that_outgrows_its_offsets_is_refused() {
    let mut builder = BatchBuilder::new(BatchOptions { base_offset: 10, ..BatchOptions::default() });
    builder.append(1, None, None, &[]).expect("fits");
    let refused = |offset| BuildError::OffsetOutOfOrder { offset, previous: 10 };
    assert_eq!(builder.append_at(10, 1, None, None, &[]), Err(refused(10)));
    let far = 11 + i64::from(i32::MAX);
    assert_eq!(builder.append_at(far, 1, None, None, &[]), Err(refused(far)));
    assert_eq!(builder.keep_last_offset(9), Err(refused(9)));
    assert_eq!(builder.record_count(), 1);
    assert_eq!(builder.next_offset(), 11);
}

proptest! {
    #[test]
    fn what_is_built_is_read_again(options in arbitrary_options(), expected in arbitrary_rows()) {
        let bytes = build(options, &expected);
        let batch = Batch::parse(&bytes).expect("parses");
        prop_assert!(batch.crc_is_valid());
        prop_assert_eq!(batch.size_bytes(), bytes.len());
        prop_assert_eq!(batch.base_offset(), options.base_offset);
        prop_assert_eq!(batch.last_offset(), options.base_offset + expected.len() as i64 - 1);
        prop_assert_eq!(batch.next_offset(), batch.last_offset() + 1);
        prop_assert_eq!(batch.leader_epoch(), options.leader_epoch);
        prop_assert_eq!(batch.compression(), Some(options.compression));
        prop_assert_eq!(batch.is_transactional(), options.is_transactional);
        prop_assert_eq!(batch.has_producer_id(), options.producer.is_some());
        if let Some(producer) = options.producer {
            prop_assert_eq!(batch.producer_id(), producer.id);
            prop_assert_eq!(batch.producer_epoch(), producer.epoch);
            prop_assert_eq!(batch.base_sequence(), producer.base_sequence);
            prop_assert_eq!(batch.last_sequence(), add_to_sequence(producer.base_sequence, expected.len() as i32 - 1));
        }
        prop_assert_eq!(rows(&batch), Ok(expected.clone()));
        let summary = validate_records(&batch, RecordLimits::default()).expect("is valid");
        let max_timestamp = expected.iter().map(|row| row.timestamp).max().expect("not empty");
        prop_assert_eq!(summary.record_count as usize, expected.len());
        prop_assert_eq!(summary.max_timestamp, max_timestamp);
        prop_assert_eq!(batch.max_timestamp(), max_timestamp);
    }

    #[test]
    fn records_move_between_batches(options in arbitrary_options(), rows_before in arbitrary_rows(), codec in 0..5u8) {
        let bytes = build(options, &rows_before);
        let batch = Batch::parse(&bytes).expect("parses");
        let compression = Compression::from_id(codec).expect("exists");
        let mut builder = BatchBuilder::new(BatchOptions { compression, level: CompressionLevel::Level(1), ..options });
        let mut records = batch.records(RecordLimits::default());
        while let Some(record) = records.next_record() {
            let record = record.expect("is a record");
            let offset = batch.base_offset() + i64::from(record.offset_delta);
            builder.append_record(offset, batch.base_timestamp() + record.timestamp_delta, &record).expect("fits");
        }
        let moved = builder.build().expect("builds");
        prop_assert_eq!(rows(&Batch::parse(&moved).expect("parses")), Ok(rows_before));
    }
}
