use jackdaw_base::{NodeId, Offset, PartitionIndex};
use proptest::prelude::*;

use super::*;

#[test]
fn an_offset_checkpoint_is_kafkas() {
    let text = "0\n3\n__consumer_offsets 1 2\nplain 0 50\nplain 10 9223372036854775807\n";
    let checkpoint = OffsetCheckpoint::decode(text).expect("is a checkpoint");
    assert_eq!(checkpoint.get("plain", PartitionIndex(0)), Some(Offset(50)));
    assert_eq!(checkpoint.get("plain", PartitionIndex(1)), None);
    assert_eq!(checkpoint.encode(), text);
    assert_eq!(OffsetCheckpoint::default().encode(), "0\n0\n");
}

#[test]
fn damaged_checkpoints_name_their_line() {
    for (text, expected) in [
        ("", CheckpointError::InvalidVersion { text: String::new() }),
        ("1\n0\n", CheckpointError::InvalidVersion { text: "1".to_owned() }),
        ("0\n", CheckpointError::InvalidCount { text: String::new() }),
        ("0\n-1\n", CheckpointError::InvalidCount { text: "-1".to_owned() }),
        ("0\n2\na 0 1\n", CheckpointError::EntryCount { claimed: 2, found: 1 }),
        ("0\n0\na 0 1\n", CheckpointError::EntryCount { claimed: 0, found: 1 }),
        ("0\n1\na 0\n", CheckpointError::FieldCount { line: 3, expected: 3, text: "a 0".to_owned() }),
        ("0\n1\na 0 1 2\n", CheckpointError::FieldCount { line: 3, expected: 3, text: "a 0 1 2".to_owned() }),
        ("0\n2\na 0 1\nb 0 x\n", CheckpointError::InvalidField { line: 4, field: "x".to_owned() }),
        ("0\n1\na 2147483648 1\n", CheckpointError::InvalidField { line: 3, field: "2147483648".to_owned() }),
    ] {
        assert_eq!(OffsetCheckpoint::decode(text), Err(expected), "{text:?}");
    }
    let long = format!("0\n1\n{}\n", "x".repeat(10_000));
    let message = OffsetCheckpoint::decode(&long).expect_err("is damaged").to_string();
    assert!(message.len() < 200, "a message does not carry the whole line");
}

#[test]
fn partition_metadata_is_kafkas() {
    let text = "version: 0\ntopic_id: fobvKCSFSTWkMRNqwo6kVQ";
    let metadata = PartitionMetadata::decode(text).expect("is one");
    assert_eq!(metadata.topic_id.to_string(), "fobvKCSFSTWkMRNqwo6kVQ");
    assert_eq!(metadata.encode(), text);
    assert_eq!(PartitionMetadata::decode(&format!("{text}\n")), Ok(metadata));
    for text in [
        "",
        "version: 0",
        "version: 1\ntopic_id: fobvKCSFSTWkMRNqwo6kVQ",
        "version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAA",
        "version: 0\ntopic_id: short",
        "topic_id: fobvKCSFSTWkMRNqwo6kVQ\nversion: 0",
        "version 0\ntopic_id: fobvKCSFSTWkMRNqwo6kVQ",
    ] {
        assert!(PartitionMetadata::decode(text).is_err(), "{text:?}");
    }
}

#[test]
fn the_clean_shutdown_file_is_kafkas() {
    let text = "{\"version\":0,\"brokerEpoch\":299}";
    let file = CleanShutdown::decode(text);
    assert_eq!(file, CleanShutdown { broker_epoch: Some(299) });
    assert_eq!(file.encode(), text);
    for text in ["", "{}", "[1]", "{\"brokerEpoch\":\"x\"}", "{\"brokerEpoch\":null}", "\u{0}"] {
        assert_eq!(CleanShutdown::decode(text), CleanShutdown { broker_epoch: None }, "{text:?}");
    }
}

const KAFKA_META_PROPERTIES: &str = "#\n#Sat Nov 21 02:22:07 UTC 2026\nnode.id=1\n\
    directory.id=j54AnElFIz-OuZUBFyxiUg\nversion=1\ncluster.id=MkU3OEVBNTcwNTJENDM2Qk\n";

