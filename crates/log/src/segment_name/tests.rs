use proptest::prelude::*;

use super::*;

#[test]
fn names_of_files_both_ways() {
    use SegmentFileKind::{Log, OffsetIndex, ProducerSnapshot, TimeIndex, TransactionIndex};
    use SegmentFileState::{Cleaned, Current, Deleted, Swap};
    for (text, offset, kind, state) in [
        ("00000000000000000000.log", 0, Log, Current),
        ("00000000000000001120.index", 1120, OffsetIndex, Current),
        ("00000000000000001120.timeindex", 1120, TimeIndex, Current),
        ("00000000000000001120.txnindex.deleted", 1120, TransactionIndex, Deleted),
        ("00000000000000001120.snapshot", 1120, ProducerSnapshot, Current),
        ("00000000000000001120.log.cleaned", 1120, Log, Cleaned),
        ("09223372036854775807.index.swap", i64::MAX, OffsetIndex, Swap),
    ] {
        let name = SegmentFileName { offset: Offset(offset), kind, state };
        assert_eq!(name.to_string(), text);
        assert_eq!(SegmentFileName::parse(text), Some(name), "{text}");
    }
}

#[test]
fn names_that_are_no_segments() {
    for text in [
        "",
        "0.log",
        "00000000000000000000",
        "00000000000000000000.",
        "00000000000000000000.logs",
        "00000000000000000000.log.",
        "00000000000000000000.log.deleted.swap",
        "000000000000000000000.log",
        "-0000000000000000001.log",
        "+0000000000000000001.log",
        "99999999999999999999.log",
        "0000000000000000000x.log",
        "leader-epoch-checkpoint",
        "partition.metadata",
        "00000000000000000000.checkpoint",
    ] {
        assert_eq!(SegmentFileName::parse(text), None, "{text}");
    }
}

#[test]
fn names_of_directories_both_ways() {
    use PartitionDirectoryState::{Current, Delete, Future, Stray};
    let id = "0123456789abcdef0123456789abcdef";
    for (text, topic, partition, state, unique_id) in [
        ("orders-0", "orders", 0, Current, ""),
        ("my-topic.with_all-12", "my-topic.with_all", 12, Current, ""),
        ("orders-3.0123456789abcdef0123456789abcdef-delete", "orders", 3, Delete, id),
        ("a.b-3.0123456789abcdef0123456789abcdef-future", "a.b", 3, Future, id),
        ("a-delete-3.0123456789abcdef0123456789abcdef-stray", "a-delete", 3, Stray, id),
    ] {
        let name = PartitionDirectoryName {
            topic: topic.to_owned(),
            partition: PartitionIndex(partition),
            state,
            unique_id: unique_id.to_owned(),
        };
        assert_eq!(name.to_string(), text);
        assert_eq!(PartitionDirectoryName::parse(text), Some(name), "{text}");
    }
}

#[test]
fn names_that_are_no_partitions() {
    for text in [
        "",
        "-",
        "-0",
        "orders",
        "orders-",
        "orders-x",
        "orders--1",
        "orders-+1",
        "orders-2147483648",
        "orders-0-delete",
        "orders.x-delete",
        "orders-0.-delete",
        "or ders-0.x-delete",
        "lost+found",
        ".lock",
    ] {
        let parsed = PartitionDirectoryName::parse(text);
        // A topic may end in a dash.
        let expected =
            (text == "orders--1").then(|| PartitionDirectoryName::current("orders-", PartitionIndex(1)));
        assert_eq!(parsed, expected, "{text}");
    }
}

#[test]
fn long_topics_are_cut() {
    let topic = "t".repeat(249);
    let name =
        PartitionDirectoryName::with_state(&topic, PartitionIndex(100), PartitionDirectoryState::Delete, 7);
    let text = name.to_string();
    assert_eq!(text.len(), 255);
    assert!(text.ends_with("-100.00000000000000000000000000000007-delete"));
    assert_eq!(PartitionDirectoryName::parse(&text), Some(name));
    let future = PartitionDirectoryName::with_state(
        "t",
        PartitionIndex(1),
        PartitionDirectoryState::Future,
        u128::MAX,
    );
    assert_eq!(future.to_string(), "t-1.ffffffffffffffffffffffffffffffff-future");
    let current =
        PartitionDirectoryName::with_state("t", PartitionIndex(1), PartitionDirectoryState::Current, 9);
    assert_eq!(current, PartitionDirectoryName::current("t", PartitionIndex(1)));
}

proptest! {
    #[test]
    fn no_text_panics(text: String) {
        let _ = SegmentFileName::parse(&text);
        let _ = PartitionDirectoryName::parse(&text);
    }

    #[test]
    fn what_parses_is_written_the_same(text in "[0-9]{20}\\.(log|index|timeindex|txnindex|snapshot)(\\.deleted|\\.cleaned|\\.swap)?") {
        if let Some(name) = SegmentFileName::parse(&text) {
            prop_assert_eq!(name.to_string(), text);
        }
    }
}
