//! The frame around metadata records, and every type of record in it.

mod common;

#[path = "common/random.rs"]
mod random;

use common::{hex, unhex};
use jackdaw_base::Uuid;
use jackdaw_protocol::messages::feature_level_record::FeatureLevelRecord;
use jackdaw_protocol::messages::topic_record::TopicRecord;
use jackdaw_protocol::metadata_record::MetadataRecord;
use jackdaw_protocol::schema;
use jackdaw_protocol::wire::{DecodeError, EncodeError, Sink, Writer};
use random::Random;

#[test]
fn frames_are_those_of_kafka() {
    let topic = TopicRecord { name: "orders".into(), topic_id: Uuid::ONE, ..Default::default() };
    let feature = FeatureLevelRecord { name: "kraft.version".into(), feature_level: 1, ..Default::default() };
    for (record, bytes) in [
        (MetadataRecord::from(topic), "010200076f72646572730000000000000000000000000000000100"),
        (MetadataRecord::from(feature), "010c000e6b726166742e76657273696f6e000100"),
    ] {
        let mut out = Vec::new();
        record.encode(0, &mut out).expect("fits");
        assert_eq!(hex(&out), bytes, "{}", record.type_name());
        assert_eq!(MetadataRecord::decode(&out), Ok(record));
    }
}

/// Found by fuzzing: a tag that only later versions know is an unknown one in an older version.
#[test]
fn a_later_tag_in_an_older_version_is_written_as_it_was_read() {
    let bytes = unhex("01110000110000001100000002000202030211051103020200");
    let record = MetadataRecord::decode(&bytes).expect("sound");
    let mut out = Vec::new();
    record.encode(0, &mut out).expect("what was decoded can be encoded");
    assert_eq!(MetadataRecord::decode(&out), Ok(record));
}

#[test]
fn every_type_survives_in_every_version() {
    let mut random = Random(3);
    assert_eq!(MetadataRecord::TYPES.len(), 26);
    for (kind, name) in MetadataRecord::TYPES {
        let (kind, schema) = (*kind, schema::find(name).expect("a message"));
        for version in schema.versions.0..=schema.versions.1 {
            for _ in 0..20 {
                let mut writer = Writer::new();
                writer.varint(1);
                writer.varint(kind as u32);
                writer.varint(version as u32);
                writer.raw(&random::message(schema, version, &mut random));
                let (record, found) = MetadataRecord::decode_with_version(&writer.bytes).expect("a record");
                assert_eq!((record.type_name(), record.record_type(), found), (schema.name, kind, version));
                assert_eq!(record.version_max(), schema.versions.1);
                let mut out = vec![0xee];
                record.encode(version, &mut out).expect("fits");
                let (again, _) = MetadataRecord::decode_with_version(&out[1..]).expect("a record");
                assert_eq!(again, record);
                assert_eq!(record.clone().into_owned(), record);
            }
        }
    }
}

#[test]
fn a_frame_of_another_kind_is_refused() {
    for (bytes, error) in [
        ("000200", DecodeError::UnknownKind(0)),
        ("020200", DecodeError::UnknownKind(2)),
        ("017f00", DecodeError::UnknownKind(127)),
        ("01ffffffff0f00", DecodeError::UnknownKind(0xffff_ffff)),
        ("010205", DecodeError::UnsupportedVersion { message: "TopicRecord", version: 5 }),
        ("0102000100000000000000000000000000000000000077", DecodeError::TrailingBytes(2)),
        ("", DecodeError::Truncated { needed: 1, remaining: 0 }),
    ] {
        assert_eq!(MetadataRecord::decode(&unhex(bytes)), Err(error), "{bytes}");
    }
}

#[test]
fn nothing_is_appended_of_a_record_that_cannot_be_written() {
    let mut out = vec![1, 2, 3];
    let written = MetadataRecord::from(TopicRecord::default()).encode(9, &mut out);
    assert_eq!(written, Err(EncodeError::UnsupportedVersion { message: "TopicRecord", version: 9 }));
    assert_eq!(out, [1, 2, 3]);
}
