use proptest::prelude::*;

use super::*;

fn cache(entries: &[(i32, i64)]) -> EpochCache {
    let mut cache = EpochCache::new();
    for (epoch, start) in entries {
        assert!(cache.assign(LeaderEpoch(*epoch), Offset(*start)), "{epoch} {start}");
    }
    cache
}

fn pairs(cache: &EpochCache) -> Vec<(i32, i64)> {
    cache.entries().iter().map(|entry| (entry.epoch.0, entry.start_offset.0)).collect()
}

#[test]
fn entries_that_contradict_a_new_one_go() {
    for (epoch, start, expected) in [
        (4, 30, &[(0, 0), (2, 10), (3, 20), (4, 30)][..]),
        (4, 20, &[(0, 0), (2, 10), (4, 20)]),
        (4, 0, &[(4, 0)]),
        (1, 40, &[(0, 0), (1, 40)]),
        (3, 15, &[(0, 0), (2, 10), (3, 15)]),
        (2, 5, &[(0, 0), (2, 5)]),
    ] {
        let mut cache = cache(&[(0, 0), (2, 10), (3, 20)]);
        assert!(cache.assign(LeaderEpoch(epoch), Offset(start)));
        assert_eq!(pairs(&cache), expected, "{epoch} {start}");
    }
}

#[test]
fn what_is_known_changes_nothing() {
    let mut cache = cache(&[(0, 0), (3, 20)]);
    assert!(!cache.assign(LeaderEpoch(3), Offset(20)));
    assert!(!cache.assign(LeaderEpoch(3), Offset(25)));
    assert!(!cache.assign(LeaderEpoch(-1), Offset(25)));
    assert!(!cache.assign(LeaderEpoch(5), Offset(-1)));
    assert_eq!(pairs(&cache), [(0, 0), (3, 20)]);
}

#[test]
fn ends_of_epochs() {
    let cache = cache(&[(2, 10), (4, 20), (5, 30)]);
    for (epoch, expected) in [
        (-1, (-1, -1)),
        (0, (0, 10)),
        (1, (1, 10)),
        (2, (2, 20)),
        (3, (2, 20)),
        (4, (4, 30)),
        (5, (5, 99)),
        (6, (-1, -1)),
    ] {
        let (found, end) = cache.end_offset_for(LeaderEpoch(epoch), Offset(99));
        assert_eq!((found.0, end.0), expected, "{epoch}");
    }
    assert_eq!(EpochCache::new().end_offset_for(LeaderEpoch(0), Offset(9)), UNKNOWN_END);
    assert_eq!(cache.previous_epoch(LeaderEpoch(5)), Some(LeaderEpoch(4)));
    assert_eq!(cache.previous_epoch(LeaderEpoch(2)), None);
    assert_eq!(cache.earliest(), Some((LeaderEpoch(2), Offset(10))));
}

#[test]
fn epochs_of_offsets() {
    let cache = cache(&[(2, 10), (4, 20)]);
    for (offset, expected) in [(9, None), (10, Some(2)), (19, Some(2)), (20, Some(4)), (1000, Some(4))] {
        assert_eq!(cache.epoch_for_offset(Offset(offset)).map(|epoch| epoch.0), expected, "{offset}");
    }
}

#[test]
fn cut_from_the_end() {
    for (end, expected, changed) in [
        (31, &[(2, 10), (4, 20), (5, 30)][..], false),
        (30, &[(2, 10), (4, 20)], true),
        (20, &[(2, 10)], true),
        (0, &[], true),
        (-1, &[(2, 10), (4, 20), (5, 30)], false),
    ] {
        let mut cache = cache(&[(2, 10), (4, 20), (5, 30)]);
        assert_eq!(cache.truncate_from_end(Offset(end)), changed, "{end}");
        assert_eq!(pairs(&cache), expected, "{end}");
    }
}

#[test]
fn cut_from_the_start() {
    for (start, expected, changed) in [
        (5, &[(2, 10), (4, 20), (5, 30)][..], false),
        (10, &[(2, 10), (4, 20), (5, 30)], false),
        (15, &[(2, 15), (4, 20), (5, 30)], true),
        (20, &[(4, 20), (5, 30)], true),
        (99, &[(5, 99)], true),
    ] {
        let mut cache = cache(&[(2, 10), (4, 20), (5, 30)]);
        assert_eq!(cache.truncate_from_start(Offset(start)), changed, "{start}");
        assert_eq!(pairs(&cache), expected, "{start}");
    }
    assert!(!EpochCache::new().truncate_from_start(Offset(5)));
}

#[test]
fn the_checkpoint_is_kafkas() {
    let text = "0\n2\n0 0\n2 100\n";
    let cache = EpochCache::decode(text).expect("is a checkpoint");
    assert_eq!(pairs(&cache), [(0, 0), (2, 100)]);
    assert_eq!(cache.encode(), text);
    assert_eq!(EpochCache::decode("0\n0\n").map(|cache| cache.is_empty()), Ok(true));
    assert!(matches!(EpochCache::decode("0\n1\n-1 5\n"), Err(CheckpointError::InvalidField { line: 3, .. })));
}

proptest! {
    #[test]
    fn both_numbers_always_rise(steps in proptest::collection::vec((0..4u8, -1..10i32, -1..50i64), 0..40)) {
        let mut cache = EpochCache::new();
        for (step, epoch, offset) in steps {
            let before = cache.clone();
            let changed = match step {
                0 | 1 => cache.assign(LeaderEpoch(epoch), Offset(offset)),
                2 => cache.truncate_from_end(Offset(offset)),
                _ => cache.truncate_from_start(Offset(offset)),
            };
            prop_assert_eq!(changed, before != cache);
            let rises = |pair: &[EpochEntry]| pair[0].epoch < pair[1].epoch && pair[0].start_offset < pair[1].start_offset;
            prop_assert!(cache.entries().windows(2).all(rises), "{:?}", cache);
            prop_assert_eq!(EpochCache::decode(&cache.encode()), Ok(cache.clone()));
        }
    }

    #[test]
    fn no_text_panics(text: String) {
        let _ = EpochCache::decode(&text);
    }
}
