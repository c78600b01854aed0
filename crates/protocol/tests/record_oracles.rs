//! Record batches against another implementation: what it writes we read, and the other way round. Codecs are left
//! to the vectors of Kafka itself; here it is about every field of header and records.

use bytes::{Bytes, BytesMut};
use jackdaw_protocol::records::{
    Batch, BatchBuilder, BatchOptions, Batches, Header, ProducerFields, RecordLimits, set_base_offset,
};
use kafka_protocol::indexmap::IndexMap;
use kafka_protocol::protocol::StrBytes;
use kafka_protocol::records::{
    Compression, Record, RecordBatchDecoder, RecordBatchEncoder, RecordEncodeOptions, TimestampType,
};
use proptest::prelude::*;

/// What both implementations have to agree about.
#[derive(Clone, PartialEq, Debug)]
struct Row {
    timestamp: i64,
    key: Option<Vec<u8>>,
    value: Option<Vec<u8>>,
    headers: Vec<(String, Option<Vec<u8>>)>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
struct Envelope {
    base_offset: i64,
    producer: (i64, i16, i32),
    is_transactional: bool,
}

fn theirs(envelope: Envelope, rows: &[Row]) -> Vec<u8> {
    let (producer_id, producer_epoch, base_sequence) = envelope.producer;
    let records: Vec<Record> = rows
        .iter()
        .enumerate()
        .map(|(index, row)| Record {
            transactional: envelope.is_transactional,
            control: false,
            delete_horizon: false,
            partition_leader_epoch: 5,
            producer_id,
            producer_epoch,
            timestamp_type: TimestampType::Creation,
            offset: envelope.base_offset + index as i64,
            sequence: base_sequence + index as i32,
            timestamp: row.timestamp,
            key: row.key.clone().map(Bytes::from),
            value: row.value.clone().map(Bytes::from),
            headers: row
                .headers
                .iter()
                .map(|(key, value)| (StrBytes::from_string(key.clone()), value.clone().map(Bytes::from)))
                .collect::<IndexMap<_, _>>(),
        })
        .collect();
    let mut bytes = BytesMut::new();
    let options = RecordEncodeOptions { version: 2, compression: Compression::None };
    RecordBatchEncoder::encode(&mut bytes, &records, &options).expect("encodes");
    bytes.to_vec()
}

fn ours(envelope: Envelope, rows: &[Row]) -> Vec<u8> {
    let (id, epoch, base_sequence) = envelope.producer;
    let mut builder = BatchBuilder::new(BatchOptions {
        base_offset: envelope.base_offset,
        leader_epoch: 5,
        producer: Some(ProducerFields { id, epoch, base_sequence }),
        is_transactional: envelope.is_transactional,
        ..BatchOptions::default()
    });
    for row in rows {
        let headers: Vec<_> = row
            .headers
            .iter()
            .map(|(key, value)| Header { key: key.as_bytes(), value: value.as_deref() })
            .collect();
        builder.append(row.timestamp, row.key.as_deref(), row.value.as_deref(), &headers).expect("fits");
    }
    builder.build().expect("builds")
}

fn read_by_us(batch: &Batch<'_>) -> Vec<Row> {
    let unpacked = batch.unpacked(RecordLimits::default()).expect("unpacks");
    let owned = |bytes: Option<&[u8]>| bytes.map(<[u8]>::to_vec);
    unpacked
        .iter()
        .map(|record| {
            let record = record.expect("is a record");
            let text = |key: &[u8]| String::from_utf8(key.to_vec()).expect("is UTF-8");
            Row {
                timestamp: batch.base_timestamp() + record.timestamp_delta,
                key: owned(record.key),
                value: owned(record.value),
                headers: record.headers.map(|header| (text(header.key), owned(header.value))).collect(),
            }
        })
        .collect()
}

fn read_by_them(bytes: &[u8]) -> Vec<Record> {
    RecordBatchDecoder::decode(&mut Bytes::copy_from_slice(bytes)).expect("decodes").records
}

fn row_of(record: &Record) -> Row {
    Row {
        timestamp: record.timestamp,
        key: record.key.as_ref().map(|key| key.to_vec()),
        value: record.value.as_ref().map(|value| value.to_vec()),
        headers: record
            .headers
            .iter()
            .map(|(key, value)| (key.to_string(), value.as_ref().map(|value| value.to_vec())))
            .collect(),
    }
}

fn arbitrary_rows() -> impl Strategy<Value = Vec<Row>> {
    let bytes = || proptest::option::of(proptest::collection::vec(any::<u8>(), 0..300));
    // The other implementation keeps headers in a map: every name once.
    let headers = proptest::collection::btree_map("\\PC{0,8}", bytes(), 0..4);
    let row = (0..1i64 << 50, bytes(), bytes(), headers);
    proptest::collection::vec(row, 1..30).prop_map(|rows| {
        rows.into_iter()
            .map(|(timestamp, key, value, headers)| Row {
                timestamp,
                key,
                value,
                headers: headers.into_iter().collect(),
            })
            .collect()
    })
}

fn arbitrary_envelope() -> impl Strategy<Value = Envelope> {
    (0..1i64 << 50, (0..i64::MAX, 0..i16::MAX, 0..1i32 << 30), any::<bool>()).prop_map(
        |(base_offset, producer, is_transactional)| Envelope { base_offset, producer, is_transactional },
    )
}

proptest! {
    #[test]
    fn we_read_what_they_write(envelope in arbitrary_envelope(), rows in arbitrary_rows()) {
        let bytes = theirs(envelope, &rows);
        let batches: Vec<_> = Batches::new(&bytes).collect();
        prop_assert_eq!(batches.len(), 1);
        let batch = batches[0].expect("parses");
        prop_assert!(batch.crc_is_valid());
        prop_assert_eq!(batch.base_offset(), envelope.base_offset);
        prop_assert_eq!((batch.producer_id(), batch.producer_epoch(), batch.base_sequence()), envelope.producer);
        prop_assert_eq!(batch.is_transactional(), envelope.is_transactional);
        prop_assert_eq!(batch.max_timestamp(), rows.iter().map(|row| row.timestamp).max().expect("not empty"));
        prop_assert_eq!(read_by_us(&batch), rows);
    }

    #[test]
    fn they_read_what_we_write(envelope in arbitrary_envelope(), rows in arbitrary_rows(), moved_to in 0..1i64 << 50) {
        let mut bytes = ours(envelope, &rows);
        set_base_offset(&mut bytes, moved_to);
        let records = read_by_them(&bytes);
        prop_assert_eq!(records.iter().map(row_of).collect::<Vec<_>>(), rows);
        for (index, record) in records.iter().enumerate() {
            prop_assert_eq!(record.offset, moved_to + index as i64);
            prop_assert_eq!((record.producer_id, record.producer_epoch), (envelope.producer.0, envelope.producer.1));
            prop_assert_eq!(record.sequence, envelope.producer.2 + index as i32);
            prop_assert_eq!((record.transactional, record.partition_leader_epoch), (envelope.is_transactional, 5));
        }
    }
}
