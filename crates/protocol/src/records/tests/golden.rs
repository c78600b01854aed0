//! The vectors that Kafka's own writers made, both ways.

use super::*;

struct Vector {
    name: String,
    bytes: Vec<u8>,
}

fn vectors() -> Vec<Vector> {
    let text = include_str!("../../../../../tests/golden/record-batches.json");
    let file: serde_json::Value = serde_json::from_str(text).expect("is JSON");
    let vectors = file["vectors"].as_array().expect("has vectors");
    vectors
        .iter()
        .map(|vector| Vector {
            name: vector["name"].as_str().expect("has a name").to_owned(),
            bytes: unhex(vector["hex"].as_str().expect("has bytes")),
        })
        .collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("is hex")).collect()
}

/// The options that make the header of `batch` again.
fn options_of(batch: &Batch<'_>) -> BatchOptions {
    BatchOptions {
        base_offset: batch.base_offset(),
        leader_epoch: batch.leader_epoch(),
        compression: batch.compression().expect("has a codec"),
        level: CompressionLevel::Default,
        log_append_time: (batch.timestamp_type() == TimestampType::LogAppendTime)
            .then(|| batch.max_timestamp()),
        producer: batch.has_producer_id().then(|| ProducerFields {
            id: batch.producer_id(),
            epoch: batch.producer_epoch(),
            base_sequence: batch.base_sequence(),
        }),
        is_transactional: batch.is_transactional(),
        is_control: batch.is_control(),
        delete_horizon: batch.delete_horizon(),
    }
}

fn rebuilt(batch: &Batch<'_>, rows: &[Row]) -> Vec<u8> {
    match rows {
        [] => BatchBuilder::empty_batch(options_of(batch), batch.last_offset(), batch.max_timestamp())
            .expect("builds"),
        rows => build(options_of(batch), rows),
    }
}

#[test]
fn every_vector_is_read_and_written_again() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 18);
    for Vector { name, bytes } in &vectors {
        let batches: Vec<_> = Batches::new(bytes).collect();
        let [Ok(batch)] = batches[..] else { panic!("{name}: {batches:?}") };
        assert!(batch.crc_is_valid(), "{name}");
        let rows = rows(&batch).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(rows.len(), batch.record_count() as usize, "{name}");
        let again = rebuilt(&batch, &rows);
        if matches!(batch.compression(), Some(Compression::None)) {
            assert_eq!(&again, bytes, "{name}");
        } else {
            // Packers differ in bytes; what they hold may not.
            let batch = Batch::parse(&again).expect("parses");
            assert_eq!(self::rows(&batch), Ok(rows), "{name}");
        }
    }
}

/// What the vectors of these names hold, read by hand from Kafka's writers.
#[test]
fn vectors_hold_what_their_names_say() {
    let vectors = vectors();
    let check = |name: &str, expected: &[Row]| {
        let vector = vectors.iter().find(|vector| vector.name == name).expect("exists");
        assert_eq!(rows(&Batch::parse(&vector.bytes).expect("parses")).as_deref(), Ok(expected), "{name}");
    };
    let time = 1_700_000_000_000;
    check("one_record_no_key", &[Row::new(0, time, None, Some("value-one"))]);
    check("a_null_value", &[Row::new(0, time, Some("k1"), None)]);
    check("an_empty_key_and_an_empty_value", &[Row::new(0, time, Some(""), Some(""))]);
    check("empty_compacted_batch_keeps_last_offset", &[]);
    check(
        "compacted_records_keep_offset_gaps",
        &[Row::new(0, time, Some("k1"), Some("old")), Row::new(2, time + 200, Some("k2"), Some("new"))],
    );
    let twins =
        [Row::new(0, time, Some("k1"), Some("value-one")), Row::new(1, time + 1, None, Some("value-two"))];
    for name in ["compression_twin_uncompressed", "gzip", "snappy", "lz4", "zstd"] {
        check(name, &twins);
    }
    let mut with_headers = Row::new(0, time, None, Some("value"));
    with_headers.headers = vec![
        ("trace-id".to_owned(), Some(b"abc123".to_vec())),
        ("empty".to_owned(), Some(Vec::new())),
        ("absent".to_owned(), None),
    ];
    check("headers_on_one_record", &[with_headers]);
}

#[test]
fn the_commit_marker_is_read() {
    let vectors = vectors();
    let vector =
        vectors.iter().find(|vector| vector.name == "committed_transaction_control_batch").expect("exists");
    let batch = Batch::parse(&vector.bytes).expect("parses");
    assert!(batch.is_control() && batch.is_transactional());
    assert_eq!((batch.producer_id(), batch.producer_epoch(), batch.base_sequence()), (12345, 7, -1));
    let unpacked = batch.unpacked(RecordLimits::default()).expect("unpacks");
    let record = unpacked.iter().next().expect("has a record").expect("is whole");
    let control = ControlRecord::from_record(&record).expect("is a control record");
    assert_eq!(control.record_type, ControlRecordType::Commit);
    assert_eq!(control.end_marker(), Ok(EndTransactionMarker { version: 0, coordinator_epoch: 11 }));
}
