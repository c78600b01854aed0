//! Records that Kafka 4.3.1 wrote into its metadata log and its coordinators' topics, beside what its own tools
//! show of them (kafka-dump-log, with its decoders): both bytes and JSON must be ours.

mod common;

use common::{hex, typed, unhex};
use jackdaw_protocol::messages::*;
use jackdaw_protocol::metadata_record::MetadataRecord;
use jackdaw_protocol::schema::{self, Tagged};
use jackdaw_protocol::wire::Reader;
use serde_json::Value;

const RECORDS: &str = include_str!("../../../tests/golden/kafka-records.jsonl");

macro_rules! kinds {
    ($($module:ident::$key:ident / $value:ident,)*) => {
        &[$(($module::$key::RECORD_TYPE, stringify!($key), stringify!($value))),*]
    };
}

/// A type of record: its number, and the messages that are its key and its value.
type Kind = (i16, &'static str, &'static str);

const GROUPS: &[Kind] = kinds! {
    legacy_offset_commit_key::LegacyOffsetCommitKey / LegacyOffsetCommitValue,
    offset_commit_key::OffsetCommitKey / OffsetCommitValue,
    group_metadata_key::GroupMetadataKey / GroupMetadataValue,
    consumer_group_metadata_key::ConsumerGroupMetadataKey / ConsumerGroupMetadataValue,
    consumer_group_partition_metadata_key::ConsumerGroupPartitionMetadataKey / ConsumerGroupPartitionMetadataValue,
    consumer_group_member_metadata_key::ConsumerGroupMemberMetadataKey / ConsumerGroupMemberMetadataValue,
    consumer_group_target_assignment_metadata_key::ConsumerGroupTargetAssignmentMetadataKey / ConsumerGroupTargetAssignmentMetadataValue,
    consumer_group_target_assignment_member_key::ConsumerGroupTargetAssignmentMemberKey / ConsumerGroupTargetAssignmentMemberValue,
    consumer_group_current_member_assignment_key::ConsumerGroupCurrentMemberAssignmentKey / ConsumerGroupCurrentMemberAssignmentValue,
    share_group_member_metadata_key::ShareGroupMemberMetadataKey / ShareGroupMemberMetadataValue,
    share_group_metadata_key::ShareGroupMetadataKey / ShareGroupMetadataValue,
    share_group_target_assignment_metadata_key::ShareGroupTargetAssignmentMetadataKey / ShareGroupTargetAssignmentMetadataValue,
    share_group_target_assignment_member_key::ShareGroupTargetAssignmentMemberKey / ShareGroupTargetAssignmentMemberValue,
    share_group_current_member_assignment_key::ShareGroupCurrentMemberAssignmentKey / ShareGroupCurrentMemberAssignmentValue,
    share_group_state_partition_metadata_key::ShareGroupStatePartitionMetadataKey / ShareGroupStatePartitionMetadataValue,
    consumer_group_regular_expression_key::ConsumerGroupRegularExpressionKey / ConsumerGroupRegularExpressionValue,
};

const TRANSACTIONS: &[Kind] = kinds! { transaction_log_key::TransactionLogKey / TransactionLogValue, };

const SHARES: &[Kind] = kinds! {
    share_snapshot_key::ShareSnapshotKey / ShareSnapshotValue,
    share_update_key::ShareUpdateKey / ShareUpdateValue,
};

#[test]
fn records_of_kafka_are_read_shown_and_written_alike() {
    let (mut of_metadata, mut of_coordinators) = (0, 0);
    for line in RECORDS.lines() {
        let record: Value = serde_json::from_str(line).expect("a line of JSON");
        let kinds = match record["log"].as_str().expect("a log") {
            "cluster-metadata" => {
                check_metadata(&record);
                of_metadata += 1;
                continue;
            }
            "consumer-offsets" => GROUPS,
            "transaction-state" => TRANSACTIONS,
            _ => SHARES,
        };
        check_coordinator(kinds, &record);
        of_coordinators += 1;
    }
    assert_eq!((of_metadata, of_coordinators), (176, 85));
}

fn check_metadata(record: &Value) {
    let bytes = unhex(record["value"].as_str().expect("a value"));
    let shown = &record["value_json"];
    let (decoded, version) =
        MetadataRecord::decode_with_version(&bytes).unwrap_or_else(|e| panic!("{record}: {e}"));
    let mut again = Vec::new();
    decoded.encode(version, &mut again).expect("what was decoded can be encoded");
    assert_eq!(hex(&again), hex(&bytes), "{record}");
    assert_eq!(screaming(decoded.type_name()), shown["type"].as_str().expect("a type"));
    assert_eq!(i64::from(version), shown["version"].as_i64().expect("a version"));
    let mut reader = Reader::new(&bytes);
    (0..3).for_each(|_| assert!(reader.varint().is_ok()));
    check_body(decoded.type_name(), version, reader.rest(), &shown["data"]);
}

/// `TopicRecord` → `TOPIC_RECORD`.
fn screaming(name: &str) -> String {
    let words = name.chars().enumerate().map(|(i, letter)| match letter {
        letter if letter.is_uppercase() && i > 0 => format!("_{letter}"),
        letter => letter.to_uppercase().to_string(),
    });
    words.collect()
}

fn check_coordinator(kinds: &[Kind], record: &Value) {
    let key = unhex(record["key"].as_str().expect("a key"));
    let mut reader = Reader::new(&key);
    let number = reader.i16().expect("a type");
    let (_, key_name, value_name) = kinds
        .iter()
        .find(|(known, _, _)| *known == number)
        .unwrap_or_else(|| panic!("type {number}: {record}"));
    assert_eq!(record["key_json"]["type"], number.to_string());
    let key_version = schema::find(key_name).expect("a message").versions.0;
    check_body(key_name, key_version, reader.rest(), &record["key_json"]["data"]);
    if let Some(value) = record["value"].as_str() {
        let value = unhex(value);
        let mut reader = Reader::new(&value);
        let version = reader.i16().expect("a version");
        assert_eq!(record["value_json"]["version"], version.to_string());
        check_body(value_name, version, reader.rest(), &record["value_json"]["data"]);
    }
}

fn check_body(name: &str, version: i16, body: &[u8], shown: &Value) {
    let again = (typed(name).expect("a message").round_trip)(body, version);
    assert_eq!(again.as_deref().map(hex), Ok(hex(body)), "{name} {version}");
    let json =
        schema::to_json(name, version, body, Tagged::Set).unwrap_or_else(|e| panic!("{name} {version}: {e}"));
    if name == "GroupMetadataValue" {
        assert_eq!(without_subscriptions(json), without_subscriptions(shown.clone()), "{name} {version}");
        return;
    }
    assert_eq!(json, *shown, "{name} {version}");
    assert_eq!(
        schema::from_json(name, version, shown).map(|bytes| hex(&bytes)),
        Ok(hex(body)),
        "{name} {version}"
    );
}

/// Kafka's tool looks into these bytes of the members of a classic group, and shows what it finds.
fn without_subscriptions(mut value: Value) -> Value {
    for member in value["members"].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        assert!(member.remove("subscription").is_some() && member.remove("assignment").is_some());
    }
    value
}
