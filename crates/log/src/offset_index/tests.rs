use proptest::prelude::*;

use super::*;

const BASE: Offset = Offset(1000);

fn bytes_of(entries: &[(i64, u64)]) -> Vec<u8> {
    let entry = |(offset, position): &(i64, u64)| {
        OffsetEntry { offset: Offset(*offset), position: FilePosition(*position) }.encode(BASE).expect("fits")
    };
    entries.iter().flat_map(entry).collect()
}

fn pair(entry: OffsetEntry) -> (i64, u64) {
    (entry.offset.0, entry.position.0)
}

const ENTRIES: [(i64, u64); 3] = [(1010, 4096), (1020, 8192), (1040, 20000)];

#[test]
fn lookups_find_the_entry_at_or_below() {
    let bytes = bytes_of(&ENTRIES);
    let index = OffsetIndex::check(BASE, &bytes, 30000, Offset(1041)).expect("is in order");
    let held: Vec<_> = index.iter().collect();
    for (target, expected) in [
        (0, (1000, 0)),
        (1000, (1000, 0)),
        (1009, (1000, 0)),
        (1010, (1010, 4096)),
        (1039, (1020, 8192)),
        (1040, (1040, 20000)),
        (i64::MAX, (1040, 20000)),
    ] {
        assert_eq!(pair(index.lookup(Offset(target))), expected, "{target}");
        assert_eq!(pair(lookup_in(&held, BASE, Offset(target))), expected, "{target}");
    }
    for (position, expected) in [(0, Some(1010)), (4096, Some(1010)), (4097, Some(1020)), (20001, None)] {
        let found = index.upper_bound(FilePosition(position));
        assert_eq!(found.map(|entry| entry.offset.0), expected, "{position}");
        assert_eq!(upper_bound_in(&held, FilePosition(position)), found);
    }
    for (offset, expected) in [(1000, 0), (1010, 0), (1011, 1), (1040, 2), (1041, 3)] {
        assert_eq!(index.entries_below(Offset(offset)), expected, "{offset}");
    }
}

#[test]
fn a_preallocated_tail_is_no_damage() {
    let mut bytes = bytes_of(&ENTRIES);
    let used = bytes.clone();
    bytes.resize(10 * 1024 * 1024, 0);
    let index = OffsetIndex::check(BASE, &bytes, 30000, Offset(1041)).expect("is in order");
    assert_eq!(index.len(), 3);
    assert_eq!(index.used_bytes(), used);
    assert_eq!(index.last().map(pair), Some(ENTRIES[2]));
    let empty = vec![0; 8 * 100];
    let index = OffsetIndex::check(BASE, &empty, 0, BASE).expect("is in order");
    assert!(index.is_empty());
    assert_eq!(pair(index.lookup(Offset(5000))), (1000, 0));
}

#[test]
fn damage_is_found() {
    let check = |bytes: &[u8], expected: IndexError| {
        assert_eq!(OffsetIndex::check(BASE, bytes, 30000, Offset(1041)).err(), Some(expected));
    };
    check(&[1; 9], IndexError::SizeNotWhole { size_bytes: 9, entry_bytes: 8 });
    check(&bytes_of(&[(1010, 1), (1010, 2)]), IndexError::NotRising { entry: 1 });
    check(&bytes_of(&[(1010, 2), (1011, 2)]), IndexError::NotRising { entry: 1 });
    check(&[0xff; 8], IndexError::NotRising { entry: 0 });
    check(&bytes_of(&[(1010, 2), (1041, 3)]), IndexError::OutsideSegment { entry: 1 });
    check(&bytes_of(&[(1010, 30000)]), IndexError::OutsideSegment { entry: 0 });
    let holed = [bytes_of(&ENTRIES[..1]), vec![0; 8], bytes_of(&ENTRIES[1..])].concat();
    assert!(OffsetIndex::check(BASE, &holed, 30000, Offset(1041)).is_err(), "zeros in the middle");
}

#[test]
fn what_does_not_fit_is_not_written() {
    let encode = |offset, position| {
        OffsetEntry { offset: Offset(offset), position: FilePosition(position) }.encode(BASE)
    };
    assert!(encode(1000 + i64::from(i32::MAX), 0).is_some());
    assert!(encode(1001 + i64::from(i32::MAX), 0).is_none());
    assert!(encode(999, 0).is_none());
    assert!(encode(1000, i32::MAX as u64 + 1).is_none());
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes: Vec<u8>, base: i64, target: i64) {
        let index = OffsetIndex::new(Offset(base), &bytes);
        let _ = (index.lookup(Offset(target)), index.upper_bound(FilePosition(target as u64)), index.last());
        let _ = (index.entries_below(Offset(target)), index.iter().count());
        let _ = OffsetIndex::check(Offset(base), &bytes, 1 << 20, Offset(target));
    }

    #[test]
    fn a_lookup_agrees_with_a_walk(steps in proptest::collection::vec((1..5i64, 1..100u64), 0..50), target in 990..1200i64) {
        let mut last = (1000, 0);
        let entries: Vec<_> = steps.into_iter().map(|(offset, position)| {
            last = (last.0 + offset, last.1 + position);
            last
        }).collect();
        let bytes = bytes_of(&entries);
        let index = OffsetIndex::check(BASE, &bytes, u64::MAX, Offset(i64::MAX)).expect("is in order");
        let walked = entries.iter().rev().find(|entry| entry.0 <= target).copied().unwrap_or((1000, 0));
        prop_assert_eq!(pair(index.lookup(Offset(target))), walked);
    }
}
