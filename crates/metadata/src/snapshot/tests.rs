//! Tests of `snapshot` and of the fold, against the metadata log and the snapshots that Kafka 4.3.1 wrote.

use std::collections::BTreeSet;

use jackdaw_base::{LeaderEpoch, Offset, TimestampMs};
use jackdaw_protocol::metadata_record::MetadataRecord;
use jackdaw_protocol::records::{Batches, RecordLimits};

use super::*;
use crate::Image;
use crate::decide::bootstrap::{Bootstrap, first_records};
use crate::delta::Delta;
use crate::fixture::check_invariants;

const CLEAN: &[u8] = include_bytes!("../../../../tests/golden/kafka-4.3.1/__cluster_metadata-0/clean.log");
const CRASHED: &[u8] =
    include_bytes!("../../../../tests/golden/kafka-4.3.1/__cluster_metadata-0/crashed.log");

macro_rules! checkpoints {
    ($($offset:literal),*) => {
        [$(($offset, include_bytes!(concat!(
            "../../../../tests/golden/kafka-4.3.1/__cluster_metadata-0/00000000000000000",
            $offset,
            "-0000000002.checkpoint"
        )) as &[u8])),*]
    };
}

const CHECKPOINTS: [(&str, &[u8]); 8] = checkpoints!("297", "351", "379", "407", "435", "463", "491", "539");

/// Every metadata record of a log, with its offset and its bytes.
fn records_of(log: &[u8]) -> Vec<(Offset, Vec<u8>)> {
    let mut all = Vec::new();
    for batch in Batches::new(log) {
        let batch = batch.expect("a whole batch");
        assert!(batch.crc_is_valid());
        let mut records = batch.records(RecordLimits::default());
        while let Some(record) = records.next_record() {
            let record = record.expect("a record");
            if !batch.is_control() {
                let offset = Offset(batch.base_offset() + i64::from(record.offset_delta));
                all.push((offset, record.value.expect("a value").to_vec()));
            }
        }
    }
    all
}

/// The image after the records below `end`.
fn image_before(log: &[u8], end: i64) -> Image {
    let mut image = Image::default();
    for (offset, bytes) in records_of(log).iter().take_while(|(offset, _)| offset.0 < end) {
        let record = MetadataRecord::decode(bytes).expect("a known record");
        image.replay(&record, *offset).expect("a log that Kafka wrote");
    }
    image
}

fn header(epoch: i32) -> SnapshotHeader {
    SnapshotHeader {
        epoch: LeaderEpoch(epoch),
        last_contained_log_timestamp: TimestampMs(7),
        kraft_version: 0,
        voters: None,
    }
}

#[test]
fn every_record_of_the_golden_logs_is_written_back_byte_for_byte() {
    for log in [CLEAN, CRASHED] {
        for (offset, bytes) in records_of(log) {
            let (record, version) = MetadataRecord::decode_with_version(&bytes).expect("a known record");
            let mut written = Vec::new();
            record.encode(version, &mut written).expect("what was read can be written");
            assert_eq!(written, bytes, "offset {offset}: {record:?}");
        }
    }
}

#[test]
fn record_versions_are_those_that_kafka_chose() {
    let mut image = Image::default();
    for (offset, bytes) in records_of(CLEAN) {
        let (record, version) = MetadataRecord::decode_with_version(&bytes).expect("a known record");
        image.replay(&record, offset).expect("a log that Kafka wrote");
        let level = image.features.metadata_version().unwrap_or(crate::MetadataVersion::NEWEST);
        assert_eq!(level.record_version(&record), version, "offset {offset}: {record:?}");
    }
}

#[test]
fn the_golden_logs_fold_and_show_what_kafka_did() {
    let image = image_before(CLEAN, i64::MAX);
    check_invariants(&image);
    assert_eq!(image.features.metadata_version(), Some(crate::MetadataVersion::NEWEST));
    assert!(image.topics.by_name("gone").is_none());
    assert_eq!(image.topics.by_name("grown").expect("it exists").partition_count(), 3);
    assert_eq!(image.next_producer_id, Some(1000));
    assert_eq!(image.security.acls.size(), 1);
    assert_eq!(image.security.scram.size(), 1);
    assert_eq!(image.cluster.controllers.size(), 1);
    check_invariants(&image_before(CRASHED, i64::MAX));
}

#[test]
fn the_image_of_the_log_is_the_image_of_each_of_kafkas_snapshots() {
    for (end, bytes) in CHECKPOINTS {
        let snapshot = read(bytes).expect("a snapshot that Kafka wrote");
        let image = image_before(CLEAN, end.parse().expect("a number"));
        assert_eq!(image, snapshot.image, "at {end}: {:?}", Delta::between(&image, &snapshot.image));
        assert!(Delta::between(&image, &snapshot.image).is_empty());
        assert_eq!(snapshot.header.epoch, LeaderEpoch(2));
        assert_eq!(snapshot.header.kraft_version, 0);
    }
}

