//! Bytes that lie: about lengths, counts, offsets, codecs. Nothing panics, nothing grows past its cap.

use super::*;
use crate::varint::{put_varint, put_varlong};

fn sample() -> Vec<u8> {
    build(
        BatchOptions::default(),
        &[Row::new(0, 5, Some("k"), Some("value")), Row::new(1, 6, None, Some("another value"))],
    )
}

/// A batch of one record whose bytes (behind its size) are `body`, claiming `count` records.
fn batch_of_body(body: &[u8], count: i32) -> Vec<u8> {
    let mut bytes = build(BatchOptions::default(), &[Row::new(0, 0, None, None)]);
    bytes.truncate(BATCH_OVERHEAD);
    put_varint(&mut bytes, body.len() as i32);
    bytes.extend_from_slice(body);
    with_header(bytes, count)
}

fn with_header(mut bytes: Vec<u8>, count: i32) -> Vec<u8> {
    let length = (bytes.len() - LOG_OVERHEAD) as i32;
    bytes[8..12].copy_from_slice(&length.to_be_bytes());
    bytes[23..27].copy_from_slice(&count.wrapping_sub(1).to_be_bytes());
    bytes[57..61].copy_from_slice(&count.to_be_bytes());
    update_crc(&mut bytes);
    bytes
}

fn fields(offset_delta: i32, key_length: i32, header_count: i32) -> Vec<u8> {
    let mut body = vec![0];
    put_varlong(&mut body, 0);
    put_varint(&mut body, offset_delta);
    put_varint(&mut body, key_length);
    put_varint(&mut body, -1);
    put_varint(&mut body, header_count);
    body
}

fn refusal(bytes: &[u8]) -> RecordError {
    let batch = Batch::parse(bytes).expect("the header is in order");
    validate_records(&batch, RecordLimits::default()).expect_err("is refused")
}

#[test]
fn a_batch_is_cut_off_anywhere() {
    let bytes = sample();
    for end in 0..bytes.len() {
        match Batch::parse(&bytes[..end]) {
            Err(BatchError::Truncated { position: 0, available, needed }) => {
                assert_eq!(available, end);
                assert!(needed > end && needed <= bytes.len());
            }
            other => panic!("cut at {end}: {other:?}"),
        }
    }
}

#[test]
fn lengths_and_formats_are_refused() {
    let good = sample();
    let with_length = |length: i32| {
        let mut bytes = good.clone();
        bytes[8..12].copy_from_slice(&length.to_be_bytes());
        bytes
    };
    for length in [i32::MIN, -1, 0, 4, 48] {
        assert_eq!(
            Batch::parse(&with_length(length)),
            Err(BatchError::InvalidLength { position: 0, length })
        );
    }
    assert!(matches!(Batch::parse(&with_length(i32::MAX)), Err(BatchError::Truncated { .. })));
    for magic in [-1, 0, 1, 3] {
        let mut bytes = good.clone();
        bytes[16] = magic as u8;
        assert_eq!(Batch::parse(&bytes), Err(BatchError::UnsupportedMagic { position: 0, magic }));
    }
    assert!(matches!(Batch::parse(&[0; 12]), Err(BatchError::InvalidLength { length: 0, .. })));
}

#[test]
fn batches_end_at_the_first_error_and_name_its_place() {
    let good = sample();
    let bytes = [&good[..], &good, &good[..30]].concat();
    let mut batches = Batches::new(&bytes);
    assert!(batches.next().is_some_and(|batch| batch.is_ok()));
    assert!(batches.next().is_some_and(|batch| batch.is_ok()));
    let position = 2 * good.len();
    let truncated = BatchError::Truncated { position, available: 30, needed: BATCH_OVERHEAD };
    assert_eq!(batches.next(), Some(Err(truncated)));
    assert_eq!(batches.next(), None);
    assert_eq!(batches.position(), position);
}

#[test]
fn counts_that_lie() {
    let with_count = |count: i32| with_header(sample(), count);
    assert_eq!(refusal(&with_count(0)), RecordError::InvalidRecordCount { claimed: 0 });
    assert_eq!(refusal(&with_count(-5)), RecordError::InvalidRecordCount { claimed: -5 });
    assert_eq!(refusal(&with_count(1)), RecordError::BytesLeftInBatch { claimed: 1 });
    assert_eq!(refusal(&with_count(3)), RecordError::RecordsMissing { claimed: 3, found: 2 });
    assert_eq!(refusal(&with_count(i32::MAX)), RecordError::RecordsMissing { claimed: i32::MAX, found: 2 });
    let mut bytes = sample();
    bytes[23..27].copy_from_slice(&9i32.to_be_bytes());
    let differ = RecordError::CountAndOffsetsDiffer { record_count: 2, last_offset_delta: 9 };
    assert_eq!(refusal(&bytes), differ);
}

