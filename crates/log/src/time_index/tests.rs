use proptest::prelude::*;

use super::*;

const BASE: Offset = Offset(1000);

fn bytes_of(entries: &[(i64, i64)]) -> Vec<u8> {
    let entry = |(timestamp, offset): &(i64, i64)| {
        TimeEntry { timestamp: TimestampMs(*timestamp), offset: Offset(*offset) }.encode(BASE).expect("fits")
    };
    entries.iter().flat_map(entry).collect()
}

fn pair(entry: TimeEntry) -> (i64, i64) {
    (entry.timestamp.0, entry.offset.0)
}

const ENTRIES: [(i64, i64); 3] = [(500, 1010), (600, 1020), (700, 1020)];

#[test]
fn lookups_find_the_entry_at_or_below() {
    let bytes = bytes_of(&ENTRIES);
    let index = TimeIndex::check(BASE, &bytes, Offset(1021)).expect("is in order");
    let held: Vec<_> = index.iter().collect();
    for (target, expected) in
        [(-1, (-1, 1000)), (499, (-1, 1000)), (500, (500, 1010)), (650, (600, 1020)), (i64::MAX, (700, 1020))]
    {
        assert_eq!(pair(index.lookup(TimestampMs(target))), expected, "{target}");
        assert_eq!(pair(lookup_in(&held, BASE, TimestampMs(target))), expected, "{target}");
    }
    assert_eq!(index.last().map(pair), Some((700, 1020)));
    for (offset, expected) in [(1010, 0), (1011, 1), (1020, 1), (1021, 3)] {
        assert_eq!(index.entries_below(Offset(offset)), expected, "{offset}");
    }
}

#[test]
fn a_preallocated_tail_is_no_damage() {
    let mut bytes = bytes_of(&ENTRIES);
    let used = bytes.clone();
    bytes.resize(12 * 1000, 0);
    let index = TimeIndex::check(BASE, &bytes, Offset(1021)).expect("is in order");
    assert_eq!(index.used_bytes(), used);
    // What Kafka leaves of 10 MiB is a whole number of entries.
    let kafka = vec![0; 10_485_756];
    assert!(TimeIndex::check(BASE, &kafka, BASE).is_ok_and(|index| index.is_empty()));
}

#[test]
fn damage_is_found() {
    let check = |bytes: &[u8], expected: IndexError| {
        assert_eq!(TimeIndex::check(BASE, bytes, Offset(1021)).err(), Some(expected));
    };
    check(&[1; 13], IndexError::SizeNotWhole { size_bytes: 13, entry_bytes: 12 });
    check(&bytes_of(&[(500, 1010), (500, 1011)]), IndexError::NotRising { entry: 1 });
    check(&bytes_of(&[(500, 1010), (501, 1009)]), IndexError::NotRising { entry: 1 });
    check(&[0xff; 12], IndexError::NotRising { entry: 0 });
    check(&bytes_of(&[(500, 1021)]), IndexError::OutsideSegment { entry: 0 });
}

#[test]
fn what_does_not_fit_is_not_written() {
    let encode = |offset| TimeEntry { timestamp: TimestampMs(1), offset: Offset(offset) }.encode(BASE);
    assert!(encode(1000 + i64::from(i32::MAX)).is_some());
    assert!(encode(1001 + i64::from(i32::MAX)).is_none());
    assert!(encode(i64::MIN).is_none());
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes: Vec<u8>, base: i64, target: i64) {
        let index = TimeIndex::new(Offset(base), &bytes);
        let _ = (index.lookup(TimestampMs(target)), index.last(), index.iter().count());
        let _ = index.entries_below(Offset(target));
        let _ = TimeIndex::check(Offset(base), &bytes, Offset(target));
    }
}
