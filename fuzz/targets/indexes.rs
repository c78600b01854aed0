//! The binary files beside a segment: offset index, time index, transaction index, producer snapshot.

#![no_main]

use jackdaw_base::{FilePosition, Offset, TimestampMs};
use jackdaw_log::offset_index::OffsetIndex;
use jackdaw_log::producer_state::{ProducerRules, ProducerState};
use jackdaw_log::time_index::TimeIndex;
use jackdaw_log::txn_index;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [choice, bytes @ ..] = input else {
        return;
    };
    let (base, end) = (Offset(1000), Offset(1_000_000));
    match choice % 4 {
        0 => {
            let index = OffsetIndex::new(base, bytes);
            index.lookup(Offset(5000));
            index.upper_bound(FilePosition(4096));
            if OffsetIndex::check(base, bytes, 1 << 30, end).is_ok() {
                assert!(index.iter().all(|entry| entry.offset >= base && entry.offset < end));
            }
        }
        1 => {
            let index = TimeIndex::new(base, bytes);
            index.last();
            let checked = TimeIndex::check(base, bytes, end);
            assert!(checked.is_err() || bytes.len() % 12 == 0);
        }
        2 => {
            if let Ok(transactions) = txn_index::decode_all(bytes) {
                let mut again = Vec::new();
                transactions.iter().for_each(|transaction| transaction.encode(&mut again));
                assert_eq!(again, bytes);
            }
        }
        _ => {
            let rules = ProducerRules { producer_id_expiration_ms: 86_400_000 };
            let _: Result<_, _> = ProducerState::decode_snapshot(bytes, end, rules, TimestampMs(0));
        }
    }
});