/// Records as texts, with lists whose order means nothing put in order.
fn normalized(records: impl Iterator<Item = MetadataRecord<'static>>) -> BTreeSet<String> {
    let sorted = |record| match record {
        MetadataRecord::RegisterBroker(mut broker) => {
            broker.features.sort_by(|a, b| a.name.cmp(&b.name));
            MetadataRecord::RegisterBroker(broker)
        }
        MetadataRecord::RegisterController(mut controller) => {
            controller.features.sort_by(|a, b| a.name.cmp(&b.name));
            MetadataRecord::RegisterController(controller)
        }
        record => record,
    };
    records.map(|record| format!("{:?}", sorted(record))).collect()
}

#[test]
fn our_snapshot_has_the_records_of_kafkas() {
    for (end, bytes) in CHECKPOINTS {
        let theirs = records_of(bytes);
        let read_record =
            |(_, bytes): &(Offset, Vec<u8>)| MetadataRecord::decode(bytes).expect("known").into_owned();
        let image = image_before(CLEAN, end.parse().expect("a number"));
        let ours = write_whole(&image, &header(2), TimestampMs(8)).expect("a snapshot");
        let ours = records_of(&ours);
        assert_eq!(ours.len(), theirs.len(), "at {end}");
        assert_eq!(
            normalized(ours.iter().map(read_record)),
            normalized(theirs.iter().map(read_record)),
            "at {end}"
        );
        let sizes =
            |records: &[(Offset, Vec<u8>)]| records.iter().map(|(_, bytes)| bytes.len()).sum::<usize>();
        assert_eq!(sizes(&ours), sizes(&theirs), "at {end}: the same versions, the same bytes");
        let kinds = |records: &[(Offset, Vec<u8>)]| {
            let mut kinds: Vec<_> = records.iter().map(|record| read_record(record).type_name()).collect();
            kinds.dedup();
            kinds
        };
        let is_no_topic = |kind: &&str| *kind != "TopicRecord" && *kind != "PartitionRecord";
        let order = |records| kinds(records).into_iter().filter(is_no_topic).collect::<Vec<_>>();
        assert_eq!(order(&ours), order(&theirs), "at {end}: kinds in Kafka's order");
    }
}

#[test]
fn a_snapshot_is_read_as_it_was_written() {
    let image = image_before(CLEAN, 539);
    let voters = jackdaw_protocol::messages::voters_record::VotersRecord::default();
    let header = SnapshotHeader { kraft_version: 1, voters: Some(voters), ..header(5) };
    let bytes = write_whole(&image, &header, TimestampMs(8)).expect("a snapshot");
    let snapshot = read(&bytes).expect("our own snapshot");
    assert_eq!(snapshot.image, image);
    assert_eq!(snapshot.header, header);
}

#[test]
fn a_damaged_snapshot_is_no_snapshot() {
    let image = image_before(CLEAN, 539);
    let bytes = write_whole(&image, &header(2), TimestampMs(8)).expect("a snapshot");
    let batches: Vec<_> = Batches::new(&bytes).map(|batch| batch.expect("whole").size_bytes()).collect();
    let without_footer = &bytes[..bytes.len() - batches[batches.len() - 1]];
    assert_eq!(read(without_footer).err(), Some(SnapshotError::NoFooter));
    assert_eq!(read(&bytes[batches[0]..]).err(), Some(SnapshotError::NoHeader));
    assert_eq!(read(&[]).err(), Some(SnapshotError::NoHeader));
    assert!(matches!(read(&bytes[..bytes.len() - 1]), Err(SnapshotError::Batch(_))));
    let mut flipped = bytes.clone();
    flipped[batches[0] + 100] ^= 1;
    assert!(matches!(read(&flipped), Err(SnapshotError::WrongCrc { .. })));
    let twice = [bytes.as_slice(), &bytes[..batches[0]]].concat();
    assert_eq!(read(&twice).err(), Some(SnapshotError::BehindFooter));
}

#[test]
fn the_first_records_are_those_of_kafkas_log() {
    let theirs: Vec<_> = records_of(CLEAN)
        .into_iter()
        .filter(|(offset, _)| offset.0 < 10)
        .map(|(_, bytes)| MetadataRecord::decode(&bytes).expect("known").into_owned())
        .collect();
    assert_eq!(first_records(&Image::default(), &Bootstrap::newest(1)), theirs);
}

#[test]
fn no_flipped_bit_of_a_snapshot_goes_unnoticed() {
    let (_, bytes) = CHECKPOINTS[7];
    let whole = read(bytes).expect("a snapshot that Kafka wrote").image;
    for position in 0..bytes.len() {
        let mut damaged = bytes.to_vec();
        damaged[position] ^= 1 << (position % 8);
        // Offsets and epochs stand outside the CRC and do not matter to the image.
        if let Ok(snapshot) = read(&damaged) {
            assert!(snapshot.image == whole, "byte {position}");
        }
    }
}
