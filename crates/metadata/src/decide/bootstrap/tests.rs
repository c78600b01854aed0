//! Tests of the first records; those of the newest level are compared with Kafka's log in `snapshot`.

use super::*;
use jackdaw_protocol::messages::topic_record::TopicRecord;

fn names(records: &[MetadataRecord<'static>]) -> Vec<&'static str> {
    records.iter().map(MetadataRecord::type_name).collect()
}

#[test]
fn an_old_cluster_gets_what_its_level_knows() {
    let metadata_version = MetadataVersion::from_name("3.3").expect("known");
    let records = first_records(&Image::default(), &Bootstrap { metadata_version, ..Bootstrap::newest(2) });
    assert_eq!(names(&records), ["FeatureLevelRecord"], "no transactions, no other features");
}

#[test]
fn chosen_levels_win_over_defaults() {
    let levels = vec![("group.version".to_owned(), 0), ("eligible.leader.replicas.version".to_owned(), 0)];
    let records = first_records(&Image::default(), &Bootstrap { levels, ..Bootstrap::newest(2) });
    let expected = [
        "BeginTransactionRecord",
        "FeatureLevelRecord",
        "FeatureLevelRecord",
        "FeatureLevelRecord",
        "FeatureLevelRecord",
        "EndTransactionRecord",
    ];
    assert_eq!(names(&records), expected, "and without eligible leader replicas no min.insync.replicas");
}

#[test]
fn half_a_transaction_of_a_predecessor_is_aborted() {
    let mut image = Image::default();
    let first = first_records(&image, &Bootstrap::newest(1));
    for (offset, record) in (1..).map(Offset).zip(&first[..4]) {
        image.replay(record, offset).expect("ok");
    }
    assert!(image.is_empty());
    let again = first_records(&image, &Bootstrap::newest(1));
    assert_eq!(names(&again[..2]), ["AbortTransactionRecord", "BeginTransactionRecord"]);
    for (offset, record) in (10..).map(Offset).zip(&again) {
        image.replay(record, offset).expect("ok");
    }
    assert_eq!(image.features.metadata_version(), Some(MetadataVersion::NEWEST));
    assert!(takeover_records(&image).is_empty());
    image.replay(&first[0], Offset(30)).expect("ok");
    image.replay(&TopicRecord::default().into(), Offset(31)).expect("ok");
    assert_eq!(names(&takeover_records(&image)), ["AbortTransactionRecord"]);
}