#[test]
fn meta_properties_are_kafkas() {
    let properties = MetaProperties::decode(KAFKA_META_PROPERTIES).expect("are ones");
    assert_eq!(properties.node_id, NodeId(1));
    assert_eq!(properties.cluster_id, "MkU3OEVBNTcwNTJENDM2Qk");
    assert_eq!(properties.directory_id.map(|id| id.to_string()).as_deref(), Some("j54AnElFIz-OuZUBFyxiUg"));
    let without_date = KAFKA_META_PROPERTIES.replace("#Sat Nov 21 02:22:07 UTC 2026\n", "");
    assert_eq!(properties.encode(), without_date);
}

#[test]
fn meta_properties_keep_what_they_do_not_know() {
    let text = "  node.id = 7\nversion:1\ncluster.id=a\\=b\\u0020c\nour.own\\ key=x\\ty\n! a comment\n\n";
    let properties = MetaProperties::decode(text).expect("are ones");
    assert_eq!(properties.cluster_id, "a=b c");
    assert_eq!(properties.unknown, [("our.own key".to_owned(), "x\ty".to_owned())]);
    assert_eq!(MetaProperties::decode(&properties.encode()), Ok(properties));
}

#[test]
fn meta_properties_of_version_0_have_a_broker_id() {
    let properties = MetaProperties::decode("version=0\nbroker.id=3\ncluster.id=c\n").expect("are ones");
    assert_eq!((properties.node_id, properties.directory_id), (NodeId(3), None));
    assert_eq!(MetaProperties::decode("broker.id=3\ncluster.id=c\n"), Ok(properties));
}

#[test]
fn damaged_meta_properties_say_what_is_wrong() {
    let invalid = |name, text: &str| MetaPropertiesError::InvalidValue { name, text: text.to_owned() };
    for (text, expected) in [
        ("version=1\ncluster.id=c\n", MetaPropertiesError::Missing { name: "node.id" }),
        ("version=1\nnode.id=1\n", MetaPropertiesError::Missing { name: "cluster.id" }),
        (
            "version=2\nnode.id=1\ncluster.id=c\n",
            MetaPropertiesError::UnknownVersion { text: "2".to_owned() },
        ),
        ("version=1\nnode.id=x\ncluster.id=c\n", invalid("node.id", "x")),
        ("version=1\nnode.id=-1\ncluster.id=c\n", invalid("node.id", "-1")),
        ("version=1\nnode.id=1\ncluster.id=c\ndirectory.id=z\n", invalid("directory.id", "z")),
        ("version=1\nnonsense\n", MetaPropertiesError::InvalidLine { line: 2, text: "nonsense".to_owned() }),
        ("a=\\u12\n", MetaPropertiesError::InvalidLine { line: 1, text: "a=\\u12".to_owned() }),
        ("a=\\\n", MetaPropertiesError::InvalidLine { line: 1, text: "a=\\".to_owned() }),
    ] {
        assert_eq!(MetaProperties::decode(text), Err(expected), "{text:?}");
    }
}

proptest! {
    #[test]
    fn no_text_panics(text: String) {
        let _ = OffsetCheckpoint::decode(&text);
        let _ = PartitionMetadata::decode(&text);
        let _ = CleanShutdown::decode(&text);
        let _ = MetaProperties::decode(&text);
    }

    #[test]
    fn changed_text_does_not_panic(at in any::<prop::sample::Index>(), character: char) {
        let mut characters: Vec<char> = KAFKA_META_PROPERTIES.chars().collect();
        let at = at.index(characters.len());
        characters[at] = character;
        let _ = MetaProperties::decode(&characters.into_iter().collect::<String>());
    }

    #[test]
    fn offsets_round_trip(rows in proptest::collection::btree_map(("[a-zA-Z0-9._-]{1,20}", 0..100i32), any::<i64>(), 0..20)) {
        let offsets = rows.into_iter().map(|((topic, partition), offset)| ((topic, PartitionIndex(partition)), Offset(offset)));
        let checkpoint = OffsetCheckpoint { offsets: offsets.collect() };
        prop_assert_eq!(OffsetCheckpoint::decode(&checkpoint.encode()), Ok(checkpoint));
    }

    #[test]
    fn meta_properties_round_trip(cluster_id in "\\PC{1,20}", node in 0..i32::MAX, unknown in proptest::collection::vec(("our\\PC{0,10}", "\\PC{0,10}"), 0..3)) {
        prop_assume!(cluster_id.trim() == cluster_id);
        prop_assume!(unknown.iter().all(|(key, value)| key.trim() == key && value.trim() == value));
        let properties = MetaProperties { cluster_id, node_id: NodeId(node), directory_id: None, unknown };
        prop_assert_eq!(MetaProperties::decode(&properties.encode()), Ok(properties));
    }
}
