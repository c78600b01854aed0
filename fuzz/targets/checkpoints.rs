//! The small text files of a data directory: what can be read is written so that it reads the same.

#![no_main]

use jackdaw_log::checkpoint_file::{CleanShutdown, MetaProperties, OffsetCheckpoint, PartitionMetadata};
use jackdaw_log::epoch_cache::EpochCache;
use jackdaw_log::segment_name::{PartitionDirectoryName, SegmentFileName};
use jackdaw_raft::{quorum_state_file, snapshot_id};
use libfuzzer_sys::fuzz_target;

macro_rules! reads_the_same {
    ($kind:ty, $text:expr) => {
        if let Ok(value) = <$kind>::decode($text) {
            let again = <$kind>::decode(&value.encode()).expect("what was written can be read");
            assert_eq!(again.encode(), value.encode());
        }
    };
}

fuzz_target!(|bytes: &[u8]| {
    let _: Result<_, _> = quorum_state_file::decode(bytes);
    let Ok(text) = str::from_utf8(bytes) else {
        return;
    };
    reads_the_same!(EpochCache, text);
    reads_the_same!(OffsetCheckpoint, text);
    reads_the_same!(MetaProperties, text);
    reads_the_same!(PartitionMetadata, text);
    CleanShutdown::decode(text);
    SegmentFileName::parse(text);
    PartitionDirectoryName::parse(text);
    let _: Result<_, _> = snapshot_id::parse_file_name(text);
});