#[test]
fn offset_deltas_that_lie() {
    let rows = [Row::new(0, 1, None, None), Row::new(2, 1, None, None)];
    for codec in Compression::ALL {
        let bytes = build(BatchOptions { compression: codec, ..BatchOptions::default() }, &rows);
        let bytes = with_header(bytes, 2);
        assert_eq!(
            refusal(&bytes),
            RecordError::UnexpectedOffsetDelta { index: 1, offset_delta: 2 },
            "{codec}"
        );
    }
}

#[test]
fn fields_that_lie() {
    assert!(
        validate_records(
            &Batch::parse(&batch_of_body(&fields(0, -1, 0), 1)).expect("parses"),
            RecordLimits::default()
        )
        .is_ok()
    );
    assert_eq!(refusal(&batch_of_body(&[], 1)), RecordError::Truncated, "no attributes");
    assert_eq!(refusal(&batch_of_body(&fields(0, i32::MAX, 0), 1)), RecordError::Truncated, "key length");
    assert_eq!(refusal(&batch_of_body(&fields(0, -1, -1), 1)), RecordError::InvalidHeaderCount { count: -1 });
    let count = i32::MAX;
    assert_eq!(refusal(&batch_of_body(&fields(0, -1, count), 1)), RecordError::InvalidHeaderCount { count });
    let with_tail = |tail: &[u8], headers| [fields(0, -1, headers), tail.to_vec()].concat();
    assert_eq!(refusal(&batch_of_body(&with_tail(&[9], 0), 1)), RecordError::BytesLeftInRecord { bytes: 1 });
    assert_eq!(refusal(&batch_of_body(&with_tail(&[1, 1], 1), 1)), RecordError::NullHeaderKey);
    assert_eq!(refusal(&batch_of_body(&with_tail(&[0, 4, 1], 1), 1)), RecordError::Truncated, "header value");
    assert_eq!(
        refusal(&batch_of_body(&with_tail(&[0, 1, 7], 1), 1)),
        RecordError::BytesLeftInRecord { bytes: 1 }
    );
}

#[test]
fn sizes_of_records_that_lie() {
    for codec in Compression::ALL {
        for (size, expected) in
            [(-1, RecordError::InvalidSize { size: -1 }), (1_000_000, RecordError::Truncated)]
        {
            let mut records = Vec::new();
            put_varint(&mut records, size);
            records.extend_from_slice(&[0; 40]);
            let mut bytes = build(BatchOptions { compression: codec, ..BatchOptions::default() }, &[]);
            bytes.truncate(BATCH_OVERHEAD);
            crate::compression::compress(codec, CompressionLevel::Default, &records, &mut bytes)
                .expect("packs");
            assert_eq!(refusal(&with_header(bytes, 1)), expected, "{codec}");
        }
    }
    let batch = sample();
    let batch = Batch::parse(&batch).expect("parses");
    assert!(validate_records(&batch, RecordLimits { unpacked_bytes_max: 0 }).is_ok(), "nothing is unpacked");
}

#[test]
fn an_unknown_codec_is_refused() {
    let mut bytes = sample();
    bytes[22] |= 5;
    let expected = RecordError::UnknownCompression { attributes: 5 };
    assert_eq!(refusal(&bytes), expected);
    assert_eq!(Batch::parse(&bytes).expect("parses").unpacked(RecordLimits::default()), Err(expected));
}

#[test]
fn a_bomb_costs_no_more_than_its_cap() {
    let value = "0".repeat(8 << 20);
    for codec in [Compression::Gzip, Compression::Snappy, Compression::Lz4, Compression::Zstd] {
        let rows = [Row::new(0, 1, None, Some(&value))];
        let bytes = build(BatchOptions { compression: codec, ..BatchOptions::default() }, &rows);
        let batch = Batch::parse(&bytes).expect("parses");
        let limits = RecordLimits { unpacked_bytes_max: 1 << 20 };
        let size = RecordError::InvalidSize { size: (8 << 20) + 9 };
        let too_large = RecordError::Compression(CompressionError::OutputTooLarge {
            compression: codec,
            bytes_max: 1 << 20,
        });
        assert_eq!(batch.unpacked(limits), Err(too_large));
        assert_eq!(validate_records(&batch, limits), Err(size), "{codec}: the size field is enough");
        assert!(validate_records(&batch, RecordLimits::default()).is_ok());
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes: Vec<u8>) {
        for batch in Batches::new(&bytes).flatten() {
            let _ = rows(&batch);
        }
    }

    #[test]
    fn changed_batches_do_not_panic(
        options in arbitrary_options(),
        expected in arbitrary_rows(),
        flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = build(options, &expected);
        for (index, value) in flips {
            let at = index.index(bytes.len());
            bytes[at] = value;
        }
        for batch in Batches::new(&bytes).flatten() {
            let _ = format!("{:?} {} {}", batch, batch.last_sequence(), batch.next_offset());
            let limits = RecordLimits { unpacked_bytes_max: 1 << 20 };
            let mut records = batch.records(limits);
            while let Some(Ok(record)) = records.next_record() {
                let _ = ControlRecord::from_record(&record).map(|control| control.end_marker().is_ok());
                let _ = record.headers.count();
            }
            let _ = validate_records(&batch, limits);
        }
    }
}
